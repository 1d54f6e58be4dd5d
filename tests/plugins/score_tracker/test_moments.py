"""Each moment as corrections make it, change it and unmake it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.game.feed import AWAY, HOME, Feed, again
from tests.plugins.score_tracker.found import Played, changes, played

from actionbus.events import actions as a
from actionbus.events.base import Action, Change, Moment, Player, Score, SendType, Summary
from actionbus.events.catalogue import snake_name
from actionbus.events.contents import contents
from actionbus.log.moments import Moments, unkeepable
from actionbus_plugins.score_tracker import moments as m

ANN, BO = Player(id="ann", name="Ann Lee"), Player(id="bo", name="Bo Diaz")
ADDED, AMENDED, WITHDRAWN = Change.ADDED, Change.AMENDED, Change.WITHDRAWN
DELETED, UPDATED = SendType.DELETED, SendType.UPDATED


@pytest.fixture
def feed() -> Feed:
    return Feed()


def baskets(feed: Feed, *teams: str, kind: type[Action] = a.TwoPointerMade, **fields: Any) -> list[Action]:
    """A basket of each team in turn: h for home, a for away."""
    return [feed.say(kind, team=HOME if team == "h" else AWAY, clock="05:00", **fields) for team in teams]


def only(game: Played, kind: type[Moment]) -> Any:
    """The one moment of a class that stands."""
    (moment,) = game.standing[kind.__name__].values()
    return moment


def test_each_basket_changes_the_score_and_later_ones_follow_its_corrections(feed: Feed) -> None:
    two, three = feed.say(a.TwoPointerMade, player=ANN, clock="09:41"), feed.say(a.ThreePointerMade, team=AWAY)
    game = played([two, three])
    first = game.standing["ScoreChanged"]["x1"]
    assert isinstance(first, m.ScoreChanged)
    assert (first.points, first.score, first.lead, first.player) == (2, Score(2, 0), 2, ANN)
    assert (first.period, first.clock, first.clock_seconds) == (1, "09:41", 581.0)
    heard = game.give(again(two, UPDATED, kind=a.ThreePointerMade))
    said = {each.key: each for each in heard if isinstance(each, m.ScoreChanged)}
    assert [(each.change, each.score) for each in said.values()] == [(AMENDED, Score(3, 0)), (AMENDED, Score(3, 3))]
    heard = game.give(again(two, DELETED))
    assert [(each.key, each.change) for each in heard if isinstance(each, m.ScoreChanged)] == [
        ("x1", WITHDRAWN),
        ("x2", AMENDED),
    ]


def test_a_basket_moved_to_the_other_team_is_the_same_moment(feed: Feed) -> None:
    (two,) = baskets(feed, "h")
    game = played([two])
    heard = [each for each in game.give(again(two, UPDATED, team=AWAY)) if isinstance(each, m.ScoreChanged)]
    assert [(each.key, each.change, each.team, each.score) for each in heard] == [("x1", AMENDED, AWAY, Score(0, 2))]


def test_the_lead_passes_over_tied_in_between_or_not(feed: Feed) -> None:
    game = played([*baskets(feed, "h", "a", "a"), *baskets(feed, "h", kind=a.ThreePointerMade)])
    assert list(game.standing["LeadChange"]) == ["x3", "x4"]
    assert list(game.standing["Tie"]) == ["x2"]


def test_without_an_earlier_basket_other_baskets_change_the_lead(feed: Feed) -> None:
    made = baskets(feed, "h", "a", "a", "h", "h")
    game = played(made)
    assert (list(game.standing["LeadChange"]), list(game.standing["Tie"])) == (["x3", "x5"], ["x2", "x4"])
    heard = game.give(again(made[1], DELETED))
    assert changes(heard) == [
        ("LeadChange", "x3", WITHDRAWN),
        ("LeadChange", "x5", WITHDRAWN),
        ("Tie", "x2", WITHDRAWN),
        ("Tie", "x4", WITHDRAWN),
        ("Tie", "x3", ADDED),
    ]


def test_a_run_is_one_moment_that_grows(feed: Feed) -> None:
    made = baskets(feed, "h", "h", "h", "h", "h", "a")
    game = Played()
    assert changes(game.give(*made)) == [("ScoringRun", "x1", ADDED), ("ScoringRun", "x1", AMENDED)]
    run = only(game, m.ScoringRun)
    assert (run.points, run.score, run.action_ids) == (10, Score(10, 0), ("x1", "x2", "x3", "x4", "x5"))
    assert (run.began_period, run.began_clock, run.team) == (1, "05:00", HOME)


@pytest.mark.parametrize(
    ("which", "corrected", "heard"),
    [
        (4, {"send_type": DELETED}, [("ScoringRun", "x1", AMENDED)]),
        (2, {"send_type": UPDATED, "kind": a.FreeThrowMade}, [("ScoringRun", "x1", AMENDED)]),
        (0, {"send_type": DELETED}, [("ScoringRun", "x1", WITHDRAWN), ("ScoringRun", "x2", ADDED)]),
        (2, {"send_type": UPDATED, "team": AWAY}, [("ScoringRun", "x1", WITHDRAWN)]),
        (5, {"send_type": DELETED}, []),
    ],
    ids=["its last basket", "retyped", "its first basket", "the other team's", "what ended it"],
)
def test_a_run_follows_the_corrections_of_its_baskets(
    feed: Feed, which: int, corrected: dict[str, Any], heard: list[tuple[str, str, Change]]
) -> None:
    made = baskets(feed, "h", "h", "h", "h", "h", "a")
    assert changes(played(made).give(again(made[which], **corrected))) == heard


def test_a_late_entry_of_the_other_team_ends_a_run(feed: Feed) -> None:
    made = baskets(feed, "h", "h", "a", "h", "h", "h")
    late = made.pop(2)
    game = played(made)
    assert only(game, m.ScoringRun).points == 10
    assert changes(game.give(late)) == [("ScoringRun", "x1", WITHDRAWN)]


def threes(feed: Feed, *hits: bool, player: Player = ANN) -> list[Action]:
    return [feed.say(a.ThreePointerMade if hit else a.ThreePointerMissed, player=player) for hit in hits]


def test_a_streak_is_one_moment_that_grows_until_its_opposite(feed: Feed) -> None:
    game = Played()
    said = [*threes(feed, True, True), *threes(feed, False, player=BO), *threes(feed, True, True, False, True)]
    heard = [each for each in changes(game.give(*said)) if each[0] == "Streak"]
    assert heard == [("Streak", "threes:x1", ADDED), ("Streak", "threes:x1", AMENDED)]
    streak = only(game, m.Streak)
    assert (streak.length, streak.player, streak.name, streak.of) == (4, ANN, "threes", ("three_pointer_made",))
    assert streak.action_ids == ("x1", "x2", "x4", "x5")


def test_a_miss_that_was_none_joins_two_streaks(feed: Feed) -> None:
    shots = threes(feed, True, True, True, False, True, True, True)
    game = played(shots)
    assert set(game.standing["Streak"]) == {"threes:x1", "threes:x5"}
    heard = game.give(again(shots[3], DELETED))
    streaks = {each for each in changes(heard) if each[1].startswith("threes")}
    assert streaks == {("Streak", "threes:x5", WITHDRAWN), ("Streak", "threes:x1", AMENDED)}
    assert {each for each in changes(game.give(again(shots[3], UPDATED, player=BO))) if "threes" in each[1]} == set()


def test_a_milestone_is_amended_where_another_action_reaches_it_and_withdrawn_only_where_none_does(feed: Feed) -> None:
    made = baskets(feed, *"hhhhhh", player=ANN)
    game = played(made)
    milestone = only(game, m.Milestone)
    assert (milestone.key, milestone.value, milestone.action_ids) == ("points:10:ann", 10, ("x5",))
    heard = [each for each in changes(game.give(again(made[0], DELETED))) if each[0] == "Milestone"]
    assert heard == [("Milestone", "points:10:ann", AMENDED)]
    assert only(game, m.Milestone).action_ids == ("x6",)
    heard = [each for each in changes(game.give(again(made[1], UPDATED, player=BO))) if each[0] == "Milestone"]
    assert heard == [("Milestone", "points:10:ann", WITHDRAWN)]


def test_double_and_triple_doubles_are_reached_with_the_last_figure_that_does(feed: Feed) -> None:
    kinds = [a.Assist, a.Steal, a.DefensiveRebound]
    game = played([feed.say(kind, player=ANN) for _ in range(9) for kind in kinds])
    assert "Milestone" not in game.standing
    last = [feed.say(kind, player=ANN) for kind in kinds]
    heard = game.give(*last)
    assert [(each.key, each.value, each.action_ids) for each in heard if isinstance(each, m.Milestone)] == [
        ("double_double:10:ann", 2, (last[1].action_id,)),
        ("triple_double:10:ann", 3, (last[2].action_id,)),
    ]
    heard = game.give(again(last[0], DELETED))
    assert changes(heard) == [
        ("Milestone", "triple_double:10:ann", WITHDRAWN),
        ("Milestone", "double_double:10:ann", AMENDED),
    ]


def test_fouls_are_trouble_only_as_early_as_the_settings_say(feed: Feed) -> None:
    game = played([feed.say(a.Foul, player=ANN, period=period) for period in (1, 2, 3, 4, 5)])
    assert [*game.standing["FoulTrouble"]] == ["ann:5"]
    early = [feed.say(a.Foul, player=BO, period=period) for period in (1, 1, 2, 3)]
    game = played([*early, feed.say(a.Foul, player=BO, subtype="Bench Technical")])
    assert [*game.standing["FoulTrouble"]] == ["bo:2", "bo:3", "bo:4"]
    assert changes(game.give(again(early[0], UPDATED, player=ANN))) == [
        ("FoulTrouble", "bo:2", WITHDRAWN),
        ("FoulTrouble", "bo:3", WITHDRAWN),
        ("FoulTrouble", "bo:4", WITHDRAWN),
    ]


def test_clutch_time_begins_with_the_clock_or_with_the_basket_that_makes_it_close(feed: Feed) -> None:
    early = baskets(feed, "h", "h", "h", period=4)
    tick, steal = feed.say(a.ClockStart, period=4, clock="05:00"), feed.say(a.Steal, period=4, clock="04:40")
    close = feed.say(a.TwoPointerMade, team=AWAY, period=4, clock="04:10")
    overtime = feed.say(a.PeriodStart, team=None, period=5, clock="05:00")
    game = played([*[again(each, UPDATED, clock="05:01") for each in early], tick, steal, close])
    clutch = only(game, m.ClutchTime)
    assert (clutch.key, clutch.action_ids, clutch.score, clutch.margin) == ("4", (close.action_id,), Score(6, 2), 4)
    assert changes(game.give(overtime)) == [("ClutchTime", "5", ADDED)]
    heard = [each for each in changes(game.give(again(early[0], DELETED))) if each[0] == "ClutchTime"]
    assert heard == [("ClutchTime", "4", AMENDED), ("ClutchTime", "5", AMENDED)]
    assert game.standing["ClutchTime"]["4"].__dict__["action_ids"] == (tick.action_id,)


def test_a_buzzer_beater_is_a_field_goal_at_no_seconds_left(feed: Feed) -> None:
    said = [
        feed.say(kind, clock=clock, player=ANN)
        for kind, clock in [(a.TwoPointerMade, "00:01"), (a.FreeThrowMade, "00:00"), (a.TwoPointerMissed, "00:00")]
    ]
    last, exact = feed.say(a.ThreePointerMade, clock="00:00"), feed.say(a.TwoPointerMade, clock="00:00.9", period=2)
    game = played([*said, last, exact])
    assert [*game.standing["BuzzerBeater"]] == [last.action_id, exact.action_id]
    heard = game.give(again(last, UPDATED, clock="00:03"))
    assert ("BuzzerBeater", last.action_id, WITHDRAWN) in changes(heard)


def test_a_period_ends_with_its_own_word_or_with_the_match(feed: Feed) -> None:
    made = baskets(feed, "h", "h")
    over = feed.say(a.PeriodOver, team=None, clock="00:00")
    game = played([*made, over])
    assert only(game, m.PeriodEnd).score == Score(4, 0)
    late = feed.say(a.FreeThrowMade, team=AWAY)
    assert ("PeriodEnd", "1", AMENDED) in changes(game.give(late))
    made += baskets(feed, "a", period=2)
    end = feed.say(a.MatchOver, team=None, period=2, clock="00:00")
    heard = [each for each in game.give(made[-1], end) if isinstance(each, m.PeriodEnd | m.FinalScore)]
    assert [(type(each).__name__, each.key, each.change, each.action_ids) for each in heard] == [
        ("PeriodEnd", "2", ADDED, (end.action_id,)),
        ("FinalScore", "final", ADDED, (end.action_id,)),
    ]
    second = game.standing["PeriodEnd"]["2"]
    assert isinstance(second, m.PeriodEnd)
    assert (second.score, second.made) == (Score(4, 3), Score(0, 2))
    assert changes(game.give(again(end, DELETED))) == [
        ("PeriodEnd", "2", WITHDRAWN),
        ("FinalScore", "final", WITHDRAWN),
    ]
    anew = feed.say(a.PeriodOver, team=None, clock="00:00")
    assert changes(game.give(again(over, DELETED), anew)) == [("PeriodEnd", "1", WITHDRAWN), ("PeriodEnd", "1", ADDED)]


def test_the_final_score_is_the_feeds_and_stands_when_the_feed_says_that_all_is_over(feed: Feed) -> None:
    game = played(baskets(feed, "h", "a", summary=Summary(score=Score(20, 18))))
    assert "FinalScore" not in game.standing
    game.give(feed.say(a.StatusUpdate, period=0, summary=Summary(score=Score(20, 18), finished=True)))
    final = only(game, m.FinalScore)
    assert (final.score, final.winner, final.home, final.away) == (Score(20, 18), HOME, HOME, AWAY)
    assert (final.action_ids, final.period, final.clock) == ((), 1, "05:00")
    heard = game.give(feed.say(a.StatusUpdate, period=0, summary=Summary(score=Score(20, 20), finished=True)))
    assert changes(heard) == [("FinalScore", "final", AMENDED)]
    assert only(game, m.FinalScore).winner is None


def test_what_the_feed_says_again_changes_no_moment(feed: Feed) -> None:
    made = baskets(feed, *"hhhhhaaa", player=ANN)
    game = played(made)
    assert game.give(*(again(each, UPDATED) for each in made), feed.say(a.Timeout, clock="04:00")) == []


def some(feed: Feed) -> list[Moment]:
    """One moment of each class."""
    game = played(
        [
            *baskets(feed, "a", kind=a.ThreePointerMade, player=BO),
            *baskets(feed, *"hhhhhh", player=ANN),
            *baskets(feed, *"aaaaa", player=BO, period=4, kind=a.FreeThrowMade),
            *baskets(feed, *"aa", player=BO, period=4),
            *(feed.say(a.Foul, player=ANN, clock="03:00") for _ in range(2)),
            feed.say(a.ThreePointerMade, team=AWAY, player=BO, period=4, clock="00:00"),
            feed.say(a.MatchOver, team=None, period=4, clock="00:00"),
        ]
    )
    return [next(iter(held.values())) for held in game.standing.values()]


def test_every_moment_can_be_kept_and_comes_back_as_it_was(feed: Feed) -> None:
    found = some(feed)
    moments = Moments()
    moments.know(type(each) for each in found)
    for each in found:
        assert unkeepable(type(each)) is None
        envelope = {"fixture": "f", "position": 7, "at": 1.0, "origin": each.origin}
        back = moments.decode(snake_name(type(each)), moments.encode(each), envelope)
        assert back is not None
        assert contents(back) == contents(each)


def test_every_moment_says_what_it_is_about_in_a_sentence(feed: Feed) -> None:
    assert {type(each).__name__: str(each) for each in some(feed)} == {
        "ScoreLine": "Q4 00:00 = Home 12 - 15 Away",
        "ScoreChanged": "Bo Diaz scores 3: 0-3",
        "LeadChange": "Home take the lead: 4-3",
        "Tie": "Away tie the score: 12-12",
        "BuzzerBeater": "Bo Diaz beats the buzzer of Q4: 12-15",
        "ScoringRun": "Home are on a 12-0 run: 12-3",
        "Streak": "Ann Lee: 6 times two pointer made or three pointer made in a row",
        "Milestone": "Ann Lee: 10 points",
        "FoulTrouble": "Ann Lee (Home) has 2 fouls in Q1",
        "ClutchTime": "Clutch time in Q4: 12-7 with 05:00 left",
        "PeriodEnd": "End of Q4: 12-15",
        "FinalScore": "Final score: Home 12 - 15 Away",
    }
