"""A plugins.toml checked in this process, by the function that the command runs."""

from __future__ import annotations

from actionbus.cli.config import check
from actionbus.config import Config, parse_config
from actionbus.errors import Problem
from actionbus.events.catalogue import action_classes
from actionbus.host import installed, load


def problems_of(text: str) -> list[Problem]:
    """Return what is wrong with the tables of the plugins that a text makes use of."""
    config = config_of(text)
    loaded = load(config, installed())
    return [problem for plugin in loaded.plugins for problem in check(plugin, config)]


def config_of(text: str) -> Config:
    """Read a text as plugins.toml. Raises ConfigError for what no plugin needs to say."""
    return parse_config(text, "plugins.toml", owned_tables=installed().owners, class_names=action_classes())


def said_of(text: str) -> list[str]:
    """Return the problems as the command prints them, without the name of the file."""
    return [str(problem).removeprefix("plugins.toml:") for problem in problems_of(text)]
