"""Every key of plugins.toml, from its JSON Schema: keys.md."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator

from docs.parts.text import table

from actionbus import Duration, SecretSource
from actionbus.config.kinds import Keep
from actionbus.schema.kinds import KINDS, Schema

COMMAND = [sys.executable, "-c", "import sys; from actionbus.cli import main; sys.exit(main(['schema']))"]
CLASSES = {"#/$defs/action_classes": "an action class", "#/$defs/heard_classes": "an event class"}
PLAIN = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "`true` or `false`"}
Known = list[tuple[str, Schema]]

FEW = 8  # of more choices only the first are shown


def keys() -> Iterator[str]:
    """All tables and their keys."""
    with tempfile.TemporaryDirectory() as empty:  # there is no plugins.toml: the plugins are those that are installed
        done = subprocess.run(COMMAND, cwd=empty, capture_output=True, text=True, check=True)
    properties: dict[str, Schema] = json.loads(done.stdout)["properties"]
    known: Known = []
    for name, schema in properties.items():
        if name == "plugin":
            of_any = schema["additionalProperties"]["properties"]
            yield from _table("[plugin.NAME]", schema["additionalProperties"], known)
            for plugin, own in schema["properties"].items():
                rest = {key: value for key, value in own["properties"].items() if key not in of_any}
                yield from _table(f"[plugin.{plugin}]", {**own, "properties": rest}, known)
        elif "properties" in schema:
            yield from _table(f"[{name}]", schema, known)
        elif schema.get("type") == "array":
            yield from _table(f"[[{name}]]", schema["items"], known)
        elif "type" in schema and "properties" in schema["additionalProperties"]:
            yield from _table(f"[{name}.NAME]", schema["additionalProperties"], known)
        elif "type" in schema:
            values = _kind(schema["additionalProperties"])
            yield f"\n## [{name}]\n\n{schema['description']} Each key is a name of yours, each value {values}."


def _table(path: str, schema: Schema, known: Known, level: str = "##") -> Iterator[str]:
    """The heading, text and keys of a table, then those of the tables in it; one that is known is only named again."""
    yield f"\n{level} {path}\n"
    if schema.get("description"):
        yield f"{schema['description']}\n"
    properties: dict[str, Schema] = schema["properties"]
    required = schema.get("required", ())
    news: list[tuple[str, Schema]] = []
    rows: list[tuple[str, ...]] = []
    for key, each in properties.items():
        kind = _kind(each)
        for inner, suffix in _inner(each):
            name = f"[{path.strip('[]')}.{key}{suffix}]"
            first = next((name for name, seen in known if _alike(seen, inner)), None)
            if first is None:
                known.append((name, inner))
                news.append((name, inner))
            kind = kind.replace("see below", f"see [{first or name}](#{_anchor(first or name)})")
        rows.append((f"`{key}`", kind, _default(key, each, required), _says(each)))
    if rows:
        yield from table("| key | kind | default | what it is |", iter(rows))
    for name, inner in news:
        yield from _table(name, inner, known, "###")


def _alike(one: Schema, other: Schema) -> bool:
    return bool(one["properties"] == other["properties"])


def _anchor(heading: str) -> str:
    """The name that a heading gets as a link's target, on GitHub and in MyST."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _inner(schema: Schema) -> Iterator[tuple[Schema, str]]:
    """The tables that a key holds, other than where a secret is."""
    if _is_secret(schema):
        return
    if "properties" in schema:
        yield schema, ""
    for each in schema.get("anyOf", ()):
        yield from _inner(each)
    for key, suffix in (("additionalProperties", ".NAME"), ("items", "")):
        if isinstance(schema.get(key), dict) and "properties" in schema[key]:
            yield schema[key], suffix


def _kind(schema: Schema) -> str:
    """What may stand there, in words."""
    if "$ref" in schema:
        return CLASSES[schema["$ref"]]
    if "anyOf" in schema:
        choices: list[Schema] = schema["anyOf"]
        if [each.get("items") for each in choices[1:]] == choices[:1]:
            return f"{_kind(choices[0])}, or a list of them"
        return " or ".join(dict.fromkeys(map(_kind, choices)))
    if "enum" in schema:
        shown = [f"`{_toml(each)}`" for each in schema["enum"]]
        return ", ".join(shown[:FEW]) + (", ..." if len(shown) > FEW else "")
    if "const" in schema:
        return f"`{_toml(schema['const'])}`"
    if _is_secret(schema):
        return "a secret"
    kind: str | list[str] = schema.get("type", "")
    if isinstance(kind, list):
        return " or ".join(PLAIN[each] for each in kind if each != "integer")
    if kind == "array":
        return f"a list, each {_kind(schema['items'])}"
    if kind == "object":
        inner: Schema | bool | None = schema.get("additionalProperties")
        return f"a table of names, each with {_kind(inner)}" if isinstance(inner, dict) else "a table, see below"
    if schema.get("pattern") in _DURATIONS:
        return "a duration"
    return PLAIN[kind] + _bounds(schema)


def _bounds(schema: Schema) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f" from {schema['minimum']} to {schema['maximum']}"
    if "minimum" in schema:
        return f", {schema['minimum']} or more"
    return f" above {schema['exclusiveMinimum']}" if "exclusiveMinimum" in schema else ""


def _is_secret(schema: Schema) -> bool:
    return bool(schema.get("properties", {}).keys() == KINDS[SecretSource]["properties"].keys())


def _default(key: str, schema: Schema, required: Collection[str]) -> str:
    if key in required:
        return "needed"
    return f"`{_toml(schema['default'])}`" if "default" in schema else ""


def _says(schema: Schema) -> str:
    """What a key means, without what its kind says already."""
    text: str = schema.get("description", "")
    for kind in (Duration, SecretSource):
        text = text.removesuffix(KINDS[kind]["description"]).strip()
    return text


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_DURATIONS = {KINDS[Duration]["pattern"], KINDS[Keep]["anyOf"][1]["pattern"]}
