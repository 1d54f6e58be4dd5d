"""Rows as the journal keeps them, and back: a row's events are a pure function of it and of the row it replaced."""

from __future__ import annotations

import math
from typing import Any

import orjson
import structlog
from attrs import evolve

from actionbus.errors import BadPacket
from actionbus.events.base import Action, Event, FeedState, FeedStatus, Moment, Origin, altered
from actionbus.events.catalogue import Catalogue, snake_name
from actionbus.log.batch import Record
from actionbus.log.moments import Moments
from actionbus.log.rows import Listed, Row, RowKind
from actionbus.timeline import Decision, State, events
from actionbus.wire import Decoder

QUIET, LATE = 1, 2  # flags of a row

PACKET, BAD_PACKET, MOMENT = RowKind.PACKET, RowKind.BAD_PACKET, RowKind.MOMENT
STATUS, VANISHED = RowKind.STATUS, RowKind.VANISHED

logger = structlog.get_logger()


def record(row: Row, fixture: int, moments: Moments) -> Record:
    """Return what the journal keeps of a row, in the order of its columns."""
    decision, kind = row.decision, row.kind
    flags = LATE if row.late else 0
    name: str | None = None
    state: int | None = None
    previous: int | None = None
    announced: int | None = None
    body: object = row.body
    if decision is not None:
        flags |= QUIET if decision.quiet else 0
        state, previous, announced = decision.state.value, decision.before, decision.announced
    elif kind is BAD_PACKET:
        name = row.reason.encode(errors="backslashreplace").decode()
    elif kind is MOMENT:
        (moment,) = row.events
        assert isinstance(moment, Moment)
        name, body = snake_name(type(moment)), moments.encode(moment)
    elif kind is STATUS:
        (status,) = row.events
        assert isinstance(status, FeedStatus)
        said = {"id": status.id, "reason": status.reason, "since": status.since, "missed": status.missed}
        name, body = status.state.value, orjson.dumps(said)
    return (
        row.position, fixture, kind.value, row.epoch, row.n, row.at, row.received, flags,
        name, state, previous, announced, body,
    )  # fmt: skip


class Records:
    """Makes rows of records again. Like a Decoder, of use to one thread at a time."""

    def __init__(self, catalogue: Catalogue, moments: Moments) -> None:
        self._decoder = Decoder(catalogue)
        self._moments = moments

    def row(self, record: Record, fixture: str, origin: Origin) -> Row:
        """Return a record's row; its events say ``origin``, or CATCH_UP where they made up for an outage."""
        return self.listed(record, fixture, origin).row

    def listed(self, record: Record, fixture: str, origin: Origin = Origin.CATCH_UP) -> Listed:
        """Return a record's row with its packet. One that is damaged has no events, which is told as an error."""
        try:
            row, packet = self._read(record, fixture, origin)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            position, at = record[0], record[5]
            assert isinstance(position, int)
            logger.error("a row of the journal is damaged and left out", position=position, reason=str(error))
            at = at if isinstance(at, float) else 0.0
            row, packet = Row(position=position, fixture=fixture, kind=MOMENT, at=at, received=at), None
        return Listed(row=row, packet=packet)

    def _read(self, record: Any, fixture: str, origin: Origin) -> tuple[Row, Action | None]:
        position, _, number, epoch, n, at, received, flags, name, state, previous, announced, body, before = record
        kind = RowKind(number)
        late = bool(flags & LATE)
        if late and origin is Origin.LIVE:
            origin = Origin.CATCH_UP
        decision: Decision | None = None
        packet: Action | None = None
        said: tuple[Event, ...] = ()
        if kind in (PACKET, VANISHED):
            decision = Decision(State(state), previous, announced, bool(flags & QUIET))
            held = self._decode(before, origin, fixture, previous) if before is not None else None
            packet = self._decode(body, origin, fixture, position) if kind is PACKET else None
            said = self._said(decision, held, packet, kind, position, at)
            if kind is VANISHED and origin is Origin.HISTORY:
                said = tuple(altered(each, origin=origin) for each in said)
            packet = packet if kind is PACKET else held
        elif kind is MOMENT:
            envelope = {"fixture": fixture, "position": position, "at": at, "origin": origin}
            moment = self._moments.decode(name, body, envelope)
            said = (moment,) if moment is not None else ()
            body = ""
        elif kind is STATUS:
            raw = orjson.loads(body)
            status = FeedStatus(
                fixture=fixture, id=raw["id"], position=position, at=at, origin=origin, state=FeedState(name),
                reason=raw["reason"], since=_since(raw, received, at), missed=raw.get("missed", 0),
            )  # fmt: skip
            said, body = (status,), raw["reason"]
        row = Row(
            position=position, fixture=fixture, kind=kind, at=at, received=received, body=body,
            reason=name if kind is BAD_PACKET else "", epoch=epoch, n=n, late=late, decision=decision, events=said,
        )  # fmt: skip
        return row, packet

    def _decode(self, body: str | bytes, origin: Origin, fixture: str, position: int) -> Action | None:
        try:
            action = self._decoder.decode(body)
        except BadPacket as reason:
            what = {"fixture": fixture, "position": position, "reason": str(reason)}
            logger.error("a packet of the journal that was good when it came is damaged and left out", **what)
            return None
        return action if origin is Origin.LIVE else altered(action, origin=origin)

    def _said(
        self, decision: Decision, held: Action | None, packet: Action | None, kind: RowKind, position: int, at: float
    ) -> tuple[Action, ...]:
        unreadable = packet is None and kind is PACKET
        if decision.quiet or unreadable or (held is None and decision.state in (State.PENDING, State.STANDS)):
            return ()
        return events(decision, held, packet, position=position, at=at)


def _since(status: Any, received: float, at: float) -> float:
    """Return since when a status stands; those of older versions do not say, and are from when they were told."""
    since: float = status.get("since", received if math.isfinite(received) else at)
    return since


def as_origin(row: Row, origin: Origin) -> Row:
    """Return a row whose events say another origin."""
    return evolve(row, events=tuple(altered(each, origin=origin) for each in row.events))
