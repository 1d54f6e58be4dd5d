from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionbus.events.actions import DefensiveRebound, OffensiveRebound, Steal, Turnover
from actionbus.events.base import Action, Change, Player, Score, SendType, Summary, Team
from actionbus.timeline import Decision, State, Timeline, events, same

PENDING, CONFIRMED, UPDATED = SendType.PENDING, SendType.CONFIRMED, SendType.UPDATED
CANCELLED, DELETED, RESTORED = SendType.CANCELLED, SendType.DELETED, SendType.RESTORED
SURE = (CONFIRMED, UPDATED, RESTORED)
VOID = (CANCELLED, DELETED)

HOME = Team(id="home", name="Home", home=True)
PLAYER = Player(id="p", name="P")


def steal(send_type: SendType, kind: type[Action] = Steal, **changes: Any) -> Action:
    values: dict[str, Any] = {"team": HOME, "player": PLAYER, "period": 1, "clock": "09:00", "sequence": Decimal("1.5")}
    return kind(fixture="f", action_id="a", send_type=send_type, **values | changes)


def announced(*packets: Action) -> list[tuple[str, str]]:
    """Return the change and id of everything that the last packet announces."""
    timeline = Timeline()
    said: tuple[Action, ...] = ()
    for position, packet in enumerate(packets):
        _, said = timeline.apply(packet, position, float(position))
    return [(event.change.value, event.id) for event in said]


# A row of the table of DESIGN 5: the packets that lead to a state, and the announcements they made.
BEFORE: dict[str, tuple[tuple[Action, ...], int]] = {
    "unknown": ((), 0),
    "pending": ((steal(PENDING),), 1),
    "stands": ((steal(CONFIRMED),), 1),
    "gone by a Deleted": ((steal(CONFIRMED), steal(DELETED)), 2),
    "gone by a Cancelled": ((steal(PENDING), steal(CANCELLED)), 2),
    "gone and never there": ((steal(DELETED),), 0),
}
OTHER: dict[str, Any] = {"player": Player(id="q", name="Q")}


def cell(before: str, packet: Action) -> list[str]:
    """Return the changes that a packet announces, and check their ids."""
    packets, number = BEFORE[before]
    said = announced(*packets, packet)
    assert [event_id for _, event_id in said] == [f"a:{number + at}" for at in range(1, len(said) + 1)]
    return [change for change, _ in said]


@pytest.mark.parametrize("before", ["unknown", "gone by a Deleted", "gone by a Cancelled", "gone and never there"])
def test_a_pending_of_what_is_not_there_is_tentative(before: str) -> None:
    assert cell(before, steal(PENDING)) == ["tentative"]


@pytest.mark.parametrize("before", ["unknown", "gone by a Deleted", "gone by a Cancelled", "gone and never there"])
@pytest.mark.parametrize("sure", SURE)
def test_what_is_not_there_is_added_by_whatever_says_that_it_stands(before: str, sure: SendType) -> None:
    assert cell(before, steal(sure)) == ["added"]


@pytest.mark.parametrize("before", ["unknown", "gone by a Deleted", "gone by a Cancelled", "gone and never there"])
@pytest.mark.parametrize("void", VOID)
def test_taking_back_what_is_not_there_is_silent(before: str, void: SendType) -> None:
    assert cell(before, steal(void)) == []


def test_a_pending_that_says_the_same_again_is_silent() -> None:
    assert cell("pending", steal(PENDING)) == []


def test_a_pending_that_says_something_else_is_tentative_again() -> None:
    assert cell("pending", steal(PENDING, **OTHER)) == ["tentative"]


def test_a_pending_of_another_type_dismisses_the_old_one() -> None:
    assert cell("pending", steal(PENDING, kind=Turnover)) == ["dismissed", "tentative"]


@pytest.mark.parametrize("sure", SURE)
def test_a_pending_is_added_when_it_is_sure(sure: SendType) -> None:
    assert cell("pending", steal(sure)) == ["added"]
    assert cell("pending", steal(sure, **OTHER)) == ["added"]


@pytest.mark.parametrize("sure", SURE)
def test_a_pending_that_is_sure_as_another_type_dismisses_the_old_one(sure: SendType) -> None:
    assert cell("pending", steal(sure, kind=Turnover)) == ["dismissed", "added"]


@pytest.mark.parametrize("void", VOID)
def test_a_pending_that_is_taken_back_is_dismissed(void: SendType) -> None:
    assert cell("pending", steal(void)) == ["dismissed"]


@pytest.mark.parametrize("kind", [Steal, Turnover])
def test_a_pending_of_what_stands_is_silent_and_counted_as_odd(kind: type[Action]) -> None:
    timeline = Timeline()
    timeline.apply(steal(CONFIRMED), 0, 0.0)
    decision, said = timeline.apply(steal(PENDING, kind=kind, **OTHER), 1, 1.0)
    assert (decision.quiet, said) == (True, ())
    assert timeline.odd == 1
    assert cell("stands", steal(PENDING)) == []


@pytest.mark.parametrize("sure", SURE)
def test_what_stands_and_is_said_again_is_silent(sure: SendType) -> None:
    assert cell("stands", steal(sure)) == []


@pytest.mark.parametrize("sure", SURE)
def test_what_stands_is_amended_where_it_differs(sure: SendType) -> None:
    assert cell("stands", steal(sure, **OTHER)) == ["amended"]


@pytest.mark.parametrize("sure", SURE)
def test_what_stands_as_another_type_is_withdrawn_and_added_anew(sure: SendType) -> None:
    assert cell("stands", steal(sure, kind=Turnover)) == ["withdrawn", "added"]


@pytest.mark.parametrize("void", VOID)
def test_what_stands_is_withdrawn_when_it_is_taken_back(void: SendType) -> None:
    assert cell("stands", steal(void)) == ["withdrawn"]


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


def any_packet(action_id: str, send_type: SendType, kind: type[Action], player: str, period: int) -> Action:
    packet = steal(send_type, kind=kind, player=Player(id=player), period=period)
    return attrs.evolve(packet, action_id=action_id)


# Anything that the feed may send of a few actions, in any order.
PACKETS = st.lists(
    st.builds(
        any_packet,
        st.sampled_from("abc"),
        st.sampled_from(SendType),
        st.sampled_from([Steal, Turnover, OffensiveRebound]),
        st.sampled_from("pq"),
        st.integers(1, 2),
    ),
    max_size=25,
)


@given(PACKETS)
def test_added_and_withdrawn_alternate_starting_with_added(packets: list[Action]) -> None:
    timeline = Timeline()
    counted: dict[str, list[Change]] = defaultdict(list)
    for position, packet in enumerate(packets):
        for event in timeline.apply(packet, position, 0.0)[1]:
            if event.change in (Change.ADDED, Change.WITHDRAWN):
                counted[event.action_id].append(event.change)
            elif event.change is Change.AMENDED:
                assert counted[event.action_id][-1] is Change.ADDED
    for changes in counted.values():
        assert changes == [Change.ADDED, Change.WITHDRAWN] * (len(changes) // 2) + [Change.ADDED] * (len(changes) % 2)


@given(PACKETS)
def test_ids_count_the_announcements_of_an_action(packets: list[Action]) -> None:
    timeline = Timeline()
    ids: dict[str, list[str]] = defaultdict(list)
    for position, packet in enumerate(packets):
        for event in timeline.apply(packet, position, 0.0)[1]:
            ids[event.action_id].append(event.id)
    for action_id, found in ids.items():
        assert found == [f"{action_id}:{number}" for number in range(1, len(found) + 1)]


@given(PACKETS)
def test_a_packet_that_comes_twice_in_a_row_is_silent(packets: list[Action]) -> None:
    timeline = Timeline()
    for position, packet in enumerate(packets):
        timeline.apply(packet, position, 0.0)
        assert timeline.apply(packet, position + 100, 0.0)[1] == ()


def told(event: Action | None) -> dict[str, object] | None:
    """Return all that an event says, the actions that it refers to included."""
    if event is None:
        return None
    values: dict[str, object] = dict(event.__dict__)
    values |= {"type": type(event), "previous": told(event.previous), "successor": told(event.successor)}
    return values


@given(PACKETS, st.lists(st.integers(0, 24), max_size=3))
def test_events_follow_from_the_decision_and_the_two_packets_alone(packets: list[Action], vanish: list[int]) -> None:
    timeline = Timeline()
    rows: list[tuple[Action | None, Decision, tuple[Action, ...]]] = []
    for number, packet in enumerate(packets):
        rows.append((packet, *timeline.apply(packet, len(rows), float(number))))
        if number in vanish:
            rows.append((None, *timeline.vanish(packet.action_id, len(rows), float(number))))
    for position, (row, decision, said) in enumerate(rows):
        before = rows[decision.before][0] if decision.before is not None else None
        again = events(decision, before, row, position=position, at=said[0].at if said else 0.0)
        assert [told(event) for event in again] == [told(event) for event in said]
