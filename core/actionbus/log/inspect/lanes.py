"""How far each lane is behind the rows that there are."""

from __future__ import annotations

import math
import sqlite3

from attrs import frozen


@frozen(kw_only=True)
class LaneLag:
    """A lane that has not read all: ``rows`` is how many wait, ``seconds`` from the first of them to the newest row.

    A lane that no row concerns takes note of them in pieces of 64: fewer say nothing.
    """

    plugin: str
    fixture: str
    rows: int
    seconds: float


def lags(connection: sqlite3.Connection) -> list[LaneLag]:
    """Return the lanes that are behind, the furthest first. Raises sqlite3.Error."""
    heads: dict[int, int] = dict(connection.execute("SELECT fixture, max(position) FROM row GROUP BY fixture"))
    lanes: list[tuple[int, str, str, int]] = connection.execute(
        "SELECT fixture, name, plugin, cursor FROM lane JOIN fixture ON fixture.id = lane.fixture"
    ).fetchall()
    behind = [lane for lane in lanes if lane[3] < heads.get(lane[0], 0)]
    found = [_lag(connection, plugin, name, fixture, cursor) for fixture, name, plugin, cursor in behind]
    return sorted(found, key=lambda lag: (-lag.rows, lag.fixture, lag.plugin))


def _lag(connection: sqlite3.Connection, plugin: str, name: str, fixture: int, cursor: int) -> LaneLag:
    # +position: or the rows of all fixtures are gone through, not the index of this one's
    asked = "SELECT count(*), min(position), max(position) FROM row WHERE fixture = ? AND +position > ?"
    ((rows, first, last),) = connection.execute(asked, (fixture, cursor)).fetchall()
    oldest = received(connection, fixture, first, last, newest=False) if rows else None
    newest = received(connection, fixture, first, last, newest=True) if rows else None
    seconds = newest - oldest if newest is not None and oldest is not None else 0.0
    return LaneLag(plugin=plugin, fixture=name, rows=rows, seconds=max(0.0, seconds))


def received(connection: sqlite3.Connection, fixture: int, first: int, last: int, *, newest: bool) -> float | None:
    """Return when the oldest or the newest of a fixture's rows came (Unix seconds), as far as the rows say that."""
    at = connection.execute("SELECT received FROM row WHERE position = ?", (last if newest else first,)).fetchone()
    if at is not None and math.isfinite(at[0]):
        when: float = at[0]
        return when
    # what a plugin publishes was not received; such rows are rare, so it is no use to look at many
    order = "DESC" if newest else ""
    rows = connection.execute(
        f"SELECT position FROM row WHERE fixture = ? AND +position BETWEEN ? AND ? ORDER BY +position {order} LIMIT 64",
        (fixture, first, last),
    )
    for (position,) in rows.fetchall():
        ((when,),) = connection.execute("SELECT received FROM row WHERE position = ?", (position,)).fetchall()
        if math.isfinite(when):
            return when
    return None
