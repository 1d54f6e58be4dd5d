"""The log's words: a row is one fact, a unit of work is what one handler run leaves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

from attrs import define, field, frozen

from actionbus.events.base import Action, Event, FeedState, FeedStatus, Moment
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
    in Unix seconds. ``body`` is a packet exactly as it came, ``reason`` why it is bad; of a VANISHED row the body is
    the action's id. ``n`` is the packet's number in the feed's list, from 1, and ``epoch`` counts the lists: a changed
    one that is fetched anew is another. ``late`` says that the feed sent it to make up for an outage. ``decision`` is
    the Timeline's, ``events`` what follows from it for the lanes.
    """

    position: int
    fixture: str
    kind: RowKind
    at: float
    received: float
    body: str | bytes = ""
    reason: str = ""
    epoch: int = 0
    n: int | None = None
    late: bool = False
    decision: Decision | None = None
    events: tuple[Event, ...] = ()

    @property
    def ends_fixture(self) -> bool:
        """Whether this is the word that the fixture is finished, and no more packets will come."""
        return self.kind is RowKind.STATUS and any(
            isinstance(event, FeedStatus) and event.state is FeedState.FINISHED for event in self.events
        )


@frozen(kw_only=True)
class Listed:
    """A row of the feed's list as it is needed to go on from it: ``packet`` decoded, None where it is bad."""

    row: Row
    packet: Action | None


@frozen(kw_only=True)
class Held:
    """What the log holds of a fixture: all that is needed to go on where a daemon that has ended was.

    ``rows`` are those of the newest list, and of all lists the moments and what vanished, in the order of the log;
    the packet of a VANISHED row is what the action last said, None where that is no longer known. ``base`` is that of
    startPosition, where it was learned; ``gaps`` are the gaps in fixtureSeqNum. ``settings`` are the plugins' when
    they last read this fixture, by name.
    """

    rows: Sequence[Listed]
    base: int | None
    gaps: int
    finished: bool
    settings: Mapping[str, str]


@frozen
class Timer:
    """A timer of one lane: ``due`` on the fixture clock in Unix seconds, ``data`` as JSON.

    ``hops`` is how many published moments led to it, where it was set for the past and so takes no time.
    """

    due: float
    data: bytes
    hops: int = 0


@frozen(kw_only=True)
class Published:
    """A moment that a handler published and that is not in the log as a row yet.

    ``id`` is its number among those that wait, which the row that announces it settles; 0 where none is needed.
    """

    moment: Moment
    hops: int
    id: int = 0


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
    published: list[Published] = field(factory=list[Published])


@define(eq=False)
class LaneState:
    """What the log holds of one lane: one plugin on one fixture. The lane owns it; ``commit`` keeps it up to date."""

    cursor: int
    """The last row that the lane has finished."""
    store: dict[str, bytes] = field(factory=dict[str, bytes])
    timers: dict[str, Timer] = field(factory=dict[str, Timer])
    published: list[Published] = field(factory=list[Published])
    """What handlers published before the daemon ended, and was not announced yet."""
