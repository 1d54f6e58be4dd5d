"""What is to be written next: everything since the last batch, in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from actionbus.log.rows import Timer

Record = tuple[object, ...]
LaneKey = tuple[int, str]
"""A lane's number, and a key of its store or the name of a timer."""


@define(eq=False)
class Batch:
    """Writes by number of fixture and lane; what is written again before it gets to the disk is written once.

    All or nothing, so the order within it does not matter. ``then`` is called once it is on the disk.
    """

    number: int
    rows: list[Record] = field(factory=list[Record])
    fixtures: dict[int, str] = field(factory=dict[int, str])
    epochs: dict[int, int] = field(factory=dict[int, int])
    bases: dict[int, int] = field(factory=dict[int, int])
    gaps: dict[int, int] = field(factory=dict[int, int])
    finished: set[int] = field(factory=set[int])
    plugins: dict[str, int] = field(factory=dict[str, int])
    lanes: dict[int, Record] = field(factory=dict[int, Record])
    cursors: dict[int, int] = field(factory=dict[int, int])
    store: dict[LaneKey, bytes | None] = field(factory=dict[LaneKey, "bytes | None"])
    timers: dict[LaneKey, Timer | None] = field(factory=dict[LaneKey, "Timer | None"])
    published: dict[int, Record] = field(factory=dict[int, Record])
    settled: list[int] = field(factory=list[int])
    sums: dict[tuple[str, str], float] = field(factory=dict[tuple[str, str], float])
    values: dict[tuple[str, str], bytes] = field(factory=dict[tuple[str, str], bytes])
    then: list[Callable[[], None]] = field(factory=list[Callable[[], None]])
    touched: set[int] = field(factory=set[int])
    """The fixtures that have rows in it."""
    salvaged: int = 0
    """How many of the rows are from a file that was damaged, and on no other way to the disk."""
    units: int = 0
    """How many handler runs wrote something but their cursor."""

    def absorb(self, later: Batch) -> None:
        """Take over what cannot be made again from memory of a batch that was to be written after this one."""
        self.bases |= later.bases
        self.gaps |= later.gaps
        self.published |= later.published
        self.settled += later.settled
        self.then += later.then
        self.units += later.units
