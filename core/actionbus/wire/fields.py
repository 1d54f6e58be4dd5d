"""The values of the feed's fields, read strictly: what is wrong is a TypeError or ValueError that says what is due."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

Raw = dict[str, Any]  # a decoded JSON object; it goes no further than this package

SEQUENCE_KEY = '"timelineSequence"'
SEQUENCE = re.compile(r'\s*:\s*"?(-?\d{1,20}(?:\.\d{1,40})?)(?=["\s,}])')
LARGEST = 2**63 - 1  # the largest whole number that a row of the log can hold
LAST_PERIOD = 99
_KINDS = (
    (str, "text"),
    (int, "a number"),
    (float, "a number"),
    (bool, "a flag"),
    (list, "a list"),
    (dict, "an object"),
)
BORN, DIES = 0.0, 253402300799.0  # Unix seconds of the years 1970 and 9999: what datetime can show


def text(value: object, _: object = None) -> str:
    """Take text only."""
    if type(value) is not str:
        raise TypeError(f"is {_kind(value)}, should be text")
    return value


def maybe_text(value: object, _: object = None) -> str | None:
    """Take text or null."""
    return None if value is None else text(value)


def whole(value: object, _: object = None) -> int:
    """Take a whole number of at most 64 bits; true and 1.0 are none."""
    if type(value) is not int or not -LARGEST <= value <= LARGEST:
        raise TypeError(f"is {_kind(value)}, should be a whole number of at most 64 bits")
    return value


def maybe_whole(value: object, _: object = None) -> int | None:
    """Take a whole number or null."""
    return None if value is None else whole(value)


def period(value: object, _: object = None) -> int:
    """Take the number of a period."""
    if not 0 <= (number := whole(value)) <= LAST_PERIOD:
        raise ValueError(f"is {number}, should be from 0 to {LAST_PERIOD}")
    return number


def flag(value: object, _: object = None) -> bool | None:
    """Take true, false, null, or the first two as text."""
    if value is None or type(value) is bool:
        return value
    if isinstance(value, str) and value.casefold() in ("true", "false"):  # PROTOCOL 2.5: homeTeam as text
        return value.casefold() == "true"
    raise TypeError(f"is {_kind(value)}, should be true or false")


def true(value: object, _: object = None) -> bool:
    """Take a flag; null is false."""
    return flag(value) is True


def seconds(value: object, _: object = None) -> float | None:
    """Read a time of the feed, with or without Z and with 0, 6 or 9 decimals, as Unix seconds; no zone means UTC."""
    if value is None:
        return None
    moment = datetime.fromisoformat(text(value))
    at = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    if not BORN <= at <= DIES:
        raise ValueError(f"is {value!r}, should be a time between 1970 and 9999")
    return at


def decimal(value: object, _: object = None) -> Decimal:
    """Take the digits that ``digits`` has cut from the text."""
    return Decimal(cast("str", value))


def texts(value: object, _: object = None) -> tuple[str, ...]:
    """Take a list of texts; null is an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise TypeError(f"is {_kind(value)}, should be a list")
    return tuple([text(item) for item in cast("list[object]", value)])


def mapping(value: object, _: object = None) -> Mapping[str, object] | None:
    """Take an object or null, as it is."""
    if value is not None and not isinstance(value, dict):
        raise TypeError(f"is {_kind(value)}, should be an object")
    return cast("Mapping[str, object] | None", value)


def as_it_is(value: Any, _: object = None) -> Any:
    """Take what the decoder has put there."""
    return value


def _kind(value: object) -> str:
    for kind, name in _KINDS:
        if type(value) is kind:
            return name
    return "null"


def digits(value: object, text: str) -> str:
    """Return timelineSequence as it stands in the packet's text: orjson has only floats and loses the last digits."""
    start = 0
    while (start := text.find(SEQUENCE_KEY, start)) >= 0:
        start += len(SEQUENCE_KEY)
        found = SEQUENCE.match(text, start)
        if found is not None and (found[1] == value or (type(value) is not str and float(found[1]) == value)):
            return found[1]
    raise ValueError("should be a decimal number")
