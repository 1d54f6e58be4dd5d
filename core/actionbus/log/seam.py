"""The seam that every log fills: what the pipeline, the lanes and the host ask of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from attrs import define, field

from actionbus.events.base import Moment
from actionbus.log.rows import Held, LaneState, Published, Row, Unit


@define(eq=False)
class SharedState:
    """A plugin's store over all fixtures: sums, and values that are put once."""

    sums: dict[str, float] = field(factory=dict[str, float])
    values: dict[str, bytes] = field(factory=dict[str, bytes])


class Reader(Protocol):
    """Whoever reads a fixture's rows: a log in memory keeps what the slowest reader still needs."""

    @property
    def needs(self) -> int | None:
        """The last position that the reader is done with; None: it has seen all, or wants no more."""
        ...


class Log(Protocol):
    """Rows, lanes and stores. Appending and committing are immediate for the caller; a durable log writes behind.

    Whatever is appended, settled, noted and committed without a checkpoint in between is written all or nothing, and
    nothing before what was there earlier.
    """

    @property
    def crowded(self) -> bool:
        """Whether so much waits to be written that feeds should wait for ``room`` before they bring more."""
        ...

    @property
    def stuck(self) -> bool:
        """Whether the log cannot be written and so much waits that a lane should write no more, but wait for ``room``.

        What lanes write cannot be had again from the feed, so it is never dropped.
        """
        ...

    @property
    def under_way(self) -> int:
        """How many rows and handler runs would not survive the end of this process yet."""
        ...

    @property
    def lost(self) -> int:
        """How often the log was lost and begun anew: when it grows, each fixture's list is fetched anew."""
        ...

    async def room(self) -> None:
        """Wait until the log is not crowded."""
        ...

    async def durable(self) -> None:
        """Wait until all that was given to the log until now would survive the end of this process."""
        ...

    def next_position(self) -> int:
        """Number the next row."""
        ...

    def append(self, rows: Sequence[Row]) -> None:
        """Take in rows of one fixture that belong together: a packet and the moments that follow from it."""
        ...

    def settle(self, published: Iterable[Published]) -> None:
        """Take note that what a handler published is announced."""
        ...

    def note(self, fixture: str, *, base: int | None = None, gaps: int | None = None) -> None:
        """Keep what was learned of a fixture's list: the base of startPosition, the gaps in fixtureSeqNum."""
        ...

    def know(self, kinds: Iterable[type[Moment]]) -> None:
        """Learn the moment classes of a plugin, before its first row is read or appended."""
        ...

    def head(self, fixture: str) -> int:
        """Return the position of the fixture's newest row; 0 where there is none."""
        ...

    async def read(self, fixture: str, after: int, limit: int, *, until: int | None = None) -> list[Row]:
        """Return the fixture's next rows behind a position, at most ``limit``.

        ``until`` asks for history: the rows up to that position, as far as they are kept; their events say so.
        """
        ...

    def is_finished(self, fixture: str) -> bool:
        """Whether the log holds that the fixture is finished, and no more packets will come."""
        ...

    def holds(self, fixture: str) -> bool:
        """Whether the log knows the fixture."""
        ...

    async def stored(self, plugin: str, prefix: str) -> list[tuple[str, str, bytes]]:
        """Return what a plugin keeps under keys that begin with ``prefix``: the fixture, the key and the value.

        Of all fixtures, also of those that are over and not taken up again; sorted by fixture and key.
        """
        ...

    async def held(self, fixture: str) -> Held | None:
        """Return what is needed to go on with a fixture, before its first lane is opened; None: nothing is held."""
        ...

    async def cursors(self, fixture: str) -> dict[str, int]:
        """Return how far each plugin that was ever given the fixture has read it, before its lanes are opened.

        Of a finished fixture the cursor of one that has timers or unannounced moments is before the newest row.
        """
        ...

    async def open_lane(
        self, plugin: str, fixture: str, reader: Reader, *, settings: str | None = "", from_start: bool = False
    ) -> LaneState:
        """Return what is held of a lane.

        One that was never seen before starts where the plugin was first seen or, ``from_start``, at the fixture's
        beginning. ``settings`` says what the plugin is set to, to be told apart from other settings; None: as it was.
        """
        ...

    def close_lane(self, plugin: str, fixture: str, reader: Reader) -> None:
        """Forget a reader: nothing is kept for it any more."""
        ...

    def commit(
        self,
        plugin: str,
        fixture: str,
        cursor: int,
        unit: Unit | None,
        then: Callable[[Sequence[Published]], None] | None = None,
    ) -> None:
        """Finish one handler run: its writes and the cursor, all or nothing. No unit: the cursor alone.

        ``then`` is called with what the unit publishes, once that is durable.
        """
        ...

    def share(self, plugin: str, unit: Unit) -> None:
        """Keep what a unit that belongs to no fixture adds and claims in the plugin's shared store."""
        ...

    async def prepare(self, plugin: str) -> None:
        """Make ready what ``shared`` returns: to be called before it."""
        ...

    def shared(self, plugin: str) -> SharedState:
        """Return the plugin's store over all fixtures."""
        ...
