"""The feed's view of the fixture in each packet: read anew only where it differs from those of the packets before."""

from __future__ import annotations

from typing import cast

from actionbus.errors import BadPacket
from actionbus.events.base import PeriodScore, Score, Summary
from actionbus.wire import usual
from actionbus.wire.fields import Plan, Raw, flag, label, maybe_text, maybe_whole, refusal, seconds, true, wrong

SUMMARY: Plan = {
    "homeTeamScore": maybe_whole,
    "awayTeamScore": maybe_whole,
    "currentPeriod": maybe_whole,
    "currentStatus": maybe_text,
    "collectionStatus": maybe_text,
    "currentClockState": label,
    "isHomeTeamInPossesion": flag,  # one s in the vendor's packets, two in its schema: PROTOCOL 2.6
    "isHomeTeamInPossession": flag,
    "finished": true,
}
PERIOD: Plan = {
    "id": maybe_whole,
    "label": label,
    "type": label,
    "start": seconds,
    "end": seconds,
    "homeTeamPeriodScore": maybe_whole,
    "awayTeamPeriodScore": maybe_whole,
    "homeTeamScore": maybe_whole,
    "awayTeamScore": maybe_whole,
}
CLOCK_STATES = {"running": True, "stopped": False}  # compared without case: PROTOCOL 2.6


class SummaryReader:
    """Reads ``fixtureSummary`` of one fixture. A summary or period that comes again is the same object again."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Summary] = {}  # those with the periods as they are now
        self._raw_periods: object = None
        self._written = b""  # the periods as they were written last, where that is known
        self._periods: tuple[PeriodScore, ...] = ()

    def read(self, raw: Raw) -> Summary:
        """Return the summary. Raises BadPacket with the path of the field that is wrong."""
        try:
            get = raw.get
            self._turn_to(get("periods"))
            said = (
                get("homeTeamScore"),
                get("awayTeamScore"),
                get("currentPeriod"),
                get("currentStatus"),
                get("collectionStatus"),
                get("currentClockState"),
                get("isHomeTeamInPossesion"),
                get("isHomeTeamInPossession"),
                get("finished"),
            )
            return self._of(said)
        except (TypeError, ValueError, AttributeError):
            raise refusal("fixtureSummary.", SUMMARY, raw) from None
        except RecursionError:
            raise BadPacket("fixtureSummary.periods: is nested too deeply") from None

    def read_usual(self, said: usual.Summary) -> Summary:
        """Return the summary of a packet that is as usual. Raises BadPacket, and one of UNUSUAL where it is not."""
        written = bytes(said.periods)
        if written != self._written:  # most often they are not parsed at all
            self._turn_to(usual.loaded(said.periods))
            self._written = written
        return self._of(
            (
                said.homeTeamScore,
                said.awayTeamScore,
                said.currentPeriod,
                said.currentStatus,
                said.collectionStatus,
                said.currentClockState,
                said.isHomeTeamInPossesion,
                said.isHomeTeamInPossession,
                said.finished,
            )
        )

    def _turn_to(self, periods: object) -> None:
        """Read the periods if they are others."""
        self._written = b""
        if periods != self._raw_periods:
            self._periods = self._read_periods(periods)
            self._raw_periods = periods
            self._known.clear()

    def _of(self, said: tuple[object, ...]) -> Summary:
        known = self._known.get(said)
        if known is None:
            known = self._known[said] = self._read(*said)
        return known

    def _read(
        self,
        home: object,
        away: object,
        period: object,
        status: object,
        collection_status: object,
        clock_state: object,
        one_s: object,
        two_s: object,
        finished: object,
    ) -> Summary:
        ball = flag(one_s), flag(two_s)
        return Summary(
            score=_score(home, away),
            period=maybe_whole(period),
            status=maybe_text(status),
            collection_status=maybe_text(collection_status),
            clock_running=CLOCK_STATES.get(label(clock_state).casefold()),
            home_has_ball=ball[0] if ball[0] is not None else ball[1],
            finished=true(finished),
            periods=self._periods,
        )

    def _read_periods(self, raws: object) -> tuple[PeriodScore, ...]:
        """Read the periods that are not as they were: most often the last alone."""
        if raws is None:
            return ()
        if type(raws) is not list:
            raise BadPacket(f"fixtureSummary.periods: {wrong(raws, 'a list')}")
        before = cast("list[object]", self._raw_periods or [])
        return tuple(
            [
                self._periods[at] if at < len(before) and before[at] == raw else _period(raw, at)
                for at, raw in enumerate(cast("list[Raw]", raws))
            ]
        )


def _score(home: object, away: object) -> Score | None:
    points = maybe_whole(home), maybe_whole(away)
    return Score(points[0], points[1]) if points[0] is not None and points[1] is not None else None


def _period(raw: Raw, at: int) -> PeriodScore:
    try:
        get = raw.get
        return PeriodScore(
            id=maybe_whole(get("id")) or 0,
            label=label(get("label")),
            type=label(get("type")),
            start=seconds(get("start")),
            end=seconds(get("end")),
            period=_score(get("homeTeamPeriodScore"), get("awayTeamPeriodScore")) or Score(),
            running=_score(get("homeTeamScore"), get("awayTeamScore")) or Score(),
        )
    except (TypeError, ValueError, AttributeError):
        raise refusal(f"fixtureSummary.periods[{at}].", PERIOD, raw) from None
