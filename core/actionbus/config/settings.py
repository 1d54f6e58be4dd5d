"""Which keys of TOML the fields of a settings class are."""

from __future__ import annotations

from keyword import iskeyword
from typing import Any, get_origin

import attrs


def is_settings_class(cls: Any) -> bool:
    """Whether ``cls`` is an attrs class or a dataclass, possibly one with type parameters."""
    cls = get_origin(cls) or cls
    return isinstance(cls, type) and (attrs.has(cls) or hasattr(cls, "__dataclass_fields__"))


def example_of(cls: Any, name: str) -> str | None:
    """Return how the value of a field is written, where its metadata say so: ``{"example": "{ n = 3 }"}``."""
    cls = get_origin(cls) or cls
    field = attrs.fields_dict(cls)[name] if attrs.has(cls) else cls.__dataclass_fields__[name]
    example: object = field.metadata.get("example")
    return example if isinstance(example, str) else None


def keys_by_field(cls: Any) -> dict[str, str]:
    """Map the fields of a settings class to their keys.

    A key is the field's name, or the alias that attrs knows it by. A word that Python keeps for itself is written
    with an underscore behind it, as everywhere in Python: the key of ``from_`` is ``from``.
    """
    cls = get_origin(cls) or cls
    if attrs.has(cls):
        names = {field.name: field.alias or field.name for field in attrs.fields(cls) if field.init}
    else:
        names = {name: name for name, field in cls.__dataclass_fields__.items() if field.init}
    return {name: key[:-1] if key.endswith("_") and iskeyword(key[:-1]) else key for name, key in names.items()}
