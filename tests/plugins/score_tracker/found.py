"""What the folds find, as the core would announce it, in the form in which the oracle tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from attrs import define, field

from actionbus import Action, Change, Fold, Game, Moment, Origin
from actionbus.pipeline.announcer import Announcer
from actionbus.timeline import Timeline
from actionbus_plugins.score_tracker import moments as m
from actionbus_plugins.score_tracker.settings import Settings
from actionbus_plugins.score_tracker.standing import make_folds


def fail(fold: Fold, error: BaseException) -> None:
    """Let a fold that raises fail the test."""
    raise error


Said = dict[str, dict[str, tuple[Any, ...]]]


@define(eq=False)
class Played:
    """A game that is given packet by packet to the folds."""

    folds: list[Fold] = field(factory=lambda: make_folds(Settings()))
    game: Game = field(factory=lambda: Game(fixture="f"))
    heard: list[Moment] = field(factory=list[Moment])
    """What was announced."""
    standing: dict[str, dict[str, Moment]] = field(factory=dict[str, dict[str, Moment]])
    """What adding up the announcements gives, by class and key."""
    _timeline: Timeline = field(factory=Timeline)
    _announcer: Announcer = field(init=False)
    _count: int = 0

    def __attrs_post_init__(self) -> None:
        self._announcer = Announcer(self.folds, count(1).__next__, fail)

    def give(self, *packets: Action) -> list[Moment]:
        """Fold packets in, and return what was announced."""
        before = len(self.heard)
        for packet in packets:
            self._count += 1
            at = float(self._count)
            _, events = self._timeline.apply(packet, self._count, at)
            for event in events:
                self.game.apply(event)
            if not events:
                self.game.observe(packet.summary, at, finished=packet.finished)
            self.look(at)
        return self.heard[before:]

    def look(self, at: float = 0.0) -> None:
        """Let the folds look, each only where what it reads has changed, and add up what is announced."""
        for moment in self._announcer.look(self.game, at, Origin.LIVE):
            self.heard.append(moment)
            held = self.standing.setdefault(type(moment).__name__, {})
            if moment.change is Change.WITHDRAWN:
                del held[moment.key]
            else:
                assert (moment.change is Change.AMENDED) is (moment.key in held)
                held[moment.key] = moment

    def said(self) -> Said:
        """Return what stands, as the oracle tells it."""
        return {name: {key: TOLD[name](moment) for key, moment in self.standing.get(name, {}).items()} for name in TOLD}

    def afresh(self, folds: list[Fold] | None = None) -> Said:
        """Return what folds that see the game for the first time find in it."""
        other = Played(folds or make_folds(Settings()), self.game)
        other.look()
        return other.said()


def played(packets: Iterable[Action]) -> Played:
    """Return a game after these packets."""
    made = Played()
    made.give(*packets)
    return made


def changes(moments: Iterable[Moment]) -> list[tuple[str, str, Change]]:
    """Return the class, key and change of announcements, without the score line's and the scores'."""
    dull = (m.ScoreLine, m.ScoreChanged)
    return [(type(each).__name__, each.key, each.change) for each in moments if not isinstance(each, dull)]


def tally(moments: Iterable[Moment]) -> Counter[tuple[str, Change]]:
    """Count announcements by class and change."""
    return Counter((type(each).__name__, each.change) for each in moments)


def _score(moment: Any) -> tuple[int, int]:
    return moment.score.home, moment.score.away


def _basket(moment: Any) -> tuple[Any, ...]:
    assert moment.action_ids == (moment.key,)
    home = moment.score.home - moment.score.away
    assert moment.lead == (home if moment.team.home else -home)
    who = moment.team.id, moment.player and moment.player.id
    return moment.period, moment.clock, *who, moment.points, _score(moment)


def _run(moment: Any) -> tuple[Any, ...]:
    began = moment.began_period, moment.began_clock
    return moment.team.id, moment.points, _score(moment), moment.action_ids, *began


def _period_end(moment: Any) -> tuple[Any, ...]:
    return moment.action_ids[0], _score(moment), (moment.made.home, moment.made.away)


def _milestone(moment: Any) -> tuple[Any, ...]:
    return (moment.player or moment.team).id, moment.value, moment.action_ids[0]


TOLD: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    **dict.fromkeys(("ScoreChanged", "LeadChange", "Tie", "BuzzerBeater"), _basket),
    "ScoringRun": _run,
    "Streak": lambda moment: ((moment.player or moment.team).id, moment.length, moment.action_ids),
    "Milestone": _milestone,
    "FoulTrouble": lambda moment: (moment.period, moment.clock, moment.action_ids),
    "ClutchTime": lambda moment: (moment.action_ids[0], _score(moment)),
    "PeriodEnd": _period_end,
    "FinalScore": lambda moment: (moment.action_ids[0] if moment.action_ids else None, _score(moment)),
}
