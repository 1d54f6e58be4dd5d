"""The filters of the language: what each takes and what it gives."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from actionbus_plugins.conditions.fields import Sort


@frozen
class FilterKind:
    """A filter: what may stand before it, what it gives, and its arguments."""

    takes: tuple[Sort, ...]
    gives: Sort
    """``any``: what it takes, or an element of the list that it takes."""
    needed: tuple[Sort, ...] = ()
    optional: tuple[Sort, ...] = ()


_TEXT: tuple[Sort, ...] = ("text",)
_NUMBER: tuple[Sort, ...] = ("number",)
_SEVERAL: tuple[Sort, ...] = ("list", "text")
_VALUE: tuple[Sort, ...] = ("number", "text", "boolean", "list")

FILTERS: Mapping[str, FilterKind] = {
    "abs": FilterKind(_NUMBER, "number"),
    "capitalize": FilterKind(_TEXT, "text"),
    "default": FilterKind(_VALUE, "any", needed=("any",), optional=("boolean",)),
    "first": FilterKind(_SEVERAL, "any"),
    "float": FilterKind(("number", "text"), "number", optional=_NUMBER),
    "int": FilterKind(("number", "text"), "number", optional=_NUMBER),
    "join": FilterKind(("list",), "text", optional=_TEXT),
    "last": FilterKind(_SEVERAL, "any"),
    "length": FilterKind(_SEVERAL, "number"),
    "lower": FilterKind(_TEXT, "text"),
    "max": FilterKind(("list",), "any"),
    "min": FilterKind(("list",), "any"),
    "replace": FilterKind(_TEXT, "text", needed=("text", "text")),
    "round": FilterKind(_NUMBER, "number", optional=_NUMBER),
    "title": FilterKind(_TEXT, "text"),
    "trim": FilterKind(_TEXT, "text", optional=_TEXT),
    "upper": FilterKind(_TEXT, "text"),
}
TESTS = ("divisibleby", "even", "odd")
