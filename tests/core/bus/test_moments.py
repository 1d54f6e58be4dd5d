"""Moments that plugins publish: known by their keys, once committed, never in a loop, in one order in a replay."""

from __future__ import annotations

import random

import pytest
import trio
from attrs import frozen
from tests.core.plugins import Bus, deliver, listener, open_fixture

from actionbus import ALL_CHANGES, Assist, Change, Due, Event, Moment, PluginContext, Steal, Subscription, on
from actionbus.bus.work import MOST_HOPS
from actionbus.host import Plugin
from actionbus.testing import make


@frozen(kw_only=True, slots=False, eq=False)
class Odds(Moment):
    """What a model thinks."""

    home: float = 0.5


@frozen(kw_only=True, slots=False, eq=False)
class Rumour(Moment):
    """Something that plugins pass on."""


def ear(heard: list[Event], *kinds: type[Event]) -> Plugin:
    async def hear(event: Event) -> None:
        heard.append(event)

    return listener("ear", lambda _: [on(kind, hear, changes=ALL_CHANGES) for kind in kinds])


def model(answers: list[float]) -> Plugin:
    """Make a plugin that publishes an answer at each steal."""

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            context.publish(Odds(fixture=steal.fixture, key="win", home=answers.pop(0)))

        return [on(Steal, hear)]

    return listener("model", listens, Odds)


async def test_a_moment_is_known_again_by_its_key() -> None:
    heard: list[Event] = []
    async with Bus().hosting(model([0.5, 0.5, 0.7]), ear(heard, Odds)) as host:
        deliver(await open_fixture(host), *(make(Steal) for _ in range(3)))
        await host.caught_up()
    assert [(each.id, each.change) for each in heard] == [
        ("fixture-1:odds:win:1", Change.ADDED),
        ("fixture-1:odds:win:2", Change.AMENDED),
    ]
    assert isinstance(heard[1].previous, Odds)
    assert heard[1].previous.home == 0.5


async def test_a_moment_comes_behind_what_it_follows_from() -> None:
    heard: list[Event] = []
    async with Bus().hosting(model([0.1, 0.2]), ear(heard, Odds, Steal)) as host:
        pipeline = await open_fixture(host)
        for _ in range(2):
            deliver(pipeline, make(Steal))
            await host.caught_up()
    assert [type(each) for each in heard] == [Steal, Odds, Steal, Odds]
    positions = [each.position for each in heard]
    assert positions == sorted(set(positions))
    assert [each.at for each in heard] == sorted(each.at for each in heard)


async def test_a_class_that_the_declaration_does_not_name_is_refused() -> None:
    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            context.publish(Rumour(fixture=steal.fixture, key="x"))

        return [on(Steal, hear)]

    bus = Bus()
    async with bus.hosting(listener("model", listens, Odds)) as host:
        deliver(await open_fixture(host), make(Steal))
        await host.caught_up()
    assert str(bus.failures[0].error) == "plugin model: publishes Rumour, which its declaration does not name"


async def test_a_moment_of_another_fixture_is_refused() -> None:
    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            context.publish(Odds(fixture="another", key="x"))

        return [on(Steal, hear)]

    bus = Bus()
    async with bus.hosting(listener("model", listens, Odds)) as host:
        deliver(await open_fixture(host), make(Steal))
        await host.caught_up()
    assert "a moment of fixture another while handling fixture-1" in str(bus.failures[0].error)


def gossip(name: str, *, by_timer: bool = False) -> Plugin:
    """Make a plugin that passes on each rumour that it hears as a new one."""

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(event: Event) -> None:
            key = f"{event.key} {name}" if isinstance(event, Rumour | Due) else name
            if by_timer and not isinstance(event, Due):
                context.at(event.at - 1, key)
            else:
                context.publish(Rumour(fixture=event.fixture, key=key))

        return [on(Steal, hear), on(Rumour, hear), on(Due, hear)]

    return listener(name, listens, Rumour)


@pytest.mark.parametrize("by_timer", [False, True])
@pytest.mark.parametrize("names", [("a",), ("a", "b")])
async def test_moments_that_follow_from_each_other_for_ever_are_refused_as_a_loop(
    names: tuple[str, ...], by_timer: bool
) -> None:
    heard: list[Event] = []
    bus = Bus()
    gossips = [gossip(name, by_timer=by_timer) for name in names]
    async with bus.hosting(*gossips, ear(heard, Rumour)) as host:
        deliver(await open_fixture(host), make(Steal))
        await host.caught_up()
    assert {each.hops for each in heard if isinstance(each, Rumour)} == set(range(1, MOST_HOPS + 1))
    assert len(heard) <= sum(len(names) ** hops for hops in range(1, MOST_HOPS + 1))
    assert "would be moment number 9 in a chain of moments that follow from each other: a loop" in str(
        bus.failures[0].error
    )


@pytest.mark.parametrize("seed", range(20))
async def test_in_lockstep_moments_of_several_plugins_have_one_order(seed: int) -> None:
    """However long the publishers take, which is different in each run."""
    chance = random.Random(seed)
    heard: list[Event] = []

    def slow(name: str) -> Plugin:
        def listens(context: PluginContext) -> list[Subscription]:
            async def hear(event: Event) -> None:
                for _ in range(chance.randrange(20)):
                    await trio.lowlevel.checkpoint()
                key = f"{name} {event.id}" if isinstance(event, Rumour) else f"{name} {event.at:g}"
                context.publish(Rumour(fixture=event.fixture, key=key))

            async def answer(rumour: Rumour) -> None:
                if rumour.key.startswith("a ") and name != "a":
                    await hear(rumour)

            return [on(Steal, hear), on(Rumour, answer)]

        return listener(name, listens, Rumour)

    async with Bus().hosting(slow("c"), slow("a"), slow("b"), ear(heard, Rumour, Steal, Assist)) as host:
        pipeline = await open_fixture(host)
        for second in range(5):
            for kind in (Steal, Assist):
                deliver(pipeline, make(kind, timestamp=100.0 + second))
                await pipeline.keep_step()
        await host.caught_up()
    keys = [each.key if isinstance(each, Rumour) else type(each).__name__ for each in heard]
    one_round = [f"{name} {{0}}" for name in "abc"] + [f"{name} fixture-1:rumour:a {{0}}:1" for name in "bc"]
    expected = [
        key
        for second in range(5)
        for key in ["Steal", *(each.format(f"{100 + second}") for each in one_round), "Assist"]
    ]
    assert keys == expected
