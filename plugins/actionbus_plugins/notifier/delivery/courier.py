"""One channel's task: one message after the other, at the service's pace, for as long as it takes."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio
from attrs import define, field

from actionbus_plugins.notifier.delivery.agenda import Place
from actionbus_plugins.notifier.delivery.book import FIRST_WAIT, LAST_WAIT, Book
from actionbus_plugins.notifier.delivery.jobs import Job, plan
from actionbus_plugins.notifier.delivery.outcome import Lost, Outcome, Refused, Sender

LOOK_AGAIN = 60.0  # seconds after which the wall clock is looked at again: it may have been set
DISK = 5.0  # seconds for a disk to take what is to be sent; one that refuses must not silence alerts


@define(eq=False, repr=False)
class Courier:
    """Delivers what stands in a book."""

    book: Book
    sender: Sender
    rng: random.Random
    _sent: deque[float] = field(init=False, factory=deque[float])  # when, on trio's clock; as far as it limits the pace
    _failures: int = field(init=False, default=0)  # in a row
    _pause: float = field(init=False, default=-math.inf)  # until then, on trio's clock, the service is left alone
    _tried: set[Place] = field(init=False, factory=set[Place])  # since the end was near

    def finish(self) -> None:
        """Try what is due once more, and end."""
        self.book.at_once = True
        self.book.agenda.woken.set()

    async def run(self) -> None:
        """Deliver, until told to finish."""
        while True:
            agenda = self.book.agenda
            agenda.woken = trio.Event()
            found = agenda.first(without=self._tried, at_once=self.book.at_once)
            seconds = max(found[1] - self.book.wall(), self._blocked()) if found is not None else math.inf
            if found is not None and seconds <= 0:
                if self.book.at_once:
                    self._tried.add(found[0])
                await self._deliver(*found[0])
            elif self.book.at_once:
                return
            else:
                with trio.move_on_after(min(seconds, LOOK_AGAIN)):
                    await agenda.woken.wait()

    def _blocked(self) -> float:
        """Return for how many seconds nothing can be sent."""
        now = trio.current_time()
        pause = self._pause - now if not self.book.at_once else -math.inf
        if (pace := self.book.channel.pace) is None:
            return pause
        number, seconds = pace
        while self._sent and self._sent[0] <= now - seconds:
            self._sent.popleft()
        return max(pause, self._sent[0] + seconds - now) if len(self._sent) >= number else pause

    async def _deliver(self, fixture: str, alert: str) -> None:
        await trio.lowlevel.checkpoint()  # in a log in memory nothing else waits, and there may be hundreds
        async with self._transaction(fixture):
            job = plan(self.book, fixture, alert, joins=self.sender.joins)
        if job is None:
            return
        if self.book.channel.pace is not None:
            self._sent.append(trio.current_time())
        outcome = await job.send(self.sender)
        wait = self._take_note(job, outcome)
        async with self._transaction(fixture):
            job.settle(self.book, outcome, wait)

    def _take_note(self, job: Job, outcome: Outcome) -> float:
        """Leave a service alone that cannot be reached, for longer and longer; say so once. Return for how long."""
        log, name = self.book.context.log, self.book.name
        if isinstance(outcome, Lost):
            self._failures += 1
            most = min(LAST_WAIT, FIRST_WAIT * 2.0 ** min(self._failures, 10))
            wait = max(self.rng.uniform(FIRST_WAIT, most), outcome.wait)
            self._pause = trio.current_time() + wait
            if self._failures == 1:
                log.warning("channel cannot be reached, alerts wait", channel=name, reason=outcome.words)
            return wait
        if self._failures:
            log.info("channel can be reached again", channel=name, failures=self._failures)
        self._failures, self._pause = 0, -math.inf
        if isinstance(outcome, Refused):
            log.error("channel refuses a message, it is not told", channel=name, alert=job.rule, reason=outcome.words)
        return 0.0

    @asynccontextmanager
    async def _transaction(self, fixture: str) -> AsyncGenerator[None]:
        """Read and write the store of a fixture; on the disk when this is left, unless the disk refuses."""
        with trio.CancelScope() as limit:
            async with self.book.context.transaction(fixture):
                yield
                limit.deadline = trio.current_time() + DISK
