"""The log in memory: all that the seam asks for but durability."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import TypeVar

from attrs import define, field

from actionbus.events.base import Moment, Origin
from actionbus.log.records import as_origin
from actionbus.log.rows import Held, LaneState, Published, Row, Unit
from actionbus.log.seam import Reader, SharedState

V = TypeVar("V")

_position = attrgetter("position")

TRIM_EVERY = 256  # rows of one fixture


@define(eq=False)
class _Fixture:
    rows: list[Row] = field(factory=list[Row])
    head: int = 0
    since_trim: int = 0
    finished: bool = False
    readers: list[Reader] = field(factory=list[Reader])


@define(eq=False, repr=False)
class MemoryLog:
    """Keeps the rows that the slowest lane of a fixture still needs.

    A lane that is stuck for ever keeps its fixture's rows from there on: about 2 KB each, 2 MB a match. Rows that all
    lanes are done with go every 256 rows, and those of a finished fixture at once. Stopping the daemon loses it all:
    after a start the feed is fetched from its beginning. One that is ``whole`` keeps a fixture's rows until it is
    finished, for whoever asks for its history.
    """

    whole: bool = False
    _position: int = 0
    _fixtures: dict[str, _Fixture] = field(factory=dict[str, _Fixture])
    _lanes: dict[tuple[str, str], LaneState] = field(factory=dict[tuple[str, str], LaneState])
    _shared: dict[str, SharedState] = field(factory=dict[str, SharedState])

    @property
    def crowded(self) -> bool:
        """Nothing waits to be written here."""
        return False

    @property
    def stuck(self) -> bool:
        """Nothing waits to be written here."""
        return False

    @property
    def under_way(self) -> int:
        """Nothing is on its way to a disk."""
        return 0

    @property
    def lost(self) -> int:
        """Nothing is lost before the end."""
        return 0

    async def room(self) -> None:
        """Return at once."""

    async def durable(self) -> None:
        """Return at once: this is all that can be had here."""

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
        if held.readers or self.whole:
            held.rows.extend(rows)
            held.since_trim += len(rows)
        held.finished = held.finished or rows[0].ends_fixture

    def settle(self, published: Iterable[Published]) -> None:
        """Nothing waits to be announced here."""

    def note(self, fixture: str, *, base: int | None = None, gaps: int | None = None) -> None:
        """Keep nothing: whoever learned it knows."""

    def know(self, kinds: Iterable[type[Moment]]) -> None:
        """Keep moments as they are, whatever their class."""

    def head(self, fixture: str) -> int:
        """Return the position of the fixture's newest row."""
        return self._of(fixture).head

    def kept(self, fixture: str) -> list[Row]:
        """Return the rows of the fixture that are in memory."""
        return list(self._of(fixture).rows)

    def lane(self, plugin: str, fixture: str) -> LaneState:
        """Return what is held of a lane that was opened."""
        return self._lanes[plugin, fixture]

    async def read(self, fixture: str, after: int, limit: int, *, until: int | None = None) -> list[Row]:
        """Return the fixture's next rows behind a position; only a log that is ``whole`` has history."""
        if until is not None and not self.whole:
            return []
        rows = self._of(fixture).rows
        start = bisect_right(rows, after, key=_position)
        if until is None:
            return rows[start : start + limit]
        end = bisect_right(rows, until, key=_position)
        return [as_origin(row, Origin.HISTORY) for row in rows[start : min(end, start + limit)]]

    def is_finished(self, fixture: str) -> bool:
        """Whether the fixture is finished."""
        return self._of(fixture).finished

    def holds(self, fixture: str) -> bool:
        """Whether the log knows the fixture."""
        return fixture in self._fixtures

    async def stored(self, plugin: str, prefix: str) -> list[tuple[str, str, bytes]]:
        """Return what a plugin keeps under keys that begin with ``prefix``, of all fixtures."""
        lanes = ((fixture, state.store) for (name, fixture), state in self._lanes.items() if name == plugin)
        found = ((fixture, key, value) for fixture, store in lanes for key, value in store.items())
        return sorted(each for each in found if each[1].startswith(prefix))

    async def held(self, fixture: str) -> Held | None:
        """Return nothing: what is in memory does not outlive whoever could ask."""
        return None

    async def cursors(self, fixture: str) -> dict[str, int]:
        """Return how far each plugin that was ever given the fixture has read it."""
        return {plugin: state.cursor for (plugin, of), state in self._lanes.items() if of == fixture}

    async def open_lane(
        self, plugin: str, fixture: str, reader: Reader, *, settings: str | None = "", from_start: bool = False
    ) -> LaneState:
        """Return what is held of a lane. A new one starts at the present: no rows are kept for it."""
        held = self._of(fixture)
        held.readers.append(reader)
        return self._lanes.setdefault((plugin, fixture), LaneState(held.head))

    def close_lane(self, plugin: str, fixture: str, reader: Reader) -> None:
        """Forget a reader; with the last one go the rows."""
        held = self._of(fixture)
        held.readers.remove(reader)
        self._trim(held)

    def commit(
        self,
        plugin: str,
        fixture: str,
        cursor: int,
        unit: Unit | None,
        then: Callable[[Sequence[Published]], None] | None = None,
    ) -> None:
        """Finish one handler run."""
        state = self._lanes[plugin, fixture]
        state.cursor = cursor
        if (held := self._fixtures[fixture]).finished:
            self._trim(held)
        if unit is None:
            return
        merge(state.store, unit.store.items())
        merge(state.timers, unit.timers.items())
        self.share(plugin, unit)
        if unit.published and then is not None:
            then(unit.published)

    def share(self, plugin: str, unit: Unit) -> None:
        """Keep what a unit adds and claims in the plugin's shared store."""
        shared = self.shared(plugin)
        for key, by in unit.added.items():
            shared.sums[key] = shared.sums.get(key, 0) + by
        for key, value in unit.claimed.items():
            shared.values.setdefault(key, value)

    async def prepare(self, plugin: str) -> None:
        """Do nothing: all is at hand."""

    def shared(self, plugin: str) -> SharedState:
        """Return the plugin's store over all fixtures."""
        return self._shared.setdefault(plugin, SharedState())

    def _of(self, fixture: str) -> _Fixture:
        held = self._fixtures.get(fixture)
        if held is None:
            held = self._fixtures[fixture] = _Fixture()
        return held

    def _trim(self, held: _Fixture) -> None:
        held.since_trim = 0
        if self.whole and not held.finished:
            return
        done = min((needs for reader in held.readers if (needs := reader.needs) is not None), default=held.head)
        del held.rows[: bisect_right(held.rows, done, key=_position)]


def merge(state: dict[str, V], changes: Iterable[tuple[str, V | None]]) -> None:
    """Bring a state up to date; None deletes."""
    for key, value in changes:
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value
