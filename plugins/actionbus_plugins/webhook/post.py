"""One request, and what came of it: within a time, over a connection that is kept, and only where the guard lets it."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import httpcore2
import httpx2
import trio
from attrs import define, field, frozen

from actionbus_plugins.addresses import wrong_url
from actionbus_plugins.web import USER_AGENT, clean, parts, read, trusting, wait_for, why
from actionbus_plugins.webhook.backend import Dial, Forbidden, Guard, LookUp, Stream, dial, look_up
from actionbus_plugins.webhook.settings import Network

KEPT = 30.0  # seconds that a connection is kept for the next request
_OURS = {b"user-agent": USER_AGENT.encode(), b"accept": b"*/*", b"accept-encoding": b"identity"}
_FAILURES = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    trio.BrokenResourceError,
    OSError,  # ssl.SSLError is one
    ValueError,  # of names that cannot be encoded
)


@frozen(kw_only=True)
class Answer:
    """What a server has answered, whatever its status."""

    status: int
    words: str = ""
    """What it says, on one line, short and without secrets."""
    wait: float = 0.0
    """Seconds that it asks us to wait."""
    ms: float = 0.0
    """Milliseconds from the beginning to the end."""


@frozen(kw_only=True)
class NoAnswer:
    """What has failed, in words without secrets."""

    words: str
    sure: bool = False
    """Whether nothing of the message has been sent."""
    forbidden: bool = False
    """Whether it may not be sent as it is: no further attempt makes sense before the configuration changes."""


@frozen
class _Target:
    """A web address, taken apart."""

    text: str
    url: httpcore2.URL
    host: bytes
    """As in the header: with the port, where that is not the usual one."""

    @property
    def is_encrypted(self) -> bool:
        return self.url.scheme == b"https"


@frozen
class _Line:
    """A connection that is open."""

    stream: Stream
    http: httpcore2.AsyncHTTP11Connection


@define(eq=False, repr=False)
class _Flight:
    """A message under way: httpcore2 takes its body from here, and so it is known whether any of it was sent."""

    body: bytes
    sent: bool = False
    status: int = 0
    """That of the answer, once there is one."""
    wait: float = 0.0
    said: bytes = b""
    _given: bool = False

    def __aiter__(self) -> Self:
        self._given = False
        return self

    async def __anext__(self) -> bytes:
        if self._given:
            raise StopAsyncIteration
        self._given = self.sent = True
        return self.body


@define(eq=False, repr=False)
class Post:
    """Sends, to one endpoint: up to ``connections`` at the same time, which are kept."""

    _guard: Guard
    _trust: ssl.SSLContext
    _allow_http: bool
    _hidden: Sequence[str]
    _turns: trio.Semaphore
    _kept: deque[_Line] = field(init=False, factory=deque[_Line])
    """Those that are not in use, the latest at the end."""
    _target: _Target | None = field(init=False, default=None)

    async def post(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        timeout: float,  # noqa: ASYNC109  (what came of it depends on how far it got)
    ) -> Answer | NoAnswer:
        """Send a message, and once more where a kept connection turns out to be closed; ``timeout``: seconds in all."""
        began = trio.current_time()
        flight = _Flight(body)
        try:
            target = self._aim(url)
            lines = _lines(target, headers, body)
            with trio.fail_after(timeout):
                await self._fly(target, lines, flight)
            words = self._clean(flight.said.decode(errors="replace"))
        except Forbidden as error:
            return NoAnswer(words=self._clean(str(error)), sure=not flight.sent, forbidden=True)
        except httpcore2.LocalProtocolError:
            return NoAnswer(words="a header cannot be sent as it is", sure=not flight.sent, forbidden=True)
        except trio.TooSlowError:
            what = "end of the answer" if flight.status else "answer" if flight.sent else "connection"
            words = f"no {what} within {timeout:g} s"
        except _FAILURES as error:
            words = self._clean(why(error))
        if not flight.status:
            return NoAnswer(words=words, sure=not flight.sent)
        ms = (trio.current_time() - began) * 1_000
        return Answer(status=flight.status, words=words, wait=flight.wait, ms=ms)

    async def aclose(self) -> None:
        """Close the connections that are kept."""
        with trio.CancelScope(shield=True):
            while self._kept:
                await self._kept.pop().http.aclose()

    def _clean(self, text: str) -> str:
        return clean(text, self._hidden) if text else ""

    def _aim(self, url: str) -> _Target:
        """Take an address apart. Raises Forbidden, which does not show it."""
        if self._target is not None and self._target.text == url:
            return self._target
        if (said := wrong_url(url)) is not None:
            raise Forbidden(f"the address {said}")
        if not self._allow_http and not url.startswith("https:"):
            raise Forbidden("the address should start with https://")
        try:
            read = httpx2.URL(url)
        except httpx2.InvalidURL:
            raise Forbidden("the address is none that can be used") from None
        parsed = httpcore2.URL(scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path)
        self._target = _Target(url, parsed, read.netloc)
        return self._target

    async def _fly(self, target: _Target, headers: list[tuple[bytes, bytes]], flight: _Flight) -> None:
        """Send a message over a connection that is kept, or else a new one."""
        async with self._turns:
            line = await self._take(target)
            if line is not None:
                try:
                    await self._send(line, target, headers, flight)
                except (httpcore2.NetworkError, httpcore2.RemoteProtocolError):
                    if line.stream.heard:
                        raise
                    # The server had closed it, or was about to: it is not known to have read anything.
                else:
                    return
            await self._send(await self._connect(target), target, headers, flight)

    async def _take(self, target: _Target) -> _Line | None:
        """Return a connection that is kept, if there is one; what cannot be used any more is closed."""
        while self._kept and self._kept[0].http.has_expired():
            await self._kept.popleft().http.aclose()
        while self._kept:
            line = self._kept.pop()
            if line.http.can_handle_request(target.url.origin) and not line.http.has_expired():
                return line
            await line.http.aclose()
        return None

    async def _connect(self, target: _Target) -> _Line:
        origin = target.url.origin
        host = origin.host.decode("ascii")
        stream = await self._guard.connect_tcp(host, origin.port)
        if target.is_encrypted:
            stream = await stream.start_tls(self._trust, host)
        return _Line(stream, httpcore2.AsyncHTTP11Connection(origin, stream, keepalive_expiry=KEPT))

    async def _send(self, line: _Line, target: _Target, headers: list[tuple[bytes, bytes]], flight: _Flight) -> None:
        line.stream.heard = False
        request = httpcore2.Request(b"POST", target.url, headers=headers, content=flight)
        response = await line.http.handle_async_request(request)
        try:
            flight.status, flight.wait = response.status, _wait(response)
            assert not isinstance(response.stream, Iterable)
            flight.said = await read(response.stream)
        finally:
            with trio.CancelScope(shield=True):
                await response.aclose()
        if line.http.is_idle():
            self._kept.append(line)


@asynccontextmanager
async def open_post(
    *,
    networks: Sequence[Network] = (),
    allow_http: bool = False,
    ca_file: Path | None = None,
    connections: int = 64,
    hidden: Iterable[str] = (),
    dial: Dial = dial,
    look_up: LookUp = look_up,
) -> AsyncGenerator[Post]:
    """Open a client for one endpoint; what is ``hidden`` shows in no words. Raises OSError of a bad ``ca_file``.

    ``dial`` and ``look_up`` are how connections are made and names looked up: what is forbidden reaches neither.
    """
    trust = trusting(ca_file)
    trust.set_alpn_protocols(["http/1.1"])
    post = Post(
        Guard(networks=networks, dial=dial, look_up=look_up),
        trust,
        allow_http,
        parts(hidden),
        trio.Semaphore(connections),
    )
    try:
        yield post
    finally:
        await post.aclose()


def _lines(target: _Target, headers: Mapping[str, str], body: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request. Raises Forbidden where one cannot be encoded."""
    try:
        own = {name.lower().encode("ascii"): value.encode("ascii") for name, value in headers.items()}
    except UnicodeEncodeError:
        raise Forbidden("a header holds more than plain characters") from None
    length = str(len(body)).encode()
    return [(b"host", target.host), *(_OURS | own).items(), (b"content-length", length)]


def _wait(response: httpcore2.Response) -> float:
    for name, value in response.headers:
        if name.lower() == b"retry-after":
            return wait_for(value.decode("latin-1"))
    return 0.0
