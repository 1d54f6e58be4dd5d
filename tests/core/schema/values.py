"""Values that a schema calls right, made by hypothesis: of those keywords that our schemas have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tests.core.schema.validity import judge

Schema = Mapping[str, Any]

NAMES = st.text("abc_1", min_size=1, max_size=5)
ANYTHING = st.one_of(st.booleans(), st.integers(), NAMES, st.lists(NAMES, max_size=2))


def right_values(schema: Schema, shared: Mapping[str, Schema]) -> st.SearchStrategy[Any]:
    """Make values that are right by ``schema``; ``shared`` are its ``$defs``."""
    return _made(schema, shared).filter(judge({**schema, "$defs": dict(shared)}))


def _made(schema: Schema, shared: Mapping[str, Schema]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _made(shared[schema["$ref"].rpartition("/")[2]], shared)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    if "anyOf" in schema:
        return st.one_of(*(_made(each, shared) for each in schema["anyOf"]))
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return st.one_of(*(_of_type(kind, schema, shared) for kind in kinds)) if kinds else ANYTHING


def _of_type(kind: str, schema: Schema, shared: Mapping[str, Schema]) -> st.SearchStrategy[Any]:
    match kind:
        case "string" if "pattern" in schema:
            # Python's $ lets a line break through, at the end; JavaScript's and Rust's do not. NUL is for `check`.
            return st.from_regex(str(schema["pattern"])).filter(lambda made: not {"\n", "\0"} & set(made))
        case "string":
            return st.text(st.characters(exclude_characters="\0"), min_size=schema.get("minLength", 0), max_size=8)
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case "number":
            floats = st.floats(-1e6, 1e6)
            return st.one_of(floats, st.integers(schema.get("minimum", -5), 5))
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(_made(schema.get("items", {}), shared), max_size=3)
        case _:
            return _tables(schema, shared)


def _tables(schema: Schema, shared: Mapping[str, Schema]) -> st.SearchStrategy[Any]:
    needed = set(schema.get("required", ()))
    properties = {key: _made(each, shared) for key, each in schema.get("properties", {}).items()}
    fixed = {key: each for key, each in properties.items() if key in needed}
    named = st.fixed_dictionaries(fixed, optional={key: each for key, each in properties.items() if key not in needed})
    more = schema.get("additionalProperties", {})
    if more is False:
        return named
    names = st.sampled_from(schema["propertyNames"]["enum"]) if "propertyNames" in schema else NAMES
    others = st.dictionaries(names, _made(more, shared), max_size=2)
    return st.tuples(others, named).map(lambda pair: {**pair[0], **pair[1]})
