"""What the kinds of values that TOML has no type for look like in TOML, as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from actionbus.config.kinds import DURATION, Duration, Keep, SecretSource, Speed

Schema = dict[str, Any]

# Patterns have to mean the same in every language that editors are written in: no \d, which is not only ASCII in some.
_DURATION: Schema = {"type": "string", "minLength": 1, "pattern": f"^{DURATION.pattern}$".replace(r"\d", "[0-9]")}
_TOLD = 'A length of time: "35s", "2m", "1h30m" or "500ms".'

KINDS: Mapping[object, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "format": "time"},
    object: {},
    Any: {},
    Path: {"type": "string", "minLength": 1},
    Duration: {**_DURATION, "description": _TOLD, "examples": ["35s", "2m", "1h30m"]},
    Keep: {"anyOf": [{"const": "forever"}, {**_DURATION, "allOf": [{"pattern": "[1-9]"}]}]},
    Speed: {"anyOf": [{"const": "max"}, {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e9}]},
    SecretSource: {
        "type": "object",
        "description": "Where a secret is kept, never the secret.",
        "properties": {
            "env": {
                "type": "string",
                "pattern": r"^[^=\s]([^=]*[^=\s])?$",
                "description": "The name of an environment variable.",
            },
            "file": {"type": "string", "pattern": r"\S", "description": "A file that holds nothing else."},
            "credential": {
                "type": "string",
                "pattern": r"^[^/]*[^/\s][^/]*$",
                "description": "The name of a systemd credential.",
            },
        },
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    },
}
"""By type, all that ``actionbus.config.convert`` reads but for lists, tables, enums, literals, unions and classes."""
