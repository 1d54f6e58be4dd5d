"""Set the plugins up for a backtest: those that rehearse, and the folds that make the moments they hear of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import attrs
from attrs import define, field

from actionbus.backtest.player import Player, Shown, begin, trying
from actionbus.config import Config
from actionbus.config.keys import is_list, is_table
from actionbus.errors import ConfigError, PluginError, Problem
from actionbus.events.base import Event
from actionbus.events.catalogue import Catalogue, snake_name
from actionbus.hookspecs import PluginContext
from actionbus.host import Plugin
from actionbus.host.returned import check_folds
from actionbus.log import MemoryLog
from actionbus.pipeline import Fold


@define(eq=False)
class SetUp:
    """The plugins that have a hook, each with what that returns, and the folds of all."""

    shown: Shown = field(factory=Shown)
    folds: list[tuple[Plugin, Fold]] = field(factory=list[tuple[Plugin, Fold]])
    made: list[tuple[Plugin, Callable[..., Any]]] = field(factory=list[tuple[Plugin, Callable[..., Any]]])
    problems: list[Problem] = field(factory=list[Problem])
    """What the plugins find wrong with their tables."""


def set_up(plugins: Sequence[Plugin], config: Config, hook: str, makes: str) -> SetUp:
    """Ask the plugins for their folds, and by a hook for what ``makes`` something. Raises PluginError."""
    found, log = SetUp(), MemoryLog()
    for plugin in plugins:
        context = PluginContext(
            plugin.name,
            config.tree,
            shared=log.shared(plugin.name),
            game=found.shown.get,
            publishes=plugin.declaration.publishes,
            replaying=True,
        )
        try:
            folds = check_folds(plugin.name, trying(plugin, "folds()", partial(plugin.hook, "folds", context=context)))
            found.folds += [(plugin, attrs.evolve(fold, plugin=plugin.name)) for fold in folds]
            made: object = trying(plugin, f"{hook}()", partial(plugin.hook, hook, context=context))
        except ConfigError as error:
            found.problems += error.problems
            continue
        if made is None:
            continue
        if not callable(made):
            raise PluginError(plugin.name, f"its hook {hook}() should return what {makes}, not {made!r}")
        found.made.append((plugin, made))
    return found


def make_player(plugins: Sequence[Plugin], config: Config, catalogue: Catalogue) -> Player:
    """Ask the plugins for their folds and rehearsals.

    Raises ConfigError with all that they find wrong with their tables, also for what needs moments that plugins
    publish while the daemon runs; and PluginError for a hook that fails.
    """
    found = set_up(plugins, config, "backtest", "makes a Rehearsal of a fixture")
    for plugin, rehearse in found.made:
        found.problems += published(plugin, begin(plugin, rehearse, "").kinds, plugins, config)
    if found.problems:
        raise ConfigError(*found.problems)
    return Player(found.made, found.folds, catalogue, found.shown)


def published(
    plugin: Plugin, kinds: Sequence[type[Event]], plugins: Sequence[Plugin], config: Config
) -> Iterator[Problem]:
    """Tell what needs moments that are not there: those that plugins publish while the daemon runs."""
    publishers = {snake_name(kind): each.name for each in plugins for kind in each.declaration.publishes}
    named = list(_named(plugin, config))
    for name, publisher in publishers.items():
        places = [keys for keys, each in named if each == name]
        if not places and name in map(snake_name, kinds):
            places = [("plugin", plugin.name)]
        for keys in places:
            what = f"{name} is announced by plugin {publisher} while the daemon runs, and a backtest runs none"
            yield config.tree.problem(keys, what, "name the other alerts with --rule")


def _named(plugin: Plugin, config: Config) -> Iterator[tuple[tuple[str, ...], object]]:
    """Give the event classes that a plugin's tables name in ``on``, each with its place."""
    for table in plugin.declaration.tables:
        entries = config.tree.get((table,))
        for name in entries if is_table(entries) else ():
            on = config.tree.get((table, name, "on"))
            yield from (((table, name, "on"), each) for each in (on if is_list(on) else [on]))
