"""What ``when`` found: the values that it names, and how near they are to what it asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jinja2 import Environment, TemplateSyntaxError
from minijinja import TemplateError

from actionbus_plugins.conditions.language import Condition, Message, reason
from actionbus_plugins.notifier.explaining.words import looked_up, written

_COMPARES = frozenset(("<", "<=", ">", ">=", "==", "!="))
_OPENS, _CLOSES = "([{", ")]}"
_LOOSER = frozenset(("or", "if", "else"))  # what binds less than `and`
_BEGIN, _END = "{{ ", " }}"

_lexer = Environment(autoescape=False)  # reads, and renders nothing

_Token = tuple[str, str]


class WhenParts:
    """The condition of a rule, and what it is made of where that is joined by ``and``."""

    def __init__(self, condition: Condition) -> None:
        self.text = condition.text
        named = sorted(name for name in condition.dotted if not _is_list(name))
        self._names = sorted(named, key=self.text.find)  # as people read them
        self._parts = [_Part(text) for text in _split(self.text)]

    def closeness(self, values: Mapping[str, object]) -> float:
        """Return how near a condition that does not hold comes to it: below 1."""
        if not self._parts:
            return 0.0
        return min(0.999, sum(part.closeness(values) for part in self._parts) / len(self._parts))

    def said(self, values: Mapping[str, object], failure: str = "") -> str:
        """Say what the names stood for, or why it could not be worked out."""
        if failure:
            return f"{self.text}: could not be worked out: {failure}"
        found = [f"{name} was {written(value)}" for name, value in self._found(values)]
        return f"{self.text}: {', '.join(found)}" if found else self.text

    def _found(self, values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
        for name in self._names:
            try:
                value = looked_up(values, name)
            except KeyError:
                continue
            if not isinstance(value, Mapping):
                yield name, value


def failure_of(condition: Condition, values: Mapping[str, object]) -> str:
    """Say why a condition cannot be worked out; empty where it can."""
    try:
        condition.holds(values)
    except TemplateError as error:
        return reason(error)
    return ""


class _Part:
    """One of the conditions that all have to hold."""

    def __init__(self, text: str) -> None:
        self._holds = Condition(text)
        compared = _compared(_tokens(text))
        self._sides = [Message(f"{_BEGIN}({side}){_END}") for side in compared] if compared is not None else []

    def closeness(self, values: Mapping[str, object]) -> float:
        try:
            if self._holds.holds(values):
                return 1.0
            left, right = (float(side.render(values)) for side in self._sides)
        except (TemplateError, ValueError):  # not of numbers, or of none at all
            return 0.0
        return 0.9 / (1 + abs(left - right) / max(1.0, abs(right)))


def _is_list(name: str) -> bool:
    return name.partition(".")[0] == "lists"


def _tokens(text: str) -> list[_Token]:
    """Return a condition in pieces; put together they are the text."""
    found = [(kind, value) for _, kind, value in _lexer.lex(_BEGIN + text + _END)]
    return found[1:-1]  # without the braces


def _split(text: str) -> list[str]:
    """Return the parts of a condition that all have to hold: itself, where it is no such."""
    parts, depth = [""], 0
    try:
        tokens = _tokens(text)
    except TemplateSyntaxError:  # the check has refused it: Jinja reads what the engine does
        return [text]
    for kind, value in tokens:
        depth += (value in _OPENS) - (value in _CLOSES) if kind == "operator" else 0
        if depth == 0 and kind == "name" and value in _LOOSER:
            return [text]
        if depth == 0 and kind == "name" and value == "and":
            parts.append("")
        else:
            parts[-1] += value
    return [part.strip() for part in parts]


def _compared(tokens: Sequence[_Token]) -> tuple[str, str] | None:
    """Return the two sides of a comparison; None where it is not just that."""
    depth, found = 0, list[int]()
    for index, (kind, value) in enumerate(tokens):
        if kind == "operator":
            depth += (value in _OPENS) - (value in _CLOSES)
            if depth == 0 and value in _COMPARES:
                found.append(index)
        elif kind == "name" and depth == 0 and value in ("in", "is", "not"):
            return None
    if len(found) != 1:
        return None
    left, right = tokens[: found[0]], tokens[found[0] + 1 :]
    return "".join(value for _, value in left).strip(), "".join(value for _, value in right).strip()
