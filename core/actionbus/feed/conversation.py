"""One connection's frames: read until it ends, with a limit on every wait."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress

import structlog
import trio
from attrs import define, field
from trio_websocket import ConnectionClosed, WebSocketConnection

from actionbus.errors import FeedError, FeedRefused
from actionbus.feed import words
from actionbus.feed.counts import FeedCounts
from actionbus.feed.intake import Intake
from actionbus.feed.stream import WatchedStream
from actionbus.secrets import Secret
from actionbus.session import Accepted, FeedProfile, Heartbeat, Mismatch, Notice, Packet, Refused, Session

CLEAN = (1000, 1001)  # close codes: the server is done, or goes away
ALARMING = ("WARN", "WARNING", "ERROR")  # levels of a server's words; of an unknown fixture it says WARN
LATE = 0.1  # seconds; a limit that is noticed so late says that we were held up, and what has come lies unread

logger = structlog.get_logger()


class Unreadable(FeedError):
    """The server sent what no websocket client may accept, so that our side gave the connection up."""


@define(eq=False)
class Conversation:
    """One connection. ``run`` returns when the fixture is over and raises FeedError when the connection ends."""

    intake: Intake
    profile: FeedProfile
    token: Secret
    wall: Callable[[], float]
    counts: FeedCounts
    ends_at: float = math.inf
    """When a finished fixture is over, on trio's clock."""
    progress: bool = False
    """Whether we came further than before, be it in a list that is fetched anew."""
    _session: Session = field(init=False, factory=Session)
    _reading: trio.CancelScope = field(init=False, factory=trio.CancelScope)
    _dead: str = field(init=False, default="")
    _frame_at: float = field(init=False, factory=trio.current_time)
    """When the last frame came or, before the first one, the connection."""
    _packet_at: float = field(init=False, default=math.inf)
    """When the last packet came or, before the first one, the acknowledgement."""
    _acknowledge_by: float = field(init=False)
    _not_before: float = field(init=False, default=-math.inf)
    _waiting: trio.CancelScope = field(init=False, factory=trio.CancelScope)
    """For the next frame."""
    _asking: trio.CancelScope | None = field(init=False, default=None)
    """While we ask whether a list that is fetched anew is complete."""
    _complete: bool = field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        self._acknowledge_by = self._frame_at + self.profile.acknowledgement

    async def run(self, connection: WebSocketConnection, stream: WatchedStream, nursery: trio.Nursery) -> None:
        """Send the token, then only read. The nursery ends with the connection."""
        try:
            await connection.send_message(self.profile.first_frame(self.token.reveal()))
            nursery.start_soon(self._watch_silence, connection)
            with self._reading:
                await self._read(connection, nursery)
                return
        except ConnectionClosed as closed:
            self._interpret(closed, stream)
            return
        raise FeedError(self._dead)

    async def _read(self, connection: WebSocketConnection, nursery: trio.Nursery) -> None:
        while True:
            due = max(self._due(), self._not_before)
            message = None
            with trio.move_on_at(due) as self._waiting:
                message = await connection.get_message()  # a checkpoint each time, so that the lanes have their turn
            if message is not None:
                self._frame_at = trio.current_time()
                self.counts.last_frame = received = self.wall()
                self._receive(message, received)
                await self._wait_for_the_log()
            elif trio.current_time() > due + LATE:
                self._not_before = trio.current_time() + LATE
            elif trio.current_time() < due:
                continue  # the answer to what we asked
            elif due >= self.ends_at:
                return
            elif self.intake.fetched and not self._complete:
                self._asking = trio.CancelScope()
                nursery.start_soon(self._ask, connection, self._asking)
            else:
                self._run_out()

    async def _wait_for_the_log(self) -> None:
        """Read on only while the log can take it in: the server holds, and has, what we do not read."""
        log = self.intake.pipeline.log
        if self.intake.lost:
            raise Mismatch("the journal was damaged and begun anew")
        if log.stuck:
            raise FeedError("the journal cannot be written, and more is waiting than there is room for")
        if log.crowded:
            await log.room()
            self._frame_at = trio.current_time()  # it was not the server that was silent

    def _due(self) -> float:
        """Return when to stop waiting for the next frame."""
        if self._asking is not None:
            return self.ends_at
        owed = self._packet_at + self.intake.patience if self._session.accepted else self._acknowledge_by
        return min(owed, self.ends_at)

    async def _ask(self, connection: WebSocketConnection, asking: trio.CancelScope) -> None:
        """Ask whether the server still is there: else a list that stops short would pass for one that became shorter.

        The answer comes behind all that the server has sent, and nothing else came in between.
        """
        with asking, suppress(ConnectionClosed):
            await connection.ping()
            self._conclude()

    def _conclude(self) -> None:
        """The server is there, and has no more to send."""
        self._stop_asking()
        self._complete = True
        self._not_before = self._waiting.deadline = trio.current_time()

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _run_out(self) -> None:
        if not self._session.accepted:
            raise FeedError(f"the server did not say within {self.profile.acknowledgement:g} s whether it accepts us")
        was_live = self.intake.live
        self.intake.run_out(self.wall())
        if not was_live:
            self._look_for_the_end()

    def _receive(self, message: str | bytes, received: float) -> None:
        session = self._session
        was_accepted = session.accepted
        frame = session.receive(message)
        if session.accepted and not was_accepted:
            self._packet_at = self._frame_at
            self.intake.accepted(received)
        if session.accepted and not isinstance(frame, Refused):
            self.intake.standing.hear(received)
        match frame:
            case Packet(text):
                self._packet_at = self._frame_at
                self._complete = False
                self._stop_asking()
                if self.intake.receive(text, received):
                    self._look_for_the_end()
                self.progress = self.intake.is_further() or self.progress
            case Refused(reason):
                raise FeedRefused(f"the server refused us: {reason}")
            case Notice(level, text):
                fixture, said = self.intake.pipeline.fixture, words.without(self.token, text)
                log = logger.warning if level in ALARMING else logger.info
                log("the server says", fixture=fixture, level=level, text=said)
            case Heartbeat():
                if self._asking is not None:
                    self._conclude()
            case Accepted():
                pass

    def _look_for_the_end(self) -> None:
        """Listen on for corrections where the fixture is finished; a packet that says otherwise opens it again."""
        finished = self.intake.pipeline.game.finished
        self.ends_at = trio.current_time() + self.profile.linger if finished else math.inf

    def _interpret(self, closed: ConnectionClosed, stream: WatchedStream) -> None:
        """Make out what the end of the connection means; return where the fixture is over."""
        reason = closed.reason
        if reason is not None and stream.failed_here(reason):
            said = f"a message breaks the rules of websockets: {reason.reason}"
            self.intake.fail(said, self.wall())
            raise Unreadable(said)
        if reason is not None and reason.code in CLEAN:
            self.intake.end(self.wall())
            if self.intake.live and self.intake.pipeline.game.finished:
                return
        raise FeedError(words.of_close(reason))

    async def _watch_silence(self, connection: WebSocketConnection) -> None:
        """Ask whether anybody is there when nothing comes, and end the connection when nobody is."""
        profile = self.profile
        while True:
            frame_at = self._frame_at
            await trio.sleep_until(frame_at + profile.quiet)
            if trio.current_time() > frame_at + profile.quiet + LATE:
                await trio.sleep(LATE)
            if self._frame_at > frame_at:
                continue
            self._fall_silent(frame_at)
            with trio.move_on_after(profile.answer) as asking:
                try:
                    await connection.ping()
                except ConnectionClosed:
                    return
            if not asking.cancelled_caught:
                await trio.sleep_until(frame_at + profile.silence)
            if self._frame_at == frame_at:
                self._dead = _silence(frame_at)
                self._reading.cancel()
                return

    def _fall_silent(self, frame_at: float) -> None:
        if not self.intake.pipeline.log.crowded:  # it is not we who do not read
            self.intake.standing.fall_silent(_silence(frame_at), self.wall())


def _silence(since: float) -> str:
    return f"nothing came for {trio.current_time() - since:.0f} s, though a heartbeat is due each 10 s"
