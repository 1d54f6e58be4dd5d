"""The daemon: who lives inside whom, and how it ends."""

from __future__ import annotations

import random
import signal
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from pathlib import Path

import structlog
import trio
from attrs import evolve, field, frozen

from actionbus.bus import Blocked, Watchdog
from actionbus.config import Config
from actionbus.events.base import FeedState
from actionbus.events.catalogue import Catalogue
from actionbus.feed import ConnectLimit, Ending, follow
from actionbus.host import GRACE, Host, Loaded, hosting
from actionbus.log import Log, MemoryLog
from actionbus.log.journal import open_journal
from actionbus.pipeline import Pipeline
from actionbus.secrets import Secret
from actionbus.session import FeedProfile
from actionbus.simulator import Simulation, serve

logger = structlog.get_logger()


@frozen(kw_only=True)
class Source:
    """Where the packets come from: a server and its fixtures; the simulator, where it is to be embedded."""

    profile: FeedProfile
    fixtures: tuple[str, ...]
    token: Callable[[], Secret] = field(repr=False)
    ssl_context: ssl.SSLContext | None = None
    simulation: Simulation | None = None


async def run(
    config: Config,
    source: Source,
    loaded: Loaded,
    catalogue: Catalogue,
    *,
    journal: Path | None = None,
    until_finished: bool = False,
) -> bool:
    """Follow the fixtures until a signal, or until all are finished; return whether nothing failed for good.

    The log is kept in the file ``journal``, or in memory.

    A signal stops the feeds; the plugins finish what they have. A second one means now.
    """
    for broken in loaded.broken:
        logger.error("plugin is broken and left out", plugin=broken.name, origin=broken.origin, reason=broken.reason)
    watchdog = Watchdog(_report_blocked)
    stopping, set_up = trio.CancelScope(), trio.Event()
    endings: dict[str, Ending] = {}
    async with trio.open_nursery() as everything:
        await everything.start(_obey_signals, stopping, everything.cancel_scope, set_up)
        everything.start_soon(watchdog.prove_life)
        with watchdog.watching():
            async with (
                _log(config, journal, catalogue) as log,
                hosting(loaded.plugins, config.tree, log) as host,
            ):
                set_up.set()
                with stopping:
                    await _follow_all(source, host, catalogue, endings, until_finished=until_finished)
                logger.info("feeds have stopped, plugins finish what they have")
        everything.cancel_scope.cancel()
    if log.under_way:
        return False  # what is not on the disk is fetched again with the next start, but this was no clean end
    if stopping.cancel_called:
        return True  # whoever asked for the end got it
    finished = all(endings.get(fixture) is Ending.FINISHED for fixture in source.fixtures)
    return finished and not (loaded.broken or host.broken)


def _log(config: Config, journal: Path | None, catalogue: Catalogue) -> AbstractAsyncContextManager[Log]:
    if journal is None:
        return nullcontext(MemoryLog())
    return open_journal(journal, sync=config.journal.sync, keep=config.journal.keep, catalogue=catalogue)


async def _follow_all(
    source: Source, host: Host, catalogue: Catalogue, endings: dict[str, Ending], *, until_finished: bool
) -> None:
    """Follow every fixture in a task of its own, until all have ended or, without ``until_finished``, for ever."""
    connects, past = ConnectLimit(), trio.CapacityLimiter(1)
    async with trio.open_nursery() as nursery:
        profile = source.profile
        if source.simulation is not None:
            url: str = await nursery.start(partial(serve, source.simulation))
            profile = evolve(profile, url=url)
        async with trio.open_nursery() as feeds:
            for fixture in source.fixtures:
                follow_one = partial(_follow, fixture, profile, source, host, catalogue, connects, past, endings)
                feeds.start_soon(partial(follow_one, give_up_when_refused=until_finished), name=f"feed {fixture}")
            logger.info("following", fixtures=len(source.fixtures), server=profile.url)
        if not until_finished:
            logger.info("all fixtures have finished; waiting for a signal")
            await trio.sleep_forever()
        nursery.cancel_scope.cancel()


async def _follow(
    fixture: str,
    profile: FeedProfile,
    source: Source,
    host: Host,
    catalogue: Catalogue,
    connects: ConnectLimit,
    past: trio.CapacityLimiter,
    endings: dict[str, Ending],
    *,
    give_up_when_refused: bool,
) -> None:
    try:
        if host.log.is_finished(fixture):
            endings[fixture] = Ending.FINISHED
            async with past:  # one after the other: there may be hundreds, and those that run have the right of way
                if await host.has_more(fixture):
                    await _close(await host.open_fixture(fixture, catalogue=catalogue))
            logger.info("fixture has finished before", fixture=fixture)
            return
        await connects.wait()  # before what the log holds is read: hundreds of games are not taken up all at once
        pipeline = await host.open_fixture(fixture, catalogue=catalogue)
        endings[fixture] = await follow(
            pipeline,
            profile,
            token=source.token,
            connects=connects,
            rng=random.Random(),
            ssl_context=source.ssl_context,
            give_up_when_refused=give_up_when_refused,
            admitted=True,
        )
    except Exception:
        # The boundary around a fixture: what is wrong in our own code for one must not end the others.
        logger.exception("fixture failed, which is a mistake in actionbus; the others go on", fixture=fixture)
        endings.pop(fixture, None)
        if (opened := host.pipelines.get(fixture)) is not None:
            opened.clock.stop()
            opened.tell(FeedState.DOWN, "following it failed, which is a mistake in actionbus")
        return
    counts = pipeline.counts
    how = endings[fixture].value
    figures = {"packets": counts.packets, "bad": counts.bad, "gaps": counts.gaps, "odd": pipeline.timeline.odd}
    logger.info("fixture ended", fixture=fixture, how=how, **figures)
    if endings[fixture] is Ending.FINISHED:
        await _close(pipeline)


async def _close(pipeline: Pipeline) -> None:
    with trio.move_on_after(GRACE):  # a lane that is stuck keeps its rows, and nothing else
        await pipeline.route.caught_up()
    pipeline.close()


async def _obey_signals(
    stopping: trio.CancelScope, everything: trio.CancelScope, set_up: trio.Event, *, task_status: trio.TaskStatus[None]
) -> None:
    """The first signal stops the feeds; the second, or one before the plugins are set up, stops everything."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for number in signals:
            now = stopping.cancel_called or not set_up.is_set()
            stopping.cancel()
            if now:
                logger.warning("stopping now", signal=signal.Signals(number).name)
                everything.cancel()
                return
            logger.info("stopping", signal=signal.Signals(number).name)


def _report_blocked(blocked: Blocked) -> None:
    logger.warning(
        "code holds up the whole daemon: it should await, or run in a thread",
        plugin=blocked.plugin,
        fixture=blocked.fixture,
        where=f"{blocked.file}:{blocked.line} in {blocked.function}",
        seconds=round(blocked.seconds, 1),
    )
