from __future__ import annotations

from decimal import Decimal

from tests.core.game.feed import AWAY, HOME, PLAYER, Feed, again
from tests.core.game.folding import fold

from actionbus.events import actions as a
from actionbus.events.base import Player, Score, SendType, Summary
from actionbus.game import Disagreement, Game
from actionbus.timeline import Timeline


def test_a_late_entry_does_not_turn_back_clock_period_or_possession(feed: Feed) -> None:
    late = feed.say(a.PossessionGained, team=AWAY, clock="09:30")
    early = [
        feed.say(a.PossessionGained, clock="09:00"),
        feed.say(a.Steal, period=2, clock="08:00", sequence=Decimal("2.5")),
    ]
    game = fold([*early, late])
    assert (game.period, game.clock, game.possession) == (2, "08:00", HOME)
    assert [action.action_id for action in game.actions()] == ["x1", "x2", "x3"]


def test_the_last_basket_is_that_of_the_game_and_gone_when_it_is_waved_off(feed: Feed) -> None:
    late = feed.say(a.TwoPointerMade)
    first = feed.say(a.FreeThrowMade)
    last = feed.say(a.ThreePointerMade)
    miss = feed.say(a.TwoPointerMissed)
    gone = again(last, send_type=SendType.DELETED)
    assert fold([miss]).last_basket is None
    for packets, basket in (([first, last, late, miss], last), ([first, last, gone, late], first)):
        found = fold(packets).last_basket
        assert found is not None
        assert found.action_id == basket.action_id


def test_places_that_differ_in_the_last_digit_alone_keep_their_order(feed: Feed) -> None:
    first = feed.say(a.PossessionGained, sequence=Decimal("1.0000016713502460"))
    then = feed.say(a.PossessionGained, team=AWAY, sequence=Decimal("1.0000016713502461"))
    assert fold([then, first]).possession == AWAY


def test_a_status_packet_in_mid_game_has_no_place_in_it(feed: Feed) -> None:
    status = feed.say(a.StatusUpdate, team=None, period=0, clock="00:00", sequence=Decimal("0.1"))
    game = fold([feed.say(a.Steal, period=3, clock="02:00"), status])
    assert (game.period, game.clock) == (3, "02:00")


def test_an_action_without_a_clock_leaves_the_clock_as_it_was(feed: Feed) -> None:
    assert fold([feed.say(a.Steal, clock="02:00"), feed.say(a.Timeout)]).clock == "02:00"


def test_before_the_match_there_is_nothing() -> None:
    game = Game()
    assert (game.score, game.period, game.clock, game.possession, game.status) == (Score(), 0, None, None, "")
    assert (game.periods, [*game.actions()], game.disagreement) == ({}, [], None)


def test_the_score_is_the_feeds_and_else_the_counted_one(feed: Feed) -> None:
    shot = feed.say(a.TwoPointerMade)
    assert fold([shot]).score == Score(2, 0)
    assert fold([again(shot, SendType.CONFIRMED, summary=Summary(score=Score(20, 18)))]).score == Score(20, 18)
    assert fold([again(shot, SendType.CONFIRMED, summary=Summary(status="Live"))]).status == "Live"


def apart(feed: Feed, *steps: tuple[float, Score]) -> Game:
    """Return a game in which 2-0 was counted and the feed said these scores at these seconds."""
    timeline, game = Timeline(), Game()
    for event in timeline.apply(feed.say(a.TwoPointerMade), 0, 0.0)[1]:
        game.apply(event)
    for at, score in steps:
        game.observe(Summary(score=score), at)
    return game


def test_a_difference_of_scores_is_told_once_it_lasts(feed: Feed) -> None:
    assert apart(feed, (1.0, Score(4, 0)), (61.0, Score(4, 0))).disagreement is None
    told = apart(feed, (1.0, Score(4, 0)), (61.5, Score(5, 0))).disagreement
    assert told == Disagreement(Score(5, 0), Score(2, 0), since=1.0)
    assert str(told) == "the feed's score is 5-0, its actions add up to 2-0"


def test_a_difference_that_passes_is_not_told(feed: Feed) -> None:
    steps = [(1.0, Score(4, 0)), (50.0, Score(2, 0)), (70.0, Score(4, 0)), (120.0, Score(4, 0))]
    assert apart(feed, *steps).disagreement is None


def test_a_difference_at_the_end_is_told_at_once(feed: Feed) -> None:
    game = apart(feed, (1.0, Score(4, 0)))
    game.observe(Summary(score=Score(4, 0), finished=True), 2.0)
    assert game.disagreement is not None


def test_the_end_is_what_the_newest_packet_says(feed: Feed) -> None:
    game = Game()
    said: list[bool] = []
    for summary, finished in [
        (None, False),
        (Summary(finished=True), False),
        (None, False),
        (Summary(finished=False), False),
        (None, True),
        (Summary(), True),
    ]:
        game.observe(summary, 0.0, finished=finished)
        said.append(game.finished)
    assert said == [False, True, True, False, True, True]


def test_an_action_that_vanished_does_not_bring_back_an_old_score(feed: Feed) -> None:
    timeline, game = Timeline(), Game()
    shot = feed.say(a.TwoPointerMade, summary=Summary(score=Score(2, 0)))
    for packet in (shot, feed.say(a.FreeThrowMade, summary=Summary(score=Score(3, 0)))):
        for event in timeline.apply(packet, 0, 0.0)[1]:
            game.apply(event)
    for event in timeline.vanish(shot.action_id, 2, 2.0)[1]:
        game.apply(event)
    assert (game.score, game.counted) == (Score(3, 0), Score(1, 0))


def test_the_version_grows_with_every_change_of_what_stands_and_with_nothing_else(feed: Feed) -> None:
    shot = feed.say(a.TwoPointerMade)
    pending = feed.say(a.Steal, send_type=SendType.PENDING)
    assert fold([shot, again(shot, SendType.UPDATED)]).version == fold([shot]).version
    assert fold([shot, pending]).version == fold([shot]).version
    assert fold([shot, again(shot, SendType.DELETED)]).version > fold([shot]).version


def test_a_players_newest_name_is_shown(feed: Feed) -> None:
    game = fold([feed.say(a.Steal, player=Player(id="p")), feed.say(a.Steal, player=PLAYER)])
    assert game.home.players["p"].player == PLAYER
    game = fold([feed.say(a.Steal, player=PLAYER), feed.say(a.Steal, player=Player(id="p"))])
    assert game.home.players["p"].player == PLAYER


def test_a_lineup_that_is_taken_back_is_gone(feed: Feed) -> None:
    lineup = feed.say(a.Lineup, period=0)
    assert [*fold([lineup]).lineups] == [lineup.action_id]
    assert fold([lineup, again(lineup, SendType.DELETED)]).lineups == {}
