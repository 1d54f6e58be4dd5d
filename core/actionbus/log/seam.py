"""The seam that every log fills: what the pipeline, the lanes and the host ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attrs import define, field

from actionbus.log.rows import LaneState, Row, Unit


@define(eq=False)
class SharedState:
    """A plugin's store over all fixtures: sums, and values that are put once."""

    sums: dict[str, float] = field(factory=dict[str, float])
    values: dict[str, bytes] = field(factory=dict[str, bytes])


class Reader(Protocol):
    """Whoever reads a fixture's rows: the log keeps what the slowest reader still needs."""

    @property
    def needs(self) -> int | None:
        """The last position that the reader is done with; None: it has seen all, or wants no more."""
        ...


class Log(Protocol):
    """Rows, lanes and stores. Appending and committing are immediate for the caller; a durable log writes behind."""

    def next_position(self) -> int:
        """Number the next row."""
        ...

    def append(self, rows: Sequence[Row]) -> None:
        """Take in rows of one fixture that belong together: a packet and the moments that follow from it."""
        ...

    def head(self, fixture: str) -> int:
        """Return the position of the fixture's newest row; 0 where there is none."""
        ...

    async def read(self, fixture: str, after: int, limit: int) -> list[Row]:
        """Return the fixture's next rows behind a position, at most ``limit``."""
        ...

    async def open_lane(self, plugin: str, fixture: str, reader: Reader) -> LaneState:
        """Return what is held of a lane; one that was never seen before starts at the present."""
        ...

    def close_lane(self, fixture: str, reader: Reader) -> None:
        """Forget a reader: nothing is kept for it any more."""
        ...

    def set_aside(self, row: Row) -> None:
        """Keep a bad packet, with its reason, for whoever wants to look at it."""
        ...

    def commit(self, plugin: str, fixture: str, cursor: int, unit: Unit | None) -> None:
        """Finish one handler run: its writes and the cursor, all or nothing. No unit: the cursor alone."""
        ...

    def shared(self, plugin: str) -> SharedState:
        """Return the plugin's store over all fixtures."""
        ...
