"""Alerts and ledgers as JSON, and back: what outlives a restart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cattrs import Converter

from actionbus_plugins.notifier.engine.alert import Alert
from actionbus_plugins.notifier.engine.subjects import Entry, Ledger

_converter = Converter()


def dump_alert(alert: Alert) -> object:
    """Make JSON of an alert."""
    dumped: object = _converter.unstructure(alert)
    return dumped


def load_alert(dumped: Any) -> Alert:
    """Make an alert of what ``dump_alert`` returned."""
    return _converter.structure(dumped, Alert)


def load_cooling(dumped: Any) -> tuple[float, float | None]:
    """Make of a list when an alert was told: on the fixture clock, and in seconds of game clock."""
    return _converter.structure(dumped, tuple[float, float | None])


def load_time(dumped: Any) -> float:
    """Make a time of what was kept, in Unix seconds."""
    return _converter.structure(dumped, float)


def dump_ledger(ledger: Ledger) -> object:
    """Make JSON of a ledger."""
    return [_fields(entry) for entry in ledger.entries]


def _fields(entry: Entry) -> list[object]:
    period, order, _ = entry.place
    return [entry.id, period, str(order), entry.evidence, entry.hit, entry.at, entry.clock, entry.left,
            entry.tentative, entry.kind, entry.score, entry.values, entry.who]  # fmt: skip


def load_ledger(dumped: Any) -> Ledger:
    """Make a ledger of what ``dump_ledger`` returned."""
    ledger = Ledger()
    for name, period, order, evidence, hit, at, clock, left, tentative, kind, score, values, *who in dumped:
        ledger.put(
            Entry(
                id=name,
                place=(period, Decimal(order), name),
                evidence=tuple(evidence),
                hit=hit,
                at=at,
                period=period,
                clock=clock,
                left=left,
                tentative=tentative,
                kind=kind,
                score=tuple(score) if score is not None else None,
                who=tuple(who[0]) if who else (),
                tell=dict,
                told=values,
            )
        )
    return ledger
