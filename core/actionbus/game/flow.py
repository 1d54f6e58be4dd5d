"""How the score went: the baskets that stand in the game's own order, each with the score after it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from attrs import define, field, frozen

from actionbus.events.base import Action, Score
from actionbus.game.box import points

Place = tuple[int, Decimal, str]  # period, timelineSequence and action id: the game's own order


def place_of(action: Action) -> Place:
    """Return what orders an action within its game; actions of period 0 have no place in it."""
    return action.period, action.sequence, action.action_id


@frozen(eq=False)
class Basket:
    """A shot that scored, and what it made of the game.

    It is the same object as long as this basket and all that come before it stay as they are.
    """

    place: Place
    action: Action
    points: int
    home: bool
    """Whether the home team made it."""
    score: Score
    """After it, as the standing actions add up."""
    leader: int
    """Who led last, this basket included: 1 the home team, -1 the away team, 0 nobody so far."""
    lead_change: bool
    """Whether the lead passed over from the other team with it, tied in between or not."""
    run: int
    """Points that its team has made up to this basket since the other one last scored."""
    run_start: int
    """Which of ``Flow.baskets`` began that run."""

    @property
    def lead(self) -> int:
        """By how many points its team leads after it; below 0 where it is behind."""
        return self.score.home - self.score.away if self.home else self.score.away - self.score.home


@frozen
class Course:
    """The official figures of how a game went, as the leagues' box scores have them (shared/games, ``extra``)."""

    lead_changes: int = 0
    """Changes among home ahead, tied and away ahead; that the first basket gives somebody the lead is none."""
    biggest_lead: Score = field(factory=Score)
    """The most points that each team was ahead by; 0 for one that never led."""
    biggest_run: Score = field(factory=Score)
    """The most points that each team made in a row."""


@define(eq=False)
class Flow:
    """The baskets of one fixture that stand. ``game.Game`` counts them; others read.

    Baskets of neither team, and those of period 0, are not among them.
    """

    version: int = 0
    """Grows with every change of the baskets."""
    _order: list[Place] = field(factory=list[Place])
    _actions: dict[str, Action] = field(factory=dict[str, Action])
    _baskets: list[Basket] = field(factory=list[Basket])  # as far as they are worked out
    _course: Course | None = None
    _last: Action | None = None  # of a game that is over
    _home: str = ""
    _away: str = ""

    def count(self, action: Action, by: int) -> None:
        """Count a shot that scored (+1), or take it back (-1)."""
        place = place_of(action)
        if by > 0:
            self._actions[action.action_id] = action
            if not self._order or self._order[-1] < place:
                self._order.append(place)
            else:
                insort(self._order, place)
        else:
            del self._order[bisect_left(self._order, place)]
            del self._actions[action.action_id]
        if self._baskets and place <= self._baskets[-1].place:
            del self._baskets[bisect_left(self._baskets, place, key=_place) :]
        self._changed()

    def seat(self, home: str, away: str) -> None:
        """Learn the teams' ids: whose baskets count for which side."""
        if (home, away) != (self._home, self._away):
            self._home, self._away = home, away
            self._baskets.clear()
            self._changed()

    def _changed(self) -> None:
        self.version += 1
        self._course = None

    @property
    def last(self) -> Action | None:
        """The last standing shot that scored, whoever made it; None before the first."""
        return self._actions[self._order[-1][2]] if self._order else self._last

    @property
    def baskets(self) -> Sequence[Basket]:
        """The baskets in the game's own order."""
        made = self._baskets
        before = made[-1] if made else None
        if before is None or before.place != self._order[-1]:
            for place in self._order[bisect_right(self._order, before.place) if before is not None else 0 :]:
                action = self._actions[place[2]]
                team = action.team.id if action.team is not None else ""
                if team and team in (self._home, self._away):
                    before = _after(before, action, place, home=team == self._home, index=len(made))
                    made.append(before)
        return made

    def until(self, place: Place) -> Basket | None:
        """Return the last basket at a place of the game or before it."""
        baskets = self.baskets
        index = bisect_right(baskets, place, key=_place)
        return baskets[index - 1] if index else None

    @property
    def course(self) -> Course:
        """How the game went, up to now."""
        if self._course is None:
            self._course = _course(self.baskets)
        return self._course

    def release(self) -> None:
        """Let go of the baskets of a game that is over; the last one and the course stay."""
        self._course, self._last = self.course, self.last
        self._order.clear()
        self._actions.clear()
        self._baskets.clear()


def _place(basket: Basket) -> Place:
    return basket.place


def _after(before: Basket | None, action: Action, place: Place, *, home: bool, index: int) -> Basket:
    worth = points[type(action)]
    score = before.score if before is not None else Score()
    score = Score(score.home + worth, score.away) if home else Score(score.home, score.away + worth)
    led = before.leader if before is not None else 0
    leader = (score.home > score.away) - (score.home < score.away) or led
    runs = before is not None and before.home is home
    return Basket(
        place=place,
        action=action,
        points=worth,
        home=home,
        score=score,
        leader=leader,
        lead_change=leader == -led != 0,
        run=before.run + worth if before is not None and runs else worth,
        run_start=before.run_start if before is not None and runs else index,
    )


def _course(baskets: Sequence[Basket]) -> Course:
    ahead = [(each.score.home > each.score.away) - (each.score.home < each.score.away) for each in baskets]
    changes = sum(one != other for one, other in pairwise(ahead))
    lead, run = {True: 0, False: 0}, {True: 0, False: 0}
    for each in baskets:
        lead[each.home] = max(lead[each.home], each.lead)
        run[each.home] = max(run[each.home], each.run)
    return Course(changes, Score(lead[True], lead[False]), Score(run[True], run[False]))
