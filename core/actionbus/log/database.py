"""The journal's file: the only module that writes to it, and knows how it can fail."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, field

from actionbus.log.batch import Batch
from actionbus.log.schema import connect, connect_to_read

if TYPE_CHECKING:
    from collections.abc import Generator

CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
BESIDE = ("", "-wal", "-shm")  # the files that a database in WAL mode is made of

MOST = 2**63  # beyond, SQLite has no integers

ROW = "position, fixture, kind, epoch, n, at, received, flags, name, state, previous, announced, body"


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is damaged, and not that it cannot be written for now."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in CORRUPT


def is_a_mistake(error: sqlite3.Error) -> bool:
    """Whether an error says that we asked for nonsense, which asking again does not mend."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR


@define(eq=False)
class Database:
    """Two connections to one file: one writes, in whole batches, the other reads. Made by ``open``.

    Its methods wait for the disk: call them in a thread, writing and reading each from one thread at a time.
    """

    path: Path
    sync: str
    _writer: sqlite3.Connection = field(init=False)
    _reader: sqlite3.Connection = field(init=False)
    _is_open: bool = field(init=False, default=False)
    _inode: int = field(init=False, default=0)
    _kept: Path | None = field(init=False, default=None)
    """Where a damaged file is by now, until there is a new one in its place."""

    def open(self) -> None:
        """Open the file, or make it. Raises ConfigError and sqlite3.Error."""
        self._writer = connect(self.path, sync=self.sync)
        try:
            self._reader = connect_to_read(self.path)
        except BaseException:
            self._writer.close()
            raise
        self._inode = os.stat(self.path).st_ino
        self._is_open = True

    def reopen_writer(self) -> None:
        """Connect anew after an error: a connection whose file could not be written may be of no use any more."""
        before, self._writer = self._writer, connect(self.path, sync=self.sync)
        _close(before)

    def reopen_reader(self) -> None:
        """Connect anew after an error."""
        before, self._reader = self._reader, connect_to_read(self.path)
        _close(before)

    def close(self) -> None:
        """Close the file, if it is open."""
        if self._is_open:
            self._is_open = False
            _close(self._reader)
            _close(self._writer)

    def set_aside(self) -> Path:
        """Keep a damaged file under another name, beside where it was, and begin a new one; return that name.

        Raises OSError, ConfigError and sqlite3.Error, and can then be called again.
        """
        self.close()
        if self._kept is None:
            self._kept = keep_aside(self.path)
        self.open()
        kept, self._kept = self._kept, None
        return kept

    def write(self, batch: Batch) -> None:
        """Write a batch, all or nothing. Raises sqlite3.Error; writing it again then does no harm.

        A file that was removed is damaged, too: SQLite would go on writing to what nobody can open any more.
        """
        if not self._is_there():
            gone = sqlite3.DatabaseError("its file was removed, or another one is in its place")
            gone.sqlite_errorcode = sqlite3.SQLITE_NOTADB
            raise gone
        with self.changing() as cursor:
            ((done,),) = cursor.execute("SELECT batch FROM written").fetchall()
            if done < batch.number:
                _put(cursor, batch)

    def _is_there(self) -> bool:
        try:
            return os.stat(self.path).st_ino == self._inode
        except FileNotFoundError:
            return False
        except OSError:
            return True  # nobody knows; what follows finds out whether it can be written

    def commit(self) -> None:
        """Make it last."""
        self._writer.execute("COMMIT")

    def read(self, question: str, *arguments: object) -> list[Any]:
        """Return the answer to a question. Raises sqlite3.Error."""
        return self._reader.execute(question, arguments).fetchall()

    @contextmanager
    def changing(self) -> Generator[sqlite3.Cursor]:
        """Change the file, all or nothing. Raises sqlite3.Error."""
        writer = self._writer
        try:
            yield writer.execute("BEGIN IMMEDIATE")
            self.commit()
        except BaseException:
            if writer.in_transaction:
                try:
                    writer.execute("ROLLBACK")
                except sqlite3.Error:
                    writer.close()  # which rolls back, too
            raise

    def give_back(self, pages: int) -> None:
        """Give room that deleted rows have left back to the disk."""
        self._writer.executescript(f"PRAGMA incremental_vacuum({pages})")  # execute() takes one step of it, a page


def _put(cursor: sqlite3.Cursor, batch: Batch) -> None:
    many = cursor.executemany
    many("INSERT INTO fixture(id, name) VALUES (?, ?)", batch.fixtures.items())
    many(f"INSERT INTO row({ROW}) VALUES ({', '.join('?' * 13)})", batch.rows)
    many("UPDATE fixture SET epoch = ?2 WHERE id = ?1", batch.epochs.items())
    many("UPDATE fixture SET base = ?2 WHERE id = ?1", batch.bases.items())
    many("UPDATE fixture SET gaps = ?2 WHERE id = ?1", batch.gaps.items())
    many("UPDATE fixture SET finished = 1 WHERE id = ?", ((fixture,) for fixture in batch.finished))
    many("INSERT OR IGNORE INTO plugin(name, born) VALUES (?, ?)", batch.plugins.items())
    many("REPLACE INTO lane(id, plugin, fixture, cursor, settings) VALUES (?, ?, ?, ?, ?)", batch.lanes.values())
    many("UPDATE lane SET cursor = ?2 WHERE id = ?1", batch.cursors.items())
    gone = [key for key, value in batch.store.items() if value is None]
    many("DELETE FROM store WHERE lane = ? AND key = ?", gone)
    kept = ((*key, value) for key, value in batch.store.items() if value is not None)
    many("REPLACE INTO store(lane, key, value) VALUES (?, ?, ?)", kept)
    gone = [key for key, timer in batch.timers.items() if timer is None]
    many("DELETE FROM timer WHERE lane = ? AND key = ?", gone)
    timers = ((*key, timer.due, timer.data, timer.hops) for key, timer in batch.timers.items() if timer is not None)
    many("REPLACE INTO timer(lane, key, due, data, hops) VALUES (?, ?, ?, ?, ?)", timers)
    many("INSERT INTO published(id, lane, name, body, hops) VALUES (?, ?, ?, ?, ?)", batch.published.values())
    many("DELETE FROM published WHERE id = ?", ((number,) for number in batch.settled))
    sums = "INSERT INTO shared_sum VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value"
    many(sums, ((*key, by if -MOST < by < MOST else float(by)) for key, by in batch.sums.items()))
    many("INSERT OR IGNORE INTO shared_value VALUES (?, ?, ?)", ((*key, v) for key, v in batch.values.items()))
    cursor.execute("UPDATE written SET batch = ?", (batch.number,))


def _close(connection: sqlite3.Connection) -> None:
    try:
        connection.close()
    except sqlite3.Error:
        return  # the checkpoint that it does at last failed: the next one to open the file does it


def keep_aside(path: Path) -> Path:
    """Rename a damaged journal, with what belongs to it; return its new name."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    kept = path.with_name(f"{path.name}.corrupt-{stamp}")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.corrupt-{stamp}-{number}")
    for suffix in BESIDE:
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + suffix))
    return kept
