from __future__ import annotations

from collections import defaultdict

import attrs
from hypothesis import given
from hypothesis import strategies as st
from tests.core.timeline.steals import (
    steal,
)

from actionbus.events.actions import OffensiveRebound, Steal, Turnover
from actionbus.events.base import Action, Change, Player, SendType
from actionbus.timeline import Decision, Timeline, events


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
