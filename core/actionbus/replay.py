"""A recording through the daemon's own pipeline and plugins, as fast as it goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from actionbus.bus import FixtureClock
from actionbus.events.base import FeedState
from actionbus.events.catalogue import Catalogue
from actionbus.host import Host
from actionbus.pipeline import Pipeline
from actionbus.recording import Recording

STUCK = 30.0  # seconds in which no plugin finishes a row


def _no_time() -> float:
    return 0.0


async def replay(recording: Recording, host: Host, catalogue: Catalogue | None = None) -> Pipeline:
    """Play a recording to the plugins and wait until they have done with it; return its pipeline, to read off.

    The fixture clock is that of the rows. The lanes have their turn after each packet that they want: what plugins
    print comes in the order of the game. Plugins that publish moments are waited for at every packet, so that the
    moments land behind their causes each time.
    """
    pipeline = await host.open_fixture(recording.fixture, FixtureClock(_no_time), catalogue)
    published = any(lane.subscriber.publishes for lane in pipeline.route.lanes)
    for packet in recording.packets:
        pipeline.accept(packet)
        if published:
            await _patiently(pipeline.keep_step, host)
        if pipeline.log.crowded:
            await pipeline.log.room()
        if pipeline.route.offered:
            pipeline.route.offered = False
            await trio.lowlevel.checkpoint()
    pipeline.tell(FeedState.FINISHED, "the recording is over")
    await _patiently(pipeline.keep_step, host)
    await _patiently(host.caught_up, host)
    return pipeline


async def _patiently(wait: Callable[[], Awaitable[None]], host: Host) -> None:
    """Wait for the plugins; those that do not get on any more are stuck in an await, and are waited for no longer."""
    while True:
        before = host.progress()
        with trio.move_on_after(STUCK):
            await wait()
            return
        if host.progress() == before:
            host.give_up_waiting(STUCK)
