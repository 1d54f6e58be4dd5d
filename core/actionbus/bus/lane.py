"""A lane: one plugin on one fixture, one task, its own cursor. Nothing that happens in it reaches another lane."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

import orjson
import trio
from attrs import define, field, frozen

from actionbus.bus.clock import FixtureClock
from actionbus.bus.subscription import HandlerTable
from actionbus.bus.work import Work, hops_of, working
from actionbus.events.base import Change, Due, Event, FeedState, FeedStatus, Moment
from actionbus.log import LaneState, Log, Row, RowKind

MOST_PENDING = 64  # rows that a lane holds; one that falls further behind reads on from the log
PAUSE_AFTER = 5  # failures in a row, over all fixtures of a plugin
MOST_LAST_TIMERS = 1000  # that fire at the end of a fixture: timers that set timers would never end


@frozen(kw_only=True)
class HandlerFailure:
    """A handler raised: its writes are dropped and its lane goes on with the next row, unless the plugin is paused."""

    plugin: str
    fixture: str
    event: Event
    error: BaseException
    paused: bool


@define(eq=False)
class Subscriber:
    """A plugin as the lanes see it: its handlers, and how it fares."""

    name: str
    handlers: HandlerTable
    report: Callable[[HandlerFailure], None]
    publishes: bool = False
    """Whether its handlers may publish moments."""
    failures: int = 0
    """Failures in a row."""
    paused: bool = False


@define(eq=False)
class Lane:
    """Calls a plugin's handlers for one fixture's rows, in order, each row's events as one unit of work.

    ``publish`` gets the moments of a run that has been committed. ``retimed`` is called with the earliest timer's due
    time (fixture clock; infinite: none) whenever it changes.
    """

    subscriber: Subscriber
    fixture: str
    log: Log
    clock: FixtureClock
    publish: Callable[[list[Moment], int], None]
    retimed: Callable[[Lane, float], None]
    _state: LaneState = field(init=False)
    _pending: deque[Row] = field(init=False, factory=deque[Row])
    _behind: bool = field(init=False, default=False)
    _busy: bool = field(init=False, default=False)
    _closing: bool = field(init=False, default=False)
    _ended: bool = field(init=False, default=False)
    _idle: trio.lowlevel.ParkingLot = field(init=False, factory=trio.lowlevel.ParkingLot)
    _waiting: trio.lowlevel.ParkingLot = field(init=False, factory=trio.lowlevel.ParkingLot)

    async def open(self) -> None:
        """Take the lane up where the log says that it stands."""
        self._state = await self.log.open_lane(self.subscriber.name, self.fixture, self)
        self._behind = self._state.cursor < self.log.head(self.fixture)
        self._tell_timers()

    @property
    def needs(self) -> int | None:
        """The last row that is done with; None while there is nothing left to do (Reader of the log)."""
        has_work = self._pending or self._behind or self._busy
        wants_no_more = self._ended or self.subscriber.paused
        return self._state.cursor if has_work and not wants_no_more else None

    def offer(self, row: Row) -> None:
        """Hand on a row. Never waits: a lane that has its hands full lets go of them and reads on from the log."""
        if not self._behind:
            if len(self._pending) >= MOST_PENDING:
                self._pending.clear()
                self._behind = True
            else:
                self._pending.append(row)
        self._idle.unpark()

    def close(self) -> None:
        """Let the lane end when it has done what there is."""
        self._closing = True
        self._idle.unpark()

    async def caught_up(self) -> None:
        """Wait until there is nothing left to do."""
        while self.needs is not None:
            await self._waiting.park()

    async def run(self) -> None:
        """Work until closed."""
        try:
            while not self.subscriber.paused:
                if self._pending:
                    await self._take(self._pending.popleft())
                elif self._behind:
                    await self._catch_up()
                elif (due := self._first_due()) <= self.clock.now():
                    await self._fire(due)
                elif self._closing:
                    break
                else:
                    await self._wait(due)
        finally:
            self._ended = True
            self.log.close_lane(self.fixture, self)
            self._waiting.unpark_all()

    async def _wait(self, due: float) -> None:
        self._waiting.unpark_all()
        seconds = due - self.clock.now() if self.clock.running else math.inf
        with trio.move_on_after(seconds):
            await self._idle.park()

    async def _catch_up(self) -> None:
        rows = await self.log.read(self.fixture, self._state.cursor, MOST_PENDING)
        for row in rows:
            await self._take(row)
            if self.subscriber.paused:
                return
        await trio.lowlevel.checkpoint()  # handlers need not yield, and other lanes want their turn
        self._behind = self._state.cursor < self.log.head(self.fixture)

    async def _take(self, row: Row) -> None:
        """Handle a row, after the timers that were due before it."""
        self._busy = True
        while (due := self._first_due()) < row.at:
            await self._fire(due)
        if self.subscriber.paused:
            return
        await self._handle(row.events, row.position)
        if row.kind is RowKind.STATUS and _is_end(row):
            await self._fire_the_rest()
        self._busy = False

    async def _handle(self, events: tuple[Event, ...], position: int, timer: str | None = None) -> None:
        """Run the handlers for the events of one row, or for a timer, and commit what they wrote with the cursor."""
        subscriber = self.subscriber
        work = Work(subscriber.name, self.fixture, self._state, max(map(hops_of, events), default=0), self.clock.now)
        working.set(work)
        if timer is not None:
            work.unit.timers[timer] = None
        try:
            for event in events:
                for handler in subscriber.handlers[type(event), event.change]:
                    await handler(event)
            subscriber.failures = 0
        except (Exception, SystemExit) as error:
            # The boundary around a plugin's handler: whatever it raises is its own, sys.exit() included.
            work.finish()
            self._failed(events, position, timer, error)
            return
        self._commit(work, position)

    def _commit(self, work: Work, position: int) -> None:
        unit = work.finish()
        self.log.commit(self.subscriber.name, self.fixture, position, unit)
        if unit is None:
            return
        if unit.timers:
            self._tell_timers()
        if unit.published:
            self.publish(unit.published, work.hops + 1)

    def _failed(self, events: tuple[Event, ...], position: int, timer: str | None, error: BaseException) -> None:
        subscriber = self.subscriber
        subscriber.failures += 1
        if subscriber.failures >= PAUSE_AFTER:
            subscriber.paused = True  # the cursor stays before the row
        else:
            work = Work(subscriber.name, self.fixture, self._state, 0, self.clock.now)
            if timer is not None:
                work.unit.timers[timer] = None  # a timer fires once, whether or not its handler likes it
            self._commit(work, position)
        paused = subscriber.paused
        subscriber.report(
            HandlerFailure(plugin=subscriber.name, fixture=self.fixture, event=events[0], error=error, paused=paused)
        )

    async def _fire(self, due: float) -> None:
        """Let the earliest timer run out."""
        self._busy = True
        key, timer = min(self._state.timers.items(), key=lambda item: (item[1].due, item[0]))
        event = Due(
            fixture=self.fixture,
            id=f"{self.subscriber.name}:{key}:{due}",
            position=self._state.cursor,
            at=due,
            change=Change.ADDED,
            key=key,
            data=orjson.loads(timer.data),
        )
        await self._handle((event,), self._state.cursor, timer=key)
        self._busy = False

    async def _fire_the_rest(self) -> None:
        for _ in range(MOST_LAST_TIMERS):
            if not self._state.timers or self.subscriber.paused:
                return
            await self._fire(self._first_due())

    def _first_due(self) -> float:
        if self.subscriber.paused or not self._state.timers:
            return math.inf
        return min(timer.due for timer in self._state.timers.values())

    def _tell_timers(self) -> None:
        self.retimed(self, self._first_due())


def _is_end(row: Row) -> bool:
    return any(isinstance(event, FeedStatus) and event.state is FeedState.FINISHED for event in row.events)
