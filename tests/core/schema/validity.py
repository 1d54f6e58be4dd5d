"""Whether a value is what a schema says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from jsonschema import Draft202012Validator


def judge(schema: Mapping[str, Any]) -> Callable[[object], bool]:
    """Return what says whether a value is right. Raises where the schema itself is none."""
    Draft202012Validator.check_schema(schema)
    validator: Any = Draft202012Validator(schema)
    return cast("Callable[[object], bool]", validator.is_valid)
