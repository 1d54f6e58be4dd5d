"""Samples of event classes, to try rules on before there is a game; user plugins' moments too."""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import attrs

from actionbus import Event, Player, Score, Summary, Team
from actionbus_plugins.conditions.fields import by_kind, inner, types_of

T = TypeVar("T")

AT = 1_767_290_400.0  # Unix seconds
DEEPEST = 3  # values within values; a class may hold its own kind

_BY_NAME: dict[str, object] = {
    "fixture": "1",
    "id": "2:1",
    "at": AT,
    "period": 4,
    "clock": "05:12",
    "clock_seconds": 312.0,
    "team": Team(id="3", name="Harbor Gulls", home=True),
    "away": Team(id="4", name="Iron Foxes", home=False),
}
# "2" for a text: it is a word, and a number where a rule makes one of it, as of the subtype of awarded free throws.
_BY_TYPE: tuple[tuple[type, object], ...] = (
    (bool, True),
    (int, 3),
    (float, 3.0),
    (Decimal, Decimal(3)),
    (Team, Team(id="3", name="Harbor Gulls", home=True)),
    (Player, Player(id="5", name="Ann Lee")),
    (Score, Score(88, 85)),
    (Summary, Summary(score=Score(88, 85))),
    (datetime, datetime.fromtimestamp(AT, UTC)),
    (Path, Path("sample")),
    (str, "2"),
)


@by_kind
def sample(kind: type[Event]) -> Event:
    """Make an event of a class with a likely value in each field, None only where the type allows nothing else.

    As when the log is read, neither converters nor validators of the class are asked.
    """
    return _bare(kind, types_of(kind), 0)


def _bare(kind: type[T], hints: Mapping[str, object], depth: int) -> T:
    made = object.__new__(kind)
    for name, hint in hints.items():
        object.__setattr__(made, name, _value(name, hint, depth))
    return made


def _value(name: str, hint: object, depth: int) -> object:
    likely, hints = _BY_NAME.get(name), inner(hint)
    if likely is not None and any(isinstance(each, type) and isinstance(likely, each) for each in hints):
        return likely
    return next((value for each in hints if (value := _of(each, depth)) is not None), None)


def _of(hint: Any, depth: int) -> object:
    """Make a value of a type; None where it is not known how."""
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    kind: Any = get_origin(hint) or hint
    return _of_class(kind, hint, depth) if isinstance(kind, type) else None


def _of_class(kind: type[object], hint: object, depth: int) -> object:
    if issubclass(kind, Event | types.NoneType):
        return None
    if issubclass(kind, Enum):
        return next(iter(kind), None)
    for known, value in _BY_TYPE:
        if issubclass(kind, known):
            return value
    if issubclass(kind, Mapping):
        return {}
    if issubclass(kind, Collection):
        held = (_of(each, depth + 1) for arg in get_args(hint)[:1] for each in inner(arg))
        return [value for value in held if value is not None][:1]
    return _bare(kind, types_of(kind), depth + 1) if attrs.has(kind) and depth < DEEPEST else None
