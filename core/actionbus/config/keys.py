"""The way to a value of a TOML file, and how it is written in a message."""

from __future__ import annotations

import json
import re
from typing import TypeAlias, TypeGuard

Keys: TypeAlias = tuple[str | int, ...]
"""From the top of the file to a value: keys of tables, and places in lists counted from 0."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def dotted(keys: Keys) -> str:
    """Write ``keys`` as in TOML: ``feed.types."3pt bomb"``; places in lists in brackets: ``feed.fixtures[0]``."""
    written = ""
    for key in keys:
        if isinstance(key, int):
            written += f"[{key}]"
        else:
            quoted = key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=not key.isprintable())
            written += f".{quoted}" if written else quoted
    return written


def has(value: object, key: str | int) -> bool:
    """Whether a value that tomllib gave has something at ``key``."""
    if isinstance(key, str):
        return is_table(value) and key in value
    return is_list(value) and key < len(value)


def inside(value: object, key: str | int) -> object:
    """Give what is at ``key`` of a value that tomllib gave; None if nothing is (TOML itself knows no None)."""
    if is_table(value) and isinstance(key, str):
        return value.get(key)
    if is_list(value) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def is_table(value: object) -> TypeGuard[dict[str, object]]:
    """Whether a value that tomllib gave is a table."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Whether a value that tomllib gave is a list."""
    return isinstance(value, list)
