"""A journal's rows as people look at them: newest first in pieces, or on from a position, by fixture, type and time."""

from __future__ import annotations

import math
import sqlite3
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import orjson
from attrs import field, frozen

from actionbus.events.base import Action, Change, Event, FeedState, FeedStatus, Moment
from actionbus.events.catalogue import Catalogue
from actionbus.log.database import ROW
from actionbus.log.moments import Moments
from actionbus.log.records import Records
from actionbus.log.rows import RowKind

_COLUMNS = ", ".join(f"row.{name}" for name in ROW.split(", ")) + ", before.body"
_LEAST, _MOST = 64, 2048  # rows that are read in one go
_NO_LAST = 2**62

_ACTIONS = (RowKind.PACKET, RowKind.VANISHED)


@frozen(kw_only=True)
class Entry:
    """What a row says, one thing at a time: a packet may change nothing, one thing, or two where its type changed.

    ``at`` is the fixture clock and ``received`` the wall clock, both in Unix seconds; None: it was not received.
    ``action`` is what a packet says, announced with ``change`` or, where that is None, not at all. ``name`` is the
    class of a moment, in snake_case, and ``says`` its fields. ``reason`` is why a packet is bad, or what was told of
    the connection. ``late``: it came to make up for an outage.
    """

    position: int
    fixture: str
    kind: RowKind
    at: float
    received: float | None
    late: bool
    id: str | None = None
    change: Change | None = None
    action: Action | None = None
    status: FeedState | None = None
    name: str = ""
    says: Mapping[str, object] = field(factory=dict[str, object])
    reason: str = ""


@frozen(kw_only=True)
class Wanted:
    """Which entries are wanted: of one fixture, of some kinds, of some positions. The defaults want all."""

    fixture: int | None = None
    classes: tuple[type[Event], ...] = (Event,)
    """Actions, statuses and moments of these classes, subclasses included."""
    moments: frozenset[str] = frozenset()
    """Moments by name: their classes are those of plugins, which are not imported."""
    bad_packets: bool = True
    changes: frozenset[Change] = frozenset()
    """Empty: all, and what changed nothing."""
    first: int = 1
    last: int | None = None

    @property
    def kinds(self) -> list[RowKind]:
        """The kinds of rows in which there may be such entries."""
        found: list[RowKind] = []
        if any(issubclass(kind, Action) or kind is Event for kind in self.classes):
            found += _ACTIONS
        if self.bad_packets and not self.changes:
            found.append(RowKind.BAD_PACKET)
        if self.moments or self._wants(Moment):
            found.append(RowKind.MOMENT)
        if self._wants(FeedStatus):
            found.append(RowKind.STATUS)
        return found

    def _wants(self, kind: type[Event]) -> bool:
        return any(issubclass(kind, each) for each in self.classes)

    def has(self, entry: Entry) -> bool:
        """Whether an entry of one of these kinds is wanted."""
        if self.changes and entry.change not in self.changes:
            return False
        if entry.kind is RowKind.MOMENT:
            return entry.name in self.moments or self._wants(Moment)
        return entry.action is None or isinstance(entry.action, self.classes)


def position_at(connection: sqlite3.Connection, when: float) -> int:
    """Return the position of the first row that came at ``when`` (Unix seconds) or later."""

    def received(position: int) -> float:
        # a row that was not received, as of a moment that a plugin published, came before the next that was
        asked = "SELECT received FROM row WHERE position >= ? AND received < 9e99 ORDER BY position LIMIT 1"
        found = connection.execute(asked, (position,)).fetchone()
        return found[0] if found is not None else math.inf

    return 1 + bisect_left(range(1, head(connection) + 1), when, key=received)


def head(connection: sqlite3.Connection) -> int:
    """Return the position of the newest row of all, 0 where there is none."""
    ((last,),) = connection.execute("SELECT max(position) FROM row").fetchall()
    return last or 0


def moment_names(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all moments that there are. Looks at what is no packet alone, which is little."""
    asked = (
        "SELECT DISTINCT row.name FROM fixture CROSS JOIN row ON row.fixture = fixture.id"
        " AND row.epoch <= fixture.epoch AND row.n IS NULL WHERE row.kind = ?"
    )
    return {name for (name,) in connection.execute(asked, (RowKind.MOMENT.value,))}


def newest(connection: sqlite3.Connection, wanted: Wanted, catalogue: Catalogue, limit: int) -> list[Entry]:
    """Return the last entries, at most ``limit``, the oldest first. Raises sqlite3.Error."""
    reader = _Reader(connection, catalogue)
    found: list[Entry] = []
    last, piece = wanted.last, _LEAST
    while len(found) < limit:
        rows = reader.rows(wanted, wanted.first, last, piece, newest_first=True)
        for row in rows:
            found += reversed([entry for entry in row if wanted.has(entry)])
        if len(rows) < piece:
            break
        last, piece = reader.position - 1, min(2 * piece, _MOST)
    return found[:limit][::-1]


def forward(connection: sqlite3.Connection, wanted: Wanted, catalogue: Catalogue) -> Iterator[Entry]:
    """Yield the entries, the oldest first. Raises sqlite3.Error."""
    reader = _Reader(connection, catalogue)
    first = wanted.first
    while rows := reader.rows(wanted, first, wanted.last, _MOST):
        for row in rows:
            yield from (entry for entry in row if wanted.has(entry))
        first = reader.position + 1


class _Reader:
    """Reads rows and makes entries of them; ``position`` is that of the last row that was read."""

    def __init__(self, connection: sqlite3.Connection, catalogue: Catalogue) -> None:
        self.position = 0
        self._connection = connection
        self._records = Records(catalogue, Moments(warn=False))
        self._names: dict[int, str] = dict(connection.execute("SELECT id, name FROM fixture"))

    def rows(
        self, wanted: Wanted, first: int, last: int | None, limit: int, *, newest_first: bool = False
    ) -> list[list[Entry]]:
        kinds = [kind.value for kind in wanted.kinds]
        # +position with a fixture: through the index of the fixture, not over the rows of all the others
        position = "position" if wanted.fixture is None else "+position"
        where = f"{position} BETWEEN ? AND ? AND kind IN ({', '.join('?' * len(kinds))})"
        values: list[object] = [first, last if last is not None else _NO_LAST, *kinds]
        if wanted.fixture is not None:
            where += " AND fixture = ?"
            values.append(wanted.fixture)
        order = "DESC" if newest_first else "ASC"
        found = self._connection.execute(
            f"SELECT {_COLUMNS} FROM (SELECT position AS found FROM row WHERE {where} ORDER BY {position} {order}"
            " LIMIT ?) CROSS JOIN row ON row.position = found"
            f" LEFT JOIN row AS before ON before.position = row.previous ORDER BY found {order}",
            (*values, limit),
        ).fetchall()
        if found:
            self.position = found[-1][0]
        return [self._entries(record) for record in found]

    def _entries(self, record: Any) -> list[Entry]:
        listed = self._records.listed(record, self._names.get(record[1], str(record[1])))
        row = listed.row
        make = partial(
            Entry,
            position=row.position,
            fixture=row.fixture,
            kind=row.kind,
            at=row.at,
            received=row.received if math.isfinite(row.received) else None,
            late=row.late,
        )
        if row.kind is RowKind.MOMENT:
            said: dict[str, Any] = orjson.loads(record[-2])
            return [make(id=said["id"], change=Change(said["change"]), name=record[8], says=said["says"])]
        if row.kind is RowKind.BAD_PACKET:
            return [make(reason=row.reason)]
        entries: list[Entry] = []
        for event in row.events:
            if isinstance(event, FeedStatus):
                entries.append(make(id=event.id, status=event.state, reason=event.reason))
            elif isinstance(event, Action):
                entries.append(make(id=event.id, change=event.change, action=event))
        return entries or [make(action=listed.packet)]
