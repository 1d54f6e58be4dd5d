"""From types to the JSON Schema of their values as JSON: of what is told, where ``Walk`` is of what is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import define

from actionbus.config.settings import keys_by_field
from actionbus.schema.docstrings import fields_say, says
from actionbus.schema.kinds import Schema
from actionbus.schema.walk import Choices, Walk


@define(eq=False)
class ValueSchemas(Walk):
    """Makes schemas of types as cattrs and orjson write their values: None is null, a Decimal text, a tuple an array.

    Of a type that nothing is known of anything is right. Classes are gathered in ``shared``, which is for ``$defs``;
    their tables may get more keys later.
    """

    def schema(self, kind: Any, choices: Choices | None = None) -> Schema:
        """Return the schema of a type."""
        if kind is None or kind is NoneType:
            return {"type": "null"}
        if kind is Decimal:
            return {"type": "string"}
        origin, arguments = get_origin(kind), get_args(kind)
        if (named := getattr(kind, "__supertype__", None)) is not None:
            return self.schema(named)
        if origin in (Union, UnionType) and NoneType in arguments:
            others = tuple(each for each in arguments if each is not NoneType)
            return _or_null(self.schema(Union[others]))  # noqa: UP007  (of a tuple that is not known before)
        if origin is tuple and len(set(arguments)) > 1 and Ellipsis not in arguments:
            each = [self.schema(argument) for argument in arguments]
            return {"type": "array", "prefixItems": each, "minItems": len(each), "maxItems": len(each)}
        try:
            return super().schema(kind)
        except TypeError:
            return {}

    def record(self, cls: type[Any], keys: Mapping[str, str]) -> Schema:
        """Return the schema of an object that has some of a class's fields and properties, each under its key."""
        hints = _hints_of(cls)
        texts = fields_say(cls)
        properties: Schema = {}
        for name, key in keys.items():
            said = {"description": _in_json(texts[name])} if texts.get(name) else {}
            properties[key] = {**said, **self.schema(hints.get(name, Any))}
        return {"type": "object", "properties": properties, "required": list(keys.values())}

    def _class(self, kind: Any) -> Schema:
        self._name(kind, kind.__name__)
        return super()._class(kind)

    def _table_of(self, kind: Any) -> Schema:
        cls: Any = get_origin(kind) or kind
        return {"description": _in_json(says(cls)), **self.record(cls, {name: name for name in keys_by_field(cls)})}


def _in_json(text: str) -> str:
    return re.sub(r"\bNone\b", "null", text)


def _hints_of(cls: type[Any]) -> dict[str, Any]:
    """Return the types of a class's fields and properties, as far as they can be looked up."""
    try:
        hints = get_type_hints(cls, include_extras=True)
    except NameError:  # of a class within a function, whose types the core has looked up when it was loaded
        hints = {each.name: each.type for each in attrs.fields(cls)} if attrs.has(cls) else {}
    for base in reversed(cls.__mro__):
        for name, each in vars(base).items():
            if isinstance(each, property) and each.fget is not None:
                hints[name] = get_type_hints(each.fget).get("return", Any)
    return hints


def _or_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]} if schema else {}
