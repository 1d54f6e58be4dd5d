"""Tell people: alerts that are written in plugins.toml, each corrected when the feed takes back what it was about."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Annotated
from zoneinfo import ZoneInfo

import trio
from attrs import frozen

from actionbus import (
    ALL_CHANGES,
    Action,
    Change,
    ConfigError,
    Declaration,
    Due,
    Explain,
    Explaining,
    FeedStatus,
    ListAlerts,
    Moment,
    PluginContext,
    Question,
    Rehearse,
    Subscription,
    TryChannels,
    hookimpl,
    on,
)
from actionbus_plugins.notifier.alerts import Alerts
from actionbus_plugins.notifier.check import problems
from actionbus_plugins.notifier.delivery import Channels, open_outbox, tries
from actionbus_plugins.notifier.delivery import problems as channel_problems
from actionbus_plugins.notifier.engine import Plan, kinds_of, make_plan
from actionbus_plugins.notifier.herald import open_herald
from actionbus_plugins.notifier.mutes import Mutes, said, standing
from actionbus_plugins.notifier.published import Alert as Alert
from actionbus_plugins.notifier.rehearsal import MemoryDesk, Rehearsal
from actionbus_plugins.notifier.settings import Defaults, Lists, Rule

CONFIRMED = frozenset({Change.ADDED, Change.AMENDED, Change.WITHDRAWN})


@frozen(kw_only=True)
class Settings:
    """``[plugin.notifier]`` has no keys of its own: rules and channels have tables of theirs."""


RULES = dict[str, Rule]
_TEXTS = Annotated[Lists, 'Texts by name: "@NAME" in `where`, `lists.NAME` in `when` and in messages.']
TABLES = {"alert": RULES, "notify": Channels, "defaults": Defaults, "lists": _TEXTS}


@hookimpl
def declare() -> Declaration:
    """Own the tables of alerts; rules are checked against the event classes and each other."""
    return Declaration(settings=Settings, tables=TABLES, publishes=(Alert,), check=check)


def check(context: PluginContext) -> None:
    """Say everything that is wrong with the tables that can be read as such. Raises ConfigError."""
    found = list(problems(context))
    with suppress(ConfigError):  # a table that cannot be read: told where it is read
        found += channel_problems(context.table("notify", Channels), context)
    if found:
        raise ConfigError(*found)


@hookimpl
@asynccontextmanager
async def subscriptions(context: PluginContext) -> AsyncGenerator[list[Subscription]]:
    """Listen to what the rules name; keep the channels open until after the last event."""
    plans, timezone = make_plans(context), context.table("defaults", Defaults).timezone
    changes = ALL_CHANGES if any(plan.pending for plan in plans) else CONFIRMED
    outboxes = open_outbox(context, context.table("notify", Channels), timezone=timezone)
    async with outboxes as outbox, open_herald(context, outbox) as herald:
        mutes = Mutes(context, [plan.name for plan in plans], ZoneInfo(timezone))
        alerts = Alerts(plans, context, herald, mutes.covers)
        heard = [on(kind, alerts.hear, changes=changes) for kind in kinds_of(plans)]
        gone = {Change.WITHDRAWN}
        left = [on(Action, alerts.take_back, changes=gone), on(Moment, alerts.take_back, changes=gone)]
        async with trio.open_nursery() as nursery:
            if not context.replaying:
                nursery.start_soon(alerts.begin)
            yield [*heard, *left, on(Due, alerts.due), on(FeedStatus, alerts.end)]
            nursery.cancel_scope.cancel()


@hookimpl
def backtest(context: PluginContext) -> Rehearse:
    """Work out what the rules would tell over a recorded game."""
    plans = make_plans(context)
    return lambda fixture: Rehearsal(plans, fixture, MemoryDesk(context))


@hookimpl
def try_channels(context: PluginContext) -> TryChannels:
    """Send a sample alert and its correction over a channel."""
    return tries(context)


def make_plans(context: PluginContext) -> list[Plan]:
    """Make the rules ready. Raises ConfigError with all that is wrong with them."""
    context.settings(Settings)
    rules, defaults = context.table("alert", RULES), context.table("defaults", Defaults)
    check(context)
    lists = context.table("lists", Lists)
    return [make_plan(name, rule, defaults, lists) for name, rule in rules.items()]


@hookimpl
def explain(context: PluginContext) -> Explain:
    """Explain a rule over a game."""
    from actionbus_plugins.notifier.explaining import Explainer  # with what reads conditions: nothing a daemon needs

    plans = {plan.name: plan for plan in make_plans(context)}
    rules, lists = context.table("alert", RULES), context.table("lists", Lists)

    def begin(question: Question) -> Explaining | None:
        plan = plans.get(question.rule)
        return Explainer(plan, rules[plan.name], lists, question, context) if plan is not None else None

    return begin


@hookimpl
def alerts(context: PluginContext) -> ListAlerts:
    """List the alerts that are kept, and what is muted."""
    from actionbus_plugins.notifier.listing import list_alerts  # nothing a daemon needs

    zone = ZoneInfo("UTC")
    with suppress(ConfigError):  # the list does not need tables that are right
        zone = ZoneInfo(context.table("defaults", Defaults).timezone)
    return lambda kept: list_alerts(kept, said(standing(kept.shared.items(), kept.now), zone))
