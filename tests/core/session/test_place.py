from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actionbus.events.actions import Block, Steal
from actionbus.events.base import Action, Player, Score, SendType, Summary, Team
from actionbus.session import Mismatch, Place
from actionbus.session.place import repeats

HOME = Team(id="h", name="Home", home=True)


def steal(number: int = 1) -> Action:
    return Steal(
        fixture="f",
        action_id=f"a{number}",
        period=1,
        clock="09:00",
        sequence=Decimal(number),
        fixture_seq=number,
        timestamp=float(number),
        team=HOME,
        player=Player(id="p", name="P"),
        metadata={"x": 1},
        summary=Summary(score=Score(1, 2)),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"action_id": "a2"},
        {"send_type": SendType.UPDATED},
        {"subtype": "Stolen"},
        {"period": 2},
        {"clock": "08:59"},
        {"team": Team(id="a")},
        {"player": None},
        {"sequence": Decimal("1.1")},
        {"related": ("b",)},
        {"metadata": {"x": 2}},
    ],
)
def test_a_packet_with_other_contents_repeats_nothing(change: dict[str, Any]) -> None:
    assert repeats(steal(), steal())
    assert not repeats(steal(), attrs.evolve(steal(), **change))


def test_counters_times_summary_and_label_may_differ_in_a_repeat() -> None:
    again = attrs.evolve(steal(), fixture_seq=99, timestamp=99.0, summary=None, type_name="STEAL", type_id=22)
    assert repeats(steal(), again)


def test_another_type_and_a_bad_packet_repeat_nothing() -> None:
    block = Block(**{each.name: getattr(steal(), each.name) for each in attrs.fields(Steal)})
    assert not repeats(steal(), block)
    assert not repeats(steal(), "{")
    assert not repeats("{", "[")
    assert not repeats(None, "{")
    assert repeats("{", "{")


@attrs.define
class Server:
    """A list as a server with this base of startPosition sends it; None in it cannot be received."""

    packets: Sequence[str | None]
    base: int = 0
    asked: list[int] = attrs.field(factory=list[int])

    def send(self, position: int) -> Sequence[str | None]:
        self.asked.append(position)
        return self.packets[max(0, position - self.base) if position else 0 :]


def connect(place: Place, sent: Sequence[str | None], take: Callable[[str | None], None]) -> None:
    """Let one connection bring these packets; ``take`` gets the new ones."""
    unsettled: list[str] = []
    for packet in sent:
        if packet is None:
            if place.fail():
                take(None)
            return
        if place.settled:
            place.add(packet)
            take(packet)
            continue
        unsettled.append(packet)
        new = place.meet(packet)
        if new is not None:
            for each in unsettled[len(unsettled) - new :]:
                place.add(each)
                take(each)


def numbered(count: int) -> list[str]:
    return [f"packet {number}" for number in range(count)]


@settings(deadline=None)
@given(base=st.sampled_from([-1, 0, 1]), seed=st.integers(), size=st.integers(1, 60))
def test_nothing_is_lost_or_doubled_over_any_cuts(base: int, seed: int, size: int) -> None:
    rng = Random(seed)
    server, place, got = Server(numbered(size), base), Place(), list[str | None]()
    while len(got) < size:
        sent = server.send(place.resume())
        connect(place, sent[: rng.randint(0, 20)], got.append)
    assert got == server.packets
    assert place.n == size


@settings(deadline=None)
@given(base=st.sampled_from([0, 1]), seed=st.integers(), size=st.integers(2, 60))
def test_what_cannot_be_received_is_left_out_and_nothing_else(base: int, seed: int, size: int) -> None:
    rng = Random(seed)
    packets: list[str | None] = list(numbered(size))
    for index in rng.sample(range(9, size), k=min(6, max(0, size - 9))):
        packets[index] = None
    server, place, got = Server(packets, base), Place(), list[str | None]()
    for _ in range(500):
        sent = server.send(place.resume())
        connect(place, sent if rng.random() < 0.8 else sent[: rng.randint(0, 20)], got.append)
        if len(got) == size:
            break
    assert got == packets


@pytest.mark.parametrize("base", [-1, 0, 1])
@pytest.mark.parametrize("hole", [1, 2, 5, 7, 8, 9, 20])
def test_one_packet_that_cannot_be_received_is_passed_at_any_place(base: int, hole: int) -> None:
    packets: list[str | None] = list(numbered(30))
    packets[hole] = None
    server, place, got = Server(packets, base), Place(), list[str | None]()
    while len(got) < 30:
        connect(place, server.send(place.resume()), got.append)
    assert got == packets
    assert len(server.asked) <= 5


def test_a_packet_is_given_up_only_when_it_fails_twice_at_the_same_place() -> None:
    place = Place()
    place.resume()
    connect(place, [*numbered(20), None], lambda _: None)
    assert place.n == 20
    place.resume()
    connect(place, numbered(20)[12:], lambda _: None)
    place.add("packet 20")
    assert not place.fail()
    assert place.n == 21


def test_a_resume_asks_for_the_last_eight_again() -> None:
    place = Place()
    asked: list[int] = []
    for number in range(12):
        asked.append(place.resume())
        connect(place, numbered(number + 1)[asked[-1] :], lambda _: None)
    assert asked == [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]


@pytest.mark.parametrize("base", [-1, 0, 1])
def test_the_base_is_learned_from_the_overlap(base: int) -> None:
    server, place = Server(numbered(30), base), Place()
    place.resume()
    connect(place, server.packets[:20], lambda _: None)
    assert place.base is None
    connect(place, server.send(place.resume()), lambda _: None)
    assert place.base == base


@pytest.mark.parametrize("base", [-1, 0, 1])
def test_the_first_new_packet_behind_the_overlap_is_known_at_once(base: int) -> None:
    server, place = Server(numbered(30), base), Place()
    place.resume()
    connect(place, server.packets[:20], lambda _: None)
    got: list[str | None] = []
    position = place.resume()
    connect(place, numbered(21)[position - base :], got.append)
    assert got == ["packet 20"]


def held(count: int, base: int | None = None) -> Place:
    place = Place(base=base)
    place.resume()
    connect(place, numbered(count), lambda _: None)
    return place


def test_an_overlap_that_fits_nowhere_is_a_mismatch() -> None:
    place = held(20)
    place.resume()
    with pytest.raises(Mismatch, match="has changed"):
        place.meet("something else")


def test_one_packet_that_differs_is_enough_for_a_mismatch() -> None:
    place = held(20)
    place.resume()
    for packet in numbered(20)[12:17]:
        place.meet(packet)
    with pytest.raises(Mismatch):
        place.meet("packet 99")


def test_a_base_that_was_learned_is_checked_and_no_other_is_tried() -> None:
    place = held(20, base=0)
    place.resume()
    with pytest.raises(Mismatch):
        place.meet("packet 11")


def test_packets_that_are_all_alike_are_a_mismatch_where_they_fit_at_more_than_one_offset() -> None:
    place = Place()
    place.resume()
    connect(place, ["same"] * 20, lambda _: None)
    place.resume()
    assert [place.meet("same") for _ in range(8)] == [None] * 8
    with pytest.raises(Mismatch, match="not certain"):
        place.meet("same")


def test_with_few_packets_held_all_of_them_must_come_again_in_order() -> None:
    place = held(5)
    assert place.resume() == 0
    assert [place.meet(packet) for packet in numbered(5)] == [None, None, None, None, 0]
    place = held(5)
    place.resume()
    place.meet("packet 0")
    with pytest.raises(Mismatch):
        place.meet("packet 2")


def test_a_repeat_that_can_no_longer_be_received_is_a_mismatch() -> None:
    place = held(20)
    place.resume()
    place.meet("packet 12")
    with pytest.raises(Mismatch, match="cannot be received"):
        place.fail()
