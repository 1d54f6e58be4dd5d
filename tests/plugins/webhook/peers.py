"""Servers on loopback that answer byte by byte as they are told, and what stands between them and the client."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network

import httpcore2
import trio
from attrs import define, field

from actionbus_plugins.webhook import backend
from actionbus_plugins.webhook.settings import Network

LOOPBACK: Sequence[Network] = (ip_network("127.0.0.0/8"),)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
PUBLIC = "93.184.215.14"  # an address of the internet, which is never dialled
LENGTH = b"content-length: "

Reply = Callable[[trio.abc.Stream], Awaitable[bool]]
"""Answers one request; returns whether the connection is to be kept."""


def says(answer: bytes, *, keeps: bool = True) -> Reply:
    """Give an answer."""

    async def reply(stream: trio.abc.Stream) -> bool:
        await stream.send_all(answer)
        return keeps

    return reply


def trickles(before: bytes, each: bytes) -> Reply:
    """Say something, and then something more every second, without an end."""

    async def reply(stream: trio.abc.Stream) -> bool:
        await stream.send_all(before)
        while True:
            await trio.sleep(1)
            await stream.send_all(each)

    return reply


def floods(before: bytes, each: bytes) -> Reply:
    """Say something, and then something more as fast as it goes, without an end."""

    async def reply(stream: trio.abc.Stream) -> bool:
        await stream.send_all(before)
        while True:
            await stream.send_all(each)

    return reply


async def hangs(stream: trio.abc.Stream) -> bool:
    """Wait until the other one gives up."""
    await stream.receive_some(1)
    return False


async def resets(stream: trio.abc.Stream) -> bool:
    """Break the connection."""
    assert isinstance(stream, trio.SocketStream)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


@define(eq=False)
class Peer:
    """A server: the replies are given one after the other, the last one for ever."""

    replies: Sequence[Reply] = (says(OK),)
    port: int = field(init=False, default=0)
    connections: int = field(init=False, default=0)
    open: int = field(init=False, default=0)
    asked: list[bytes] = field(init=False, factory=list[bytes])
    """Whole requests, as they came."""
    _changed: trio.Event = field(init=False, factory=trio.Event)

    async def until(self, holds: Callable[[Peer], bool]) -> None:
        """Wait until something holds."""
        while not holds(self):
            await self._changed.wait()

    def _change(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    async def serve(self, stream: trio.abc.Stream) -> None:
        """Serve one connection."""
        self.connections += 1
        self.open += 1
        self._change()
        try:
            while (request := await _read(stream)) is not None:
                self.asked.append(request)
                self._change()
                reply = self.replies[min(len(self.asked), len(self.replies)) - 1]
                if not await reply(stream):
                    return
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return
        finally:
            with trio.move_on_after(1, shield=True):
                await stream.aclose()
            self.open -= 1
            self._change()


async def _read(stream: trio.abc.Stream) -> bytes | None:
    """Read one request; None where none comes any more."""
    data = b""
    while True:
        head, end, body = data.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().partition(LENGTH)[2].partition(b"\r\n")[0]):
            return data
        if not (more := await stream.receive_some(65_536)):
            return None
        data += more


@asynccontextmanager
async def serving(peer: Peer, tls: ssl.SSLContext | None = None) -> AsyncGenerator[str]:
    """Serve at a free port; gives the web address of a hook there, by number."""
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        peer.port = listener.socket.getsockname()[1]
        listening: list[trio.abc.Listener[trio.abc.Stream]] = [listener]
        if tls is not None:
            listening = [trio.SSLListener(listener, tls, https_compatible=True)]
        nursery.start_soon(trio.serve_listeners, peer.serve, listening)
        yield f"{'https' if tls else 'http'}://127.0.0.1:{peer.port}/hook"
        nursery.cancel_scope.cancel()


@define(eq=False)
class Dialled:
    """Counts what is dialled. It leads to a server of ours, whatever the number; without one nobody answers."""

    peer: Peer | None = None
    silent: Sequence[str] = ()
    """Numbers that never answer."""
    dead: Sequence[str] = ()
    """Numbers that answer that nobody is there."""
    numbers: list[str] = field(init=False, factory=list[str])

    async def __call__(self, address: str, port: int) -> httpcore2.AsyncNetworkStream:
        self.numbers.append(address)
        if address in self.silent:
            await trio.sleep_forever()
        if self.peer is None or address in self.dead:
            raise httpcore2.ConnectError("nobody is there")
        return await backend.dial("127.0.0.1", self.peer.port)


@define(eq=False)
class Names:
    """A resolver that knows what it is told; of a name with several entries each holds for one question."""

    book: Mapping[str, Sequence[Sequence[str]]]
    asked: list[str] = field(init=False, factory=list[str])

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.book:
            raise socket.gaierror(-2, "Name or service not known")
        entries = self.book[host]
        return entries[min(self.asked.count(host), len(entries)) - 1]
