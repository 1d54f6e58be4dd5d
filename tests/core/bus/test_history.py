"""History: what a plugin was done with before this start, told once more, before anything else, and without effect."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from tests.core.log.journals import ask, give, running
from tests.core.log.players import FIXTURE, Splash, ear, packets
from tests.core.plugins import listener

from actionbus import Action, Event, FeedState, FeedStatus, Moment, Origin, PluginContext, Steal, Subscription, on
from actionbus.host import Plugin


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def told(heard: list[Event]) -> list[tuple[str, str]]:
    return [(each.id, each.origin.value) for each in heard]


def expected(numbers: range, origin: str) -> list[tuple[str, str]]:
    return [(f"a-{number}:1", origin) for number in numbers]


async def test_history_comes_first_in_order_once_per_start_up_to_the_cursor(path: Path) -> None:
    async with running(path, ear([], Steal)) as run:
        give(await run.open(FIXTURE), packets(range(150)))
        await run.settled()
    for _ in range(2):
        heard: list[Event] = []
        async with running(path, ear(heard, Steal, history=True)) as run:
            pipeline = await run.open(FIXTURE)
            give(pipeline, packets(range(150, 160)))  # before the lane had a turn
            await run.settled()
            await run.host.caught_up()
        assert told(heard)[:150] == expected(range(150), "history")
        assert [each.id for each in heard[150:]] == [f"a-{number}:1" for number in range(150, 160)]
        ask(path, "DELETE FROM row WHERE position > 150")
        ask(path, "UPDATE lane SET cursor = 150")


async def test_what_is_behind_the_cursor_is_no_history_but_comes_late(path: Path) -> None:
    async with running(path, ear([], Steal)) as run:
        give(await run.open(FIXTURE), packets(range(20)))
        await run.settled()
    ask(path, "UPDATE lane SET cursor = 12")  # as if the daemon had been killed before the rest was handled
    heard: list[Event] = []
    async with running(path, ear(heard, Steal, history=True)) as run:
        pipeline = await run.open(FIXTURE)
        await run.settled()
        give(pipeline, packets(range(20, 22)))
        await run.settled()
    assert told(heard) == [
        *expected(range(12), "history"),
        *expected(range(12, 20), "catch_up"),
        *expected(range(20, 22), "live"),
    ]


async def test_without_asking_for_it_nobody_hears_history(path: Path) -> None:
    heard: list[Event] = []
    for numbers in (range(5), range(5, 10)):
        async with running(path, ear(heard, Steal)) as run:
            give(await run.open(FIXTURE), packets(numbers))
            await run.settled()
    assert told(heard) == expected(range(10), "live")


async def test_only_the_handlers_that_want_history_hear_it(path: Path) -> None:
    async with running(path, ear([], Steal, name="two")) as run:
        give(await run.open(FIXTURE), packets(range(3)))
        await run.settled()
    with_it: list[Event] = []
    without: list[Event] = []

    def listens(_: PluginContext) -> list[Subscription]:
        async def remember(steal: Steal) -> None:
            with_it.append(steal)

        async def act(steal: Steal) -> None:
            without.append(steal)

        return [on(Steal, remember, history=True), on(Steal, act)]

    async with running(path, listener("two", listens)) as run:
        pipeline = await run.open(FIXTURE)
        give(pipeline, packets(range(3, 5)))
        await run.settled()
    assert told(with_it) == [*expected(range(3), "history"), *expected(range(3, 5), "live")]
    assert told(without) == expected(range(3, 5), "live")


def writer(history: list[Event]) -> Plugin:
    """A plugin that does all that a handler may do, at each steal."""

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            if steal.origin is Origin.HISTORY:
                history.append(steal)
            before = context.store.get("count", 0)
            assert isinstance(before, int)
            context.store.put("count", before + 1)
            context.shared.add("steals")
            context.once(steal.id)
            context.at(steal.at + 1e6, steal.id)
            context.publish(Splash(fixture=steal.fixture, key=steal.action_id))

        return [on(Steal, hear, history=True)]

    return listener("writer", listens, Splash)


TABLES = ("store", "timer", "shared_sum", "shared_value", "published", "row", "lane")


async def test_what_a_handler_writes_and_publishes_in_history_is_dropped(path: Path) -> None:
    moments: list[Event] = []
    async with running(path, writer([]), ear(moments, Moment)) as run:
        give(await run.open(FIXTURE), packets(range(6)))
        await run.settled()
    before = {table: ask(path, f"SELECT * FROM {table}") for table in TABLES}
    assert len(moments) == 6
    history: list[Event] = []
    for _ in range(2):
        async with running(path, writer(history), ear(moments, Moment)) as run:
            await run.open(FIXTURE)
            await run.settled()
            assert run.failures == []
    assert len(history) == 12
    assert len(moments) == 6
    assert {table: ask(path, f"SELECT * FROM {table}") for table in TABLES} == before


async def test_a_handler_that_fails_in_history_loses_nothing_but_that_row(path: Path) -> None:
    async with running(path, ear([], Steal)) as run:
        give(await run.open(FIXTURE), packets(range(10)))
        await run.settled()
    heard: list[Event] = []

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            if steal.action_id == "a-3":
                raise ValueError("three")
            heard.append(steal)

        return [on(Steal, hear, history=True)]

    async with running(path, listener("ear", listens)) as run:
        pipeline = await run.open(FIXTURE)
        give(pipeline, packets(range(10, 12)))
        await run.settled()
        assert [each.event.id for each in run.failures] == ["a-3:1"]
    assert [each.id for each in heard] == [f"a-{number}:1" for number in range(12) if number != 3]
    (cursor,) = {cursor for (cursor,) in ask(path, "SELECT cursor FROM lane")}
    assert cursor == 12


async def test_finished_fixtures_are_told_once_more_to_who_wants_history(path: Path) -> None:
    async with running(path, ear([], Action, FeedStatus)) as run:
        pipeline = await run.open(FIXTURE)
        give(pipeline, packets(range(5)))
        pipeline.tell(FeedState.FINISHED)
        await run.settled()
    async with running(path, ear([], Action, FeedStatus)) as run:
        assert run.log.is_finished(FIXTURE)
        assert not await run.host.has_more(FIXTURE)
    heard: list[Event] = []
    async with running(path, ear(heard, Action, FeedStatus, history=True)) as run:
        assert await run.host.has_more(FIXTURE)
        pipeline = await run.open(FIXTURE)
        await run.settled()
        pipeline.close()
    assert [each.origin for each in heard] == [Origin.HISTORY] * 6
    assert isinstance(heard[-1], FeedStatus)


async def test_a_plugin_may_take_its_time_with_history_and_others_do_not_wait(path: Path) -> None:
    async with running(path, ear([], Steal, name="slow"), ear([], Steal, name="quick")) as run:
        give(await run.open(FIXTURE), packets(range(5)))
        await run.settled()
    gate = trio.Event()
    slow: list[Event] = []
    quick: list[Event] = []

    def listens(_: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            await gate.wait()
            slow.append(steal)

        return [on(Steal, hear, history=True)]

    async with running(path, listener("slow", listens), ear(quick, Steal, name="quick")) as run:
        pipeline = await run.open(FIXTURE)
        give(pipeline, packets(range(5, 205)))
        with trio.fail_after(10):
            while len(quick) < 200:  # noqa: ASYNC110
                await trio.sleep(0.01)
        assert not slow
        gate.set()
        await run.settled()
    assert told(slow) == [*expected(range(5), "history"), *expected(range(5, 205), "live")]
