"""The real games against their official box scores, and against a fold of the raw JSON that knows nothing of ours."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from tests.conftest import RealGame
from tests.core.game.folding import fold, interleaved, nothing, result

from actionbus.events.base import Action, Score
from actionbus.game import Game, TeamBox
from actionbus.wire import Decoder

# What each label counts for, in the words of the feed.
MOVES = {
    "2 Points Made": ("two_pointers_made", "two_pointers_attempted"),
    "2PT Made": ("two_pointers_made", "two_pointers_attempted"),
    "2 Points Missed": ("two_pointers_attempted",),
    "2PT Missed": ("two_pointers_attempted",),
    "3 Points Made": ("three_pointers_made", "three_pointers_attempted"),
    "3PT Made": ("three_pointers_made", "three_pointers_attempted"),
    "3 Points Missed": ("three_pointers_attempted",),
    "3PT Missed": ("three_pointers_attempted",),
    "Free Throw Made": ("free_throws_made", "free_throws_attempted"),
    "Free Throw Missed": ("free_throws_attempted",),
    "Offensive Rebound": ("offensive_rebounds", "rebounds"),
    "Defensive Rebound": ("defensive_rebounds", "rebounds"),
    "Assist": ("assists",),
    "Steal": ("steals",),
    "Block": ("blocks",),
    "Turnover": ("turnovers",),
    "Foul": ("fouls",),
}
WORTH = {"two_pointers_made": 2, "three_pointers_made": 3, "free_throws_made": 1}
BENCH = ("Coach Technical", "Bench Technical")


def decoded(game: RealGame) -> list[Action]:
    decode = Decoder().decode
    return [decode(packet) for packet in game.packets]


def standing(game: RealGame) -> list[dict[str, Any]]:
    """Return the actions that stand at the end, straight from the JSON: the last packet of each action decides."""
    last: dict[str, dict[str, Any]] = {}
    for packet in game.packets:
        action = json.loads(packet)["fixtureAction"]
        last[action["actionId"]] = action
    return [action for action in last.values() if action["sendType"] in ("Confirmed", "Updated", "Restored")]


def tally(game: RealGame) -> dict[tuple[str, str | None], Counter[str]]:
    """Count all figures, by team and by team and player."""
    figures: dict[tuple[str, str | None], Counter[str]] = {}
    for action in standing(game):
        if "team" not in action:
            continue
        moves = MOVES.get(action["fixtureActionType"], ())
        if action.get("fixtureActionSubType") in BENCH:
            moves = ()
        whose = [None, action["player"]["id"]] if "player" in action else [None]
        for player in whose:
            counter = figures.setdefault((action["team"]["id"], player), Counter())
            counter.update(moves)
            counter["points"] += sum(WORTH.get(move, 0) for move in moves)
    return figures


def official(side: TeamBox, truth: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Return the figures that the official box score has, of the team and of each of its players."""
    found = {"team": {name: side.line.as_dict()[name] for name in truth["official"]}}
    for player, figures in truth["players"].items():
        line = side.players[player].line.as_dict() if player in side.players else nothing()
        found[player] = {name: line[name] for name in figures}
    return found


def check_official(game: Game, truth: dict[str, Any]) -> None:
    for side, held in (("home", game.home), ("away", game.away)):
        assert held.id == truth[side]["id"]
        assert held.name == truth[side]["name"]
        assert official(held, truth[side]) == {"team": truth[side]["official"], **truth[side]["players"]}
    final = Score(truth["final"]["home"], truth["final"]["away"])
    assert (game.score, game.counted) == (final, final)


def test_a_real_game_gives_its_official_box_score(real_game: RealGame) -> None:
    game = fold(decoded(real_game))
    check_official(game, json.loads(real_game.truth))
    assert game.disagreement is None
    assert game.finished


def test_all_figures_are_those_of_the_raw_packets(real_game: RealGame) -> None:
    game = fold(decoded(real_game))
    figures = tally(real_game)
    for side in (game.home, game.away):
        for player, line in [(None, side.line), *((key, held.line) for key, held in side.players.items())]:
            expected = nothing() | figures.get((side.id, player), Counter())
            assert line.as_dict() == expected
    assert {(side.id, player) for side in (game.home, game.away) for player in side.players} == {
        key for key in figures if key[1] is not None
    }


def test_points_by_period_clock_and_possession_are_those_of_the_raw_packets(real_game: RealGame) -> None:
    game = fold(decoded(real_game))
    points: Counter[tuple[int, str]] = Counter()
    for action in standing(real_game):
        moves = MOVES.get(action["fixtureActionType"], ())
        points[action["period"], action.get("team", {}).get("id", "")] += sum(WORTH.get(move, 0) for move in moves)
    periods = {period for (period, _), made in points.items() if made}
    assert game.periods == {
        period: Score(points[period, game.home.id], points[period, game.away.id]) for period in sorted(periods)
    }
    played = sorted(
        (action for action in standing(real_game) if action["period"] > 0),
        key=lambda action: (action["period"], action["timelineSequence"]),
    )
    assert game.period == played[-1]["period"]
    assert game.clock == played[-1]["clockTime"]
    gained = [action["team"]["id"] for action in played if action["fixtureActionType"] == "Possession Gained"]
    assert (game.possession.id if game.possession is not None else None) == (gained[-1] if gained else None)


@pytest.mark.parametrize("seed", range(3))
def test_the_final_game_is_the_same_for_every_legal_order(some_real_game: RealGame, seed: int) -> None:
    packets = decoded(some_real_game)
    assert result(fold(interleaved(packets, Random(seed)))) == result(fold(packets))


def test_actions_that_are_gone_at_the_end_leave_no_trace(real_game: RealGame) -> None:
    stands = {action["actionId"] for action in standing(real_game)}
    packets = decoded(real_game)
    assert result(fold(packets)) == result(fold([packet for packet in packets if packet.action_id in stands]))


def test_nothing_in_a_real_game_is_unknown_or_disagrees(real_game: RealGame) -> None:
    told: list[str] = []
    decode = Decoder(report=told.append).decode
    for packet in real_game.packets:
        decode(packet)
    assert told == []
