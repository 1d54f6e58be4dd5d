"""What webhooks send, from its JSON Schema and from real bodies: webhook-messages.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Literal

import attrs
import orjson
from docs.parts.text import first, table

from actionbus import Action, Change, Event, FeedState, FeedStatus, Moment, Player, Score, SendType, Steal
from actionbus import event_classes as known_classes
from actionbus.testing import AWAY, HOME, make
from actionbus.timeline import Timeline
from actionbus_plugins.notifier import Alert
from actionbus_plugins.score_tracker import LeadChange
from actionbus_plugins.webhook.bodies import body
from actionbus_plugins.webhook.schema import GROUPS, Schema, make_schema

HEAD = "| key | kind | what it is |"
BUNDLED = "actionbus_plugins."
FIXTURE = "7f3a61c2-5b0e-4d4e-9c55-2f0f3a9b7e11"
STEAL, BASKET = "5046ea7d-7c5b-5806-b84e-32f150f47273", "0b0f4e88-a19d-5fd3-9691-d296971ec82e"
AT = 1_767_290_400.0

TYPES: Mapping[str, str] = {
    "action.tentative": "The feed thinks that it has happened; it does not count yet.",
    "action.confirmed": "It has happened, and counts from now on.",
    "action.updated": "It counts, and its details are others than before.",
    "action.withdrawn": "It counted, and does so no longer.",
    "action.restored": "It was gone, because it was withdrawn or dismissed, and counts from now on.",
    "action.dismissed": "It was tentative, and will not count.",
    "moment.confirmed": "It has come to be.",
    "moment.updated": "It says something else than before: a run has grown, a basket before it was corrected.",
    "moment.withdrawn": "A correction has unmade it.",
    "moment.restored": "It was withdrawn and is there again.",
    "alert.sent": "A rule tells of something.",
    "alert.updated": "What was told has grown, or was wrong; `before` has what it said.",
    "alert.withdrawn": "What was told is taken back.",
    "alert.restored": "What was taken back holds again.",
    "feed.live": "The game's feed is up, for the first time in this run of the daemon.",
    "feed.stale": "It is connected and silent.",
    "feed.down": "It is not connected; it is tried again.",
    "feed.refused": "Its server does not want us; it is tried again rarely.",
    "feed.recovered": "It is up again, and what was missed has come.",
    "feed.finished": "The game is over: no more will come.",
}


@cache
def definitions() -> Mapping[str, Schema]:
    """The definitions of the schema."""
    made: Mapping[str, Schema] = make_schema()["$defs"]
    return made


def types() -> Iterator[str]:
    """All types of messages. Raises KeyError for one that is not described."""
    named = [f"{group}.{word}" for group, words in GROUPS.items() for word in words]
    yield from table("| type | what it means |", ((f"`{name}`", TYPES[name]) for name in named))


def keys_of(name: str) -> Callable[[], Iterator[str]]:
    """A part with the keys of one definition."""

    def part() -> Iterator[str]:
        yield from table(HEAD, _rows(definitions()[name]))

    return part


def moments() -> Iterator[str]:
    """The keys of every moment that plugins announce which come with actionbus, but for alerts."""
    for name, kind in sorted(known_classes().items()):
        if issubclass(kind, Moment) and kind.__module__.startswith(BUNDLED) and kind is not Alert:
            yield f"### {name}\n\n{first(kind)}\n"
            yield from table(HEAD, _rows(definitions()[f"{name}.fields"]))
            yield ""


def _rows(schema: Schema) -> Iterator[tuple[str, ...]]:
    for key, each in schema["properties"].items():
        yield f"`{key}`", _kind(each), " ".join(each.get("description", "").split())


def _kind(schema: Schema) -> str:
    """What stands there, in words."""
    if "$ref" in schema:
        return _object(definitions()[schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(each)}`" for each in schema["enum"])
    kind: str | list[str] = schema.get("type", "object")
    if isinstance(kind, list):
        return " or ".join(_kind({**schema, "type": each}) for each in kind)
    if kind == "array":
        return f"list, each {_kind(schema['items'])}"
    plain = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
    return plain.get(kind, "`null`" if kind == "null" else "object")


def _object(schema: Schema) -> str:
    return f"object ({', '.join(f'`{key}`' for key in schema['properties'])})"


def examples() -> Iterator[str]:
    """Bodies as they are sent, with line breaks."""
    for title, event, change, form in _events():
        shown = json.dumps(orjson.loads(body(event, change, format=form)), indent=2, ensure_ascii=False)
        yield f"### {title}\n\n```json\n{shown}\n```\n"


def sent() -> list[object]:
    """The bodies of the examples, read."""
    return [orjson.loads(body(event, change, format=form)) for _, event, change, form in _events()]


Example = tuple[str, Event, Change, Literal["actionbus", "cloudevents"]]


def _events() -> Iterator[Example]:
    """What the examples are about."""
    steal, moved, gone = _life_of_a_steal()
    yield "An action that counts", steal, steal.change, "actionbus"
    yield "The same, corrected: somebody else", moved, moved.change, "actionbus"
    yield "The same, taken back", gone, gone.change, "actionbus"
    lead = _moment()
    yield "A moment", lead, lead.change, "actionbus"
    alert = _alert(lead)
    yield "An alert", alert, alert.change, "actionbus"
    status = _status()
    yield "How the feed stands", status, status.change, "actionbus"
    yield "An action as a CloudEvent", steal, steal.change, "cloudevents"


def _life_of_a_steal() -> list[Action]:
    first = make(
        Steal,
        fixture=FIXTURE,
        action_id=STEAL,
        type_name="Steal",
        player=Player(id="p-17", name="Gael Petrauskis"),
        team=HOME,
        period=2,
        clock="05:12",
        score=(31, 28),
        sequence=Decimal("2.0004940015113702"),
        timestamp=AT,
    )
    moved = attrs.evolve(first, player=Player(id="p-8", name="Will Clyburn"), send_type=SendType.UPDATED)
    gone = attrs.evolve(moved, send_type=SendType.CANCELLED)
    timeline, announced = Timeline(), list[Action]()
    for number, packet in enumerate((first, moved, gone)):
        announced += timeline.apply(packet, number + 1, AT + 12.5 * number)[1]
    return announced


def _moment() -> LeadChange:
    return LeadChange(
        fixture=FIXTURE,
        id=f"{FIXTURE}:lead_change:{BASKET}:1",
        at=AT + 5_400,
        key=BASKET,
        action_ids=(BASKET,),
        period=4,
        clock="00:58",
        clock_seconds=58.0,
        team=AWAY,
        player=Player(id="p-31", name="Bojan Adeyomi"),
        points=3,
        score=Score(88, 90),
        lead=2,
    )


def _alert(lead: LeadChange) -> Alert:
    name = "late_lead-4f9d1c0a7be2836550c1d2aa"
    return Alert(
        fixture=FIXTURE,
        id=f"{FIXTURE}:alert:{name}:1:1",
        at=lead.at,
        key=f"{name}:1",
        rule="late_lead",
        alert_id=name,
        version=1,
        state="sent",
        text=str(lead),
        priority="high",
        action_ids=lead.action_ids,
        period=lead.period,
        clock=lead.clock,
    )


def _status() -> FeedStatus:
    return FeedStatus(
        fixture=FIXTURE,
        id=f"{FIXTURE}:feed:3:{AT + 61.25:.6f}",
        position=4711,
        at=AT + 60,
        state=FeedState.RECOVERED,
        since=AT + 21.5,
        missed=7,
    )
