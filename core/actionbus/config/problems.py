"""From what the converter raised to problems: one for each thing that is wrong, with its path and line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import cast

from cattrs import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError
from cattrs.errors import StructureHandlerNotFoundError

from actionbus.config.keys import Keys, inside, is_table
from actionbus.config.settings import keys_by_field
from actionbus.config.toml import Tree
from actionbus.config.wrong import Wrong, is_secret, secrets_within, unknown_key
from actionbus.errors import Problem


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
                yield tree.problem((*keys, key), "is missing")
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
            yield from problems_of(inner, tree, (*keys, place.index), inside(value, place.index))
        for inner in others:
            yield from problems_of(inner, tree, keys, value)
    elif isinstance(error, ExceptionGroup):
        for inner in cast("ExceptionGroup[Exception]", error).exceptions:
            yield from problems_of(inner, tree, keys, value)
    elif isinstance(error, Wrong):
        yield tree.problem((*keys, *error.at), error.what, error.hint)
    elif isinstance(error, StructureHandlerNotFoundError):
        raise TypeError(f"{error.type_} cannot be read from TOML") from error
    else:
        yield _in_its_own_words(error, tree, keys, value)


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
    for secret in sorted(secrets_within(value), key=len, reverse=True):
        said = said.replace(secret, "***")
    if not isinstance(error, ValueError | TypeError):
        said = f"cannot be used: {type(error).__name__}: {said}"
    return tree.problem(keys, said)
