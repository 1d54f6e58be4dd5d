"""A network in memory, below trio's own TCP: name look-ups and sockets, so that all of the real client runs on it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import trio
from trio.testing import MemoryReceiveStream, MemorySendStream, memory_stream_pair

ByteStream = trio.StapledStream[MemorySendStream, MemoryReceiveStream]


class MemorySocket(trio.socket.SocketType):
    """One end of a TCP connection, as far as trio.SocketStream makes use of it."""

    def __init__(self, connect: Callable[[MemorySocket], Awaitable[None]]) -> None:
        super().__init__()
        near, far = memory_stream_pair()
        self._near, self.far = near, far
        self._connect = connect
        self._reset = False
        self.closed_at: float | None = None

    @property
    def type(self) -> socket.SocketKind:
        return socket.SOCK_STREAM

    @property
    def did_shutdown_SHUT_WR(self) -> bool:
        return False

    def setsockopt(self, level: int, optname: int, value: Any, optlen: int | None = None) -> None:
        """Options change nothing here."""

    def fileno(self) -> int:
        return 1 if self.closed_at is None else -1

    async def connect(self, address: object) -> None:
        await self._connect(self)

    async def send(self, data: Any, flags: int = 0) -> int:
        try:
            await self._near.send_all(bytes(data))
        except trio.BrokenResourceError:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe") from None
        return len(data)

    async def recv(self, buflen: int, flags: int = 0) -> bytes:
        data = bytes(await self._near.receive_some(buflen))
        if self._reset:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        return data

    async def wait_writable(self) -> None:
        await trio.lowlevel.checkpoint()

    def close(self) -> None:
        if self.closed_at is None:
            self.closed_at = trio.current_time()
            self._near.send_stream.close()
            self._near.receive_stream.close()

    def reset(self) -> None:
        """As an RST of the other side: what was not read yet is lost."""
        self._reset = True
        self.far.send_stream.close()
        self.far.receive_stream.close()


class Network(trio.abc.HostnameResolver, trio.abc.SocketFactory):
    """Finds any name, unless ``find`` raises, and gives each socket that connects to ``connect``."""

    def __init__(self, find: Callable[[], None], connect: Callable[[MemorySocket], Awaitable[None]]) -> None:
        self._find = find
        self._connect = connect

    def install(self) -> None:
        """Take the place of the real network for this run of trio."""
        trio.socket.set_custom_hostname_resolver(self)
        trio.socket.set_custom_socket_factory(self)

    async def getaddrinfo(self, host: bytes | None, port: Any, *_: Any, **__: Any) -> list[Any]:
        await trio.lowlevel.checkpoint()
        self._find()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", port))]

    async def getnameinfo(self, *_: Any, **__: Any) -> NoReturn:
        raise AssertionError("nobody asks for this")

    def socket(self, *_: Any, **__: Any) -> trio.socket.SocketType:
        return MemorySocket(self._connect)
