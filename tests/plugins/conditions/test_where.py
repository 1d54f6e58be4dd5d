"""``where``: which events, by what they say."""

from __future__ import annotations

import pytest

from actionbus import FeedState, FeedStatus, Player, Score, Steal, Team, Timeout
from actionbus.testing import AWAY, HOME, make
from actionbus_plugins.conditions.where import Asked, matcher
from actionbus_plugins.score_tracker.moments import FinalScore, Milestone

LUKA = Player(id="p-1", name="Luka  Dončić")
LISTS = {"stars": ("Jokic", "doncic"), "numbers": ("4", "5")}


@pytest.mark.parametrize(
    "wanted",
    ["p-1", "Luka Dončić", "luka doncic", "DONČIĆ", "Luka", " luka  doncic ", ("Jokic", "Luka"), "@stars", ("@stars",)],
)
def test_a_player_is_asked_for_by_id_whole_name_or_one_word_of_it_whatever_its_case_and_accents(wanted: Asked) -> None:
    matches = matcher({"player": wanted}, LISTS)
    assert matches(make(Steal, player=LUKA))
    assert not matches(make(Steal, player=Player(id="p-2", name="Lukas Dončićson")))
    assert not matches(make(Steal, player=None))


@pytest.mark.parametrize(
    ("name", "wanted"), [("Kar\u015f\u0131yaka", "karsiyaka"), ("Łukasz Þór", "lukasz thor"), ("Đorđević", "dordevic")]
)
def test_letters_that_unicode_does_not_take_for_accented_match_too(name: str, wanted: str) -> None:
    assert matcher({"player": wanted}, {})(make(Steal, player=name))


def test_two_words_of_a_name_that_are_not_all_of_it_do_not_match() -> None:
    assert not matcher({"player": "van der"}, {})(make(Steal, player="Ann van der Berg"))


def test_an_id_is_not_looked_for_among_names() -> None:
    matches = matcher({"player.name": "p-1"}, {})
    assert not matches(make(Steal, player=LUKA))
    assert matcher({"player.id": "P-1"}, {})(make(Steal, player=LUKA))


def test_all_fields_have_to_match() -> None:
    matches = matcher({"player": "Ann", "team": "Foxes"}, {})
    assert matches(make(Steal, player="Ann", team=AWAY))
    assert not matches(make(Steal, player="Ann", team=HOME))
    assert not matches(make(Steal, player="Bo", team=AWAY))
    assert not matches(make(Steal, player="Ann", team=None))


def test_without_fields_everything_matches() -> None:
    assert matcher({}, {})(make(Timeout, player=None, team=None))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"period": 4}, True),
        ({"period": (5, 6)}, False),
        ({"period": (4, 5)}, True),
        ({"period_text": "q4"}, True),
        ({"clock": 312}, True),
        ({"clock": 312.0}, True),
        ({"clock_text": "05:12"}, True),
        ({"subtype": " clean  STEAL"}, True),
        ({"subtype": "clean"}, False),  # a word is enough of names only
        ({"team.home": True}, True),
        ({"team.home": False}, False),
        ({"team.name": "gulls"}, True),
        ({"team.id": "home"}, True),
        ({"score.margin": 3}, True),
        ({"score.text": "88-85"}, True),
        ({"type": ("block", "steal")}, True),
        ({"tentative": False}, True),
        ({"fixture": "fixture-1"}, True),
    ],
)
def test_every_name_of_messages_can_be_asked_for_by_value(where: dict[str, Asked], expected: bool) -> None:
    steal = make(Steal, period=4, clock="05:12", subtype="Clean steal", score=(88, 85))
    assert matcher(where, {})(steal) is expected


def test_what_the_feed_does_not_say_is_empty() -> None:
    nothing = make(Timeout, player=None, team=None, clock=None)
    assert matcher({"subtype": "", "clock": 0, "team.home": False}, {})(nothing)


def milestone() -> Milestone:
    return Milestone(
        fixture="1",
        key="1",
        action_ids=("a", "b"),
        period=2,
        clock="01:00",
        clock_seconds=60.0,
        stat="points",
        threshold=20,
        value=21,
        team=HOME,
        player=None,
    )


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"stat": ("rebounds", "Points")}, True),
        ({"threshold": 20, "value": (20, 21)}, True),
        ({"team": "Gulls"}, True),
        ({"player": "Gulls"}, False),  # the team's name stands for the player's in messages only
        ({"action_ids": "b"}, True),
        ({"action_ids": ("c", "d")}, False),
    ],
)
def test_moments_are_asked_for_their_own_fields_and_a_list_for_what_it_holds(
    where: dict[str, Asked], expected: bool
) -> None:
    assert matcher(where, {})(milestone()) is expected


def test_other_teams_of_a_moment_are_asked_for_as_the_team_is() -> None:
    final = FinalScore(
        fixture="1",
        key="final",
        action_ids=(),
        period=4,
        clock="00:00",
        clock_seconds=0.0,
        home=HOME,
        away=AWAY,
        score=Score(3, 2),
        winner=Team(id="home", name="Harbor Gulls"),
    )
    assert matcher({"winner": "Gulls", "away": "Foxes", "home.name": "gulls"}, {})(final)
    assert not matcher({"winner": "Foxes"}, {})(final)


def test_one_matcher_takes_events_of_several_classes_and_none_without_the_field() -> None:
    matches = matcher({"team": "Gulls"}, {})
    status = FeedStatus(fixture="1", state=FeedState.DOWN)
    assert [matches(event) for event in (make(Steal), milestone(), status, make(Steal))] == [True, True, False, True]
    assert matcher({"state": "down"}, {})(status)
