"""One endpoint's tasks: what waits for it is sent, in order, at its pace, for as long as that makes sense."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import trio
from attrs import define, evolve, field

from actionbus_plugins.webhook.clerk import Clerk
from actionbus_plugins.webhook.delivery import Delivery, end
from actionbus_plugins.webhook.opening import Letterhead
from actionbus_plugins.webhook.post import Answer, NoAnswer, Post
from actionbus_plugins.webhook.queue import Queue
from actionbus_plugins.webhook.settings import Endpoint
from actionbus_plugins.webhook.status import Status

LOOK_AGAIN = 60.0  # seconds after which the wall clock is looked at again: it may have been set
GONE = 410
BUSY = (429, 502, 503, 504)  # the endpoint as a whole has enough, not this one delivery
CIRCUIT = 5  # failures in a row after which one request at a time has to do, until one succeeds
LONGEST_PAUSE = 30.0  # seconds that an endpoint is left alone if it does not ask for more
LAST_CHANCE = 1.0  # seconds before it is too old, a delivery is tried for the last time
TOLD_AGAIN = 60.0  # seconds after which it is said how many more were given up


@define(eq=False, repr=False)
class Courier:
    """Sends what waits in a queue."""

    name: str
    endpoint: Endpoint
    queue: Queue
    clerk: Clerk
    post: Post
    head: Letterhead
    status: Status
    wall: Callable[[], float]
    rng: random.Random
    _flying: int = field(init=False, default=0)
    _failures: int = field(init=False, default=0)  # in a row
    _rounds: int = field(init=False, default=0)  # pauses in a row
    _pause: float = field(init=False, default=-math.inf)  # until then, on trio's clock, the endpoint is left alone
    _lost: int = field(init=False, default=0)  # given up, and not yet said to be
    _told: float = field(init=False, default=-math.inf)  # when losses were last spoken of, on trio's clock
    _woken: trio.Event = field(init=False, factory=trio.Event)
    _leaving: bool = field(init=False, default=False)
    _stopped: bool = field(init=False, default=False)

    def wake(self) -> None:
        """Look at the queue again."""
        self._woken.set()

    def leave(self, *, at_once: bool) -> None:
        """End when nothing can be sent any more, or ``at_once`` after what is under way."""
        self._leaving, self._stopped = True, at_once
        self._woken.set()

    async def run(self) -> None:
        """Send, until told to leave."""
        async with trio.open_nursery() as nursery:
            while not (self._stopped or (self._leaving and not self._flying and self._seconds() > 0)):
                self._woken = trio.Event()
                self._expire()
                while (delivery := self._next()) is not None:
                    self._flying += 1
                    nursery.start_soon(self._fly, delivery)
                with trio.move_on_after(min(max(self._seconds(), 0.0), LOOK_AGAIN)):
                    await self._woken.wait()
        self._tell_losses()

    def _seconds(self) -> float:
        """Return for how many seconds nothing is to be done, but for what is under way."""
        now = self.wall()
        if self._is_full() or self.status.disabled:
            return self.queue.next_expiry - now
        due = max(self.queue.next_due - now, self._pause - trio.current_time())
        return min(due, self.queue.next_expiry - now)

    def _is_full(self) -> bool:
        most = 1 if self._failures >= CIRCUIT else self.endpoint.in_flight
        return self._flying >= most

    def _next(self) -> Delivery | None:
        """Return what is to be sent now, if anything."""
        if self._stopped or self.status.disabled or self._is_full() or self._pause > trio.current_time():
            return None
        return self.queue.take(self.wall())

    def _expire(self) -> None:
        """End what is too old."""
        now = self.wall()
        for delivery in self.queue.overdue(now):
            ended = self._too_old(delivery, now)
            self.clerk.note(delivery, ended)
            self._lose(ended)
        if trio.current_time() >= self._told + TOLD_AGAIN:
            self._tell_losses()

    def _too_old(self, delivery: Delivery, now: float) -> Delivery:
        if delivery.tries:
            return end(delivery, "dead", delivery.said, now)
        why = f"webhook is disabled: {self.status.disabled}" if self.status.disabled else "others were before it"
        return end(delivery, "expired", why, now)

    async def _fly(self, delivery: Delivery | None) -> None:
        """Send one delivery after the other, for as long as there is something to be sent."""
        while delivery is not None:
            await self._attempt(delivery)
            self._flying -= 1
            delivery = self._next()
            self._flying += delivery is not None
        self._woken.set()

    async def _attempt(self, delivery: Delivery) -> None:
        body = delivery.body.encode()
        headers = self.head.of(delivery, body, self.wall())
        answer = await self.post.post(self.head.url, headers, body, timeout=self.endpoint.timeout)
        now = self.wall()
        tried = evolve(delivery, tries=delivery.tries + 1, due=now, status=0, said="")
        if isinstance(answer, Answer):
            tried = evolve(tried, status=answer.status)
            if 200 <= answer.status < 300:
                self._works()
                self._settle(delivery, end(tried, "delivered", "", now))
                return
        self._fails(delivery, answer)
        self._retry(delivery, evolve(tried, said=_words(answer)), answer, now)

    def _settle(self, before: Delivery, after: Delivery) -> None:
        self.queue.settle(after)
        self.clerk.note(before, after)

    def _retry(self, before: Delivery, tried: Delivery, answer: Answer | NoAnswer, now: float) -> None:
        """Let it wait for the next attempt, or end it if there is none."""
        waits = self.endpoint.retry
        wait = waits[min(tried.tries, len(waits)) - 1] * self.rng.uniform(0.8, 1.2)
        if isinstance(answer, Answer):
            wait = max(wait, answer.wait)
            if answer.status == GONE:
                self.status.disable(tried.fixture, "it answered 410, which says that it is gone for good")
        due = now + wait
        last = tried.expires - LAST_CHANCE
        if due >= last and last - now > waits[0]:
            due = last
        if due >= tried.expires and not self.status.disabled:
            ended = end(tried, "dead", tried.said, now)
            self._settle(before, ended)
            self._lose(ended)
            return
        tried = evolve(tried, due=due)
        self.queue.put_back(tried)
        self.clerk.note(before, tried)

    def _lose(self, ended: Delivery) -> None:
        """Say that a delivery was given up: the first at once, others once a minute, that a log is not flooded."""
        self._lost += 1
        if trio.current_time() >= self._told + TOLD_AGAIN:
            self._tell_losses(ended.said)

    def _tell_losses(self, reason: str = "") -> None:
        if not self._lost:
            return
        why = {"reason": reason} if reason else {}
        self.clerk.context.log.warning(
            "webhook deliveries are given up: actionbus deliveries dead", webhook=self.name, number=self._lost, **why
        )
        self._lost, self._told = 0, trio.current_time()

    def _works(self) -> None:
        self.status.worked()
        if self._failures:
            self._tell_losses()
            self.clerk.context.log.info("webhook can be reached again", webhook=self.name, failures=self._failures)
        self._failures, self._rounds, self._pause = 0, 0, -math.inf

    def _fails(self, delivery: Delivery, answer: Answer | NoAnswer) -> None:
        """Take note of a failure; say so once, and leave alone an endpoint that has enough."""
        self._failures += 1
        if self._failures == 1:
            what = {"webhook": self.name, "type": delivery.type, "id": delivery.id, "reason": _words(answer)}
            self.clerk.context.log.warning("webhook fails, deliveries wait", **what)
        if isinstance(answer, Answer) and (answer.status in BUSY or answer.wait):
            now, waits = trio.current_time(), self.endpoint.retry
            self._rounds += self._pause <= now  # those that were under way together say it once
            wait = min(waits[min(self._rounds, len(waits)) - 1], LONGEST_PAUSE)
            self._pause = max(self._pause, now + max(wait, answer.wait))
        self.status.failed(delivery.fixture, _words(answer), self.endpoint.disable_after)


def _words(answer: Answer | NoAnswer) -> str:
    if isinstance(answer, Answer):
        return f"status {answer.status} {answer.words}".strip()
    return answer.words
