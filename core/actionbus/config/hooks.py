"""How each kind of type is read from a tree: hooks for cattrs, which by itself would turn 80 into "80" and back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import date, datetime, time
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import attrs
from cattrs import BaseValidationError, Converter
from cattrs.cols import list_structure_factory
from cattrs.errors import CattrsError
from cattrs.gen import (
    make_dict_structure_fn,
    make_mapping_structure_fn,  # pyright: ignore[reportUnknownVariableType]  (parameters not used here)
    override,
)

from actionbus.config.keys import is_list, is_table
from actionbus.config.settings import is_settings_class, keys_by_field
from actionbus.config.wrong import Wrong, WrongTable, WrongType, WrongValue, neither, one_of

Hook = Callable[[Any, Any], Any]
HookFactory = Callable[[Any, Converter], Hook]

_PLAIN_KINDS: Mapping[type[Any], str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    datetime: "a date with a time",
    date: "a date",
    time: "a time",
}

_BUILD: Mapping[object, Callable[[list[object]], object]] = {
    list: list,
    tuple: tuple,
    Sequence: tuple,
    Collection: tuple,
    set: set,
    frozenset: frozenset,
    AbstractSet: frozenset,
}


def register_hooks(converter: Converter) -> None:
    """Teach ``converter`` all types that settings may have, but for those that are not of Python itself."""
    for kind, expected in _PLAIN_KINDS.items():
        converter.register_structure_hook(kind, _plain(kind, expected))
    converter.register_structure_hook(float, _number)
    # Not register_structure_hook: whatever has no hook of its own would be found as an object.
    converter.register_structure_hook_func(lambda cls: cls is object, _anything)
    factories: Sequence[tuple[Callable[[Any], bool], HookFactory]] = [
        (lambda cls: get_origin(cls) is Literal, _literal),
        (lambda cls: get_origin(cls) in (Union, UnionType), _union),
        (lambda cls: isinstance(cls, type) and issubclass(cls, Enum), lambda cls, _: _member),
        (is_settings_class, _class),
        (lambda cls: (get_origin(cls) or cls) in _BUILD, _list),
        (lambda cls: (get_origin(cls) or cls) in (dict, Mapping), _mapping),
    ]
    for predicate, factory in factories:
        converter.register_structure_hook_factory(predicate, factory)


def _anything(value: object, _: object) -> object:
    return value


def _plain(kind: type[Any], expected: str) -> Hook:
    def hook(value: object, cls: type[Any]) -> object:
        if issubclass(cls, Enum):  # cattrs finds the hook of str for a class Mode(str, Enum)
            return _member(value, cls)
        if type(value) is not kind:
            raise WrongType(value, expected)
        return value if cls is kind else cls(value)

    return hook


def _number(value: object, _: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongType(value, "a number")
    if not -1e300 < value < 1e300:
        raise Wrong("is not a finite number" if isinstance(value, float) else "is too large a number")
    return float(value)


def _member(value: object, cls: type[Enum]) -> Enum:
    for member in cls:
        if member.value == value and type(member.value) is type(value):
            return member
    raise one_of(value, [member.value for member in cls])


def _literal(cls: Any, _: Converter) -> Hook:
    choices = get_args(cls)

    def hook(value: object, _: object) -> object:
        for choice in choices:
            if choice == value and type(choice) is type(value):
                return choice
        raise one_of(value, choices)

    return hook


def _union(cls: Any, converter: Converter) -> Hook:
    """The first member that takes the value, literals before all; if none, the errors of the one that nearly did."""
    members = [(member, converter.get_structure_hook(member)) for member in get_args(cls) if member is not NoneType]
    literals = [(member, structured) for member, structured in members if get_origin(member) is Literal]

    def hook(value: object, _: object) -> object:
        for member, structured in literals:  # a path takes any text, also the one word that means something else
            with suppress(Wrong):
                return structured(value, member)
        errors: list[Exception] = []
        for member, structured in sorted(members, key=lambda pair: type(value) is not pair[0]):
            try:
                return structured(value, member)
            except (ValueError, CattrsError) as error:
                errors.append(error)
        plain = [error for error in errors if isinstance(error, WrongType | WrongValue)]
        if len(plain) == len(errors) > 1:
            raise neither(value, plain)
        wrong_types = [error for error in errors if isinstance(error, WrongType)]
        raise min((error for error in errors if len(errors) == 1 or error not in wrong_types), key=_size)

    return hook


def _size(error: BaseException) -> int:
    return sum(map(_size, error.exceptions)) if isinstance(error, BaseValidationError) else 1


class _NotBuilt(Exception):
    """A validator asked the instance for something, before there is one."""


class _Unbuilt:
    """Stands for the instance while its fields are checked one by one."""

    def __getattr__(self, name: str) -> object:
        raise _NotBuilt(name)


def _class(cls: Any, converter: Converter) -> Hook:
    """A class from a table. Its fields' validators run with the fields, so that their errors come with the others."""
    origin: Any = get_origin(cls) or cls
    validated: Mapping[str, attrs.Attribute[Any]] = attrs.fields_dict(origin) if attrs.has(origin) else {}
    overrides: dict[str, Any] = {}
    keys = frozenset(keys_by_field(cls).values())
    for name, key in keys_by_field(cls).items():
        field = validated.get(name)
        hook_now = _checked(field, converter) if field is not None and _can_be_checked(field) else None
        overrides[name] = override(rename=key, struct_hook=hook_now)
    make: Callable[..., Hook] = make_dict_structure_fn
    made = make(cls, converter, **overrides)

    def hook(value: object, _: object) -> object:
        if not is_table(value):
            raise WrongTable(value, fields=keys)
        return made(value, cls)

    return hook


def _can_be_checked(field: attrs.Attribute[Any]) -> bool:
    # What a field's own converter makes of the value is not known before the instance is made.
    converted = field.converter is not None  # pyright: ignore[reportUnknownMemberType]
    return field.validator is not None and not converted


def _checked(field: attrs.Attribute[Any], converter: Converter) -> Hook:
    """The hook that checks the field as soon as its value is there."""
    validator = field.validator
    assert validator is not None

    def hook(value: object, cls: Any) -> object:
        structured: object = converter.structure(value, cls)
        with suppress(_NotBuilt):  # it needs the other fields too: it will have its say when the instance is made
            validator(_Unbuilt(), field, structured)
        return structured

    return hook


def _list(cls: Any, converter: Converter) -> Hook:
    args: tuple[Any, ...] = get_args(cls)
    origin: Any = get_origin(cls) or cls
    if origin is tuple and args and args[-1] is not Ellipsis:
        raise TypeError(f"{cls}: a list in TOML has any length, so write tuple[X, ...]")
    made = list_structure_factory(cls, converter)

    def hook(value: object, _: object) -> object:
        if not is_list(value):
            raise WrongType(value, "a list")
        return _BUILD[origin](made(value, cls))

    return hook


def _mapping(cls: Any, converter: Converter) -> Hook:
    made = make_mapping_structure_fn(cls, converter)
    of_tables = any(is_settings_class(arg) for arg in get_args(cls)[1:])

    def hook(value: object, _: object) -> object:
        if not is_table(value):
            raise WrongTable(value, of_tables=of_tables)
        return made(value, cls)

    return hook
