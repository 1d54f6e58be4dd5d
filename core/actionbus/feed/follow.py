"""Follow one fixture: connect, and connect again, until the feed says that it is finished."""

from __future__ import annotations

import math
import random
import ssl
import time
from collections.abc import Awaitable, Callable
from enum import Enum

import structlog
import trio
from attrs import define, field

from actionbus.errors import ActionbusError, FeedError, FeedRefused
from actionbus.events.base import FeedState
from actionbus.feed import words
from actionbus.feed.conversation import Conversation, Unreadable
from actionbus.feed.counts import FeedCounts
from actionbus.feed.intake import Intake
from actionbus.feed.pace import Backoff, ConnectLimit
from actionbus.feed.stream import OpenStream, open_stream
from actionbus.feed.websocket import Address, converse
from actionbus.pipeline import Pipeline
from actionbus.secrets import Secret
from actionbus.session import FeedProfile, Mismatch

SURE = 2  # connections that fail at the same packet until it is given up

logger = structlog.get_logger()


class Ending(Enum):
    """How it ended to follow a fixture."""

    FINISHED = "finished"
    REFUSED = "refused"


async def follow(
    pipeline: Pipeline,
    profile: FeedProfile,
    *,
    token: Callable[[], Secret],
    connects: ConnectLimit,
    rng: random.Random,
    wall: Callable[[], float] = time.time,
    ssl_context: ssl.SSLContext | None = None,
    open_stream: OpenStream = open_stream,
    give_up_when_refused: bool = False,
    admitted: bool = False,
    another_token: Callable[[], Awaitable[object]] = trio.sleep_forever,
    task_status: trio.TaskStatus[FeedCounts] = trio.TASK_STATUS_IGNORED,
) -> Ending:
    """Give a fixture's packets to its pipeline until the fixture is finished.

    ``token`` is asked anew for each connection and may raise ActionbusError, which counts as a refusal. ``connects``
    is shared by all fixtures; ``admitted`` says that it was asked for the first connection. ``ssl_context`` is for
    ``wss``; None trusts what the system trusts. A refusal is announced and tried again after ``profile.refused``
    seconds or when ``another_token`` returns, which is asked for then; with ``give_up_when_refused`` it is the end.
    ``task_status`` gets the counts at once. Nothing that a server does makes this raise.
    """
    if profile.secure and ssl_context is None:
        ssl_context = ssl.create_default_context()
    follower = _Follower(
        pipeline=pipeline,
        profile=profile,
        token=token,
        connects=connects,
        backoff=Backoff(rng),
        wall=wall,
        ssl_context=ssl_context if profile.secure else None,
        open_stream=open_stream,
        admitted=admitted,
        another_token=another_token,
    )
    task_status.started(follower.counts)
    return await follower.run(give_up_when_refused=give_up_when_refused)


@define(eq=False, kw_only=True)
class _Follower:
    pipeline: Pipeline
    profile: FeedProfile
    token: Callable[[], Secret]
    connects: ConnectLimit
    backoff: Backoff
    wall: Callable[[], float]
    ssl_context: ssl.SSLContext | None
    open_stream: OpenStream
    admitted: bool
    another_token: Callable[[], Awaitable[object]]
    counts: FeedCounts = field(init=False, factory=FeedCounts)
    intake: Intake = field(init=False)
    ends_at: float = field(init=False, default=math.inf)
    """When a finished fixture is over, on trio's clock, connected or not."""
    unreadable: int = field(init=False, default=0)
    """Connections since the last news that failed at a packet that cannot be received."""

    def __attrs_post_init__(self) -> None:
        self.intake = Intake(self.pipeline, self.profile)
        if self.pipeline.game.finished:  # the daemon ended while it listened for corrections
            self.ends_at = trio.current_time() + self.profile.linger

    async def run(self, *, give_up_when_refused: bool) -> Ending:
        """Connect again and again, until the fixture is over."""
        while trio.current_time() < self.ends_at:
            wait = 0.0
            try:
                await self._connect()
                self.intake.conclude(self.wall())
                break
            except FeedRefused as refusal:
                self._down(FeedState.REFUSED, refusal)
                self.counts.refusals += 1
                if give_up_when_refused and self.ends_at == math.inf:
                    return Ending.REFUSED
                with trio.move_on_at(min(trio.current_time() + self.profile.refused, self.ends_at)):
                    await self.another_token()
            except Mismatch as mismatch:
                wait = self.backoff.next() if self.intake.collecting else 0.0
                self._begin_anew(mismatch)
            except Unreadable as error:
                # It takes two attempts to be sure of such a packet; the server is well, so they need not wait.
                self.unreadable += 1
                wait = self.backoff.next() if self.unreadable > SURE else 0.0
                self._down(FeedState.DOWN, error)
            except FeedError as error:
                wait = self.backoff.next()
                if isinstance(error, words.Unavailable):
                    wait = max(wait, error.wait)
                self._down(FeedState.DOWN, error)
            with trio.move_on_at(self.ends_at):
                await trio.sleep(wait)
        self.pipeline.clock.stop()
        self.pipeline.tell(FeedState.FINISHED, received=self.wall())
        counts = self.counts
        figures = {"reconnects": counts.reconnects, "refusals": counts.refusals, "refetches": counts.refetches}
        logger.info("feed finished", fixture=self.pipeline.fixture, **figures)
        return Ending.FINISHED

    async def _connect(self) -> None:
        """Connect once. Returns when the fixture is over; raises FeedError when the connection ends."""
        await self.pipeline.log.room()
        if not self.admitted:
            await self.connects.wait()
        self.admitted = False
        self.counts.connects += 1
        try:
            token = self.token()
        except ActionbusError as error:
            raise FeedRefused(str(error)) from None
        position = self.intake.resume()
        logger.debug("connecting", fixture=self.pipeline.fixture, server=self.profile.url, position=position)
        conversation = Conversation(self.intake, self.profile, token, self.wall, self.counts, self.ends_at)
        address = Address(
            profile=self.profile,
            fixture=self.pipeline.fixture,
            position=position,
            token=token,
            ssl_context=self.ssl_context,
            open_stream=self.open_stream,
        )
        try:
            await converse(address, conversation.run)
        except FeedError as error:
            error.args = (words.without(token, str(error)),)
            raise
        finally:
            self.ends_at = conversation.ends_at
            if conversation.progress:
                self.backoff.reset()
                self.unreadable = 0

    def _begin_anew(self, mismatch: Mismatch) -> None:
        self._down(FeedState.DOWN, mismatch)
        self.counts.refetches += 1
        if self.ends_at < math.inf and not self.intake.collecting:  # also a finished fixture's list may have changed
            self.ends_at = trio.current_time() + self.profile.linger
        self.intake.begin_anew()

    def _down(self, state: FeedState, error: FeedError) -> None:
        reason = str(error)
        self.intake.standing.lose(state, reason, self.wall())
        if state is FeedState.REFUSED:
            logger.error("feed refused", fixture=self.pipeline.fixture, reason=reason)
        else:
            logger.warning("feed down", fixture=self.pipeline.fixture, reason=reason, packets=self.intake.place.n)
