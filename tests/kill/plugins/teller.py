"""Tells the sink process of each action, or of each moment, and waits until it has it."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

import trio
from attrs import frozen

from actionbus import ALL_CHANGES, Action, Event, Moment, PluginContext, Subscription, hookimpl, on, snake_name


@frozen(kw_only=True)
class Settings:
    """What to tell of."""

    stream: Literal["action", "moment"]


@hookimpl
@asynccontextmanager
async def subscriptions(context: PluginContext) -> AsyncGenerator[list[Subscription]]:
    """Keep a connection for each fixture, so that one never waits for another."""
    settings = context.settings(Settings)
    life, port = int(os.environ["KILL_LIFE"]), int(os.environ["KILL_SINK"])
    streams: dict[str, trio.SocketStream] = {}
    async with AsyncExitStack() as stack:

        async def tell(event: Event) -> None:
            if event.fixture not in streams:
                stream = await trio.open_tcp_stream("127.0.0.1", port)
                streams[event.fixture] = await stack.enter_async_context(stream)
            line = {
                "life": life,
                "stream": settings.stream,
                "fixture": event.fixture,
                "id": event.id,
                "change": event.change,
                "kind": snake_name(type(event)),
                "position": event.position,
            }
            await streams[event.fixture].send_all(json.dumps(line).encode() + b"\n")
            if not await streams[event.fixture].receive_some():
                raise ConnectionError("the sink has gone")

        yield [on(Action if settings.stream == "action" else Moment, tell, changes=ALL_CHANGES)]
