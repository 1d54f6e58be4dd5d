"""One websocket connection: opened, handed over, closed. The only module that runs trio-websocket's tasks."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import cast

import structlog
import trio
from attrs import frozen
from trio_websocket import WebSocketConnection, wrap_client_stream

from actionbus.errors import FeedError
from actionbus.feed import words
from actionbus.feed.stream import MOST_BYTES, OpenStream, WatchedStream
from actionbus.secrets import Secret
from actionbus.session import FeedProfile, Mismatch

QUEUE = 1024  # messages that are read ahead
READ = 64 * 1024  # bytes at a time: with the deep queue a fifth less work than with the defaults
GOODBYE = 2.0  # seconds that a server has to answer our close

Talk = Callable[[WebSocketConnection, WatchedStream, trio.Nursery], Awaitable[None]]

logger = structlog.get_logger()


@frozen(kw_only=True)
class Address:
    """What one connection is for: a fixture's list, from ``position`` on."""

    profile: FeedProfile
    fixture: str
    position: int
    token: Secret
    ssl_context: ssl.SSLContext | None
    open_stream: OpenStream


async def converse(address: Address, talk: Talk) -> None:
    """Connect, let ``talk`` speak, close. ``talk`` gets a nursery for tasks that end with the connection.

    Raises FeedError with the reason, where there is no connection, and what ``talk`` raises.
    """
    profile = address.profile
    stream = await _open(address)
    failure: FeedError | None = None
    try:
        watched = WatchedStream(stream)
        async with trio.open_nursery() as nursery:
            opened: WebSocketConnection | FeedError = FeedError(
                f"{profile.host} did not finish the handshake within {profile.connect:g} s"
            )
            with trio.move_on_after(profile.connect):
                opened = await nursery.start(_run_websocket, watched, address)
            if isinstance(opened, FeedError):
                failure = opened
            else:
                try:
                    await talk(opened, watched, nursery)
                except FeedError as error:  # caught here, where it is not in a group yet
                    failure = error
                if failure is None or isinstance(failure, Mismatch):
                    with trio.move_on_after(GOODBYE):
                        await opened.aclose()
            nursery.cancel_scope.cancel()
    finally:
        # trio-websocket leaves the stream open when the server closes first
        await trio.aclose_forcefully(stream)
    if failure is not None:
        raise failure


async def _open(address: Address) -> trio.abc.Stream:
    profile = address.profile
    failure = FeedError(f"{profile.host} did not answer within {profile.connect:g} s")
    with trio.move_on_after(profile.connect):
        try:
            return await address.open_stream(profile, address.ssl_context)
        except (OSError, UnicodeError, trio.BrokenResourceError) as error:
            failure = words.from_opening(error, profile)
    raise failure


async def _run_websocket(
    stream: WatchedStream, address: Address, task_status: trio.TaskStatus[WebSocketConnection | FeedError]
) -> None:
    """Shake hands, say how that went, and run the connection until it ends."""
    profile, token = address.profile, address.token
    started = False
    try:
        async with trio.open_nursery() as nursery:
            connection = await wrap_client_stream(
                nursery,
                # It takes any stream: only its type says less.
                cast("trio.SocketStream", stream),
                profile.authority,
                profile.target(address.fixture, address.position),
                extra_headers=profile.headers(token.reveal()),
                message_queue_size=QUEUE,
                max_message_size=MOST_BYTES,
                receive_buffer_size=READ,
            )
            started = True
            task_status.started(connection)
    except Exception as error:
        # The boundary to trio-websocket: a hostile server makes it raise what it does not document, such as
        # UnicodeDecodeError and h11.LocalProtocolError. Without a traceback: its frames hold the token.
        failure = words.from_handshake(error, profile)
        if started:
            logger.debug("websocket failed", fixture=address.fixture, error=type(error).__name__)
        else:
            task_status.started(failure)
