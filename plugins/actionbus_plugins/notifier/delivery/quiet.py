"""Quiet hours: until when they last."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from actionbus_plugins.notifier.notice import Priority
from actionbus_plugins.notifier.settings import Quiet

_LEAST = 1.0  # second that is waited at least: a clock that is set back ends no loop


def quiet_until(quiet: Quiet | None, priority: Priority, now: float, zone: ZoneInfo) -> float | None:
    """Return when hours end that are quiet for this priority ``now``, in Unix seconds; None: they are not."""
    if quiet is None:
        return None
    local = datetime.fromtimestamp(now, zone)
    if not quiet.holds(local.time(), priority):
        return None
    end = time.fromisoformat(quiet.to)
    day = local.date() if end > local.time() else local.date() + timedelta(days=1)
    return max(datetime.combine(day, end, zone).timestamp(), now + _LEAST)
