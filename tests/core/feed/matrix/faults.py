"""The faults of the matrix, and what a client should make of each."""

from __future__ import annotations

import errno
import math
import socket
from collections.abc import Awaitable, Callable
from typing import NoReturn

import trio
from attrs import frozen
from tests.core.feed.matrix.server import Call, Fault, World

RETRY_AFTER = 90.0  # seconds that the server asks for with its 429
OVERLAP = 3  # packets at most that a connection brings while the fault holds: parts of what is owed, nothing new

Play = Callable[[Call], Awaitable[None]]


@frozen(kw_only=True)
class Case:
    """A fault, and what is promised about it; times are in seconds."""

    fault: Fault
    reason: str
    """Part of the sentence that is told where the fault is there from the start."""
    refused: bool = False
    """Whether the client is told that it is not wanted: it tries again each 5 minutes, no more often."""
    expels: bool = False
    """Whether so is one that was wanted until then."""
    notice: float = 1.0
    """Until the client tells that the feed is down."""
    attempt: float = 0.0
    """What a vain attempt to connect takes at most."""
    least: float = 0.0
    """Between two attempts, at least."""
    unnoticed: float = 0.0
    """A fault that is not longer is ridden out: the connection goes on as if nothing had been."""

    def most(self) -> float:
        """The longest pause between two attempts: a minute, or what the server asks for."""
        return max(60.0, self.least)

    def back(self, hold: float) -> float:
        """When the client is back, at the latest, counted from when the server is well again.

        Waits double: after an outage of ``hold`` seconds the pause that is under way is no longer than what is behind
        it, and never longer than ``most``; an attempt that was begun in vain must end before. A second for the limit
        of connects, one for what is read.
        """
        pause = max(self.least, min(60.0, hold + self.notice + self.attempt + 2))
        return pause + self.notice + self.attempt + 2


async def fin(call: Call) -> None:
    await call.fin()


async def rst(call: Call) -> None:
    call.socket.reset()


def close(code: int) -> Play:
    async def play(call: Call) -> None:
        await call.connection.aclose(code)

    return play


async def say_goodbye_in_tls_only(call: Call) -> None:
    """What a browser calls 1006: the connection is ended in good order, but no close frame came."""
    await call.stream.aclose()


def at_each_stage(end: Play) -> Play:
    """Each connection ends in another place: before TLS, behind it, as a websocket, with part of what is owed."""

    async def meet(call: Call) -> None:
        stage = call.number % 4
        if stage > 0:
            await call.secure()
        if stage > 1:
            await call.accept(acknowledge=stage == 3)
        if stage == 3:
            await call.send_some(OVERLAP)
        await end(call)

    return meet


def as_websocket(end: Play) -> Play:
    """Each connection ends as a websocket, with more or less of what is owed."""

    async def meet(call: Call) -> None:
        await call.secure()
        await call.accept()
        await call.send_some(call.number % (OVERLAP + 1))
        await end(call)

    return meet


async def go_on(call: Call) -> None:
    await call.serve()


async def well(call: Call) -> None:
    await call.well()


async def refuse(world: World) -> None:
    raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")


def know_no_name() -> None:
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


async def meet_nobody(call: Call) -> NoReturn:
    raise AssertionError("nobody gets through")


async def hold_up(world: World) -> None:
    """Hold every second connection up before it is made: the answer to it comes when the fault is over."""
    if len(world.sockets) % 2:
        await trio.sleep_until(world.until)


def shows(leaf: str) -> Fault:
    async def meet(call: Call) -> None:
        await call.secure(leaf)
        await call.stream.receive_some()  # in TLS 1.3 only this says that the client does not like the certificate

    return Fault(meet=meet, strike=fin)


def rejects(status: int, body: str = "", strike: Play = fin, **headers: str) -> Fault:
    async def meet(call: Call) -> None:
        await call.secure()
        extra = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await (await call.asked()).reject(status, extra_headers=extra, body=body.encode() or None)

    return Fault(meet=meet, strike=strike)


async def expel(call: Call) -> None:
    await call.connection.send_message('{"errorMessage":"The token has expired"}')
    await call.connection.aclose(1008)


CASES = {
    "refused": Case(
        fault=Fault(meet=meet_nobody, connect=refuse, strike=rst),
        reason="cannot connect to feed.test port 443: connection refused",
    ),
    "dns": Case(
        fault=Fault(meet=meet_nobody, find=know_no_name, strike=fin),
        reason="no address is known for feed.test",
    ),
    "unknown-authority": Case(fault=shows("unknown"), reason="the certificate of feed.test is not trusted ("),
    "expired-certificate": Case(fault=shows("expired"), reason="the certificate of feed.test has expired"),
    "certificate-of-another-host": Case(fault=shows("another"), reason="that feed.test shows is for another host"),
    "401": Case(
        fault=rejects(401, "{The supplied authentication is invalid}", strike=expel),
        reason="the server answered 401 Unauthorized: The supplied authentication is invalid",
        refused=True,
        expels=True,
        least=300.0,
    ),
    "403": Case(fault=rejects(403), reason="the server answered 403 Forbidden", refused=True, least=300.0),
    "429": Case(
        fault=rejects(429, Retry_After=f"{RETRY_AFTER:g}"),
        reason="the server answered 429 Too Many Requests",
        least=RETRY_AFTER,
    ),
    "500": Case(fault=rejects(500), reason="the server answered 500 Internal Server Error"),
    "502": Case(fault=rejects(502, "<html>Bad Gateway</html>"), reason="the server answered 502 Bad Gateway"),
    "503": Case(fault=rejects(503, strike=close(1001)), reason="the server answered 503 Service Unavailable"),
    "fin": Case(fault=Fault(meet=at_each_stage(fin), strike=fin), reason=""),
    "rst": Case(fault=Fault(meet=at_each_stage(rst), strike=rst), reason=""),
    "black-hole": Case(
        fault=Fault(meet=well, strike=go_on, connect=hold_up, rate=0),
        reason="feed.test did not answer within 25 s",
        notice=25.0,
        attempt=25.0,
        unnoticed=1.0,
    ),
    "half-open": Case(
        fault=Fault(meet=at_each_stage(Call.die), strike=Call.die),
        reason="",
        notice=25.0,
        attempt=25.0,
    ),
    "trickle": Case(
        fault=Fault(meet=well, strike=go_on, rate=1),
        reason="feed.test did not answer within 25 s",
        notice=25.0,
        attempt=25.0,
        unnoticed=1.0,
    ),
    "slow": Case(fault=Fault(meet=well, strike=go_on, rate=100), reason="", unnoticed=math.inf),
    "close-1000": Case(fault=Fault(meet=as_websocket(close(1000)), strike=close(1000)), reason=""),
    "close-1006": Case(
        fault=Fault(meet=as_websocket(say_goodbye_in_tls_only), strike=say_goodbye_in_tls_only), reason=""
    ),
    "close-1012": Case(fault=Fault(meet=as_websocket(close(1012)), strike=close(1012)), reason=""),
}
