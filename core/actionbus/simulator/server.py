"""The server's side of the protocol: handshake, token, acknowledgement, heartbeats and packets."""

from __future__ import annotations

import logging
import math
import re
import socket
import ssl
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
import trio
from attrs import frozen
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, wrap_server_stream

from actionbus.simulator.served import Incident, Served

if TYPE_CHECKING:
    from actionbus.simulator.simulation import Simulation

HEARTBEAT = 10.0  # seconds between two heartbeats, on the wall clock whatever the speed
PATIENCE = 10.0  # seconds that a client has for its handshake, for its token, and to answer a close
_LARGEST_MESSAGE = 64 * 1024  # bytes; a client sends nothing but its token
_PATH = re.compile(r"(?:/media)?/(?P<sport>.+)/fixtures/(?P<fixture>[^/]+)/actions/?")
_logger = logging.getLogger(__name__)


@frozen
class _Wanted:
    """What a handshake asks for: a fixture, from which place on (``startPosition``), and whether at full rate."""

    fixture: str
    position: int
    fast: bool


async def serve(
    simulation: Simulation,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ssl_context: ssl.SSLContext | None = None,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve a simulation until cancelled; ``task_status`` gets the URL, ``ws://HOST:PORT`` (``wss`` with TLS).

    Raises OSError where the address cannot be listened on. No client can end the server.
    """
    listeners = await trio.open_tcp_listeners(port, host=host)
    bound: int = listeners[0].socket.getsockname()[1]
    name = f"[{host}]" if ":" in host else host

    async def answer(stream: trio.SocketStream) -> None:
        await serve_stream(
            simulation,
            stream
            if ssl_context is None
            else trio.SSLStream(stream, ssl_context, server_side=True, https_compatible=True),
        )

    async with trio.open_nursery() as nursery:
        await nursery.start(trio.serve_listeners, answer, listeners)
        task_status.started(f"{'ws' if ssl_context is None else 'wss'}://{name}:{bound}")


async def serve_stream(simulation: Simulation, stream: trio.abc.Stream) -> None:
    """Serve one client on a stream of any kind, to the end of the connection; the stream is closed then."""
    try:
        async with stream, trio.open_nursery() as nursery:
            with trio.move_on_after(PATIENCE) as patience:
                request = await wrap_server_stream(nursery, stream, max_message_size=_LARGEST_MESSAGE)
                patience.deadline = math.inf
                await handle(simulation, request, stream)
            nursery.cancel_scope.cancel()
    except* Exception as errors:
        # A hostile handshake makes trio-websocket raise what it does not document (UnicodeDecodeError,
        # h11.LocalProtocolError), and TLS has errors of its own: the client is at fault, the server goes on.
        for error in errors.exceptions:
            _logger.debug("a client's connection failed: %r", error)


async def handle(simulation: Simulation, request: WebSocketRequest, stream: trio.abc.Stream) -> None:
    """Serve one handshake to the end of its connection; ``stream`` is what is reset where a fault says so."""
    wanted = _judge(simulation, request)
    if isinstance(wanted, tuple):
        status, words = wanted
        # in braces, though it is no JSON: that is how the vendor prints these bodies
        await request.reject(status, body=f"{{{words}}}".encode())
        return
    connection = await request.accept()
    try:
        if not await _authorise(simulation, connection):
            await _close(connection, 1008)
            return
        async with trio.open_nursery() as nursery:
            silence = trio.CancelScope()
            nursery.start_soon(_beat, connection, silence)
            nursery.start_soon(_play, simulation, wanted, connection, stream, silence)
            # what a client says after its token is ignored; when it leaves, this raises ConnectionClosed
            while True:
                await connection.get_message()
    except* ConnectionClosed:
        pass


def _judge(simulation: Simulation, request: WebSocketRequest) -> _Wanted | tuple[int, str]:
    """Return what a handshake asks for, or the status and the words to refuse it with."""
    target = urlsplit(request.path)
    path = _PATH.fullmatch(target.path)
    if path is None:
        return 404, "Not found"
    fixture = unquote(path["fixture"])
    refused = simulation.refuse(fixture)
    if refused is not None:
        return refused
    headers = {name.lower(): value.decode("latin-1") for name, value in request.headers}
    if b"accept" not in headers:
        return 400, "Request is missing required HTTP header 'Accept'"
    if b"authorization" in headers:
        scheme, _, token = headers[b"authorization"].partition(" ")
        if scheme.lower() != "bearer" or not simulation.accepts(token.strip()):
            return 401, "The supplied authentication is invalid"
    query = parse_qs(target.query)
    position = query.get("startPosition", ["0"])[-1]
    if not re.fullmatch("[0-9]{1,9}", position):
        return 400, "Query parameter 'startPosition' must be a whole number, 0 or more"
    return _Wanted(fixture, int(position), query.get("speed", ["normal"])[-1] == "fast")


async def _authorise(simulation: Simulation, connection: WebSocketConnection) -> bool:
    """Read the first message and answer it; False where the connection is to be closed."""
    first = None
    with trio.move_on_after(PATIENCE):
        first = await connection.get_message()
    if first is None:
        return False
    token = _token_in(first)
    if token is None:
        await _say(connection, message="Authentication message had incorrect format", level="ERROR")
        return False
    if not simulation.accepts(token):
        await _say(connection, errorMessage="Supplied token could not be authenticated")
        return False
    await _say(connection, message="Authorisation accepted", level="INFO")
    return True


def _token_in(message: str | bytes) -> str | None:
    try:
        said: object = orjson.loads(message)
    except ValueError:
        return None
    token = cast("dict[str, object]", said).get("authToken") if isinstance(said, dict) else None
    return token if isinstance(token, str) else None


async def _say(connection: WebSocketConnection, **message: str) -> None:
    await connection.send_message(orjson.dumps(message).decode())


async def _beat(connection: WebSocketConnection, silence: trio.CancelScope) -> None:
    with silence:
        while True:
            await trio.sleep(HEARTBEAT)
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            await _say(connection, message=f"Heartbeat sent at {now}", level="INFO")


async def _play(
    simulation: Simulation,
    wanted: _Wanted,
    connection: WebSocketConnection,
    stream: trio.abc.Stream,
    silence: trio.CancelScope,
) -> None:
    """Send the list of the fixture as it grows, from the wanted place to its end."""
    served = simulation.find(wanted.fixture)
    if served is None:
        await _say(connection, message=f"Could not find fixture topic {wanted.fixture}", level="WARN")
        return
    simulation.begin(served)
    match await _send_all(simulation, served, wanted, connection):
        case Incident.RESET:
            await _reset(stream)
        case Incident.CLOSE:
            await _close(connection, 1012)
        case Incident.STALL:
            silence.cancel()
        case None:
            await trio.sleep(simulation.stays)
            await _close(connection, 1000)


async def _send_all(
    simulation: Simulation, served: Served, wanted: _Wanted, connection: WebSocketConnection
) -> Incident | None:
    """Send packets until the list is over (None) or something goes wrong, and say what."""
    place, edition = simulation.skip(wanted.position), served.edition
    if place > len(served.packets):
        await trio.sleep_forever()  # nothing is there, nor will it be: only heartbeats
    while place < len(served.packets):
        if not wanted.fast and (due := served.is_due(place, simulation.speed)) > trio.current_time():
            await trio.sleep_until(due)
        if simulation.faults.slow:
            await trio.sleep(simulation.faults.slow)
        if edition != served.edition:
            return Incident.CLOSE  # another connection met the rewriting; this one's place means nothing any more
        incident = served.meet(place)
        if incident is not None:
            return incident
        await connection.send_message(_frame(served.packets[place]))
        place += 1
    return None


def _frame(packet: str) -> str | bytes:
    """Return a packet as websockets send it; a recorded line that is not UTF-8 cannot go in a text frame."""
    try:
        packet.encode()
    except UnicodeEncodeError:
        return packet.encode(errors="surrogateescape")
    return packet


async def _close(connection: WebSocketConnection, code: int) -> None:
    """Close with this code; a client that does not answer is left after a while."""
    with trio.move_on_after(PATIENCE):
        await connection.aclose(code)


async def _reset(stream: trio.abc.Stream) -> None:
    """Break the connection without a word: a TCP reset, or for another kind of stream its sudden end."""
    transport: object = getattr(stream, "transport_stream", stream)  # below TLS
    if isinstance(transport, trio.SocketStream):
        # to close with a linger time of 0 is to reset
        transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await trio.aclose_forcefully(stream)
