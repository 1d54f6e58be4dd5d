"""The configuration: plugins.toml to values, strictly, with all of its problems at once. No I/O."""

from __future__ import annotations

from actionbus.config.feed import FeedConfig, SimulatorConfig
from actionbus.config.journal import JournalConfig
from actionbus.config.keys import Keys
from actionbus.config.kinds import Duration, Keep, SecretSource, Speed
from actionbus.config.model import Config, PluginTable
from actionbus.config.parse import parse_config, structure_table
from actionbus.config.toml import Tree, read_tree
from actionbus.config.wrong import Wrong

__all__ = [
    "Config",
    "Duration",
    "FeedConfig",
    "JournalConfig",
    "Keep",
    "Keys",
    "PluginTable",
    "SecretSource",
    "SimulatorConfig",
    "Speed",
    "Tree",
    "Wrong",
    "parse_config",
    "read_tree",
    "structure_table",
]
