"""The values of the feed's fields, read strictly: what is wrong is a TypeError or ValueError that says what is due.

Hooks of cattrs are called with the value and its type; the readers here need no type. Null means that the feed does
not say, as a missing field does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from actionbus.errors import BadPacket

Raw = dict[str, Any]  # a decoded JSON object; it goes no further than this package
Reader = Callable[..., object]
Plan = Mapping[str, Reader]  # fields of an object by the feed's names

DEEPEST = 32  # levels of nesting in metadata; what is known needs 4
LARGEST = 2**63 - 1  # the largest whole number that a row of the log can hold
LAST_PERIOD = 99
BORN, DIES = 0.0, 253402300799.0  # Unix seconds of the years 1970 and 9999: what datetime can show

_KINDS: tuple[tuple[type, str], ...] = (
    (str, "text"),
    (int, "a number"),
    (float, "a number"),
    (bool, "a flag"),
    (list, "a list"),
    (dict, "an object"),
)
_INNER = (dict, list)
_SEQUENCE_KEY = '"timelineSequence"'
_NUMBER = r"-?\d{1,20}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,2})?"
_SEQUENCE = re.compile(rf"\s*:\s*({_NUMBER})(?=[\s,}}])", re.ASCII)
_DECIMAL = re.compile(_NUMBER, re.ASCII)


def wrong(value: object, due: str) -> TypeError:
    """Return the error that says what a value is and what it should be."""
    is_a = next((name for kind, name in _KINDS if type(value) is kind), "missing")
    return TypeError(f"is {is_a}, should be {due}")


def text(value: object, _: object = None) -> str:
    """Take text only."""
    if type(value) is str:
        return value
    raise wrong(value, "text")


def maybe_text(value: object, _: object = None) -> str | None:
    """Take text or null."""
    if value is None or type(value) is str:
        return value
    raise wrong(value, "text")


def label(value: object, _: object = None) -> str:
    """Take text; null is an empty one."""
    return maybe_text(value) or ""


def maybe_whole(value: object, _: object = None) -> int | None:
    """Take null or a whole number of at most 64 bits; true and 1.0 are none."""
    if value is None or (type(value) is int and value <= LARGEST):  # the least that orjson reads is -(2**63)
        return value
    raise wrong(value, "a whole number of at most 64 bits")


def period(value: object, _: object = None) -> int:
    """Take the number of a period; null is 0."""
    if type(value) is int and 0 <= value <= LAST_PERIOD:
        return value
    if (number := maybe_whole(value)) is not None:
        raise ValueError(f"is {number}, should be from 0 to {LAST_PERIOD}")
    return 0


def flag(value: object, _: object = None) -> bool | None:
    """Take true, false, null, or the first two as text."""
    if value is None or type(value) is bool:
        return value
    if isinstance(value, str) and (folded := value.casefold()) in ("true", "false"):  # PROTOCOL 2.5: homeTeam as text
        return folded == "true"
    raise wrong(value, "true or false")


def true(value: object, _: object = None) -> bool:
    """Take a flag; null is false."""
    return flag(value) is True


def seconds(value: object, _: object = None) -> float | None:
    """Read a time of the feed, with or without Z and with 0, 6 or 9 decimals, as Unix seconds; no zone means UTC."""
    if value is None:
        return None
    if type(value) is not str:
        raise wrong(value, "a time")
    moment = datetime.fromisoformat(value)
    at = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    if not BORN <= at <= DIES:
        raise ValueError(f"is {value!r}, should be a time between 1970 and 9999")
    return at


def texts(value: object, _: object = None) -> tuple[str, ...]:
    """Take a list of texts; null is an empty one."""
    if not value and (value is None or type(value) is list):
        return ()
    if type(value) is not list:
        raise wrong(value, "a list")
    return tuple([text(item) for item in cast("list[object]", value)])


def mapping(value: object, _: object = None) -> Mapping[str, object] | None:
    """Take an object or null, as it is; it is compared and written out later, so it must not be nested without end."""
    if value is None:
        return None
    if type(value) is not dict:
        raise wrong(value, "an object")
    found = cast("Raw", value)
    if _deeper(found, DEEPEST):
        raise ValueError(f"is nested deeper than {DEEPEST} levels")
    return found


def sequence(value: object, packet: str) -> Decimal:
    """Read timelineSequence to its last digit; null is 0.

    A number is cut from the packet's text, since orjson has only floats. The key may occur in a text or in the
    metadata too: what was cut must be the number that orjson has read.
    """
    if type(value) is float:
        start = 0
        while (start := packet.find(_SEQUENCE_KEY, start)) >= 0:
            start += len(_SEQUENCE_KEY)
            found = _SEQUENCE.match(packet, start)
            if found is not None and float(found[1]) == value:
                return Decimal(found[1])
    elif type(value) is int or (type(value) is str and _DECIMAL.fullmatch(value)):
        return Decimal(value)
    elif value is None:
        return Decimal(0)
    raise ValueError("should be a decimal number of at most 20 digits and 40 decimals")


def refusal(where: str, plan: Plan, raw: object) -> BadPacket:
    """Say which field of an object is wrong that could not be read, by reading it once more, field by field.

    ``where`` is the object's path with a dot behind it.
    """
    if type(raw) is not dict:
        return BadPacket(f"{where[:-1]}: {wrong(raw, 'an object')}")
    for name, read in plan.items():
        try:
            read(cast("Raw", raw).get(name))
        except (TypeError, ValueError) as error:
            return BadPacket(f"{where}{name}: {error}")
    return BadPacket(f"{where or 'fixtureAction'}: cannot be read")


def _deeper(value: object, levels: int) -> bool:
    """Whether a decoded JSON value is nested deeper than so many levels."""
    level = [value]
    for _ in range(levels + 1):
        inner = [cast("Raw", each).values() if type(each) is dict else each for each in level if type(each) in _INNER]
        level = [item for each in inner for item in cast("list[object]", each)]
    return bool(level)
