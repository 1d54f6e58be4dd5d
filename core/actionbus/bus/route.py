"""From a fixture's rows to the lanes that want them."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager

import trio
from attrs import define, field

from actionbus.bus.clock import FixtureClock
from actionbus.bus.lane import Lane
from actionbus.bus.subscriber import Subscriber
from actionbus.bus.subscription import Interest
from actionbus.log import Log, Published, Row

SKIP_EVERY = 64  # rows: after a start a lane reads at most so many that do not concern it


class _LaneTable(dict[Interest, tuple[Lane, ...]]):
    """The lanes that want an event class and change; worked out once for each."""

    def __init__(self, lanes: list[Lane]) -> None:
        super().__init__()
        self._lanes = lanes

    def __missing__(self, interest: Interest) -> tuple[Lane, ...]:
        found = tuple(lane for lane in self._lanes if lane.subscriber.handlers[interest])
        self[interest] = found
        return found


@define(eq=False, repr=False)
class Route:
    """The lanes of one fixture. ``deliver`` never waits, whatever the lanes do."""

    fixture: str
    log: Log
    clock: FixtureClock
    publish: Callable[[str, Sequence[Published]], None]
    lanes: list[Lane] = field(init=False, factory=list[Lane])
    offered: bool = field(init=False, default=False)
    """Whether a lane was handed a row; who feeds the fixture lowers it and lets the lanes have their turn."""
    _table: _LaneTable = field(init=False)
    _ended: dict[Subscriber, Lane] = field(init=False, factory=dict[Subscriber, Lane])  # they still see transactions
    _timers: dict[Lane, float] = field(init=False, factory=dict[Lane, float])
    _first_due: float = field(init=False, default=math.inf)
    _unskipped: int = field(init=False, default=0)  # rows since the lanes that have nothing to do were told to skip

    def __attrs_post_init__(self) -> None:
        self._table = _LaneTable(self.lanes)
        self.clock.on_set = self._set_alarms

    async def add(self, subscriber: Subscriber, nursery: trio.Nursery) -> Lane:
        """Open the lane of a plugin; it runs in the plugin's nursery."""
        lane = self._ended.pop(subscriber, None)  # of a transaction that was faster, and may still go on
        if lane is None:
            lane = Lane(subscriber, self.fixture, self.log, self.clock, self.publish, self._retimed)
        await lane.open()
        self.lanes.append(lane)
        self._table.clear()
        nursery.start_soon(self._run, lane, name=f"lane {subscriber.name} x {self.fixture}")
        return lane

    @asynccontextmanager
    async def transaction(self, subscriber: Subscriber) -> AsyncGenerator[None]:
        """Let a task of a plugin write as its handlers for this fixture do, also where its lane has ended."""
        lane = next((lane for lane in self.lanes if lane.subscriber is subscriber), None)
        lane = lane if lane is not None else self._ended.get(subscriber)
        if lane is None:
            lane = self._ended[subscriber] = Lane(
                subscriber, self.fixture, self.log, self.clock, self.publish, self._retimed
            )
        async with lane.transaction():
            yield

    async def _run(self, lane: Lane) -> None:
        try:
            await lane.run()
        finally:
            self.lanes.remove(lane)
            self._ended[lane.subscriber] = lane
            self._table.clear()
            self._retimed(lane, math.inf)

    def deliver(self, row: Row) -> None:
        """Hand a row to the lanes that want one of its events, and to those whose timers it passes."""
        lanes: Collection[Lane] = ()
        for event in row.events:
            found = self._table[type(event), event.change]
            lanes = dict.fromkeys((*lanes, *found)) if lanes else found
        for lane in lanes:
            self.offered = True
            lane.offer(row)
        if row.at > self._first_due:
            for lane, due in self._timers.items():
                if due < row.at and lane not in lanes:
                    self.offered = True
                    lane.offer(row)

        self._unskipped += 1
        if self._unskipped >= SKIP_EVERY:
            self._unskipped = 0
            for lane in self.lanes:
                lane.skip(row.position)

    def deliver_to_all(self, row: Row) -> None:
        """Hand a row to every lane: the end of the fixture, at which the timers that remain run out."""
        for lane in self.lanes:
            lane.offer(row)

    def close(self, subscriber: Subscriber | None = None) -> None:
        """Let a plugin's lane, or all lanes, end when they have done what there is."""
        for lane in self.lanes:
            if subscriber is None or lane.subscriber is subscriber:
                lane.close()

    def leave(self, subscriber: Subscriber) -> None:
        """Let a plugin's lane end after the row that it handles."""
        for lane in self.lanes:
            if lane.subscriber is subscriber:
                lane.leave()

    def forget(self, subscriber: Subscriber) -> None:
        """Forget a plugin that has left, and whose transactions are over."""
        self._ended.pop(subscriber, None)

    def serves(self, subscriber: Subscriber) -> bool:
        """Whether a plugin has a lane here that has not ended."""
        return any(lane.subscriber is subscriber for lane in self.lanes)

    async def caught_up(self, *, publishers: bool = False) -> None:
        """Wait until no lane has anything left to do, or no lane of a plugin that publishes moments."""
        while (lane := self._busy(publishers=publishers)) is not None:
            await lane.caught_up()

    def _busy(self, *, publishers: bool) -> Lane | None:
        lanes = (lane for lane in self.lanes if lane.needs is not None)
        return next((lane for lane in lanes if lane.subscriber.publishes or not publishers), None)

    def _retimed(self, lane: Lane, due: float) -> None:
        if due < math.inf:
            self._timers[lane] = due
        else:
            self._timers.pop(lane, None)
        self._first_due = min(self._timers.values(), default=math.inf)

    def _set_alarms(self) -> None:
        for lane in self._timers:
            lane.set_alarm()
