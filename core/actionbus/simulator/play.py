"""The plays of a generated match: who shoots, who fouls and what comes of it, drawn at about real rates."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from attrs import frozen

from actionbus.simulator.sheet import Action, Kind, Sheet
from actionbus.simulator.teams import Player, Side, Team, make_teams

if TYPE_CHECKING:
    from collections.abc import Callable

_REGULAR, _OVERTIME = 600.0, 300.0  # seconds of a period
_LOSSES = (
    "Shot Clock Violation", "Back Court Violation", "Travelling", "Travelling", "Double Dribble", "Out Of Bounds",
    "Out Of Bounds", "3 Second Violation", "Offensive",
)  # fmt: skip


@frozen
class Match:
    """A whole match as it truly was, in the order in which it happened."""

    home: Team
    away: Team
    actions: tuple[Action, ...]


def play_match(seed: int) -> Match:
    """Play the match of this seed to its end, overtimes included."""
    rng = Random(f"{seed}/play")
    home, away = make_teams(seed, rng)
    sheet = Sheet(seed, rng, Side(home, list(home.players[:5])), Side(away, list(away.players[:5])))
    for kind, of in (
        (Kind.MATCH_CONDITIONS, None),
        (Kind.TEAM_COLOURS, None),
        (Kind.LINEUPS, True),
        (Kind.LINEUPS, False),
    ):
        sheet.add(kind, of)
        sheet.wait(15, 25)
    sheet.period, sheet.left = 1, _REGULAR
    sheet.add(Kind.START_FIXTURE)
    sheet.wait(100, 200)
    period, first = 1, _play_period(sheet, 1, None)
    while period < 4 or sheet.points[True] == sheet.points[False]:
        sheet.wait(*((840, 900) if period == 2 else (110, 130)))
        # who lost the jump ball has the ball first in the 2nd and the 3rd period, who won it in the 4th
        _play_period(sheet, period + 1, first == (period % 3 == 0))
        period += 1
    sheet.wait(8, 15)
    sheet.add(Kind.END_MATCH)
    return Match(home, away, tuple(sheet.actions))


def _play_period(sheet: Sheet, number: int, offense: bool | None) -> bool:
    """Play one period; None stands for a jump ball. Returns who had the ball first."""
    rng = sheet.rng
    sheet.period, sheet.left = number, _REGULAR if number <= 4 else _OVERTIME
    sheet.home.period_fouls = sheet.away.period_fouls = 0
    sheet.add(Kind.START_PERIOD)
    if offense is None:
        offense = rng.random() < 0.5
        sheet.play(rng.uniform(0.5, 1.5))
        sheet.add(Kind.JUMP_BALL, offense)
    first = offense
    sheet.add(Kind.POSSESSION, offense)
    while sheet.left > 0:
        offense = _possession(sheet, offense)
    sheet.stop()
    sheet.wait(1, 3)
    sheet.add(Kind.END_PERIOD)
    return first


def _possession(sheet: Sheet, offense: bool) -> bool:
    """Play one possession; returns who has the ball next."""
    rng = sheet.rng
    length = rng.triangular(4, 24, 11)
    if length >= sheet.left:
        if sheet.left < 2 or rng.random() < 0.25:
            sheet.play(sheet.left)
            return offense
        length = sheet.left - rng.uniform(0.3, 1.2)
    sheet.play(length)
    outcome = rng.random()
    for chance, what in _OUTCOMES:
        if outcome < chance:
            return what(sheet, offense)
        outcome -= chance
    return _shot(sheet, offense)


def _gain(sheet: Sheet, home: bool) -> bool:
    sheet.add(Kind.POSSESSION, home)
    return home


def _steal(sheet: Sheet, offense: bool) -> bool:
    rng = sheet.rng
    loser, thief = sheet.side(offense).pick(rng), sheet.side(not offense).pick(rng)
    lost = sheet.add(Kind.TURNOVER, offense, loser, subtype="Stolen")
    sheet.play(rng.uniform(0.5, 2.0))
    sheet.add(Kind.STEAL, not offense, thief, related=(lost,))
    return _gain(sheet, not offense)


def _loss(sheet: Sheet, offense: bool) -> bool:
    rng = sheet.rng
    subtype = rng.choice(_LOSSES)
    player = None if subtype.startswith("Shot Clock") else sheet.side(offense).pick(rng)
    sheet.stop()
    if subtype == "Offensive":
        foul = sheet.foul(offense, player, "Offensive")
        sheet.add(Kind.TURNOVER, offense, player, related=(foul,))
    else:
        sheet.add(Kind.TURNOVER, offense, player, subtype=subtype)
    sheet.wait(8, 16)
    sheet.pause()
    return _gain(sheet, not offense)


def _held_ball(sheet: Sheet, offense: bool) -> bool:
    sheet.stop()
    home = offense if sheet.rng.random() < 0.5 else not offense
    sheet.add(Kind.JUMP_BALL, home)
    sheet.wait(10, 15)
    return _gain(sheet, home)


def _common_foul(sheet: Sheet, offense: bool) -> bool:
    """A foul away from the shot: the same team goes on, or shoots two once the others have four in the period."""
    rng = sheet.rng
    sheet.stop()
    foul = sheet.foul(not offense, sheet.side(not offense).pick(rng), "Personal")
    if sheet.side(not offense).period_fouls > 4:
        return _free_throws(sheet, offense, sheet.side(offense).pick(rng), 2, foul)
    sheet.wait(12, 22)
    sheet.pause()
    return offense


def _technical(sheet: Sheet, offense: bool) -> bool:
    """A technical or an unsportsmanlike foul: free throws for the others, who may have the ball afterwards."""
    rng = sheet.rng
    subtype = rng.choice(("Technical", "Coach Technical", "Bench Technical", "Unsportsmanlike"))
    home = rng.random() < 0.5
    sheet.stop()
    fouler = sheet.side(home).pick(rng) if subtype in ("Technical", "Unsportsmanlike") else None
    foul = sheet.foul(home, fouler, subtype)
    sheet.wait(15, 30)
    shooter = sheet.side(not home).pick(rng)
    ball = not home if subtype == "Unsportsmanlike" else offense
    return _free_throws(sheet, not home, shooter, 2 if subtype == "Unsportsmanlike" else 1, foul, ball)


def _shot(sheet: Sheet, offense: bool) -> bool:
    rng = sheet.rng
    side = sheet.side(offense)
    shooter = side.pick(rng)
    behind = sheet.points[not offense] - sheet.points[offense]
    last = sheet.period >= 4 and sheet.left < 30
    three = behind == 3 if last and 0 < behind < 4 else rng.random() < 0.4
    fouled = rng.random() < (0.02 if three else 0.17)
    chance = (0.37 if three else 0.58) * shooter.skill
    if last and 0 < behind < 4:
        chance = 0.6  # last shots that matter go in more often than they should: matches are to be worth watching
    if fouled:
        chance *= 0.45
    if rng.random() < chance:
        made = sheet.add(Kind.THREE_MADE if three else Kind.TWO_MADE, offense, shooter)
        if rng.random() < 0.6:
            sheet.play(rng.uniform(0, 1))
            sheet.add(Kind.ASSIST, offense, side.pick(rng, shooter), related=(made,))
        if fouled:
            return _shooting_foul(sheet, offense, shooter, 1)
        return _gain(sheet, not offense)
    if fouled:
        return _shooting_foul(sheet, offense, shooter, 3 if three else 2)
    missed = sheet.add(Kind.THREE_MISSED if three else Kind.TWO_MISSED, offense, shooter)
    if rng.random() < (0.02 if three else 0.12):
        sheet.add(Kind.BLOCK, not offense, sheet.side(not offense).pick(rng), related=(missed,))
    return _rebound(sheet, offense, missed)


def _shooting_foul(sheet: Sheet, offense: bool, shooter: Player, throws: int) -> bool:
    sheet.stop()
    foul = sheet.foul(not offense, sheet.side(not offense).pick(sheet.rng), "Personal")
    return _free_throws(sheet, offense, shooter, throws, foul)


def _free_throws(
    sheet: Sheet, home: bool, shooter: Player, throws: int, foul: Action, ball: bool | None = None
) -> bool:
    """Shoot the free throws; the last one is live, unless ``ball`` says who has it afterwards."""
    rng = sheet.rng
    words = {1: "One free throw awarded", 2: "Two free throws awarded", 3: "Three free throws awarded"}
    sheet.add(Kind.FREE_THROWS_AWARDED, home, shooter, subtype=words[throws], related=(foul,))
    sheet.wait(10, 20)
    sheet.pause(shooter)
    thrown = None
    for _ in range(throws):
        sheet.wait(8, 14)
        made = rng.random() < 0.76 * shooter.skill
        thrown = sheet.add(Kind.FREE_THROW_MADE if made else Kind.FREE_THROW_MISSED, home, shooter)
    if ball is not None:
        return _gain(sheet, ball)
    if thrown is not None and thrown.kind is Kind.FREE_THROW_MISSED:
        return _rebound(sheet, home, thrown)
    return _gain(sheet, not home)


def _rebound(sheet: Sheet, offense: bool, missed: Action) -> bool:
    rng = sheet.rng
    sheet.play(rng.uniform(0.8, 3.0))
    if sheet.left <= 0:
        return offense
    home = offense if rng.random() < (0.15 if missed.kind is Kind.FREE_THROW_MISSED else 0.27) else not offense
    kind = Kind.OFFENSIVE_REBOUND if home == offense else Kind.DEFENSIVE_REBOUND
    if rng.random() < 0.1:  # out of bounds: the team's rebound, nobody's in particular
        sheet.stop()
        sheet.add(kind, home, related=(missed,))
        sheet.wait(6, 12)
    else:
        sheet.add(kind, home, sheet.side(home).pick(rng), related=(missed,))
    return _gain(sheet, home)


# What a possession comes to, with its chance; a shot is what remains.
_OUTCOMES: tuple[tuple[float, Callable[[Sheet, bool], bool]], ...] = (
    (0.07, _steal),
    (0.06, _loss),
    (0.14, _common_foul),
    (0.006, _technical),
    (0.006, _held_ball),
)
