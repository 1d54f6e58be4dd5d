"""All rules at work on one fixture: each event to the rules that hear of it, in the documented order of evaluation."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from actionbus import Action, Event, PeriodStart
from actionbus_plugins.conditions.classes import widest
from actionbus_plugins.notifier.engine.desk import Desk
from actionbus_plugins.notifier.engine.life import Lives
from actionbus_plugins.notifier.engine.pattern import Pattern
from actionbus_plugins.notifier.engine.plan import Plan
from actionbus_plugins.notifier.engine.single import Single

QUARTER = 600.0  # seconds of a regular period, unless a clock shows more
LONG_QUARTER = 720.0


@define(eq=False)
class Engine:
    """The rules of one fixture, as ``desk`` has kept them. Each event of ``kinds`` is heard once, with every change."""

    plans: Sequence[Plan]
    fixture: str
    desk: Desk
    lives: Lives = field(init=False)
    _rules: dict[str, Single | Pattern] = field(init=False)
    _hearers: dict[type[Event], tuple[Single | Pattern, ...]] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        """Take up what is kept."""
        self.lives = Lives(self.fixture, self.desk, QUARTER)
        if self.desk.held("quarter"):
            self.lives.quarter = LONG_QUARTER
        self._rules = {
            plan.name: Pattern(plan, self.lives) if plan.is_pattern else Single(plan, self.lives) for plan in self.plans
        }

    def hear(self, event: Event) -> None:
        """Take in one event."""
        kind = type(event)
        hearers = self._hearers.get(kind)
        if hearers is None:
            hearers = tuple(rule for rule in self._rules.values() if rule.plan.hears(kind))
            self._hearers[kind] = hearers
        if kind is PeriodStart:
            self._learn(event)
        for rule in hearers:
            rule.hear(event)

    def due(self, key: str, at: float) -> None:
        """Tell an alert that was held back until now, if it stands."""
        name, _, _ = key.removeprefix("a:").partition("\0")
        rule = self._rules.get(name)
        if rule is not None:  # else it was taken out of plugins.toml meanwhile
            self.lives.tell_held(rule.plan, key, at)

    def _learn(self, event: Event) -> None:
        """Learn from the clock at the start of a period that it has 12 minutes, not 10."""
        is_long = isinstance(event, Action) and event.period == 1 and (event.clock_seconds or 0) > QUARTER
        if is_long and self.lives.quarter == QUARTER:
            self.lives.quarter = LONG_QUARTER
            self.desk.keep("quarter", lambda: LONG_QUARTER)


def kinds_of(plans: Sequence[Plan]) -> list[type[Event]]:
    """Return the event classes that an engine has to hear of, none of them a subclass of another."""
    wanted = {kind for plan in plans for kind in (*plan.kinds, *plan.breaks)}
    if any(plan.uses_game_clock for plan in plans):
        wanted.add(PeriodStart)
    return widest(wanted)
