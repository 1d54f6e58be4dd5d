"""Filters, tests, and what looks like a function: what may stand in an expression, and what is wrong with the rest."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence

from jinja2 import nodes

from actionbus_plugins.conditions.checks.filters import FILTERS, TESTS, FilterKind
from actionbus_plugins.conditions.checks.hints import path_of, source
from actionbus_plugins.conditions.checks.scope import Complaint, Scope
from actionbus_plugins.conditions.fields import Sort

SAID: Mapping[Sort, str] = {
    "number": "a number",
    "text": "text",
    "boolean": "true or false",
    "list": "a list",
    "any": "of no certain kind",
}
_SEARCHES = ("contains", "count", "endswith", "find", "index", "startswith")


def wrong_filter(node: nodes.Filter, sort: Sort, given: Sequence[Sort]) -> Iterator[Complaint]:
    """Say what is wrong with a filter behind a value of a sort, with values of sorts in brackets."""
    kind = FILTERS.get(node.name)
    if kind is None:
        yield f"there is no filter '{node.name}'", _near(node.name, FILTERS)
        return
    if node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
        yield f"{node.name} has no named values", f"write {node.name}(VALUE)"
        return
    if sort not in (*kind.takes, "any"):
        before = node.node if node.node is not None else node
        wanted = " or ".join(SAID[each] for each in kind.takes)
        yield f"{node.name} is for {wanted}, and {source(before) or 'what comes before'} is {SAID[sort]}", None
    yield from _wrong_values(node.name, kind, given)


def _wrong_values(name: str, kind: FilterKind, given: Sequence[Sort]) -> Iterator[Complaint]:
    wanted = (*kind.needed, *kind.optional)
    if not len(kind.needed) <= len(given) <= len(wanted):
        most = "one value" if len(wanted) == 1 else f"{len(wanted)} values" if wanted else "no values"
        yield f"{name} has {'at most ' if kind.optional else ''}{most} in brackets, not {len(given)}", None
    for want, got in zip(wanted, given, strict=False):
        if want != "any" and got not in (want, "any"):
            yield f"{name} has {SAID[want]} in brackets, not {SAID[got]}", None


def wrong_test(node: nodes.Test, sort: Sort) -> Iterator[Complaint]:
    """Say what is wrong with ``is ...`` behind a value of a sort."""
    if node.name in ("defined", "undefined", "none"):
        yield f"there is no test 'is {node.name}'", 'every name there is has a value, if only "", 0 or false'
    elif node.name not in TESTS:
        yield f"there is no test 'is {node.name}'", _near(node.name, TESTS)
    elif sort not in ("number", "any"):
        yield f"is {node.name} is for numbers, and {source(node.node) or 'what comes before'} is {SAID[sort]}", None
    elif len(node.args or ()) != (node.name == "divisibleby"):
        yield f"is {node.name} has the wrong number of values", "write is divisibleby(2), is even or is odd"


def wrong_call(node: nodes.Call) -> Complaint:
    """Say what to write instead of a function or method."""
    listed = f"there is {', '.join(FILTERS)} behind |"
    match node.node:
        case nodes.Name(name=name):
            hint = f"write {source(node.args[0]) or 'VALUE'}|{name}" if name in FILTERS and node.args else listed
            return f"there are no functions, and so no {name}()", hint
        case nodes.Getattr(attr=name) as method:
            owner = source(method.node) or "VALUE"
            searches = f'write "TEXT" in {owner}' if name in _SEARCHES else listed
            return (
                f"there are no methods, and so no .{name}()",
                f"write {owner}|{name}" if name in FILTERS else searches,
            )
        case _:
            return "calls a function, and there are none", listed


def wrong_item(node: nodes.Getitem, scope: Scope) -> Complaint:
    """Say what to write instead of brackets behind a value."""
    owner = path_of(node.node)
    match node.arg:
        case nodes.Const(value=str() as part) if owner is not None and scope.has(f"{owner}.{part}"):
            hint = f"write {owner}.{part}"
        case nodes.Const(value=0):
            hint = f"write {owner or 'LIST'}|first"
        case _:
            hint = "write a name such as player.name, and |first or |last behind a list"
    return "has [ ] behind a value, which cannot be checked", hint


def _near(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean '{near[0]}'?" if near else f"there is {', '.join(known)}"


def one_of_them(condition: nodes.Expr, other: nodes.Expr) -> str | None:
    """Advise who wrote ``period == 4 or 5``."""
    while isinstance(condition, nodes.Or):
        condition = condition.left
    match condition:
        case nodes.Compare(expr=left, ops=[nodes.Operand(op="eq", expr=right)]):
            name, first, second = source(left), source(right), source(other)
            return f"write {name} in [{first}, {second}]" if name and first and second else None
        case _:
            return None
