"""The fixtures and lanes of a journal that are in use, as they are in memory."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Generator
from contextlib import contextmanager

import structlog
import trio
from attrs import define, field

from actionbus.log.batch import Batch, Record
from actionbus.log.moments import Moments
from actionbus.log.records import record
from actionbus.log.rows import LaneState, Row
from actionbus.log.salvage import Salvaged
from actionbus.log.seam import Reader

logger = structlog.get_logger()


@define(eq=False)
class OpenLane:
    """A lane, by its number in the journal."""

    number: int
    state: LaneState
    settings: str
    readers: list[Reader] = field(factory=list[Reader])


@define(eq=False)
class OpenFixture:
    """A fixture, by its number in the journal; ``head`` is the position of its newest row."""

    number: int
    name: str
    head: int
    epoch: int
    waiting: deque[Row] = field(factory=deque[Row])
    """Rows that are not on the disk yet."""
    lanes: dict[str, OpenLane] = field(factory=dict[str, OpenLane])
    left: dict[str, int] = field(factory=dict[str, int])
    """The batch with the last writes of a lane that was closed, by plugin."""

    def close_lane(self, plugin: str, reader: Reader, batch: int) -> None:
        """Forget a reader of a lane, and with the last one the lane, whose last writes are in ``batch``."""
        lane = self.lanes[plugin]
        lane.readers.remove(reader)
        if not lane.readers:
            del self.lanes[plugin]
            self.left[plugin] = batch

    def behind(self) -> list[str]:
        """Return the plugins whose lanes have rows before them that are on the disk."""
        on_disk = self.waiting[0].position - 1 if self.waiting else self.head
        return [plugin for plugin, lane in self.lanes.items() if lane.state.cursor < on_disk]


class Opened:
    """All fixtures that were opened since the start; what is left of one that is over is small."""

    def __init__(self) -> None:
        self._fixtures: dict[str, OpenFixture] = {}
        self._by_number: dict[int, OpenFixture] = {}
        self._shut: set[int] = set()  # fixtures that are being deleted
        self._opening: Counter[int] = Counter()  # those that are being opened
        self._waiting = trio.lowlevel.ParkingLot()  # for one of them

    def __getitem__(self, fixture: str) -> OpenFixture:
        return self._fixtures[fixture]

    def get(self, fixture: str) -> OpenFixture | None:
        """Return a fixture that was opened."""
        return self._fixtures.get(fixture)

    def add(self, fixture: OpenFixture) -> OpenFixture:
        """Take in a fixture, or return it as somebody else has opened it meanwhile."""
        fixture = self._fixtures.setdefault(fixture.name, fixture)
        return self._by_number.setdefault(fixture.number, fixture)

    def stores(self, plugin: str) -> dict[str, dict[str, bytes]]:
        """Return the stores of a plugin's lanes that are open, by fixture."""
        return {name: held.lanes[plugin].state.store for name, held in self._fixtures.items() if plugin in held.lanes}

    async def not_shut(self, number: int) -> None:
        """Wait until a fixture is not being deleted."""
        while number in self._shut:
            await self._waiting.park()

    @contextmanager
    def opening(self, number: int) -> Generator[None]:
        """Let nobody delete a fixture while the block runs, which opens it."""
        self._opening[number] += 1
        try:
            yield
        finally:
            self._opening[number] -= 1

    @contextmanager
    def shut(self, number: int, finished: Collection[str]) -> Generator[bool]:
        """Let nobody open a fixture while the block runs; yield whether it was not in use already."""
        held = self._by_number.get(number)
        in_use = held is not None and (held.name not in finished or held.lanes or held.waiting)
        if in_use or self._opening[number]:
            yield False
            return
        self._shut.add(number)
        try:
            yield True
        finally:
            self._shut.discard(number)
            self._waiting.unpark_all()

    def let_go(self, batch: Batch) -> None:
        """Forget rows that are on the disk now."""
        if not batch.rows:
            return
        last = batch.rows[-1][0]
        assert isinstance(last, int)
        for number in batch.touched:
            waiting = self._by_number[number].waiting
            while waiting and waiting[0].position <= last:
                waiting.popleft()

    def in_use(self) -> list[int]:
        """Return the numbers of the fixtures that are read, those first of which a lane reads on from the disk."""
        held = [each for each in self._fixtures.values() if each.lanes]
        return [each.number for each in sorted(held, key=lambda each: not each.behind())]

    def put_all(self, batch: Batch, moments: Moments, salvaged: Salvaged) -> None:
        """Put everything into the first batch of a new file; of lanes that lose rows by it, tell."""
        rows: dict[object, Record] = {each[0]: each for each in salvaged.rows}
        batch.salvaged = len(rows)
        for held in self._fixtures.values():
            batch.epochs[held.number] = held.epoch
            batch.touched.add(held.number)
            for row in held.waiting:
                batch.salvaged -= row.position in rows  # an error may come after the disk has it
                rows[row.position] = record(row, held.number, moments)
            for plugin, lane in held.lanes.items():
                state = lane.state
                batch.lanes[lane.number] = (lane.number, plugin, held.number, state.cursor, lane.settings)
                batch.store.update(((lane.number, key), value) for key, value in state.store.items())
                batch.timers.update(((lane.number, key), timer) for key, timer in state.timers.items())
            for plugin in held.behind() if held.number in salvaged.incomplete else ():
                logger.error(
                    "a plugin was behind, and rows that it had not read are in the damaged journal only",
                    plugin=plugin, fixture=held.name, after=held.lanes[plugin].state.cursor,
                )  # fmt: skip
        batch.rows = [rows[position] for position in sorted(rows, key=_number)]


def _number(position: object) -> int:
    assert isinstance(position, int)
    return position
