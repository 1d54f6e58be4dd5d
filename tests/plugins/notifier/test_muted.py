"""What is muted is passed over where quiet and cooldown are asked: by rule, player and team."""

from __future__ import annotations

import json

import pytest
from tests.plugins.notifier.playing import play, told

from actionbus import SendType, Steal, ThreePointerMade
from actionbus.testing import make

STEALS = '[alert.a]\non = "steal"\nmessage = "{{ player.name }}"\n'
THREES = '[alert.a]\non = "three_pointer_made"\nstreak = { n = 2 }\nmessage = "{{ player.name }} {{ streak.n }}"\n'


@pytest.mark.parametrize("muted", ["a", "Ann", "its player's id"])
def test_an_alert_of_a_muted_rule_or_player_is_passed_over_and_never_told(muted: str) -> None:
    steal = make(Steal, player="Ann")
    assert steal.player is not None
    name = steal.player.id if muted == "its player's id" else muted
    desk = play(STEALS, steal, muted=[name])
    assert desk.notices == []
    (kept,) = (json.loads(value) for key, value in desk.kept.items() if key.startswith("a:"))
    assert (kept["state"], kept["reason"]) == ("passed", "muted")
    assert {"Ann", steal.player.id} <= {*kept["who"]}


def test_others_are_told_while_one_is_muted() -> None:
    steals = make(Steal, player="Ann"), make(Steal, player="Bo")
    assert told(STEALS, *steals, muted=["Ann"]) == ["sent: Bo"]


def test_a_team_is_muted_by_its_name() -> None:
    steal = make(Steal, player="Ann")
    assert steal.team is not None
    assert told(STEALS, steal, muted=[steal.team.name]) == []


def test_a_streak_is_about_whoever_its_text_names() -> None:
    one, two = make(ThreePointerMade, player="Ann"), make(ThreePointerMade, player="Bo")
    assert told(THREES, one, two, muted=["Ann"]) == ["sent: Bo 2"]
    assert told(THREES, one, two, muted=["Bo"]) == []


def test_an_alert_that_is_held_back_is_muted_as_of_when_it_would_be_told() -> None:
    steal = make(Steal, player="Ann")
    named = make(Steal, player="Bo").player
    amended = make(Steal, player="Bo", action_id=steal.action_id, send_type=SendType.UPDATED)
    assert named is not None
    assert told(STEALS + 'settle = "4s"\n', steal, amended, muted=["Ann"]) == ["sent: Bo"]


def test_what_is_muted_does_not_begin_a_cooldown() -> None:
    steals = make(Steal, player="Ann"), make(Steal, player="Bo")
    assert told(STEALS + 'cooldown = "10m"\n', *steals, muted=["Ann"]) == ["sent: Bo"]
