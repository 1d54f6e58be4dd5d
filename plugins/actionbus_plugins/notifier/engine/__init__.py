"""The rules at work on one fixture: events in, notices out; no I/O, no clock but the events' own."""

from __future__ import annotations

from actionbus_plugins.notifier.engine.desk import Desk
from actionbus_plugins.notifier.engine.engine import Engine, kinds_of
from actionbus_plugins.notifier.engine.plan import Plan, make_plan

__all__ = ["Desk", "Engine", "Plan", "kinds_of", "make_plan"]
