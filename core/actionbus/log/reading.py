"""What is read from the journal, made values again; all of it waits for the disk, so it is called in a thread."""

from __future__ import annotations

import structlog
from attrs import define, frozen

from actionbus.events.base import Origin
from actionbus.log.batch import Record
from actionbus.log.database import ROW, Database
from actionbus.log.moments import Moments
from actionbus.log.opened import OpenLane
from actionbus.log.records import Records
from actionbus.log.rows import Held, LaneState, Published, Row, RowKind, Timer

_COLUMNS = ", ".join(f"row.{name}" for name in ROW.split(", ")) + ", before.body"
_JOINED = "LEFT JOIN row AS before ON before.position = row.previous"
# Whatever may be damaged shows when something is read of each table.
_TABLES = ("fixture", "row", "plugin", "lane", "store", "timer", "published", "shared_sum", "shared_value")

logger = structlog.get_logger()


@frozen
class Known:
    """What a journal holds when it is opened: the last number of each kind, and what is known by name."""

    position: int
    lane: int
    published: int
    batch: int
    fixtures: dict[str, int]
    finished: set[str]
    plugins: dict[str, int]


@frozen
class LaneLine:
    """A lane as the journal has it; ``owes``: it has timers, or moments that are not announced yet."""

    number: int
    plugin: str
    cursor: int
    settings: str
    owes: int


def known(database: Database) -> Known:
    """Return what a journal holds. Raises sqlite3.Error, also where a table cannot be read at all."""
    ((row, born, lane, published, batch),) = database.read(
        "SELECT (SELECT max(position) FROM row), (SELECT max(born) FROM plugin), (SELECT max(id) FROM lane),"
        " (SELECT max(id) FROM published), (SELECT batch FROM written)"
    )
    for table in _TABLES:
        database.read(f"SELECT * FROM {table} LIMIT 1")
    return Known(
        position=max(row or 0, born or 0),
        lane=lane or 0,
        published=published or 0,
        batch=batch,
        fixtures=dict(database.read("SELECT name, id FROM fixture")),
        finished={name for (name,) in database.read("SELECT name FROM fixture WHERE finished")},
        plugins=dict(database.read("SELECT name, born FROM plugin")),
    )


@define(eq=False)
class Reading:
    """Reads one journal, for one thread at a time. Rows up to ``started_at`` are from before this start."""

    database: Database
    records: Records
    moments: Moments
    started_at: int

    def rows(self, fixture: str, number: int, after: int, last: int, limit: int, *, history: bool) -> list[Row]:
        """Return a fixture's next rows behind a position, up to the last."""
        found = self.database.read(
            f"SELECT {_COLUMNS} FROM (SELECT position AS found FROM row WHERE fixture = ? AND position > ?"
            " AND position <= ? ORDER BY position LIMIT ?)"
            f" CROSS JOIN row ON row.position = found {_JOINED} ORDER BY found",
            *(number, after, last, limit),
        )
        return [self.records.row(each, fixture, self._origin(each, history=history)) for each in found]

    def _origin(self, found: Record, *, history: bool) -> Origin:
        if history:
            return Origin.HISTORY
        position = found[0]
        assert isinstance(position, int)
        return Origin.CATCH_UP if position <= self.started_at else Origin.LIVE

    def head(self, number: int) -> tuple[int, int]:
        """Return the position of a fixture's newest row, 0 where there is none, and its epoch."""
        ((head,),) = self.database.read("SELECT max(position) FROM row WHERE fixture = ?", number)
        ((epoch,),) = self.database.read("SELECT epoch FROM fixture WHERE id = ?", number)
        return head or 0, epoch

    def held(self, fixture: str, number: int) -> Held:
        """Return what is needed to go on with a fixture."""
        asked = "SELECT base, gaps, finished FROM fixture WHERE id = ?"
        ((base, gaps, finished),) = self.database.read(asked, number)
        found = self.database.read(
            f"SELECT {_COLUMNS} FROM row {_JOINED} WHERE row.fixture = ?1 AND ("
            " row.n IS NOT NULL AND row.epoch = (SELECT epoch FROM fixture WHERE id = ?1) OR row.kind IN (?2, ?3))"
            " ORDER BY row.position",
            *(number, RowKind.MOMENT.value, RowKind.VANISHED.value),
        )
        return Held(
            rows=[self.records.listed(each, fixture) for each in found],
            base=base,
            gaps=gaps,
            finished=bool(finished),
            settings={lane.plugin: lane.settings for lane in self.lanes(number)},
        )

    def lanes(self, number: int) -> list[LaneLine]:
        """Return what is known of a fixture's lanes."""
        asked = (
            "SELECT id, plugin, cursor, settings, EXISTS (SELECT 1 FROM published WHERE published.lane = lane.id)"
            " OR EXISTS (SELECT 1 FROM timer WHERE timer.lane = lane.id) FROM lane WHERE fixture = ?"
        )
        return [LaneLine(*line) for line in self.database.read(asked, number)]

    def lane(self, plugin: str, fixture: str, number: int) -> OpenLane | None:
        """Return a lane with what is held of it, None where it was never opened."""
        found = next((lane for lane in self.lanes(number) if lane.plugin == plugin), None)
        if found is None:
            return None
        read = self.database.read
        store: dict[str, bytes] = dict(read("SELECT key, value FROM store WHERE lane = ?", found.number))
        timers = read("SELECT key, due, data, hops FROM timer WHERE lane = ?", found.number)
        state = LaneState(found.cursor, store, {key: Timer(due, data, hops) for key, due, data, hops in timers})
        asked = "SELECT id, name, body, hops FROM published WHERE lane = ? ORDER BY id"
        for waiting, name, body, hops in read(asked, found.number):
            envelope = {"fixture": fixture, "position": 0, "at": 0.0, "origin": Origin.CATCH_UP}
            moment = self.moments.decode(name, body, envelope)
            if moment is None:
                logger.warning("a moment that was published cannot be announced any more", plugin=plugin, moment=name)
                continue
            state.published.append(Published(moment=moment, hops=hops, id=waiting))
        return OpenLane(found.number, state, found.settings)

    def stored(self, plugin: str, prefix: str) -> list[tuple[str, str, bytes]]:
        """Return fixture, key and value of what a plugin keeps under keys that begin with ``prefix``."""
        asked = (
            "SELECT fixture.name, key, value FROM lane JOIN fixture ON fixture.id = lane.fixture"
            " JOIN store ON store.lane = lane.id AND key >= ?2 AND substr(key, 1, length(?2)) = ?2 WHERE plugin = ?1"
        )
        return self.database.read(asked, plugin, prefix)

    def shared(self, plugin: str) -> tuple[dict[str, float], dict[str, bytes]]:
        """Return a plugin's sums and values over all fixtures."""
        sums = self.database.read("SELECT key, value FROM shared_sum WHERE plugin = ?", plugin)
        values = self.database.read("SELECT key, value FROM shared_value WHERE plugin = ?", plugin)
        return dict(sums), dict(values)
