"""Rules that look at several events at once: streaks, counts, and the first of all that stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from attrs import define, field

from actionbus import Action, Change, Event, snake_name
from actionbus_plugins.notifier.engine.alert import Alert
from actionbus_plugins.notifier.engine.kept import dump_ledger, load_ledger, load_time
from actionbus_plugins.notifier.engine.life import Finding, Lives
from actionbus_plugins.notifier.engine.plan import Plan, is_late
from actionbus_plugins.notifier.engine.single import GOING, PENDING, becomes_another, evidence, identity, score_of, who
from actionbus_plugins.notifier.engine.subjects import Entry, Ledger, Place, Subject, find


@define(eq=False)
class Pattern:
    """One such rule on one fixture. What stands is kept, by group; with each change it is looked at anew."""

    plan: Plan
    lives: Lives
    _ledgers: dict[str, Ledger] = field(init=False)
    _first_heard: dict[str, float] = field(init=False)
    """When things happened, by identity; of a rule that counts by the wall clock."""
    _groups: dict[str, str] = field(init=False)
    """In which ledger an event is, by its identity."""
    _keys: dict[str, list[str]] = field(init=False, factory=dict[str, list[str]])
    """The keys of the alerts of a group, in the order in which they were found."""

    def __attrs_post_init__(self) -> None:
        """Take up what is kept."""
        prefix = f"l:{self.plan.name}\0"
        held = self.lives.desk.held(prefix)
        self._ledgers = {key.removeprefix(prefix): load_ledger(kept) for key, kept in held}
        times = f"t:{self.plan.name}\0"
        self._first_heard = {key.removeprefix(times): load_time(kept) for key, kept in self.lives.desk.held(times)}
        self._groups = {entry.id: group for group, ledger in self._ledgers.items() for entry in ledger.entries}
        for key, alert in self.lives.of(self.plan):
            self._keys.setdefault(alert.group, []).append(key)

    def hear(self, event: Event) -> None:
        """Take in one event of the rule's classes."""
        plan, change = self.plan, event.change
        if change in PENDING and not plan.pending:
            return
        if becomes_another(event, plan):
            return
        name = identity(event)
        before = self._groups.get(name)
        known = self._ledgers[before].get(name) if before is not None else None
        matches = change not in GOING and (plan.stretches or plan.admits(event))
        group = plan.group(event) if matches else None
        entry = self._entry(event, name, known) if group is not None else None
        if entry is None:
            group = None
        if before is not None and known is not None:
            self._ledgers[before].remove(known)
            if before != group:
                del self._groups[name]
                self._settle(before, event)
        if entry is not None and group is not None:
            if (ledger := self._ledgers.get(group)) is None:
                ledger = self._ledgers[group] = Ledger()
            ledger.put(entry)
            self._groups[name] = group
            self._settle(group, event)

    def _entry(self, event: Event, name: str, known: Entry | None) -> Entry | None:
        """Make the entry of an event that ``where`` lets through; None where it has no part in the rule."""
        plan, kind = self.plan, snake_name(type(event))
        score, hit = None, False
        if isinstance(event, plan.hits) and (not plan.stretches or plan.admits(event)):
            score = known.score if known is not None and known.kind == kind else None
            hit = plan.condition is None or self.lives.holds(plan, self.lives.values_of(plan, event, score))
            score = score or score_of(event)
        if not hit and not plan.stretches and not isinstance(event, plan.breaks):
            return None
        return Entry(
            id=name,
            place=_place(event, name),
            evidence=evidence(event) or (name,),
            hit=hit,
            at=self._when(event, name),
            period=getattr(event, "period", None) or 0,
            clock=getattr(event, "clock", None) or "",
            left=getattr(event, "clock_seconds", None) if plan.uses_game_clock else None,
            tentative=event.change is Change.TENTATIVE,
            kind=kind,
            score=score,
            who=who(event) if hit else (),
            tell=partial(self._told, event, score) if hit else dict,
        )

    def _when(self, event: Event, name: str) -> float:
        """Say when something happened: as of when it was first heard of, whatever came later, a restoration too."""
        if self.plan.within is None:
            return event.at
        said = (event, event.previous) if isinstance(event, Action) else ()
        made = min((each.timestamp for each in said if each is not None and each.timestamp), default=event.at)
        if name not in self._first_heard:
            self._first_heard[name] = made
            self.lives.desk.keep(f"t:{self.plan.name}\0{name}", lambda: made)
        return self._first_heard[name]

    def _told(self, event: Event, score: tuple[int, int] | None) -> dict[str, object]:
        """Return what the message names of an event, to be filled in again later."""
        named = self.lives.values_of(self.plan, event, score)
        return {key: value for key, value in named.items() if key in self.plan.kept_names}

    def _settle(self, group: str, event: Event) -> None:
        """Bring a group's alerts in line with what stands now."""
        plan, ledger, keys = self.plan, self._ledgers[group], self._keys.setdefault(group, [])
        self.lives.desk.keep(f"l:{plan.name}\0{group}", lambda: dump_ledger(ledger))
        subjects = find(plan, ledger, self.lives.quarter)
        if not subjects and not keys:
            return
        alerts = [(key, alert) for key in keys if (alert := self.lives.get(key)) is not None]
        late = is_late(plan, event)
        for key, subject in match(alerts, subjects, once=plan.once):
            if subject is None:
                self.lives.fall(plan, key)
            elif plan.stretches and subject.ended:
                self.lives.lapse(plan, key)
                if self.lives.get(key) is not None:
                    self.lives.stand(plan, key, self._finding(group, subject, key), event, late=late)
            else:
                if not key:
                    key = f"a:{plan.name}\0{group}\0{_number(keys):06d}"
                    keys.append(key)
                self.lives.stand(plan, key, self._finding(group, subject, key), event, late=late)
        self._keys[group] = [key for key in keys if self.lives.get(key) is not None]

    def _finding(self, group: str, subject: Subject, key: str) -> Finding:
        alert, values = self.lives.get(key), subject.latest.values
        named: dict[str, Any] = {
            **values,
            "lists": self.plan.lists,
            "streak": {"n": subject.size, "text": self.plan.in_words},
            "count": subject.size,
        }
        trigger = subject.trigger
        return Finding(
            group=group,
            about=group,
            evidence=subject.evidence,
            # What was kept for another message than today's cannot fill this one in: then what was said stands.
            text=self.lives.say(self.plan, named) if alert is None or self.plan.can_tell(values) else alert.text,
            tentative=subject.tentative,
            period=trigger.period,
            clock=trigger.clock,
            left=trigger.left,
            kind=trigger.kind,
            score=trigger.score,
            who=subject.latest.who,
        )


def match(
    alerts: Sequence[tuple[str, Alert]], subjects: Sequence[Subject], *, once: bool
) -> list[tuple[str, Subject | None]]:
    """Say which alert each subject is, if it is one already: the alert's key, empty for a new one.

    A subject that begins with what an alert was first told of is that alert; else one that holds that; else one that
    has anything in common with what the alert is made of. With ``once`` there is one alert.
    """
    left = list(subjects)
    found: dict[str, Subject] = {}
    tests: tuple[Callable[[Alert, Subject], bool], ...] = (
        lambda alert, subject: once or subject.evidence[0] == alert.first,
        lambda alert, subject: alert.first in subject.evidence,
        lambda alert, subject: not set(alert.evidence).isdisjoint(subject.evidence),
    )
    for test in tests:
        for key, alert in alerts:
            taken = next((each for each in left if test(alert, each)), None) if key not in found else None
            if taken is not None:
                found[key] = taken
                left.remove(taken)
    return [(key, found.get(key)) for key, _ in alerts] + [("", subject) for subject in left]


def _number(keys: Sequence[str]) -> int:
    return int(keys[-1].rpartition("\0")[2]) + 1 if keys else 1


def _place(event: Event, name: str) -> Place:
    """Return what orders an event: moments, which have no place of their own, by the clock, the rest as it came."""
    if isinstance(event, Action):
        return event.period, event.sequence, name
    left: float | None = getattr(event, "clock_seconds", None)
    return getattr(event, "period", None) or 0, Decimal(event.position if left is None else -left), name
