"""A check that cannot fail proves nothing: each fault is put in and must be found, under its name and no other."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, fields
from tests.kill.checks import Cursors, Delivery, Tally, check_stores, check_stream
from tests.kill.truth import Expected

DUE = {
    fixture: tuple(
        Expected(id=f"{fixture}-{action}:{number}", change=change, kind="steal")
        for action in "abc"
        for number, change in ((1, "added"), (2, "withdrawn"))
    )
    for fixture in ("one", "two")
}
NOT_WRONG = ("events", "raw", "repeats", "in_flight", "evidence")


def hear(fixture: str, *numbers: int, life: int = 0, moved: int = 0) -> list[Delivery]:
    """Hear events of a fixture by their number, each at its number's position, moved by so much."""
    return [
        Delivery(
            life=life,
            stream="action",
            fixture=fixture,
            id=(due := DUE[fixture][number - 1]).id,
            change=due.change,
            kind=due.kind,
            position=number + moved,
        )
        for number in numbers
    ]


def check(
    *heard: Sequence[Delivery],
    kills: dict[int, Cursors] | None = None,
    finished: dict[str, int] | None = None,
) -> Tally:
    other = hear("two", 1, 2, 3, 4, 5, 6)
    return check_stream(DUE, [*(each for some in heard for each in some), *other], kills or {}, finished)


def faults(tally: Tally) -> dict[str, int]:
    """Return what is wrong, by name."""
    found = {each.name: getattr(tally, each.name) for each in fields(Tally) if each.name not in NOT_WRONG}
    return {name: number for name, number in found.items() if number}


def test_what_was_heard_once_and_in_order_is_right() -> None:
    tally = check(hear("one", 1, 2, 3, 4, 5, 6))
    assert (tally.events, tally.raw, tally.repeats, tally.wrong, tally.evidence) == (12, 12, 0, 0, [])


def test_what_was_in_flight_at_a_kill_may_come_again() -> None:
    tally = check(hear("one", 1, 2, 3), hear("one", 2, 3, 4, 5, 6, life=1), kills={0: {"one": 1, "two": 6}})
    assert (tally.repeats, tally.in_flight, faults(tally)) == (2, 2, {})


def test_what_was_in_flight_at_each_of_several_kills_may_come_again_after_each() -> None:
    heard = [hear("one", 1, 2, 3), hear("one", 2, life=1, moved=7), hear("one", 2, 3, 4, 5, 6, life=3)]
    tally = check(*heard, kills={0: {"one": 1, "two": 6}, 1: {"one": 8}, 2: {"one": 1}})
    assert (tally.repeats, tally.in_flight, faults(tally)) == (3, 3, {})


def test_a_daemon_that_was_killed_before_it_committed_anything_may_repeat_all() -> None:
    tally = check(hear("one", 1, 2), hear("one", 1, 2, 3, 4, 5, 6, life=1), kills={0: {"two": 6}})
    assert (tally.repeats, tally.in_flight, faults(tally)) == (2, 2, {})


def test_an_event_that_nobody_heard_is_lost() -> None:
    tally = check(hear("one", 1, 2, 4, 5, 6))
    assert faults(tally) == {"lost": 1}
    assert tally.evidence == ["lost: one-b:1 added"]


def test_an_event_of_an_action_that_there_is_not_is_alien() -> None:
    stray = [evolve(hear("one", 6)[0], id="one-x:1")]
    assert faults(check(hear("one", 1, 2, 3, 4, 5, 6), stray)) == {"alien": 1}


def test_an_event_of_another_fixture_is_alien() -> None:
    stray = [evolve(hear("one", 6)[0], fixture="three")]
    assert faults(check(hear("one", 1, 2, 3, 4, 5, 6), stray)) == {"alien": 1}


def test_an_action_that_is_announced_once_more_under_a_new_id_is_doubled() -> None:
    again = [evolve(hear("one", 6)[0], id="one-c:3")]
    assert faults(check(hear("one", 1, 2, 3, 4, 5, 6), again)) == {"doubled": 1}


def test_an_event_that_says_something_else_is_altered() -> None:
    heard = hear("one", 1, 2, 3, 4, 5, 6)
    assert faults(check([evolve(heard[0], change="amended"), *heard[1:]])) == {"altered": 1}
    assert faults(check([evolve(heard[0], kind="block"), *heard[1:]])) == {"altered": 1}


def test_a_repeat_that_says_something_else_is_altered() -> None:
    (again,) = hear("one", 1, life=1)
    tally = check(hear("one", 1, 2, 3, 4, 5, 6), [evolve(again, change="amended")], kills={0: {"two": 6}})
    assert faults(tally) == {"altered": 1}


def test_an_event_that_comes_late_is_out_of_order() -> None:
    assert faults(check(hear("one", 1, 3, 2, 4, 5, 6))) == {"order_wrong": 1}


def test_a_repeat_does_not_put_right_what_was_out_of_order_at_first() -> None:
    tally = check(hear("one", 2, 1), hear("one", 1, 2, 3, 4, 5, 6, life=1), kills={0: {"two": 6}})
    assert faults(tally) == {"order_wrong": 1}


def test_a_repeat_of_what_was_committed_has_no_excuse() -> None:
    tally = check(hear("one", 1, 2), hear("one", 2, 3, 4, 5, 6, life=1), kills={0: {"one": 2, "two": 6}})
    assert (tally.repeats, tally.in_flight) == (1, 0)
    assert faults(tally) == {"unexcused": 1}


def test_a_repeat_within_a_life_has_no_excuse() -> None:
    tally = check(hear("one", 1, 1, 2, 3, 4, 5, 6), kills={0: {"two": 6}})
    assert faults(tally) == {"unexcused": 1}


def test_a_repeat_after_a_life_that_ended_by_itself_has_no_excuse() -> None:
    assert faults(check(hear("one", 1, 2), hear("one", 2, 3, 4, 5, 6, life=1))) == {"unexcused": 1}


def test_a_repeat_has_no_excuse_where_something_else_was_in_flight() -> None:
    heard = [hear("one", 1, 2, 3), hear("one", 1, 3, 4, 5, 6, life=1)]
    tally = check(*heard, kills={0: {"one": 1, "two": 6}})
    assert (tally.repeats, tally.in_flight) == (2, 2)
    assert faults(tally) == {"unexcused": 1}


def test_a_fixture_that_was_finished_must_be_silent() -> None:
    heard = [hear("one", 1, 2, 3, 4, 5, 6), hear("one", 6, life=2)]
    assert faults(check(*heard, finished={"one": 1})) == {"after_the_end": 1, "unexcused": 1}
    assert faults(check(hear("one", 1, 2, 3, 4, 5, 6), finished={"one": 1})) == {}


def test_what_is_wrong_adds_up_over_rounds() -> None:
    total = Tally()
    for _ in range(3):
        total.add(check(hear("one", 1, 2, 4, 5, 6)))
    assert (total.lost, total.events, total.wrong) == (3, 36, 3)
    assert len(total.evidence) == 3


STORE = {"chain": "abc", "events": 6, "count:steal": 2}


def test_a_store_that_is_as_it_should_be_is_right() -> None:
    assert check_stores({"one": STORE}, {"one": {**STORE, "count:timeout": 4}}) == []


def test_every_key_of_a_store_is_compared() -> None:
    found = {"one": {"chain": "abd", "count:steal": 2, "count:block": 1}}
    assert check_stores({"one": STORE}, found) == [
        "store: one chain is 'abd' instead of 'abc'",
        "store: one count:block is 1 instead of None",
        "store: one events is None instead of 6",
    ]


def test_a_store_that_is_missing_or_nobody_s_is_wrong() -> None:
    assert len(check_stores({"one": STORE}, {})) == len(STORE)
    assert check_stores({}, {"two": STORE}) == ["store: there is one of fixture two"]
