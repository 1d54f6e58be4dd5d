"""What the core reads of a plugin's tables: whether they are as they were, and where the plugin begins."""

from __future__ import annotations

import hashlib
from typing import Any, cast

import attrs
import orjson

from actionbus.config import PluginTable, Tree
from actionbus.host.loading import Plugin

_CORE_KEYS = frozenset(each.name for each in attrs.fields(PluginTable))


def digest(tree: Tree, plugin: Plugin) -> str:
    """Return a text that is another one whenever a plugin is set to something else in plugins.toml."""
    own = _table(tree, plugin.name)
    settings = {key: value for key, value in own.items() if key not in _CORE_KEYS}
    tables = {name: tree.get((name,)) for name in plugin.declaration.tables}
    text = orjson.dumps([settings, tables], default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()[:16]


def starts_with_fixture(tree: Tree, plugin: Plugin) -> bool:
    """Whether a plugin that is new to a fixture that runs begins with the fixture's first packet."""
    return _table(tree, plugin.name).get("start") == "fixture"


def _table(tree: Tree, plugin: str) -> dict[str, Any]:
    table = tree.get(("plugin", plugin))
    return cast("dict[str, Any]", table) if isinstance(table, dict) else {}
