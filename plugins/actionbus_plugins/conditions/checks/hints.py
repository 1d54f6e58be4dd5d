"""Parts of an expression as text again, and how people would have to write what they meant."""

from __future__ import annotations

import json
import re

from jinja2 import nodes

from actionbus_plugins.conditions.checks.scope import Scope
from actionbus_plugins.conditions.names import seconds

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_PERIOD = re.compile(r"(Q|OT)(\d{1,2})", re.ASCII | re.IGNORECASE)
_QUARTERS = 4


def path_of(node: nodes.Expr) -> str | None:
    """Return a name as it is written, ``player.name``; None for what is none."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            owner = path_of(node.node)
            return f"{owner}.{node.attr}" if owner is not None else None
        case _:
            return None


def source(node: nodes.Expr) -> str | None:
    """Return a simple expression as text; None for one that is not simple."""
    match node:
        case nodes.Name() | nodes.Getattr():
            return path_of(node)
        case nodes.Const(value=str() as text):
            return json.dumps(text, ensure_ascii=False)
        case nodes.Const(value=bool() as value):
            return str(value).lower()
        case nodes.Const(value=int() | float() as number):
            return f"{number:g}" if isinstance(number, float) else str(number)
        case nodes.Neg():
            inside = source(node.node)
            return f"-{inside}" if inside is not None else None
        case nodes.Filter(args=[], kwargs=[]) if node.node is not None:
            inside = source(node.node)
            return f"{inside}|{node.name}" if inside is not None else None
        case nodes.List() | nodes.Tuple():
            items = [source(each) for each in node.items]
            return f"[{', '.join(each for each in items if each is not None)}]" if None not in items else None
        case _:
            return None


def as_number(node: nodes.Expr, scope: Scope) -> str | None:
    """Return what to write instead for a text that means a number: a quoted one, or a name with a twin.

    ``"4"`` and ``"Q4"`` are 4, ``"2:00"`` is 120, ``clock_text`` is ``clock``.
    """
    match node:
        case nodes.Const(value=str() as text):
            return number_in(text.strip())
        case nodes.List() | nodes.Tuple():
            items = [as_number(each, scope) for each in node.items]
            return f"[{', '.join(each for each in items if each is not None)}]" if None not in items else None
        case _:
            path = path_of(node)
            if path is not None and path.endswith("_text") and scope.has(twin := path.removesuffix("_text")):
                return twin
            return source(node) if path is None or scope.find(path)[0] == "number" else None


def number_in(text: str) -> str | None:
    """Return the number that a text stands for: ``4``, ``2:00`` of the clock, ``Q4`` or ``OT1``; None for none."""
    if _NUMBER.fullmatch(text):
        return text
    if (left := seconds(text)) is not None:
        return f"{left:g}"
    found = _PERIOD.fullmatch(text)
    if found is None:
        return None
    return str(int(found[2]) + (_QUARTERS if found[1].upper() == "OT" else 0))


def with_numbers(left: nodes.Expr, symbol: str, right: nodes.Expr, scope: Scope) -> str | None:
    """Advise to compare numbers instead of texts that stand for them; None where none does."""
    one, other = as_number(left, scope), as_number(right, scope)
    if one is None or other is None or (one, other) == (source(left), source(right)):
        return None
    about = "clock is a number of seconds: " if "clock" in (one, other) else ""
    return f"{about}write {one} {symbol} {other}"


def in_quotes(left: nodes.Expr, symbol: str, right: nodes.Expr) -> str | None:
    """Advise to compare text with text, who compares a name with a number; None where neither side is a number."""
    one, other = source(left), source(right)
    match left, right:
        case nodes.Name() | nodes.Getattr(), nodes.Const(value=int()):
            return f'write {one} {symbol} "{other}"'
        case nodes.Const(value=int()), nodes.Name() | nodes.Getattr():
            return f'write "{one}" {symbol} {other}'
        case _:
            return None


def bare(left: nodes.Expr, right: nodes.Expr, scope: Scope) -> str | None:
    """Advise to ask what is true or false as it is, who compares it; None where no side is."""
    for path in (path_of(left), path_of(right)):
        if path is not None and scope.find(path)[0] == "boolean":
            return f"write {path}, or not {path}"
    return None
