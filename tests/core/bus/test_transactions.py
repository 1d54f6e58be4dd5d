"""context.transaction: what a plugin's own tasks write is all or nothing, durable, and never beside a handler."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from tests.core.log import disks
from tests.core.log.disks import install
from tests.core.log.journals import Run, as_a_crash_leaves_it, ask, give, running
from tests.core.log.players import FIXTURE, Splash, ear, packets
from tests.core.plugins import make_plugin
from trio.testing import MockClock, wait_all_tasks_blocked

from actionbus import (
    Declaration,
    Due,
    Event,
    FeedState,
    Moment,
    PluginContext,
    PluginError,
    Steal,
    Subscription,
    hookimpl,
    on,
)
from actionbus.host import Plugin

Task = Callable[[PluginContext], Awaitable[None]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def working(
    contexts: list[PluginContext], hear: Callable[[PluginContext, Steal], Awaitable[None]] | None = None
) -> Plugin:
    """A plugin that hands its context out, as if to a task of its own."""

    @hookimpl
    def declare() -> Declaration:
        return Declaration(publishes=(Splash,))

    @hookimpl
    @asynccontextmanager
    async def subscriptions(context: PluginContext) -> AsyncGenerator[list[Subscription]]:
        async def handle(steal: Steal) -> None:
            if hear is not None:
                await hear(context, steal)

        async def ring(due: Due) -> None:
            context.store.put("rang", due.key)

        contexts.append(context)
        yield [on(Steal, handle), on(Due, ring)]

    return make_plugin("worker", declare, subscriptions)


@asynccontextmanager
async def worker(
    path: Path, *others: Plugin, hear: Callable[[PluginContext, Steal], Awaitable[None]] | None = None
) -> AsyncGenerator[tuple[Run, PluginContext]]:
    contexts: list[PluginContext] = []
    async with running(path, working(contexts, hear), *others) as run:
        await run.open(FIXTURE)
        yield run, contexts[0]


def stored(path: Path) -> dict[str, bytes]:
    return dict(ask(path, "SELECT key, value FROM store"))


async def test_what_is_written_is_on_the_disk_when_it_has_been_left(path: Path, tmp_path: Path) -> None:
    async with worker(path) as (_, context):
        async with context.transaction(FIXTURE):
            context.store.put("a", 1)
            context.shared.add("n", 2)
            context.at(1e12, "t")
            assert context.once("o")
        crashed = as_a_crash_leaves_it(path, tmp_path / "crashed.db")
        assert stored(crashed) == {"a": b"1", "\0once:o": b"1"}
        assert ask(crashed, "SELECT key, value FROM shared_sum") == [("n", 2)]
        assert ask(crashed, "SELECT key FROM timer") == [("t",)]


async def test_it_is_not_left_before_that(path: Path, monkeypatch: pytest.MonkeyPatch, mock_clock: MockClock) -> None:
    mock_clock.autojump_threshold = 0.03
    disk = install(monkeypatch, "commit")
    left: list[float] = []
    async with worker(path) as (_, context):

        async def write() -> None:
            async with context.transaction(FIXTURE):
                context.store.put("a", 1)
            left.append(trio.current_time())

        disk.refuses = disks.FULL
        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            await trio.sleep(20)
            assert not left
            disk.refuses = None
        assert len(left) == 1


async def test_what_raises_writes_nothing(path: Path) -> None:
    async with worker(path) as (run, context):

        async def fail() -> None:
            async with context.transaction(FIXTURE):
                context.store.put("a", 1)
                context.shared.add("n", 1)
                context.publish(Splash(fixture=FIXTURE, key="k"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        with trio.move_on_after(0.01):
            async with context.transaction(FIXTURE):
                context.store.put("b", 1)
                await trio.sleep_forever()
        async with context.transaction(FIXTURE):
            assert context.store.range() == []
        await run.settled()
    assert stored(path) == {}
    assert ask(path, "SELECT * FROM shared_sum") == ask(path, "SELECT * FROM row") == []


async def test_a_handler_waits_for_a_transaction_and_a_transaction_for_a_handler(path: Path) -> None:
    order: list[str] = []

    async def hear(context: PluginContext, steal: Steal) -> None:
        order.append("handler begins")
        await trio.sleep(0.01)
        count = context.store.get("count", 0)
        assert isinstance(count, int)
        context.store.put("count", count + 1)
        order.append("handler ends")

    async def add(context: PluginContext) -> None:
        async with context.transaction(FIXTURE):
            order.append("transaction begins")
            count = context.store.get("count", 0)
            assert isinstance(count, int)
            await trio.sleep(0.01)
            context.store.put("count", count + 1)
            order.append("transaction ends")

    async with worker(path, hear=hear) as (run, context):
        async with trio.open_nursery() as nursery:
            for number in range(10):
                give(run.host.pipelines[FIXTURE], packets([number]))
                nursery.start_soon(add, context)
                await trio.sleep(0.005)
        await run.settled()
    assert stored(path) == {"count": b"20"}
    pairs = list(zip(order[::2], order[1::2], strict=True))
    assert set(pairs) == {("handler begins", "handler ends"), ("transaction begins", "transaction ends")}


async def test_handlers_of_other_plugins_and_fixtures_do_not_wait(path: Path) -> None:
    heard: list[Event] = []
    here: list[str] = []

    async def hear(context: PluginContext, steal: Steal) -> None:
        here.append(steal.fixture)

    async with worker(path, ear(heard, Steal), hear=hear) as (run, context):
        other = await run.open("another")
        async with context.transaction(FIXTURE):
            give(run.host.pipelines[FIXTURE], packets([1]))
            give(other, packets([2], fixture="another"))
            await wait_all_tasks_blocked()
            assert {each.fixture for each in heard} == {FIXTURE, "another"}
            assert here == ["another"]
        await run.settled()
        assert here == ["another", FIXTURE]


async def test_in_a_handler_it_is_refused(path: Path) -> None:
    async def hear(context: PluginContext, steal: Steal) -> None:
        async with context.transaction(FIXTURE):
            pass

    async with worker(path, hear=hear) as (run, _):
        give(run.host.pipelines[FIXTURE], packets([1]))
        await run.settled()
        (failure,) = run.failures
        assert isinstance(failure.error, PluginError)


async def test_within_another_it_is_refused(path: Path) -> None:
    async with worker(path) as (_, context), context.transaction(FIXTURE):
        with pytest.raises(PluginError):
            async with context.transaction():
                pass


async def test_a_fixture_that_is_not_followed_is_refused(path: Path) -> None:
    async with worker(path) as (_, context):
        with pytest.raises(PluginError, match="not followed"):
            async with context.transaction("another"):
                pass


async def test_a_fixture_of_an_earlier_run_can_be_written_to_though_nobody_follows_it(path: Path) -> None:
    async with worker(path) as (run, context):
        await run.open("another")
        for fixture in (FIXTURE, "another"):
            async with context.transaction(fixture):
                context.store.put("a", fixture)
                context.store.put("b", 1)
                assert context.once("o")
    contexts: list[PluginContext] = []
    async with running(path, working(contexts)):
        (context,) = contexts
        assert await context.kept("a") == [("another", "a", "another"), (FIXTURE, "a", FIXTURE)]
        assert await context.kept("b") == [("another", "b", 1), (FIXTURE, "b", 1)]
        assert len(await context.kept()) == 4
        for value in (2, 3):
            async with context.transaction("another"):
                assert context.store.get("b") == value - 1
                context.store.put("b", value)
        async with context.transaction("another"):
            context.store.delete("a")
        assert await context.kept() == [("another", "b", 3), (FIXTURE, "a", FIXTURE), (FIXTURE, "b", 1)]
    assert ask(path, "SELECT cursor FROM lane") == [(0,), (0,)]


async def test_what_is_written_to_a_fixture_before_it_is_followed_is_there_and_stays_in_order(path: Path) -> None:
    order: list[str] = []

    async def hear(context: PluginContext, steal: Steal) -> None:
        order.append(f"handler sees {context.store.get('a')}")

    heard: list[Event] = []
    async with worker(path, ear(heard, Moment)) as (run, context):
        give(run.host.pipelines[FIXTURE], packets([1]))
        await run.settled()
    contexts: list[PluginContext] = []
    async with running(path, working(contexts, hear), ear(heard, Moment)) as run:
        (context,) = contexts
        async with trio.open_nursery() as nursery, context.transaction(FIXTURE):
            context.store.put("a", 1)
            context.at(1.0, "past")
            context.publish(Splash(fixture=FIXTURE, key="k"))
            nursery.start_soon(run.open, FIXTURE)
            await wait_all_tasks_blocked(0.01)
            assert FIXTURE not in run.host.pipelines
            order.append("transaction ends")
        give(run.host.pipelines[FIXTURE], packets([2]))
        await run.settled()
    assert order == ["transaction ends", "handler sees 1"]
    assert [each.id for each in heard] == [f"{FIXTURE}:splash:k:1"]
    assert stored(path) == {"a": b"1", "rang": b'"past"'}


async def test_it_does_not_count_as_reading_the_fixture_under_the_present_settings(path: Path) -> None:
    async with worker(path):
        pass
    ((before,),) = ask(path, "SELECT settings FROM lane")
    config = "[plugin.worker]\nthreshold = 3\n"
    contexts: list[PluginContext] = []
    async with running(path, working(contexts), config=config) as run:
        async with contexts[0].transaction(FIXTURE):
            contexts[0].store.put("a", 1)
        assert ask(path, "SELECT settings FROM lane") == [(before,)]
        await run.open(FIXTURE)
    assert ask(path, "SELECT settings FROM lane") != [(before,)]


async def test_a_plugin_that_begins_with_the_fixture_still_does_after_a_transaction(path: Path) -> None:
    heard: list[str] = []

    async def hear(_: PluginContext, steal: Steal) -> None:
        heard.append(steal.action_id)

    async with running(path) as run:
        give(await run.open(FIXTURE), packets([1, 2]))
        await run.settled()
    contexts: list[PluginContext] = []
    async with running(path, working(contexts, hear), config='[plugin.worker]\nstart = "fixture"\n') as run:
        async with contexts[0].transaction(FIXTURE):
            contexts[0].store.put("a", 1)
        await run.open(FIXTURE)
        await run.settled()
    assert len(heard) == 2


async def test_a_task_that_is_started_during_the_set_up_waits_until_it_is_over(path: Path) -> None:
    order: list[str] = []

    @hookimpl
    @asynccontextmanager
    async def subscriptions(context: PluginContext) -> AsyncGenerator[list[Subscription]]:
        async def write() -> None:
            async with context.transaction():
                order.append("transaction")
                context.shared.add("n")

        with pytest.raises(PluginError, match="only when the plugin is set up"):
            async with context.transaction():
                pass
        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            await wait_all_tasks_blocked(0.01)
            order.append("set up")
            yield []

    async with running(path, make_plugin("eager", subscriptions)) as run:
        await wait_all_tasks_blocked(0.01)
        await run.settled()
    assert order == ["set up", "transaction"]
    assert ask(path, "SELECT key, value FROM shared_sum") == [("n", 1)]


async def test_without_a_fixture_only_what_is_shared_can_be_written(path: Path) -> None:
    async with worker(path) as (_, context):
        async with context.transaction():
            context.shared.add("n")
            context.shared.put_if_absent("first", 1)
            with pytest.raises(PluginError, match="belongs to a fixture"):
                context.store.put("a", 1)
            with pytest.raises(PluginError, match="belongs to a fixture"):
                context.at(1e12, "t")
            with pytest.raises(PluginError, match="belongs to a fixture"):
                context.publish(Splash(fixture="", key="k"))
        assert ask(path, "SELECT key, value FROM shared_sum") == [("n", 1)]

        async def fail() -> None:
            async with context.transaction():
                context.shared.add("n")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        async with context.transaction():
            assert context.shared.sum("n") == 1
    assert stored(path) == {}


async def test_a_timer_that_is_set_runs_out(path: Path) -> None:
    async with worker(path) as (run, context):
        give(run.host.pipelines[FIXTURE], packets([1]))
        await run.settled()
        async with context.transaction(FIXTURE):
            context.at(1.0, "past")
        await run.settled()
    assert stored(path) == {"rang": b'"past"'}


async def test_a_moment_that_is_published_is_announced_once_it_is_durable(path: Path) -> None:
    heard: list[Event] = []
    async with worker(path, ear(heard, Moment)) as (run, context):
        async with context.transaction(FIXTURE):
            context.publish(Splash(fixture=FIXTURE, key="k"))
            await wait_all_tasks_blocked()
            assert not heard
        await run.settled()
    assert [each.id for each in heard] == [f"{FIXTURE}:splash:k:1"]


async def test_it_works_for_a_fixture_that_is_finished(path: Path) -> None:
    async with worker(path) as (run, context):
        pipeline = run.host.pipelines[FIXTURE]
        give(pipeline, packets([1]))
        pipeline.tell(FeedState.FINISHED)
        await run.settled()
        pipeline.close()
        await wait_all_tasks_blocked()
        assert pipeline.route.lanes == []
        for value in (1, 2):
            async with context.transaction(FIXTURE):
                context.store.put(f"after {value}", value)
        async with context.transaction(FIXTURE):
            assert context.store.range("after") == [("after 1", 1), ("after 2", 2)]
    assert stored(path) == {"after 1": b"1", "after 2": b"2"}
    assert ask(path, "SELECT cursor FROM lane") == ask(path, "SELECT max(position) FROM row")


async def test_after_its_end_the_context_refuses(path: Path) -> None:
    async with worker(path) as (_, context):
        async with context.transaction(FIXTURE):
            pass
        with pytest.raises(PluginError):
            context.store.put("a", 1)
