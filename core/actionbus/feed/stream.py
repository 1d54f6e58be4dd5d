"""The stream under the websocket: opened here, and watched for what trio-websocket does not tell."""

from __future__ import annotations

import re
import ssl
from collections.abc import Awaitable, Callable

import trio
from trio_websocket import CloseReason, ConnectionRejected

from actionbus.errors import FeedError
from actionbus.session import FeedProfile

MOST_BYTES = 16 * 2**20  # of one message; packets have about a thousand

OpenStream = Callable[[FeedProfile, ssl.SSLContext | None], Awaitable[trio.abc.Stream]]

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_UPGRADED = re.compile(rb"HTTP/1\.1 101")
_STATUS_LENGTH = len(b"HTTP/1.1 101")
_LARGEST_ANSWER = 64 * 1024  # bytes of a refusal that we keep
_CLOSE_FRAME = 0x88
_PROTOCOL_ERROR, _BAD_TEXT, _TOO_BIG = 1002, 1007, 1009


async def open_stream(profile: FeedProfile, context: ssl.SSLContext | None) -> trio.abc.Stream:
    """Open a TCP connection, with TLS where there is a context.

    Raises OSError, UnicodeError (a host that is no name), or trio.BrokenResourceError caused by what went wrong.
    """
    stream = await trio.open_tcp_stream(profile.host, profile.port)
    if context is None:
        return stream
    # https_compatible: many servers close without TLS's own goodbye; the websocket has one that we look at.
    secured = trio.SSLStream(stream, context, server_hostname=profile.host, https_compatible=True)
    try:
        await secured.do_handshake()
    except BaseException:
        await trio.aclose_forcefully(secured)
        raise
    return secured


class WatchedStream(trio.abc.Stream):
    """A stream as trio-websocket sees it.

    It waits for ever when a server hangs up during the handshake, or ends a refusal by hanging up: here both are
    errors. And it does not tell who ended a connection: here we notice whether it ever said goodbye.
    """

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._answer = b""
        self._upgraded = False
        self._said_goodbye = False

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Receive; raises FeedError or ConnectionRejected where the stream ends before the handshake does."""
        if self._upgraded:
            return await self._stream.receive_some(max_bytes)
        try:
            data = await self._stream.receive_some(max_bytes)
        except trio.BrokenResourceError:
            data = b""
        if not data:
            raise self._ended_early()
        self._answer = (self._answer + data)[:_LARGEST_ANSWER]
        if _UPGRADED.match(self._answer):
            self._upgraded = True
            self._answer = b""
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send; trio-websocket sends each frame by itself. Raises as ``receive_some`` does."""
        if data and data[0] == _CLOSE_FRAME:
            self._said_goodbye = True
        try:
            await self._stream.send_all(data)
        except trio.BrokenResourceError:
            if self._upgraded:
                raise
            raise self._ended_early() from None

    async def wait_send_all_might_not_block(self) -> None:
        """As the stream does."""
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()

    def failed_here(self, reason: CloseReason | None) -> bool:
        """Whether trio-websocket itself gave the connection up, for what the server sent.

        To a server's close frame it answers with one; after a frame that breaks the rules, such as a text that is not
        UTF-8, it sends none.
        """
        if reason is None:
            return False
        if reason.code == _TOO_BIG:
            return reason.reason == f"Exceeded maximum message size: {MOST_BYTES} bytes"
        return reason.code in (_PROTOCOL_ERROR, _BAD_TEXT) and not self._said_goodbye

    def _ended_early(self) -> Exception:
        status = _STATUS.match(self._answer)
        if status is None or len(self._answer) < _STATUS_LENGTH:
            return FeedError("the server hung up during the handshake")
        head, _, body = self._answer.partition(b"\r\n\r\n")
        lines = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
        headers = tuple((name.strip(), value.strip()) for name, _, value in lines)
        return ConnectionRejected(int(status[1]), headers, body)
