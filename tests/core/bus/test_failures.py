"""What a plugin does wrong is its own affair: its writes are dropped, after too many in a row it is paused."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
import trio
from attrs import frozen
from tests.core.plugins import Bus, deliver, listener, open_fixture

from actionbus import Action, Assist, Due, Event, Moment, PluginContext, Steal, Subscription, on
from actionbus.bus.subscriber import PAUSE_AFTER
from actionbus.host import Plugin
from actionbus.testing import make


class PanicError(BaseException):
    """What an extension module may raise: no Exception."""


@frozen(kw_only=True, slots=False, eq=False)
class FailuresTestStreak(Moment):
    """Somebody steals again and again."""


def stop(error: BaseException) -> Callable[[], None]:
    def do_stop() -> None:
        raise error

    return do_stop


def fails_at(name: str, bad: set[int], heard: list[int], error: Callable[[], None]) -> Plugin:
    """Make a plugin that hears steals and goes wrong at those with a period among ``bad``."""

    async def hear(steal: Steal) -> None:
        heard.append(steal.period)
        if steal.period in bad:
            error()

    return listener(name, lambda _: [on(Steal, hear)])


@pytest.mark.parametrize(
    "error",
    [
        stop(ValueError("no")),
        sys.exit,
        stop(PanicError()),
        stop(BaseExceptionGroup("", [SystemExit(3)])),
        stop(TimeoutError()),
    ],
)
async def test_whatever_a_handler_raises_is_its_own_and_the_next_row_comes(error: Callable[[], None]) -> None:
    heard: list[int] = []
    others: list[int] = []
    bus = Bus()
    async with bus.hosting(fails_at("bad", {2}, heard, error), fails_at("good", set(), others, error)) as host:
        deliver(await open_fixture(host), *(make(Steal, period=period) for period in (1, 2, 3)))
        await host.caught_up()
    assert heard == others == [1, 2, 3]
    assert [(each.plugin, each.paused) for each in bus.failures] == [("bad", False)]


async def test_ctrl_c_in_a_handler_stops_everything_and_comes_out_bare() -> None:
    bus = Bus()
    plugin = fails_at("bad", {2}, [], stop(KeyboardInterrupt()))

    async def play() -> None:
        async with bus.hosting(plugin) as host:
            deliver(await open_fixture(host), make(Steal, period=2))
            await trio.sleep_forever()

    with pytest.raises(KeyboardInterrupt):
        await play()
    assert bus.failures == []


async def test_a_failed_run_leaves_nothing_behind() -> None:
    moments: list[Event] = []
    firsts: list[bool] = []
    values: list[object] = []
    sums: list[float] = []

    def writes(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            values.append(context.store.get("count", 0))
            firsts.append(context.once("said"))
            context.store.put("count", steal.period)
            context.store.put(f"only {steal.period}", True)
            context.shared.add("steals")
            context.shared.put_if_absent("first", steal.period)
            context.at(steal.at - 1, f"timer {steal.period}")
            context.publish(FailuresTestStreak(fixture=steal.fixture, key=str(steal.period)))
            if steal.period == 1:
                raise ValueError("after all its writes")

        async def look(assist: Assist) -> None:
            values.append(context.store.range())
            sums.append(context.shared.sum("steals"))
            values.append(context.shared.get("first"))

        async def note(event: Event) -> None:
            moments.append(event)

        return [on(Steal, hear), on(Assist, look), on(FailuresTestStreak, note), on(Due, note)]

    async with Bus().hosting(listener("writer", writes, FailuresTestStreak)) as host:
        deliver(await open_fixture(host), make(Steal, period=1), make(Steal, period=2), make(Assist))
        await host.caught_up()
    assert values == [0, 0, [("count", 2), ("only 2", True)], 2]
    assert firsts == [True, True]
    assert sums == [1]
    assert [each.key for each in moments if isinstance(each, FailuresTestStreak)] == ["2"]
    assert [each.key for each in moments if isinstance(each, Due)] == ["timer 2"]


async def test_after_failures_in_a_row_the_plugin_is_paused_before_the_row() -> None:
    heard: list[int] = []
    bus = Bus()
    plugin = fails_at("bad", set(range(100)), heard, stop(ValueError("never")))
    async with bus.hosting(plugin) as host:
        pipeline = await open_fixture(host)
        deliver(pipeline, *(make(Steal, period=period) for period in range(1, 20)))
        await host.caught_up()
        assert heard == list(range(1, PAUSE_AFTER + 1))
        state = bus.log.lane("bad", pipeline.fixture)
        assert state.cursor == bus.failures[-1].event.position - 1
        assert pipeline.route.lanes == []
        deliver(pipeline, make(Steal))
        assert len(bus.log.kept(pipeline.fixture)) == 0
        assert [each.reason.partition(",")[0] for each in host.broken] == ["paused after failures in a row"]
    assert [each.paused for each in bus.failures] == [False] * (PAUSE_AFTER - 1) + [True]


async def test_success_in_between_starts_the_count_anew() -> None:
    heard: list[int] = []
    bus = Bus()
    good = {PAUSE_AFTER, 2 * PAUSE_AFTER}
    plugin = fails_at("bad", set(range(1, 3 * PAUSE_AFTER)) - good, heard, stop(ValueError("often")))
    async with bus.hosting(plugin) as host:
        deliver(await open_fixture(host), *(make(Steal, period=period) for period in range(1, 3 * PAUSE_AFTER)))
        await host.caught_up()
    assert heard == list(range(1, 3 * PAUSE_AFTER))


async def test_rows_that_a_plugin_does_not_hear_are_no_success() -> None:
    heard: list[int] = []
    bus = Bus()
    plugin = fails_at("bad", {1}, heard, stop(ValueError("never")))
    async with bus.hosting(plugin) as host:
        # More than a lane holds, so that it reads on from the log, where the assists are, too.
        actions = [make(kind, period=1) for _ in range(100) for kind in (Steal, Assist)]
        deliver(await open_fixture(host), *actions)
        await host.caught_up()
    assert len(heard) == PAUSE_AFTER


async def test_a_paused_plugin_lets_go_of_all_its_fixtures_but_ends_no_handler_halfway() -> None:
    done: list[str] = []
    gate, bus = trio.Event(), Bus()

    async def hear(steal: Steal) -> None:
        if steal.fixture == "bad":
            raise ValueError("never")
        await gate.wait()
        done.append(steal.fixture)

    async with bus.hosting(listener("one", lambda _: [on(Steal, hear)])) as host:
        bad, busy, idle = [await open_fixture(host, name) for name in ("bad", "busy", "idle")]
        deliver(busy, make(Steal, fixture="busy"), make(Steal, fixture="busy"))
        await trio.testing.wait_all_tasks_blocked()
        deliver(bad, *(make(Steal, fixture="bad") for _ in range(PAUSE_AFTER)))
        await host.caught_up()
        await trio.testing.wait_all_tasks_blocked()
        assert idle.route.lanes == bad.route.lanes == []
        gate.set()
        await trio.testing.wait_all_tasks_blocked()
        assert busy.route.lanes == []
    assert done == ["busy"]


async def test_a_waiter_is_told_when_a_plugin_is_paused() -> None:
    bus = Bus()

    async def hear(steal: Steal) -> None:
        if steal.fixture == "bad":
            raise ValueError("never")
        await trio.sleep_forever()

    async with bus.hosting(listener("one", lambda _: [on(Steal, hear)]), grace=0) as host:
        bad, stuck = [await open_fixture(host, name) for name in ("bad", "stuck")]
        deliver(stuck, make(Steal, fixture="stuck"))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(host.caught_up)
            await trio.testing.wait_all_tasks_blocked()
            deliver(bad, *(make(Steal, fixture="bad") for _ in range(PAUSE_AFTER)))


async def test_writes_from_another_plugin_or_from_outside_are_refused() -> None:
    contexts: list[PluginContext] = []
    said: list[str] = []

    def keeps(context: PluginContext) -> list[Subscription]:
        contexts.append(context)

        async def hear(action: Action) -> None:
            for each in contexts:
                try:
                    each.store.put("x", 1)
                except Exception as error:
                    said.append(str(error))

        return [on(Steal, hear)]

    def remembers(context: PluginContext) -> list[Subscription]:
        contexts.append(context)
        return []

    async with Bus().hosting(listener("one", keeps), listener("two", remembers)) as host:
        deliver(await open_fixture(host), make(Steal))
        await host.caught_up()
        with pytest.raises(Exception, match="only in a handler"):
            contexts[0].store.put("x", 1)
    assert said == [
        "plugin two: context.store can be used only in a handler, while it runs, or in context.transaction()"
    ]


async def test_a_task_that_outlives_the_handler_cannot_write() -> None:
    said: list[str] = []
    gate = trio.Event()
    bus = Bus()

    async def later(context: PluginContext) -> None:
        await gate.wait()
        try:
            context.store.put("x", 1)
        except Exception as error:
            said.append(str(error))

    async with trio.open_nursery() as nursery:

        def spawns(context: PluginContext) -> list[Subscription]:
            async def hear(steal: Steal) -> None:
                nursery.start_soon(later, context)

            return [on(Steal, hear)]

        async with bus.hosting(listener("one", spawns)) as host:
            deliver(await open_fixture(host), make(Steal))
            await host.caught_up()
            gate.set()
    assert said == [
        "plugin one: context.store can be used only in a handler, while it runs, or in context.transaction()"
    ]
