"""One channel's task: one message after the other, at the service's pace, for as long as it takes."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

import trio
from attrs import define, field

from actionbus_plugins.notifier.delivery.agenda import MOST_PROBES
from actionbus_plugins.notifier.delivery.book import Book
from actionbus_plugins.notifier.delivery.jobs import Job, plan
from actionbus_plugins.notifier.delivery.outcome import Lost, Outcome, Refused, Sender

LOOK_AGAIN = 60.0  # seconds after which the wall clock is looked at again: it may have been set
DISK = 5.0  # seconds for a disk to take what is to be sent; one that refuses must not silence alerts


@define(eq=False, repr=False)
class Courier:
    """Delivers what stands in a book."""

    book: Book
    sender: Sender
    _sent: deque[float] = field(init=False, factory=deque[float])  # when, on trio's clock; as far as it limits the pace
    _failures: int = field(init=False, default=0)  # in a row
    _pause: float = field(init=False, default=-math.inf)  # until then, on trio's clock, the service is left alone

    _leaving: bool = field(init=False, default=False)

    def recall(self, sent: Iterable[float]) -> None:
        """Take into account when messages were sent before the start, in Unix seconds; for the rate."""
        if (pace := self.book.channel.pace) is not None:
            wall, now = self.book.wall(), trio.current_time()
            self._sent.extend(now - (wall - when) for when in sorted(sent) if 0 <= wall - when < pace[1])

    def finish(self) -> None:
        """Try what is due once more, without regard to the rate, and end."""
        self.book.at_once = True
        self.book.agenda.woken.set()

    def leave(self) -> None:
        """End after the message at hand: what waits is taken up when the channels are opened again, which is soon."""
        self._leaving = True
        self.book.agenda.woken.set()

    async def run(self) -> None:
        """Deliver, until told to finish or to leave."""
        agenda = self.book.agenda
        while not (self.book.at_once or self._leaving):
            agenda.woken = trio.Event()
            found = agenda.first(probing=self._failures > 0)
            seconds = max(found[1] - self.book.wall(), self._blocked()) if found is not None else math.inf
            if found is not None and seconds <= 0:
                await self._deliver(*found[0])
            else:
                if not self._failures and (found is None or found[1] > self.book.wall()):
                    self.tell_expired()
                with trio.move_on_after(min(seconds, LOOK_AGAIN)):
                    await agenda.woken.wait()
        if self._leaving:
            return
        enough = self._failures + MOST_PROBES
        for place in agenda.due(self.book.wall()):
            if self._failures < enough:
                self.book.crowded = self._paced() > 0
                await self._deliver(*place)

    def _blocked(self) -> float:
        """Return for how many seconds nothing can be sent."""
        return max(self._pause - trio.current_time(), self._paced())

    def _paced(self) -> float:
        """Return for how many seconds the rate allows no message."""
        if (pace := self.book.channel.pace) is None:
            return -math.inf
        number, seconds = pace
        now = trio.current_time()
        while self._sent and self._sent[0] <= now - seconds:
            self._sent.popleft()
        return self._sent[-number] + seconds - now if len(self._sent) >= number else -math.inf

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
            wait = max(self.book.back_off(self._failures), outcome.wait)
            self._pause = trio.current_time() + wait
            if self._failures == 1:
                log.warning("channel cannot be reached, alerts wait", channel=name, reason=outcome.words)
            return wait
        if self._failures:
            log.info("channel can be reached again", channel=name, failures=self._failures)
        self._failures, self._pause = 0, -math.inf
        if isinstance(outcome, Refused) and outcome.stuck:
            what = {"channel": name, "alert": job.rule, "reason": outcome.words}
            log.info("message cannot be changed any more, another one says what is right", **what)
        elif isinstance(outcome, Refused):
            log.error("channel refuses a message, it is not told", channel=name, alert=job.rule, reason=outcome.words)
        return 0.0

    def tell_expired(self) -> None:
        """Say how many alerts have expired; once for an outage, not for each of them."""
        if self.book.expired:
            what = {"channel": self.book.name, "alerts": self.book.expired}
            self.book.context.log.warning("alerts have expired and are not told", **what)
            self.book.expired = 0

    @asynccontextmanager
    async def _transaction(self, fixture: str) -> AsyncGenerator[None]:
        """Read and write the store of a fixture; on the disk when this is left, unless the disk refuses."""
        with trio.CancelScope() as limit:
            async with self.book.context.transaction(fixture):
                yield
                limit.deadline = trio.current_time() + DISK
