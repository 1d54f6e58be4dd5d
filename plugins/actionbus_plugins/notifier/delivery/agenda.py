"""What one channel has to do, and when: hints in memory, of which the store knows whether they are still so."""

from __future__ import annotations

import trio
from attrs import define, field, frozen

from actionbus_plugins.notifier.delivery.entry import Entry

MOST_PROBES = 3  # attempts with one message to find out whether a service is there

Place = tuple[str, str]
"""A fixture and an alert."""


@frozen
class Hint:
    """When something is to be done about an entry, in Unix seconds."""

    due: float
    ready: float
    fresh: bool
    """Whether it is told for the first time, and nothing of it can have been seen."""
    tries: int


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

    def first(self, *, probing: bool) -> tuple[Place, float] | None:
        """Return what comes next, and when.

        While it is ``probing`` whether the service is there it is one that was sent before, so that the others
        cannot have been seen and may go as one message; but not for long: it may be that message that fails.
        """
        hints = self._hints
        tried = [place for place, hint in hints.items() if 0 < hint.tries < MOST_PROBES] if probing else []
        place = min(tried or hints, key=lambda place: hints[place].ready, default=None)
        return (place, hints[place].ready) if place is not None else None

    def due(self, now: float) -> list[Place]:
        """Return what is due, whether it was tried or not, the oldest first."""
        hints = self._hints
        return sorted((place for place in hints if hints[place].due <= now), key=lambda place: hints[place].due)

    def fresh(self, fixture: str, since: float) -> list[Place]:
        """Return the alerts of a fixture that should have been told since then or longer, the oldest first."""
        hints = self._hints
        late = [place for place, hint in hints.items() if hint.fresh and hint.due <= since and place[0] == fixture]
        return sorted(late, key=lambda place: hints[place].due)


def _hint(entry: Entry) -> Hint | None:
    if entry.due is None:
        return None
    return Hint(entry.due, max(entry.due, entry.retry), entry.is_fresh, entry.tries)
