"""Streaks, counts and firsts that came near: what stands in the end, without what made an alert."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from actionbus_plugins.notifier.engine import Plan
from actionbus_plugins.notifier.engine.subjects import Entry, Ledger, Subject, elapsed, find, fits
from actionbus_plugins.notifier.explaining.words import length

_NO_MORE = "and no more after that"


@frozen(kw_only=True)
class Run:
    """Hits that would have made an alert together."""

    hits: tuple[Entry, ...]
    said: str
    """Why there are no more, where nothing broke it."""
    breaker: Entry | None = None
    nearness: float
    """Below 1."""
    key: str


def runs(plan: Plan, ledger: Ledger, quarter: float) -> list[Run]:
    """Find what came near; ``quarter`` is the length of a regular period in seconds."""
    found = _streaks(plan, ledger.entries) if plan.streak else _counts(plan, ledger, quarter) if plan.count else []
    return [*found, *(_not_the_first(plan, ledger, quarter) if plan.once else ())]


def _streaks(plan: Plan, entries: Sequence[Entry]) -> list[Run]:
    found: list[Run] = []
    hits: list[Entry] = []

    def end(breaker: Entry | None) -> None:
        if 0 < len(hits) < plan.streak:
            near = len(hits) / plan.streak
            found.append(Run(hits=tuple(hits), said=_NO_MORE, breaker=breaker, nearness=near, key="streak"))
        hits.clear()

    for entry in entries:
        if entry.hit:
            hits.append(entry)
        else:
            end(entry)
    end(None)
    return found


def _counts(plan: Plan, ledger: Ledger, quarter: float) -> list[Run]:
    """Find the windows with the most hits in them, none of which belongs to an alert."""
    hits = [entry for entry in ledger.entries if entry.hit]
    told = {hit.id for subject in find(evolve(plan, once=False), ledger, quarter) for hit in _made_of(subject, hits)}
    timed = [hit for hit in hits if plan.within_game is None or elapsed(hit, quarter) is not None]
    windows = sorted(_windows(plan, timed, quarter), key=lambda window: -len(window))
    used = set(told)
    found: list[Run] = []
    for window in windows:
        if not used.isdisjoint(hit.id for hit in window):
            window = tuple(hit for hit in window if hit.id not in used)
        if window and len(window) < plan.count:
            used.update(hit.id for hit in window)
            found.append(_window(plan, timed, window, quarter))
    return found


def _windows(plan: Plan, hits: Sequence[Entry], quarter: float) -> Iterator[tuple[Entry, ...]]:
    for begin, first in enumerate(hits):
        end = begin
        while end < len(hits) and fits(plan, first, hits[end], quarter):
            end += 1
        yield tuple(hits[begin:end])


def _window(plan: Plan, hits: Sequence[Entry], window: tuple[Entry, ...], quarter: float) -> Run:
    said, index = _NO_MORE, hits.index(window[-1]) + 1
    limit = plan.within if plan.within is not None else plan.within_game
    if limit is not None and index < len(hits):
        over = _apart(plan, window[0], hits[index], quarter) - limit
        said = f"the next came {length(over)} too late" if over > 0 else "the others belong to an alert"
    return Run(hits=window, said=said, nearness=len(window) / plan.count, key="count")


def _apart(plan: Plan, first: Entry, last: Entry, quarter: float) -> float:
    if plan.within is not None:
        return abs(last.at - first.at)
    return abs((elapsed(last, quarter) or 0.0) - (elapsed(first, quarter) or 0.0))


def _not_the_first(plan: Plan, ledger: Ledger, quarter: float) -> Iterator[Run]:
    hits = [entry for entry in ledger.entries if entry.hit]
    if plan.streak or plan.count:
        subjects = find(evolve(plan, once=False), ledger, quarter)[1:]
        groups = [_made_of(each, hits) for each in subjects]
    else:
        groups = [(hit,) for hit in hits[1:]]
    for group in groups:
        yield Run(hits=group, said="", nearness=0.0, key="once")


def _made_of(subject: Subject, hits: Sequence[Entry]) -> tuple[Entry, ...]:
    evidence = {*subject.evidence}
    return tuple(hit for hit in hits if evidence.issuperset(hit.evidence))
