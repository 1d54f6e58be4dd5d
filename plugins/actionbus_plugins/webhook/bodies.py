"""What an endpoint is sent of an event: plain functions of the event and of the change that it means to who asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import quote

import attrs
import orjson
from attrs import frozen
from cattrs.preconf.orjson import make_converter

from actionbus import Action, Change, Event, FeedStatus, snake_name
from actionbus_plugins.conditions.fields import by_kind

SCHEMA = 1
"""The version of the form: another one where a key goes or changes its meaning. Keys may be added meanwhile."""
DATA_SCHEMA = f"urn:actionbus:webhook:{SCHEMA}"
"""Names the schema of the data, also in CloudEvents."""
SOURCE = "/actionbus/fixtures/"
PREFIX = "io.actionbus."
"""What the types of CloudEvents begin with."""

Group = Literal["action", "moment", "alert", "feed"]
"""What the types of messages begin with."""
WORDS: Mapping[Change, str] = {
    Change.TENTATIVE: "tentative",
    Change.ADDED: "confirmed",
    Change.AMENDED: "updated",
    Change.WITHDRAWN: "withdrawn",
    Change.DISMISSED: "dismissed",
}
RESTORED = "restored"

ENVELOPE = ("fixture", "subject", "version", "stands", "kind", "kinds", "origin", "previous")
"""The keys of the data of every message, around those of the class."""
_UNSAID = frozenset(each.name for each in attrs.fields(Event)) | {"hops"}
_ALERTS = ("actionbus_plugins.notifier.published", "Alert")  # by name: who has no alerts need not load them
_PLAIN = frozenset({str, int, float, bool, type(None)})
_FIT = re.compile(r"[A-Za-z0-9_:-]+", re.ASCII)

_converter = make_converter()
_converter.register_unstructure_hook(Decimal, str)


def group_of(kind: type[Event]) -> Group:
    """Say what the types of messages about a class begin with."""
    if issubclass(kind, Action):
        return "action"
    if issubclass(kind, FeedStatus):
        return "feed"
    is_alert = any((base.__module__, base.__name__) == _ALERTS for base in kind.__mro__)
    return "alert" if is_alert else "moment"


def kinds_of(kind: type[Event]) -> list[str]:
    """Return the names of a class and of those that it belongs to, nearest first, up to action or moment."""
    above = [base for base in kind.__mro__ if issubclass(base, Event) and base is not Event]
    return [snake_name(base) for base in above]


def keys_of(kind: type[Event]) -> dict[str, str]:
    """Map the fields of a class of moments or statuses to their keys; one that every message has gets a ``_``.

    Not those that announcing adds; and of an alert not its version, which is the message's.
    """
    names = [each.name for each in attrs.fields(kind) if each.name not in _UNSAID]
    if group_of(kind) == "alert":
        names.remove("version")
    return {name: f"{name}_" if name in ENVELOPE else name for name in names}


@frozen
class _Class:
    """What is the same for all events of a class."""

    group: Group
    kind: str
    kinds: list[str]
    keys: tuple[tuple[str, str], ...]


@by_kind
def _known(kind: type[Event]) -> _Class:
    keys = () if issubclass(kind, Action) else tuple(keys_of(kind).items())
    return _Class(group_of(kind), snake_name(kind), kinds_of(kind), keys)


def message_id(event: Event) -> str:
    """Return the event's id as ``webhook-id``: fit for a header, and without the dot that signatures part by."""
    name = event.id
    return name if _FIT.fullmatch(name) else _escaped(name)


def _escaped(text: str) -> str:
    return quote(text, safe=":").replace(".", "%2E").replace("~", "%7E")


def subject_of(event: Event) -> str:
    """Return what a receiver keeps one state of: it is the event's own in its fixture."""
    if isinstance(event, Action):
        return event.action_id
    known, said = _known(type(event)), event.__dict__
    if known.group == "alert":
        return f"alert:{said['alert_id']}"
    return "feed" if known.group == "feed" else f"{known.kind}:{said['key']}"


def version_of(event: Event) -> int:
    """Return a number that grows with each announcement of the subject."""
    group = _known(type(event)).group
    if group == "feed":
        return event.position
    version: int = event.__dict__["version"] if group == "alert" else int(event.id.rpartition(":")[2])
    return version


def stands(event: Event, change: Change) -> bool:
    """Whether the subject counts from now on."""
    group = _known(type(event)).group
    if group == "alert":
        return bool(event.__dict__["state"] != "withdrawn")
    return group == "feed" or change is Change.ADDED or change is Change.AMENDED


def is_back(event: Event) -> bool:
    """Whether an event counts that was gone before, as far as the event itself tells.

    What was gone replaces nothing, though it was announced before. That is certain of moments. An action may have been
    gone because it was tentative and was dismissed: who remembers what was withdrawn knows better, see ``type_of``.
    """
    if event.change is not Change.ADDED or event.previous is not None:
        return False
    return _known(type(event)).group in ("action", "moment") and version_of(event) > 1


def type_of(event: Event, change: Change, *, again: bool | None = None) -> str:
    """Return the type of a message, such as ``action.confirmed``.

    ``change`` is what the event means to who asked, whose filter may be finer than the class. ``again`` says whether
    what is ADDED was withdrawn before; None: as ``is_back`` has it.
    """
    group = _known(type(event)).group
    if group == "feed" or group == "alert":
        return f"{group}.{event.__dict__['state']}"
    if change is Change.ADDED and (is_back(event) if again is None else again):
        return f"{group}.{RESTORED}"
    return f"{group}.{WORDS[change]}"


def body(
    event: Event,
    change: Change,
    *,
    format: Literal["actionbus", "cloudevents"],  # noqa: A002  (as the key of [webhook.NAME])
    again: bool | None = None,
) -> bytes:
    """Return the body of a message about an event, as JSON; ``change`` and ``again`` are those of ``type_of``."""
    what, name, when = type_of(event, change, again=again), message_id(event), timestamp(event.at)
    data = data_of(event, change)
    if format == "actionbus":
        return orjson.dumps({"schema": SCHEMA, "type": what, "id": name, "timestamp": when, "data": data})
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": name,
            "source": SOURCE + quote(event.fixture, safe=""),
            "type": PREFIX + what,
            "subject": data["subject"],
            "time": when,
            "datacontenttype": "application/json",
            "dataschema": DATA_SCHEMA,
            "data": data,
        }
    )


def timestamp(at: float) -> str:
    """Return a time in Unix seconds as RFC 3339 has it, in UTC and with milliseconds."""
    return f"{datetime.fromtimestamp(at, UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def data_of(event: Event, change: Change) -> dict[str, Any]:
    """Return what a message says of its subject."""
    known, previous = _known(type(event)), event.previous
    return {
        "fixture": event.fixture,
        "subject": subject_of(event),
        "version": version_of(event),
        "stands": stands(event, change),
        "kind": known.kind,
        "kinds": known.kinds,
        "origin": event.origin,
        **_fields(event, known),
        "previous": _said(previous) if previous is not None else None,
    }


def _said(event: Event) -> dict[str, Any]:
    known = _known(type(event))
    return {"kind": known.kind, **_fields(event, known)}


def _fields(event: Event, known: _Class) -> dict[str, Any]:
    if isinstance(event, Action):
        return action_fields(event)
    said = event.__dict__
    return {key: value if type(value := said[name]) in _PLAIN else _plain(value) for name, key in known.keys}


def _plain(value: object) -> Any:
    return _converter.unstructure(value)


def action_fields(action: Action) -> dict[str, Any]:
    """Return what an action says, as plain values; None where the feed does not say."""
    team, player, score = action.team, action.player, action.score
    return {
        "action_id": action.action_id,
        "type_name": action.type_name,
        "period": action.period,
        "clock": action.clock,
        "clock_seconds": action.clock_seconds,
        "team": {"id": team.id, "name": team.name, "home": team.home} if team is not None else None,
        "player": {"id": player.id, "name": player.name} if player is not None else None,
        "subtype": action.subtype,
        "send_type": action.send_type,
        "sequence": str(action.sequence),
        "score": {"home": score.home, "away": score.away} if score is not None else None,
        "related": action.related,
    }
