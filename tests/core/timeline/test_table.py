from __future__ import annotations

import pytest
from tests.core.timeline.steals import (
    CANCELLED,
    CONFIRMED,
    DELETED,
    OTHER,
    PENDING,
    SURE,
    VOID,
    steal,
)

from actionbus.events.actions import Steal, Turnover
from actionbus.events.base import Action, SendType
from actionbus.timeline import Timeline


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
