"""What of attrs' own validators JSON Schema can say: bounds, choices, patterns, lengths."""

from __future__ import annotations

import re
from typing import Any

from actionbus.schema.kinds import Schema

_BOUNDS = {">=": "minimum", ">": "exclusiveMinimum", "<=": "maximum", "<": "exclusiveMaximum"}
_LENGTHS = ("Length", "Items", "Properties")
_PLAIN = re.compile(r"[\w\s\-\[\](){}|^$+*?:,./ '\"]*", re.ASCII)  # a pattern of these means the same in every language


def constraints(validator: Any) -> Schema:
    """Return the keywords that a validator comes to; empty for what nobody outside of Python understands.

    Keywords of JSON Schema hold for values of their own type alone, so those of a field stand beside whatever it is.
    """
    match type(validator).__name__:  # the classes are private; their names and attributes have been these for years
        case "_AndValidator":
            merged: Schema = {}
            for each in validator._validators:
                merged |= constraints(each)
            return merged
        case "_OptionalValidator":
            return constraints(validator.validator)
        case "_NumberValidator":
            return {_BOUNDS[validator.compare_op]: validator.bound}
        case "_MaxLengthValidator":
            return {f"max{what}": validator.max_length for what in _LENGTHS}
        case "_MinLengthValidator":
            return {f"min{what}": validator.min_length for what in _LENGTHS}
        case "_InValidator":
            return _choices(list(validator.options))
        case "_MatchesReValidator":
            return _pattern(validator.pattern, validator.match_func.__name__)
        case _:
            return {}


def _choices(options: list[object]) -> Schema:
    plain = all(isinstance(each, str | int | float) for each in options)
    return {"enum": options} if plain else {}


def _pattern(pattern: re.Pattern[str], function: str) -> Schema:
    if not _PLAIN.fullmatch(pattern.pattern) or pattern.flags & ~(re.UNICODE | re.ASCII):
        return {}
    begin, end = ("" if function == "search" else "^"), ("$" if function == "fullmatch" else "")
    return {"pattern": f"{begin}(?:{pattern.pattern}){end}"}
