"""An outbox within a plugin that puts what a test says, over a log in memory or a journal on a real disk."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import trio
from attrs import define, field
from tests.core.log import journals
from tests.core.log.players import packets
from tests.core.plugins import make_plugin

from actionbus import ConfigError, Declaration, PluginContext, Steal, Subscription, hookimpl, on
from actionbus.bus import FixtureClock
from actionbus.config import read_tree
from actionbus.host import Host, Plugin, hosting
from actionbus.log import Log, MemoryLog
from actionbus.pipeline import Pipeline
from actionbus.testing import FIXTURE, TIP_OFF
from actionbus_plugins.notifier.delivery import Channels, Outbox, open_outbox, problems
from actionbus_plugins.notifier.notice import Kind, Notice


def wall() -> float:
    """Tell the time of day as trio's clock goes: 2026-01-01 18:00 UTC at its start."""
    return TIP_OFF + trio.current_time()


_numbers = itertools.count(1)

Put = tuple[Notice, Sequence[str]]


def notice(alert: str, version: int = 1, kind: Kind | str = "sent", text: str = "", **more: Any) -> Notice:
    """Make a notice; its text is made of alert and version where it is not given."""
    values: dict[str, Any] = {"rule": "heat_check", "fixture": FIXTURE, "at": TIP_OFF, "period": 4, "clock": "05:12"}
    return Notice(id=alert, version=version, kind=Kind(kind), text=text or f"{alert} says {version}", **values | more)


def lives(alert: str, *steps: tuple[str, str], **more: Any) -> list[Notice]:
    """Make the notices of one alert: kind and text of each, in order."""
    made: list[Notice] = []
    for version, (kind, text) in enumerate(steps, 1):
        before = made[-1].text if made else ""
        made.append(notice(alert, version, kind, text, before=before, **more))
    return made


@define(eq=False)
class Bench:
    """A plugin with an outbox that runs, and the fixtures that are open."""

    host: Host
    log: Log
    context: PluginContext
    outbox: Outbox
    puts: list[Put] = field(factory=list[Put])
    pipelines: dict[str, Pipeline] = field(factory=dict[str, Pipeline])

    async def put(self, *notices: Notice, to: Sequence[str] = ("phone",)) -> None:
        """Put notices in one handler run for each, and wait until it has ended."""
        for each in notices:
            self.puts.append((each, to))
            pipeline = await self.open(each.fixture)
            journals.give(pipeline, packets([next(_numbers)], fixture=each.fixture))
            await pipeline.route.caught_up()

    async def open(self, fixture: str) -> Pipeline:
        """Open a fixture, if it is not."""
        if fixture not in self.pipelines:
            self.pipelines[fixture] = await self.host.open_fixture(fixture, FixtureClock(trio.current_time))
        return self.pipelines[fixture]


@asynccontextmanager
async def benching(
    config: str,
    *,
    log: Log | None = None,
    replaying: bool = False,
    grace: float = 10.0,
    **options: Any,
) -> AsyncGenerator[Bench]:
    """Run a plugin with an outbox of these channels; ``options`` are those of ``open_outbox``."""
    found: list[tuple[PluginContext, Outbox]] = []
    puts: list[Put] = []
    options = {"wall": wall, "rng": random.Random(1)} | options
    plugin = with_outbox(puts, lambda context, outbox: found.append((context, outbox)), options)
    used = log if log is not None else MemoryLog()
    async with hosting([plugin], read_tree(config, "plugins.toml"), used, grace=grace, replaying=replaying) as host:
        assert not host.broken, host.broken
        ((context, outbox),) = found
        yield Bench(host, used, context, outbox, puts)


@asynccontextmanager
async def journal(path: Path) -> AsyncGenerator[Log]:
    """Open a journal as the daemon does."""
    async with journals.opened(path) as log:
        yield log


def with_outbox(puts: list[Put], opened: Callable[[PluginContext, Outbox], None], options: dict[str, Any]) -> Plugin:
    """Make the plugin ``notifier``: it puts the first of ``puts`` whenever somebody steals the ball."""

    def check(context: PluginContext) -> None:
        if found := list(problems(context.table("notify", Channels), context)):
            raise ConfigError(*found)

    @hookimpl
    def declare() -> Declaration:
        return Declaration(tables={"notify": Channels}, check=check)

    @hookimpl
    @asynccontextmanager
    async def subscriptions(context: PluginContext) -> AsyncGenerator[Sequence[Subscription]]:
        check(context)
        async with open_outbox(context, context.table("notify", Channels), **options) as outbox:
            opened(context, outbox)

            async def hear(_: Steal) -> None:
                if puts:
                    told, channels = puts.pop(0)
                    outbox.put(told, channels)

            yield [on(Steal, hear)]

    return make_plugin("notifier", declare, subscriptions)


def evolved(told: Notice, **changes: Any) -> Notice:
    """Return a notice with other values."""
    return attrs.evolve(told, **changes)


def sums(bench: Bench, channel: str = "phone") -> dict[str, float]:
    """What the channel has counted over all runs."""
    names = "told", "edited", "withdrawn", "expired", "failed", "quiet", "dropped", "digests"
    found = {name: bench.context.shared.sum(f"{channel}:{name}") for name in names}
    return {name: value for name, value in found.items() if value}
