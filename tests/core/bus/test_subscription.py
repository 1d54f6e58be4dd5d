"""What ``on`` makes of a class, a handler and changes."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import pytest

from actionbus import ALL_CHANGES, Action, Change, Moment, Rebound, Shot, Steal, ThreePointerMade, on
from actionbus.bus import HandlerTable

untyped: Any = on


async def first(event: Action) -> None:
    pass


async def second(event: Action) -> None:
    pass


def test_by_default_a_handler_hears_what_counts_from_now_on() -> None:
    table = HandlerTable([on(Steal, first)])
    assert table[Steal, Change.ADDED] == (first,)
    assert not any(table[Steal, change] for change in Change if change is not Change.ADDED)


def test_subclasses_are_included_and_others_are_not() -> None:
    table = HandlerTable([on(Shot, first)])
    assert table[ThreePointerMade, Change.ADDED] == (first,)
    assert table[Action, Change.ADDED] == ()
    assert table[Rebound, Change.ADDED] == ()


def test_changes_may_be_any_collection_and_their_names() -> None:
    assert on(Steal, first, changes=[Change.WITHDRAWN]).changes == {Change.WITHDRAWN}
    assert untyped(Steal, first, changes=["withdrawn"]).changes == {Change.WITHDRAWN}


def test_handlers_are_called_in_the_order_of_the_subscriptions() -> None:
    table = HandlerTable([on(Action, second), on(Steal, first, changes=ALL_CHANGES), on(Moment, _moment)])
    assert table[Steal, Change.ADDED] == (second, first)
    assert table[Steal, Change.WITHDRAWN] == (first,)


def test_methods_partials_and_callable_objects_may_be_handlers() -> None:
    class Ledger:
        async def note(self, event: Action) -> None:
            pass

        async def __call__(self, event: Action) -> None:
            pass

    async def with_name(name: str, event: Action) -> None:
        pass

    for handler in (Ledger().note, Ledger(), partial(with_name, "x")):
        assert on(Steal, handler).kind is Steal


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("steal", first), "on(): the first argument is an event class such as Steal, not 'steal'"),
        ((int, first), "on(): the first argument is an event class such as Steal, not <class 'int'>"),
        ((Steal, print), "on(Steal): the handler print is not async; write `async def print(...)`"),
    ],
)
def test_a_wrong_subscription_is_refused_in_a_sentence(arguments: tuple[object, object], said: str) -> None:
    with pytest.raises(TypeError) as caught:
        untyped(*arguments)
    assert str(caught.value) == said


def test_a_handler_that_would_never_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="changes is empty"):
        on(Steal, first, changes=())


def test_a_change_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="'gone' is not a valid Change"):
        on(Steal, first, changes=[cast("Change", "gone")])


async def _moment(event: Moment) -> None:
    pass
