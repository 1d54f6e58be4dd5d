"""Old games go, in pieces so small that nobody waits for them."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable
from functools import partial

import structlog
import trio

from actionbus.log.database import Database
from actionbus.log.sqlite import SqliteLog

EVERY = 3600.0  # seconds between two looks
PIECE = 200  # rows, or pages, that are deleted in one go
PAUSE = 0.05  # seconds between two of them

logger = structlog.get_logger()


async def tidy(log: SqliteLog, database: Database, keep: float, wall: Callable[[], float] = time.time) -> None:
    """Delete games whose newest row is older than ``keep`` seconds, now and every hour. Runs until cancelled.

    Those that are being read or written are left alone. That a game is finished stays known: it is not followed again.
    """
    while keep < math.inf:
        try:
            for fixture in await log.writer.from_disk(partial(older_than, database, wall() - keep)):
                await _forget(log, database, fixture)
        except sqlite3.Error as error:
            logger.warning("old games cannot be deleted for now", journal=str(database.path), reason=str(error))
        await trio.sleep(EVERY)


async def _forget(log: SqliteLog, database: Database, fixture: int) -> None:
    with log.closed(fixture) as is_closed:
        if not is_closed:
            return
        for plugin, name, rows in await log.writer.from_disk(partial(left_behind, database, fixture)):
            what = {"plugin": plugin, "fixture": name, "rows": rows}
            logger.warning("an old game is deleted that a plugin has not read to its end", **what)
        more = True
        while more:
            await log.room()
            more = await log.writer.in_thread(partial(delete_piece, database, fixture))
            await trio.sleep(PAUSE)


def older_than(database: Database, when: float) -> list[int]:
    """Return the fixtures of which there is something, but no row received since ``when`` (Unix seconds)."""
    newest = "SELECT received FROM row WHERE position = (SELECT max(position) FROM row WHERE row.fixture = fixture.id)"
    found = database.read(
        f"SELECT id, ({newest}) AS newest FROM fixture WHERE newest < ?"
        " OR newest IS NULL AND EXISTS (SELECT 1 FROM lane WHERE lane.fixture = fixture.id)",
        when,
    )
    return [number for number, _ in found]


def left_behind(database: Database, fixture: int) -> list[tuple[str, str, int]]:
    """Return plugin, the fixture's id and the number of rows for each lane that has rows before it."""
    return database.read(
        "SELECT plugin, fixture.name, count(*) FROM lane JOIN fixture ON fixture.id = lane.fixture"
        " JOIN row ON row.fixture = lane.fixture AND position > cursor WHERE lane.fixture = ? GROUP BY lane.id",
        fixture,
    )


def delete_piece(database: Database, fixture: int) -> bool:
    """Delete a piece of a fixture, and with the last of its rows all the rest; return whether there is more."""
    with database.changing() as cursor:
        piece = "SELECT position FROM row WHERE fixture = ? ORDER BY position LIMIT ?"
        gone = cursor.execute(f"DELETE FROM row WHERE position IN ({piece})", (fixture, PIECE)).rowcount
        if gone < PIECE:
            for table in ("store", "timer", "published"):
                lanes = "SELECT id FROM lane WHERE fixture = ?"
                cursor.execute(f"DELETE FROM {table} WHERE lane IN ({lanes})", (fixture,))
            cursor.execute("DELETE FROM lane WHERE fixture = ?", (fixture,))
    database.give_back(PIECE)
    return gone == PIECE
