"""What several commands need: plugins.toml and the plugins that it names."""

from __future__ import annotations

from pathlib import Path

from actionbus.config import Config, parse_config
from actionbus.configfile import load_config
from actionbus.errors import ConfigError, Problem
from actionbus.events.base import Action
from actionbus.events.catalogue import Catalogue, action_classes
from actionbus.host import Installed, Loaded, Plugin, installed, load
from actionbus.hookspecs import PluginContext
from actionbus.log import MemoryLog

DEFAULT = Path("plugins.toml")
WITHOUT_FILE = "[plugin.score_tracker]\n"  # what a replay needs where there is no plugins.toml


def read(path: Path | None, *, known: Installed, optional: bool = False) -> Config:
    """Read the configuration that a command asks for. Raises ConfigError with all that is wrong with it."""
    names = action_classes()
    if path is None and optional and not DEFAULT.exists():
        return parse_config(WITHOUT_FILE, str(DEFAULT), owned_tables=known.owners, class_names=names)
    chosen = path if path is not None else DEFAULT
    if path is None and not DEFAULT.exists():
        hint = "write one, or name it with --config"
        raise ConfigError(Problem(str(chosen), None, "", "there is no such file in this folder", hint))
    return load_config(chosen, owned_tables=known.owners, class_names=names)


def catalogue(config: Config) -> Catalogue:
    """Make the catalogue of action types, with the mappings of ``[feed.types]``."""
    classes: dict[str, type[Action]] = action_classes()
    return Catalogue({name: classes[kind] for name, kind in config.feed.types.items()})


def load_and_check(config: Config, known: Installed) -> Loaded:
    """Import the plugins and check their tables. Raises ConfigError with all that is wrong with them."""
    loaded = load(config, known)
    problems: list[Problem] = []
    for plugin in loaded.plugins:
        problems += check(plugin, config)
    if problems:
        raise ConfigError(*problems)
    return loaded


def check(plugin: Plugin, config: Config) -> list[Problem]:
    """Check a plugin's settings and the tables that it owns, without starting it."""
    declared = plugin.declaration
    context = PluginContext(plugin.name, config.tree, shared=MemoryLog().shared(plugin.name), game=lambda _: None)
    problems: list[Problem] = []
    try:
        if declared.settings is not None:
            context.settings(declared.settings)
    except ConfigError as error:
        problems += error.problems
    for name, kind in declared.tables.items():
        try:
            context.table(name, kind)
        except ConfigError as error:
            problems += error.problems
    if declared.check is not None and not problems:
        try:
            declared.check(context)
        except ConfigError as error:
            problems += error.problems
    return problems
