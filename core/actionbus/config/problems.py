"""From what the converter raised to problems: one for each thing that is wrong, with its path and line."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import cast

from cattrs import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError
from cattrs.errors import StructureHandlerNotFoundError

from actionbus.config.keys import Keys, dotted, inside, is_list, is_table
from actionbus.config.settings import example_of, keys_by_field
from actionbus.config.toml import Tree
from actionbus.config.wrong import Wrong, WrongTable, WrongType, WrongValue, is_secret, secrets_within, unknown_key
from actionbus.errors import Problem

# How attrs' own validators say which numbers they take: "must be >= 1: 0".
_BOUND = re.compile(r"must be (>=|>|<=|<) ([-+.\d]+(?:e[-+]?\d+)?): ")
_BOUNDS = {">=": "{} or more", ">": "more than {}", "<=": "{} or less", "<": "less than {}"}


def problems_of(
    error: Exception, tree: Tree, keys: Keys, value: object, besides: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield the problems that ``error`` stands for, raised for ``value``, which stands at ``keys`` of ``tree``.

    ``besides`` are keys of that table which the class does not have, though they are right. Raises TypeError for a
    type that cannot be read from TOML.
    """
    if isinstance(error, ClassValidationError):
        with_notes, others = error.group_exceptions()
        for inner, note in with_notes:
            key = keys_by_field(error.cl).get(note.name, note.name)
            if isinstance(inner, KeyError) and is_table(value) and key not in value:
                yield tree.problem((*keys, key), "is missing", _misplaced(tree, keys, value, key))
            elif isinstance(inner, WrongType | WrongValue) and inner.hint is None and not inner.at:
                example = example_of(error.cl, note.name)
                hint = f"write {key} = {example}" if example is not None else None
                yield _problem(inner, tree, (*keys, key), inside(value, key), hint)
            else:
                yield from problems_of(inner, tree, (*keys, key), inside(value, key))
        for inner in others:
            if isinstance(inner, ForbiddenExtraKeysError):
                known = {*keys_by_field(inner.cl).values(), *besides}
                for wrong in (unknown_key(key, known) for key in sorted(inner.extra_fields)):
                    yield tree.problem((*keys, *wrong.at), wrong.what, wrong.hint)
            else:
                yield from problems_of(inner, tree, keys, value)
    elif isinstance(error, IterableValidationError):
        with_indices, others = error.group_exceptions()
        for inner, place in with_indices:
            at, held = (*keys, place.index), inside(value, place.index)
            if isinstance(inner, WrongType) and isinstance(place.index, str):
                yield _problem(inner, tree, at, held, _named_wrong(inner, keys, place.index, held))
            else:
                yield from problems_of(inner, tree, at, held)
        for inner in others:
            yield from problems_of(inner, tree, keys, value)
    elif isinstance(error, ExceptionGroup):
        for inner in cast("ExceptionGroup[Exception]", error).exceptions:
            yield from problems_of(inner, tree, keys, value)
    elif isinstance(error, Wrong):
        yield _problem(error, tree, keys, value)
    elif isinstance(error, StructureHandlerNotFoundError):
        raise TypeError(f"{error.type_} cannot be read from TOML") from error
    else:
        yield _in_its_own_words(error, tree, keys, value)


def _problem(error: Wrong, tree: Tree, keys: Keys, value: object, hint: str | None = None) -> Problem:
    """Make the problem of a value that cannot be used; ``hint`` is told where the error has none of its own."""
    if hint is None and isinstance(error, WrongTable) and is_list(value) and value and all(map(is_table, value)):
        hint = f"write [{dotted(keys)}{'.NAME' if error.of_tables else ''}]"
    return tree.problem((*keys, *error.at), error.what, error.hint or hint)


def _named_wrong(error: WrongType, keys: Keys, name: str, value: object) -> str | None:
    """Advise who wrote the keys of a table beside the names of such tables, or a name with a dot and no quotes."""
    if isinstance(error, WrongTable):
        return f"write [{dotted(keys)}.NAME]" if name in error.fields else None
    while is_table(value) and len(value) == 1:
        ((part, value),) = value.items()
        name = f"{name}.{part}"
    return f"write the name in quotes: {json.dumps(name, ensure_ascii=False)}" if "." in name else None


def _misplaced(tree: Tree, keys: Keys, table: Mapping[str, object], missing: str) -> str | None:
    """Say in which table within its own a key stands that is missing: one below the header of that table, mostly."""
    for name, inner in table.items():
        if is_table(inner) and missing in inner:
            line = tree.line_of((*keys, name))
            return f"it is in {dotted((*keys, name))}: write it above line {line}" if line is not None else None
    return None


def _in_its_own_words(error: Exception, tree: Tree, keys: Keys, value: object) -> Problem:
    """What a validator says; it likes to quote the value, so nothing of it is shown where that may be a secret."""
    said = " ".join(str(error.args[0] if error.args else "is not valid").split())
    # Validators of attrs begin with the field's name; when they speak of the whole table, that is where to look.
    field = re.match(r"'(\w+)' ", said)
    if field and is_table(value) and field[1] in value:
        keys, value = (*keys, field[1]), value[field[1]]
    if any(is_secret(key) for key in keys):
        return tree.problem(keys, "is not valid", "the reason is not shown, because it might show the secret")
    if field and field[1] == keys[-1]:
        said = said[field.end() :]
    if bound := _BOUND.match(said):
        return tree.problem(keys, f"should be {_BOUNDS[bound[1]].format(bound[2].removesuffix('.0'))}")
    for secret in sorted(secrets_within(value), key=len, reverse=True):
        said = said.replace(secret, "***")
    if not isinstance(error, ValueError | TypeError):
        said = f"cannot be used: {type(error).__name__}: {said}"
    return tree.problem(keys, said)
