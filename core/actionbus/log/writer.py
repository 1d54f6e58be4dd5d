"""The writer: hands whole batches to one thread, and keeps what waits while the disk refuses."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import structlog
import trio

from actionbus.errors import ConfigError
from actionbus.log.batch import Batch
from actionbus.log.database import Database, is_a_mistake, is_corrupt
from actionbus.log.salvage import Salvaged, salvage

T = TypeVar("T")

ROOM = 1000  # rows and units under way: beyond, feeds wait (a writer's thread starves beside a busy loop)
MOST_WAITING = 10_000  # the same while the disk refuses: about 30 MB of packets
PAUSE = 0.005  # seconds between two batches: a stream of packets is written in few large ones
FIRST_WAIT, LAST_WAIT = 0.1, 5.0  # seconds between attempts to write to a disk that refuses

logger = structlog.get_logger()


class Writer:
    """Writes ``batch``, and then what has been put into the next one meanwhile, until ``run`` is cancelled.

    ``trouble`` says why nothing can be written, None while all is well; ``report`` is told whenever that changes.
    ``written`` is called with each batch that is on the disk. A file that turns out to be damaged is kept aside:
    ``rebuild`` gets what was to be written and what could still be read of the fixtures ``in_use``, and returns all
    that a new file needs.
    """

    def __init__(
        self,
        database: Database,
        last: int,
        *,
        written: Callable[[Batch], None],
        in_use: Callable[[], Sequence[int]],
        rebuild: Callable[[Batch, Salvaged], Batch],
        report: Callable[[str | None], None],
    ) -> None:
        self.batch = Batch(last + 1)
        self.trouble: str | None = None
        self.lost = 0
        self._database = database
        self._last = last
        self._on_written = written
        self._in_use = in_use
        self._rebuild = rebuild
        self._report = report
        self._not_before = 0.0  # on trio's clock
        self._under_way = 0  # rows and units that are not on the disk
        self._waiting: Batch | None = None  # what the thread is writing, or tries to
        self._work = trio.Event()
        self._changed = trio.lowlevel.ParkingLot()  # wakes when a batch was written
        self._writing, self._reading = trio.CapacityLimiter(1), trio.CapacityLimiter(1)

    def touch(self, count: int = 0) -> None:
        """Take note that something, with so many rows and units, was put into ``batch``."""
        self._under_way += count
        self._work.set()

    @property
    def under_way(self) -> int:
        """How many rows and units are not on the disk."""
        return self._under_way

    @property
    def crowded(self) -> bool:
        """Whether feeds should wait for ``room``."""
        return self._under_way >= (MOST_WAITING if self.trouble is not None else ROOM)

    @property
    def stuck(self) -> bool:
        """Whether lanes that write should wait for ``room``."""
        return self.trouble is not None and self._under_way >= MOST_WAITING

    async def room(self) -> None:
        """Wait until there is room again."""
        while self.crowded:
            await self._changed.park()

    async def durable(self) -> None:
        """Wait until all that was put into a batch until now is on the disk."""
        await self.written(self.batch.number if self._work.is_set() else self.batch.number - 1)

    async def written(self, number: int) -> None:
        """Wait until a batch is on the disk, if there is anything in it."""
        while self._last < min(number, self.batch.number if self._work.is_set() else self.batch.number - 1):
            await self._changed.park()

    async def run(self) -> None:
        """Write, for ever."""
        while True:
            await self._work.wait()
            await trio.sleep_until(self._not_before)  # at least a turn for the lanes: their cursors come along
            batch = self._waiting = self.batch
            self.batch = Batch(batch.number + 1)
            self._work = trio.Event()
            await self._write(batch)
            self._not_before = trio.current_time() + PAUSE

    async def _write(self, batch: Batch) -> None:
        wait = FIRST_WAIT
        while self._waiting is batch:  # whoever replaces the file puts it into the next one
            try:
                await self.in_thread(partial(self._write_now, batch))
            except sqlite3.Error as error:
                if is_corrupt(error):
                    await self.replace_file(error)
                    continue
                self._in_trouble(str(error))
                await trio.sleep(wait)
                wait = min(wait * 2, LAST_WAIT)
                await self._reopen()
                continue
            if self._waiting is batch:
                self._waiting = None
                self._done(batch)

    def _write_now(self, batch: Batch) -> None:
        if self._waiting is batch:
            self._database.write(batch)

    async def _reopen(self) -> None:
        try:
            await self.in_thread(self._database.reopen_writer)
        except (sqlite3.Error, ConfigError) as error:
            self._in_trouble(str(error))

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Do something with the writing connection. Raises sqlite3.Error."""
        return await trio.to_thread.run_sync(work, limiter=self._writing)

    async def from_disk(self, read: Callable[[], T]) -> T:
        """Read with the reading connection; try again for as long as the disk refuses.

        Raises sqlite3.Error where it is the question that is wrong.
        """
        wait = FIRST_WAIT
        while True:
            try:
                return await trio.to_thread.run_sync(read, limiter=self._reading)
            except sqlite3.Error as error:
                if is_corrupt(error):
                    await self.replace_file(error)
                    continue
                if is_a_mistake(error):
                    raise
                logger.error("the journal cannot be read", journal=str(self._database.path), reason=str(error))
            await trio.sleep(wait)
            wait = min(wait * 2, LAST_WAIT)
            try:
                await trio.to_thread.run_sync(self._database.reopen_reader, limiter=self._reading)
            except (sqlite3.Error, ConfigError):
                continue

    async def replace_file(self, error: sqlite3.Error) -> None:
        """Keep a damaged file aside and begin a new one with what is in memory, as soon as the disk allows it."""
        lost, wait = self.lost, FIRST_WAIT
        async with self._reading, self._writing:
            if self.lost != lost:
                return  # somebody else was faster
            salvaged = await trio.to_thread.run_sync(salvage, self._database, self._in_use())
            while True:  # nobody may touch the files meanwhile: a new one without all that is in memory is of no use
                try:
                    kept = await trio.to_thread.run_sync(self._database.set_aside)
                    break
                except (OSError, sqlite3.Error, ConfigError) as refusal:
                    self._in_trouble(f"{error}; and it cannot be replaced: {refusal}")
                await trio.sleep(wait)
                wait = min(wait * 2, LAST_WAIT)
            self.lost += 1
            logger.error(
                "the journal is damaged: it is kept aside and a new one begun, the feeds' lists are fetched anew",
                journal=str(self._database.path), kept=str(kept), reason=str(error),
            )  # fmt: skip
            held, self._waiting = self._waiting, None
            batch = self.batch
            if held is not None:
                held.absorb(batch)
                held.number = batch.number
                batch = held
            self.batch = self._rebuild(batch, salvaged)
            self._work.set()
            self._changed.unpark_all()

    def _in_trouble(self, reason: str) -> None:
        if self.trouble is None:
            logger.error(
                "the journal cannot be written: plugins and alerts go on, what comes waits in memory; make room, or see"
                " `actionbus doctor`",
                journal=str(self._database.path), reason=reason,
            )  # fmt: skip
        if self.trouble != reason:
            self.trouble = reason
            self._report(reason)
            self._changed.unpark_all()  # there is more room now

    def _done(self, batch: Batch) -> None:
        self._last = batch.number
        self._under_way -= len(batch.rows) - batch.salvaged + batch.units
        if self.trouble is not None:
            self.trouble = None
            self._report(None)
            logger.warning("the journal is written again", journal=str(self._database.path), rows=len(batch.rows))
        self._on_written(batch)
        for then in batch.then:
            then()
        self._changed.unpark_all()
