"""A server that does what a test tells it, over memory streams, and the client under test with its pipeline."""

from __future__ import annotations

import math
import random
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trio
from attrs import define, field
from tests.core.feed.packets import ACCEPTED, EPOCH, FIXTURE, HEARTBEAT, TOKEN
from trio.testing import memory_stream_pair
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, wrap_server_stream

from actionbus.bus import FixtureClock
from actionbus.events.base import Action, FeedState, FeedStatus
from actionbus.feed import ConnectLimit, Ending, follow
from actionbus.log import MemoryLog, Row, RowKind
from actionbus.pipeline import Pipeline
from actionbus.secrets import Secret
from actionbus.session import FeedProfile


class Rewound(MemoryLog):
    """A log that keeps every row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def append(self, rows: Sequence[Row]) -> None:
        self.rows.extend(rows)
        super().append(rows)


class Latest(random.Random):
    """Always the longest wait."""

    def uniform(self, a: float, b: float) -> float:
        return b


class Soonest(random.Random):
    """Never a wait."""

    def uniform(self, a: float, b: float) -> float:
        return a


@define(eq=False)
class Call:
    """One connection as the server sees it."""

    at: float
    path: str
    position: int
    headers: dict[str, str]
    request: WebSocketRequest
    stream: trio.abc.Stream
    nursery: trio.Nursery
    first: str | bytes = ""
    closed: int | None = None
    ended_at: float = math.inf
    _connection: WebSocketConnection | None = None

    async def accept(self, said: str | None = ACCEPTED) -> None:
        """Shake hands, read the token and acknowledge it."""
        self._connection = await self.request.accept()
        self.first = await self._connection.get_message()
        if said is not None:
            await self.say(said)

    async def reject(self, status: int, body: str = "", **headers: str) -> None:
        extra = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await self.request.reject(status, extra_headers=extra, body=body.encode() or None)

    @property
    def connection(self) -> WebSocketConnection:
        assert self._connection is not None
        return self._connection

    async def say(self, *frames: str | bytes) -> None:
        for frame in frames:
            await self.connection.send_message(frame)

    async def beat(self, seconds: float = math.inf) -> None:
        """Send heartbeats, and nothing else, for so long."""
        with trio.move_on_after(seconds):
            while True:
                await trio.sleep(10)
                await self.say(HEARTBEAT)

    async def raw(self, data: bytes) -> None:
        """Send bytes below the websocket."""
        await self.stream.send_all(data)

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        await self.connection.aclose(code, reason)

    async def cut(self) -> None:
        """Break the connection without a word."""
        await trio.aclose_forcefully(self.stream)

    async def freeze(self, seconds: float = math.inf) -> None:
        """Neither read nor write: a ping gets no answer."""
        self.nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True), trio.move_on_after(min(seconds, 1000)):
            await trio.sleep(min(seconds, 1000))

    async def listen(self) -> None:
        """Wait until the client leaves, and note its close code."""
        try:
            while True:
                await self.connection.get_message()
        except ConnectionClosed as closed:
            self.closed = closed.reason.code if closed.reason else None


Play = Callable[[Call], Awaitable[None]]


async def hang_up(call: Call) -> None:
    """What a server does when a test has nothing more to say."""
    await call.cut()


@define(eq=False)
class Rig:
    """A scripted server, the client that is tested, and its pipeline; connection n is answered by play n."""

    nursery: trio.Nursery
    plays: list[Play] = field(factory=list[Play])
    calls: list[Call] = field(factory=list[Call])
    opened: list[float] = field(factory=list[float])
    log: Rewound = field(factory=Rewound)
    profile: FeedProfile = field(factory=lambda: FeedProfile(url="ws://feed.test"))
    ending: Ending | None = None
    ended_at: float = math.inf
    pipeline: Pipeline = field(init=False)
    tokens: int = 0

    def __attrs_post_init__(self) -> None:
        self.pipeline = Pipeline(FIXTURE, self.log, FixtureClock(trio.current_time))

    def token(self) -> Secret:
        self.tokens += 1
        return Secret(TOKEN)

    async def open_stream(self, profile: FeedProfile, context: ssl.SSLContext | None) -> trio.abc.Stream:
        self.opened.append(trio.current_time())
        ours, theirs = memory_stream_pair()
        play = self.plays[len(self.opened) - 1] if len(self.opened) <= len(self.plays) else hang_up
        self.nursery.start_soon(self._serve, theirs, play)
        return ours

    async def _serve(self, stream: trio.abc.Stream, play: Play) -> None:
        async with stream, trio.open_nursery() as nursery:
            request = await wrap_server_stream(nursery, stream)
            where = urlsplit(request.path)
            call = Call(
                at=trio.current_time(),
                path=request.path,
                position=int(parse_qs(where.query).get("startPosition", ["0"])[0]),
                headers={name.decode().lower(): value.decode() for name, value in request.headers},
                request=request,
                stream=stream,
                nursery=nursery,
            )
            self.calls.append(call)
            try:
                await play(call)
            except ConnectionClosed as closed:
                call.closed = closed.reason.code if closed.reason else None
            except trio.BrokenResourceError:
                pass  # the client has hung up
            call.ended_at = trio.current_time()
            nursery.cancel_scope.cancel()

    async def follow(self, *plays: Play, seconds: float = 100_000, **options: Any) -> None:
        """Follow the fixture, with these plays in turn, until it is over or for so long."""
        self.plays[:] = plays
        settings: dict[str, Any] = {
            "token": self.token,
            "connects": ConnectLimit(),
            "rng": Soonest(),
            "wall": lambda: EPOCH + trio.current_time(),
            "open_stream": self.open_stream,
        }
        with trio.move_on_after(seconds):
            self.ending = await follow(self.pipeline, self.profile, **(settings | options))
            self.ended_at = trio.current_time()

    @property
    def events(self) -> list[Action]:
        return [event for row in self.log.rows for event in row.events if isinstance(event, Action)]

    @property
    def heard(self) -> list[tuple[str, str]]:
        """Id and change of each announcement, in order."""
        return [(event.id, event.change.value) for event in self.events]

    @property
    def statuses(self) -> list[FeedStatus]:
        return [event for row in self.log.rows for event in row.events if isinstance(event, FeedStatus)]

    @property
    def states(self) -> list[FeedState]:
        return [status.state for status in self.statuses]

    @property
    def bad(self) -> list[str]:
        """The reason of each packet that was kept aside."""
        return [row.reason for row in self.log.rows if row.kind is RowKind.BAD_PACKET]
