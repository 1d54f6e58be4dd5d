"""The check of ``where``: its fields are there, and asked for values of their own sort."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from actionbus_plugins.conditions.checks.hints import number_in
from actionbus_plugins.conditions.checks.scope import Complaint, Scope, did_you_mean
from actionbus_plugins.conditions.fields import Sort
from actionbus_plugins.conditions.where import Asked, folded

Wrong = tuple[tuple[str | int, ...], str, str | None]
"""Keys from the rule's table, what is wrong there, and what to do."""
Value = str | int | float | bool

_SHOULD: Mapping[Sort, str] = {"number": "a number", "text": "text", "boolean": "true or false"}


def wrong_where(
    where: Mapping[str, Asked], scope: Scope | None, lists: Collection[str], around: Collection[str]
) -> Iterator[Wrong]:
    """Say what is wrong with ``where``; without a scope, where the classes are not known, less is seen.

    ``around`` are the keys of the table that it stands in.
    """
    for name, wanted in where.items():
        sort: Sort = "any"
        if scope is not None:
            sort, wrong = scope.find(name)
            if wrong is not None:
                hint = "it is a key of its own: write it above where, not in it" if name in around else wrong[1]
                yield ("where", name), wrong[0], hint
        if wanted == ():
            yield ("where", name), "is an empty list, so nothing would match", "name what it may be"
        several = isinstance(wanted, tuple)
        for place, value in enumerate(wanted if isinstance(wanted, tuple) else (wanted,)):
            wrong = _wrong_list(value, lists) or _wrong_value(name, sort, value)
            if wrong is None and scope is not None and isinstance(value, str) and not value.startswith("@"):
                wrong = scope.never(name, value, folded)
            if wrong is not None:
                yield ("where", name, *([place] if several else [])), *wrong


def _wrong_list(value: Value, lists: Collection[str]) -> Complaint | None:
    if not isinstance(value, str):
        return None
    if not value.strip():
        return "is empty, so nothing would match", "leave it out to let everything through"
    if not value.startswith("@") or value[1:] in lists:
        return None
    name = value[1:]
    return f"there is no list '{name}'", did_you_mean(name, lists) or f"write it: [lists] and {name or 'NAME'} = [...]"


def _wrong_value(name: str, sort: Sort, value: Value) -> Complaint | None:
    match sort, value:
        case "number", str() if value.startswith("@"):
            return "is a number, and lists hold texts", "write the numbers here, in brackets"
        case "number", str():
            number = number_in(value.strip())
            quoted = number == value.strip()
            about = "it is a number of seconds: " if ":" in value else ""
            hint = "write it without quotes" if quoted else f"{about}write {number}" if number is not None else None
            return "is text, should be a number", hint
        case "number", bool():
            return "is true or false, should be a number", None
        case "boolean", str() if value in ("true", "false"):
            return "is text, should be true or false", "write it without quotes"
        case ("boolean", bool()) | ("text", str()) | ("number", int() | float()):
            return None
        case (("text" | "boolean"), _):
            kind = "true or false" if isinstance(value, bool) else "text" if isinstance(value, str) else "a number"
            return f"is {kind}, should be {_SHOULD[sort]}", "write it in quotes" if sort == "text" else None
        case _:
            return None
