"""How fast we connect: never too often in all, and ever more seldom where it fails."""

from __future__ import annotations

import random
from collections import deque

import trio
from attrs import define, field

MOST = 4  # connects within a second, of all fixtures together: fewer than 5 are suggested (PROTOCOL 4)
FIRST_WAIT = 1.0  # seconds at most, before the first attempt to connect again
LONGEST_WAIT = 60.0  # seconds


@define(eq=False)
class ConnectLimit:
    """Holds connects back so that no ``within`` seconds see more than ``most`` of them. Shared by all fixtures."""

    most: int = MOST
    within: float = 1.0
    _taken: deque[float] = field(init=False, factory=deque[float])

    async def wait(self) -> None:
        """Wait for a turn; turns are given in the order of asking."""
        due = trio.current_time()
        if len(self._taken) == self.most:
            due = max(due, self._taken.popleft() + self.within)
        self._taken.append(due)
        await trio.sleep_until(due)


@define(eq=False)
class Backoff:
    """Waits with full jitter: any time up to a limit that doubles with each failure, from 1 s to a minute."""

    rng: random.Random
    _limit: float = FIRST_WAIT

    def next(self) -> float:
        """Return the seconds to wait, after one more failure."""
        wait = self.rng.uniform(0, self._limit)
        self._limit = min(2 * self._limit, LONGEST_WAIT)
        return wait

    def reset(self) -> None:
        """Begin with the shortest waits again."""
        self._limit = FIRST_WAIT
