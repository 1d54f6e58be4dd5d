"""From the types of settings to JSON Schema: the same types, keys and kinds that the converter reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING
from enum import Enum
from itertools import count
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs
from attrs import define, field

from actionbus.config.kinds import Duration, duration_text
from actionbus.config.settings import is_settings_class, keys_by_field
from actionbus.schema.docstrings import fields_say, says
from actionbus.schema.kinds import KINDS, Schema
from actionbus.schema.validators import constraints

Choices = Callable[[], Collection[str]]

_LISTS = (list, tuple, Sequence, Collection, set, frozenset, AbstractSet)
_TABLES = (dict, Mapping)
_PYTHON = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}


@define(eq=False)
class Walk:
    """Makes schemas of types; what several of them share is gathered in ``shared``, which is for ``$defs``."""

    shared: dict[str, Schema] = field(factory=dict[str, Schema])
    _names: dict[object, str] = field(factory=dict[object, str])
    _under_way: list[object] = field(factory=list[object])

    def schema(self, kind: Any, choices: Choices | None = None) -> Schema:
        """Return the schema of a type; texts within it are one of ``choices``, where there are some.

        Raises TypeError for a type that cannot be read from TOML.
        """
        origin: Any = get_origin(kind) or kind
        arguments: tuple[Any, ...] = get_args(kind)
        named: Any = getattr(kind, "__supertype__", None)
        if origin is Annotated:
            said = [each for each in arguments[1:] if isinstance(each, str)]
            return {**self.schema(arguments[0], choices), **({"description": said[0]} if said else {})}
        if kind is str and choices is not None:
            return self._reference(tuple(sorted(choices())), choices.__name__)
        if kind in KINDS:
            return dict(KINDS[kind])
        if origin is Literal:
            return _enum(arguments)
        if origin in (Union, UnionType):
            return self._union([each for each in arguments if each is not NoneType], choices)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return _enum([member.value for member in kind])
        if is_settings_class(kind):
            return self._class(kind)
        if origin in _LISTS:
            items = self.schema(arguments[0], choices) if arguments else {}
            return {"type": "array", **({"items": items} if items else {})}
        if origin in _TABLES:
            return self._table(arguments, choices)
        if named is not None:  # a NewType of the plugin's own
            return self.schema(named, choices)
        if isinstance(kind, TypeVar):
            return {}
        raise TypeError(f"{kind} cannot be read from TOML")

    def _union(self, members: Sequence[Any], choices: Choices | None) -> Schema:
        each = [self.schema(member, choices) for member in members]
        plain = [schema["type"] for schema in each if schema.keys() == {"type"} and isinstance(schema["type"], str)]
        if len(plain) > 1:  # one schema for all that is but a type
            rest = [schema for schema in each if schema.keys() != {"type"} or not isinstance(schema["type"], str)]
            each = [{"type": plain}, *rest]
        return each[0] if len(each) == 1 else {"anyOf": each}

    def _table(self, arguments: Sequence[Any], choices: Choices | None) -> Schema:
        made: Schema = {"type": "object"}
        if arguments:
            name, value = self.schema(arguments[0]), self.schema(arguments[1], choices)
            made |= {"propertyNames": name} if name not in ({}, {"type": "string"}) else {}
            made["additionalProperties"] = value or True
        return made

    def _class(self, kind: Any) -> Schema:
        if kind in self._under_way:  # it holds itself, somewhere
            return {"$ref": f"#/$defs/{self._name(kind, kind.__name__)}"}
        self._under_way.append(kind)
        try:
            made = self._table_of(kind)
        finally:
            self._under_way.pop()
        if kind not in self._names:
            return made
        self.shared[self._names[kind]] = made
        return {"$ref": f"#/$defs/{self._names[kind]}"}

    def _table_of(self, kind: Any) -> Schema:
        origin: Any = get_origin(kind) or kind
        fields: Mapping[str, Any] = attrs.fields_dict(origin) if attrs.has(origin) else origin.__dataclass_fields__
        try:
            hints = get_type_hints(origin, include_extras=True)
        except NameError as error:
            raise TypeError(f"{kind} cannot be read from TOML: {error}") from error
        texts = fields_say(origin)
        parameters = dict(zip(getattr(origin, "__parameters__", ()), get_args(kind), strict=False))
        properties: Schema = {}
        required: list[str] = []
        for name, key in keys_by_field(kind).items():
            schema = self._field(fields[name], _filled_in(hints.get(name, Any), parameters))
            properties[key] = _described(texts.get(name, ""), schema)
            if _is_required(fields[name]):
                required.append(key)
        table: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            table["required"] = required
        return _described(says(origin), table | getattr(origin, "SCHEMA", {}))

    def _field(self, field: Any, kind: Any) -> Schema:
        metadata: Mapping[str, Any] = field.metadata
        schema = self.schema(kind, metadata.get("choices"))
        if getattr(field, "validator", None) is not None and getattr(field, "converter", None) is None:
            schema |= constraints(field.validator)
        schema |= metadata.get("schema", {})
        default = _in_toml(field.default, kind)
        if default is not None and _fits(schema, default):
            schema["default"] = default
        return schema

    def _reference(self, choices: tuple[str, ...], wanted: str) -> Schema:
        name = self._name(choices, wanted)
        self.shared[name] = _enum(choices)
        return {"$ref": f"#/$defs/{name}"}

    def _name(self, owner: object, wanted: str) -> str:
        if owner not in self._names:
            taken = set(self._names.values())
            names = (f"{wanted}{number or ''}" for number in count())
            self._names[owner] = next(name for name in names if name not in taken)
        return self._names[owner]


def _described(text: str, schema: Schema) -> Schema:
    """Say what a value is for, and behind that what its kind is."""
    told = " ".join(each for each in (text, schema.get("description", "")) if each)
    return {**({"description": told} if told else {}), **{key: schema[key] for key in schema if key != "description"}}


def _enum(choices: Collection[Any]) -> Schema:
    return {"enum": list(choices)}


def _filled_in(hint: Any, parameters: Mapping[Any, Any]) -> Any:
    """Put the arguments of a generic class in the place of its parameters."""
    if isinstance(hint, TypeVar):
        return parameters.get(hint, Any)
    own = getattr(hint, "__parameters__", ())
    return hint[tuple(parameters.get(each, Any) for each in own)] if own else hint


def _is_required(field: Any) -> bool:
    if hasattr(field, "default_factory"):  # of a dataclass
        return field.default is MISSING and field.default_factory is MISSING
    return bool(field.default is attrs.NOTHING)


def _in_toml(value: object, kind: Any) -> object:
    """Return a default as it stands in TOML; None where it does not, or says nothing: an empty list."""
    if isinstance(value, tuple) and get_origin(kind) is tuple:
        of = get_args(kind)[0]
        found = [_in_toml(each, of) for each in cast("tuple[object, ...]", value)]
        return None if None in found else found or None
    if kind is Duration and isinstance(value, float):
        return duration_text(Duration(value))
    return value if isinstance(value, str | int | float) else None


def _fits(schema: Schema, value: object) -> bool:
    """Whether a value is of a schema's kind."""
    if isinstance(value, list):
        return schema.get("type") == "array" and all(
            _fits(schema["items"], each) for each in cast("list[object]", value)
        )
    if "anyOf" in schema:
        return any(_fits(each, value) for each in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    types = schema.get("type", ())
    return any(type(value) in _PYTHON.get(each, ()) for each in ([types] if isinstance(types, str) else types))
