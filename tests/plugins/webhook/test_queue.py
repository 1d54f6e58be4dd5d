"""What waits for an endpoint, against a model that is too simple to be wrong."""

from __future__ import annotations

import math

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from actionbus_plugins.webhook.delivery import Delivery
from actionbus_plugins.webhook.queue import Queue


def delivery(
    number: int = 1, *, fixture: str = "f", subject: str = "", due: float = 0.0, expires: float = 100.0
) -> Delivery:
    return Delivery(
        endpoint="e",
        fixture=fixture,
        id=f"{subject or number}:{number}",
        type="action.confirmed",
        subject=subject or str(number),
        version=number,
        order=(number, 0),
        at=0.0,
        body="{}",
        queued=0.0,
        expires=expires,
        due=due,
    )


def test_of_a_fixture_one_is_tried_after_the_other_and_fixtures_go_side_by_side() -> None:
    queue = Queue(ordered=True)
    first, second, elsewhere = delivery(1), delivery(2), delivery(3, fixture="g")
    for each in (second, first, elsewhere):
        queue.put(each)
    assert [queue.take(0), queue.take(0), queue.take(0)] == [first, elsewhere, None]
    queue.settle(first)
    assert queue.take(0) == second


def test_without_an_order_all_are_tried_side_by_side() -> None:
    queue = Queue(ordered=False)
    both = [delivery(1), delivery(2)]
    for each in both:
        queue.put(each)
    assert [queue.take(0), queue.take(0), queue.take(0)] == [*both, None]


def test_what_failed_holds_back_its_fixture_until_it_is_due() -> None:
    queue = Queue(ordered=True)
    first, second = delivery(1), delivery(2)
    queue.put(first)
    queue.put(second)
    assert queue.take(0) == first
    later = evolve(first, due=5.0, tries=1)
    queue.put_back(later)
    assert queue.take(4.9) is None
    assert queue.next_due == 5.0
    assert queue.take(5.0) == later


def test_an_older_state_can_be_dropped_unless_it_is_being_tried() -> None:
    queue = Queue(ordered=True)
    first, tried = delivery(1, subject="three"), delivery(2, fixture="g", subject="three")
    queue.put(first)
    queue.put(tried)
    assert queue.older("f", "three") == first
    queue.drop(first)
    assert queue.older("f", "three") is None
    assert queue.take(0) == tried
    assert queue.older("g", "three") is None
    assert len(queue) == 1


def test_what_has_ended_and_waits_again_is_too_old_by_its_new_time_alone() -> None:
    queue = Queue(ordered=True)
    queue.put(delivery(1, expires=10.0))
    taken = queue.take(0)
    assert taken is not None
    queue.settle(taken)
    again = evolve(taken, expires=50.0)
    queue.put(again)
    assert queue.overdue(20.0) == []
    assert queue.overdue(50.0) == [again]


def test_what_is_too_old_leaves_unless_it_is_being_tried_and_comes_up_again_when_put_back() -> None:
    queue = Queue(ordered=True)
    tried, waiting = delivery(1, expires=10.0), delivery(2, expires=10.0)
    queue.put(tried)
    queue.put(waiting)
    assert queue.take(0) == tried
    assert queue.overdue(9.9) == []
    assert queue.overdue(10.0) == [waiting]
    assert queue.next_expiry == math.inf
    queue.put_back(evolve(tried, due=20.0))
    assert queue.next_expiry == 10.0
    assert [each.id for each in queue.overdue(10.0)] == [tried.id]
    assert len(queue) == 0
    assert queue.take(99) is None


Step = tuple[str, int]
steps = st.lists(st.tuples(st.sampled_from(("put", "take", "settle", "back", "drop", "expire")), st.integers(0, 5)))


@settings(max_examples=300)
@given(steps=steps, ordered=st.booleans())
def test_any_sequence_of_steps_leaves_what_a_sorted_list_would(steps: list[Step], *, ordered: bool) -> None:
    queue, waiting, taken, now, made = Queue(ordered=ordered), list[Delivery](), list[Delivery](), 0.0, 0

    def line(each: Delivery) -> str:
        return each.fixture if ordered else each.id

    def heads() -> list[Delivery]:
        busy = {line(each) for each in taken}
        first = dict[str, Delivery]()
        for each in sorted([*waiting, *taken], key=lambda each: each.order):
            first.setdefault(line(each), each)
        return [each for name, each in first.items() if name not in busy and each.due <= now]

    for what, number in steps:
        now += 1.0
        if what == "put":
            made += 1
            new = delivery(made, fixture="fg"[number % 2], due=now + number - 2, expires=now + 4 * number)
            waiting.append(new)
            queue.put(new)
        elif what == "take":
            expected = heads()
            found = queue.take(now)
            assert (found in expected) if expected else found is None
            if found is not None:
                waiting.remove(found)
                taken.append(found)
        elif what == "settle" and taken:
            queue.settle(taken.pop(number % len(taken)))
        elif what == "back" and taken:
            back = evolve(taken.pop(number % len(taken)), due=now + number)
            waiting.append(back)
            queue.put_back(back)
        elif what == "drop" and waiting:
            queue.drop(waiting.pop(number % len(waiting)))
        elif what == "expire":
            old = [each for each in waiting if each.expires <= now]
            assert sorted(queue.overdue(now), key=lambda each: each.order) == sorted(old, key=lambda each: each.order)
            waiting = [each for each in waiting if each not in old]
        assert len(queue) == len(waiting) + len(taken)
        ready = heads()
        assert (queue.next_due <= now) == bool(ready)
