"""What several commands need: plugins.toml and the plugins that it names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from actionbus.config import Config, parse_config
from actionbus.config.keys import dotted, is_table
from actionbus.config.settings import is_settings_class, keys_by_field
from actionbus.configfile import load_config
from actionbus.errors import ConfigError, Problem
from actionbus.events.base import Action
from actionbus.events.catalogue import Catalogue, action_classes
from actionbus.hookspecs import PluginContext
from actionbus.host import Installed, Loaded, Plugin, load
from actionbus.host.describe import describe
from actionbus.log import MemoryLog

DEFAULT = Path("plugins.toml")
WITHOUT_FILE = "[plugin.score_tracker]\n"  # what a replay needs where there is no plugins.toml


def read(path: Path | None, *, known: Installed, optional: bool = False) -> Config:
    """Read the configuration that a command asks for. Raises ConfigError with all that is wrong with it."""
    names = action_classes()
    if path is None and optional and not DEFAULT.exists():
        return parse_config(WITHOUT_FILE, str(DEFAULT), owned_tables=known.owners, class_names=names)
    return load_config(chosen(path), owned_tables=known.owners, class_names=names)


def chosen(path: Path | None) -> Path:
    """Return the file to read. Raises ConfigError where none is named and there is none in the current folder."""
    if path is None and not DEFAULT.exists():
        hint = "write one, or name it with --config"
        raise ConfigError(Problem(str(DEFAULT), None, "", "there is no such file in this folder", hint))
    return path if path is not None else DEFAULT


def catalogue(config: Config) -> Catalogue:
    """Make the catalogue of action types, with the mappings of ``[feed.types]``."""
    classes: dict[str, type[Action]] = action_classes()
    return Catalogue({name: classes[kind] for name, kind in config.feed.types.items()})


def load_and_check(
    config: Config,
    known: Installed,
    others: Sequence[Problem] = (),
    *,
    live: bool = False,
    present: Sequence[Plugin] = (),
) -> Loaded:
    """Import the plugins and check their tables. Raises ConfigError with all that is wrong, ``others`` too.

    Those that are ``present`` were imported before. Secrets are looked for only where it is ``live``: a replay needs
    none.
    """
    loaded, problems = load_all(config, known, present)
    problems += others
    for plugin in loaded.plugins:
        problems += check(plugin, config, live=live)
    if problems:
        raise ConfigError(*problems)
    return loaded


def load_all(config: Config, known: Installed, present: Sequence[Plugin] = ()) -> tuple[Loaded, list[Problem]]:
    """Import the plugins that there are; return them, and a problem for each that there is not."""
    try:
        return load(config, known, present), []
    except ConfigError as error:
        there = {
            name: table for name, table in config.plugins.items() if name in known.plugins or table.path is not None
        }
        return load(attrs.evolve(config, plugins=there), known, present), list(error.problems)


def check(plugin: Plugin, config: Config, *, live: bool = False) -> list[Problem]:
    """Check a plugin's settings and the tables that it owns, without starting it; where it is ``live``, secrets too."""
    declared = plugin.declaration
    shared = MemoryLog().shared(plugin.name)
    context = PluginContext(plugin.name, config.tree, shared=shared, game=lambda _: None, replaying=not live)
    problems: list[Problem] = []

    def collect(look: Callable[..., object], *arguments: object) -> None:
        try:
            look(*arguments)
        except ConfigError as error:
            problems.extend(error.problems)

    try:
        if declared.settings is not None:
            collect(context.settings, declared.settings)
        for name, kind in declared.tables.items():
            collect(context.table, name, kind)
        if declared.check is not None:
            collect(declared.check, context)
    except Exception as error:
        # The boundary around a plugin's code, as when it is loaded: its classes and its check are its own. A check
        # that does not expect tables that are wrong may fail at them, which are told anyway.
        if not problems:
            what = f"its check fails: {describe(error, plugin.origin)}"
            problems.append(config.tree.problem(("plugin", plugin.name), what))
    elsewhere = _belongs_elsewhere(plugin, config)
    return [elsewhere.get(each.path, each) for each in dict.fromkeys(problems)]


def _belongs_elsewhere(plugin: Plugin, config: Config) -> dict[str, Problem]:
    """Say of tables in a plugin's own that they are top-level ones, ``[plugin.notifier.alert.a]``; by their path."""
    own = config.tree.get(("plugin", plugin.name))
    settings = plugin.declaration.settings
    known = keys_by_field(settings).values() if is_settings_class(settings) else ()
    found: dict[str, Problem] = {}
    for key, value in own.items() if is_table(own) else ():
        if key in plugin.declaration.tables and key not in known and is_table(value):
            name = next((name for name, inner in value.items() if is_table(inner)), None)
            name = None if is_settings_class(plugin.declaration.tables[key]) else name
            right = dotted((key, name)) if name is not None else key
            problem = config.tree.problem(
                ("plugin", plugin.name, key), "unknown key", f"it is no part of the plugin's table: write [{right}]"
            )
            found[problem.path] = problem
    return found
