"""The JSON Schema of messages, made of the classes that they are made of: ``actionbus schema webhook`` prints it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from actionbus import Action, Event, FeedState, Moment, ValueSchemas, snake_name
from actionbus_plugins.conditions.classes import heard_classes
from actionbus_plugins.webhook.bodies import (
    DATA_SCHEMA,
    ENVELOPE,
    PREFIX,
    RESTORED,
    SCHEMA,
    SOURCE,
    WORDS,
    Group,
    group_of,
    keys_of,
    kinds_of,
)

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ALERT_STATES = ("sent", "updated", "withdrawn", "restored")
GROUPS: Mapping[Group, tuple[str, ...]] = {
    "action": (*WORDS.values(), RESTORED),
    "moment": ("confirmed", "updated", "withdrawn", RESTORED),
    "alert": ALERT_STATES,
    "feed": tuple(FeedState),
}
"""The types of messages: what they begin with, and the words behind the dot."""

ACTION_TEXTS: Mapping[str, str] = {
    "action_id": "The feed's id of the action.",
    "type_name": "The feed's own name of its type; of an `unknown_action` all there is.",
    "period": "1 to 4, then 5 for the first overtime; 0 before the match and for what belongs to none.",
    "clock": "As the feed writes it, `mm:ss` left in the period; null where it gives none.",
    "clock_seconds": "The same in seconds.",
    "team": "Null where the feed does not say.",
    "player": "Null where it is the team's, or the feed does not say.",
    "subtype": "How: the kind of a foul, of a turnover. Null where the feed does not say.",
    "send_type": "How sure the feed is.",
    "sequence": "Orders the actions of a period as they were played: a number, as text so that no digit is lost.",
    "score": "The feed's, as of the packet that says this; null where that has none.",
    "related": "The ids of other actions that belong to this one.",
}
"""What the keys of an action mean."""
OTHER_TEXTS: Mapping[str, str] = {
    "key": "Names it within its game and kind.",
    "endpoint": "The endpoint, `[webhook.NAME]`.",
    "state": "How it stands.",
    "reason": "A sentence; empty where there is nothing to say.",
    "since": "When this state began, in Unix seconds by the clock on the wall.",
    "missed": "Of `recovered`: how many packets made up for the outage.",
}
"""The same of moments and of the feed, where their classes do not say it."""
_TIME = {"type": "string", "format": "date-time", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{3}Z$"}
_ID = {"type": "string", "pattern": "^[A-Za-z0-9_:%-]+$"}


def make_schema() -> Schema:
    """Return the schema of the bodies of both formats; moments are those of the plugins that are loaded by now."""
    values = ValueSchemas()
    classes = {name: kind for name, kind in heard_classes().items() if kind is not Moment}
    kinds: dict[str, Schema] = {"action.fields": _action(values)}
    for name, kind in classes.items():
        kinds |= _kind(name, kind, values)
    found: dict[Group, list[str]] = {group: [] for group in GROUPS}
    for name, kind in classes.items():
        found[group_of(kind)].append(name)
    found = {group: names for group, names in found.items() if names}  # there are no alerts without the notifier
    return {
        "$schema": DIALECT,
        "$id": DATA_SCHEMA,
        "title": f"Webhooks of actionbus, schema {SCHEMA}",
        "description": "A message's body. Keys may be added; where one goes or means something else, `schema` changes.",
        "anyOf": [_ref("Message"), _ref("CloudEvent")],
        "$defs": {
            "Message": _message(found),
            "CloudEvent": _cloud_event(found),
            "Envelope": _envelope(),
            **{f"{group}.data": {"anyOf": [_ref(name) for name in names]} for group, names in found.items()},
            **kinds,
            **values.shared,
        },
    }


def _message(groups: Iterable[Group]) -> Schema:
    """Of `format = "actionbus"`."""
    properties: Schema = {
        "schema": {"const": SCHEMA, "description": "The version of this form."},
        "type": {"type": "string", "description": "What has happened."},
        "id": {**_ID, "description": "The same as the header `webhook-id`, at every attempt."},
        "timestamp": {**_TIME, "description": "When it happened, by the clock of the game's feed."},
        "data": {"description": "What is said of the subject."},
    }
    return {
        "description": 'The body with `format = "actionbus"`, which is what an endpoint gets unless it says otherwise.',
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "oneOf": [_of(group) for group in groups],
    }


def _cloud_event(groups: Iterable[Group]) -> Schema:
    """Of `format = "cloudevents"`."""
    properties: Schema = {
        "specversion": {"const": "1.0", "description": "The version of CloudEvents."},
        "id": {**_ID, "description": "The same as the header `webhook-id`, at every attempt."},
        "source": {
            "type": "string",
            "format": "uri-reference",
            "pattern": f"^{SOURCE}[^/]*$",
            "description": "The fixture.",
        },
        "type": {"type": "string", "description": f"What has happened: the type of the message behind `{PREFIX}`."},
        "subject": {"type": "string", "minLength": 1, "description": "The same as in `data`."},
        "time": {**_TIME, "description": "When it happened, by the clock of the game's feed."},
        "datacontenttype": {"const": "application/json", "description": "What `data` is."},
        "dataschema": {"const": DATA_SCHEMA, "description": "The version of the form of `data`."},
        "data": {"description": "What is said of the subject, the same as in the other format."},
    }
    return {
        "description": 'The body with `format = "cloudevents"`: CloudEvents 1.0 in structured mode, as JSON.',
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "oneOf": [_of(group, PREFIX) for group in groups],
    }


def _of(group: Group, prefix: str = "") -> Schema:
    types = [f"{prefix}{group}.{word}" for word in GROUPS[group]]
    return {"properties": {"type": {"enum": types}, "data": _ref(f"{group}.data")}}


def _envelope() -> Schema:
    properties: Schema = {
        "fixture": {"type": "string", "description": "The feed's id of the game."},
        "subject": {
            "type": "string",
            "minLength": 1,
            "description": "What it is about: keep one state of each `fixture` and `subject`.",
        },
        "version": {
            "type": "integer",
            "minimum": 1,
            "description": "Grows with each announcement about the subject: what is not newer changes nothing.",
        },
        "stands": {"type": "boolean", "description": "Whether it counts, as of this version."},
        "kind": {"type": "string", "description": "The event class, as in plugins.toml."},
        "kinds": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "description": "The event class and those that it belongs to, nearest first.",
        },
        "origin": {
            "enum": ["live", "catch_up"],
            "description": "`live`, or `catch_up` where it comes late: after an outage or a restart.",
        },
        "previous": {
            "type": ["object", "null"],
            "description": "What it replaces: its `kind`, and the keys of that; null where it is new.",
        },
        "test": {
            "const": True,
            "description": "Only of the sample that `actionbus webhook test` sends: nothing has happened.",
        },
    }
    return {
        "description": "What the data of every message has.",
        "type": "object",
        "properties": properties,
        "required": list(ENVELOPE),
    }


def _action(values: ValueSchemas) -> Schema:
    made = values.record(Action, {key: key for key in ACTION_TEXTS})
    return {"description": "What an action says.", **_described(made, ACTION_TEXTS)}


def _described(made: Schema, texts: Mapping[str, str]) -> Schema:
    """Say what keys mean that say nothing of it themselves."""
    properties = {
        key: {**({"description": texts[key]} if key in texts else {}), **each}
        for key, each in made["properties"].items()
    }
    return {**made, "properties": properties}


def _kind(name: str, kind: type[Event], values: ValueSchemas) -> Schema:
    """Return the schemas of a class: of its data, and unless it is an action's, of its own keys."""
    fields = "action.fields" if issubclass(kind, Action) else f"{name}.fields"
    told = {
        "description": _says(kind),
        "allOf": [_ref("Envelope"), _ref(fields)],
        "properties": {
            "kind": {"const": name},
            "kinds": {"const": kinds_of(kind)},
            "previous": {"anyOf": [{"type": "null"}, _previous(kind, fields)]},
        },
    }
    return {name: told} if issubclass(kind, Action) else {name: told, fields: _fields(kind, values)}


def _fields(kind: type[Event], values: ValueSchemas) -> Schema:
    made = values.record(kind, keys_of(kind))
    return {"description": f"What {snake_name(kind)} says.", **_described(made, OTHER_TEXTS)}


def _previous(kind: type[Event], fields: str) -> Schema:
    named: Schema = {"type": "string"} if issubclass(kind, Action) else {"const": snake_name(kind)}
    return {"allOf": [_ref(fields)], "properties": {"kind": named}, "required": ["kind"]}


def _says(kind: type[Event]) -> str:
    first = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    return " ".join(first.replace("``", "`").split())


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
