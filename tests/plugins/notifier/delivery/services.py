"""Services on loopback that keep state as the real ones do, and show what a person would see."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Literal

import h11
import trio
from attrs import define, field, frozen

Mood = Literal["well", "busy", "deaf", "mute", "stuck", "slow", "babbling"]
"""Well; says that it is busy; closes before it has read; does what it is asked and closes without an answer; never
answers; answers after 3 s; answers without an end."""

REASON = {200: b"OK", 204: b"No Content"}


@frozen(kw_only=True)
class Ask:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> dict[str, Any]:
        """The body, read."""
        value: dict[str, Any] = json.loads(self.body)
        return value


@frozen
class Answer:
    """What is answered."""

    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()


@define(eq=False)
class Service:
    """A server whose mood can be changed at any time."""

    mood: Mood = "well"
    refusals: list[Answer] = field(factory=list[Answer])
    """Answers that are given, one after the other, before it does anything."""
    asked: list[Ask] = field(factory=list[Ask])
    """All that came, whatever became of it."""
    connected: list[float] = field(factory=list[float])
    """When somebody came, on trio's clock."""
    moody: Callable[[Ask], Mood | Answer | None] = lambda ask: None
    """Decides for each request; None: as ``mood`` and ``refusals`` say."""

    def do(self, ask: Ask) -> Answer:
        """Do what is asked."""
        raise NotImplementedError

    async def serve(self, stream: trio.abc.Stream) -> None:
        """Serve one connection."""
        self.connected.append(trio.current_time())
        try:
            if self.mood == "deaf":
                return
            await self._serve(stream)
        except (trio.BrokenResourceError, trio.ClosedResourceError, h11.RemoteProtocolError, ssl.SSLError):
            return
        finally:
            with trio.move_on_after(1):
                await stream.aclose()

    async def _serve(self, stream: trio.abc.Stream) -> None:
        connection = h11.Connection(h11.SERVER)
        while True:
            ask = await _receive(connection, stream)
            if ask is None:
                return
            self.asked.append(ask)
            decided = self.moody(ask)
            mood = decided if isinstance(decided, str) else self.mood
            if mood == "deaf":
                return
            if mood == "stuck":
                await trio.sleep_forever()
            if isinstance(decided, Answer):
                answer = decided
            elif mood == "busy":
                answer = Answer(503)
            elif self.refusals and decided is None:
                answer = self.refusals.pop(0)
            else:
                answer = self.do(ask)
            if mood == "mute":
                return
            if mood == "slow":
                await trio.sleep(3)
            await _answer(connection, stream, answer, endless=mood == "babbling")
            if connection.our_state is h11.MUST_CLOSE:
                return
            connection.start_next_cycle()


async def _receive(connection: h11.Connection, stream: trio.abc.Stream) -> Ask | None:
    request: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(bytes(await stream.receive_some(65_536)))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert request is not None
            headers = {name.decode(): value.decode() for name, value in request.headers}
            method, path = request.method.decode(), request.target.decode()
            return Ask(method=method, path=path, headers=headers, body=body, at=trio.current_time())
        else:
            return None


async def _answer(connection: h11.Connection, stream: trio.abc.Stream, answer: Answer, *, endless: bool) -> None:
    length = [] if endless else [("content-length", str(len(answer.body)))]
    head = h11.Response(
        status_code=answer.status,
        headers=[*length, *answer.headers],
        reason=REASON.get(answer.status, b""),
    )
    await stream.send_all(connection.send(head) or b"")
    if endless:
        while True:
            await stream.send_all(connection.send(h11.Data(data=b"x" * 65_536)) or b"")
    await stream.send_all(connection.send(h11.Data(data=answer.body)) or b"")
    await stream.send_all(connection.send(h11.EndOfMessage()) or b"")


@define(eq=False)
class NtfyServer(Service):
    """ntfy as of 2.16: JSON at the root publishes, a sequence id that is known edits, DELETE takes away."""

    topic: str = "knicks"
    token: str | None = None
    can_edit: bool = True
    messages: dict[str, dict[str, Any]] = field(factory=dict[str, dict[str, Any]])
    """What a phone shows now, by sequence id, in the order of first telling."""
    rings: int = 0
    """How often a phone has made a sound."""

    @property
    def screen(self) -> list[str]:
        """The texts that a phone shows, from top to bottom."""
        return [str(each["message"]) for each in self.messages.values()]

    def do(self, ask: Ask) -> Answer:
        """Publish, edit or delete."""
        if self.token is not None and ask.headers.get("authorization") != f"Bearer {self.token}":
            return Answer(401, b'{"code":40101,"http":401,"error":"unauthorized"}')
        if ask.method == "POST" and ask.path == "/":
            return self._publish(ask.json)
        _, topic, name = ask.path.split("/")
        if ask.method == "DELETE" and topic == self.topic and self.can_edit:
            self.messages.pop(name, None)
            return Answer()
        return Answer(404, b'{"code":40401,"http":404,"error":"page not found"}')

    def _publish(self, message: dict[str, Any]) -> Answer:
        if len(json.dumps(message, ensure_ascii=False).encode()) > 8_192 or len(message["message"].encode()) > 4_096:
            return Answer(413, b'{"code":41301,"http":413,"error":"message too long"}')
        if message["topic"] != self.topic or not 1 <= message["priority"] <= 5:
            return Answer(403, b'{"code":40301,"http":403,"error":"forbidden"}')
        name = message["sequence_id"]
        if not name or len(name) > 64 or not name.replace("-", "").replace("_", "").isalnum():
            return Answer(400, b'{"code":40049,"http":400,"error":"sequence ID invalid"}')
        self.rings += message["priority"] > 2
        self.messages[name if self.can_edit else f"{name} {len(self.messages)}"] = message
        return Answer()


@define(eq=False)
class Receiver(Service):
    """A backend that upserts alerts by id, and takes no key twice."""

    alerts: dict[str, dict[str, Any]] = field(factory=dict[str, dict[str, Any]])
    keys: list[str] = field(factory=list[str])

    @property
    def screen(self) -> dict[str, str]:
        """The texts of the alerts that stand."""
        return {name: each["text"] for name, each in self.alerts.items() if each["state"] != "withdrawn"}

    def do(self, ask: Ask) -> Answer:
        """Take in what is posted."""
        key = ask.headers["idempotency-key"]
        if key not in self.keys:
            self.keys.append(key)
            posted = ask.json
            for each in posted["alerts"] if posted["state"] == "digest" else [posted]:
                if each["version"] >= self.alerts.get(each["id"], each)["version"]:
                    self.alerts[each["id"]] = each
        return Answer(204, b"")


@asynccontextmanager
async def serving(service: Service, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncGenerator[str]:
    """Serve on loopback; gives the address."""
    async with trio.open_nursery() as nursery:
        if tls is None:
            start = partial(trio.serve_tcp, service.serve, port, host="127.0.0.1")
            listeners: list[trio.SocketListener] = await nursery.start(start)
            number = listeners[0].socket.getsockname()[1]
            yield f"http://127.0.0.1:{number}"
        else:
            start_tls = partial(trio.serve_ssl_over_tcp, service.serve, port, tls, host="127.0.0.1")
            secure: list[trio.SSLListener[trio.SocketStream]] = await nursery.start(start_tls)
            inner = secure[0].transport_listener
            assert isinstance(inner, trio.SocketListener)
            yield f"https://localhost:{inner.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()
