"""Plugins that leave and are set up anew while fixtures run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import trio
import trio.testing
from tests.core.plugins import Bus, deliver, listener, make_plugin, open_fixture, standing_clock
from trio.testing import MockClock

from actionbus import Block, Change, Fold, Game, Moment, Origin, PluginContext, Steal, Subscription, fold, hookimpl, on
from actionbus.config import read_tree
from actionbus.host import Plugin, swap
from actionbus.testing import FIXTURE, make

TREE = read_tree("", "plugins.toml")


class Thefts(Moment):
    """How many there are."""

    key: str


def counter(heard: list[int]) -> Plugin:
    """A plugin that counts in its store."""

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            count = int(str(context.store.get("count", 0))) + 1
            context.store.put("count", count)
            heard.append(count)

        return [on(Steal, hear)]

    return listener("counter", listens)


async def test_what_comes_while_a_plugin_is_away_is_handled_when_it_is_back_once_and_in_order() -> None:
    heard: list[int] = []
    plugin, bus = counter(heard), Bus()
    async with bus.hosting(plugin) as host:
        pipeline = await open_fixture(host)
        for _ in range(20):
            deliver(pipeline, make(Steal), make(Steal))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(swap, host, TREE, ["counter"], [plugin])
                for _ in range(5):
                    deliver(pipeline, make(Steal))
                    await trio.lowlevel.checkpoint()
        await host.caught_up()
        assert len(pipeline.route.lanes) == 1
    assert heard == list(range(1, 141))
    assert bus.failures == []


async def test_the_others_are_not_disturbed_and_hear_on() -> None:
    heard: list[int] = []
    others: list[int] = []
    plugin, other = counter(heard), counter(others)
    other.name = "other"
    async with Bus().hosting(plugin) as host:
        pipeline = await open_fixture(host)
        before = pipeline.route.lanes[0]
        await swap(host, TREE, [], [listener("late", lambda _: [])])
        assert pipeline.route.lanes[0] is before
        deliver(pipeline, make(Steal))
        await host.caught_up()
        assert heard == [1]


async def test_a_plugin_that_is_stuck_is_stopped_and_set_up_anew(autojump_clock: MockClock) -> None:
    heard: list[str] = []

    def stuck(_: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            await trio.sleep_forever()

        return [on(Steal, hear)]

    def mended(_: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            heard.append(steal.id)

        return [on(Steal, hear)]

    async with Bus().hosting(listener("one", stuck)) as host:
        pipeline = await open_fixture(host)
        deliver(pipeline, steal := make(Steal))
        await trio.testing.wait_all_tasks_blocked()
        swapped = await swap(host, TREE, ["one"], [listener("one", mended)])
        assert not swapped.failed
        await host.caught_up()
        assert heard == [f"{steal.action_id}:1"]
        assert host.broken == []


async def test_a_plugin_that_cannot_be_set_up_is_told_and_forgotten() -> None:
    @hookimpl
    def subscriptions() -> list[Subscription]:
        raise OSError("no such device")

    async with Bus().hosting(counter([])) as host:
        await open_fixture(host)
        swapped = await swap(host, TREE, ["counter"], [make_plugin("counter", subscriptions)])
        assert swapped.failed
        assert "no such device" in swapped.broken[0].reason


async def test_transactions_and_timers_go_on_where_they_were() -> None:
    heard: list[int] = []
    plugin, bus = counter(heard), Bus()
    async with bus.hosting(plugin) as host:
        pipeline = await open_fixture(host)
        deliver(pipeline, make(Steal))
        await host.caught_up()
        await swap(host, TREE, ["counter"], [plugin])
        async with host.members["counter"].context.transaction(FIXTURE):
            assert host.members["counter"].context.store.get("count") == 1


async def test_what_did_not_concern_a_plugin_before_it_left_is_not_heard_when_it_is_back() -> None:
    heard: list[str] = []

    async def hear(event: Block | Steal) -> None:
        heard.append(event.id)

    async with Bus().hosting(listener("one", lambda _: [on(Steal, hear)])) as host:
        pipeline = await open_fixture(host)
        deliver(pipeline, make(Block), steal := make(Steal), make(Block))
        await host.caught_up()
        await swap(host, TREE, ["one"], [listener("one", lambda _: [on(Steal, hear), on(Block, hear)])])
        deliver(pipeline, block := make(Block))
        await host.caught_up()
    assert heard == [f"{each.action_id}:1" for each in (steal, block)]


async def test_the_past_is_given_in_order_up_to_what_is_handled_now() -> None:
    past: list[list[str]] = []

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(block: Block) -> None:
            events = await context.history(Steal, Block)
            assert all(event.origin is Origin.HISTORY for event in events)
            past.append([event.id for event in events])

        return [on(Block, hear)]

    bus = Bus()
    bus.log.whole = True
    async with bus.hosting(listener("one", listens)) as host:
        pipeline = await open_fixture(host)
        steal, first, second = make(Steal), make(Block), make(Block)
        deliver(pipeline, steal, first, second)
        await host.caught_up()
    ids = [f"{each.action_id}:1" for each in (steal, first)]
    assert past == [ids[:1], ids]


async def test_folds_of_a_plugin_that_comes_while_a_game_runs_announce_what_is_new_from_then_on() -> None:
    heard: list[tuple[str, Change]] = []

    def thefts(game: Game) -> list[Thefts]:
        return [
            Thefts(fixture=game.fixture, key=str(each.player)) for each in game.actions() if isinstance(each, Steal)
        ]

    @hookimpl
    def folds() -> list[Fold]:
        return [fold(Thefts, thefts)]

    def listens(_: PluginContext) -> list[Subscription]:
        async def hear(moment: Moment) -> None:
            heard.append((moment.key, moment.change))

        return [on(Moment, hear, changes=set(Change))]

    maker = make_plugin("maker", folds)
    async with Bus().hosting(listener("ear", listens)) as host:
        pipeline = await host.open_fixture(FIXTURE, standing_clock())
        deliver(pipeline, make(Steal, player="Ann"))
        await host.caught_up()
        await swap(host, TREE, [], [maker])
        deliver(pipeline, make(Steal, player="Bo"))
        await host.caught_up()
        assert heard == [("Bo", Change.ADDED)]
        await swap(host, TREE, ["maker"], [])
        deliver(pipeline, make(Steal, player="Cy"))
        await swap(host, TREE, [], [maker])
        deliver(pipeline, make(Steal, player="Di"))
        await host.caught_up()
        assert heard[1:] == [("Di", Change.ADDED)]


@pytest.mark.parametrize("whole", [True, False])
async def test_folds_that_nobody_hears_are_asked_where_their_moments_may_be_wanted_later(whole: bool) -> None:
    asked: list[int] = []

    def thefts(game: Game) -> list[Thefts]:
        asked.append(1)
        return []

    @hookimpl
    def folds() -> list[Fold]:
        return [fold(Thefts, thefts)]

    async with Bus().hosting(make_plugin("maker", folds)) as host:
        host.whole = whole
        deliver(await open_fixture(host), make(Steal))
    assert bool(asked) is whole


def while_it_is_set_up(
    happens: Callable[[], Awaitable[None]], then: Exception | None = None
) -> Callable[[], AbstractAsyncContextManager[list[Subscription]]]:
    """Make a hook that lets something happen, and perhaps fails."""

    @hookimpl
    @asynccontextmanager
    async def subscriptions() -> AsyncGenerator[list[Subscription]]:
        await happens()
        if then is not None:
            raise then
        yield []

    return subscriptions


async def test_where_one_cannot_be_set_up_no_other_of_the_new_ones_hears_or_writes_anything() -> None:
    heard: list[int] = []
    refused: list[int] = []
    wrote: list[str] = []
    plugin, new = counter(heard), counter(refused)

    @hookimpl
    @asynccontextmanager
    async def subscriptions(context: PluginContext) -> AsyncGenerator[list[Subscription]]:
        async def write() -> None:
            async with context.transaction(FIXTURE):
                if not context.restarting:  # it is not before it leaves that it comes here
                    wrote.append(context.name)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            yield []
            nursery.cancel_scope.cancel()

    writer = make_plugin("writer", subscriptions)

    async def come() -> None:
        deliver(pipeline, make(Steal))
        await trio.testing.wait_all_tasks_blocked()

    bad = make_plugin("bad", while_it_is_set_up(come, ValueError("no such shop")))
    async with Bus().hosting(plugin) as host:
        pipeline = await open_fixture(host)
        deliver(pipeline, make(Steal))
        swapped = await swap(host, TREE, ["counter"], [new, writer, bad], back=[plugin])
        await host.caught_up()
        assert [each.name for each in swapped.broken] == ["bad"]
        assert list(host.members) == ["counter"]
    assert heard == [1, 2]
    assert (refused, wrote) == ([], [])


async def test_a_plugin_that_breaks_meanwhile_does_not_make_the_others_fail() -> None:
    heard: list[int] = []

    def fails(_: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            raise ValueError

        return [on(Steal, hear)]

    async def come() -> None:
        deliver(pipeline, *(make(Steal) for _ in range(20)))
        await trio.testing.wait_all_tasks_blocked()

    async with Bus().hosting(counter(heard), listener("fragile", fails)) as host:
        pipeline = await open_fixture(host)
        swapped = await swap(host, TREE, [], [make_plugin("slow", while_it_is_set_up(come))])
        assert [each.name for each in host.broken] == ["fragile"]
        assert not swapped.failed
