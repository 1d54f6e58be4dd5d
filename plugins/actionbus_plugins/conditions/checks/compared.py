"""The texts that names are compared with: some stand without quotes, and some the name never is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jinja2 import nodes

from actionbus_plugins.conditions.checks.hints import path_of
from actionbus_plugins.conditions.checks.scope import Complaint, Scope
from actionbus_plugins.conditions.fields import Sort


def without_quotes(
    left: nodes.Expr, right: nodes.Expr, scope: Scope, sort: Callable[[nodes.Expr], Sort]
) -> Iterator[tuple[nodes.Expr, Complaint]]:
    """Yield the names that there are not which are compared with text, ``player.name == Larkin``; ``sort`` tells it."""
    for texts, other in ((_items(right) or [right], left), ([left], right)):
        bare = [each for each in texts if _is_bare(each, scope)]
        if bare and not _is_bare(other, scope) and _is_text(other, scope, sort):
            for each in bare:
                name = path_of(each)
                yield each, (f"there is no '{name}'", f"text stands in quotes: '{name}'")


def never(left: nodes.Expr, right: nodes.Expr, scope: Scope) -> list[Complaint]:
    """Say which texts the name on one side never is that stand on the other."""
    found: list[Complaint] = []
    for named, texts in ((left, _items(right) or [right]), (right, [left])):
        name = path_of(named)
        for text in texts:
            if name is not None and isinstance(text, nodes.Const) and isinstance(text.value, str):
                wrong = scope.never(name, text.value)
                found += [wrong] if wrong is not None else []
    return found


def _is_bare(node: nodes.Expr, scope: Scope) -> bool:
    return isinstance(node, nodes.Name) and scope.is_bare_text(node.name)


def _is_text(node: nodes.Expr, scope: Scope, sort: Callable[[nodes.Expr], Sort]) -> bool:
    """Whether it is text, or was meant as such: ``player == Larkin``."""
    path = path_of(node)
    return (path is not None and f"{path}.name" in scope.group(path)) or sort(node) == "text"


def _items(node: nodes.Expr) -> list[nodes.Expr]:
    return list(node.items) if isinstance(node, nodes.List | nodes.Tuple) else []
