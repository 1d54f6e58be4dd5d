"""Values, times and events as an explanation writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from actionbus import Action, Change, Event, Part, period_text, snake_name
from actionbus_plugins.conditions.names import describe
from actionbus_plugins.notifier.engine.single import identity

_CHANGED = {
    Change.TENTATIVE: "pending",
    Change.AMENDED: "amended",
    Change.WITHDRAWN: "taken back",
    Change.DISMISSED: "dropped, it was pending",
}


def written(value: object) -> str:
    """Write a value as plugins.toml does."""
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else str(value)  # nobody wants 0.30000000000000004
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(written, cast('Sequence[object]', value)))}]"
    return json.dumps(value, ensure_ascii=False, default=str)


def length(seconds: float) -> str:
    """Write a length of time: ``4 s``, ``3:10``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def place(period: int | None, clock: str) -> str:
    """Write where in the game something is: ``Q4 04:12``; empty where that is no time of it."""
    return f"{period_text(period)} {clock}".strip() if period else clock


def place_of(event: Event) -> str:
    """Write where in the game an event is."""
    return place(*period_and_clock(event))


def period_and_clock(event: Event) -> tuple[int | None, str]:
    """Return where in the game an event is."""
    period: Any = getattr(event, "period", None)
    clock: Any = getattr(event, "clock", None)
    return period if isinstance(period, int) else None, clock if isinstance(clock, str) else ""


def part_of(event: Event) -> Part:
    """Return an event as something that others are made of."""
    period, clock = period_and_clock(event)
    return Part(id=identity(event), what=describe(event), period=period, clock=clock)


def packet(event: Event) -> str:
    """Say which packet it was: what happened, where, and what the feed made of it."""
    said = f"{describe(event)} at {place_of(event)}" if place_of(event) else describe(event)
    if isinstance(event, Action) and event.successor is not None:
        return f"{said}, now {snake_name(type(event.successor))}"
    return f"{said}, {_CHANGED[event.change]}" if event.change in _CHANGED else said


def looked_up(values: Mapping[str, object], dotted: str) -> object:
    """Return what a name such as ``player.name`` stands for. Raises KeyError for none."""
    value: Any = values
    for part in dotted.split("."):
        try:
            value = value[part]
        except TypeError:  # of a text or number, which has no parts
            raise KeyError(dotted) from None
    return value
