"""Quiet hours: until when they last."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from actionbus_plugins.notifier.notice import Priority
from actionbus_plugins.notifier.settings import Quiet


def quiet_until(quiet: Quiet | None, priority: Priority, now: float, zone: ZoneInfo) -> float | None:
    """Return when hours end that are quiet for this priority ``now``, in Unix seconds; None: they are not.

    An hour that comes twice may have two ends; an end that the clock skips comes as much later as it skips.
    """

    def is_quiet(moment: float) -> bool:
        return quiet is not None and quiet.holds(datetime.fromtimestamp(moment, zone).time(), priority)

    if quiet is None or not is_quiet(now):
        return None
    today, end = datetime.fromtimestamp(now, zone).date(), time.fromisoformat(quiet.to)
    # The third day: tomorrow's end may be skipped into quiet hours that begin again.
    days = (datetime.combine(today + timedelta(days=day), end, zone) for day in range(3))
    ends = (day.replace(fold=fold).timestamp() for day in days for fold in (0, 1))
    return min(moment for moment in ends if moment > now and not is_quiet(moment))
