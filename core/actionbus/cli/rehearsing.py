"""What backtest and test share: the plugins of plugins.toml, set up to play games to them in several processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import attrs

from actionbus.backtest import Player, make_player
from actionbus.cli import logs
from actionbus.cli.config import catalogue, load_and_check
from actionbus.config import Config
from actionbus.config.keys import is_table
from actionbus.errors import Problem
from actionbus.host import Installed, installed

ALERTS = "alert"  # the table of the rules

Asked = tuple[Config, Sequence[str] | None, Sequence[Problem]]
"""The configuration, the rules that matter (None: all), and what else is wrong with it."""
Read = Callable[[Installed], Asked]


class Loader:
    """The plugins, loaded, and the rules that matter. Sent to another process it loads there what it has loaded here.

    ``fine``: no plugin is broken; those that are have been told of.
    """

    def __init__(self, read: Read, log_level: str) -> None:
        known = installed()
        self.config, rules, problems = read(known)
        loaded = load_and_check(self.config, known, problems)
        self.fine = not loaded.broken
        for broken in loaded.broken:
            print(self.config.tree.problem(("plugin", broken.name), broken.reason), file=sys.stderr)
        narrowed = self.config if rules is None else only(self.config, rules)
        self._player = make_player(loaded.plugins, narrowed, catalogue(self.config))
        self._made_with = read, log_level

    def __call__(self) -> Player:
        """Return what plays the games."""
        return self._player

    def __reduce__(self) -> tuple[Callable[..., Loader], tuple[Read, str]]:
        return _load_again, self._made_with


def _load_again(read: Read, log_level: str) -> Loader:
    logs.set_up(log_level)
    return Loader(read, log_level)


def rule_names(config: Config) -> list[str]:
    """Return the names of the rules, in the file's order."""
    alerts = config.tree.get((ALERTS,))
    return list(alerts) if is_table(alerts) else []


def only(config: Config, rules: Sequence[str]) -> Config:
    """Return the configuration with these rules alone; the others cost time and are not asked for."""
    alerts = config.tree.get((ALERTS,))
    kept = {name: rule for name, rule in alerts.items() if name in rules} if is_table(alerts) else {}
    tree = attrs.evolve(config.tree, data={**config.tree.data, ALERTS: kept})
    return attrs.evolve(config, tree=tree, tables={**config.tables, ALERTS: kept})
