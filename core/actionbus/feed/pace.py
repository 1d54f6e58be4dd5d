"""How fast we connect: never too often in all, and ever more seldom where it fails."""

from __future__ import annotations

import random
from collections import deque

import trio
from attrs import define, field

MOST = 4  # connects of all fixtures together: fewer than 5 a second are suggested (PROTOCOL 4)
WITHIN = 1.1  # seconds that see no more: a server may see two turns nearer to each other than we gave them
FIRST_WAIT = 1.0  # seconds at most, before the first attempt to connect again
LONGEST_WAIT = 60.0  # seconds


@define(eq=False)
class ConnectLimit:
    """Holds connects back so that no ``within`` seconds see more than ``most`` of them. Shared by all fixtures."""

    most: int = MOST
    within: float = WITHIN
    _taken: deque[float] = field(init=False, factory=deque[float])
    _turn: trio.Lock = field(init=False, factory=trio.Lock)

    async def wait(self) -> None:
        """Wait for a turn; turns are given in the order of asking."""
        async with self._turn:
            if len(self._taken) == self.most:
                await trio.sleep_until(self._taken.popleft() + self.within)
            self._taken.append(trio.current_time())  # when it was, which is later than it was due


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
