"""The watchdog names the plugin, the file and the line of code that holds up the daemon."""

from __future__ import annotations

import inspect
import threading
from time import perf_counter

import trio
from tests.core.plugins import Bus, deliver, listener, make_plugin, open_fixture

from actionbus import Fold, Game, Moment, Steal, Subscription, fold, hookimpl, on
from actionbus.bus import Blocked, Watchdog
from actionbus.bus.watchdog import PATIENCE
from actionbus.testing import make

BLOCKS_FOR = PATIENCE + 0.3  # seconds


def block() -> None:
    threading.Event().wait(BLOCKS_FOR)


async def stuck(steal: Steal) -> None:
    block()


async def test_it_names_the_handler_that_blocks_at_its_line() -> None:
    found: list[Blocked] = []
    watchdog = Watchdog(found.append)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watchdog.prove_life)
        with watchdog.watching():
            async with Bus().hosting(listener("sleepy", lambda _: [on(Steal, stuck)])) as host:
                deliver(await open_fixture(host), make(Steal))
                await host.caught_up()
        nursery.cancel_scope.cancel()
    (blocked,) = [each for each in found if each.plugin is not None]
    assert (blocked.plugin, blocked.fixture) == ("sleepy", "fixture-1")
    assert (blocked.file, blocked.function) == (__file__, "stuck")
    assert blocked.line == inspect.getsourcelines(stuck)[1] + 1
    assert blocked.seconds > PATIENCE


async def test_a_hook_that_blocks_is_named_and_not_what_called_it() -> None:
    found: list[Blocked] = []
    watchdog = Watchdog(found.append)

    @hookimpl
    def subscriptions() -> list[Subscription]:
        block()
        return []

    with watchdog.watching():
        async with Bus().hosting(make_plugin("sleepy", subscriptions)):
            pass
    assert (found[0].file, found[0].function) == (__file__, "subscriptions")


async def test_where_no_handler_runs_it_names_the_line_alone() -> None:
    found: list[Blocked] = []
    watchdog = Watchdog(found.append)
    with watchdog.watching():
        until = perf_counter() + BLOCKS_FOR
        while perf_counter() < until:
            pass
    assert [(blocked.plugin, blocked.fixture) for blocked in found] == [(None, None)]
    assert found[0].file == __file__


class Slow(Moment):
    """Never found: looking for it takes too long."""


def ponder(game: Game) -> list[Slow]:
    block()
    return []


async def test_it_names_the_line_of_a_fold_that_blocks() -> None:
    found: list[Blocked] = []
    with Watchdog(found.append).watching():
        async with Bus().hosting(
            make_plugin("slow", hookimpl(folds)), listener("ear", lambda _: [on(Slow, hear)])
        ) as host:
            deliver(await open_fixture(host), make(Steal))
    assert [(blocked.file, blocked.function) for blocked in found] == [(__file__, "ponder")]
    assert found[0].line == inspect.getsourcelines(ponder)[1] + 1


async def hear(moment: Slow) -> None:
    """Want to know."""


def folds() -> list[Fold]:
    return [fold(Slow, ponder)]


async def test_it_leaves_a_daemon_alone_that_takes_its_turns() -> None:
    found: list[Blocked] = []
    watchdog = Watchdog(found.append)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watchdog.prove_life)
        with watchdog.watching():
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    assert found == []
    assert not any(thread.name == "actionbus watchdog" for thread in threading.enumerate())
