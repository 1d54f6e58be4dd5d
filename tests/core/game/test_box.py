from __future__ import annotations

import pytest
from tests.core.game.feed import AWAY, HOME, PLAYER, Feed, again
from tests.core.game.folding import fold, nothing, result

from actionbus.events import actions as a
from actionbus.events.base import Action, Player, Score, SendType, Summary, Team
from actionbus.game import Game


def figures(game: Game, player: str | None = None) -> dict[str, int]:
    """Return what is not zero of the home team's line, or of a player's."""
    line = game.home.line if player is None else game.home.players[player].line
    return {name: value for name, value in line.as_dict().items() if value}


@pytest.mark.parametrize(
    ("kind", "counted"),
    [
        (a.TwoPointerMade, {"points": 2, "two_pointers_made": 1, "two_pointers_attempted": 1}),
        (a.TwoPointerMissed, {"two_pointers_attempted": 1}),
        (a.ThreePointerMade, {"points": 3, "three_pointers_made": 1, "three_pointers_attempted": 1}),
        (a.ThreePointerMissed, {"three_pointers_attempted": 1}),
        (a.FreeThrowMade, {"points": 1, "free_throws_made": 1, "free_throws_attempted": 1}),
        (a.FreeThrowMissed, {"free_throws_attempted": 1}),
        (a.OffensiveRebound, {"rebounds": 1, "offensive_rebounds": 1}),
        (a.OffensiveTeamRebound, {"rebounds": 1, "offensive_rebounds": 1}),
        (a.DefensiveTeamRebound, {"rebounds": 1, "defensive_rebounds": 1}),
        (a.Assist, {"assists": 1}),
        (a.Steal, {"steals": 1}),
        (a.Block, {"blocks": 1}),
        (a.Turnover, {"turnovers": 1}),
        (a.Foul, {"fouls": 1}),
        (a.Timeout, {}),
        (a.UnknownAction, {}),
    ],
)
def test_an_action_counts_for_its_team_and_its_player(feed: Feed, kind: type[Action], counted: dict[str, int]) -> None:
    game = fold([feed.say(kind, player=PLAYER)])
    assert figures(game) == counted
    assert figures(game, "p") == counted
    assert game.away.line.as_dict() == nothing()


def test_an_action_of_no_player_counts_for_the_team(feed: Feed) -> None:
    game = fold([feed.say(a.DefensiveRebound), feed.say(a.Turnover)])
    assert figures(game) == {"rebounds": 1, "defensive_rebounds": 1, "turnovers": 1}
    assert game.home.players == {}


@pytest.mark.parametrize("subtype", ["Coach Technical", "Bench Technical", "bench technical", "COACH-TECHNICAL "])
def test_fouls_of_the_bench_are_in_no_count(feed: Feed, subtype: str) -> None:
    assert figures(fold([feed.say(a.Foul, player=PLAYER, subtype=subtype)])) == {}


@pytest.mark.parametrize("subtype", ["Technical", "Personal", "Unsportsmanlike", None])
def test_other_fouls_count(feed: Feed, subtype: str | None) -> None:
    assert figures(fold([feed.say(a.Foul, player=PLAYER, subtype=subtype)])) == {"fouls": 1}


def test_a_pending_action_does_not_count_until_it_is_confirmed(feed: Feed) -> None:
    shot = feed.say(a.ThreePointerMade, send_type=SendType.PENDING)
    assert fold([shot]).counted == Score(0, 0)
    assert fold([shot, again(shot, SendType.CONFIRMED)]).counted == Score(3, 0)
    assert fold([shot, again(shot, SendType.CANCELLED)]).counted == Score(0, 0)


def test_a_correction_moves_what_it_changes(feed: Feed) -> None:
    shot = feed.say(a.ThreePointerMade, player=PLAYER)
    corrected = again(shot, SendType.UPDATED, kind=a.TwoPointerMade, player=Player(id="q"), period=2)
    game = fold([shot, corrected])
    assert (game.counted, game.periods) == (Score(2, 0), {2: Score(2, 0)})
    assert [*game.home.players] == ["q"]


def test_a_waved_off_shot_leaves_no_trace(feed: Feed) -> None:
    shot = feed.say(a.ThreePointerMade, player=PLAYER)
    assert result(fold([shot, again(shot, SendType.DELETED)])) == result(Game())


def test_a_team_that_only_a_deleted_action_named_takes_nobodys_side(feed: Feed) -> None:
    ghost = feed.say(a.Steal, team=Team(id="ghost", home=True))
    shot = feed.say(a.TwoPointerMade)
    game = fold([ghost, shot])
    assert game.home.id in ("ghost", "h")
    game = fold([ghost, shot, again(ghost, SendType.DELETED)])
    assert (game.home.id, game.counted, [*game.teams]) == ("h", Score(2, 0), ["h"])


def test_a_wrong_side_that_was_corrected_leaves_no_trace(feed: Feed) -> None:
    wrong = feed.say(a.Steal, team=Team(id="h", name="Home", home=False))
    game = fold([wrong, feed.say(a.TwoPointerMade, team=AWAY), again(wrong, SendType.UPDATED, team=HOME)])
    assert (game.home.id, game.away.id, game.counted) == ("h", "a", Score(0, 2))


def test_sides_that_the_feed_does_not_say_come_from_its_score(feed: Feed) -> None:
    """Version 1 packets have no homeTeam (PROTOCOL 2.5)."""
    shots = [
        feed.say(a.TwoPointerMade, team=Team(id="a"), summary=Summary(score=Score(3, 2))),
        feed.say(a.ThreePointerMade, team=Team(id="z"), summary=Summary(score=Score(3, 2))),
    ]
    game = fold(shots)
    assert (game.home.id, game.away.id, game.counted) == ("z", "a", Score(3, 2))
    assert game.disagreement is None
    assert fold(reversed(shots)).home.id == "z"


def test_sides_that_nobody_says_are_the_same_in_every_order(feed: Feed) -> None:
    shots = [feed.say(a.TwoPointerMade, team=Team(id="z")), feed.say(a.Steal, team=Team(id="b"))]
    assert result(fold(shots)) == result(fold(reversed(shots)))
    assert fold(shots).home.id == "b"


def test_a_side_without_a_team_is_empty(feed: Feed) -> None:
    game = fold([feed.say(a.TwoPointerMade, team=AWAY)])
    assert (game.home.id, game.away.id, game.counted) == ("", "a", Score(0, 2))
