"""The harness that authors test their plugins with: used here as they use it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from attrs import frozen
from structlog.testing import capture_logs
from trio.testing import MockClock

import actionbus.testing
from actionbus import (
    Action,
    Change,
    ConfigError,
    Due,
    Fold,
    Game,
    Moment,
    PluginContext,
    PluginError,
    SendType,
    Steal,
    Subscription,
    ThreePointerMade,
    fold,
    hookimpl,
    on,
)
from actionbus.bus import FixtureClock
from actionbus.testing import AWAY, HOME, make, running


@frozen(kw_only=True, slots=False, eq=False)
class Lead(Moment):
    """Somebody leads."""


async def test_a_plugin_of_functions_hears_what_it_is_given() -> None:
    heard: list[tuple[Change, str]] = []

    async def hear(steal: Steal) -> None:
        heard.append((steal.change, str(steal.player)))

    @hookimpl
    def subscriptions() -> list[Subscription]:
        return [on(Steal, hear, changes={Change.ADDED, Change.WITHDRAWN})]

    async with running(subscriptions) as bench:
        steal = make(Steal, player="Ann")
        await bench.deliver(steal, make(ThreePointerMade))
        await bench.deliver(make(Steal, action_id=steal.action_id, send_type=SendType.DELETED))
        assert bench.game.counted.home == 3
    assert heard == [(Change.ADDED, "Ann"), (Change.WITHDRAWN, "Ann")]


def test_an_action_is_as_the_feed_would_send_it() -> None:
    first, second = make(Steal), make(Steal, player=None, team=AWAY, score=(3, 2), period=4, clock="00:09")
    assert (first.send_type, first.period, first.team) == (SendType.CONFIRMED, 1, HOME)
    assert str(first.player) == "Player One"
    assert first.action_id != second.action_id
    assert first.timestamp is not None
    assert second.timestamp is not None
    assert first.timestamp < second.timestamp
    assert first.sequence < second.sequence
    assert (second.player, second.team, str(second.score), second.clock_seconds) == (None, AWAY, "3-2", 9.0)


def failing(kind: type[Action] = Steal) -> list[Subscription]:
    async def fail(action: Action) -> None:
        raise LookupError(str(action.player))

    return [on(kind, fail)]


async def test_what_a_handler_raises_comes_out_once() -> None:
    @hookimpl
    def subscriptions() -> list[Subscription]:
        return failing()

    async with running(subscriptions) as bench:
        with pytest.raises(LookupError, match="Ann"):
            await bench.deliver(make(Steal, player="Ann"), make(Steal, player="Ben"))
        await bench.deliver(make(ThreePointerMade))
        with pytest.raises(LookupError, match="Cid"):
            await bench.deliver(make(Steal, player="Cid"))


async def test_or_is_kept_to_be_looked_at() -> None:
    @hookimpl
    def subscriptions() -> list[Subscription]:
        return failing()

    async with running(subscriptions, raising=False) as bench:
        await bench.deliver(make(Steal, player="Ann"))
        assert [str(failure.error) for failure in bench.failures] == ["Ann"]
        before = bench.broken
        await bench.deliver(*(make(Steal) for _ in range(10)))
        assert len(bench.failures) == 5
        assert before is None
        assert str(bench.broken).startswith("paused after failures in a row, the last: LookupError: Player One")


async def test_a_plugin_that_cannot_be_set_up_says_why() -> None:
    @hookimpl
    def subscriptions() -> list[Subscription]:
        raise OSError("no network")

    async def start() -> None:
        async with running(subscriptions):
            pytest.fail("it cannot run")

    with capture_logs(), pytest.raises(PluginError, match="plugin test: OSError: no network"):
        await start()


async def test_a_plugin_that_dies_on_the_way_is_no_silent_success() -> None:
    dying = trio.Event()

    @hookimpl
    @asynccontextmanager
    async def subscriptions() -> AsyncGenerator[list[Subscription]]:
        async def work() -> None:
            await dying.wait()
            raise OSError("the socket broke")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(work)
            yield failing()

    with capture_logs():
        async with running(subscriptions) as bench:
            await bench.deliver(make(ThreePointerMade))
            dying.set()
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(PluginError, match="the socket broke"):
                await bench.deliver(make(Steal))


@frozen(kw_only=True)
class Settings:
    """A plugin's settings."""

    file: Path


async def test_settings_come_from_the_text_of_a_plugins_toml() -> None:
    found: list[Settings] = []

    @hookimpl
    def subscriptions(context: PluginContext) -> list[Subscription]:
        found.append(context.settings(Settings))
        return []

    async with running(subscriptions, config='[plugin.test]\nfile = "x.json"\n', folder=Path("/somewhere")):
        assert found == [Settings(file=Path("/somewhere/x.json"))]

    async def start() -> None:
        async with running(subscriptions, config="[plugin.test]\nfile = 5\n"):
            pytest.fail("with wrong settings nothing runs")

    with pytest.raises(ConfigError, match=r"plugins.toml:2: plugin.test.file"):
        await start()


def leads(game: Game) -> list[Lead]:
    """Find out who leads."""
    home, away = game.counted.home, game.counted.away
    return [Lead(fixture=game.fixture, key="home" if home > away else "away")] if home != away else []


async def test_folds_can_be_tested_as_listeners_hear_them() -> None:
    heard: list[tuple[Change, str]] = []

    async def hear(lead: Lead) -> None:
        heard.append((lead.change, lead.key))

    @hookimpl
    def folds() -> list[Fold]:
        return [fold(Lead, leads)]

    @hookimpl
    def subscriptions() -> list[Subscription]:
        return [on(Lead, hear, changes=set(Change))]

    async with running(folds, subscriptions) as bench:
        shot = make(ThreePointerMade)
        await bench.deliver(shot)
        await bench.deliver(make(ThreePointerMade, action_id=shot.action_id, send_type=SendType.DELETED))
    assert heard == [(Change.ADDED, "home"), (Change.WITHDRAWN, "home")]


async def test_the_end_lets_timers_run_out() -> None:
    heard: list[str] = []

    @hookimpl
    def subscriptions(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            context.at(steal.at + 60, "minute")

        async def due(timer: Due) -> None:
            heard.append(timer.key)

        return [on(Steal, hear), on(Due, due)]

    async with running(subscriptions) as bench:
        await bench.deliver(make(Steal))
        assert heard == []
        await bench.finish()
    assert heard == ["minute"]


async def test_the_fixture_clock_can_run(autojump_clock: MockClock) -> None:
    heard: list[str] = []

    @hookimpl
    def subscriptions(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            context.at(steal.at + 60, "minute")

        async def due(timer: Due) -> None:
            heard.append(timer.key)

        return [on(Steal, hear), on(Due, due)]

    clock = FixtureClock(trio.current_time)
    clock.run()
    async with running(subscriptions, clock=clock) as bench:
        await bench.deliver(make(Steal))
        await trio.sleep(61)
        await bench.settled()
        assert heard == ["minute"]


def test_the_harness_tells_what_its_names_are_for() -> None:
    for thing in (make, running, actionbus.testing.Bench):
        assert thing.__doc__
