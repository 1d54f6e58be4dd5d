"""A lane: one plugin on one fixture, one task, its own cursor. Nothing that happens in it reaches another lane."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

import orjson
import trio
from attrs import define, field

from actionbus.bus.clock import FixtureClock
from actionbus.bus.runs import Runs
from actionbus.bus.subscriber import Subscriber
from actionbus.bus.subscription import HandlerTable
from actionbus.bus.work import Work
from actionbus.errors import PluginError
from actionbus.events.base import Change, Due, Event, Moment, Origin
from actionbus.log import LaneState, Log, Published, Row

MOST_PENDING = 64  # rows that a lane holds; one that falls further behind reads on from the log
TURN = 0.005  # seconds that a lane works on without letting others have a turn, where its handlers await nothing
MOST_LAST_TIMERS = 1000  # that are set after the end of a fixture and still fire: a chain of them need not end


@define(eq=False, repr=False)
class Lane:
    """Calls a plugin's handlers for one fixture's rows, in order, each row's events as one unit of work.

    ``publish`` gets the plugin's name and the moments of a run, once that is durable. ``retimed`` is called with the
    earliest timer's due time (fixture clock; infinite: none) whenever it may have changed.
    """

    subscriber: Subscriber
    fixture: str
    log: Log
    clock: FixtureClock
    publish: Callable[[str, Sequence[Published]], None]
    retimed: Callable[[Lane, float], None]
    _runs: Runs = field(init=False)
    _opened: bool = field(init=False, default=False)
    _pending: deque[Row] = field(init=False, factory=deque[Row])
    _behind: bool = field(init=False, default=False)
    _due: float = field(init=False, default=math.inf)
    _resting: bool = field(init=False, default=False)
    _closing: bool = field(init=False, default=False)
    _leaving: bool = field(init=False, default=False)
    _ended: bool = field(init=False, default=False)
    _last_timers: int | None = field(init=False, default=None)  # that may still fire; None before the fixture's end
    _turn_ends: float = field(init=False, default=0.0)  # perf_counter()
    _alarm: trio.CancelScope = field(init=False, factory=trio.CancelScope)
    _idle: trio.lowlevel.ParkingLot = field(init=False, factory=trio.lowlevel.ParkingLot)
    _waiting: trio.lowlevel.ParkingLot = field(init=False, factory=trio.lowlevel.ParkingLot)

    def __attrs_post_init__(self) -> None:
        woken = self._waiting.unpark_all
        self._runs = Runs(
            self.subscriber, self.fixture, self.log, LaneState(0), self.publish, self._look_at_timers, woken
        )

    async def open(self) -> None:
        """Take the lane up where the log says that it stands."""
        subscriber = self.subscriber
        self._opened, self._ended = True, False
        self._runs.state = await self.log.open_lane(
            subscriber.name, self.fixture, self, settings=subscriber.settings, from_start=subscriber.from_start
        )
        self._behind = self._state.cursor < self.log.head(self.fixture)
        if not self._behind and self.log.is_finished(self.fixture):
            self._last_timers = len(self._state.timers) + MOST_LAST_TIMERS  # the daemon ended before they had run out
        subscriber.on_pause.append(self._wake)
        self._look_at_timers()

    @property
    def _state(self) -> LaneState:
        return self._runs.state

    @property
    def needs(self) -> int | None:
        """The last row that is done with; None while there is nothing left to do (Reader of the log)."""
        if self._ended or self.subscriber.paused:
            return None
        return None if self._is_done and not self._runs.unannounced else self._state.cursor

    @property
    def _is_done(self) -> bool:
        return self._resting and not self._pending and not self._behind

    def offer(self, row: Row) -> None:
        """Hand on a row. Never waits: a lane that has its hands full lets go of them and reads on from the log."""
        if not self._behind:
            if len(self._pending) >= MOST_PENDING:
                self._pending.clear()
                self._behind = True
            else:
                self._pending.append(row)
        if self._resting:
            self._idle.unpark()

    def skip(self, position: int) -> None:
        """Take note of rows that do not concern the lane: where it has nothing to do, it is done with them, too."""
        if self._is_done and not self._runs.busy and not self.subscriber.paused and self._state.cursor < position:
            self.log.commit(self.subscriber.name, self.fixture, position, None)

    def close(self) -> None:
        """Let the lane end when it has done what there is."""
        self._closing = True
        self._idle.unpark()

    def leave(self) -> None:
        """Let the lane end after the row that it handles; the rest stays in the log, for whoever opens it next."""
        self._closing = self._leaving = True
        self._idle.unpark()

    def set_alarm(self) -> None:
        """Work out anew when to wake for the earliest timer: the clock was set, or began or ceased to run."""
        runs = self.clock.running and self._due < math.inf
        self._alarm.deadline = trio.current_time() + self._due - self.clock.now() if runs else math.inf

    async def caught_up(self) -> None:
        """Wait until there is nothing left to do."""
        while self.needs is not None:
            await self._waiting.park()

    async def run(self) -> None:
        """Work until closed, or until the plugin is paused."""
        try:
            await self._begin()
            while not (self.subscriber.paused or self._leaving):
                if self._pending:
                    await self._take(self._pending.popleft())
                elif self._behind:
                    await self._catch_up()
                elif self._clock_has_passed(self._due):
                    await self._fire()
                elif self._closing:
                    self._resting = True
                    self.skip(self.log.head(self.fixture))
                    break
                else:
                    await self._rest()
            if self._leaving and not (self._pending or self._behind):
                self._resting = True
                self.skip(self.log.head(self.fixture))  # what did not concern it will not concern it later
        finally:
            self._ended = True
            self._pending.clear()
            self.subscriber.on_pause.remove(self._wake)
            self.log.close_lane(self.subscriber.name, self.fixture, self)
            if not self._runs.busy:
                self._runs.state = LaneState(self._state.cursor)  # a transaction that still comes opens it again
            self._waiting.unpark_all()

    async def _begin(self) -> None:
        """Announce what was published before the daemon ended, and tell the handlers that want it what was before."""
        if self._state.published:
            published, self._state.published = self._state.published, []
            self.publish(self.subscriber.name, published)
        handlers = self.subscriber.history
        after, until = 0, self._state.cursor
        while handlers is not None and not self.subscriber.paused:
            rows = await self.log.read(self.fixture, after, MOST_PENDING, until=until)
            if not rows:
                return
            for row in rows:
                work = Work(self.subscriber.name, self.fixture, self._state, row.at, 0, history=True)
                await self._handle(row.events, row.position, work, handlers)
            after = rows[-1].position

    def _clock_has_passed(self, due: float) -> bool:
        if self._last_timers is not None:
            return due < math.inf
        # A clock that stands shows the time of the newest row: one with the same `at` may follow, and goes first.
        now = self.clock.now()
        return due < now or (due == now and self.clock.running)

    def _wake(self) -> None:
        self._idle.unpark()
        self._waiting.unpark_all()

    async def _rest(self) -> None:
        self._resting = True
        self._waiting.unpark_all()
        if self._due < math.inf:
            with trio.CancelScope() as self._alarm:
                self.set_alarm()
                await self._idle.park()
        else:
            await self._idle.park()
        self._resting = False
        self._turn_ends = perf_counter() + TURN

    async def _catch_up(self) -> None:
        rows = await self.log.read(self.fixture, self._state.cursor, MOST_PENDING)
        for row in rows:
            await self._take(row)
            if self.subscriber.paused or self._leaving:
                return
        self._behind = bool(rows) and self._state.cursor < self.log.head(self.fixture)

    async def _take(self, row: Row) -> None:
        """Handle a row, after the timers that were due before it; at the end of the fixture, those that remain."""
        await self._fire_before(row.at)
        if self.subscriber.paused:
            return
        hops = max([event.hops for event in row.events if isinstance(event, Moment)], default=0)
        origin = row.events[0].origin if row.events else Origin.LIVE
        work = Work(self.subscriber.name, self.fixture, self._state, row.at, hops, origin=origin, position=row.position)
        await self._handle(row.events, row.position, work)
        if row.ends_fixture and self._last_timers is None:
            self._last_timers = len(self._state.timers) + MOST_LAST_TIMERS
        if self._last_timers is not None:
            await self._fire_before(math.inf)

    async def _fire_before(self, at: float) -> None:
        while self._due < at and not self.subscriber.paused:
            await self._fire()

    async def _fire(self) -> None:
        """Let the earliest timer run out."""
        key, timer = min(self._state.timers.items(), key=lambda item: (item[1].due, item[0]))
        event = Due(
            fixture=self.fixture,
            id=f"{self.subscriber.name}:{self.fixture}:{key}:{timer.due}",
            position=self._state.cursor,
            at=timer.due,
            change=Change.ADDED,
            key=key,
            data=orjson.loads(timer.data),
        )
        work = Work(self.subscriber.name, self.fixture, self._state, timer.due, timer.hops, timer=key)
        if self._last_timers is not None:
            self._last_timers -= 1
        await self._handle((event,), self._state.cursor, work)
        if self._last_timers == 0 and self._state.timers:
            self._drop_timers(event)

    def _drop_timers(self, event: Due) -> None:
        work = Work(self.subscriber.name, self.fixture, self._state, event.at, 0)
        work.unit.timers.update(dict.fromkeys(self._state.timers))
        self._runs.commit(self._state.cursor, work)
        error = PluginError(self.subscriber.name, "its timers set new ones without end after the end of the fixture")
        self._runs.report(event, error)

    async def _handle(
        self, events: tuple[Event, ...], position: int, work: Work, handlers: HandlerTable | None = None
    ) -> None:
        await self._runs.handle(events, position, work, handlers if handlers is not None else self.subscriber.handlers)
        if self.log.stuck and work.wrote:
            await self.log.room()
        if perf_counter() > self._turn_ends:
            await trio.lowlevel.checkpoint()
            self._turn_ends = perf_counter() + TURN

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        """Let a task of the plugin write as a handler does, also before the lane runs and after it has ended.

        See ``Runs.transaction``.
        """
        name, from_start = self.subscriber.name, self.subscriber.from_start
        self._ended = self._ended or not self._opened
        # One more reader: the lane may end meanwhile. The state is the same for as long as anybody has it open. Which
        # settings read the fixture last stays as it is: nothing is read here.
        self._runs.state = await self.log.open_lane(name, self.fixture, self, settings=None, from_start=from_start)
        try:
            async with self._runs.transaction(self.clock.now()):
                yield
        finally:
            self.log.close_lane(name, self.fixture, self)
        if self._resting:
            self._idle.unpark()  # to look at its timers

    def _look_at_timers(self) -> None:
        self._due = min((timer.due for timer in self._state.timers.values()), default=math.inf)
        if not self._ended:
            self.retimed(self, self._due)
