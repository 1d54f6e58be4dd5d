"""How one fixture's feed stands: what is told of it, since when, and how much was missed."""

from __future__ import annotations

import math

import structlog
from attrs import define

from actionbus.events.base import FeedState
from actionbus.pipeline import Pipeline

UP = (FeedState.LIVE, FeedState.RECOVERED)

logger = structlog.get_logger()


@define(eq=False)
class Standing:
    """Tells the pipeline of a change. All times are Unix seconds, by the clock on the wall. Has no clock and no socket.

    An outage lasts from when the feed was last heard until all that it held back has come, over however many
    connections; the time before a start of the daemon is one.
    """

    pipeline: Pipeline
    heard: float | None = None
    """When anything last came from a server that had accepted us, be it in another run."""
    _lost_at: float | None = None
    """When the feed was last heard before the outage; None: there is none."""
    _missed: int = 0

    @classmethod
    def after(cls, received: float, pipeline: Pipeline) -> Standing:
        """Return how the feed stands at the start; ``received`` is when the log's newest packet came, or infinite."""
        heard = received if math.isfinite(received) else None
        return cls(pipeline, heard, heard)

    def agree(self, received: float) -> None:
        """Take note that we are connected, and that the feed's list agrees with ours as far as we hold it."""
        self.pipeline.clock.run()
        if self._lost_at is None and self.pipeline.status is None:
            self.pipeline.tell(FeedState.LIVE, received=received)

    def catch_up(self, received: float) -> None:
        """Take note that all has come that was held back."""
        if self._lost_at is not None:
            since, missed, self._lost_at, self._missed = self._lost_at, self._missed, None, 0
            self.pipeline.tell(FeedState.RECOVERED, received=received, since=since, missed=missed)

    def miss(self) -> None:
        """Count a packet that makes up for an outage."""
        self._missed += self._lost_at is not None

    def hear(self, received: float) -> None:
        """Take note of a frame from a server that has accepted us. After mere silence nothing was held back."""
        self.heard = received
        if self.pipeline.is_in(FeedState.STALE):
            self.catch_up(received)

    def fall_silent(self, reason: str, received: float) -> None:
        """Take note that nothing comes though we are connected. A fixture that is finished has nothing more to say."""
        if self.pipeline.is_in(*UP) and not self.pipeline.game.finished:
            logger.warning("feed stale", fixture=self.pipeline.fixture, reason=reason)
            self._lose(FeedState.STALE, reason, received)

    def lose(self, state: FeedState, reason: str, received: float) -> None:
        """Take note that there is no connection, or that we are refused."""
        self.pipeline.clock.stop()
        self._lose(state, reason, received)

    def _lose(self, state: FeedState, reason: str, received: float) -> None:
        heard = self.heard if self.heard is not None else received
        if self._lost_at is None:
            self._lost_at = heard
        since = received if state is FeedState.REFUSED else heard
        self.pipeline.tell(state, reason, received, since=since)
