"""Lanes: rows in order, each once, whoever is slow; each row's events one unit of work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from tests.core.plugins import Bus, deliver, listener, open_fixture
from trio.testing import MockClock

from actionbus import (
    ALL_CHANGES,
    Action,
    Assist,
    Change,
    OffensiveRebound,
    PluginContext,
    Rebound,
    Steal,
    Subscription,
    on,
)
from actionbus.bus import lane as lanes
from actionbus.host import Plugin
from actionbus.testing import make


def sink(name: str, heard: list[str], before: Callable[[], Awaitable[None]] | None = None) -> Plugin:
    """Make a plugin that hears steals, and may have to wait for something before each."""

    async def hear(steal: Steal) -> None:
        if before is not None:
            await before()
        heard.append(steal.action_id)

    return listener(name, lambda _: [on(Steal, hear)])


def steals(count: int) -> list[Steal]:
    return [make(Steal) for _ in range(count)]


def ids(actions: list[Steal]) -> list[str]:
    return [action.action_id for action in actions]


@pytest.mark.parametrize("count", [1, 64, 65, 66, 300, 1000])
async def test_a_burst_without_a_turn_for_the_lane_is_heard_in_order_and_once(count: int) -> None:
    heard: list[str] = []
    bus, burst = Bus(), steals(count)
    async with bus.hosting(sink("all", heard)) as host:
        deliver(await open_fixture(host), *burst)
        await host.caught_up()
    assert heard == ids(burst)


@pytest.mark.parametrize("before", [255, 256, 257, 511, 512])
async def test_a_burst_right_after_the_log_was_trimmed_loses_nothing(before: int) -> None:
    heard: list[str] = []
    bus, first, burst = Bus(), steals(before), steals(200)
    async with bus.hosting(sink("all", heard)) as host:
        pipeline = await open_fixture(host)
        for steal in first:
            deliver(pipeline, steal)
            await host.caught_up()
        deliver(pipeline, *burst)
        await host.caught_up()
    assert heard == ids(first) + ids(burst)


async def test_a_lane_that_is_behind_holds_no_rows_itself() -> None:
    heard: list[str] = []
    gate, bus = trio.Event(), Bus()
    async with bus.hosting(sink("stuck", heard, gate.wait)) as host:
        pipeline = await open_fixture(host)
        await trio.testing.wait_all_tasks_blocked()
        deliver(pipeline, *steals(500))
        await trio.testing.wait_all_tasks_blocked()
        assert len(pipeline.route.lanes[0]._pending) <= lanes.MOST_PENDING  # pyright: ignore[reportPrivateUsage]
        gate.set()
        await host.caught_up()
    assert len(heard) == 500


async def test_a_slow_plugin_delays_nobody(autojump_clock: MockClock) -> None:
    slow_heard: list[str] = []
    quick_heard: list[str] = []
    bus, burst = Bus(), steals(100)
    slow = sink("slow", slow_heard, partial(trio.sleep, 2))
    async with bus.hosting(slow, sink("quick", quick_heard), grace=1000) as host:
        pipeline = await open_fixture(host)
        start = trio.current_time()
        deliver(pipeline, *burst)
        await trio.testing.wait_all_tasks_blocked()
        assert trio.current_time() == start
        assert quick_heard == ids(burst)
        assert not slow_heard
    assert slow_heard == ids(burst)


async def test_a_slow_fixture_of_a_plugin_does_not_delay_its_others(autojump_clock: MockClock) -> None:
    heard: list[str] = []

    async def hear(steal: Steal) -> None:
        if steal.fixture == "slow":
            await trio.sleep(100)
        heard.append(steal.fixture)

    bus = Bus()
    async with bus.hosting(listener("one", lambda _: [on(Steal, hear)]), grace=1000) as host:
        slow, quick = await open_fixture(host, "slow"), await open_fixture(host, "quick")
        deliver(slow, make(Steal, fixture="slow"))
        deliver(quick, make(Steal, fixture="quick"))
        await quick.route.caught_up()
        assert heard == ["quick"]
    assert heard == ["quick", "slow"]


async def test_ten_thousand_actions_pass_a_plugin_that_is_blocked_for_ever() -> None:
    bus, burst = Bus(), steals(10_000)
    heard: dict[str, list[str]] = {name: [] for name in ("a", "b", "c", "d")}
    plugins = [sink(name, heard[name]) for name in heard]
    stuck = sink("stuck", [], trio.sleep_forever)
    async with bus.hosting(*plugins[:2], stuck, *plugins[2:], grace=0) as host:
        pipeline = await open_fixture(host)
        for number, steal in enumerate(burst):
            deliver(pipeline, steal)
            if number % 32 == 0:
                await trio.lowlevel.checkpoint()
        for lane in pipeline.route.lanes:
            if lane.subscriber.name != "stuck":
                await lane.caught_up()
            assert len(lane._pending) <= lanes.MOST_PENDING  # pyright: ignore[reportPrivateUsage]
        assert len(bus.log.kept(pipeline.fixture)) <= 10_000  # what the stuck lane needs, and no more
    assert all(each == ids(burst) for each in heard.values())
    assert len(bus.log.kept(pipeline.fixture)) == 0


async def test_a_handler_that_never_awaits_lets_others_have_their_turn() -> None:
    handled = turns = 0

    async def spin(steal: Steal) -> None:
        nonlocal handled
        handled += 1
        until = perf_counter() + 1.5 * lanes.TURN
        while perf_counter() < until:
            pass

    async def take_turns() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with Bus().hosting(listener("busy", lambda _: [on(Steal, spin)])) as host:
        deliver(await open_fixture(host), *steals(70))  # more than a lane holds: it reads on from the log
        async with trio.open_nursery() as nursery:
            nursery.start_soon(take_turns)
            await host.caught_up()
            nursery.cancel_scope.cancel()
    assert handled == 70
    assert turns >= 65


async def test_a_row_for_two_handlers_is_one_unit_in_the_order_of_the_subscriptions() -> None:
    order: list[str] = []

    def says(word: str) -> Callable[[Action], Awaitable[None]]:
        async def say(action: Action) -> None:
            order.append(word)

        return say

    plugin = listener("two", lambda _: [on(Rebound, says("rebound")), on(Action, says("action"))])
    async with Bus().hosting(plugin) as host:
        deliver(await open_fixture(host), make(OffensiveRebound))
        await host.caught_up()
    assert order == ["rebound", "action"]


async def test_both_events_of_a_retype_are_one_unit_of_work() -> None:
    heard: list[tuple[str, Change, int]] = []
    stored: list[object] = []

    def subscriptions(context: PluginContext) -> list[Subscription]:
        async def hear(action: Action) -> None:
            heard.append((type(action).__name__, action.change, action.position))
            stored.append(context.store.get("kept"))
            context.store.put("kept", type(action).__name__)
            if action.change is Change.ADDED and action.previous is not None:
                raise ValueError("the second event of the row fails")

        return [on(Action, hear, changes=ALL_CHANGES)]

    bus = Bus()
    steal = make(Steal)
    async with bus.hosting(listener("ledger", subscriptions)) as host:
        deliver(await open_fixture(host), steal, make(Assist, action_id=steal.action_id), make(Rebound))
        await host.caught_up()
    assert [each[:2] for each in heard] == [
        ("Steal", Change.ADDED),
        ("Steal", Change.WITHDRAWN),
        ("Assist", Change.ADDED),
        ("Rebound", Change.ADDED),
    ]
    assert heard[1][2] == heard[2][2]
    assert stored == [None, "Steal", "Steal", "Steal"]  # the failed row left nothing behind, not even its first event
    assert [type(failure.event) for failure in bus.failures] == [Assist]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("wanted"), st.integers(1, 90)),
            st.tuples(st.just("unwanted"), st.integers(1, 90)),
            st.tuples(st.just("failing"), st.integers(1, 4)),
            st.tuples(st.just("handle"), st.integers(1, 40)),
        ),
        max_size=12,
    )
)
def test_whatever_comes_when_the_wanted_rows_are_handled_in_order_each_once(steps: list[tuple[str, int]]) -> None:
    wanted: list[str] = []
    handled: list[str] = []
    bus = Bus()

    async def play() -> None:
        may_handle = trio.Semaphore(0)

        async def hear(steal: Steal) -> None:
            await may_handle.acquire()
            handled.append(steal.action_id)
            if steal.subtype == "failing":
                raise ValueError("this one is not liked")

        async with bus.hosting(listener("any", lambda _: [on(Steal, hear)])) as host:
            pipeline = await open_fixture(host)
            for what, count in steps:
                for _ in range(count):
                    if what == "handle":
                        may_handle.release()
                        await trio.testing.wait_all_tasks_blocked()
                    elif what == "unwanted":
                        deliver(pipeline, make(Assist))
                    else:
                        steal = make(Steal, subtype=what)
                        wanted.append(steal.action_id)
                        deliver(pipeline, steal)
                        # A steal that is liked, so that the plugin is not paused.
                        steal = make(Steal)
                        wanted.append(steal.action_id)
                        deliver(pipeline, steal)
            for _ in wanted:
                may_handle.release()
            await host.caught_up()

    trio.run(play)
    assert handled == wanted
    assert len(bus.log.kept("fixture-1")) == 0
