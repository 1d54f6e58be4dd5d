"""Checks on the way to the feed's server: its name, TCP, TLS and its certificate, and what time it has there."""

from __future__ import annotations

import http.client
import io
import ssl
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TypeVar

import trio
from attrs import frozen

from actionbus.cli.doctor.finding import Finding, ok, problem, skipped, warning
from actionbus.config.feed import LEGACY_HOST
from actionbus.feed.words import from_opening
from actionbus.session import FeedProfile

T = TypeVar("T")

HOST, CONNECTION, TLS, CLOCK = CHECKS = ("host", "connection", "tls", "clock")
SOON = 14.0  # days: a certificate that a machine renews is renewed before
MOST_OFF = 2.0  # seconds between two clocks
_CUT_OFF = 0.5  # seconds that a Date header, which has whole seconds, lacks on average
_MOST_BYTES = 64 * 1024  # of the head of an answer


def look_at_address(profile: FeedProfile) -> Finding:
    """See whether the address is one that will go away."""
    if profile.host.rstrip(".") == LEGACY_HOST:
        return warning("address", f"{LEGACY_HOST} is the feed's old host", "leave out url in [feed]")
    return ok("address", profile.url)


async def look_at_network(
    profile: FeedProfile,
    context: ssl.SSLContext | None,
    report: Callable[[Finding], None],
    *,
    limit: float,
    wall: Callable[[], float] = time.time,
) -> None:
    """Report a finding for each step to the server, at most ``limit`` seconds each; after one that fails, no more.

    The token is not sent: what goes over the connection is one request for the head of the server's first page.
    """
    left: list[str] = list(CHECKS)

    def tell(finding: Finding) -> None:
        left.remove(finding.check)
        report(finding)

    try:
        await _Visit(profile, context, limit, wall).make(tell)
    except _Failed as failed:
        tell(problem(left[0], failed.said, failed.advice))
        for check in tuple(left):
            tell(skipped(check, "not reached"))


class _Failed(Exception):
    def __init__(self, said: str, advice: str | None = None) -> None:
        self.said = said
        self.advice = advice
        super().__init__(said)


@frozen
class _Visit:
    """One connection to the server."""

    profile: FeedProfile
    context: ssl.SSLContext | None
    limit: float
    wall: Callable[[], float]

    async def make(self, tell: Callable[[Finding], None]) -> None:
        """Go as far as one can. Raises _Failed."""
        host, port = self.profile.host, self.profile.port
        addresses = await self._step(partial(trio.socket.getaddrinfo, host, port, type=trio.socket.SOCK_STREAM))
        found = {str(address[4][0]) for address in addresses}
        tell(ok(HOST, f"{host} has {len(found)} address{'es' if len(found) > 1 else ''}: {', '.join(sorted(found))}"))
        stream: trio.abc.Stream = (tcp := await self._step(partial(trio.open_tcp_stream, host, port)))
        tell(ok(CONNECTION, f"port {port} of {host} answers"))
        try:
            if not self.profile.secure:
                tell(skipped(TLS, "not needed: ws:// goes without"))
            elif self.context is None:
                raise _Failed("there are no certificates to trust", "see configuration")
            else:
                secured = trio.SSLStream(tcp, self.context, server_hostname=host, https_compatible=True)
                stream = secured
                await self._step(secured.do_handshake)
                tell(self._certificate(secured))
            tell(await self._clock(stream))
        finally:
            await trio.aclose_forcefully(stream)

    async def _step(self, step: Callable[[], Awaitable[T]]) -> T:
        try:
            with trio.fail_after(self.limit):
                return await step()
        except trio.TooSlowError:
            advice = "check the address, and whether a firewall is in between"
            raise _Failed(f"{self.profile.host} gives no answer within {self.limit:g} s", advice) from None
        except (OSError, UnicodeError, trio.BrokenResourceError) as error:
            raise _Failed(str(from_opening(error, self.profile))) from None

    def _certificate(self, secured: trio.SSLStream[trio.SocketStream]) -> Finding:
        certificate: dict[str, str] = secured.getpeercert()
        version: str = secured.version()
        days = (ssl.cert_time_to_seconds(certificate["notAfter"]) - self.wall()) / 86_400
        said = f"{version}; the certificate is good for {days:.0f} days"
        if days < SOON:
            return warning(TLS, f"{said} only", "whoever runs the server has to renew it")
        return ok(TLS, said)

    async def _clock(self, stream: trio.abc.Stream) -> Finding:
        sent = self.wall()
        try:
            with trio.fail_after(self.limit):
                date = await self._ask_for_date(stream)
        except (trio.TooSlowError, trio.BrokenResourceError, http.client.HTTPException):
            date = None
        came = self.wall()
        if date is None:
            return skipped(CLOCK, "the server does not say what time it has")
        off = (sent + came) / 2 - date - _CUT_OFF
        said = f"this machine's clock and the server's are {abs(off):.1f} s apart"
        if abs(off) - (came - sent) / 2 > MOST_OFF:
            where = "ahead of" if off > 0 else "behind"
            said = f"this machine's clock is {abs(off):.0f} s {where} the server's"
            return warning(CLOCK, said, "keep it right with NTP (timedatectl set-ntp true)")
        return ok(CLOCK, said)

    async def _ask_for_date(self, stream: trio.abc.Stream) -> float | None:
        """Return the server's time in Unix seconds, None where it does not say."""
        request = f"HEAD / HTTP/1.1\r\nHost: {self.profile.authority}\r\nConnection: close\r\n\r\n"
        await stream.send_all(request.encode())
        answer = b""
        while b"\r\n\r\n" not in answer and len(answer) < _MOST_BYTES:
            received = await stream.receive_some()
            if not received:
                break
            answer += received
        _, _, head = answer.partition(b"\r\n")
        date = http.client.parse_headers(io.BytesIO(head)).get("Date")
        try:
            said = parsedate_to_datetime(date) if date is not None else None
        except ValueError:
            return None
        if said is None:
            return None
        return (said if said.tzinfo is not None else said.replace(tzinfo=UTC)).timestamp()
