"""A receiver as the docs describe it: it verifies with the reference library, drops repeats, and keeps a state."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

import pytest
import trio
from attrs import define, field
from standardwebhooks import Webhook, webhooks
from tests.plugins.notifier.delivery.services import Answer, Ask, Service

from actionbus import PluginContext, Subscription, hookimpl
from actionbus.testing import Bench, running
from actionbus_plugins.webhook import declare
from actionbus_plugins.webhook.outbox import open_outbox
from actionbus_plugins.webhook.settings import Endpoint

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiB0aGUgZm9yd2FyZGVy"
T0 = 1_770_000_000.0


class Clock(datetime):
    """The reference library's clock, which is set."""

    shows = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.fromtimestamp(cls.shows, tz)


@define(eq=False)
class Receiver(Service):
    """Keeps what stands, by fixture and subject."""

    secret: str = SECRET
    state: dict[tuple[str, str], dict[str, Any]] = field(factory=dict[tuple[str, str], dict[str, Any]])
    ids: list[str] = field(factory=list[str])
    """Of all messages, repeats left out."""

    def do(self, ask: Ask) -> Answer:
        """Verify, and upsert. The clock of these tests is not that of the library."""
        self.verify(ask)
        message = ask.json
        if (name := ask.headers["webhook-id"]) not in self.ids:
            self.ids.append(name)
        data = message["data"]
        held = self.state.get((data["fixture"], data["subject"]))
        if held is None or held["version"] < data["version"]:
            self.state[data["fixture"], data["subject"]] = data
        return Answer(204, b"")

    def verify(self, ask: Ask) -> None:
        """Raise what the reference library raises of a request that is not as it should be."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Clock, "shows", int(ask.headers["webhook-timestamp"]))
            patch.setattr(webhooks, "datetime", Clock)
            Webhook(self.secret).verify(ask.body, ask.headers)

    @property
    def standing(self) -> list[dict[str, Any]]:
        """What stands."""
        return [each for each in self.state.values() if each["stands"]]

    @property
    def said(self) -> list[str]:
        """What was said, in the order of arrival, repeats included."""
        return [str(ask.json["type"]) for ask in self.asked]


def wall() -> float:
    """The clock on the wall, which goes with trio's here."""
    return T0 + trio.current_time()


@hookimpl
@asynccontextmanager
async def subscriptions(context: PluginContext) -> AsyncGenerator[list[Subscription]]:
    """What the plugin's own hook does, with another clock."""
    endpoints = context.table("webhook", dict[str, Endpoint])
    async with open_outbox(context, endpoints, {}, wall=wall) as forwarder:
        yield forwarder.subscriptions


@asynccontextmanager
async def at_work(config: Callable[[str], str], service: Service) -> AsyncGenerator[Bench]:
    """Run the forwarder with a receiver; ``config`` is made of the receiver's address."""
    async with trio.open_nursery() as nursery:
        listeners: list[trio.SocketListener] = await nursery.start(
            partial(trio.serve_tcp, service.serve, 0, host="127.0.0.1")
        )
        port = listeners[0].socket.getsockname()[1]
        async with running(subscriptions, declare, config=config(f"http://127.0.0.1:{port}/hook")) as bench:
            yield bench
        nursery.cancel_scope.cancel()
