"""Timers run on the fixture clock, so that live, catch-up and replay decide alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Sized
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from tests.core.plugins import Bus, deliver, listener, open_fixture
from trio.testing import MockClock

from actionbus import Action, Assist, Due, FeedState, PluginContext, SendType, Steal, Subscription, on
from actionbus.bus import FixtureClock, lane
from actionbus.host import Plugin
from actionbus.testing import make

T = 1_767_300_000.0


def at(second: float, kind: type[Action] = Steal, **fields: Any) -> Action:
    """Make an action that happens a number of seconds after T."""
    return make(kind, timestamp=T + second, **fields)


def alarm(heard: list[str], set_timers: Callable[[PluginContext, Action], None], kind: type[Action] = Steal) -> Plugin:
    """Make a plugin that sets timers when it hears an action, and notes what it hears and which timers run out."""

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(action: Action) -> None:
            heard.append(f"{type(action).__name__} {action.at - T:g}")
            set_timers(context, action)

        async def due(event: Due) -> None:
            heard.append(f"{event.key} {event.at - T:g}")

        return [on(kind, hear), on(Due, due)]

    return listener("alarm", listens)


def settle(context: PluginContext, action: Action) -> None:
    context.at(action.at + 10, "settled")


def nothing(context: PluginContext, action: Action) -> None:
    pass


async def play(plugin: Plugin, *actions: Action, end: bool = False, one_by_one: bool = True, heard: Sized = ()) -> Bus:
    """Play actions to a plugin; what is to be ``heard`` must be there before it is told to finish."""
    bus = Bus()
    async with bus.hosting(plugin) as host:
        pipeline = await open_fixture(host)
        for action in actions:
            deliver(pipeline, action)
            if one_by_one:
                await host.caught_up()
        await host.caught_up()
        if end:
            pipeline.tell(FeedState.FINISHED)
            await host.caught_up()
        in_time = len(heard)
    assert len(heard) == in_time
    return bus


@pytest.mark.parametrize("one_by_one", [True, False])
async def test_a_timer_comes_before_the_first_row_with_a_later_time(one_by_one: bool) -> None:
    heard: list[str] = []

    def first_only(context: PluginContext, action: Action) -> None:
        if action.at == T:
            settle(context, action)

    plugin = alarm(heard, first_only)
    await play(plugin, at(0), at(5), at(10), at(10), at(10.5), at(11), one_by_one=one_by_one, heard=heard)
    assert heard == ["Steal 0", "Steal 5", "Steal 10", "Steal 10", "settled 10", "Steal 10.5", "Steal 11"]


@pytest.mark.parametrize("one_by_one", [True, False])
async def test_rows_that_the_plugin_does_not_hear_let_time_pass_for_it(one_by_one: bool) -> None:
    heard: list[str] = []
    await play(alarm(heard, settle), at(0), at(11, Assist), one_by_one=one_by_one, heard=heard)
    assert heard == ["Steal 0", "settled 10"]


async def test_a_packet_that_changes_nothing_lets_time_pass() -> None:
    heard: list[str] = []
    steal = at(0)
    again = at(11, action_id=steal.action_id, sequence=steal.sequence, send_type=SendType.UPDATED)
    await play(alarm(heard, settle), steal, again, heard=heard)
    assert heard == ["Steal 0", "settled 10"]


async def test_timers_come_in_the_order_of_their_due_times_and_then_of_their_keys() -> None:
    heard: list[str] = []

    def several(context: PluginContext, action: Action) -> None:
        for key, due in (("d", 3.0), ("c", 1.0), ("b", 2.0), ("a", 3.0)):
            context.at(action.at + due, key)

    await play(alarm(heard, several), at(0), at(11, Assist), heard=heard)
    assert heard == ["Steal 0", "c 1", "b 2", "a 3", "d 3"]


async def test_at_the_end_of_the_fixture_the_timers_that_remain_run_out_in_order() -> None:
    heard: list[str] = []

    def several(context: PluginContext, action: Action) -> None:
        for key, due in (("later", 3000.0), ("soon", 100.0), ("also later", 3000.0)):
            context.at(action.at + due, key)

    await play(alarm(heard, several), at(0), end=True, heard=heard)
    assert heard == ["Steal 0", "soon 100", "also later 3000", "later 3000"]


async def test_a_timer_with_the_key_of_one_that_runs_takes_its_place() -> None:
    heard: list[str] = []
    await play(alarm(heard, settle), at(0), at(5), at(11, Assist), at(16, Assist), end=True, heard=heard)
    assert heard == ["Steal 0", "Steal 5", "settled 15"]


async def test_a_timer_can_be_dropped_and_dropping_none_is_fine() -> None:
    heard: list[str] = []

    def drop_at_5(context: PluginContext, action: Action) -> None:
        context.cancel("no such timer")
        settle(context, action)
        if action.at == T + 5:
            context.cancel("settled")

    await play(alarm(heard, drop_at_5), at(0), at(5), end=True, heard=heard)
    assert heard == ["Steal 0", "Steal 5"]


async def test_a_timer_brings_back_the_data_that_was_left_with_it() -> None:
    found: list[object] = []

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            context.at(steal.at + 1, "k", {"who": ["x", 1, None]})
            context.at(steal.at + 2, "empty")

        async def due(event: Due) -> None:
            found.append(event.data)

        return [on(Steal, hear), on(Due, due)]

    await play(listener("alarm", listens), at(0), end=True)
    assert found == [{"who": ["x", 1, None]}, None]


@pytest.mark.parametrize("one_by_one", [True, False])
async def test_a_timer_for_the_past_runs_out_right_after_the_run_that_set_it(one_by_one: bool) -> None:
    heard: list[str] = []

    def for_the_past(context: PluginContext, action: Action) -> None:
        context.at(action.at - 100, "past")

    await play(alarm(heard, for_the_past), at(0), at(0), at(1), one_by_one=one_by_one, heard=heard)
    assert heard == ["Steal 0", "past -100", "Steal 0", "past -100", "Steal 1", "past -99"]


@pytest.mark.parametrize("due", [float("nan"), float("inf"), float("-inf")])
async def test_a_timer_for_no_time_is_refused(due: float) -> None:
    bus = await play(alarm([], lambda context, _: context.at(due, "never")), at(0))
    assert "context.at: due is a time of the fixture" in str(bus.failures[0].error)


def rings_again(heard: list[float], after: float) -> Plugin:
    """Make a plugin whose timer sets itself again."""

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            context.at(steal.at + 10, "again")

        async def due(event: Due) -> None:
            heard.append(event.at - T)
            context.at(event.at + after, "again")

        return [on(Steal, hear), on(Due, due)]

    return listener("alarm", listens)


@pytest.mark.parametrize("after", [0.0, -1.0])
async def test_a_timer_that_sets_another_for_its_own_moment_is_refused_as_a_loop(after: float) -> None:
    heard: list[float] = []
    bus = await play(rings_again(heard, after), at(0), at(11, Assist), end=True, heard=heard)
    assert heard == [10]
    assert "timer 'again' sets timer 'again' for its own moment or before: a loop" in str(bus.failures[0].error)


async def test_a_timer_that_sets_itself_again_rings_until_the_end_and_not_without_end() -> None:
    heard: list[float] = []
    bus = await play(rings_again(heard, 10), at(0), at(35, Assist), end=True, heard=heard)
    assert heard == [10.0 * number for number in range(1, 3 + 1 + lane.MOST_LAST_TIMERS + 1)]
    assert [str(failure.error) for failure in bus.failures] == [
        "plugin alarm: its timers set new ones without end after the end of the fixture"
    ]


async def test_a_thousand_timers_that_remain_at_the_end_all_run_out() -> None:
    heard: list[str] = []

    def many(context: PluginContext, action: Action) -> None:
        for number in range(3 * lane.MOST_LAST_TIMERS):
            context.at(action.at + 1 + number, str(number))

    bus = await play(alarm(heard, many), at(0), end=True, heard=heard)
    assert len(heard) == 1 + 3 * lane.MOST_LAST_TIMERS
    assert bus.failures == []


async def test_a_timer_runs_out_once_whether_or_not_its_handler_likes_it() -> None:
    heard: list[float] = []

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            settle(context, steal)

        async def due(event: Due) -> None:
            heard.append(event.at - T)
            raise ValueError("no")

        return [on(Steal, hear), on(Due, due)]

    bus = await play(listener("alarm", listens), at(0), at(11, Assist), at(12, Assist), end=True, heard=heard)
    assert heard == [10]
    assert len(bus.failures) == 1


async def test_the_same_timer_has_the_same_id_and_another_fixture_has_another() -> None:
    ids: list[str] = []

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            settle(context, steal)

        async def due(event: Due) -> None:
            ids.append(event.id)

        return [on(Steal, hear), on(Due, due)]

    for fixture in ("one", "two", "one"):
        async with Bus().hosting(listener("alarm", listens)) as host:
            pipeline = await open_fixture(host, fixture)
            deliver(pipeline, at(0, fixture=fixture), at(11, fixture=fixture))
            await host.caught_up()
    assert len(set(ids)) == 2
    assert ids[0] == ids[2]


class Live:
    """A fixture that is followed live: its clock runs, and a mock clock turns it."""

    def __init__(self, plugin: Plugin) -> None:
        self.bus = Bus()
        self._hosting = self.bus.hosting(plugin)

    async def __aenter__(self) -> Live:
        host = await self._hosting.__aenter__()
        self.clock = FixtureClock(trio.current_time)
        self.clock.run()
        self.pipeline = await host.open_fixture("fixture-1", self.clock)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._hosting.__aexit__(None, None, None)

    async def wait(self, seconds: float) -> None:
        await trio.sleep(seconds)
        await trio.testing.wait_all_tasks_blocked()


async def test_a_timer_runs_out_when_the_clock_passes_it(autojump_clock: MockClock) -> None:
    heard: list[str] = []
    async with Live(alarm(heard, settle)) as live:
        deliver(live.pipeline, at(0))
        await live.wait(9.9)
        assert heard == ["Steal 0"]
        await live.wait(0.2)
        assert heard == ["Steal 0", "settled 10"]


async def test_a_timer_waits_while_the_feed_is_down(autojump_clock: MockClock) -> None:
    heard: list[str] = []
    async with Live(alarm(heard, settle)) as live:
        deliver(live.pipeline, at(0))
        await live.wait(4)
        live.clock.stop()
        await live.wait(100)
        assert heard == ["Steal 0"]
        live.clock.run()
        await live.wait(5.9)
        assert heard == ["Steal 0"]
        await live.wait(0.2)
        assert heard == ["Steal 0", "settled 10"]


async def test_a_newer_packet_brings_a_timer_nearer(autojump_clock: MockClock) -> None:
    heard: list[str] = []
    async with Live(alarm(heard, settle)) as live:
        deliver(live.pipeline, at(0))
        await live.wait(1)
        deliver(live.pipeline, at(8, Assist))
        await live.wait(1.9)
        assert heard == ["Steal 0"]
        await live.wait(0.2)
        assert heard == ["Steal 0", "settled 10"]


async def test_closing_waits_for_no_timer_of_the_future(autojump_clock: MockClock) -> None:
    heard: list[str] = []
    start = trio.current_time()
    async with Live(alarm(heard, settle)) as live:
        deliver(live.pipeline, at(0))
    assert heard == ["Steal 0"]
    assert trio.current_time() == start


@given(st.lists(st.tuples(st.floats(0, 30), st.booleans(), st.floats(-5, 40)), max_size=30), st.randoms())
def test_in_a_replay_the_order_is_the_same_however_slow_the_handlers_are(
    rows: list[tuple[float, bool, float]], chance: random.Random
) -> None:
    """Each row: seconds since the one before, whether the plugin hears it, and after how long its timer is due."""

    def replay(turns: Callable[[], int], between: int) -> list[str]:
        heard: list[str] = []

        def listens(context: PluginContext) -> list[Subscription]:
            async def hear(steal: Steal) -> None:
                for _ in range(turns()):
                    await trio.lowlevel.checkpoint()
                heard.append(f"row {steal.subtype}")
                context.at(steal.at + float(steal.clock or 0), f"{steal.subtype}")

            async def due(event: Due) -> None:
                for _ in range(turns()):
                    await trio.lowlevel.checkpoint()
                heard.append(f"timer {event.key}")

            return [on(Steal, hear), on(Due, due)]

        async def run() -> None:
            time = 0.0
            async with Bus().hosting(listener("alarm", listens)) as host:
                pipeline = await open_fixture(host)
                for number, (passed, wanted, due) in enumerate(rows):
                    time += round(passed)
                    kind: type[Action] = Steal if wanted else Assist
                    deliver(pipeline, at(time, kind, subtype=str(number), clock=str(round(due))))
                    if number % between == 0:
                        await trio.lowlevel.checkpoint()
                pipeline.tell(FeedState.FINISHED)
                await host.caught_up()

        trio.run(run)
        return heard

    patient = replay(lambda: 0, 1)
    assert replay(lambda: chance.randrange(5), 3) == patient
    assert replay(lambda: 1, 100) == patient
    # The oracle: a timer comes after its row, after all that were due before, and before rows with a later time.
    times = [sum(round(passed) for passed, _, _ in rows[: index + 1]) for index in range(len(rows))]
    for index, (_, wanted, due) in enumerate(rows):
        if not wanted:
            assert f"row {index}" not in patient
            continue
        place = patient.index(f"timer {index}")
        assert patient.index(f"row {index}") < place
        for other in range(len(rows)):
            if rows[other][1] and other > index and times[other] > times[index] + round(due):
                assert place < patient.index(f"row {other}")
            if rows[other][1] and other > index and times[other] <= times[index] + round(due):
                assert place > patient.index(f"row {other}") or round(due) <= 0
