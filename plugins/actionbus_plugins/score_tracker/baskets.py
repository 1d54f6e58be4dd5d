"""Find the moments of the baskets: each one, lead changes, ties, buzzer beaters and runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from actionbus import Action, FieldGoal, Game, Score, Team
from actionbus_plugins.score_tracker.moments import (
    BasketMoment,
    BuzzerBeater,
    LeadChange,
    ScoreChanged,
    ScoringRun,
    Tie,
)
from actionbus_plugins.score_tracker.series import Found
from actionbus_plugins.score_tracker.settings import Settings

B = TypeVar("B", bound=BasketMoment)


_Said = tuple[str, Action, int, Score, int]  # fixture, action, points, score after it, lead with it


class _Made(Found[B], Generic[B]):
    """Moments each of which one basket made; nobody may ever ask for them, so they wait to be made."""

    def __init__(self, kind: type[B]) -> None:
        super().__init__()
        self._kind = kind
        self._indices: list[int] = []  # of the baskets
        self._moments: list[B] = []
        self._waiting: list[_Said] = []  # of the last baskets

    def forget(self, kept: int) -> None:
        """Forget what the baskets from this one on have made."""
        while self._indices and self._indices[-1] >= kept:
            del self._indices[-1], (self._waiting or self._moments)[-1]
            self.version += 1

    def add(self, index: int, said: _Said) -> None:
        """Find a moment in a basket."""
        self._indices.append(index)
        self._waiting.append(said)
        self.version += 1

    def all(self) -> Sequence[B]:
        """Return the moments that stand."""
        self._moments += [self._make(*said) for said in self._waiting]
        self._waiting.clear()
        return self._moments

    def _make(self, fixture: str, action: Action, points: int, score: Score, lead: int) -> B:
        return self._kind(
            fixture=fixture,
            key=action.action_id,
            action_ids=(action.action_id,),
            period=action.period,
            clock=action.clock or "",
            clock_seconds=action.clock_seconds,
            team=action.team or Team(id=""),
            player=action.player,
            points=points,
            score=score,
            lead=lead,
        )


class Baskets:
    """Finds the moments of the baskets of one game; those before a basket that has changed stay as they are."""

    def __init__(self, settings: Settings) -> None:
        self._run = settings.run
        self._buzzer = settings.buzzer
        self._seen: list[object] = []
        self._ends: dict[int, int] = {}  # of runs: the last basket by the first
        self.score_changes = _Made(ScoreChanged)
        self.lead_changes = _Made(LeadChange)
        self.ties = _Made(Tie)
        self.buzzer_beaters = _Made(BuzzerBeater)
        self.runs = Found[ScoringRun]()

    def hears(self, kind: type[Action]) -> bool:
        """Whether actions of this class matter: none do, the game has its baskets in order."""
        return False

    def count(self, action: Action, by: int) -> bool:
        """Count nothing."""
        return False

    def settle(self, game: Game) -> None:
        """Look at the baskets that are new or stand behind a new one."""
        baskets, seen = game.flow.baskets, self._seen
        kept = min(len(baskets), len(seen))
        while kept and baskets[kept - 1] is not seen[kept - 1]:
            kept -= 1
        del seen[kept:]
        for made in (self.score_changes, self.lead_changes, self.ties, self.buzzer_beaters):
            made.forget(kept)
        ends = {start: min(end, kept - 1) for start, end in self._ends.items() if start < kept}
        ends = {start: end for start, end in ends.items() if baskets[end].run >= self._run}
        for index in range(kept, len(baskets)):
            basket = baskets[index]
            seen.append(basket)
            said = game.fixture, basket.action, basket.points, basket.score, basket.lead
            self.score_changes.add(index, said)
            if basket.lead_change:
                self.lead_changes.add(index, said)
            if not basket.lead:
                self.ties.add(index, said)
            if self._beats_the_buzzer(basket.action):
                self.buzzer_beaters.add(index, said)
            if basket.run >= self._run:
                ends[basket.run_start] = index
        if ends != self._ends or any(end >= kept for end in ends.values()):
            self._ends = ends
            self.runs.put([self._found(game, start, end) for start, end in ends.items()])

    def _beats_the_buzzer(self, action: Action) -> bool:
        if not isinstance(action, FieldGoal):
            return False
        left = action.clock_seconds
        return left is not None and left <= self._buzzer

    def _found(self, game: Game, start: int, end: int) -> ScoringRun:
        baskets = game.flow.baskets[start : end + 1]
        return _run(game, [each.action for each in baskets], baskets[-1].run, baskets[-1].score)


def _run(game: Game, actions: Sequence[Action], points: int, score: Score) -> ScoringRun:
    first, last = actions[0], actions[-1]
    return ScoringRun(
        fixture=game.fixture,
        key=first.action_id,
        action_ids=tuple(action.action_id for action in actions),
        period=last.period,
        clock=last.clock or "",
        clock_seconds=last.clock_seconds,
        team=last.team or Team(id=""),
        points=points,
        score=score,
        began_period=first.period,
        began_clock=first.clock or "",
    )
