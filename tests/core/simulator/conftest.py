"""A plain client of the protocol, over sockets and over memory streams."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol
from urllib.parse import urlsplit

import pytest
import trio
from attrs import frozen
from trio_websocket import ConnectionClosed, ConnectionRejected, WebSocketConnection, wrap_client_stream

from actionbus.recording import Recording
from actionbus.simulator.match import generate_match
from actionbus.simulator.server import serve_stream
from actionbus.simulator.simulation import Simulation

ACCEPT = {"Accept": "application/vnd.imggaming.dde.api+json;version=1"}


@frozen
class Ended:
    """What came until the connection closed, the close code, and how the handshake was refused."""

    frames: list[str | bytes]
    code: int | None = None
    status: int | None = None
    body: str = ""

    @property
    def packets(self) -> list[str | bytes]:
        """Frames but for acknowledgement, heartbeats and errors."""
        return [
            frame
            for frame in self.frames
            if isinstance(frame, bytes) or not frame.startswith(('{"message"', '{"errorMessage"'))
        ]


class Dial(Protocol):
    """Opens a connection; ``to`` is a server's URL, or a simulation to be reached over a memory stream."""

    def __call__(
        self,
        to: str | Simulation,
        fixture: str,
        *,
        query: str = "",
        path: str = "/media/basketball/fixtures/{}/actions",
        headers: dict[str, str] = ...,
        context: ssl.SSLContext | None = None,
    ) -> AbstractAsyncContextManager[WebSocketConnection]: ...


class Fetch(Protocol):
    """Opens a connection, says ``first`` and reads until it closes."""

    async def __call__(
        self,
        to: str | Simulation,
        fixture: str,
        *,
        query: str = "",
        path: str = "/media/basketball/fixtures/{}/actions",
        headers: dict[str, str] = ...,
        context: ssl.SSLContext | None = None,
        first: str | bytes = '{"authToken":"secret"}',
    ) -> Ended: ...


@asynccontextmanager
async def _dial(
    to: str | Simulation,
    fixture: str,
    *,
    query: str = "",
    path: str = "/media/basketball/fixtures/{}/actions",
    headers: dict[str, str] = ACCEPT,
    context: ssl.SSLContext | None = None,
) -> AsyncGenerator[WebSocketConnection]:
    async with trio.open_nursery() as nursery:
        stream: trio.abc.Stream
        if isinstance(to, Simulation):
            stream, theirs = trio.testing.memory_stream_pair()
            nursery.start_soon(serve_stream, to, theirs)
            host = "memory"
        else:
            where = urlsplit(to)
            host = where.hostname or ""
            stream = await trio.open_tcp_stream(host, where.port or 0)
            if context is not None:
                stream = trio.SSLStream(stream, context, server_hostname=host, https_compatible=True)
        async with stream:
            if isinstance(stream, trio.SSLStream):
                await stream.do_handshake()
            target = path.format(fixture) + (f"?{query}" if query else "")
            yield await wrap_client_stream(
                nursery,
                # any stream will do, whatever the annotation says
                stream,  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
                host,
                target,
                extra_headers=[(name.encode(), value.encode()) for name, value in headers.items()],
            )
        nursery.cancel_scope.cancel()


async def read(connection: WebSocketConnection) -> Ended:
    """Read to the end of the connection."""
    frames: list[str | bytes] = []
    try:
        while True:
            frames.append(await connection.get_message())
    except ConnectionClosed as closed:
        return Ended(frames, closed.reason.code if closed.reason else None)


async def _fetch(
    to: str | Simulation,
    fixture: str,
    *,
    query: str = "",
    path: str = "/media/basketball/fixtures/{}/actions",
    headers: dict[str, str] = ACCEPT,
    context: ssl.SSLContext | None = None,
    first: str | bytes = '{"authToken":"secret"}',
) -> Ended:
    ended = Ended([])
    try:
        async with _dial(to, fixture, query=query, path=path, headers=headers, context=context) as connection:
            await connection.send_message(first)
            ended = await read(connection)
    except* ConnectionRejected as refused:
        (rejection,) = refused.exceptions
        assert isinstance(rejection, ConnectionRejected)
        ended = Ended([], status=rejection.status_code, body=(rejection.body or b"").decode())
    return ended


@pytest.fixture
def dial() -> Dial:
    return _dial


@pytest.fixture
def fetch() -> Fetch:
    return _fetch


@pytest.fixture(scope="session")
def match() -> Recording:
    return generate_match(1)
