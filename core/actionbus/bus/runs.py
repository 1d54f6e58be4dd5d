"""Handler runs and transactions of one lane, one at a time: what each writes is committed with the lane's cursor."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

import trio
from attrs import define, field

from actionbus.bus.boundary import is_own
from actionbus.bus.subscriber import HandlerFailure, Subscriber
from actionbus.bus.subscription import HandlerTable
from actionbus.bus.work import Work, working
from actionbus.events.base import Event
from actionbus.log import LaneState, Log, Published


@define(eq=False, repr=False)
class Runs:
    """Runs a plugin's handlers for one fixture.

    ``publish`` gets the plugin's name and the moments of a run once that is durable, and then ``announced`` is called;
    ``retimed`` is called when timers were set or dropped.
    """

    subscriber: Subscriber
    fixture: str
    log: Log
    state: LaneState
    publish: Callable[[str, Sequence[Published]], None]
    retimed: Callable[[], None]
    announced: Callable[[], object]
    unannounced: int = field(init=False, default=0)
    """Runs whose moments are not durable yet, and so not announced."""
    busy: bool = field(init=False, default=False)
    """Whether a run or a transaction goes on."""
    _free: trio.lowlevel.ParkingLot = field(init=False, factory=trio.lowlevel.ParkingLot)

    async def handle(self, events: tuple[Event, ...], position: int, work: Work, handlers: HandlerTable) -> None:
        """Run the handlers for the events of one row, or for a timer, and commit what they wrote with the cursor."""
        while self.busy:
            await self._free.park()
        self.busy = True
        working.set(work)
        called = False
        try:
            for event in events:
                for handler in handlers[type(event), event.change]:
                    called = True
                    try:
                        await handler(event)
                    except BaseException as error:
                        # The boundary around a plugin's handler: whatever it raises is its own, sys.exit() included.
                        if not is_own(error):
                            raise
                        self._failed(event, position, work, error)
                        return
            if called:
                self.subscriber.succeeded()
            self.commit(position, work)
        finally:
            self._release()

    @asynccontextmanager
    async def transaction(self, at: float) -> AsyncGenerator[None]:
        """Let a task of the plugin write as a handler does: while the block runs, no handler of the lane does.

        What is written is on the disk when the block has been left; it is dropped where the block raises.
        """
        while self.busy:
            await self._free.park()
        self.busy = True
        work = Work(self.subscriber.name, self.fixture, self.state, at, 0)
        token = working.set(work)
        try:
            yield
            self.commit(self.state.cursor, work)
        finally:
            work.drop()
            working.reset(token)
            self._release()
        await self.log.durable()

    def commit(self, position: int, work: Work) -> None:
        """Close a run and commit what it wrote, and that the lane is done with the row ``position``."""
        unit = work.finish()
        if work.history:
            return
        then = self._publish if unit is not None and unit.published else None
        self.unannounced += then is not None
        self.log.commit(self.subscriber.name, self.fixture, position, unit, then)
        if unit is not None and unit.timers:
            self.retimed()

    def report(self, event: Event, error: BaseException) -> None:
        """Report that a handler failed, where people look."""
        name, paused = self.subscriber.name, self.subscriber.paused
        failure = HandlerFailure(plugin=name, fixture=self.fixture, event=event, error=error, paused=paused)
        self.subscriber.report(failure)

    def _release(self) -> None:
        self.busy = False
        if self._free:
            self._free.unpark_all()

    def _publish(self, published: Sequence[Published]) -> None:
        self.unannounced -= 1
        self.publish(self.subscriber.name, published)
        self.announced()

    def _failed(self, event: Event, position: int, work: Work, error: BaseException) -> None:
        work.drop()
        if not self.subscriber.failed():  # else the cursor stays before the row, and a timer stays set
            self.commit(position, work)
        self.report(event, error)
