"""From the text of a condition or message to Jinja's tree, or a sentence that says why it cannot be read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jinja2 import Environment, TemplateSyntaxError, nodes

from actionbus_plugins.conditions.language import LONGEST
from actionbus_plugins.conditions.names import seconds

TAGS = "only {% if %}, {% elif %}, {% else %} and {% endif %} may stand in a message"
_TWO = "cannot be read: a value follows upon a value"
_BETWEEN = "two values need an operator between them: ==, and, or, ..."
DEEPEST = 20  # brackets, minuses and nots within each other; both parsers are recursive

_STRING = r""" "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' """
_BLOCK = re.compile(rf"\{{(?P<kind>[{{%]) (?P<inside> (?: {_STRING} | [^\"'] )*? ) [%}}]\}}", re.VERBOSE | re.DOTALL)
_CLOSED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_OPENING = re.compile(r"\{[{%#]")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_TOKEN = re.compile(rf"{_STRING} | \w+ | ===|==|!=|<=|>=|=<|=>|<>|&&|\|\|| \S", re.VERBOSE | re.DOTALL)
_WHOLE = re.compile(r"\s*(?:\{\{|\{%-?\s*if)\s*(.*?)\s*[-%}]?\}(?:.*\{%.*)?\s*", re.DOTALL)

_INSTEAD = {
    "=": ("==", "= compares nothing"),
    "===": ("==", "there is no ==="),
    "=<": ("<=", "there is no =<"),
    "=>": (">=", "there is no =>"),
    "<>": ("!=", "there is no <>"),
    "≤": ("<=", "there is no ≤"),
    "≥": (">=", "there is no ≥"),
    "≠": ("!=", "there is no ≠"),
    "&&": ("and", "there is no &&"),
    "&": ("and", "there is no &"),
    "||": ("or", "there is no ||"),
    "!": ("not", "there is no !"),
    "AND": ("and", "words are written small"),
    "OR": ("or", "words are written small"),
    "NOT": ("not", "words are written small"),
    "IN": ("in", "words are written small"),
    "?": ("A if CONDITION else B", "there is no ?"),
    "then": ("A if CONDITION else B", "there is no then"),
    "“": ("straight quotes", "has curly quotes"),
    "”": ("straight quotes", "has curly quotes"),
    "\u2018": ("straight quotes", "has curly quotes"),
    "\u2019": ("straight quotes", "has curly quotes"),
}
_SAID = (
    (
        r"unknown tag '(else|elif|endif)'",
        r"has {% \1 %} that belongs to no {% if %}",
        "write {% if CONDITION %} before it",
    ),
    (r"unknown tag '(\w+)'", r"has {% \1 %}, which there is not", TAGS),
    (r"innermost block that needs to be closed is 'if'", "has {% if %} that is never ended", "write {% endif %}"),
    (r"innermost block that needs to be closed is '(\w+)'", r"has {% \1 %}, which there is not", TAGS),
    (r"""[Uu]nexpected char ("'"|'"')""", "cannot be read: a text is never closed", "it stands between two quotes"),
    (r"([Uu]nexpected char '.') at \d+", r"cannot be read: \1", None),
    (r"unexpected '[{}]'|got '[{}]'", "cannot be read: braces have no place in an expression", None),
    (r"end of (print statement|statement block)', got '(integer|float|string)'", _TWO, _BETWEEN),
    (r"end of (print|statement) \w+', got '(.*)'", r"cannot be read: '\2' follows upon a value", _BETWEEN),
    (r"end of (print statement|statement block)", "cannot be read: it ends too early", None),
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


class Refused(Exception):
    """A text that cannot be used: what is wrong with it, and what to do."""

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


def read_condition(text: str) -> nodes.Expr:
    """Read ``when`` as Jinja does. Raises Refused."""
    _check_length(text, "leave it out to let everything through")
    bare = re.sub(_STRING, "''", text, flags=re.VERBOSE | re.DOTALL)
    if "{{" in bare or "{%" in bare:
        found = _WHOLE.fullmatch(text)
        hint = f"write {found[1]}" if found is not None and "{" not in found[1] else "write the bare expression"
        raise Refused("is a condition and no message: it stands without {{ }} and {% %}", hint)
    match _parse(f"{{{{ {text} }}}}", [text]).body:
        case [nodes.Output(nodes=[nodes.Expr() as expression])] if not isinstance(expression, nodes.TemplateData):
            return expression
        case _:
            raise Refused("should be one expression", "write it without { and }")


def read_message(text: str) -> nodes.Template:
    """Read a message as Jinja does. Raises Refused."""
    _check_length(text, 'leave it out for "{{ type_text }}"')
    return _parse(text, [found["inside"] for found in _BLOCK.finditer(text)])


def _check_length(text: str, instead: str) -> None:
    if not text.strip():
        raise Refused("is empty", instead)
    if len(text) > LONGEST:
        raise Refused(f"has {len(text)} characters, should have at most {LONGEST}", "write a sentence")


def _parse(template: str, expressions: Sequence[str]) -> nodes.Template:
    """Let Jinja read a template; ``expressions`` are what it has between braces, to say what is wrong with them."""
    tokens = [_TOKEN.findall(each) for each in expressions]
    if any(_depth(each) > DEEPEST for each in tokens):
        raise Refused(f"is nested more than {DEEPEST} deep", "write a simpler one")
    try:
        return Environment().parse(template)
    except TemplateSyntaxError as error:
        opened = _OPENING.search(_CLOSED.sub("", template))
        if opened is not None:
            raise Refused(
                f"cannot be read: {opened[0]} is never closed", f"write {_CLOSING[opened[0]]} where it ends"
            ) from None
        raise next((found for each in tokens if (found := _slip(each)) is not None), _said(error)) from None
    except RecursionError:
        raise Refused("is too long a chain", "write a simpler one") from None


def _duration(text: str) -> float | None:
    """Read ``90s`` and ``2m`` as seconds, for who does not know that there are only numbers."""
    found = re.fullmatch(r"(\d{1,4})(s|m|min)", text, re.ASCII)
    return int(found[1]) * (1 if found[2] == "s" else 60) if found is not None else None


def _depth(tokens: Sequence[str]) -> int:
    """Return how deep the brackets and signs of an expression are within each other, at most."""
    deepest = brackets = signs = 0
    for token in tokens:
        signs = signs + 1 if token in ("-", "+", "not") else 0
        brackets += (token in _PAIRS.values()) - (token in _PAIRS)
        deepest = max(deepest, brackets + signs)
    return deepest


def _slip(tokens: Sequence[str]) -> Refused | None:
    """Find what people write who know another language, in an expression that cannot be read."""
    open_brackets: list[str] = []
    followed = zip(tokens, [*tokens[1:], ""], [*tokens[2:], "", ""], strict=False)
    for place, (token, colon, more) in enumerate(followed):
        time = _duration(token) if colon != ":" else seconds(f"{token}:{more}")
        if time is not None:
            return Refused(f"cannot be read: {token}{f':{more}' if colon == ':' else ''}", f"write seconds: {time:g}")
        if token == "is" and (asked := _asked(tokens[place + 1 :])) is not None:
            asks = "!=" if colon == "not" else "=="
            called = f"{before} {asks} {asked}" if (before := _name_before(tokens[:place])) else asks
            return Refused("cannot be read: is compares nothing", f"write {called}")
        if token in _INSTEAD:
            instead, what = _INSTEAD[token]
            return Refused(f"cannot be read: {what}", f"write {instead}")
        if token in _PAIRS.values():
            open_brackets.append(token)
        elif token in _PAIRS and (not open_brackets or open_brackets.pop() != _PAIRS[token]):
            return Refused(f"cannot be read: {token} closes nothing")
        elif token in ("'", '"'):
            return Refused(f"cannot be read: {token} is never closed", "a text stands between two quotes")
    return Refused(f"cannot be read: {open_brackets[-1]} is never closed") if open_brackets else None


def _asked(tokens: Sequence[str]) -> str | None:
    """Return the number or text that ``is`` or ``is not`` stands before; None where it is neither."""
    value = next((token for token in tokens if token != "not"), "")
    return value if value[:1].isdigit() or (value[:1] in ("'", '"') and value[1:]) else None


def _name_before(tokens: Sequence[str]) -> str:
    """Return the dotted name that tokens end with, if they do."""
    name = ""
    for token in reversed(tokens):
        if token != "." and not (token.isidentifier() and (not name or name.startswith("."))):
            break
        name = token + name
    return name


def _said(error: TemplateSyntaxError) -> Refused:
    """Say what Jinja says, in words that fit an expression."""
    said = " ".join((error.message or "").split())
    for pattern, what, hint in _SAID:
        found = re.search(pattern, said)
        if found is not None:
            return Refused(found.expand(what), hint)
    return Refused(f"cannot be read: {said[:1].lower()}{said[1:].rstrip('.')}")
