"""Set the plugins up for a backtest: those that rehearse, and the folds that make the moments they hear of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast

import attrs

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
from actionbus.rehearsal import Rehearse


def make_player(plugins: Sequence[Plugin], config: Config, catalogue: Catalogue) -> Player:
    """Ask the plugins for their folds and rehearsals.

    Raises ConfigError with all that they find wrong with their tables, also for what needs moments that plugins
    publish while the daemon runs; and PluginError for a hook that fails.
    """
    shown, log = Shown(), MemoryLog()
    folds: list[tuple[Plugin, Fold]] = []
    rehearsing: list[tuple[Plugin, Rehearse]] = []
    problems: list[Problem] = []
    for plugin in plugins:
        context = PluginContext(
            plugin.name,
            config.tree,
            shared=log.shared(plugin.name),
            game=shown.get,
            publishes=plugin.declaration.publishes,
            replaying=True,
        )
        try:
            found = trying(plugin, "folds()", partial(plugin.hook, "folds", context=context))
            folds += [(plugin, attrs.evolve(fold, plugin=plugin.name)) for fold in check_folds(plugin.name, found)]
            made: object = trying(plugin, "backtest()", partial(plugin.hook, "backtest", context=context))
        except ConfigError as error:
            problems += error.problems
            continue
        if made is None:
            continue
        if not callable(made):
            what = f"its hook backtest() should return what makes a Rehearsal of a fixture, not {made!r}"
            raise PluginError(plugin.name, what)
        rehearse = cast("Rehearse", made)
        rehearsing.append((plugin, rehearse))
        problems += _published(plugin, begin(plugin, rehearse, "").kinds, plugins, config)
    if problems:
        raise ConfigError(*problems)
    return Player(rehearsing, folds, catalogue, shown)


def _published(
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
