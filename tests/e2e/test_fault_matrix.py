"""The faults of the matrix over real loopback sockets and real TLS, in mid-game and at the start, with short limits."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
import trio
import trustme
from attrs import define, field
from tests.core.feed.matrix.script import AFTER, BEFORE, DURING, announced
from tests.core.feed.packets import ACCEPTED, FIXTURE, HEARTBEAT
from tests.e2e.following import Followed
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, wrap_server_stream

from actionbus.events.base import FeedState
from actionbus.feed import Ending
from actionbus.log import RowKind
from actionbus.session import FeedProfile

LINES = [*BEFORE, *DURING, *AFTER]
STRUCK_AFTER = 45  # packets that the first connection brings
RESET = struct.pack("ii", 1, 0)  # of SO_LINGER: to close is to send an RST


@define(eq=False)
class Call:
    """One connection as the server sees it."""

    tcp: trio.SocketStream
    context: ssl.SSLContext
    nursery: trio.Nursery
    stream: trio.SSLStream[trio.SocketStream] = field(init=False)

    async def secure(self) -> None:
        self.stream = trio.SSLStream(self.tcp, self.context, server_side=True)
        await self.stream.do_handshake()

    async def asked(self) -> WebSocketRequest:
        await self.secure()
        return await wrap_server_stream(self.nursery, cast("Any", self.stream))

    async def serve(self, most: int) -> WebSocketConnection:
        """Send what is asked for, up to this place in the list."""
        request = await self.asked()
        position = int(parse_qs(urlsplit(request.path).query).get("startPosition", ["0"])[0])
        connection = await request.accept()
        await connection.get_message()
        await connection.send_message(ACCEPTED)
        for line in LINES[position:most]:
            await connection.send_message(line.text)
        return connection


Play = Callable[[Call], Awaitable[None]]


async def well(call: Call) -> None:
    connection = await call.serve(len(LINES))
    while True:
        await connection.send_message(HEARTBEAT)
        await trio.sleep(0.05)


async def fin(call: Call) -> None:
    await call.serve(STRUCK_AFTER)
    await trio.aclose_forcefully(call.stream)


async def rst(call: Call) -> None:
    await call.serve(STRUCK_AFTER)
    call.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    call.tcp.socket.close()


async def half_open(call: Call) -> None:
    await call.serve(STRUCK_AFTER)
    call.nursery.cancel_scope.cancel()  # and with it what reads, and answers pings
    with trio.CancelScope(shield=True):
        while await call.tcp.receive_some():  # until the client hangs up
            pass


async def black_hole(call: Call) -> None:
    await trio.sleep_forever()


async def trickle(call: Call) -> None:
    await call.secure()
    for byte in b"HTTP/1.1 101 Switching Protocols\r\n" * 9:
        await call.stream.send_all(bytes([byte]))
        await trio.sleep(0.02)


async def close(code: int, call: Call) -> None:
    await (await call.serve(STRUCK_AFTER)).aclose(code)


async def say_goodbye_in_tls_only(call: Call) -> None:
    await call.serve(STRUCK_AFTER)
    await call.stream.aclose()


async def reject(status: int, call: Call) -> None:
    await (await call.asked()).reject(status)


async def hang_up(call: Call) -> None:
    call.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    call.tcp.socket.close()


@define(eq=False)
class Certificates:
    """An authority that the client trusts, and what servers at 127.0.0.1 may show."""

    authority: trustme.CA = field(factory=trustme.CA)

    def client(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
        return context

    def server(self, kind: str = "good") -> ssl.SSLContext:
        leaf = {
            "good": lambda: self.authority.issue_cert("127.0.0.1"),
            "unknown": lambda: trustme.CA().issue_cert("127.0.0.1"),
            "expired": lambda: self.authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1)),
            "another": lambda: self.authority.issue_cert("feed.example"),
        }[kind]()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        leaf.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
        return context


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    return Certificates()


@define(eq=False)
class Server:
    """Plays its plays one connection after the other, and then is well."""

    plays: list[Play]
    contexts: list[ssl.SSLContext]
    """For the first connections; the last one is for all others."""
    accepted: int = 0

    async def handle(self, tcp: trio.SocketStream) -> None:
        number, self.accepted = self.accepted, self.accepted + 1
        play = self.plays[number] if number < len(self.plays) else well
        context = self.contexts[min(number, len(self.contexts) - 1)]
        async with trio.open_nursery() as nursery:
            # What the client makes of us: it hangs up, or does not like the certificate.
            with suppress(ConnectionClosed, trio.BrokenResourceError, trio.ClosedResourceError):
                await play(Call(tcp, context, nursery))
            nursery.cancel_scope.cancel()
        await trio.aclose_forcefully(tcp)


def profile(port: int) -> FeedProfile:
    return FeedProfile(
        url=f"wss://127.0.0.1:{port}",
        connect=0.5,
        acknowledgement=0.5,
        quiet=0.3,
        answer=0.2,
        silence=0.6,
        owed=5.0,
        linger=0.1,
        refused=0.1,
    )


async def listen(nursery: trio.Nursery, server: Server, port: int = 0) -> int:
    (listener,) = await trio.open_tcp_listeners(port, host="127.0.0.1")
    nursery.start_soon(trio.serve_listeners, server.handle, [listener])
    bound: int = listener.socket.getsockname()[1]
    return bound


def check(followed: Followed, reason: str) -> None:
    """The exact list of ids; what was wrong is told, and that it is over."""
    assert [(event.id, event.change.value) for event in followed.events] == announced(LINES)
    assert followed.ending is Ending.FINISHED
    assert followed.pipeline.counts.packets == len(LINES)
    bad = sum(row.kind is RowKind.BAD_PACKET for row in followed.log.rows)
    assert bad == sum(line.content is None for line in LINES)
    states = [status.state for status in followed.statuses]
    assert states[-2:] == [FeedState.RECOVERED, FeedState.FINISHED]
    assert reason in "; ".join(status.reason for status in followed.statuses)
    followed.assert_fair()


@pytest.mark.parametrize(
    ("plays", "reason"),
    [
        pytest.param([fin, hang_up], "the connection broke", id="fin"),
        pytest.param([rst, hang_up], "the connection broke", id="rst"),
        pytest.param([half_open], "a heartbeat is due each 10 s", id="half-open"),
        pytest.param([fin, black_hole], "the connection broke", id="black-hole"),
        pytest.param([fin, trickle], "the connection broke", id="trickle"),
        pytest.param([partial(close, 1000)], "closed the connection: 1000", id="close-1000"),
        pytest.param([say_goodbye_in_tls_only], "the connection broke", id="close-1006"),
        pytest.param([partial(close, 1012)], "closed the connection: 1012", id="close-1012"),
        pytest.param([fin, partial(reject, 401)], "the server answered 401 Unauthorized", id="401"),
        pytest.param([fin, partial(reject, 503)], "the connection broke", id="503"),
        pytest.param([hang_up], "127.0.0.1 port", id="rst-at-the-start"),
        pytest.param([black_hole], "did not answer within 0.5 s", id="black-hole-at-the-start"),
        pytest.param([trickle], "did not finish the handshake within 0.5 s", id="trickle-at-the-start"),
        pytest.param([partial(reject, 503)], "the server answered 503 Service Unavailable", id="503-at-the-start"),
    ],
)
async def test_a_fault_of_a_real_server_loses_and_doubles_nothing(
    nursery: trio.Nursery, certificates: Certificates, plays: list[Play], reason: str
) -> None:
    server = Server(plays, [certificates.server()])
    port = await listen(nursery, server)
    followed = await Followed(FIXTURE).run(profile(port), ssl_context=certificates.client())
    check(followed, reason)
    assert server.accepted > len(plays)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("unknown", "is not trusted ("), ("expired", "has expired"), ("another", "shows is for another host")],
)
async def test_a_certificate_that_is_no_good_is_told_until_it_is_mended(
    nursery: trio.Nursery, certificates: Certificates, kind: str, reason: str
) -> None:
    server = Server([], [certificates.server(kind), certificates.server(kind), certificates.server()])
    port = await listen(nursery, server)
    followed = await Followed(FIXTURE).run(profile(port), ssl_context=certificates.client())
    check(followed, reason)


async def test_a_server_that_is_not_there_yet_is_waited_for(nursery: trio.Nursery, certificates: Certificates) -> None:
    async with (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0] as listener:
        port: int = listener.socket.getsockname()[1]
    followed = Followed(FIXTURE)

    async def appear() -> None:
        await followed.log.told.wait()
        await listen(nursery, Server([], [certificates.server()]), port)

    nursery.start_soon(appear)
    await followed.run(profile(port), ssl_context=certificates.client())
    check(followed, f"cannot connect to 127.0.0.1 port {port}: connection refused")


async def test_a_server_that_accepts_nobody_is_waited_for(nursery: trio.Nursery, certificates: Certificates) -> None:
    """The kernel makes the connection for it, so that it is there and answers nothing."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    followed = Followed(FIXTURE)

    async def awake() -> None:
        await followed.log.told.wait()
        await trio.serve_listeners(Server([], [certificates.server()]).handle, [listener])

    nursery.start_soon(awake)
    await followed.run(profile(listener.socket.getsockname()[1]), ssl_context=certificates.client())
    check(followed, "did not answer within 0.5 s")
