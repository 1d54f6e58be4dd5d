"""What an event class has to name, worked out from the types of its fields."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NewType, TypeVar, Union, cast, get_args, get_origin

import attrs

from actionbus import Action, Event, Player, Score, Team

Sort = Literal["number", "text", "boolean", "list", "any"]
"""What a name stands for."""
Form = Literal["number", "text", "boolean", "list", "any", "player", "team", "score", "clock"]
"""In which form a field is told: as one value, or as several names."""

V = TypeVar("V")

_COMMON: dict[str, Sort] = {
    "fixture": "text",
    "type": "text",
    "type_text": "text",
    "at": "number",
    "tentative": "boolean",
}
_ACTION: dict[str, Form] = {
    "period": "number",
    "clock": "clock",
    "subtype": "text",
    "player": "player",
    "team": "team",
    "score": "score",
}
_PARTS: dict[Form, dict[str, Sort]] = {
    "player": {"id": "text", "name": "text"},
    "team": {"id": "text", "name": "text", "home": "boolean"},
    "score": {"home": "number", "away": "number", "margin": "number", "text": "text"},
}
_HIDDEN = {each.name for each in attrs.fields(Event)} | {"hops"}
_GROUPS: tuple[tuple[type, Form], ...] = ((Player, "player"), (Team, "team"), (Score, "score"))


class _Known(dict[type[Event], V]):
    """What a function has returned for each event class."""

    def __init__(self, function: Callable[[type[Event]], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, kind: type[Event]) -> V:
        self[kind] = value = self._function(kind)
        return value


def by_kind(function: Callable[[type[Event]], V]) -> Callable[[type[Event]], V]:
    """Let a function remember what it returns for each event class; asked again, it costs a look-up in a dict."""
    return _Known(function).__getitem__


@by_kind
def names_for(kind: type[Event]) -> Mapping[str, Sort]:
    """Return the names that there are of events of a class, dotted where they are parts of a group."""
    named = dict(_COMMON)
    for name, form in forms(kind).items():
        if form == "clock":
            named |= {"clock": "number", "clock_text": "text"}
        elif form == "player" or form == "team" or form == "score":
            named |= {f"{name}.{part}": sort for part, sort in _PARTS[form].items()}
        else:
            named[name] = form
    if named.get("period") == "number":
        named.setdefault("period_text", "text")
    return types.MappingProxyType(named)


@by_kind
def forms(kind: type[Event]) -> Mapping[str, Form]:
    """Return in which form the fields of a class are told; those that all events have are not among them."""
    if issubclass(kind, Action):
        return types.MappingProxyType(_ACTION)
    found: dict[str, Form] = {}
    for name, hint in types_of(kind).items():
        if name not in _HIDDEN and name not in _COMMON:
            found[name] = _form(hint)
    if found.get("clock") == "text":
        found["clock"] = "clock"
        found.pop("clock_seconds", None)
    return types.MappingProxyType(found)


@by_kind
def choices_for(kind: type[Event]) -> Mapping[str, tuple[str, ...]]:
    """Return what the fields of a class may be that are of an enumeration or of certain texts: all there is."""
    if issubclass(kind, Action):  # of their texts the feed says any
        return types.MappingProxyType({})
    texts = {name for name, form in forms(kind).items() if form == "text"}
    found = {name: _choices(hint) for name, hint in types_of(kind).items() if name in texts}
    return types.MappingProxyType({name: allowed for name, allowed in found.items() if allowed is not None})


def types_of(cls: type[object]) -> dict[str, object]:
    """Return the types of an attrs class's fields; ``object`` for all where they cannot be looked up."""
    kind = cast("type[attrs.AttrsInstance]", cls)
    try:
        attrs.resolve_types(kind)
    except Exception:  # an annotation is a plugin's code; the core refuses moments whose types it cannot look up
        return {each.name: object for each in attrs.fields(kind)}
    return {each.name: each.type for each in attrs.fields(kind)}


def inner(hint: Any) -> tuple[Any, ...]:
    """Return the types that a type hint stands for: without None, aliases and annotations."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return tuple(each for arg in get_args(hint) if arg is not types.NoneType for each in inner(arg))
    if origin is Annotated:
        return inner(get_args(hint)[0])
    return inner(hint.__supertype__) if isinstance(hint, NewType) else (hint,)


def _choices(hint: object) -> tuple[str, ...] | None:
    """Return the texts that a type allows, "" for None; None where there are others."""
    found: list[str] = []
    for each in inner(hint):
        if get_origin(each) is Literal:
            found += map(str, get_args(each))
        elif isinstance(each, type) and issubclass(each, Enum):
            found += map(str, each)
        else:
            return None
    return (*found, "") if _may_be_none(hint) else tuple(found)


def _may_be_none(hint: object) -> bool:
    if get_origin(hint) is Annotated:
        return _may_be_none(get_args(hint)[0])
    is_union = get_origin(hint) in (Union, types.UnionType)
    return any(arg is types.NoneType or _may_be_none(arg) for arg in get_args(hint)) if is_union else False


def _form(hint: object) -> Form:
    found: set[Form] = {_form_of_one(each) for each in inner(hint)}
    return found.pop() if len(found) == 1 else "any"


def _form_of_one(hint: Any) -> Form:
    if get_origin(hint) is Literal:
        texts: Iterable[object] = get_args(hint)
        return "text" if all(isinstance(each, str) for each in texts) else "any"
    kind = get_origin(hint) or hint
    if not isinstance(kind, type) or kind is object:
        return "any"
    for group, form in _GROUPS:
        if issubclass(kind, group):
            return form
    if issubclass(kind, bool):
        return "boolean"
    if issubclass(kind, int | float | Decimal):
        return "number"
    if issubclass(kind, Collection) and not issubclass(kind, str | bytes | Mapping):
        return "list"
    return "text"
