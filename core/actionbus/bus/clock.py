"""The fixture clock: the time that rules and timers of a fixture run on, live and in a replay alike."""

from __future__ import annotations

import math
from collections.abc import Callable

AHEAD = 5.0  # seconds that a packet's timestamp may be ahead of its receipt; more is a mistake of the feed


class FixtureClock:
    """The newest ``at`` of the fixture plus the time since it came, counted only while ``running`` (connected).

    ``time`` tells elapsed seconds; in a replay the clock never runs and time is that of the rows. ``on_set`` is called
    whenever the clock is set, starts or stops: alarms that were worked out from it are wrong then.
    """

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._running = False
        self._started = 0.0  # when ``newest`` came or the clock began to run, whichever is later; by ``time``
        self._passed = 0.0  # seconds that were counted since ``newest`` came, up to ``_started``
        self.newest = 0.0
        self.on_set: Callable[[], None] = _nothing

    def stamp(self, timestamp: float | None, received: float = math.inf) -> float:
        """Return the ``at`` of a packet: it never falls, and is never more than 5 s ahead of receipt.

        Both arguments are in Unix seconds; ``received`` is infinite in a replay, where nothing is received. The first
        packet counts as made when it was received if it does not say.
        """
        if timestamp is not None:
            at = min(timestamp, received + AHEAD)
        else:
            at = received if not self.newest and received < math.inf else 0.0
        if at > self.newest:
            self.newest = at
            self._count_from(0.0)
        return self.newest

    def run(self) -> None:
        """Let time pass: the feed is connected and its list agrees with ours."""
        if not self._running:
            self._running = True
            self._count_from(self._passed)

    def stop(self) -> None:
        """Hold time where it is: what happens while we are not connected is not known yet."""
        if self._running:
            passed = self._passed + self._time() - self._started
            self._running = False
            self._count_from(passed)

    def now(self) -> float:
        """Return the fixture's time in Unix seconds; 0.0 before its first packet."""
        if not self.newest:
            return 0.0
        now = self.newest + self._passed
        return now + self._time() - self._started if self._running else now

    @property
    def running(self) -> bool:
        """Whether time passes by itself."""
        return self._running

    def _count_from(self, passed: float) -> None:
        self._passed = passed
        if self._running:
            self._started = self._time()
        self.on_set()


def _nothing() -> None:
    pass
