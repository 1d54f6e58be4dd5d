"""What a handler gets: an event, and the values that the feed's packets are made of.

Values keep a ``__dict__`` (``slots=False``): with frozen attrs that halves the cost of making one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from attrs import field, frozen

_CLOCK = re.compile(r"(\d{1,3}):(\d{1,2}(?:\.\d{1,9})?)", re.ASCII)


class Change(StrEnum):
    """What a packet means to whoever listens. For every action ADDED and WITHDRAWN alternate, starting with ADDED."""

    TENTATIVE = "tentative"
    """Possible; does not count yet (send type Pending)."""
    ADDED = "added"
    """Counts from now on."""
    AMENDED = "amended"
    """Still counts, details differ; ``previous`` has the old ones."""
    WITHDRAWN = "withdrawn"
    """No longer counts, though it did."""
    DISMISSED = "dismissed"
    """Was tentative and will not count."""


class Origin(StrEnum):
    """How an event came to the handler that hears it."""

    LIVE = "live"
    """As it happened."""
    CATCH_UP = "catch_up"
    """Late: it is in the log from before this start, or the feed sent it to make up for an outage."""
    HISTORY = "history"
    """Once more: the plugin was done with it before this start, and reads it to know again what it knew then."""


class SendType(StrEnum):
    """How sure the feed is of an action (PROTOCOL 2.3)."""

    PENDING = "pending"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    CONFIRMED = "confirmed"
    RESTORED = "restored"


@frozen(kw_only=True, slots=False)
class Team:
    """A team of the fixture; ``home`` is None where the feed does not say (version 1 packets)."""

    id: str
    name: str = ""
    home: bool | None = None

    def __str__(self) -> str:
        return self.name or self.id


@frozen(kw_only=True, slots=False)
class Player:
    """A player; the name is as the feed spells it, double spaces included."""

    id: str
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.id


@frozen(slots=False)
class Score:
    """Points of the home and the away team."""

    home: int = 0
    away: int = 0

    def __str__(self) -> str:
        return f"{self.home}-{self.away}"


def period_text(period: int) -> str:
    """Name a period as people do: Q1 to Q4, then OT1, OT2."""
    return f"Q{period}" if period <= 4 else f"OT{period - 4}"


@frozen(kw_only=True, slots=False)
class PeriodScore:
    """One period in the feed's summary: ``period`` are the points made in it, ``running`` those up to its end."""

    id: int
    label: str = ""
    type: str = ""
    start: float | None = None
    end: float | None = None
    period: Score = Score()
    running: Score = Score()


@frozen(kw_only=True, slots=False)
class Summary:
    """The feed's own view of the fixture as of one packet (PROTOCOL 2.6); None where it does not say."""

    score: Score | None = None
    period: int | None = None
    status: str | None = None
    collection_status: str | None = None
    clock_running: bool | None = None
    home_has_ball: bool | None = None
    finished: bool = False
    periods: tuple[PeriodScore, ...] = ()


@frozen(kw_only=True, slots=False, eq=False)
class Event:
    """Something that handlers hear of: an action, a moment or a feed status.

    ``id`` stays the same over reconnects and restarts, so a receiver that drops known ids sees each effect once.
    ``position`` is the number of the event's row in the log; it orders events, but what is fetched again after a crash
    may get another one. ``origin`` says whether it comes as it happens.
    ``fixture`` is the feed's id of the game. ``at`` is the fixture clock in Unix seconds: it never falls within a
    fixture and is never more than 5 s ahead of receipt. ``previous`` is what was said before, where the event replaces
    it; it is not announced again, so its own ``id``, ``position`` and ``at`` say nothing.
    Events compare by identity: two are the same announcement when their ids are.
    """

    fixture: str
    id: str = ""
    position: int = 0
    at: float = 0.0
    change: Change = Change.ADDED
    origin: Origin = Origin.LIVE
    previous: Event | None = field(default=None, repr=False)

    @property
    def time(self) -> datetime:
        """``at`` as an aware UTC datetime."""
        return datetime.fromtimestamp(self.at, UTC)


E = TypeVar("E", bound=Event)


def ready(kind: type[E], values: dict[str, object]) -> E:
    """Make an event of a value for every field; the dict becomes the event's own.

    What ``kind(**values)`` makes, at a fifth of the cost: decoding and announcing do it for every packet.
    """
    event = object.__new__(kind)
    object.__setattr__(event, "__dict__", values)
    return event


def altered(event: E, **values: object) -> E:
    """Return a copy of an event with other values: what ``attrs.evolve`` makes, at a fraction of the cost."""
    alike: dict[str, object] = event.__dict__
    return ready(type(event), alike | values)


@frozen(kw_only=True, slots=False, eq=False)
class Action(Event):
    """One thing that happened in a fixture. Its class is its type; a subclass says more, ``Action`` hears all.

    ``period`` counts from 1 and is 0 before the match and for status packets. ``clock`` is the game clock as the feed
    writes it, ``mm:ss``, counting down. ``sequence`` (timelineSequence) orders the actions of a period as they were
    played; ``fixture_seq`` (fixtureSeqNum) is the feed's counter and orders nothing. ``timestamp`` is the time of
    collection in Unix seconds. ``team`` and ``player`` are None where the feed does not say: rebounds and turnovers
    without a player belong to the team. ``summary`` is the feed's view as of this packet; ``finished`` that no more
    packets will come, in the packet's own words (PROTOCOL 3.5).
    """

    action_id: str
    send_type: SendType = SendType.CONFIRMED
    type_name: str = ""
    type_id: int | None = None
    period: int = 0
    clock: str | None = None
    sequence: Decimal = Decimal(0)
    fixture_seq: int | None = None
    timestamp: float | None = None
    subtype: str | None = None
    subtype_id: int | None = None
    team: Team | None = None
    player: Player | None = None
    metadata: Mapping[str, object] | None = None
    related: tuple[str, ...] = ()
    delay_status: str | None = None
    summary: Summary | None = field(default=None, repr=False)
    finished: bool = False
    previous: Action | None = field(default=None, repr=False)
    successor: Action | None = field(default=None, repr=False)
    """What the feed now says instead, where an action is withdrawn because its type changed."""

    @property
    def score(self) -> Score | None:
        """The feed's score as of this packet, or None where the packet has no summary."""
        return self.summary.score if self.summary is not None else None

    @property
    def clock_seconds(self) -> float | None:
        """Seconds left in the period, or None where the feed gives no clock."""
        read = _CLOCK.fullmatch(self.clock or "")
        return 60 * int(read[1]) + float(read[2]) if read is not None else None


def same(one: Action, other: Action) -> bool:
    """Whether two revisions say the same of an action.

    Not compared: send type, fixtureSeqNum, timestamp, traceId, summary and the type's label ("3PT Made" to
    "3 Points Made" changes nothing).
    """
    return (
        type(one) is type(other)
        and one.clock == other.clock
        and one.player == other.player
        and one.team == other.team
        and one.subtype == other.subtype
        and one.period == other.period
        and one.sequence == other.sequence
        and one.related == other.related
        and one.metadata == other.metadata
    )


@frozen(kw_only=True, slots=False, eq=False)
class Moment(Event):
    """Something derived from actions. ``key`` names it within its fixture and kind, whatever the order of packets."""

    key: str
    hops: int = 0
    """How many published moments lie between this one and the feed; what a fold makes has none."""


@frozen(kw_only=True, slots=False, eq=False)
class Due(Event):
    """A timer of this plugin and fixture has run out; ``at`` is when it was due, ``data`` what was left with it."""

    key: str
    data: object = None


class FeedState(StrEnum):
    """How the connection to a fixture's feed stands."""

    LIVE = "live"
    """Up, for the first time in this run of the daemon; nothing was missed."""
    STALE = "stale"
    """Connected, but nothing has come for 15 s, though a heartbeat is due every 10 s."""
    DOWN = "down"
    """Not connected; it is tried again."""
    REFUSED = "refused"
    """The server does not want us; it is tried again rarely."""
    RECOVERED = "recovered"
    """Up again after any of these three, or after a restart of the daemon, and what was missed has come."""
    FINISHED = "finished"
    """No more packets will come."""


@frozen(kw_only=True, slots=False, eq=False)
class FeedStatus(Event):
    """The feed of this fixture went up or down; ``reason`` is a sentence, in the server's own words where it spoke.

    ``since`` is when this state began, in Unix seconds by the clock on the wall: of STALE and DOWN when anything was
    last heard, heartbeats included, or when we first found the feed down; of RECOVERED when it was last heard before
    it was lost, after a restart the receipt of the newest packet. ``missed`` are the packets of RECOVERED that made up
    for the outage; after STALE there are none.
    """

    state: FeedState
    reason: str = ""
    since: float = 0.0
    missed: int = 0
