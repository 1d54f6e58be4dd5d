"""plugins.toml as values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from attrs import field, frozen

from actionbus.config.feed import FeedConfig, SimulatorConfig
from actionbus.config.journal import JournalConfig
from actionbus.config.tests import AlertTest
from actionbus.config.toml import Tree
from actionbus.errors import Problem


@frozen(kw_only=True)
class PluginTable:
    """What the core reads of ``[plugin.NAME]``; the rest are the plugin's own settings, see ``structure_table``."""

    path: Path | None = None
    """The plugin's file; without it: a plugin that is installed."""
    enabled: bool = True
    """``false`` leaves the table and switches the plugin off."""
    start: Literal["present", "fixture"] = "present"
    """Where a plugin that is seen for the first time begins in fixtures that run: now, or with their first packet."""


@frozen(kw_only=True)
class Config:
    """All of plugins.toml, checked, but for the tables of plugins, which their owners check.

    Compares by what is configured; ``tree`` and ``tables`` are not shown in the ``repr``, for what plugins keep there.
    """

    schema: int = 1
    feed: FeedConfig = field(factory=FeedConfig)
    simulator: SimulatorConfig = field(factory=SimulatorConfig)
    journal: JournalConfig = field(factory=JournalConfig)
    plugins: Mapping[str, PluginTable] = field(factory=dict[str, PluginTable])
    """By name, in the file's order, the disabled ones too."""
    tests: tuple[AlertTest, ...] = ()
    """What alerts are expected to send, in the file's order."""
    tables: Mapping[str, object] = field(factory=dict[str, object], repr=False)
    """The other top-level keys, raw; ``structure_table(tree, (name,), cls)`` makes them values."""
    warnings: tuple[Problem, ...] = ()
    tree: Tree = field(repr=False, eq=False)
