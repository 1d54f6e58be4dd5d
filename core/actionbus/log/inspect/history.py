"""A game as the lanes of a journal got it, and what plugins keep there."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator

from actionbus.events.base import Event, Moment, Origin
from actionbus.events.catalogue import Catalogue
from actionbus.log.database import ROW
from actionbus.log.moments import Moments
from actionbus.log.records import Records

_COLUMNS = ", ".join(f"row.{name}" for name in ROW.split(", ")) + ", before.body"
_PIECE = 512  # rows that are read in one go: whoever reads slowly would keep the write-ahead log from shrinking


def history(
    connection: sqlite3.Connection, fixture: int, catalogue: Catalogue, moments: Collection[type[Moment]]
) -> Iterator[tuple[Event, ...]]:
    """Yield the events of each of a fixture's rows, in the order of the log; of moments those of these classes.

    Raises sqlite3.Error.
    """
    known = Moments(warn=False)
    known.know(moments)
    records, position = Records(catalogue, known), 0
    ((name,),) = connection.execute("SELECT name FROM fixture WHERE id = ?", (fixture,)).fetchall()
    while True:
        found = connection.execute(
            f"SELECT {_COLUMNS} FROM (SELECT position AS found FROM row WHERE fixture = ? AND +position > ?"
            " ORDER BY +position LIMIT ?) CROSS JOIN row ON row.position = found"
            " LEFT JOIN row AS before ON before.position = row.previous ORDER BY found",
            (fixture, position, _PIECE),
        ).fetchall()
        for record in found:
            yield records.row(record, name, Origin.CATCH_UP).events
        if len(found) < _PIECE:
            return
        position = found[-1][0]


def stored(connection: sqlite3.Connection, plugin: str, fixture: int | None = None) -> list[tuple[str, str, bytes]]:
    """Return fixture, key and value of what a plugin keeps, of one fixture or of all. Raises sqlite3.Error."""
    asked = (
        "SELECT fixture.name, key, value FROM lane JOIN fixture ON fixture.id = lane.fixture"
        " JOIN store ON store.lane = lane.id WHERE plugin = ?1 AND (?2 IS NULL OR lane.fixture = ?2)"
        " ORDER BY fixture.id, key"
    )
    return connection.execute(asked, (plugin, fixture)).fetchall()


def shared_values(connection: sqlite3.Connection, plugin: str) -> dict[str, bytes]:
    """Return the values that a plugin keeps over all fixtures. Raises sqlite3.Error."""
    return dict(connection.execute("SELECT key, value FROM shared_value WHERE plugin = ?", (plugin,)))


def shared_sums(connection: sqlite3.Connection, plugin: str) -> dict[str, float]:
    """Return the sums that a plugin keeps over all fixtures. Raises sqlite3.Error."""
    return dict(connection.execute("SELECT key, value FROM shared_sum WHERE plugin = ?", (plugin,)))


def held_plugins(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the plugins that have ever had a lane. Raises sqlite3.Error."""
    return [name for (name,) in connection.execute("SELECT DISTINCT plugin FROM lane ORDER BY plugin")]
