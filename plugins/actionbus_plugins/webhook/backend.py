"""The network as webhooks have it: a name is looked up once, every address is examined, and one of these is used."""

# ruff: noqa: ASYNC109  (httpcore2 passes timeouts on)

from __future__ import annotations

import math
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import cast

import httpcore2
import trio
from attrs import define, field

from actionbus_plugins.webhook.guard import Address, literal, wrong_address
from actionbus_plugins.webhook.settings import Network

PATIENCE = 3.0  # seconds that an address has before the next one gets its turn
THREADS = 4  # that look up names for one endpoint: where no answer comes each is busy for half a minute

Dial = Callable[[str, int], Awaitable[httpcore2.AsyncNetworkStream]]
"""Connects to an IP address in digits and a port. Raises httpcore2.ConnectError."""
LookUp = Callable[[str, int], Iterable[str]]
"""Returns the IP addresses of a name; called in a thread. Raises OSError."""


class Forbidden(httpcore2.ConnectError):
    """It may not be sent there, and trying again makes no sense before the configuration changes."""


async def dial(address: str, port: int) -> httpcore2.AsyncNetworkStream:
    """Connect to an IP address. Raises ConnectError."""
    backend = cast("httpcore2.AsyncNetworkBackend", httpcore2.TrioBackend())  # it has two faces: with and without trio
    return await backend.connect_tcp(address, port)


def look_up(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a name. Raises OSError, and ValueError of what is no name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[0]) for *_, answer in found]


@define(eq=False, kw_only=True)
class Stream(httpcore2.AsyncNetworkStream):
    """A connection that knows whether anything has come since that was last set to false."""

    inner: httpcore2.AsyncNetworkStream
    heard: bool = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what there is; nothing at the end."""
        data = await self.inner.read(max_bytes, timeout)
        self.heard = self.heard or bool(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        await self.inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close it, at once."""
        await self.inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        """Return the same connection, encrypted; this one is closed where that fails."""
        try:
            return Stream(inner=await self.inner.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:
            with trio.CancelScope(shield=True):  # httpcore2 leaves it open where it is cancelled
                await self.aclose()
            raise

    def get_extra_info(self, info: str) -> object:
        """Tell what httpcore2 asks for."""
        return self.inner.get_extra_info(info)


@define(eq=False, kw_only=True)
class Guard(httpcore2.AsyncNetworkBackend):
    """Connects to a host of which no address is forbidden, by its address: what a name means later plays no part."""

    networks: Sequence[Network] = ()
    """What may be reached besides the internet."""
    dial: Dial = dial
    look_up: LookUp = look_up
    _threads: trio.CapacityLimiter = field(init=False, factory=lambda: trio.CapacityLimiter(THREADS))

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> Stream:
        """Connect, from whichever address of our own. Raises Forbidden, ConnectError or ConnectTimeout."""
        try:
            with trio.fail_after(math.inf if timeout is None else timeout):
                return await self._reach(host, await self._examined(host, port), port)
        except trio.TooSlowError:
            raise httpcore2.ConnectTimeout(f"{host} cannot be reached within {timeout:g} s") from None

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> Stream:
        """Raise Forbidden."""
        raise Forbidden("a socket of this machine is no address of the internet")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await trio.sleep(seconds)

    async def _examined(self, host: str, port: int) -> Sequence[Address]:
        """Return all addresses of a host. Raises Forbidden if one of them is not allowed."""
        try:
            address = literal(host)
        except ValueError as error:
            raise Forbidden(f"{host} {error}") from None
        found = [address] if address is not None else await self._look_up(host, port)
        for each in found:
            if (said := wrong_address(each, self.networks)) is not None:
                it = host if each is address else f"{host} leads to {each}, which"
                raise Forbidden(f"{it} {said}, and allow_networks does not have it")
        return found

    async def _look_up(self, host: str, port: int) -> Sequence[Address]:
        try:
            answers = await trio.to_thread.run_sync(
                self.look_up, host, port, abandon_on_cancel=True, limiter=self._threads
            )
            found = list(dict.fromkeys(map(ip_address, answers)))
        except (OSError, ValueError) as error:
            raise httpcore2.ConnectError(f"{host} cannot be found: {_reason(error)}") from error
        if not found:
            raise httpcore2.ConnectError(f"{host} cannot be found: it has no address")
        return found

    async def _reach(self, host: str, addresses: Sequence[Address], port: int) -> Stream:
        """Connect to the first address that can be reached."""
        reason = ""
        for left, address in zip(reversed(range(len(addresses))), addresses, strict=True):
            with trio.move_on_after(PATIENCE if left else math.inf):
                try:
                    return Stream(inner=await self.dial(str(address), port))
                except httpcore2.ConnectError as error:
                    reason = _reason(error)
        raise httpcore2.ConnectError(f"{host} cannot be reached: {reason}")


def _reason(error: BaseException) -> str:
    """Return what the system has said; httpcore2 and trio wrap it up."""
    if isinstance(error, socket.gaierror):
        return error.strerror or "name or service not known"
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    if isinstance(error, BaseExceptionGroup):
        return _reason(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    return str(error) if error.__cause__ is None else _reason(error.__cause__)
