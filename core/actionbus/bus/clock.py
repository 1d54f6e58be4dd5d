"""The fixture clock: the time that rules and timers of a fixture run on, live and in a replay alike."""

from __future__ import annotations

import math
from collections.abc import Callable

AHEAD = 5.0  # seconds that a packet's timestamp may be ahead of its receipt; more is a mistake of the feed


class FixtureClock:
    """The newest ``at`` of the fixture plus the time since it came, counted only while ``running`` (connected).

    ``time`` tells elapsed seconds; in a replay the clock never runs and time is that of the rows.
    """

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._came = 0.0
        self._running = False
        self.newest = 0.0

    def stamp(self, timestamp: float | None, received: float = math.inf) -> float:
        """Return the ``at`` of a packet: it never falls, and is never more than 5 s ahead of receipt.

        Both arguments are in Unix seconds; ``received`` is infinite in a replay, where nothing is received.
        """
        if timestamp is not None:
            bounded = min(timestamp, received + AHEAD)
            if bounded > self.newest:
                self.newest = bounded
        elif not self.newest and received < math.inf:
            self.newest = received
        if self._running:
            self._came = self._time()
        return self.newest

    def run(self) -> None:
        """Let time pass: the feed is connected and its list agrees with ours."""
        self._came = self._time()
        self._running = True

    def stop(self) -> None:
        """Hold time where it is: what happens while we are not connected is not known yet."""
        self.newest = self.now()
        self._running = False

    def now(self) -> float:
        """Return the fixture's time in Unix seconds; 0.0 before its first packet."""
        if not self._running or not self.newest:
            return self.newest
        return self.newest + self._time() - self._came

    @property
    def running(self) -> bool:
        """Whether time passes by itself."""
        return self._running
