"""Alerts and ledgers as JSON, and back: what outlives a restart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cattrs import Converter

from actionbus_plugins.notifier.engine.alert import Alert
from actionbus_plugins.notifier.engine.subjects import Entry, Ledger

_converter = Converter(omit_if_default=False)
_converter.register_unstructure_hook(Decimal, str)
_converter.register_structure_hook(Decimal, lambda value, _: Decimal(value))


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


def dump_ledger(ledger: Ledger) -> object:
    """Make JSON of a ledger."""
    dumped: object = _converter.unstructure(list(ledger), list[Entry])
    return dumped


def load_ledger(dumped: Any) -> Ledger:
    """Make a ledger of what ``dump_ledger`` returned."""
    ledger = Ledger()
    for entry in _converter.structure(dumped, list[Entry]):
        ledger.put(entry)
    return ledger
