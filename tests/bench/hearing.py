"""A plugin for the benchmarks: one handler that hears every action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import ModuleType

import pluggy

from actionbus import Action, Subscription, hookimpl, on
from actionbus.hookspecs import PROJECT, Hooks
from actionbus.host import Plugin
from actionbus.host.loading import register


def hearing(name: str, handler: Callable[[Action], Awaitable[None]]) -> Plugin:
    """Make the plugin."""

    @hookimpl
    def subscriptions() -> list[Subscription]:
        return [on(Action, handler)]

    module = ModuleType(name)
    module.__dict__["subscriptions"] = subscriptions
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    return register(manager, name, "bench", module)
