"""A replay goes through the daemon's own pipeline and plugins, and comes out the same each time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import trio
from attrs import frozen
from tests.conftest import RealGame
from tests.core.plugins import Bus, listener

from actionbus import ALL_CHANGES, Action, Due, Event, FeedStatus, Moment, PluginContext, ShotMade, Subscription, on
from actionbus.host import Plugin
from actionbus.recording import Recording, read_recording
from actionbus.replay import replay
from actionbus.simulator import generate_match

if TYPE_CHECKING:
    from trio.testing import MockClock


@frozen(kw_only=True, slots=False, eq=False)
class Odds(Moment):
    """What a model thinks."""


def heard_by(heard: list[str], chance: random.Random) -> Plugin:
    """Make a plugin that notes all it hears, and may be slow."""

    async def hear(event: Event) -> None:
        for _ in range(chance.choice((0, 0, 0, 5))):
            await trio.lowlevel.checkpoint()
        heard.append(f"{event.id} {event.change} {event.at:.3f}")

    def listens(context: PluginContext) -> list[Subscription]:
        async def settle(shot: ShotMade) -> None:
            context.at(shot.at + 20, f"settled {shot.action_id}")

        kinds: tuple[type[Event], ...] = (Action, Moment, FeedStatus, Due)
        return [on(ShotMade, settle), *(on(kind, hear, changes=ALL_CHANGES) for kind in kinds)]

    return listener("ear", listens)


def slow_model(name: str, chance: random.Random) -> Plugin:
    """Make a plugin that takes its time and then publishes."""

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(shot: ShotMade) -> None:
            for _ in range(chance.randrange(10)):
                await trio.lowlevel.checkpoint()
            context.publish(Odds(fixture=shot.fixture, key=f"{name} {shot.action_id}"))

        return [on(ShotMade, hear)]

    return listener(name, listens, Odds)


async def replayed(recording: Recording, seed: int) -> list[str]:
    chance = random.Random(seed)
    heard: list[str] = []
    bus = Bus()
    plugins = heard_by(heard, chance), slow_model("b", chance), slow_model("a", chance)
    async with bus.hosting(*plugins) as host:
        pipeline = await replay(recording, host)
        assert len(bus.log.kept(recording.fixture)) == 0
        assert pipeline.counts.packets == len(recording.packets)
    assert bus.failures == []
    return heard


async def test_a_match_gives_one_order_in_20_runs() -> None:
    recording = generate_match(7)
    first = await replayed(recording, 0)
    assert len(first) == len(set(first)) > len(recording.packets)
    for seed in range(1, 20):
        assert await replayed(recording, seed) == first


async def test_a_moment_comes_right_behind_its_cause() -> None:
    heard = await replayed(generate_match(7), 1)
    for place, what in enumerate(heard):
        if ":odds:a " in what:
            cause = what.partition(":odds:a ")[2].partition(":")[0]
            assert any(each.startswith(cause) for each in heard[place - 3 : place])
            assert f":odds:b {cause}" in heard[place + 1]


async def test_a_stuck_plugin_that_publishes_nothing_does_not_stop_the_others(autojump_clock: object) -> None:
    heard: list[str] = []

    async def stuck(action: Action) -> None:
        await trio.sleep(1000)

    async def note(action: Action) -> None:
        heard.append(action.id)

    recording = generate_match(7)
    plugins = listener("stuck", lambda _: [on(Action, stuck)]), listener("ear", lambda _: [on(Action, note)])
    with trio.move_on_after(500):
        async with Bus().hosting(*plugins) as host:
            await replay(recording, host)
    assert len(heard) > len(recording.packets) / 2


async def test_real_games_replay_the_same(some_real_game: RealGame) -> None:
    recording = read_recording(some_real_game.recording)
    assert await replayed(recording, 1) == await replayed(recording, 2)


@pytest.mark.parametrize("packets", [(), ("",), ("not json", "{}")])
async def test_a_recording_without_a_good_packet_is_just_over(packets: tuple[str, ...]) -> None:
    heard: list[str] = []
    async with Bus().hosting(heard_by(heard, random.Random(0))) as host:
        pipeline = await replay(Recording("f", packets), host)
    assert pipeline.counts.bad == len(packets)
    assert heard == ["f:feed:1:0.000000 added 0.000"]


async def test_a_plugin_stuck_in_an_await_is_named_and_waited_for_no_longer(autojump_clock: MockClock) -> None:
    heard: list[str] = []

    async def stuck(shot: ShotMade) -> None:
        await trio.sleep_forever()

    recording = generate_match(4711)
    async with Bus().hosting(
        listener("stuck", lambda _: [on(ShotMade, stuck)]), heard_by(heard, random.Random(0))
    ) as host:
        pipeline = await replay(recording, host)
        assert [(broken.name, broken.reason) for broken in host.broken] == [
            ("stuck", "a handler has been stuck in an await for 30 s")
        ]
    assert pipeline.game.finished
    assert len(heard) > len(recording.packets) / 2


async def test_a_plugin_that_is_slow_but_gets_on_is_waited_for(autojump_clock: MockClock) -> None:
    heard: list[str] = []

    async def slow(shot: ShotMade) -> None:
        await trio.sleep(20)
        heard.append(shot.id)

    async with Bus().hosting(listener("slow", lambda _: [on(ShotMade, slow)])) as host:
        await replay(generate_match(4711), host)
        assert host.broken == []
    assert len(heard) > 50
