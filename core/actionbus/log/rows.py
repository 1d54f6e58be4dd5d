"""The log's words: a row is one fact, a unit of work is what one handler run leaves behind."""

from __future__ import annotations

from enum import IntEnum

from attrs import define, field, frozen

from actionbus.events.base import Event, FeedState, FeedStatus, Moment
from actionbus.timeline import Decision


class RowKind(IntEnum):
    """What kind of fact a row holds."""

    PACKET = 1
    BAD_PACKET = 2
    MOMENT = 3
    STATUS = 4
    VANISHED = 5
    """An action that the feed's list, fetched anew, no longer has."""


@frozen(kw_only=True, slots=False)
class Row:
    """One fact of one fixture.

    ``position`` is its number in the log. ``at`` is the fixture clock and ``received`` the wall clock of receipt, both
    in Unix seconds. ``body`` is a packet as it came, or the reason of a bad one followed by it. ``decision`` is the
    Timeline's, ``events`` what follows from it for the lanes.
    """

    position: int
    fixture: str
    kind: RowKind
    at: float
    received: float
    body: str = ""
    decision: Decision | None = None
    events: tuple[Event, ...] = ()

    @property
    def ends_fixture(self) -> bool:
        """Whether this is the word that the fixture is finished, and no more packets will come."""
        return self.kind is RowKind.STATUS and any(
            isinstance(event, FeedStatus) and event.state is FeedState.FINISHED for event in self.events
        )


@frozen
class Timer:
    """A timer of one lane: ``due`` on the fixture clock in Unix seconds, ``data`` as JSON.

    ``hops`` is how many published moments led to it, where it was set for the past and so takes no time.
    """

    due: float
    data: bytes
    hops: int = 0


@define(eq=False)
class Unit:
    """What one handler run wants to leave behind; it is committed all or nothing, with the lane's cursor.

    A value of None deletes: the key of ``store``, or the timer.
    """

    store: dict[str, bytes | None] = field(factory=dict[str, "bytes | None"])
    timers: dict[str, Timer | None] = field(factory=dict[str, "Timer | None"])
    added: dict[str, float] = field(factory=dict[str, float])
    """Sums of the plugin's shared store, over fixtures: additions commute, so no update is lost."""
    claimed: dict[str, bytes] = field(factory=dict[str, bytes])
    """Values of the shared store that are put only where there is none."""
    published: list[Moment] = field(factory=list[Moment])


@define(eq=False)
class LaneState:
    """What the log holds of one lane: one plugin on one fixture. The lane owns it; ``commit`` keeps it up to date."""

    cursor: int
    """The last row that the lane has finished."""
    store: dict[str, bytes] = field(factory=dict[str, bytes])
    timers: dict[str, Timer] = field(factory=dict[str, Timer])
