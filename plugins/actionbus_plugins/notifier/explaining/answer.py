"""The answer of an explanation: what was told, and what came near."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field

from actionbus import Change, Considered, Event, Outcome, StepTaken
from actionbus_plugins.conditions.names import describe
from actionbus_plugins.conditions.where import Matcher
from actionbus_plugins.notifier.engine.alert import Alert, State
from actionbus_plugins.notifier.engine.single import identity
from actionbus_plugins.notifier.explaining.desk import Life, WatchingDesk
from actionbus_plugins.notifier.explaining.patterns import Run, runs
from actionbus_plugins.notifier.explaining.steps import ORDER, Steps, counted, rank
from actionbus_plugins.notifier.explaining.words import packet, part_of, period_and_clock

# The nearness of an event alone is less than any run's, and that less than any alert's; between the first two is that
# of one that would have counted, had it not been taken back.
_GONE, _RUN, _ALERT = 0.9995, 1.0, 2.0


_THEN = {"past": "it was over when the rule was written or changed"}


@define(eq=False)
class Seen:
    """An event that the rule has looked at, over all that was said of it."""

    event: Event
    """As it came nearest."""
    nearness: float = -1.0
    steps: list[StepTaken] = field(factory=list[StepTaken])
    gone: Event | None = None

    @property
    def passed(self) -> bool:
        """Whether each of the first five steps let it through."""
        return bool(self.steps) and self.steps[-1].passed


@define(eq=False)
class Answer:
    """What is known in the end."""

    _steps: Steps
    _pattern: str
    """The key of what looks at several events; empty: the rule looks at one."""
    _desk: WatchingDesk
    _seen: Mapping[str, Seen]
    _actions: Mapping[str, Event]
    _is_wanted: Matcher
    _kept: Mapping[str, Alert] | None
    """The alerts of the journal that the game is out of, by key."""

    def told(self) -> list[Considered]:
        """Return what was told, in the order in which it first was."""
        order = {name: place for place, name in enumerate(self._desk.sent)}
        lives = sorted(filter(self._is_told, self._desk.lives), key=lambda life: order[life.id])
        return [self._of_life(life) for life in lives if self._concerns(life)]

    def missed(self) -> list[Considered]:
        """Return what was not told, the nearest first."""
        found = [*self._missed_alerts(), *self._missed_runs(), *self._missed_events()]
        return sorted(found, key=lambda each: (-each.nearness, each.at))

    def _is_told(self, life: Life) -> bool:
        return life.id in self._desk.sent and not life.is_dropped and self._passed(life) is None

    def _passed(self, life: Life) -> StepTaken | None:
        """Return the step that stopped an alert then, and would not now: a rule may have been changed since."""
        kept = self._kept.get(life.key) if self._kept is not None else None
        if kept is None or kept.state is not State.PASSED or life.alert.state not in (State.TOLD, State.GONE):
            return None
        said = _THEN.get(kept.reason, "it was passed over then, when the rule was another")
        return StepTaken(key=kept.reason, passed=False, said=said)

    def _concerns(self, life: Life) -> bool:
        return any(map(self._is_wanted, (life.event, *life.events, *self._evidence(life))))

    def _evidence(self, life: Life) -> list[Event]:
        return [self._actions[name] for name in life.alert.evidence if name in self._actions]

    def _missed_alerts(self) -> Iterator[Considered]:
        last = {life.key: life for life in self._desk.lives}
        for life in self._desk.lives:
            # the same event, dropped and found again: the end of it is what counts
            is_over = not self._steps.plan.is_pattern and last[life.key] is not life
            if not self._is_told(life) and not is_over and self._concerns(life):
                yield self._of_life(life)

    def _of_life(self, life: Life) -> Considered:
        alert, is_told = life.alert, self._is_told(life)
        about = self._about(life)
        steps = [*(about.steps if about is not None else ())]
        parts = tuple(map(part_of, self._evidence(life))) or (part_of(life.event),)
        if self._pattern:
            number = len(parts) if self._pattern != "once" else 1
            said = counted(self._steps.rule, self._pattern, number)
            steps.append(StepTaken(key=self._pattern, passed=True, said=said))
        passed = self._passed(life)
        steps += [*self._steps.of_life(life)[:-1], passed] if passed is not None else self._steps.of_life(life)
        stop = next((step for step in steps if not step.passed), None)
        return Considered(
            what=describe(about.event if about is not None else life.event),
            period=alert.period,
            clock=alert.clock,
            at=alert.at,
            parts=parts,
            steps=tuple(steps),
            outcome=self._outcome(life),
            nearness=0.0 if is_told else _ALERT + (rank(stop) if stop is not None else len(ORDER)),
            alert=life.id,
            message=self._desk.sent[life.id].message if is_told else alert.said,
            life=tuple(life.turns),
            note=self._note(life),
        )

    def _outcome(self, life: Life) -> Outcome:
        if self._is_told(life):
            return "told" if self._desk.sent[life.id].state == "sent" else "withdrawn"
        return "held" if life.alert.state is State.HELD and not life.is_dropped else "stopped"

    def _about(self, life: Life) -> Seen | None:
        """Return the newest event that an alert is made of and that the first steps let through."""
        names = [identity(life.event), *reversed(life.alert.evidence)]
        found = (self._seen[name] for name in names if name in self._seen)
        return next((seen for seen in found if seen.passed), None)

    def _note(self, life: Life) -> str:
        """Say where the journal says otherwise than the rule as it is now."""
        if self._kept is None or life.is_dropped:
            return ""
        kept = self._kept.get(life.key)
        if kept is None:
            return "the journal has no such alert: the rule was another then, or there was none yet"
        if kept.state in (life.alert.state, State.PASSED):
            return ""
        return f"the journal says otherwise: {kept.state}; the rule was another then"

    def _missed_runs(self) -> Iterator[Considered]:
        for ledger in self._desk.ledgers.values() if self._pattern else ():
            for run in runs(self._steps.plan, ledger, self._desk.quarter):
                events = [self._actions[hit.id] for hit in run.hits if hit.id in self._actions]
                if events and any(map(self._is_wanted, events)):
                    yield self._of_run(run, events)

    def _of_run(self, run: Run, events: Sequence[Event]) -> Considered:
        last = events[-1]
        period, clock = period_and_clock(last)
        breaker = self._actions.get(run.breaker.id) if run.breaker is not None else None
        number = len(run.hits) if run.key != "once" else 0
        how = f"broken by {packet(breaker)}" if breaker is not None else run.said
        said = f"{counted(self._steps.rule, run.key, number)}{', ' if how else ''}{how}"
        seen = self._seen[identity(last)]
        step = StepTaken(key=run.key, passed=False, said=said)
        return Considered(
            what=describe(last),
            period=period,
            clock=clock,
            at=last.at,
            parts=tuple(map(part_of, events)),
            steps=(*seen.steps, step),
            outcome="stopped",
            nearness=_RUN + run.nearness,
        )

    def _missed_events(self) -> Iterator[Considered]:
        in_alerts = {turn.action_id for life in self._desk.lives for turn in life.turns}
        for name, seen in self._seen.items():
            event = seen.event
            if seen.passed and seen.gone is not None and self._pattern and name not in in_alerts:
                said = f"it does not count any more: {packet(seen.gone)}"
                seen = Seen(event, _GONE, [*seen.steps, StepTaken(key=self._pattern, passed=False, said=said)])
            if seen.steps and not seen.passed and self._is_wanted(event):
                period, clock = period_and_clock(event)
                yield Considered(
                    what=describe(event),
                    period=period,
                    clock=clock,
                    at=event.at,
                    parts=(part_of(event),),
                    steps=tuple(seen.steps),
                    outcome="stopped",
                    nearness=seen.nearness,
                    note=_gone(seen),
                )


def _gone(seen: Seen) -> str:
    if seen.gone is None:
        return ""
    return "the feed dropped it" if seen.gone.change is Change.DISMISSED else f"later: {packet(seen.gone)}"
