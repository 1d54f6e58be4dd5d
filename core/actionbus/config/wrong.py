"""What can be wrong with a value, in words that never hold the value itself: it may be a secret."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches

from actionbus.config.keys import Keys, is_list, is_table

_SECRET_KEY = re.compile(r"(token|secret|password|passwd|key)s?$", re.IGNORECASE)
_LISTED_AT_MOST = 12  # keys named when none is near: more is a wall of text


class Wrong(ValueError):
    """A value that cannot be used.

    ``what`` ends a sentence that starts with the value's path; ``at`` leads from the value to the part of it that is
    meant. A validator of a settings class may raise it, or several in an ExceptionGroup.
    """

    def __init__(self, what: str, hint: str | None = None, *, at: Keys = ()) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.at = at


class WrongType(Wrong):
    """A value of another type than ``expected``, which is said in words."""

    def __init__(self, value: object, expected: str) -> None:
        super().__init__(f"is {_kind(value)}, should be {expected}", _type_hint(value, expected))
        self.expected = expected


class WrongTable(WrongType):
    """A value that should be a table: with these ``fields``, or with names that are tables (``of_tables``)."""

    def __init__(self, value: object, *, fields: Collection[str] = (), of_tables: bool = False) -> None:
        super().__init__(value, "a table")
        self.fields = fields
        self.of_tables = of_tables


class WrongValue(Wrong):
    """A value of the right type that is nothing ``expected``, which is said in words."""

    def __init__(self, expected: str, hint: str | None = None) -> None:
        super().__init__(f"should be {expected}", hint)
        self.expected = expected


def neither(value: object, errors: Sequence[WrongType | WrongValue]) -> Wrong:
    """Say that ``value`` is nothing of what each of ``errors`` expects.

    Where it is of the type of one of them, it was not meant as a list.
    """
    if any(isinstance(error, WrongValue) for error in errors):
        errors = [error for error in errors if error.expected != "a list"]
    each = list(dict.fromkeys(error.expected for error in errors))
    expected = (", or " if any(" or " in one for one in each) else " or ").join(each)
    if all(isinstance(error, WrongType) for error in errors):
        return WrongType(value, expected)
    return WrongValue(expected, next((error.hint for error in reversed(errors) if error.hint is not None), None))


def one_of(value: object, choices: Sequence[object]) -> Wrong:
    """Say that ``value`` is none of ``choices``."""
    *most, last = [json.dumps(choice, ensure_ascii=False) for choice in choices]
    named = f"{', '.join(most)} or {last}" if most else last
    if type(value) not in {type(choice) for choice in choices}:
        return WrongType(value, named)
    names = [choice for choice in choices if isinstance(choice, str)]
    return WrongValue(named, did_you_mean(value, names) if isinstance(value, str) else None)


def unknown_key(key: str, known: Collection[str]) -> Wrong:
    """Say that ``key`` means nothing here; ``known`` are the keys that do."""
    hint = did_you_mean(key, known)
    if hint is None and 0 < len(known) <= _LISTED_AT_MOST:
        hint = f"known here: {', '.join(sorted(known))}"
    return Wrong("unknown key", hint, at=(key,))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Ask for the one of ``known`` that is nearest to ``word``; None if none is near."""
    snake_case = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower().replace(" ", "_")
    near = get_close_matches(snake_case, list(known), n=1)
    return f"did you mean '{near[0]}'?" if near else None


def is_secret(key: str | int) -> bool:
    """Whether the value of ``key`` must never be shown: ``token``, ``api_key``, ``password``."""
    return isinstance(key, str) and _SECRET_KEY.search(key) is not None


def secrets_within(value: object) -> set[str]:
    """Collect the texts and numbers in ``value`` that stand below a secret key."""
    found: set[str] = set()
    waiting = [(value, False)]
    while waiting:
        value, secret = waiting.pop()
        if is_table(value):
            waiting.extend((inner, secret or is_secret(key)) for key, inner in value.items())
        elif is_list(value):
            waiting.extend((inner, secret) for inner in value)
        elif secret and not isinstance(value, bool):
            found |= {str(value), repr(value)[1:-1]} if isinstance(value, str) else {str(value)}
    return found - {""}


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "text"
        case int():
            return "a whole number"
        case float():
            return "a number" if math.isfinite(value) else "not a finite number"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"


def _type_hint(value: object, expected: str) -> str | None:
    if isinstance(value, str) and re.fullmatch(r"a (whole )?number", expected):
        plain = re.fullmatch(r"[+-]?\d+" if "whole" in expected else r"[+-]?\d+(\.\d+)?", value)
        return "write it without quotes" if plain else None
    if expected == "true or false" and value in ("true", "false"):
        return "write it without quotes"
    if expected == "text" and isinstance(value, int | float) and not isinstance(value, bool):
        return "write it in quotes"
    return "put it in brackets: [...]" if expected == "a list" and not is_table(value) else None
