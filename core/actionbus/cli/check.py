"""``actionbus check``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import attrs

from actionbus.cli import OK, logs
from actionbus.cli.config import check, chosen, load_all, read
from actionbus.config import Config, PluginTable, Tree, read_tree
from actionbus.config.convert import structure
from actionbus.config.keys import is_table
from actionbus.configfile import read_text
from actionbus.errors import ConfigError, Problem
from actionbus.host import Installed, Loaded, installed


def run(options: Namespace) -> int:
    """Print all problems, one a line; say so where there are none."""
    logs.set_up(options.log_level)
    known = installed()
    path = chosen(options.config)
    problems: list[Problem] = []
    try:
        config = read(path, known=known)
        problems += _files(config)
    except ConfigError as error:
        problems += error.problems
        config = _rest(read_tree(read_text(path), str(path)), known)
    loaded, unknown = load_all(config, known)
    problems += unknown
    problems += [config.tree.problem(("plugin", broken.name), broken.reason) for broken in loaded.broken]
    for plugin in loaded.plugins:
        problems += check(plugin, config)
    for warning in config.warnings:
        print(f"{warning} (a warning)", file=sys.stderr)
    if problems:
        raise ConfigError(*problems)
    print(f"{path}: all is well ({_counted(config, loaded)})")
    return OK


def _files(config: Config) -> Iterator[Problem]:
    """Look for the files that the simulator and the feed are to read."""
    simulator, feed = config.simulator, config.feed
    files = [(("simulator", "recordings", place), file) for place, file in enumerate(simulator.recordings)]
    for keys, file in [*files, (("feed", "ca_file"), feed.ca_file)]:
        if file is not None and not Path(file).is_file():
            yield config.tree.problem(keys, f"there is no file {file}")


def _rest(tree: Tree, known: Installed) -> Config:
    """Make what can be made of a file with problems, so that those of plugins and alerts are told in the same run.

    Raises ConfigError where it is not TOML.
    """
    plugins: dict[str, PluginTable] = {}
    named = tree.get(("plugin",))
    for name, table in (named if is_table(named) else {}).items():
        if is_table(table):
            own = [key for key in table if key not in attrs.fields_dict(PluginTable)]
            try:
                plugins[name] = structure(tree, ("plugin", name), PluginTable, besides=own)
            except ConfigError:
                continue  # told already
    return Config(plugins=plugins, tables={key: tree.data[key] for key in known.owners if key in tree.data}, tree=tree)


def _counted(config: Config, loaded: Loaded) -> str:
    alerts = config.tables.get("alert")
    counts = {"plugin": len(loaded.plugins), "alert": len(alerts) if is_table(alerts) else 0}
    return ", ".join(f"{number} {what}{'' if number == 1 else 's'}" for what, number in counts.items())
