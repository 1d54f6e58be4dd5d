"""Plugins made of plain functions, and a host that runs several of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import ModuleType
from typing import Any

import pluggy
import trio
from attrs import define, field

from actionbus.bus import FixtureClock, HandlerFailure, Subscription
from actionbus.config import read_tree
from actionbus.events.base import Action, Moment
from actionbus.hookspecs import PROJECT, Declaration, Hooks, PluginContext, hookimpl
from actionbus.host import Host, Plugin, hosting
from actionbus.host.loading import register
from actionbus.log import MemoryLog, Row
from actionbus.pipeline import Pipeline
from actionbus.testing import FIXTURE


def make_plugin(name: str, *hooks: Callable[..., Any], origin: str = __file__) -> Plugin:
    """Make a plugin of hook functions. Raises PluginError."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    module = ModuleType(name)
    for hook in hooks:
        setattr(module, hook.__name__, hook)
    return register(manager, name, origin, module)


def listener(name: str, listens: Callable[[PluginContext], Sequence[Subscription]], *publishes: type[Moment]) -> Plugin:
    """Make a plugin of a function that gives its subscriptions, and the classes of the moments that it publishes."""

    @hookimpl
    def declare() -> Declaration:
        return Declaration(publishes=publishes)

    @hookimpl
    def subscriptions(context: PluginContext) -> Sequence[Subscription]:
        return listens(context)

    return make_plugin(name, declare, subscriptions)


class KeepingLog(MemoryLog):
    """A log in memory that also keeps every row."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Row] = []

    def append(self, rows: Sequence[Row]) -> None:
        self.all.extend(rows)
        super().append(rows)


@define(eq=False)
class Bus:
    """A log, and the failures of the handlers that ran on it."""

    log: KeepingLog = field(factory=KeepingLog)
    failures: list[HandlerFailure] = field(factory=list[HandlerFailure])

    def hosting(self, *plugins: Plugin, config: str = "", grace: float = 10.0) -> AbstractAsyncContextManager[Host]:
        """Run plugins on the log."""
        return hosting(plugins, read_tree(config, "plugins.toml"), self.log, self.failures.append, grace)


def standing_clock() -> FixtureClock:
    """Make a fixture clock that shows the time of the rows, as in a replay."""
    return FixtureClock(trio.current_time)


def deliver(pipeline: Pipeline, *actions: Action) -> None:
    """Give a pipeline revisions of actions, without a turn for any lane."""
    for action in actions:
        pipeline.take(action, "", action.timestamp or 0.0)


async def open_fixture(host: Host, fixture: str = FIXTURE) -> Pipeline:
    """Open a fixture whose clock stands."""
    return await host.open_fixture(fixture, standing_clock())
