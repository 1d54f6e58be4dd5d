"""A plugin lives in its own task: whatever it does, the others run and the end comes in time."""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from attrs import frozen
from structlog.testing import capture_logs
from tests.core.plugins import Bus, deliver, listener, make_plugin, open_fixture
from trio.testing import MockClock

from actionbus import ConfigError, Moment, PluginContext, Problem, Steal, Subscription, fold, hookimpl, on
from actionbus.bus import FixtureClock
from actionbus.host import Host, Plugin
from actionbus.host.running import READY
from actionbus.testing import make


@frozen(kw_only=True, slots=False, eq=False)
class Rumour(Moment):
    """Something that a plugin says."""


Resource = Callable[[], AsyncGenerator[list[Subscription]]]


def with_resource(name: str, resource: Callable[..., AsyncGenerator[list[Subscription]]]) -> Plugin:
    entered = asynccontextmanager(resource)
    entered.__name__ = "subscriptions"
    return make_plugin(name, hookimpl(entered))


def good(heard: list[Steal]) -> Plugin:
    async def hear(steal: Steal) -> None:
        heard.append(steal)

    return listener("good", lambda _: [on(Steal, hear)])


async def nothing(steal: Steal) -> None:
    pass


async def fail_in_a_background_task() -> AsyncGenerator[list[Subscription]]:
    """Start a task that fails when it has something to do."""

    async def work() -> None:
        await trio.lowlevel.checkpoint()
        raise OSError("my socket broke")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(work)
        yield [on(Steal, nothing)]


async def exit_in_a_background_task() -> AsyncGenerator[list[Subscription]]:
    """Start a task that wants the whole process to end."""

    async def work() -> None:
        await trio.lowlevel.checkpoint()
        sys.exit(3)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(work)
        yield [on(Steal, nothing)]


async def leave_early() -> AsyncGenerator[list[Subscription]]:
    """Cancel itself."""
    async with trio.open_nursery() as nursery:
        nursery.cancel_scope.cancel()
        yield [on(Steal, nothing)]


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (fail_in_a_background_task, "OSError: my socket broke"),
        (exit_in_a_background_task, "SystemExit: 3"),
        (leave_early, "its context manager ended before it was told to finish"),
    ],
)
async def test_a_plugin_that_dies_while_running_is_named_and_the_others_go_on(resource: Resource, reason: str) -> None:
    heard: list[Steal] = []
    bus = Bus()
    with capture_logs() as logs:
        async with bus.hosting(with_resource("bad", resource), good(heard)) as host:
            pipeline = await open_fixture(host)
            deliver(pipeline, make(Steal))
            await host.caught_up()
            await trio.testing.wait_all_tasks_blocked()
            deliver(pipeline, make(Steal))
            later = await open_fixture(host, "another")
            deliver(later, make(Steal, fixture="another"))
            await host.caught_up()
            assert [lane.subscriber.name for lane in pipeline.route.lanes] == ["good"]
            assert [each.reason.partition(" (")[0] for each in host.broken] == [reason]
    assert len(heard) == 3
    assert [each["plugin"] for each in logs if each["log_level"] == "error"] == ["bad"]


async def test_a_waiter_is_told_when_a_stuck_plugin_dies() -> None:
    dying = trio.Event()

    async def stuck(steal: Steal) -> None:
        await trio.sleep_forever()

    async def die_when_told() -> AsyncGenerator[list[Subscription]]:
        async def work() -> None:
            await dying.wait()
            raise OSError("my socket broke")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(work)
            yield [on(Steal, stuck)]

    with capture_logs():
        async with Bus().hosting(with_resource("bad", die_when_told)) as host, trio.open_nursery() as nursery:
            deliver(await open_fixture(host), make(Steal))
            nursery.start_soon(host.caught_up)
            await trio.testing.wait_all_tasks_blocked()
            dying.set()


async def test_a_fixture_can_be_opened_while_a_plugin_is_dying(autojump_clock: MockClock) -> None:
    async def dies_slowly() -> AsyncGenerator[list[Subscription]]:
        async def work() -> None:
            raise OSError("my socket broke")

        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(work)
                yield [on(Steal, nothing)]
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(5)

    with capture_logs():
        async with Bus().hosting(with_resource("bad", dies_slowly)) as host:
            for number in range(10):
                await open_fixture(host, f"fixture {number}")
                await trio.sleep(1)
            assert len(host.broken) == 1


async def never() -> AsyncGenerator[list[Subscription]]:
    """Never become ready."""
    await trio.Event().wait()
    yield []


async def yield_nothing() -> AsyncGenerator[list[Subscription]]:
    """Forget to yield."""
    nothing: list[list[Subscription]] = []
    for subscriptions in nothing:
        yield subscriptions


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: sys.exit("bye"), "SystemExit: bye"),
        (lambda: "steals", "its hook subscriptions() should return a list of on(...), not str"),
        (lambda: [print], "its hook subscriptions() should return a list of on(...), not of <built-in function print>"),
        (lambda: never(), "its hook subscriptions() yields but is no context manager"),
        (asynccontextmanager(never), f"it was not ready after {READY:g} s"),
        (asynccontextmanager(yield_nothing), "RuntimeError: generator didn't yield"),
    ],
)
async def test_a_plugin_that_cannot_be_set_up_is_named_and_the_others_run(
    hook: Any, reason: str, autojump_clock: MockClock
) -> None:
    heard: list[Steal] = []

    @hookimpl
    def subscriptions() -> Any:
        return hook()

    with capture_logs():
        async with Bus().hosting(make_plugin("bad", subscriptions), good(heard)) as host:
            assert [each.name for each in host.broken] == ["bad"]
            assert host.broken[0].reason.startswith(reason)
            deliver(await open_fixture(host), make(Steal))
            await host.caught_up()
    assert len(heard) == 1


async def test_an_async_hook_is_told_what_to_write_instead() -> None:
    async def subscriptions() -> list[Subscription]:
        return []

    mark: Any = hookimpl
    with capture_logs():
        async with Bus().hosting(make_plugin("bad", mark(subscriptions))) as host:
            assert host.broken[0].reason.startswith("its hook subscriptions() is `async def`; write `def`, or make it")


async def test_the_line_of_the_plugin_is_told_where_it_fails() -> None:
    @hookimpl
    def subscriptions() -> list[Subscription]:
        raise LookupError("here")

    line = inspect.getsourcelines(subscriptions)[1] + 2
    with capture_logs():
        async with Bus().hosting(make_plugin("bad", subscriptions)) as host:
            assert host.broken[0].reason == f"LookupError: here ({__file__}:{line})"


async def test_wrong_settings_come_out_of_hosting_all_at_once_and_bare() -> None:
    def wrong(name: str, line: int) -> Plugin:
        @hookimpl
        def subscriptions() -> list[Subscription]:
            raise ConfigError(Problem("plugins.toml", line, name, "is wrong"))

        return make_plugin(name, subscriptions)

    async def start() -> None:
        async with Bus().hosting(wrong("a", 2), good([]), wrong("b", 1)):
            pytest.fail("with wrong settings nothing runs")

    with pytest.raises(ConfigError) as caught:
        await start()
    assert str(caught.value) == "plugins.toml:1: b: is wrong\nplugins.toml:2: a: is wrong"


async def test_what_the_block_raises_comes_out_bare() -> None:
    async def run() -> None:
        async with Bus().hosting(good([])) as host:
            await open_fixture(host)
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await run()


async def test_at_the_end_lanes_finish_and_then_resources_are_left() -> None:
    order: list[str] = []

    async def hear(steal: Steal) -> None:
        await trio.lowlevel.checkpoint()
        order.append("heard")

    async def resource() -> AsyncGenerator[list[Subscription]]:
        order.append("entered")
        yield [on(Steal, hear)]
        order.append("left")

    async with Bus().hosting(with_resource("one", resource)) as host:
        deliver(await open_fixture(host), make(Steal), make(Steal))
    assert order == ["entered", "heard", "heard", "left"]


async def test_a_stuck_handler_ends_after_exactly_the_grace_period_and_others_leave_at_once(
    autojump_clock: MockClock,
) -> None:
    left: dict[str, float] = {}

    def resource(name: str, handler: Callable[[Steal], Any]) -> Plugin:
        async def live() -> AsyncGenerator[list[Subscription]]:
            try:
                yield [on(Steal, handler)]
            finally:
                left[name] = trio.current_time() - start

        return with_resource(name, live)

    async def stuck(steal: Steal) -> None:
        await trio.sleep_forever()

    start = trio.current_time()
    with capture_logs() as logs:
        async with Bus().hosting(resource("stuck", stuck), resource("fine", nothing), grace=7) as host:
            deliver(await open_fixture(host), make(Steal))
    assert left == {"fine": 0, "stuck": 7}
    assert trio.current_time() - start == 7
    assert [each["event"] for each in logs] == ["plugin did not finish in time and was stopped"]
    assert [(each.name, each.reason) for each in host.broken] == [
        ("stuck", "a handler, for fixture fixture-1, did not finish within 7 s")
    ]


async def test_a_moment_that_is_published_at_the_very_end_is_heard(autojump_clock: MockClock) -> None:
    heard: list[str] = []

    def publisher(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            await trio.sleep(3)
            context.publish(Rumour(fixture=steal.fixture, key="late"))

        return [on(Steal, hear)]

    async def note(rumour: Rumour) -> None:
        heard.append(rumour.key)

    plugins = listener("ear", lambda _: [on(Rumour, note)]), listener("model", publisher, Rumour)
    async with Bus().hosting(*plugins) as host:
        deliver(await open_fixture(host), make(Steal))
    assert heard == ["late"]


async def test_cancelled_from_outside_everything_ends_at_once(autojump_clock: MockClock) -> None:
    async def stuck(steal: Steal) -> None:
        await trio.sleep_forever()

    start = trio.current_time()
    with trio.move_on_after(2):
        async with Bus().hosting(listener("stuck", lambda _: [on(Steal, stuck)])) as host:
            deliver(await open_fixture(host), make(Steal))
            await trio.sleep_forever()
    assert trio.current_time() - start == 2


async def test_a_plugin_that_fails_while_it_is_left_is_named() -> None:
    async def resource() -> AsyncGenerator[list[Subscription]]:
        yield []
        raise OSError("cannot close")

    hosts: list[Host] = []
    with capture_logs():
        async with Bus().hosting(with_resource("bad", resource)) as host:
            hosts.append(host)
    assert [each.name for each in hosts[0].broken] == ["bad"]


async def test_a_plugin_with_folds_alone_needs_no_subscriptions() -> None:
    @hookimpl
    def folds() -> list[Any]:
        return [fold(Rumour, lambda game: [Rumour(fixture=game.fixture, key="x")])]

    async def hear(rumour: Rumour) -> None:
        pass

    bus = Bus()
    async with bus.hosting(make_plugin("folding", folds), listener("ear", lambda _: [on(Rumour, hear)])) as host:
        pipeline = await host.open_fixture("fixture-1", FixtureClock(trio.current_time))
        deliver(pipeline, make(Steal))
        assert len(await bus.log.read("fixture-1", 0, 9)) == 2
    assert host.broken == []


async def test_a_hundred_fixtures_and_ten_plugins_do_not_mix() -> None:
    heard: dict[str, list[str]] = {}

    def plugin(name: str) -> Plugin:
        async def hear(steal: Steal) -> None:
            heard.setdefault(f"{name} {steal.fixture}", []).append(steal.action_id)

        return listener(name, lambda _: [on(Steal, hear)])

    async with Bus().hosting(*(plugin(f"p{number}") for number in range(10))) as host:
        expected: dict[str, list[str]] = {}
        for number in range(100):
            pipeline = await open_fixture(host, f"f{number}")
            steals = [make(Steal, fixture=f"f{number}") for _ in range(3)]
            deliver(pipeline, *steals)
            for other in range(10):
                expected[f"p{other} f{number}"] = [steal.action_id for steal in steals]
        await host.caught_up()
    assert heard == expected
