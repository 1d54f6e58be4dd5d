"""The daemon's life: what is opened inside what, until a signal."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

import structlog
import trio
from attrs import frozen

from actionbus.bus import Blocked, Watchdog
from actionbus.config import Config
from actionbus.control.server import listen
from actionbus.daemon.feeds import Feeds, with_url
from actionbus.daemon.reload import Reloaded, Reloader, Reread
from actionbus.daemon.setup import Setup
from actionbus.daemon.watch import changes
from actionbus.errors import ActionbusError, ConfigError
from actionbus.events.catalogue import Catalogue
from actionbus.feed import Ending
from actionbus.host import Host, hosting
from actionbus.log import Log, MemoryLog
from actionbus.log.journal import open_journal
from actionbus.simulator import serve

STDIN = 0  # its descriptor

logger = structlog.get_logger()


@frozen(kw_only=True)
class Ears:
    """How a daemon hears that it is to change."""

    reread: Reread
    control: Path
    """The socket for commands."""
    watch: bool
    """Whether plugins.toml is taken over as soon as it is written."""


async def run(
    setup: Setup, catalogue: Catalogue, ears: Ears, *, journal: Path | None = None, until_finished: bool = False
) -> bool:
    """Follow the fixtures until a signal, or until all are finished; return whether nothing failed for good.

    The log is kept in the file ``journal``, or in memory.

    A signal stops the feeds; the plugins finish what they have. A second one means now.
    """
    config, loaded = setup.config, setup.loaded
    for broken in loaded.broken:
        logger.error("plugin is broken and left out", plugin=broken.name, origin=broken.origin, reason=broken.reason)
    watchdog = Watchdog(_report_blocked)
    stopping, set_up = trio.CancelScope(), trio.Event()
    endings: dict[str, Ending] = {}
    fixtures: tuple[str, ...] = ()
    async with trio.open_nursery() as everything:
        await everything.start(_obey_signals, stopping, everything.cancel_scope, set_up)
        everything.start_soon(watchdog.prove_life)
        with watchdog.watching():
            async with (
                _log(config, journal, catalogue) as log,
                hosting(loaded.plugins, config.tree, log, whole=True) as host,
            ):
                set_up.set()
                with stopping:
                    fixtures = await _follow_all(
                        setup, host, catalogue, ears, endings, stopping, until_finished=until_finished
                    )
                logger.info("feeds have stopped, plugins finish what they have")
        everything.cancel_scope.cancel()
    if log.under_way:
        return False  # what is not on the disk is fetched again with the next start, but this was no clean end
    if stopping.cancel_called:
        return True  # whoever asked for the end got it
    finished = all(endings.get(fixture) is Ending.FINISHED for fixture in fixtures)
    return finished and not (loaded.broken or host.broken)


def _log(config: Config, journal: Path | None, catalogue: Catalogue) -> AbstractAsyncContextManager[Log]:
    if journal is None:
        return nullcontext(MemoryLog(whole=True))
    return open_journal(journal, sync=config.journal.sync, keep=config.journal.keep, catalogue=catalogue)


async def _follow_all(
    setup: Setup,
    host: Host,
    catalogue: Catalogue,
    ears: Ears,
    endings: dict[str, Ending],
    stopping: trio.CancelScope,
    *,
    until_finished: bool,
) -> tuple[str, ...]:
    """Follow every fixture in a task of its own, until all have ended or, without ``until_finished``, for ever.

    Returns the fixtures that were followed last.
    """
    async with trio.open_nursery() as nursery:
        source, profile = setup.source, setup.source.profile
        if source.simulation is not None:
            profile = with_url(source, await nursery.start(partial(serve, source.simulation)))
        async with trio.open_nursery() as tasks:
            feeds = Feeds(
                host=host,
                catalogue=catalogue,
                source=source,
                profile=profile,
                nursery=tasks,
                give_up_when_refused=until_finished,
                endings=endings,
            )
            reloader = Reloader(setup=setup, host=host, feeds=feeds, reread=ears.reread)
            await nursery.start(listen, ears.control, partial(_answer, reloader))
            await nursery.start(_obey_hangups, reloader, stopping)
            if ears.watch:
                nursery.start_soon(_watch, reloader)
            feeds.begin()
            if not until_finished:
                await trio.sleep_forever()
        nursery.cancel_scope.cancel()
    return feeds.source.fixtures


async def _answer(reloader: Reloader, request: Mapping[str, Any]) -> Mapping[str, object]:
    """Answer a command: reload, or a question to a plugin. Raises ActionbusError."""
    match request:
        case {"do": "reload"}:
            reloaded = await _reload(reloader)
            return {"ok": True, "said": reloaded.said, "after": reloaded.after}
        case {"do": "ask", "plugin": str(name), "request": str(what), "arguments": {**arguments}}:
            member = reloader.host.members.get(name)
            answer = member.context.answers.get(what) if member is not None else None
            if answer is None:
                raise ActionbusError(f"plugin {name} does not run in this daemon, or does not know {what!r}")
            return {"ok": True, "answer": await answer(cast("dict[str, Any]", arguments))}
        case _:
            raise ActionbusError("this daemon does not know the request: it is another version than the command")


async def _reload(reloader: Reloader) -> Reloaded:
    """Take plugins.toml over, and say in the log what came of it. Raises ConfigError."""
    file = reloader.setup.config.tree.file
    try:
        reloaded = await reloader.reload()
    except ConfigError as error:
        for problem in error.problems:
            logger.error(f"{file} is not taken over, nothing has changed", problem=str(problem))
        raise
    if reloaded.said:
        logger.info(f"{file} is taken over", changes=reloaded.said)
    else:
        logger.info(f"{file} is as this daemon runs it, nothing has changed")
    return reloaded


async def _watch(reloader: Reloader) -> None:
    async with aclosing(changes(lambda: reloader.setup.files)) as written:
        async for _ in written:
            with suppress(ActionbusError):  # which the log tells, or the daemon is about to end
                await _reload(reloader)


async def _obey_hangups(reloader: Reloader, stopping: trio.CancelScope, *, task_status: trio.TaskStatus[None]) -> None:
    """Reload at SIGHUP; but where that says that the terminal is gone, stop as at SIGTERM."""
    in_terminal = os.isatty(STDIN)
    with trio.open_signal_receiver(signal.SIGHUP) as signals:
        task_status.started()
        async for _ in signals:
            if in_terminal and not os.isatty(STDIN):
                logger.info("stopping: the terminal is gone")
                stopping.cancel()
                return
            with suppress(ActionbusError):
                await _reload(reloader)


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
