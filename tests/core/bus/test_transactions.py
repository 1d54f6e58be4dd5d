"""A plugin's own tasks write as its handlers do: all or nothing, one at a time, on the disk when they go on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from attrs import define, field
from tests.core.log.journals import ask, give, running
from tests.core.plugins import make_plugin

from actionbus import Action, PluginContext, PluginError, Subscription, hookimpl, on
from actionbus.events.base import FeedState
from actionbus.host import Plugin
from actionbus.simulator import generate_match

RECORDING = generate_match(9)
FIXTURE = RECORDING.fixture


@define
class Counter:
    """A plugin that counts in its store, in its handlers and in tasks of its own."""

    contexts: list[PluginContext] = field(factory=list[PluginContext])

    def plugin(self, handler: Any = None) -> Plugin:
        async def count(action: Action) -> None:
            await self.add()

        @hookimpl
        @asynccontextmanager
        async def subscriptions(context: PluginContext) -> AsyncGenerator[list[Subscription]]:
            self.contexts[:] = [context]
            yield [on(Action, handler or count)]

        return make_plugin("counter", subscriptions)

    @property
    def context(self) -> PluginContext:
        return self.contexts[0]

    async def add(self, by: int = 1) -> None:
        """Read, take a turn, write: what others do meanwhile would be lost."""
        before = int(str(self.context.store.get("n", 0)))
        await trio.lowlevel.checkpoint()
        self.context.store.put("n", before + by)

    async def add_in_task(self, by: int = 1) -> None:
        async with self.context.transaction(FIXTURE):
            await self.add(by)


def stored(path: Path) -> int:
    ((value,),) = ask(path, "SELECT value FROM store WHERE key = 'n'")
    return int(value)


async def test_handlers_and_tasks_that_count_in_one_store_lose_no_count(tmp_path: Path) -> None:
    counter = Counter()
    async with running(tmp_path / "j.db", counter.plugin()) as run:
        pipeline = await run.open(FIXTURE)
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(counter.add_in_task, 1000)
            give(pipeline, RECORDING.packets[:100], 1e9)
        await run.settled()
        announced = sum(1 for each in pipeline.timeline if each.announced)
    assert stored(tmp_path / "j.db") // 1000 == 20
    assert stored(tmp_path / "j.db") % 1000 >= announced


async def test_it_is_on_the_disk_when_the_block_has_been_left_and_dropped_when_it_raises(tmp_path: Path) -> None:
    counter, path = Counter(), tmp_path / "j.db"

    async def fail() -> None:
        async with counter.context.transaction(FIXTURE):
            await counter.add(7)
            raise RuntimeError("of the task")

    async with running(path, counter.plugin()) as run:
        await run.open(FIXTURE)
        await counter.add_in_task(5)
        assert stored(path) == 5
        with pytest.raises(RuntimeError, match="of the task"):
            await fail()
        await run.settled()
        assert stored(path) == 5


async def test_tasks_go_on_writing_while_the_lane_ends_and_after_it(tmp_path: Path) -> None:
    counter, path = Counter(), tmp_path / "j.db"
    async with running(path, counter.plugin()) as run:
        pipeline = await run.open(FIXTURE)
        async with counter.context.transaction(FIXTURE):
            pipeline.tell(FeedState.FINISHED)
            pipeline.close()
            await trio.testing.wait_all_tasks_blocked()
            await counter.add(1)
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(counter.add_in_task)
        assert stored(path) == 6


async def test_in_a_handler_and_for_a_fixture_that_is_not_followed_it_is_refused(tmp_path: Path) -> None:
    counter = Counter()

    async def nest(action: Action) -> None:
        async with counter.context.transaction(FIXTURE):
            pass

    async with running(tmp_path / "j.db", counter.plugin(nest)) as run:
        give(await run.open(FIXTURE), RECORDING.packets[:1], 1e9)
        await run.settled()
        said = str(run.failures[0].error)
        with pytest.raises(PluginError, match="fixture another is not followed"):
            async with counter.context.transaction("another"):
                pass
        with pytest.raises(PluginError, match=r"belongs to a fixture: write context.transaction\(FIXTURE\)"):
            async with counter.context.transaction():
                counter.context.store.put("n", 1)
    assert said == "plugin counter: context.transaction is for the plugin's own tasks: a handler is one already"
