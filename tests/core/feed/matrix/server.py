"""A server whose list grows with time, and the trouble that comes over it: for so long each connection meets it."""

from __future__ import annotations

import math
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import Enum
from typing import cast
from urllib.parse import parse_qs, urlsplit

import trio
from attrs import define, field, frozen
from tests.core.feed.matrix.network import MemorySocket, Network
from tests.core.feed.matrix.script import AFTER, BEFORE, DURING, REWRITTEN, Line
from tests.core.feed.packets import ACCEPTED, HEARTBEAT
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, wrap_server_stream

BEAT = 10.0  # seconds between heartbeats
EVERY = 1.0  # seconds between packets, but for those that come while the fault holds


class Phase(Enum):
    """When the trouble begins."""

    START = "at the start"
    MID_GAME = "in mid-game"
    OVERLAP = "while the overlap is fetched"
    REFETCH = "while the list is fetched anew"


MEANWHILE = {Phase.OVERLAP: 3, Phase.REFETCH: 25}
"""How many packets of what is fetched have been sent when the trouble begins."""


@frozen(kw_only=True)
class Fault:
    """One kind of trouble. ``find`` and ``connect`` are below TCP, ``meet`` plays a connection that begins meanwhile,
    ``strike`` ends, or spoils, the one that is there."""

    meet: Callable[[Call], Awaitable[None]]
    strike: Callable[[Call], Awaitable[None]]
    find: Callable[[], None] = lambda: None
    connect: Callable[[World], Awaitable[None]] | None = None
    rate: float = math.inf
    """Bytes that the server's side of a connection gets through in a second."""
    leaf: str = "good"
    """The certificate that the server shows."""


class Narrow(trio.abc.Stream):
    """The server's side of a connection, below TLS: what it sends is held up as the trouble has it."""

    def __init__(self, stream: trio.abc.Stream, world: World) -> None:
        self._stream = stream
        self._world = world
        self.dead = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        rest = bytes(data)
        while rest:
            rate = 0 if self.dead else self._world.rate
            if rate == math.inf:
                await self._stream.send_all(rest)
                return
            if rate == 0:
                await trio.sleep_until(math.inf if self.dead else self._world.until)
                continue
            await self._stream.send_all(rest[:1])
            rest = rest[1:]
            await trio.sleep(1 / rate)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._stream.receive_some(max_bytes)

    async def aclose(self) -> None:
        await self._stream.aclose()


@define(eq=False)
class Call:
    """One connection as the server sees it."""

    world: World
    number: int
    socket: MemorySocket
    nursery: trio.Nursery
    narrow: Narrow = field(init=False)
    sent: int = 0
    """Which of the list's packets comes next."""
    first: int = 0
    """Which came first."""
    stream: trio.abc.Stream = field(init=False)
    _connection: WebSocketConnection | None = None

    def __attrs_post_init__(self) -> None:
        self.narrow = Narrow(self.socket.far, self.world)
        self.stream = self.narrow

    async def secure(self, leaf: str = "good") -> None:
        """Speak TLS, where the client does."""
        context = self.world.contexts.get(leaf)
        if context is not None:
            self.stream = secured = trio.SSLStream(self.narrow, context, server_side=True)
            await secured.do_handshake()

    async def asked(self) -> WebSocketRequest:
        """Read the request for a websocket."""
        request = await wrap_server_stream(self.nursery, cast("trio.SSLStream[trio.SocketStream]", self.stream))
        position = int(parse_qs(urlsplit(request.path).query).get("startPosition", ["0"])[0])
        self.first = self.sent = max(0, position - self.world.base) if position else 0
        return request

    async def accept(self, acknowledge: bool = True) -> WebSocketConnection:
        """Become a websocket, read the token and acknowledge it."""
        self._connection = await (await self.asked()).accept()
        await self._connection.get_message()
        if acknowledge:
            await self.connection.send_message(ACCEPTED)
        return self._connection

    @property
    def connection(self) -> WebSocketConnection:
        assert self._connection is not None
        return self._connection

    async def send_some(self, most: int) -> None:
        """Send a few packets of what the client asked for."""
        for _ in range(most):
            if self.sent < self.world.length:
                await self._send()

    async def _send(self) -> None:
        line = self.world.lines[self.sent]
        self.sent += 1
        await self.connection.send_message(line.text)

    async def serve(self) -> None:
        """Send the list as it grows, and heartbeats, until the trouble strikes."""
        world = self.world
        beat = trio.current_time() + BEAT
        while True:
            if world.is_due(self):
                await world.trouble(self)
                return
            if self.sent < world.length:
                await self._send()
                continue
            if trio.current_time() >= beat:
                beat = trio.current_time() + BEAT
                await self.connection.send_message(HEARTBEAT)
                continue
            await trio.sleep_until(min(beat, world.next_at(), world.cut_at))

    async def well(self) -> None:
        """What a server does that is well."""
        await self.secure()
        await self.accept()
        await self.serve()

    async def fin(self) -> None:
        """End the TCP connection, without a goodbye of TLS or of the websocket."""
        await trio.aclose_forcefully(self.narrow)

    async def die(self) -> None:
        """Say nothing from now on, not even to a ping, and leave the connection as it is."""
        self.narrow.dead = True
        await trio.sleep_forever()


@define(eq=False)
class World:
    """The server, its list, and the trouble: from ``since`` on, for ``hold`` seconds."""

    nursery: trio.Nursery
    fault: Fault
    phase: Phase
    hold: float
    base: int
    contexts: dict[str, ssl.SSLContext]
    lines: list[Line] = field(init=False)
    since: float = field(init=False, default=math.inf)
    cut_at: float = field(init=False, default=math.inf)
    sockets: list[MemorySocket] = field(init=False, factory=list[MemorySocket])
    opened: list[float] = field(init=False, factory=list[float])
    """When the client looked the server up: the attempts to connect."""
    met: int = field(init=False, default=0)
    """How many connections began while the fault held."""
    _times: list[float] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.lines = [*BEFORE, *DURING, *AFTER]
        self._times = []
        Network(self._find, self._connect).install()
        if self.phase is Phase.START:
            self._begin()
        else:
            self._times = [EVERY * (number + 0.5) for number in range(len(BEFORE))]
            self.cut_at = EVERY * len(BEFORE)

    @property
    def until(self) -> float:
        """When the server is well again."""
        return self.since + self.hold

    @property
    def troubled(self) -> bool:
        return self.since <= trio.current_time() < self.until

    @property
    def rate(self) -> float:
        return self.fault.rate if self.troubled else math.inf

    @property
    def length(self) -> int:
        """How many packets the list has now."""
        now = trio.current_time()
        return next((number for number, at in enumerate(self._times) if at > now), len(self._times))

    def next_at(self) -> float:
        now = trio.current_time()
        return next((at for at in self._times if at > now), math.inf)

    @property
    def complete_at(self) -> float:
        """When the list has its last packet."""
        return self._times[-1]

    def is_due(self, call: Call) -> bool:
        """Whether this is the moment: to end the first connection, or for the trouble to begin."""
        if self.since < math.inf:
            return False
        if trio.current_time() >= self.cut_at:
            return True
        most = MEANWHILE.get(self.phase)
        if self.cut_at < math.inf or most is None or (self.phase is Phase.REFETCH and call.first > 0):
            return False
        return call.sent - call.first >= most

    async def trouble(self, call: Call) -> None:
        if self.phase is not Phase.MID_GAME and self.cut_at < math.inf:
            self.cut_at = math.inf
            if self.phase is Phase.REFETCH:
                self.lines[: len(BEFORE)] = REWRITTEN
                self._times[:] = [0.0] * len(REWRITTEN)
            await call.fin()
            return
        self.cut_at = math.inf
        self._begin()
        await self.fault.strike(call)

    def _begin(self) -> None:
        """Let the trouble begin; the game goes on."""
        self.since = trio.current_time()
        more = len(self.lines) - len(self._times) - len(AFTER)
        self._times += [self.since + self.hold * (number + 0.5) / more for number in range(more)]
        self._times += [self.until + EVERY * (number + 0.5) for number in range(len(AFTER))]

    def _find(self) -> None:
        self.opened.append(trio.current_time())
        if self.troubled:
            self.fault.find()

    async def _connect(self, socket: MemorySocket) -> None:
        self.sockets.append(socket)
        await trio.lowlevel.checkpoint()
        if self.troubled and self.fault.connect is not None:
            await self.fault.connect(self)
        self.nursery.start_soon(self._play, socket, len(self.sockets), self.troubled)

    async def _play(self, socket: MemorySocket, number: int, troubled: bool) -> None:
        async with trio.open_nursery() as nursery:
            call = Call(self, number, socket, nursery)
            self.met += troubled
            # What the client makes of us: it hangs up, or does not like the certificate.
            with suppress(ConnectionClosed, trio.BrokenResourceError, trio.ClosedResourceError):
                await (self.fault.meet(call) if troubled else call.well())
            nursery.cancel_scope.cancel()
        await trio.aclose_forcefully(call.narrow)
