"""What stands, and what a rule finds in it: streaks, counts, the first of all. Plain functions."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from attrs import Factory, define, field, frozen

from actionbus_plugins.notifier.engine.plan import Plan

Place = tuple[int, Decimal, str]  # period, what orders it there, and the id

OVERTIME = 300.0  # seconds
QUARTERS = 4


@frozen(kw_only=True)
class Entry:
    """An event that stands and makes a streak or count longer, or breaks it."""

    id: str
    order: Decimal
    """What orders it within its period."""
    evidence: tuple[str, ...]
    """The actions that it is made of."""
    hit: bool
    at: float
    """When it happened, as far as the feed says; Unix seconds."""
    period: int
    clock: str
    left: float | None
    """Seconds left in the period."""
    tentative: bool
    values: dict[str, Any]
    """What the message may name; empty for what breaks."""
    kind: str
    """The class, in snake_case."""
    score: tuple[int, int] | None
    """As of when it was first heard of: later packets about it tell a later score."""
    place: Place = field(init=False, default=Factory(lambda entry: _place(entry), takes_self=True))


def _place(entry: Entry) -> Place:
    return entry.period, entry.order, entry.id


@frozen
class Subject:
    """What an alert is about, as it stands now."""

    evidence: tuple[str, ...]
    trigger: Entry
    """With which it became so."""
    latest: Entry
    size: int
    """How many entries it is made of."""
    tentative: bool


@define(eq=False)
class Ledger:
    """The entries of one rule for one player, team or fixture, in the game's own order."""

    _places: list[Place] = field(factory=list[Place])
    _entries: dict[str, Entry] = field(factory=dict[str, Entry])

    def get(self, name: str) -> Entry | None:
        """Return an entry."""
        return self._entries.get(name)

    def put(self, entry: Entry) -> None:
        """Put an entry in its place, instead of what it was before."""
        self.remove(entry.id)
        if not self._places or self._places[-1] < entry.place:
            self._places.append(entry.place)
        else:
            insort(self._places, entry.place)
        self._entries[entry.id] = entry

    def remove(self, name: str) -> bool:
        """Take an entry out; return whether there was one."""
        before = self._entries.pop(name, None)
        if before is not None:
            del self._places[bisect_left(self._places, before.place)]
        return before is not None

    def __iter__(self) -> Iterator[Entry]:
        return (self._entries[place[2]] for place in self._places)

    def __len__(self) -> int:
        return len(self._places)


def find(plan: Plan, ledger: Ledger, quarter: float) -> list[Subject]:
    """Find what a rule is about in what stands; ``quarter`` is the length of a regular period in seconds."""
    if plan.streak:
        found = _streaks(ledger, plan.streak)
    elif plan.count:
        found = _bursts(plan, [entry for entry in ledger if entry.hit], quarter)
    else:
        found = [_subject([entry], 1) for entry in ledger if entry.hit]
    return found[:1] if plan.once else found


def _streaks(ledger: Ledger, at_least: int) -> list[Subject]:
    found: list[Subject] = []
    if len(ledger) < at_least:
        return found
    hits: list[Entry] = []
    for entry in ledger:
        if entry.hit:
            hits.append(entry)
            continue
        if len(hits) >= at_least:
            found.append(_subject(hits, at_least))
        hits = []
    if len(hits) >= at_least:
        found.append(_subject(hits, at_least))
    return found


def _bursts(plan: Plan, hits: Sequence[Entry], quarter: float) -> list[Subject]:
    """Find stretches in which each hit, from the ``count``-th on, completes a window with so many in it."""
    found: list[Subject] = []
    if len(hits) < plan.count:
        return found
    begin: int | None = None
    timed = [hit for hit in hits if plan.within_game is None or elapsed(hit, quarter) is not None]
    for index in range(plan.count - 1, len(timed) + 1):
        first = index - plan.count + 1
        completes = index < len(timed) and _fits(plan, timed[first], timed[index], quarter)
        if completes and begin is None:
            begin = first
        elif not completes and begin is not None:
            found.append(_subject(timed[begin:index], plan.count))
            begin = None
    return found


def _fits(plan: Plan, first: Entry, last: Entry, quarter: float) -> bool:
    if plan.within is not None:
        return abs(last.at - first.at) <= plan.within
    if plan.within_game is not None:
        begin, end = elapsed(first, quarter), elapsed(last, quarter)
        return begin is not None and end is not None and abs(end - begin) <= plan.within_game
    return True


def _subject(entries: Sequence[Entry], at_least: int) -> Subject:
    tentative = any(entry.tentative for entry in entries)
    evidence = tuple(dict.fromkeys(each for entry in entries for each in entry.evidence))
    return Subject(evidence, entries[at_least - 1], entries[-1], len(entries), tentative)


def elapsed(entry: Entry, quarter: float) -> float | None:
    """Return the seconds of game clock from the tip-off; None where the feed has no clock."""
    return game_time(entry.period, entry.left, quarter)


def game_time(period: int, left: float | None, quarter: float) -> float | None:
    """Return the seconds of game clock from the tip-off to so many seconds before the end of a period."""
    if left is None or period < 1:
        return None
    if period <= QUARTERS:
        return period * quarter - left
    return QUARTERS * quarter + (period - QUARTERS) * OVERTIME - left
