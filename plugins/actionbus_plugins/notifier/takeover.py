"""Rules that are new, changed or gone while a game is on: worked out over the game so far, they tell nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from attrs import define, field

from actionbus import Action, Event, Moment, PluginContext
from actionbus_plugins.notifier.engine import Plan, kinds_of
from actionbus_plugins.notifier.engine.alert import Alert, State, alert_id
from actionbus_plugins.notifier.engine.kept import dump_alert, load_alert
from actionbus_plugins.notifier.engine.single import identity
from actionbus_plugins.notifier.notice import Kind, Notice
from actionbus_plugins.notifier.rehearsal import MemoryDesk, Rehearsal

RULES = "rules"  # the key of what the rules were like when they last worked on a fixture
LEFT = "o:"  # what the keys of alerts begin with that no rule would tell any more
PAST = "past"  # why an alert was passed over: it was before its rule was there

Terms = dict[str, Any]
"""What is kept of a rule: its digest, and what its alerts need to be taken back when it is no longer there."""


@define(eq=False)
class PastDesk(MemoryDesk):
    """A desk that keeps what the store is to be given."""

    kept: dict[str, Callable[[], object]] = field(init=False, factory=dict[str, Callable[[], object]])

    def keep(self, key: str, value: Callable[[], object]) -> None:
        """Keep a value, to be made when all is over."""
        self.kept[key] = value

    def drop(self, key: str) -> None:
        """Keep a key no longer."""
        self.kept.pop(key, None)


async def take_over(plans: Sequence[Plan], context: PluginContext, fixture: str, at: float) -> None:
    """Bring what is kept of a fixture in line with the rules of today; to be called in a handler, before any is heard.

    What has not changed is left alone. A rule that is new or has changed stands as if it had been there from the first
    packet on, with all its streaks, cooldowns and held alerts; but what it would have told until now, ``at`` on the
    fixture clock, it has not told: that is passed over. An alert that was told before is corrected by its rule where it
    tells it still. Where not, or where the rule is gone, it is left to ``take_back``.
    """
    store = context.store
    before = cast("dict[str, Terms]", store.get(RULES, {}))
    today = {plan.name: _terms(plan) for plan in plans}
    if before == today:
        return
    store.put(RULES, today)
    changed = [plan for plan in plans if before.get(plan.name) != today[plan.name]]
    past = await context.history(*kinds_of(changed)) if changed else []
    told: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys([*(plan.name for plan in changed), *(name for name in before if name not in today)]):
        told |= _clear(context, fixture, name, before.get(name, {}))
    if past:
        _work_out(changed, context, fixture, past, at, told)
    for name, kept in told.items():
        if kept["alert"]["state"] == State.TOLD:
            store.put(f"{LEFT}{name}", kept)


def _terms(plan: Plan) -> Terms:
    return {
        "digest": plan.digest,
        "priority": plan.priority,
        "on_correction": plan.on_correction,
        "channels": list(plan.channels),
    }


def _clear(context: PluginContext, fixture: str, rule: str, terms: Terms) -> dict[str, dict[str, Any]]:
    """Forget all that is kept of a rule; return the alerts that it has told, by id."""
    store = context.store
    told = {key.removeprefix(LEFT): cast("dict[str, Any]", kept) for key, kept in store.range(LEFT)}
    told = {name: kept for name, kept in told.items() if kept["rule"] == rule}
    for name in told:
        store.delete(f"{LEFT}{name}")
    for key, kept in store.range(f"a:{rule}\0"):
        alert = load_alert(kept)
        if alert.state in (State.TOLD, State.GONE):
            told[alert_id(rule, fixture, alert.about, alert.first)] = {"rule": rule, "alert": kept, "terms": terms}
        elif alert.state is State.HELD:
            context.cancel(key)
        store.delete(key)
    for kind in ("l", "c", "t"):
        for key, _ in store.range(f"{kind}:{rule}\0"):
            store.delete(key)
    return told


def _work_out(
    plans: Sequence[Plan],
    context: PluginContext,
    fixture: str,
    past: Iterable[Event],
    at: float,
    told: dict[str, dict[str, Any]],
) -> None:
    """Let rules work over the game so far, and keep how they stand; what they would tell is taken out of ``told``."""
    desk = PastDesk(context)
    rehearsal = Rehearsal(plans, fixture, desk)
    for event in past:
        rehearsal.hear(event)
    rehearsal.run_out(at)
    for key, make in desk.kept.items():
        kept = make()
        if key.startswith("a:"):
            rule = key.removeprefix("a:").partition("\0")[0]
            alert = load_alert(kept)
            name = alert_id(rule, fixture, alert.about, alert.first)
            before = load_alert(told[name]["alert"]) if name in told else None
            if _agree(alert, before):
                del told[name]
            kept = dump_alert(alert)
        context.store.put(key, kept)
    for key, due in desk.timers.items():
        context.at(due, key)


def _agree(alert: Alert, before: Alert | None) -> bool:
    """Make of what a rule would have told what was told; return whether it goes on with the alert of before."""
    if alert.state not in (State.TOLD, State.GONE):
        return False
    if before is None or (before.state is State.TOLD and alert.state is State.GONE):
        alert.state, alert.reason, alert.version = State.PASSED, PAST, 0
        return False
    alert.state, alert.version = before.state, before.version
    alert.text, alert.tentative, alert.mark = before.text, before.tentative, before.mark
    return True


def take_back(event: Action | Moment, context: PluginContext, say: Callable[[Notice, Sequence[str]], None]) -> None:
    """Take back the alerts that no rule tells any more and that were made of what is withdrawn."""
    store, gone = context.store, event.action_id if isinstance(event, Action) else identity(event)
    for key, value in store.range(LEFT):
        kept = cast("dict[str, Any]", value)
        alert, terms = load_alert(kept["alert"]), kept["terms"]
        if gone not in (*alert.evidence, alert.about):
            continue
        store.delete(key)
        notice = Notice(
            id=key.removeprefix(LEFT),
            version=alert.version + 1,
            kind=Kind.WITHDRAWN,
            rule=kept["rule"],
            fixture=event.fixture,
            text=alert.said,
            before=alert.said,
            at=alert.at,
            period=alert.period,
            clock=alert.clock,
            action_ids=alert.evidence,
            priority=terms["priority"],
            on_correction=terms["on_correction"],
        )
        say(notice, terms["channels"])
