"""The feed's view of the fixture in each packet: read anew only where it differs from that of the packet before."""

from __future__ import annotations

from actionbus.events.base import PeriodScore, Score, Summary
from actionbus.wire.fields import Raw, flag, maybe_text, maybe_whole, seconds, text, true, whole

CLOCK_STATES = {"running": True, "stopped": False}  # compared without case: PROTOCOL 2.6


class SummaryReader:
    """Reads ``fixtureSummary`` of one fixture. Most packets repeat the last one's summary, nearly all its periods."""

    def __init__(self) -> None:
        self._raw: Raw | None = None
        self._summary = Summary()
        self._raw_periods: list[Raw] = []
        self._periods: tuple[PeriodScore, ...] = ()

    def read(self, raw: Raw) -> Summary:
        """Return the summary; one that is the same as the last is the same object. Raises TypeError or ValueError."""
        if raw != self._raw:
            self._summary = self._read(raw)
            self._raw = raw
        return self._summary

    def _read(self, raw: Raw) -> Summary:
        state = raw.get("currentClockState")
        return Summary(
            score=_score(raw, "homeTeamScore", "awayTeamScore"),
            period=maybe_whole(raw.get("currentPeriod")),
            status=maybe_text(raw.get("currentStatus")),
            collection_status=maybe_text(raw.get("collectionStatus")),
            clock_running=CLOCK_STATES.get(state.casefold()) if isinstance(state, str) else None,
            # The vendor's packets spell it with one s, its schema with two: PROTOCOL 2.6.
            home_has_ball=flag(raw.get("isHomeTeamInPossession", raw.get("isHomeTeamInPossesion"))),
            finished=true(raw.get("finished")),
            periods=self._read_periods(raw.get("periods")),
        )

    def _read_periods(self, raws: list[Raw] | None) -> tuple[PeriodScore, ...]:
        if raws is None:
            return ()
        if type(raws) is not list:
            raise TypeError("periods: should be a list")
        if raws != self._raw_periods:
            same = 0  # closed periods seldom change: those up to the first difference are kept
            while same < min(len(raws), len(self._raw_periods)) and raws[same] == self._raw_periods[same]:
                same += 1
            self._periods = (*self._periods[:same], *[_period(raw) for raw in raws[same:]])
            self._raw_periods = raws
        return self._periods


def _score(raw: Raw, home: str, away: str) -> Score | None:
    return Score(whole(raw[home]), whole(raw[away])) if raw.get(home) is not None else None


def _period(raw: Raw) -> PeriodScore:
    return PeriodScore(
        id=whole(raw.get("id", 0)),
        label=text(raw.get("label", "")),
        type=text(raw.get("type", "")),
        start=seconds(raw.get("start")),
        end=seconds(raw.get("end")),
        period=_score(raw, "homeTeamPeriodScore", "awayTeamPeriodScore") or Score(),
        running=_score(raw, "homeTeamScore", "awayTeamScore") or Score(),
    )
