"""Send events to other people's systems: signed, in order, retried and corrected, and never to where they must not."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from attrs import frozen

from actionbus import ConfigError, Declaration, ListDeliveries, PluginContext, Subscription, TryChannels, hookimpl
from actionbus_plugins.webhook.settings import Endpoint
from actionbus_plugins.webhook.status import EndpointStatus

ENDPOINTS = dict[str, Endpoint]
LISTS = dict[str, tuple[str, ...]]


@frozen(kw_only=True)
class Settings:
    """``[plugin.webhook]`` has no keys of its own: endpoints have tables of theirs."""


@hookimpl
def declare() -> Declaration:
    """Own the table of endpoints; what they ask for is checked against the event classes."""
    return Declaration(
        settings=Settings,
        tables={"webhook": ENDPOINTS},
        publishes=(EndpointStatus,),
        check=check,
        schemas={"webhook": schema},
    )


def schema() -> Mapping[str, Any]:
    """Return the schema of what endpoints are sent."""
    from actionbus_plugins.webhook.schema import make_schema  # nothing a daemon needs

    return make_schema()


def check(context: PluginContext) -> None:
    """Say everything that is wrong with endpoints that can be read as such. Raises ConfigError."""
    from actionbus_plugins.webhook.checks import problems

    lists: LISTS = {}
    with suppress(ConfigError):  # the notifier's to tell
        lists = context.table("lists", LISTS)
    endpoints: ENDPOINTS = {}
    with suppress(ConfigError):  # one that cannot be read: told where it is read
        endpoints = context.table("webhook", ENDPOINTS)
    if found := list(problems(endpoints, lists, context)):
        raise ConfigError(*found)


@hookimpl
@asynccontextmanager
async def subscriptions(context: PluginContext) -> AsyncGenerator[list[Subscription]]:
    """Hear what the endpoints want, and send it; in a replay nothing leaves the machine."""
    context.settings(Settings)
    endpoints = context.table("webhook", ENDPOINTS)
    check(context)
    if context.replaying:
        yield []
        return
    from actionbus_plugins.webhook.outbox import open_outbox  # with what speaks HTTP: nothing a check needs

    async with open_outbox(context, endpoints, context.table("lists", LISTS)) as forwarder:
        yield forwarder.subscriptions


@hookimpl
def deliveries(context: PluginContext) -> ListDeliveries:
    """List the deliveries that are kept, and the endpoints."""
    from actionbus_plugins.webhook.listing import list_deliveries  # nothing a daemon needs

    served = context.names("webhook")
    return lambda kept: list_deliveries(kept, served)


@hookimpl
def try_channels(context: PluginContext) -> TryChannels:
    """Send a sample to an endpoint."""
    from actionbus_plugins.webhook.trial import tries  # nothing a daemon needs

    return tries(context, context.table("webhook", ENDPOINTS))
