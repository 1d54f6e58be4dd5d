"""What stands, and what a rule finds in it: streaks, counts, the first of all. Plain functions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from decimal import Decimal

from attrs import define, evolve, field, frozen

from actionbus_plugins.notifier.engine.plan import Plan

Place = tuple[int, Decimal, str]  # period, what orders it there, and the id

OVERTIME = 300.0  # seconds
QUARTERS = 4


@define(kw_only=True, eq=False)
class Entry:
    """An event that stands and makes a streak or count longer, or breaks it."""

    id: str
    place: Place
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
    kind: str
    """The class, in snake_case."""
    score: tuple[int, int] | None
    """As of when it was first heard of: later packets about it tell a later score."""
    who: tuple[str, ...]
    """The ids and names of the players and teams that a hit names."""
    tell: Callable[[], dict[str, object]]
    """Works out what the message may name."""
    told: dict[str, object] | None = None
    """The same, as soon as anybody has asked for it."""

    @property
    def values(self) -> dict[str, object]:
        """What the message may name."""
        if self.told is None:
            self.told = self.tell()
        return self.told


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
    ended: bool = False
    """Whether something breaks it by now."""


@define(eq=False)
class Ledger:
    """The entries of one rule for one player, team or fixture, in the game's own order."""

    entries: list[Entry] = field(factory=list[Entry])
    hits: int = 0
    """How many of them are hits."""
    _places: list[Place] = field(factory=list[Place])

    def get(self, name: str) -> Entry | None:
        """Return an entry."""
        return next((entry for entry in self.entries if entry.id == name), None)

    def put(self, entry: Entry) -> None:
        """Put an entry that is not there yet in its place."""
        place, places = entry.place, self._places
        index = len(places) if not places or places[-1] < place else bisect_left(places, place)
        places.insert(index, place)
        self.entries.insert(index, entry)
        self.hits += entry.hit

    def remove(self, entry: Entry) -> None:
        """Take an entry out."""
        index = bisect_left(self._places, entry.place)
        del self._places[index], self.entries[index]
        self.hits -= entry.hit


def find(plan: Plan, ledger: Ledger, quarter: float) -> list[Subject]:
    """Find what a rule is about in what stands; ``quarter`` is the length of a regular period in seconds."""
    if ledger.hits < max(1, plan.streak, plan.count):
        return []
    if plan.streak or plan.stretches:
        found = _streaks(ledger.entries, plan.streak or 1)
    elif plan.count:
        found = _bursts(plan, [entry for entry in ledger.entries if entry.hit], quarter)
    else:
        return [_subject([next(entry for entry in ledger.entries if entry.hit)], 1)]  # once
    return found[:1] if plan.once else found


def _streaks(entries: Sequence[Entry], at_least: int) -> list[Subject]:
    found: list[Subject] = []
    hits: list[Entry] = []
    for entry in entries:
        if entry.hit:
            hits.append(entry)
            continue
        if len(hits) >= at_least:
            found.append(evolve(_subject(hits, at_least), ended=True))
        hits = []
    if len(hits) >= at_least:
        found.append(_subject(hits, at_least))
    return found


def _bursts(plan: Plan, hits: Sequence[Entry], quarter: float) -> list[Subject]:
    """Find stretches in which each hit, from the ``count``-th on, completes a window with so many in it."""
    found: list[Subject] = []
    begin: int | None = None
    timed = [hit for hit in hits if plan.within_game is None or elapsed(hit, quarter) is not None]
    for index in range(plan.count - 1, len(timed) + 1):
        first = index - plan.count + 1
        completes = index < len(timed) and fits(plan, timed[first], timed[index], quarter)
        if completes and begin is None:
            begin = first
        elif not completes and begin is not None:
            found.append(_subject(timed[begin:index], plan.count))
            begin = None
    return found


def fits(plan: Plan, first: Entry, last: Entry, quarter: float) -> bool:
    """Whether two hits are no further apart than a count asks for."""
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
