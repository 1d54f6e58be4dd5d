"""One rule over one game: what it considered, what came near, and the lives of what was told."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve
from minijinja import TemplateError

from actionbus import (
    Action,
    Event,
    Explanation,
    FeedState,
    FeedStatus,
    PluginContext,
    Question,
    snake_name,
)
from actionbus_plugins.conditions.language import Condition, reason
from actionbus_plugins.conditions.names import seconds
from actionbus_plugins.conditions.where import Matcher, matcher
from actionbus_plugins.notifier.engine import Plan
from actionbus_plugins.notifier.engine.engine import QUARTER
from actionbus_plugins.notifier.engine.kept import load_alert
from actionbus_plugins.notifier.engine.single import GOING, PENDING, identity
from actionbus_plugins.notifier.engine.subjects import game_time
from actionbus_plugins.notifier.explaining.answer import Answer, Seen
from actionbus_plugins.notifier.explaining.conditions import WhenParts, failure_of
from actionbus_plugins.notifier.explaining.desk import WatchingDesk
from actionbus_plugins.notifier.explaining.filters import WhereFields
from actionbus_plugins.notifier.explaining.steps import Steps, When, pattern_key
from actionbus_plugins.notifier.explaining.words import period_and_clock
from actionbus_plugins.notifier.rehearsal import Rehearsal
from actionbus_plugins.notifier.settings import Rule


class _Asked(Condition):
    """A condition that remembers the last answer."""

    answer: When | None = None

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether it holds."""
        self.answer = When(dict(values), holds=False)
        try:
            self.answer.holds = super().holds(values)
        except TemplateError as error:
            self.answer.failure = reason(error)
            raise
        return self.answer.holds


class Explainer:
    """Explains one rule over one game: lets the engine hear it, and watches."""

    def __init__(
        self,
        plan: Plan,
        rule: Rule,
        lists: Mapping[str, tuple[str, ...]],
        question: Question,
        context: PluginContext,
    ) -> None:
        self.kinds: Sequence[type[Event]] = [
            *(Action, FeedStatus),
            *(kind for kind in (*plan.kinds, *plan.breaks) if not issubclass(kind, Action | FeedStatus)),
        ]
        self._question = question
        kept = question.kept
        alerts = {key: load_alert(value) for key, value in (kept or {}).items() if key.startswith("a:")}
        self._kept = alerts if kept is not None else None
        self._desk = WatchingDesk(
            context,
            fixture=question.fixture,
            rule=plan.name,
            quarter=QUARTER,
            muted={key for key, alert in alerts.items() if alert.reason == "muted"},
        )
        self._asked = _Asked(plan.condition.text) if plan.condition is not None else None
        plan = self._plan = evolve(plan, condition=self._asked)
        parts = WhenParts(plan.condition) if plan.condition is not None else None
        self._steps = Steps(plan, rule, WhereFields(rule.where, lists), parts)
        self._rehearsal = Rehearsal([plan], question.fixture, self._desk)
        self._is_wanted = _wanted(question)
        self._pattern = pattern_key(rule, plan)
        self._seen: dict[str, Seen] = {}
        self._actions: dict[str, Event] = {}
        """The newest that was said of each event, unless that was that it is taken back."""
        self._beside: dict[str, str] = {}
        """The classes of the actions that the rule is not about."""
        self._counted: set[str] = set()
        self._players: dict[str, str] = {}
        self._teams: dict[str, str] = {}
        self._finished = False

    def hear(self, event: Event) -> None:
        """Take in one event."""
        desk, name = self._desk, identity(event)
        if isinstance(event, FeedStatus) and event.state is FeedState.FINISHED:
            self._finished = True
        self._rehearsal.run_out(event.at)
        desk.now, desk.cause = event.at, event
        self._look_around(event, name)
        if self._asked is not None:
            self._asked.answer = None
        self._rehearsal.engine.hear(event)
        desk.cause = None
        if isinstance(event, self._plan.hits):
            self._consider(event, name)
        elif not self._plan.hears(type(event)):
            self._look_beside(event, name)

    def finish(self) -> Explanation:
        """Say what there is to say."""
        if self._finished:
            self._rehearsal.run_out(float("inf"))
        elif self._kept:  # time has gone on since the newest packet
            self._rehearsal.run_out(math.nextafter(max(alert.at for alert in self._kept.values()), math.inf))
        answer = Answer(self._steps, self._pattern, self._desk, self._seen, self._actions, self._is_wanted, self._kept)
        return Explanation(
            rule=self._plan.name,
            fixture=self._question.fixture,
            considered=len(self._counted),
            told=tuple(answer.told()),
            missed=tuple(answer.missed()),
            others=dict(Counter(self._beside.values()).most_common()),
            players=tuple(self._players.values()),
            teams=tuple(self._teams.values()),
        )

    def _look_around(self, event: Event, name: str) -> None:
        """Take note of what there is in the game."""
        if event.change in GOING:
            return
        self._actions[name] = event
        if not isinstance(event, Action):
            return
        if event.player is not None:
            self._players[event.player.id] = str(event.player)
        if event.team is not None:
            self._teams[event.team.id] = str(event.team)
        stands, quarter = self._desk.stands, self._desk.quarter
        played = game_time(event.period, event.clock_seconds, quarter)
        before = game_time(stands[0] or 0, seconds(stands[1]), quarter)
        if played is not None and (before is None or played > before):
            self._desk.stands = period_and_clock(event)

    def _consider(self, event: Event, name: str) -> None:
        self._beside.pop(name, None)
        if self._is_wanted(event):
            self._counted.add(name)
        seen = self._seen.setdefault(name, Seen(event))
        if event.change in GOING:
            seen.gone = event
            return
        seen.gone = None
        steps, nearness = self._steps.of_event(event, self._when(event))
        if nearness >= seen.nearness:
            seen.event, seen.steps, seen.nearness = event, steps, nearness

    def _when(self, event: Event) -> When | None:
        """Return what came of the condition, which the engine has not asked where an earlier step has stopped."""
        if self._asked is None:
            return None
        if self._asked.answer is not None:
            return self._asked.answer
        values = self._rehearsal.engine.lives.values_of(self._plan, event)
        if failure := failure_of(self._asked, values):
            return When(values, holds=False, failure=failure)
        return When(values, holds=self._asked.holds(values))

    def _look_beside(self, event: Event, name: str) -> None:
        """Look at an event that the rule is not about: it would be, if it were of a class alike."""
        if not isinstance(event, Action) or event.change in GOING or event.change in PENDING:
            return
        if not self._is_wanted(event):
            return
        self._beside[name] = snake_name(type(event))
        rule, question = self._steps.rule, self._question
        is_narrow = bool(rule.where or rule.when or question.player or question.team)
        if not (is_narrow and _is_alike(type(event), self._plan.hits)):
            return
        when = self._when(event)
        if not self._plan.admits(event) or (when is not None and not when.holds):
            return
        steps, nearness = self._steps.of_event(event, when)
        seen = self._seen.setdefault(name, Seen(event))
        if nearness > seen.nearness:
            seen.event, seen.steps, seen.nearness = event, steps, nearness


def _wanted(question: Question) -> Matcher:
    """Return what says whether an event is of interest."""
    people = {name: who for name, who in (("player", question.player), ("team", question.team)) if who}
    matches = matcher(people, {})
    if question.period is None:
        return matches
    return lambda event: period_and_clock(event)[0] == question.period and matches(event)


def _is_alike(kind: type[Event], hits: Iterable[type[Event]]) -> bool:
    """Whether a class has more in common with one of a rule than to be an action."""
    common = {each for hit in hits for each in hit.__mro__} - {*Action.__mro__}
    return not common.isdisjoint(kind.__mro__)
