"""Find the moments of the clock: clutch time, the ends of periods, and the final score."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from attrs import frozen

from actionbus import Action, Game, MatchOver, PeriodOver, Score, Team, TeamBox
from actionbus_plugins.score_tracker.moments import ClutchTime, FinalScore, PeriodEnd
from actionbus_plugins.score_tracker.series import Found, Place, Series, place_of
from actionbus_plugins.score_tracker.settings import Clutch


@frozen
class Scored:
    """An action, the score with it, and what was made of that in its period."""

    action: Action  # compares by identity: an amended action is another one
    score: Score
    made: Score = Score()  # noqa: RUF009  (a frozen value)


class ClutchTimes:
    """Finds clutch time in the late periods of one game.

    It begins with the first action that has little time left, or with the first basket behind it that makes the score
    close: between baskets the score does not move.
    """

    def __init__(self, clutch: Clutch) -> None:
        self.found = Found[ClutchTime]()
        self._clutch = clutch
        self._late: defaultdict[int, Series] = defaultdict(Series)
        self._standing: list[Scored] = []
        self._looked: object = None  # at the first late action of each period, and the version of the baskets

    def hears(self, kind: type[Action]) -> bool:
        """Whether actions of this class matter: all may have a clock."""
        return True

    def count(self, action: Action, by: int) -> bool:
        """Count an action with little time left."""
        if action.period < self._clutch.period or not self._is_late(action):
            return False
        self._late[action.period].count(action, by)
        return True

    def settle(self, game: Game) -> None:
        """See whether it begins with other actions, or with another score."""
        if not self._late:
            return
        firsts = [series.actions[0] for _, series in sorted(self._late.items()) if series.actions]
        looked = firsts, game.flow.version
        if looked == self._looked:
            return
        self._looked = looked
        begun = [self._begins(game, first) for first in firsts]
        standing = [each for each in begun if each is not None]
        if standing != self._standing:
            self._standing = standing
            self.found.put([self._moment(game, each) for each in standing])

    def _begins(self, game: Game, first: Action) -> Scored | None:
        score = _score_at(game, place_of(first))
        if self._is_close(score):
            return Scored(first, score)
        for each in game.flow.baskets:
            later = each.place > place_of(first) and each.action.period == first.period
            if later and self._is_close(each.score) and self._is_late(each.action):
                return Scored(each.action, each.score)
        return None

    def _is_late(self, action: Action) -> bool:
        left = action.clock_seconds
        return left is not None and left <= self._clutch.seconds

    def _is_close(self, score: Score) -> bool:
        return abs(score.home - score.away) <= self._clutch.margin

    def _moment(self, game: Game, begun: Scored) -> ClutchTime:
        action, score = begun.action, begun.score
        return ClutchTime(
            fixture=game.fixture,
            key=str(action.period),
            action_ids=(action.action_id,),
            period=action.period,
            clock=action.clock or "",
            clock_seconds=action.clock_seconds,
            score=score,
            margin=abs(score.home - score.away),
        )


class PeriodEnds:
    """Finds the periods of one game that are over: by the last word of their end, else by the end of the match."""

    def __init__(self) -> None:
        self.found = Found[PeriodEnd]()
        self._ends: dict[type[Action], defaultdict[int, Series]] = {
            kind: defaultdict(Series) for kind in (MatchOver, PeriodOver)
        }
        self._moved = False
        self._last: dict[int, Action] = {}  # by period, its end
        self._baskets: dict[int, tuple[int, object]] = {}  # by period that is over, how many, and the last of them
        self._standing: list[Scored] = []

    def hears(self, kind: type[Action]) -> bool:
        """Whether actions of this class matter: those that end a period do."""
        return issubclass(kind, (MatchOver, PeriodOver))

    def count(self, action: Action, by: int) -> bool:
        """Count the end of a period or of the match."""
        for kind, series in self._ends.items():
            if isinstance(action, kind):
                series[action.period].count(action, by)
                self._moved = True
        return self._moved

    def settle(self, game: Game) -> None:
        """See whether other periods are over, by another word, or with another score."""
        if self._moved:
            self._moved = False
            self._last = {
                number: series.actions[-1]
                for periods in self._ends.values()
                for number, series in periods.items()
                if series.actions
            }
        elif all(_ends_with(game, number, index, last) for number, (index, last) in self._baskets.items()):
            return
        self._baskets = {number: _last_of(game, number) for number in self._last}
        standing = [_scored_by(game, number, action) for number, action in sorted(self._last.items())]
        if standing != self._standing:
            self._standing = standing
            self.found.put([_period_end(game, each) for each in standing])


def _last_of(game: Game, period: int) -> tuple[int, object]:
    """Return how many baskets there are up to the end of a period, and the last of them."""
    baskets = game.flow.baskets
    count = bisect_right(baskets, period, key=lambda each: each.action.period)
    return count, baskets[count - 1] if count else None


def _ends_with(game: Game, period: int, count: int, last: object) -> bool:
    """Whether there are still so many baskets up to the end of a period, and none of them has changed."""
    baskets = game.flow.baskets
    if len(baskets) < count or (count and baskets[count - 1] is not last):
        return False
    return len(baskets) == count or baskets[count].action.period > period


def _score_at(game: Game, place: Place) -> Score:
    basket = game.flow.until(place)
    return basket.score if basket is not None else Score()


def _scored_by(game: Game, period: int, action: Action) -> Scored:
    end, before = (_score_at(game, (number, Decimal("Infinity"), "")) for number in (period, period - 1))
    return Scored(action, end, Score(end.home - before.home, end.away - before.away))


def _period_end(game: Game, end: Scored) -> PeriodEnd:
    return PeriodEnd(
        fixture=game.fixture,
        key=str(end.action.period),
        action_ids=(end.action.action_id,),
        period=end.action.period,
        clock=end.action.clock or "",
        clock_seconds=end.action.clock_seconds,
        score=end.score,
        made=end.made,
    )


class FinalScores:
    """Finds the final score of one game."""

    def __init__(self) -> None:
        self._over = Series()

    def hears(self, kind: type[Action]) -> bool:
        """Whether actions of this class matter: the end of the match does."""
        return issubclass(kind, MatchOver)

    def count(self, action: Action, by: int) -> bool:
        """Count the end of the match."""
        self._over.count(action, by)
        return False  # the feed may end the match without an action, so ``reads`` looks

    def settle(self, game: Game) -> None:
        """Do nothing: ``reads`` looks."""

    def reads(self, game: Game) -> object:
        """Give all that the final score is made of, once there is one."""
        if not self._over.actions and not game.finished:
            return None
        last = self._over.actions[-1] if self._over.actions else (game.period, game.clock)
        return last, game.score, _team(game.home, home=True), _team(game.away, home=False)

    def moments(self, game: Game) -> Sequence[FinalScore]:
        """Return the final score, if the match is over."""
        over = self._over.actions[-1] if self._over.actions else None
        if over is None and not game.finished:
            return ()
        home, away, score = _team(game.home, home=True), _team(game.away, home=False), game.score
        return [
            FinalScore(
                fixture=game.fixture,
                key="final",
                action_ids=(over.action_id,) if over is not None else (),
                period=over.period if over is not None else game.period,
                clock=(over.clock if over is not None else game.clock) or "",
                clock_seconds=over.clock_seconds if over is not None else None,
                home=home,
                away=away,
                score=score,
                winner=None if score.home == score.away else home if score.home > score.away else away,
            )
        ]


def _team(box: TeamBox, *, home: bool) -> Team:
    return Team(id=box.id, name=box.name, home=home)
