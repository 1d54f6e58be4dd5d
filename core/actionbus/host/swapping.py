"""Plugins set up anew while the daemon runs: what they keep stays in the log, and their lanes go on where they were."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager

import structlog
import trio
from attrs import define, frozen

from actionbus.config import Tree
from actionbus.errors import Problem
from actionbus.host.loading import Broken, Plugin
from actionbus.host.running import GRACE, Host
from actionbus.log import LaneState
from actionbus.pipeline import Pipeline

logger = structlog.get_logger()


@define(eq=False)
class _Holder:
    """Reads a lane while nobody else does, so that it stays in memory, and the rows before it do."""

    state: LaneState

    @property
    def needs(self) -> int:
        """The last row that the lane is done with."""
        return self.state.cursor


@frozen(kw_only=True)
class Swapped:
    """What came of it."""

    problems: list[Problem]
    """What plugins found wrong with their tables when they were set up."""
    broken: list[Broken]
    """Plugins that could not be set up."""
    after: dict[str, dict[str, int]]
    """By plugin and fixture: the position of the last row that was handled before."""

    @property
    def failed(self) -> bool:
        """Whether a plugin could not be set up."""
        return bool(self.problems or self.broken)


async def swap(
    host: Host,
    tree: Tree,
    stop: Collection[str],
    start: Sequence[Plugin],
    *,
    back: Sequence[Plugin] = (),
    grace: float = GRACE,
) -> Swapped:
    """Let plugins leave, and set others up, of another plugins.toml; return what came of it.

    Each lane of those that leave ends after the row that it handles. Of one that is set up again it goes on with the
    next, so nothing is lost and nothing comes twice; the feeds, and the other plugins, notice nothing. A plugin that
    has not left after ``grace`` seconds is cancelled.

    Where one cannot be set up, those that can have heard nothing, and their own tasks could not write before they were
    told to leave: they do, and ``back``, the plugins that were there before, are set up as they were.
    """
    before = host.tree
    async with _lanes_held(host, stop) as held:
        await _stop(host, stop, grace)
        after: dict[str, dict[str, int]] = {}
        for name, fixture, holder in held:
            after.setdefault(name, {})[fixture] = holder.needs
        try:
            problems, broken = await _set_up(host, tree, start)
            swapped = Swapped(problems=problems, broken=broken, after=after)
            if swapped.failed and back:
                await _stop(host, [plugin.name for plugin in start], grace)
                _, lost = await _set_up(host, before, back)
                for each in lost:
                    logger.error("plugin could not be set up as it was", plugin=each.name, reason=each.reason)
        finally:
            host.let_go()
        await _join(host)
    return swapped


async def _set_up(host: Host, tree: Tree, plugins: Sequence[Plugin]) -> tuple[list[Problem], list[Broken]]:
    """Set plugins up, and hold them back; return what went wrong."""
    host.tree = tree
    known, reported = len(host.broken), len(host.problems)
    names = {plugin.name for plugin in plugins}
    host.held_back |= names
    for plugin in plugins:
        await host.start(plugin)
    problems = host.problems[reported:]
    del host.problems[reported:]
    return problems, [each for each in host.broken[known:] if each.name in names]


def _open(host: Host) -> list[Pipeline]:
    """Return the pipelines of fixtures that go on."""
    return [pipeline for fixture, pipeline in host.pipelines.items() if not host.log.is_finished(fixture)]


@asynccontextmanager
async def _lanes_held(host: Host, names: Collection[str]) -> AsyncGenerator[list[tuple[str, str, _Holder]]]:
    held: list[tuple[str, str, _Holder]] = []
    try:
        for pipeline in _open(host):
            for lane in tuple(pipeline.route.lanes):
                if lane.subscriber.name not in names:
                    continue
                name, holder = lane.subscriber.name, _Holder(LaneState(0))
                holder.state = await host.log.open_lane(name, pipeline.fixture, holder, settings=None)
                held.append((name, pipeline.fixture, holder))
        yield held
    finally:
        for name, fixture, holder in held:
            host.log.close_lane(name, fixture, holder)


async def _stop(host: Host, names: Collection[str], grace: float) -> None:
    members = {name: host.members[name] for name in names if name in host.members}
    host.leaving.update(members)
    for member in members.values():
        member.context.restarting = True
        member.finishing.set()
    host.let_go()  # to leave they may have to write
    with trio.move_on_after(grace) as limit:
        await host.have_left(members)
    if limit.cancelled_caught:
        for name, member in members.items():
            if host.is_running(name):
                logger.error("plugin did not leave in time and was stopped", plugin=name, seconds=grace)
                member.scope.cancel()
        await host.have_left(members)
    host.leaving.difference_update(members)
    for name in names:
        host.forget(name)


async def _join(host: Host) -> None:
    """Let the fixtures that run ask the folds that there are now, and open the lanes that they lack."""
    folds = host.folds()
    for pipeline in _open(host):
        if list(pipeline.folds) != folds:
            pipeline.watch(folds)
        for member in tuple(host.members.values()):
            await host.add_lane(pipeline, member)
