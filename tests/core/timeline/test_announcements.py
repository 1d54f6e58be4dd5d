from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.timeline.steals import (
    CONFIRMED,
    DELETED,
    OTHER,
    PENDING,
    PLAYER,
    RESTORED,
    UPDATED,
    steal,
)

from actionbus.events.actions import DefensiveRebound, OffensiveRebound, Steal, Turnover
from actionbus.events.base import Change, Player, Score, Summary, Team, same
from actionbus.timeline import State, Timeline

DIFFERENT: dict[str, Any] = {
    "clock": "08:59",
    "player": Player(id="p", name="Renamed"),
    "team": Team(id="away", home=False),
    "subtype": "Stolen",
    "period": 2,
    "sequence": Decimal("1.50000000000000001"),
    "related": ("b",),
    "metadata": {"x": 1},
}
ALIKE: dict[str, Any] = {
    "send_type": UPDATED,
    "type_name": "Ball Stolen",
    "type_id": 22,
    "subtype_id": 7,
    "fixture_seq": 9,
    "timestamp": 9.0,
    "summary": Summary(score=Score(1, 2)),
    "finished": True,
    "delay_status": "DELAYED",
    "player": Player(id="p", name="P"),
    "sequence": Decimal("1.50"),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_revisions_differ_in_what_they_say_of_the_action(name: str) -> None:
    assert not same(steal(CONFIRMED), attrs.evolve(steal(CONFIRMED), **{name: DIFFERENT[name]}))


@pytest.mark.parametrize("name", ALIKE)
def test_revisions_are_the_same_whatever_the_packet_says_of_itself(name: str) -> None:
    assert same(steal(CONFIRMED), attrs.evolve(steal(CONFIRMED), **{name: ALIKE[name]}))


def test_revisions_of_two_types_are_never_the_same() -> None:
    assert not same(steal(CONFIRMED, kind=DefensiveRebound), steal(CONFIRMED, kind=OffensiveRebound))


def test_an_announcement_has_its_row_and_its_time() -> None:
    _, (event,) = Timeline().apply(steal(CONFIRMED), 17, 4.5)
    assert (event.position, event.at, event.id) == (17, 4.5, "a:1")


def test_what_is_taken_back_is_told_as_it_stood_with_the_summary_of_the_packet() -> None:
    timeline = Timeline()
    timeline.apply(steal(CONFIRMED, summary=Summary(score=Score(2, 0))), 0, 0.0)
    deleted = steal(DELETED, **OTHER, clock="00:00", summary=Summary(score=Score(0, 0)), fixture_seq=9, timestamp=7.0)
    _, (event,) = timeline.apply(deleted, 1, 1.0)
    assert (event.player, event.clock) == (PLAYER, "09:00")
    assert (event.send_type, event.fixture_seq, event.timestamp) == (DELETED, 9, 7.0)
    assert event.score == Score(0, 0)


def test_an_amendment_has_what_stood_before() -> None:
    timeline = Timeline()
    timeline.apply(steal(CONFIRMED), 0, 0.0)
    _, (event,) = timeline.apply(steal(UPDATED, **OTHER), 1, 1.0)
    assert event.player == OTHER["player"]
    assert event.previous is not None
    assert event.previous.player == PLAYER
    assert event.previous.id == ""
    _, (again,) = timeline.apply(steal(UPDATED, clock="01:00"), 2, 2.0)
    assert again.previous is not None
    assert again.previous.player == OTHER["player"]
    assert again.previous.previous is None


def test_both_events_of_a_retype_know_of_each_other() -> None:
    timeline = Timeline()
    timeline.apply(steal(CONFIRMED), 0, 0.0)
    _, (old, new) = timeline.apply(steal(UPDATED, kind=Turnover), 1, 1.0)
    assert type(old) is Steal
    assert type(new) is Turnover
    assert type(old.successor) is Turnover
    assert type(new.previous) is Steal
    assert (old.position, new.position) == (1, 1)
    assert new.successor is None


def test_an_action_that_comes_and_goes_is_announced_with_growing_numbers() -> None:
    packets = [
        steal(PENDING),
        steal(CONFIRMED),
        steal(DELETED),
        steal(RESTORED),
        steal(DELETED),
        steal(UPDATED, **OTHER),
        steal(UPDATED, kind=Turnover),
    ]
    timeline = Timeline()
    said = [event for at, each in enumerate(packets) for event in timeline.apply(each, at, float(at))[1]]
    assert [event.id for event in said] == [f"a:{number}" for number in range(1, 9)]
    changes = ["tentative", "added", "withdrawn", "added", "withdrawn", "added", "withdrawn", "added"]
    assert [event.change.value for event in said] == changes


def test_an_action_that_vanished_is_taken_back_without_the_summary_of_its_time() -> None:
    timeline = Timeline()
    timeline.apply(steal(CONFIRMED, summary=Summary(score=Score(2, 0)), finished=True), 0, 0.0)
    decision, (event,) = timeline.vanish("a", 1, 1.0)
    assert (event.change, event.id, event.position) == (Change.WITHDRAWN, "a:2", 1)
    assert (event.player, event.summary, event.finished) == (PLAYER, None, False)
    assert not decision.quiet
    assert timeline.vanish("a", 2, 2.0)[1] == ()


def test_a_tentative_action_that_vanished_is_dismissed() -> None:
    timeline = Timeline()
    timeline.apply(steal(PENDING), 0, 0.0)
    _, (event,) = timeline.vanish("a", 1, 1.0)
    assert event.change is Change.DISMISSED


def test_the_timeline_tells_how_each_action_stands() -> None:
    timeline = Timeline()
    timeline.apply(steal(CONFIRMED), 3, 0.0)
    timeline.apply(attrs.evolve(steal(PENDING), action_id="b"), 4, 0.0)
    assert len(timeline) == 2
    assert [(each.action.action_id, each.state) for each in timeline] == [("a", State.STANDS), ("b", State.PENDING)]
    held = timeline.get("a")
    assert held is not None
    assert (held.position, held.announced) == (3, 1)
    assert timeline.get("c") is None


def test_a_packet_is_not_changed_by_being_applied() -> None:
    packet = steal(CONFIRMED)
    before = dict(packet.__dict__)
    Timeline().apply(packet, 5, 5.0)
    assert packet.__dict__ == before
