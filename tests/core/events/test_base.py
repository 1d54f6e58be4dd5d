from __future__ import annotations

from datetime import UTC, datetime

import attrs
import pytest

from actionbus.events.actions import Steal
from actionbus.events.base import Action, Player, Score, Summary, Team, ready


def action(**fields: object) -> Action:
    values = {each.name: each.default for each in attrs.fields(Action)} | {"fixture": "f", "action_id": "a"} | fields
    return ready(Steal, values)


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [("09:42", 582.0), ("00:00", 0.0), ("9:42", 582.0), ("00:04.3", 4.3), ("12:00", 720.0)],
)
def test_the_clock_is_read_as_seconds(clock: str, seconds: float) -> None:
    assert action(clock=clock).clock_seconds == pytest.approx(seconds)


@pytest.mark.parametrize("clock", [None, "", "soon", "10", "10:nan", "-1:30", "1:2:3"])
def test_what_is_no_clock_has_no_seconds(clock: str | None) -> None:
    assert action(clock=clock).clock_seconds is None


def test_an_action_has_the_score_of_its_summary() -> None:
    assert action(summary=Summary(score=Score(3, 2))).score == Score(3, 2)
    assert action().score is None


def test_time_is_aware() -> None:
    assert action(at=0.0).time == datetime(1970, 1, 1, tzinfo=UTC)


def test_an_event_that_was_made_ready_is_the_same_as_one_that_was_called() -> None:
    called = Steal(fixture="f", action_id="a", clock="09:00")
    assert action(clock="09:00").__dict__ == called.__dict__
    assert attrs.evolve(action(), clock="09:00").__dict__ == called.__dict__


def test_events_are_frozen() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        action().clock = "10:00"  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


def test_teams_and_players_show_their_name_or_else_their_id() -> None:
    assert str(Team(id="t", name="Efes")) == "Efes"
    assert str(Team(id="t")) == "t"
    assert str(Player(id="p", name="A  Player")) == "A  Player"
    assert str(Player(id="p")) == "p"
    assert str(Score(3, 2)) == "3-2"
