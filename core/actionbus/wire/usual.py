"""The shape that packets usually have, read in one go: msgspec checks types while it parses, and makes no dicts.

What it refuses, or what is not as usual (a flag as text, a sequence as text, a number out of range), is read and judged
field by field, see ``decoder``. So this need not say what is wrong, but what it takes has to mean the same there.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

import msgspec
import orjson

from actionbus.wire.fields import LARGEST, LAST_PERIOD

Whole: TypeAlias = Annotated[int, msgspec.Meta(ge=-LARGEST - 1, le=LARGEST)]
Period: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=LAST_PERIOD)]

_NULL = msgspec.Raw(b"null")
_NUMBER = re.compile(
    rb"(?:0|[1-9]\d{0,19})(?:\.\d{1,40})?(?:[eE][+-]?\d{1,2})?"
)  # of JSON, as ``fields.sequence`` has it


class Team(msgspec.Struct, gc=False):
    """``team``."""

    id: str
    name: str | None = None
    homeTeam: bool | None = None


class Player(msgspec.Struct, gc=False):
    """``player``."""

    id: str
    name: str | None = None


class Action(msgspec.Struct, gc=False):
    """``fixtureAction``. The feed's own names: no time goes into others."""

    fixtureId: str
    actionId: str
    timelineSequence: msgspec.Raw
    fixtureActionTypeId: Whole | None = None
    fixtureActionType: str | None = None
    fixtureActionSubTypeId: Whole | None = None
    fixtureActionSubType: str | None = None
    sendTypeId: Whole | None = None
    sendType: str | None = None
    period: Period | None = None
    clockTime: str | None = None
    fixtureSeqNum: Whole | None = None
    timestamp: str | None = None
    metadata: msgspec.Raw = _NULL
    relatedFixtureActionIds: list[str] | None = None
    delayStatus: str | None = None
    finished: bool | None = None
    team: Team | None = None
    player: Player | None = None


class Summary(msgspec.Struct, gc=False):
    """``fixtureSummary``."""

    homeTeamScore: Whole | None = None
    awayTeamScore: Whole | None = None
    currentPeriod: Whole | None = None
    currentStatus: str | None = None
    collectionStatus: str | None = None
    currentClockState: str | None = None
    isHomeTeamInPossesion: bool | None = None
    isHomeTeamInPossession: bool | None = None
    finished: bool | None = None
    periods: msgspec.Raw = _NULL


class Packet(msgspec.Struct, gc=False):
    """A packet."""

    fixtureAction: Action
    fixtureSummary: Summary | None = None
    finished: bool | msgspec.UnsetType | None = msgspec.UNSET
    version: int | float | None = None
    """Of no use, but looked at: what is left out is not, and a number that no double holds makes a packet bad."""


UNUSUAL = (msgspec.MsgspecError, TypeError, ValueError, RecursionError)
"""What reading raises where a packet is not as usual."""

read = msgspec.json.Decoder(Packet).decode
"""Read a packet. Raises one of UNUSUAL."""


def sequence(raw: msgspec.Raw) -> Decimal:
    """Return a number to its last digit. Raises ValueError for what is none of the usual."""
    found = _NUMBER.fullmatch(raw)
    if found is None:
        raise ValueError("is not as usual")
    return Decimal(found[0].decode())


def loaded(raw: msgspec.Raw) -> Any:
    """Return JSON as orjson reads it: whole numbers beyond 64 bits are floats. Raises ValueError."""
    return None if raw is _NULL else orjson.loads(bytes(raw))
