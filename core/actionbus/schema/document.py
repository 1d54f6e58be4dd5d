"""The schema of a whole plugins.toml: the core's tables, and those of the plugins that are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actionbus.config import FeedConfig, JournalConfig, PluginTable, SimulatorConfig
from actionbus.config.tests import AlertTest
from actionbus.schema.kinds import Schema
from actionbus.schema.walk import Walk

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# Where any key is right it says so: Tombi, an editor's checker, is strict about tables that say nothing of it.
_ANY: Schema = {"additionalProperties": True}
_OPEN: Schema = {"type": "object", **_ANY}


def make_schema(tables: Mapping[str, Any], plugins: Mapping[str, Any]) -> Schema:
    """Return the schema as JSON values.

    ``tables`` are the top-level tables of plugins, by name, ``plugins`` the settings classes, by the plugin's name;
    None stands for what nobody has said anything about. Raises TypeError for a type that cannot be read from TOML.
    """
    walk = Walk()
    properties: Schema = {
        "schema": {"const": 1, "description": "The version of this format."},
        "feed": walk.schema(FeedConfig),
        "simulator": walk.schema(SimulatorConfig),
        "journal": walk.schema(JournalConfig),
        "plugin": _plugins(walk, plugins),
        **{name: _of_table(walk, kind) for name, kind in tables.items()},
        "test": _of_table(walk, tuple[AlertTest, ...]),
    }
    return {
        "$schema": DIALECT,
        "title": "plugins.toml",
        "description": "The configuration of actionbus: where packets come from, which plugins run, what is told.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"$defs": walk.shared} if walk.shared else {}),
    }


def _of_table(walk: Walk, kind: Any) -> Schema:
    if kind is None:
        return dict(_OPEN)
    schema = walk.schema(kind)
    inner = schema.get("items", schema.get("additionalProperties"))
    if "description" not in schema and isinstance(inner, dict) and "description" in inner:
        schema["description"] = inner["description"]  # of [alert.NAME], for who has come no further than [alert
    return schema


def _plugins(walk: Walk, plugins: Mapping[str, Any]) -> Schema:
    core = walk.schema(PluginTable)
    of_their_own: Schema = {
        "type": "object",
        "description": "A plugin of your own: a file, named by `path`.",
        "properties": core["properties"],
        "anyOf": [
            {"required": ["path"], **_ANY},
            {"properties": {"enabled": {"const": False}}, "required": ["enabled"], **_ANY},
        ],
        **_ANY,
    }
    return {
        "type": "object",
        "description": "A table for each plugin: it switches the plugin on.",
        "properties": {name: _plugin(walk, settings, core["properties"]) for name, settings in plugins.items()},
        "additionalProperties": of_their_own,
    }


def _plugin(walk: Walk, settings: Any, core: Schema) -> Schema:
    """Put together the keys that every plugin has and the plugin's own; where both have one, it is the core's."""
    own = walk.schema(settings) if settings is not None else dict(_OPEN)
    if "$ref" in own:  # a class that holds itself: its keys are needed here
        own = walk.shared[own["$ref"].rpartition("/")[2]]
    required = [key for key in own.get("required", ()) if key not in core]
    own = {key: value for key, value in own.items() if key not in ("required", "propertyNames")}
    return {
        **own,
        "properties": {**own.get("properties", {}), **core},
        **({"required": required} if required else {}),
    }
