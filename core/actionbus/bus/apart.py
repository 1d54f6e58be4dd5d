"""Transactions of plugins for fixtures that the log holds and nobody follows just now."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import trio

from actionbus.bus.clock import FixtureClock
from actionbus.bus.route import Route
from actionbus.bus.subscriber import Subscriber
from actionbus.log import Log, Published


class Apart:
    """Lends each such fixture a route without lanes that run, for as long as there are transactions.

    Their timers run out, and what they publish is announced, when the fixture is followed again.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._routes: dict[str, Route] = {}
        self._users: Counter[str] = Counter()
        self._one_has_left = trio.lowlevel.ParkingLot()

    @asynccontextmanager
    async def transaction(self, fixture: str, subscriber: Subscriber) -> AsyncGenerator[None]:
        """Let a task of a plugin write as a handler would."""
        if fixture not in self._routes:
            self._routes[fixture] = Route(fixture, self._log, FixtureClock(trio.current_time), _announce_later)
        self._users[fixture] += 1
        try:
            async with self._routes[fixture].transaction(subscriber):
                yield
        finally:
            self._users[fixture] -= 1
            if not self._users[fixture]:
                del self._users[fixture], self._routes[fixture]
                self._one_has_left.unpark_all()

    async def is_left(self, fixture: str) -> None:
        """Wait until there is no transaction of a fixture: whoever follows it has its lanes."""
        while fixture in self._routes:
            await self._one_has_left.park()


def _announce_later(plugin: str, published: Sequence[Published]) -> None:
    """Leave it in the log."""
