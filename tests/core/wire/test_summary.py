from __future__ import annotations

from typing import Any

import pytest
from tests.core.wire.packets import GONE, SUMMARY, packet

from actionbus.events.base import Action, Summary
from actionbus.wire import Decoder


def decode(text: str | bytes) -> Action:
    return Decoder().decode(text)


def summary_of(**changes: Any) -> Summary:
    summary = decode(packet(summary=changes)).summary
    assert summary is not None
    return summary


@pytest.mark.parametrize("name", SUMMARY)
def test_null_in_the_summary_says_what_a_missing_field_says(name: str) -> None:
    assert summary_of(**{name: None}) == summary_of(**{name: GONE})


def test_a_score_of_one_side_is_no_score() -> None:
    assert summary_of(homeTeamScore=GONE).score is None
    assert summary_of(awayTeamScore=None).score is None


@pytest.mark.parametrize("spelling", ["isHomeTeamInPossesion", "isHomeTeamInPossession"])
@pytest.mark.parametrize("home", [True, False])
def test_possession_is_read_in_both_spellings(spelling: str, home: bool) -> None:
    assert summary_of(**{"isHomeTeamInPossesion": GONE, spelling: home}).home_has_ball is home


def test_no_possession_is_none() -> None:
    assert summary_of(isHomeTeamInPossesion=GONE).home_has_ball is None


@pytest.mark.parametrize(
    ("said", "running"),
    [("running", True), ("Running", True), ("stopped", False), ("Stopped", False), ("frozen", None), (None, None)],
)
def test_the_state_of_the_clock_is_read_whatever_its_case(said: str | None, running: bool | None) -> None:
    assert summary_of(currentClockState=said).clock_running is running


def test_finished_is_read_from_the_summary_and_from_the_wrapper() -> None:
    assert summary_of(finished=True).finished is True
    assert decode(packet(wrapper={"finished": True})).finished is True
    assert decode(packet(wrapper={"finished": "true"})).finished is True
    assert decode(packet(wrapper={"finished": False})).finished is False


def test_one_new_period_leaves_the_others_the_same_objects() -> None:
    decoder = Decoder()
    first = SUMMARY["periods"][0]
    one = decoder.decode(packet()).summary
    two = decoder.decode(packet(summary={"periods": [first, first | {"id": 2, "label": "2nd quarter"}]})).summary
    assert one is not None
    assert two is not None
    assert [period.id for period in two.periods] == [1, 2]
    assert two.periods[0] is one.periods[0]
    again = decoder.decode(packet(summary={"periods": [first]})).summary
    assert again == one
