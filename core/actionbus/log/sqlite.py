"""The log on disk: rows are handed on at once and written behind, whole batches at a time, in the order they came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice

from actionbus.events.base import Moment, Origin
from actionbus.events.catalogue import Catalogue, snake_name
from actionbus.log.batch import Batch
from actionbus.log.database import Database
from actionbus.log.memory import merge
from actionbus.log.moments import Moments
from actionbus.log.opened import Opened, OpenFixture, OpenLane
from actionbus.log.reading import Known, Reading
from actionbus.log.records import Records, as_origin, record
from actionbus.log.rows import Held, LaneState, Published, Row, Unit
from actionbus.log.salvage import Salvaged
from actionbus.log.seam import Reader, SharedState
from actionbus.log.writer import Writer


class SqliteLog:
    """One file for all fixtures. Everything that is given to it goes through one thread, in one order.

    ``writer.run`` is to run beside it. ``report`` is told why the disk refuses, and None once it does no longer.
    """

    def __init__(
        self, database: Database, known: Known, catalogue: Catalogue, report: Callable[[str | None], None]
    ) -> None:
        self._numbers = known.fixtures
        self._finished = known.finished
        self._born = known.plugins
        self._position = known.position
        self._next_lane, self._next_published = known.lane, known.published
        self._moments = Moments()
        self._reading = Reading(database, Records(catalogue, self._moments), self._moments, self._position)
        self._opened = Opened()
        self._shared: dict[str, SharedState] = {}
        self.writer = Writer(
            database,
            known.batch,
            written=self._opened.let_go,
            in_use=self._opened.in_use,
            rebuild=self._rebuild,
            report=report,
        )

    @property
    def crowded(self) -> bool:
        """Whether feeds should wait for ``room``."""
        return self.writer.crowded

    @property
    def stuck(self) -> bool:
        """Whether lanes that write should wait for ``room``."""
        return self.writer.stuck

    @property
    def under_way(self) -> int:
        """How many rows and handler runs are not on the disk yet."""
        return self.writer.under_way

    @property
    def lost(self) -> int:
        """How often the file was damaged, and a new one begun."""
        return self.writer.lost

    async def room(self) -> None:
        """Wait until the log is not crowded."""
        await self.writer.room()

    async def durable(self) -> None:
        """Wait until all that was given to the log until now is on the disk."""
        await self.writer.durable()

    # --- rows ---

    def next_position(self) -> int:
        """Number the next row."""
        self._position += 1
        return self._position

    def append(self, rows: Sequence[Row]) -> None:
        """Take in rows of one fixture."""
        held = self._opened[rows[0].fixture]
        batch = self.writer.batch
        for row in rows:
            batch.rows.append(record(row, held.number, self._moments))
            held.waiting.append(row)
        batch.touched.add(held.number)
        last = rows[-1]
        held.head = last.position
        if last.epoch != held.epoch:
            held.epoch = batch.epochs[held.number] = last.epoch
        if rows[0].ends_fixture:
            batch.finished.add(held.number)
            self._finished.add(last.fixture)
        self.writer.touch(len(rows))

    def settle(self, published: Iterable[Published]) -> None:
        """Take note that what a handler published is announced."""
        self.writer.batch.settled += [each.id for each in published]
        self.writer.touch()

    def note(self, fixture: str, *, base: int | None = None, gaps: int | None = None) -> None:
        """Keep what was learned of a fixture's list."""
        number = self._opened[fixture].number
        if base is not None:
            self.writer.batch.bases[number] = base
        if gaps is not None:
            self.writer.batch.gaps[number] = gaps
        self.writer.touch()

    def know(self, kinds: Iterable[type[Moment]]) -> None:
        """Learn the moment classes of a plugin."""
        self._moments.know(kinds)

    def head(self, fixture: str) -> int:
        """Return the position of the fixture's newest row; 0 where there is none."""
        held = self._opened.get(fixture)
        return held.head if held is not None else 0

    async def read(self, fixture: str, after: int, limit: int, *, until: int | None = None) -> list[Row]:
        """Return the fixture's next rows behind a position; those that wait to be written come from memory."""
        held = self._opened[fixture]
        waiting = tuple(held.waiting)  # before the disk is asked: what leaves it meanwhile has got there
        last = until if until is not None else held.head
        first = waiting[0].position if waiting else held.head + 1
        rows: list[Row] = []
        if after < first - 1:
            read = partial(self._reading.rows, fixture, held.number, after, last, limit, history=until is not None)
            rows = await self.writer.from_disk(read)
            after = rows[-1].position if rows else after
        more = (row for row in waiting if after < row.position <= last)
        behind = list(islice(more, limit - len(rows)))
        return rows + (behind if until is None else [as_origin(row, Origin.HISTORY) for row in behind])

    # --- fixtures and lanes ---

    def is_finished(self, fixture: str) -> bool:
        """Whether the log holds that the fixture is finished."""
        return fixture in self._finished

    def holds(self, fixture: str) -> bool:
        """Whether the log knows the fixture, be it that its rows are gone."""
        return fixture in self._numbers

    async def stored(self, plugin: str, prefix: str) -> list[tuple[str, str, bytes]]:
        """Return what a plugin keeps under keys that begin with ``prefix``, of all fixtures."""
        await self.durable()  # what a lane that was closed wrote last is to be read
        found = await self.writer.from_disk(partial(self._reading.stored, plugin, prefix))
        open_lanes = self._opened.stores(plugin)  # what is in memory is newer
        kept = [each for each in found if each[0] not in open_lanes]
        for fixture, store in open_lanes.items():
            kept += ((fixture, key, value) for key, value in store.items() if key.startswith(prefix))
        return sorted(kept)

    async def held(self, fixture: str) -> Held | None:
        """Return what is needed to go on with a fixture, None where nothing is held."""
        head = (await self._open_fixture(fixture)).head
        number = self._numbers[fixture]
        return await self.writer.from_disk(partial(self._reading.held, fixture, number)) if head else None

    async def cursors(self, fixture: str) -> dict[str, int]:
        """Return how far each plugin that was ever given the fixture has read it."""
        held = await self._open_fixture(fixture)
        lanes = await self.writer.from_disk(partial(self._reading.lanes, held.number))
        before = held.head - 1 if fixture in self._finished else held.head
        return {lane.plugin: min(lane.cursor, before) if lane.owes else lane.cursor for lane in lanes}

    async def open_lane(
        self, plugin: str, fixture: str, reader: Reader, *, settings: str | None = "", from_start: bool = False
    ) -> LaneState:
        """Return what is held of a lane."""
        await self.prepare(plugin)
        held = await self._open_fixture(fixture)
        lane, found = held.lanes.get(plugin), None
        if lane is None:
            await self.writer.written(held.left.get(plugin, 0))  # what it wrote last is to be read
            found = await self.writer.from_disk(partial(self._reading.lane, plugin, fixture, held.number))
            lane = held.lanes.get(plugin)  # somebody else may have been faster
        if lane is None:
            lane = found if found is not None else self._new_lane(plugin, from_start=from_start)
            held.lanes[plugin] = lane
        lane.settings = settings if settings is not None else lane.settings
        lane.readers.append(reader)
        self.writer.batch.lanes[lane.number] = (lane.number, plugin, held.number, lane.state.cursor, lane.settings)
        self.writer.touch()
        return lane.state

    def _new_lane(self, plugin: str, *, from_start: bool) -> OpenLane:
        born = self._born.get(plugin)
        if born is None:
            born = self._born[plugin] = self.writer.batch.plugins[plugin] = self._position
        self._next_lane += 1
        return OpenLane(self._next_lane, LaneState(0 if from_start else born), "")

    async def _open_fixture(self, fixture: str) -> OpenFixture:
        held = self._opened.get(fixture)
        number = self._numbers.get(fixture)
        if number is None:
            number = self._numbers[fixture] = len(self._numbers) + 1
            self.writer.batch.fixtures[number] = fixture
            self.writer.touch()
            return self._opened.add(OpenFixture(number, fixture, 0, 0))
        await self._opened.not_shut(number)
        if held is None:
            with self._opened.opening(number):
                head, epoch = await self.writer.from_disk(partial(self._reading.head, number))
                held = self._opened.add(OpenFixture(number, fixture, head, epoch))
        return held

    def close_lane(self, plugin: str, fixture: str, reader: Reader) -> None:
        """Forget a reader; with the last one goes what is in memory of the lane."""
        self._opened[fixture].close_lane(plugin, reader, self.writer.batch.number)

    def commit(
        self,
        plugin: str,
        fixture: str,
        cursor: int,
        unit: Unit | None,
        then: Callable[[Sequence[Published]], None] | None = None,
    ) -> None:
        """Finish one handler run: its writes and the cursor, all or nothing."""
        batch = self.writer.batch
        lane = self._opened[fixture].lanes[plugin]
        lane.state.cursor = batch.cursors[lane.number] = cursor
        if unit is None:
            self.writer.touch()
            return
        merge(lane.state.store, unit.store.items())
        merge(lane.state.timers, unit.timers.items())
        batch.store.update(((lane.number, key), value) for key, value in unit.store.items())
        batch.timers.update(((lane.number, key), timer) for key, timer in unit.timers.items())
        self.share(plugin, unit)
        if unit.published and then is not None:
            batch.then.append(partial(then, [self._publish(lane.number, each) for each in unit.published]))

    def share(self, plugin: str, unit: Unit) -> None:
        """Keep what a unit adds and claims in the plugin's shared store."""
        shared, batch = self.shared(plugin), self.writer.batch
        for key, by in unit.added.items():
            shared.sums[key] = shared.sums.get(key, 0) + by
            batch.sums[plugin, key] = batch.sums.get((plugin, key), 0) + by
        for key, value in unit.claimed.items():
            shared.values.setdefault(key, value)
            batch.values.setdefault((plugin, key), value)
        batch.units += 1
        self.writer.touch(1)

    def _publish(self, lane: int, published: Published) -> Published:
        self._next_published += 1
        number, moment = self._next_published, published.moment
        body = self._moments.encode(moment)
        self.writer.batch.published[number] = (number, lane, snake_name(type(moment)), body, published.hops)
        return Published(moment=moment, hops=published.hops, id=number)

    async def prepare(self, plugin: str) -> None:
        """Read what a plugin keeps over all fixtures."""
        if plugin not in self._shared:
            found = await self.writer.from_disk(partial(self._reading.shared, plugin))
            self._shared.setdefault(plugin, SharedState(*found))

    def shared(self, plugin: str) -> SharedState:
        """Return the plugin's store over all fixtures."""
        return self._shared[plugin]

    def closed(self, number: int) -> AbstractContextManager[bool]:
        """Let nobody open a fixture, by its number, while the block runs; gives whether it was not in use already."""
        return self._opened.shut(number, self._finished)

    def _rebuild(self, batch: Batch, salvaged: Salvaged) -> Batch:
        """Return what a new file needs: all that is in memory, and of ``batch`` what is in no other place."""
        whole = Batch(batch.number, bases=batch.bases, gaps=batch.gaps, then=batch.then, units=batch.units)
        whole.published, whole.settled = batch.published, batch.settled
        whole.fixtures = {number: name for name, number in self._numbers.items()}
        whole.finished = {self._numbers[name] for name in self._finished}
        whole.plugins = dict(self._born)
        self._opened.put_all(whole, self._moments, salvaged)
        for plugin, shared in self._shared.items():
            whole.sums.update(((plugin, key), value) for key, value in shared.sums.items())
            whole.values.update(((plugin, key), value) for key, value in shared.values.items())
        return whole
