"""``actionbus check``."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

import attrs

from actionbus.cli import OK, logs
from actionbus.cli.config import check, chosen, load_all, read
from actionbus.cli.source import read_inputs, wrong_replays
from actionbus.config import Config, FeedConfig, JournalConfig, Keys, PluginTable, SimulatorConfig, Tree, read_tree
from actionbus.config.convert import structure
from actionbus.config.keys import is_table
from actionbus.configfile import read_text
from actionbus.errors import ConfigError, Problem
from actionbus.host import Installed, Loaded, installed

T = TypeVar("T")


def run(options: Namespace) -> int:
    """Print all problems, one a line; say so where there are none."""
    logs.set_up(options.log_level)
    known = installed()
    path = chosen(options.config)
    problems: list[Problem] = []
    try:
        config = read(path, known=known)
    except ConfigError as error:
        problems += error.problems
        config = _rest(read_tree(read_text(path), str(path)), known)
    inputs = read_inputs(config, os.environ)
    problems += [*inputs.problems, *wrong_replays(config)]
    loaded, unknown = load_all(config, known)
    problems += unknown
    problems += [config.tree.problem(("plugin", broken.name), broken.reason) for broken in loaded.broken]
    environment = list(inputs.environment)
    for plugin in loaded.plugins:
        for problem in check(plugin, config, live=True):
            (environment if problem.environment else problems).append(problem)
    for warning in (*config.warnings, *_elsewhere(environment), *_unchecked(config, loaded)):
        print(f"{warning} (a warning)", file=sys.stderr)
    if problems:
        raise ConfigError(*problems)
    print(f"{path}: all is well ({_counted(config, loaded)})")
    return OK


def _elsewhere(environment: Sequence[Problem]) -> Iterator[Problem]:
    for problem in environment:
        yield attrs.evolve(problem, hint="the environment of `actionbus run` needs it")


def _unchecked(config: Config, loaded: Loaded) -> Iterator[Problem]:
    """Name the plugins with settings of which nobody has said what is right."""
    for plugin in loaded.plugins:
        keys = ("plugin", plugin.name)
        declared = plugin.declaration
        if _own_keys(config.tree.get(keys)) and declared.settings is None and declared.check is None:
            hint = "its author adds a declare() hook that names their class"
            yield config.tree.problem(keys, "its settings are not checked before the daemon starts", hint)


def _own_keys(table: object) -> list[str]:
    return [key for key in table if key not in attrs.fields_dict(PluginTable)] if is_table(table) else []


def _rest(tree: Tree, known: Installed) -> Config:
    """Make what can be made of a file with problems, so that those of plugins and alerts are told in the same run.

    Raises ConfigError where it is not TOML.
    """
    plugins: dict[str, PluginTable] = {}
    named = tree.get(("plugin",))
    for name, table in (named if is_table(named) else {}).items():
        if is_table(table):
            made = _made(tree, ("plugin", name), PluginTable, besides=_own_keys(table))
            plugins |= {name: made} if made is not None else {}
    return Config(
        feed=_made(tree, ("feed",), FeedConfig) or FeedConfig(),
        simulator=_made(tree, ("simulator",), SimulatorConfig) or SimulatorConfig(),
        journal=_made(tree, ("journal",), JournalConfig) or JournalConfig(),
        plugins=plugins,
        tables={key: tree.data[key] for key in known.owners if key in tree.data},
        tree=tree,
    )


def _made(tree: Tree, keys: Keys, cls: type[T], besides: Collection[str] = ()) -> T | None:
    try:
        return structure(tree, keys, cls, besides=besides)
    except ConfigError:
        return None  # told already


def _counted(config: Config, loaded: Loaded) -> str:
    alerts = config.tables.get("alert")
    counts = {"plugin": len(loaded.plugins), "alert": len(alerts) if is_table(alerts) else 0}
    return ", ".join(f"{number} {what}{'' if number == 1 else 's'}" for what, number in counts.items())
