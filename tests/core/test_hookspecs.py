"""What a plugin's context gives: settings, stores, once, the games; all of a handler run or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from tests.core.plugins import Bus, deliver, listener, make_plugin, open_fixture

from actionbus import (
    ConfigError,
    Declaration,
    PluginContext,
    PluginError,
    Steal,
    Subscription,
    hookimpl,
    on,
)
from actionbus.hookspecs import Hooks
from actionbus.testing import make

Do = Callable[[PluginContext, Steal], None]


async def each_in_its_own_run(*runs: Do, fixtures: tuple[str, ...] = ("fixture-1",)) -> None:
    """Do something in the handler run of a steal, one after the other; what a run raises is raised here."""
    left = list(runs)

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            left.pop(0)(context, steal)

        return [on(Steal, hear)]

    bus = Bus()
    async with bus.hosting(listener("p", listens)) as host:
        pipelines = [await open_fixture(host, fixture) for fixture in fixtures]
        for number in range(len(runs)):
            pipeline = pipelines[number % len(fixtures)]
            deliver(pipeline, make(Steal, fixture=pipeline.fixture))
            await host.caught_up()
    if bus.failures:
        raise bus.failures[0].error


async def in_a_handler(do: Do) -> None:
    await each_in_its_own_run(do)


async def test_a_run_reads_what_it_has_written_itself() -> None:
    def write(context: PluginContext, steal: Steal) -> None:
        store = context.store
        assert store.get("a") is None
        assert store.get("a", 5) == 5
        store.put("a", {"x": [1, None, "é"]})
        assert store.get("a") == {"x": [1, None, "é"]}
        store.delete("a")
        assert store.get("a", "gone") == "gone"
        store.delete("never there")
        store.put("none", None)
        assert store.get("none", "default") is None

    await in_a_handler(write)


async def test_the_next_run_reads_what_the_last_one_has_left() -> None:
    def write(context: PluginContext, steal: Steal) -> None:
        context.store.put("a", 1)
        context.store.put("b", 2)

    def change(context: PluginContext, steal: Steal) -> None:
        context.store.delete("a")
        context.store.put("c", 3)
        assert context.store.range() == [("b", 2), ("c", 3)]

    def read(context: PluginContext, steal: Steal) -> None:
        assert context.store.range() == [("b", 2), ("c", 3)]

    await each_in_its_own_run(write, change, read)


async def test_each_fixture_has_a_store_of_its_own_and_shares_the_shared_one() -> None:
    def write(context: PluginContext, steal: Steal) -> None:
        assert context.store.range() == []
        assert context.once("said")
        context.store.put("a", steal.fixture)
        context.shared.add("runs")
        context.shared.add("points", 2.5)
        context.shared.put_if_absent("first", steal.fixture)

    def read(context: PluginContext, steal: Steal) -> None:
        assert context.store.range() == [("a", steal.fixture)]
        assert not context.once("said")
        assert (context.shared.sum("runs"), context.shared.sum("points"), context.shared.sum("?")) == (2, 5, 0)
        assert (context.shared.get("first"), context.shared.get("?", 7)) == ("one", 7)

    await each_in_its_own_run(write, write, read, read, fixtures=("one", "two"))


async def test_what_is_shared_is_seen_once_the_run_is_over() -> None:
    def write(context: PluginContext, steal: Steal) -> None:
        context.shared.add("runs")
        context.shared.put_if_absent("first", 1)
        assert context.shared.sum("runs") == 0
        assert context.shared.get("first") is None

    await in_a_handler(write)


async def test_once_is_true_once_in_a_run_and_over_runs() -> None:
    def ask(context: PluginContext, steal: Steal) -> None:
        assert context.once("a")
        assert not context.once("a")
        assert context.once("b")
        assert context.store.range() == []

    def ask_again(context: PluginContext, steal: Steal) -> None:
        assert not context.once("a")
        assert not context.once("b")
        assert context.once("c")

    await each_in_its_own_run(ask, ask_again)


async def test_a_plugin_cannot_reach_the_keys_of_the_core() -> None:
    def write(context: PluginContext, steal: Steal) -> None:
        for change in (partial(context.store.put, "\0once:a", 1), partial(context.store.delete, "\0once:a")):
            with pytest.raises(PluginError, match="must not begin with a null character"):
                change()

    await in_a_handler(write)


async def test_what_is_no_json_is_refused() -> None:
    def write(context: PluginContext, steal: Steal) -> None:
        for change in (
            partial(context.store.put, "a", object()),
            partial(context.store.put, "a", 2**64),
            partial(context.shared.put_if_absent, "a", {1, 2}),
            partial(context.at, steal.at + 1, "a", b"bytes"),
        ):
            with pytest.raises(TypeError):
                change()
        assert context.store.range() == []

    await in_a_handler(write)


USES: list[tuple[str, Callable[[PluginContext], object]]] = [
    ("context.store", lambda context: context.store.get("a")),
    ("context.store", lambda context: context.store.put("a", 1)),
    ("context.store", lambda context: context.store.delete("a")),
    ("context.store", lambda context: context.store.range()),
    ("context.shared", lambda context: context.shared.add("a")),
    ("context.shared", lambda context: context.shared.put_if_absent("a", 1)),
    ("context.at", lambda context: context.at(5.0, "a")),
    ("context.cancel", lambda context: context.cancel("a")),
    ("context.once", lambda context: context.once("a")),
]


@pytest.mark.parametrize(("what", "use"), USES)
async def test_outside_of_a_handler_it_is_refused_in_a_sentence(
    what: str, use: Callable[[PluginContext], object]
) -> None:
    contexts: list[PluginContext] = []

    def listens(context: PluginContext) -> list[Subscription]:
        contexts.append(context)
        return []

    async with Bus().hosting(listener("p", listens)):
        with pytest.raises(PluginError) as caught:
            use(contexts[0])
    assert (
        str(caught.value)
        == f"plugin p: {what} can be used only in a handler, while it runs, or in context.transaction()"
    )


@given(
    st.dictionaries(st.text("ab/é", max_size=4), st.integers(-9, 9), max_size=8), st.text("ab/é", max_size=3), st.data()
)
async def test_a_range_has_the_keys_with_the_prefix_in_order(
    held: dict[str, int], prefix: str, data: st.DataObject
) -> None:
    deleted = data.draw(st.sets(st.sampled_from(sorted(held)))) if held else set[str]()

    def write(context: PluginContext, steal: Steal) -> None:
        for key, value in held.items():
            context.store.put(key, value)

    def read(context: PluginContext, steal: Steal) -> None:
        for key in deleted:
            context.store.delete(key)
        context.store.put("a/new", -1)
        kept = {key: value for key, value in held.items() if key not in deleted} | {"a/new": -1}
        expected = sorted((key, value) for key, value in kept.items() if key.startswith(prefix))
        assert context.store.range(prefix) == expected

    await each_in_its_own_run(write, read)


async def test_the_game_of_a_fixture_can_be_read() -> None:
    def read(context: PluginContext, steal: Steal) -> None:
        game = context.game(steal.fixture)
        assert game is not None
        assert [action.action_id for action in game.actions()] == [steal.action_id]
        assert context.game("another") is None

    await in_a_handler(read)


@frozen(kw_only=True)
class Settings:
    """A plugin's settings."""

    loud: bool = False
    times: int


@frozen(kw_only=True)
class Goal:
    """A table of one's own."""

    points: int


def reads_settings(found: list[object]) -> Any:
    @hookimpl
    def declare() -> Declaration:
        return Declaration(settings=Settings, tables={"goal": dict[str, Goal]})

    @hookimpl
    def subscriptions(context: PluginContext) -> list[Subscription]:
        found.append(context.settings(Settings))
        found.append(context.table("goal", dict[str, Goal]))
        return []

    return make_plugin("p", declare, subscriptions)


async def test_settings_and_tables_come_typed() -> None:
    found: list[object] = []
    async with Bus().hosting(reads_settings(found), config="[plugin.p]\ntimes = 3\n[goal.a]\npoints = 5\n") as host:
        assert host.broken == []
    assert found == [Settings(times=3), {"a": Goal(points=5)}]


async def test_wrong_settings_are_told_at_their_line() -> None:
    async def start() -> None:
        async with Bus().hosting(reads_settings([]), config='[plugin.p]\ntime = "3"\n'):
            pytest.fail("with wrong settings nothing runs")

    with pytest.raises(ConfigError) as caught:
        await start()
    assert all(str(problem).startswith("plugins.toml:") for problem in caught.value.problems)
    assert "plugins.toml:2: plugin.p.time" in str(caught.value)


async def test_a_handler_in_another_fixture_sees_its_own_store_while_the_first_still_runs() -> None:
    seen: dict[str, object] = {}
    waits: dict[str, Callable[[], Awaitable[None]]] = {}

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            context.store.put("mine", steal.fixture)
            await waits[steal.fixture]()
            seen[steal.fixture] = context.store.get("mine")

        return [on(Steal, hear)]

    async with Bus().hosting(listener("p", listens)) as host:
        one, two = await open_fixture(host, "one"), await open_fixture(host, "two")
        waits["one"] = two.route.caught_up
        waits["two"] = _at_once
        deliver(one, make(Steal, fixture="one"))
        deliver(two, make(Steal, fixture="two"))
        await host.caught_up()
    assert seen == {"one": "one", "two": "two"}


async def _at_once() -> None:
    pass


def test_every_hook_says_what_it_is_for() -> None:
    for name, hook in vars(Hooks).items():
        assert name.startswith("_") or hook.__doc__
