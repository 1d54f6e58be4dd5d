"""What one channel has to do, and when: hints in memory, of which the store knows whether they are still so."""

from __future__ import annotations

import math
from collections.abc import Collection

import trio
from attrs import define, field, frozen

from actionbus_plugins.notifier.delivery.entry import Entry

LATE = 5.0  # seconds: what is told later than that has waited

Place = tuple[str, str]
"""A fixture and an alert."""


@frozen
class Hint:
    """When something is to be done about an entry (Unix seconds), and whether it would be told for the first time."""

    due: float
    ready: float
    fresh: bool


@define(eq=False)
class Agenda:
    """The hints of one channel."""

    woken: trio.Event = field(init=False, factory=trio.Event)
    """Set when there is a hint that whoever waits does not know."""
    _hints: dict[Place, Hint] = field(init=False, factory=dict[Place, Hint])

    def __len__(self) -> int:
        return len(self._hints)

    def expect(self, place: Place, entry: Entry) -> None:
        """Take note of what a handler run will leave behind if it ends well; nothing is forgotten, in case it fails."""
        hint, known = _hint(entry), self._hints.get(place)
        if hint is not None and (known is None or hint.ready < known.ready):
            self._hints[place] = hint
            self.woken.set()

    def correct(self, place: Place, entry: Entry | None) -> None:
        """Take note of what stands in the store; to be called within the transaction that knows."""
        hint = _hint(entry) if entry is not None else None
        if hint is not None:
            self._hints[place] = hint
        else:
            self._hints.pop(place, None)

    def first(self, *, without: Collection[Place], at_once: bool) -> tuple[Place, float] | None:
        """Return what comes next, and when; ``at_once`` it is not waited for another attempt."""
        times = {
            place: hint.due if at_once else hint.ready for place, hint in self._hints.items() if place not in without
        }
        place = min(times, key=lambda place: (times[place], place), default=None)
        return (place, times[place]) if place is not None else None

    def late(self, fixture: str, now: float) -> list[Place]:
        """Return the alerts of a fixture that should have been told a while ago."""
        hints = ((place, hint) for place, hint in self._hints.items() if place[0] == fixture)
        return [place for place, hint in hints if hint.fresh and hint.due < now - LATE]


def _hint(entry: Entry) -> Hint | None:
    if entry.due is None:
        return None
    return Hint(entry.due, entry.ready if entry.ready is not None else math.inf, entry.is_fresh)
