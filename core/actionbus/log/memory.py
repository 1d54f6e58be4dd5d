"""The log in memory: all that the seam asks for but durability."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TypeVar

from attrs import define, field

from actionbus.log.rows import LaneState, Row, Unit
from actionbus.log.seam import Reader, SharedState

V = TypeVar("V")

_position = attrgetter("position")

TRIM_EVERY = 256  # rows of one fixture
BAD_KEPT = 100  # bad packets of one fixture that are kept aside


@define(eq=False)
class _Fixture:
    rows: list[Row] = field(factory=list[Row])
    bad: deque[Row] = field(factory=lambda: deque[Row](maxlen=BAD_KEPT))
    head: int = 0
    since_trim: int = 0
    finished: bool = False
    readers: list[Reader] = field(factory=list[Reader])


@define(eq=False)
class MemoryLog:
    """Keeps the rows that the slowest lane of a fixture still needs, and of bad packets the last 100 of a fixture.

    A lane that is stuck for ever keeps its fixture's rows from there on: about 2 KB each, 2 MB a match. Rows that all
    lanes are done with go every 256 rows, and those of a finished fixture at once. Stopping the daemon loses it all:
    after a start the feed is fetched from its beginning.
    """

    _position: int = 0
    _fixtures: dict[str, _Fixture] = field(factory=dict[str, _Fixture])
    _lanes: dict[tuple[str, str], LaneState] = field(factory=dict[tuple[str, str], LaneState])
    _shared: dict[str, SharedState] = field(factory=dict[str, SharedState])

    def next_position(self) -> int:
        """Number the next row."""
        self._position += 1
        return self._position

    def append(self, rows: Sequence[Row]) -> None:
        """Take in rows of one fixture."""
        held = self._of(rows[0].fixture)
        if held.since_trim >= TRIM_EVERY:
            self._trim(held)  # before these rows come: their readers do not know of them yet, and so do not say so
        held.head = rows[-1].position
        if held.readers:
            held.rows.extend(rows)
            held.since_trim += len(rows)
        held.finished = held.finished or rows[0].ends_fixture

    def set_aside(self, row: Row) -> None:
        """Keep a bad packet for whoever wants to look at it."""
        self._of(row.fixture).bad.append(row)

    def bad_packets(self, fixture: str) -> list[Row]:
        """Return the bad packets that are kept of a fixture, oldest first."""
        return list(self._of(fixture).bad)

    def head(self, fixture: str) -> int:
        """Return the position of the fixture's newest row."""
        return self._of(fixture).head

    def held(self, fixture: str) -> int:
        """Return how many rows of the fixture are in memory."""
        return len(self._of(fixture).rows)

    def lane(self, plugin: str, fixture: str) -> LaneState:
        """Return what is held of a lane that was opened."""
        return self._lanes[plugin, fixture]

    async def read(self, fixture: str, after: int, limit: int) -> list[Row]:
        """Return the fixture's next rows behind a position."""
        rows = self._of(fixture).rows
        start = bisect_right(rows, after, key=_position)
        return rows[start : start + limit]

    async def open_lane(self, plugin: str, fixture: str, reader: Reader) -> LaneState:
        """Return what is held of a lane."""
        held = self._of(fixture)
        held.readers.append(reader)
        return self._lanes.setdefault((plugin, fixture), LaneState(held.head))

    def close_lane(self, fixture: str, reader: Reader) -> None:
        """Forget a reader; with the last one go the rows."""
        held = self._of(fixture)
        held.readers.remove(reader)
        self._trim(held)

    def commit(self, plugin: str, fixture: str, cursor: int, unit: Unit | None) -> None:
        """Finish one handler run."""
        state = self._lanes[plugin, fixture]
        state.cursor = cursor
        if (held := self._fixtures[fixture]).finished:
            self._trim(held)
        if unit is None:
            return
        _merge(state.store, unit.store.items())
        _merge(state.timers, unit.timers.items())
        shared = self.shared(plugin)
        for key, by in unit.added.items():
            shared.sums[key] = shared.sums.get(key, 0) + by
        for key, value in unit.claimed.items():
            shared.values.setdefault(key, value)

    def shared(self, plugin: str) -> SharedState:
        """Return the plugin's store over all fixtures."""
        return self._shared.setdefault(plugin, SharedState())

    def _of(self, fixture: str) -> _Fixture:
        held = self._fixtures.get(fixture)
        if held is None:
            held = self._fixtures[fixture] = _Fixture()
        return held

    @staticmethod
    def _trim(held: _Fixture) -> None:
        held.since_trim = 0
        done = min((needs for reader in held.readers if (needs := reader.needs) is not None), default=held.head)
        del held.rows[: bisect_right(held.rows, done, key=_position)]


def _merge(state: dict[str, V], changes: Iterable[tuple[str, V | None]]) -> None:
    for key, value in changes:
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value
