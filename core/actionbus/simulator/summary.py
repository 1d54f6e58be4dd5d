"""The fixture summary of a generated match: what stands after each entry, as the feed would add it up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from attrs import Factory, define

from actionbus.simulator.entries import Send
from actionbus.simulator.sheet import POINTS, Action, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from actionbus.simulator.entries import Entry

_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}
_GONE = frozenset({Send.PENDING, Send.CANCELLED, Send.DELETED})


@define
class Summary:
    """What stands so far; ``moment`` writes seconds since the first packet as a date and time."""

    moment: Callable[[float], str]
    _standing: dict[str, Action] = Factory(dict[str, Action])
    _points: Counter[tuple[int, bool]] = Factory(Counter[tuple[int, bool]])
    _starts: dict[int, float] = Factory(dict[int, float])
    _ends: dict[int, float] = Factory(dict[int, float])
    _latest: Action | None = None
    _possession: Action | None = None
    _running: bool = False
    _started: bool = False
    _ended: bool = False

    def add(self, entry: Entry) -> None:
        """Take in one entry, the next in the order of delivery."""
        action = entry.action
        before = self._standing.pop(action.id, None)
        if before is not None:
            self._count(before, -1)
        if entry.send not in _GONE:
            self._standing[action.id] = action
            self._count(action, 1)
        if self._latest is None or action.place > self._latest.place:
            self._latest = action
        if action.kind is Kind.START_FIXTURE:
            self._started = True
        elif action.kind is Kind.START_PERIOD:
            self._starts[action.period] = entry.at
        elif action.kind is Kind.END_PERIOD:
            self._ends[action.period] = entry.at
        elif action.kind is Kind.END_MATCH:
            self._ended = True
        elif action.kind in (Kind.START_CLOCK, Kind.STOP_CLOCK):
            self._running = action.kind is Kind.START_CLOCK
        elif action.kind is Kind.POSSESSION:
            self._possession = action

    def _count(self, action: Action, sign: int) -> None:
        if action.home is not None and (points := POINTS.get(action.kind, 0)):
            self._points[action.period, action.home] += sign * points

    def render(self) -> dict[str, object]:
        """Return ``fixtureSummary`` with the keys in the order of the wire."""
        total = {True: 0, False: 0}
        periods: list[dict[str, object]] = []
        for period, start in self._starts.items():
            own = {home: self._points[period, home] for home in (True, False)}
            total = {home: total[home] + own[home] for home in (True, False)}
            end = self._ends.get(period)
            number = period if period <= 4 else period - 4
            periods.append(
                {
                    "awayTeamPeriodScore": own[False],
                    "awayTeamScore": total[False],
                    "end": None if end is None else self.moment(end)[:19],
                    "homeTeamPeriodScore": own[True],
                    "homeTeamScore": total[True],
                    "id": period,
                    "label": f"{_ORDINALS.get(number, f'{number}th')} {'quarter' if period <= 4 else 'overtime'}",
                    "start": self.moment(start)[:19],
                    "type": "Regular" if period <= 4 else "Overtime",
                }
            )
        live = "Live" if self._started else "Scheduled"
        return {
            "awayTeamScore": total[False],
            "collectionStatus": "CollectionCompleted" if self._ended else "CollectingLive",
            "currentClockState": "running" if self._running else "stopped",
            "currentClockTime": "00:00" if self._latest is None else clock_time(self._latest.clock),
            "currentPeriod": max(self._starts, default=0),
            "currentStatus": "Completed" if self._ended else live,
            "finished": self._ended,
            "homeTeamScore": total[True],
            # spelled as packets spell it; before anybody has the ball the feed says true
            "isHomeTeamInPossesion": self._possession is None or self._possession.home is True,
            "isTied": total[True] == total[False],
            "periods": periods,
        }


def clock_time(seconds: int) -> str:
    """Write what is left of a period as packets do, ``mm:ss``."""
    return f"{seconds // 60:02d}:{seconds % 60:02d}"
