"""The steps of a rule, in the order of docs/alerts.md, with what each made of something."""

from __future__ import annotations

from datetime import datetime

from attrs import define

from actionbus import Change, Event, StepTaken, snake_name
from actionbus_plugins.notifier.engine import Plan
from actionbus_plugins.notifier.engine.alert import Alert, State
from actionbus_plugins.notifier.engine.plan import is_late
from actionbus_plugins.notifier.engine.single import PENDING
from actionbus_plugins.notifier.explaining.conditions import WhenParts
from actionbus_plugins.notifier.explaining.desk import Life
from actionbus_plugins.notifier.explaining.filters import WhereFields
from actionbus_plugins.notifier.explaining.words import length, packet, written
from actionbus_plugins.notifier.settings import Rule

ORDER = (
    *("on", "phase", "where", "when", "per", "streak", "count", "once", "max_age", "settle", "for"),
    *("quiet", "muted", "cooldown", "past", "notify"),
)


@define
class When:
    """What the engine got when it asked the condition of a rule."""

    values: dict[str, object]
    holds: bool
    failure: str = ""


@define(eq=False)
class Steps:
    """The steps of one rule. ``rule`` is as it stands in plugins.toml."""

    plan: Plan
    rule: Rule
    where: WhereFields
    parts: WhenParts | None

    def of_event(self, event: Event, when: When | None) -> tuple[list[StepTaken], float]:
        """Return what the first five steps make of one event, up to the one that stops it, and how near it comes.

        The nearness is the share of the steps that let it through, and of one that does not how near it is to it.
        """
        taken: list[tuple[StepTaken, float]] = []

        def take(key: str, passed: bool, said: str, closeness: float = 0.0) -> None:
            taken.append((StepTaken(key=key, passed=passed, said=said), 1.0 if passed else closeness))

        plan, kind = self.plan, snake_name(type(event))
        is_hit = isinstance(event, plan.hits)
        asked = " or ".join(snake_name(each) for each in plan.hits)
        take("on", is_hit, kind if is_hit else f"{asked}: it was {kind}")
        if event.change in PENDING and not plan.pending:
            take("phase", False, '"confirmed": the feed called it pending')
        elif plan.pending:
            what = "pending" if event.change is Change.TENTATIVE else "confirmed"
            take("phase", True, f'"pending": it was {what}')
        if self.rule.where:
            take("where", plan.admits(event), self.where.said(event), self.where.closeness(event))
        if self.parts is not None and when is not None:
            near = 0.0 if when.failure else self.parts.closeness(when.values)
            take("when", when.holds, self.parts.said(when.values, when.failure), near)
        per = [one for one in plan.per if one != "fixture"]
        if per:
            group = plan.group(event)
            missing = ", ".join(one for one in per if getattr(event, one, None) is None)
            owners = ", ".join(str(getattr(event, one)) for one in per) if group is not None else ""
            asked = written(per[0] if len(per) == 1 else per)
            take("per", group is not None, f"{asked}: {owners or f'it names no {missing}'}")
        steps = [step for step, _ in taken]
        end = next((index for index, step in enumerate(steps, 1) if not step.passed), len(steps))
        return steps[:end], sum(closeness for _, closeness in taken) / len(taken)

    def of_life(self, life: Life) -> list[StepTaken]:
        """Return what the steps from ``max_age`` on have made of an alert, up to the one that stopped it."""
        plan, alert = self.plan, life.alert
        reason = alert.reason if alert.state is State.PASSED else ""
        steps: list[StepTaken] = []

        def take(key: str, said: str, *, passed: bool | None = None) -> bool:
            steps.append(StepTaken(key=key, passed=reason != key if passed is None else passed, said=said))
            return steps[-1].passed

        if plan.max_age is not None and not take("max_age", _age(plan, life.event)):
            return steps
        if plan.hold and not take("for" if plan.stretches else "settle", _hold(plan, life), passed=not life.is_dropped):
            return steps
        if alert.state is State.HELD:
            return steps
        if plan.quiet is not None and not take("quiet", _quiet(plan, alert)):
            return steps
        if reason == "muted":
            take("muted", "it was muted then")
            return steps
        if (plan.cooldown or plan.cooldown_game) and not take("cooldown", _cooldown(plan, life)):
            return steps
        take("notify", ", ".join(plan.channels))
        return steps


def rank(step: StepTaken) -> int:
    """Return the place of a step in the order."""
    return ORDER.index(step.key)


def pattern_key(rule: Rule, plan: Plan) -> str:
    """Return the key of what looks at several events: ``streak``, ``count`` or ``once``; empty: neither."""
    if rule.streak is not None:
        return "streak"
    if rule.count is not None:
        return "count"
    return "once" if plan.once else ""


def counted(rule: Rule, key: str, number: int) -> str:
    """Say how many events there were of how many: ``2 of 3``."""
    if key == "streak" and rule.streak is not None:
        return f"{number} of {rule.streak.n}"
    if key == "count" and (count := rule.count) is not None:
        said = f"{number} of {count.at_least}"
        if count.within is not None:
            return f"{said} within {length(count.within)}"
        return f"{said} within {count.within_game} of game clock" if count.within_game is not None else said
    return "it was the first" if number == 1 else "it was not the first"


def _age(plan: Plan, event: Event) -> str:
    made: float | None = getattr(event, "timestamp", None)
    limit = length(plan.max_age or 0.0)
    if made is None:
        return f"{limit}: it does not say when it happened"
    if is_late(plan, event):
        return f"{limit}: it was entered {length(event.at - made)} after it happened"
    return f"{limit}: entered after {length(max(0.0, event.at - made))}"


def _hold(plan: Plan, life: Life) -> str:
    last = life.turns[-1]
    if life.is_dropped:
        what = "it lasted" if plan.stretches else "it was held for"
        end = f", ended by {packet(life.events[-1])}" if last.by else ""
        return f"{length(plan.hold)}: {what} {length(life.waited)}{end}"
    if life.alert.state is State.HELD:
        return f"{length(plan.hold)}: it is held"
    return f"{length(plan.hold)}: it stood so long"


def _quiet(plan: Plan, alert: Alert) -> str:
    assert plan.quiet is not None
    when = datetime.fromtimestamp(alert.at, plan.zone).strftime("%H:%M")
    return f"{plan.quiet.from_} to {plan.quiet.to} ({plan.zone.key}): it was {when}, priority {plan.priority}"


def _cooldown(plan: Plan, life: Life) -> str:
    since, game = life.cooled
    if life.alert.reason != "cooldown":
        return f"{_cooldown_asked(plan)}: none was told so shortly before"
    if plan.cooldown:
        return f"{_cooldown_asked(plan)}: told {length(since or 0.0)} before"
    return f"{_cooldown_asked(plan)}: told {length(game or 0.0)} of game clock before or after"


def _cooldown_asked(plan: Plan) -> str:
    return length(plan.cooldown) if plan.cooldown else f"{length(plan.cooldown_game)} of game clock"
