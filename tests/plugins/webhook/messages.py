"""Events as the daemon announces them: those of whole games, with moments, alerts and how the feed stands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import trio
from tests.core.plugins import Bus, make_plugin

from actionbus import ALL_CHANGES, Event, FeedState, Subscription, hookimpl, on
from actionbus.bus import FixtureClock
from actionbus.host import Plugin
from actionbus.recording import Recording, read_recording
from actionbus.simulator import generate_match
from actionbus_plugins import notifier, score_tracker

CONFIG = """
[plugin.score_tracker]
[alert.threes]
on = "three_pointer"
phase = "pending"
[alert.heat_check]
on = ["three_pointer_made", "three_pointer_missed"]
per = ["fixture", "player"]
streak = { of = "three_pointer_made", n = 2 }
message = "{{ player.name }} has hit {{ streak.n }} in a row"
[alert.lead]
on = "lead_change"
priority = "high"
"""


def announced(recording: Recording) -> list[Event]:
    """Return all that is announced of a game, in order: actions, moments and alerts, and a feed that went down."""
    return trio.run(_announced, recording)


@cache
def of_a_match(seed: int) -> tuple[Event, ...]:
    """Return all that is announced of a generated match."""
    return tuple(announced(generate_match(seed)))


@cache
def of_a_real_game(recording: Path) -> tuple[Event, ...]:
    """Return all that is announced of a recorded game."""
    return tuple(announced(read_recording(recording)))


async def _announced(recording: Recording) -> list[Event]:
    heard: list[Event] = []

    async def hear(event: Event) -> None:
        heard.append(event)

    @hookimpl
    def subscriptions() -> Sequence[Subscription]:
        return [on(Event, hear, changes=ALL_CHANGES)]

    plugins: list[Plugin] = [
        make_plugin("notifier", notifier.declare, notifier.subscriptions),
        make_plugin("score_tracker", score_tracker.declare, score_tracker.folds),
        make_plugin("hearer", subscriptions),
    ]
    bus = Bus()
    async with bus.hosting(*plugins, config=CONFIG) as host:
        pipeline = await host.open_fixture(recording.fixture, FixtureClock(lambda: 0.0))
        pipeline.tell(FeedState.LIVE, received=1.0)
        for packet in recording.packets:
            pipeline.accept(packet)
            await pipeline.keep_step()
        pipeline.tell(FeedState.DOWN, "the connection was lost", 2.0)
        pipeline.tell(FeedState.RECOVERED, received=3.5, since=2.25, missed=3)
        pipeline.tell(FeedState.FINISHED, "the recording is over", 4.0)
        await host.caught_up()
    assert bus.failures == []
    return heard
