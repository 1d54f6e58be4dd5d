"""The hooks: all that pluggy has to do with plugins. Each is called once for each plugin, before any socket opens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar, cast

import pluggy

from actionbus.bus import Subscription
from actionbus.explaining import Explain
from actionbus.hookspecs.context import Declaration, PluginContext
from actionbus.installed import PROJECT
from actionbus.listing import ListAlerts, ListDeliveries
from actionbus.pipeline import Fold
from actionbus.rehearsal import Rehearse
from actionbus.trying import TryChannels

R_co = TypeVar("R_co", covariant=True)

Subscriptions = Sequence[Subscription]


class _Plain(Protocol[R_co]):
    def __call__(self) -> R_co: ...


class _WithContext(Protocol[R_co]):
    def __call__(self, context: PluginContext) -> R_co: ...


Hook = TypeVar(
    "Hook",
    bound=_Plain[Declaration]
    | _Plain[Subscriptions]
    | _WithContext[Subscriptions]
    | _Plain[AbstractAsyncContextManager[Subscriptions]]
    | _WithContext[AbstractAsyncContextManager[Subscriptions]]
    | _Plain[Sequence[Fold]]
    | _WithContext[Sequence[Fold]]
    | _Plain[Rehearse]
    | _WithContext[Rehearse]
    | _Plain[Explain]
    | _WithContext[Explain]
    | _Plain[ListAlerts]
    | _WithContext[ListAlerts]
    | _Plain[ListDeliveries]
    | _WithContext[ListDeliveries]
    | _Plain[TryChannels]
    | _WithContext[TryChannels],
)

_marker = pluggy.HookimplMarker(PROJECT)
_spec = pluggy.HookspecMarker(PROJECT)


def hookimpl(function: Hook) -> Hook:
    """Mark a module's function as the implementation of the hook of its name. Type checkers reject a wrong shape."""
    return cast("Hook", _marker(cast("Any", function)))


class Hooks:
    """The hooks that a plugin may implement; it names only the arguments that it needs."""

    @_spec
    def declare(self) -> Declaration | None:
        """Say which settings and top-level tables the plugin has. Called whenever plugins.toml is checked."""

    @_spec
    def subscriptions(self, context: PluginContext) -> Subscriptions | None:
        """Return what the plugin wants to hear.

        With a resource, write it as an async context manager that yields the same list: it is entered in the plugin's
        own task, before any socket opens, and left after its last event.
        """

    @_spec
    def folds(self, context: PluginContext) -> Sequence[Fold] | None:
        """Return plain functions from a fixture's game to the moments that stand now; see ``fold``."""

    @_spec
    def backtest(self, context: PluginContext) -> Rehearse | None:
        """Return what gives, for a fixture, all that the plugin would do over a recorded game, without the daemon.

        A plain function of the game's events, called in a process of its own: nothing may leave the machine, and
        moments that plugins publish from handlers are not there. Called for ``actionbus backtest`` and ``test`` alone.
        """

    @_spec
    def explain(self, context: PluginContext) -> Explain | None:
        """Return what explains, for a question, why a rule told of some things in a game and not of others.

        A plain function of the game's events, as for ``backtest``. Called for ``actionbus explain`` alone.
        """

    @_spec
    def alerts(self, context: PluginContext) -> ListAlerts | None:
        """Return what lists the alerts that the plugin keeps in its store, for ``actionbus alerts`` and ``explain``.

        Called beside a daemon that runs, in a process of its own, where its tables may be missing or wrong.
        """

    @_spec
    def deliveries(self, context: PluginContext) -> ListDeliveries | None:
        """Return what lists the deliveries that the plugin keeps in its store, for ``actionbus deliveries``.

        Called as ``alerts`` is.
        """

    @_spec
    def try_channels(self, context: PluginContext) -> TryChannels | None:
        """Return what tries each channel or endpoint that the plugin can send over, by its name.

        Called for ``actionbus notify test`` and ``webhook test`` alone, without the daemon: there is no store, and the
        one that is asked for is tried under trio. A try raises ConfigError for what is wrong with its table.
        """
