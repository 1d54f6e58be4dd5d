"""What endpoints are sent: the form of messages, their ids and types, and that they are enough for a right state."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

import attrs
import orjson
import pytest
from attrs import frozen
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from tests.conftest import RealGame
from tests.plugins.notifier.test_singles import again, gone, other
from tests.plugins.webhook.messages import of_a_match, of_a_real_game

from actionbus import (
    Action,
    Change,
    Event,
    FeedState,
    FeedStatus,
    Moment,
    Origin,
    Player,
    Score,
    SendType,
    Steal,
    Team,
    Turnover,
    snake_name,
)
from actionbus.testing import FIXTURE, TIP_OFF, make
from actionbus.timeline import State, Timeline
from actionbus.wire import Decoder
from actionbus_plugins.notifier import Alert
from actionbus_plugins.webhook.bodies import body, is_back, message_id, stands, subject_of, type_of, version_of

ADDED, WITHDRAWN = Change.ADDED, Change.WITHDRAWN
PENDING = SendType.PENDING


def said(event: Event, change: Change | None = None) -> dict[str, Any]:
    """The message about an event, read."""
    read: dict[str, Any] = orjson.loads(body(event, change or event.change, format="actionbus"))
    return read


def played(*packets: Action) -> list[Action]:
    """What the timeline announces of packets."""
    timeline = Timeline()
    return [
        event
        for position, packet in enumerate(packets, 1)
        for event in timeline.apply(packet, position, TIP_OFF + position)[1]
    ]


def types(*packets: Action) -> list[str]:
    return [type_of(event, event.change).removeprefix("action.") for event in played(*packets)]


def test_a_message_has_its_keys_in_the_documented_order() -> None:
    steal = make(
        Steal,
        player="Ann",
        action_id="5046ea7d",
        score=(12, 9),
        period=2,
        clock="05:12",
        subtype="x",
        sequence=Decimal("2.0004940015113702"),
        related=("5046ea7c",),
    )
    (event,) = played(steal)
    assert body(event, event.change, format="actionbus") == (
        b'{"schema":1,"type":"action.confirmed","id":"5046ea7d:1","timestamp":"2026-01-01T18:00:01.000Z","data":'
        b'{"fixture":"fixture-1","subject":"5046ea7d","version":1,"stands":true,"kind":"steal","kinds":["steal",'
        b'"action"],"origin":"live","action_id":"5046ea7d","type_name":"","period":2,"clock":"05:12",'
        b'"clock_seconds":312.0,"team":{"id":"home","name":"Harbor Gulls","home":true},"player":{"id":"ann",'
        b'"name":"Ann"},"subtype":"x","send_type":"confirmed","sequence":"2.0004940015113702","score":{"home":12,'
        b'"away":9},"related":["5046ea7c"],"previous":null}}'
    )


def test_what_the_feed_does_not_say_is_null() -> None:
    (event,) = played(make(Steal, player=None, team=None, clock=None))
    data = said(event)["data"]
    nothing = ("clock", "clock_seconds", "team", "player", "subtype", "score", "previous")
    assert {key: data[key] for key in nothing} == dict.fromkeys(nothing)


def test_an_update_says_what_it_replaces() -> None:
    steal = make(Steal, player="Ann")
    _, event = played(steal, again(steal, player=Player(id="bo", name="Bo")))
    message = said(event)
    assert (message["type"], message["id"]) == ("action.updated", f"{steal.action_id}:2")
    data, previous = message["data"], message["data"]["previous"]
    assert (data["player"]["name"], previous["player"]["name"], previous["kind"]) == ("Bo", "Ann", "steal")
    assert data.keys() - previous.keys() == {"fixture", "subject", "version", "stands", "kinds", "origin", "previous"}


def test_a_retype_takes_the_old_back_and_confirms_the_new_one_under_the_same_subject() -> None:
    steal = make(Steal)
    _, old, new = (said(event) for event in played(steal, other(Turnover, steal)))
    assert [(each["type"], each["data"]["kind"]) for each in (old, new)] == [
        ("action.withdrawn", "steal"),
        ("action.confirmed", "turnover"),
    ]
    assert old["data"]["subject"] == new["data"]["subject"] == steal.action_id
    assert [each["data"]["version"] for each in (old, new)] == [2, 3]
    assert new["data"]["previous"]["kind"] == "steal"


def test_what_was_withdrawn_and_counts_again_is_restored_whatever_the_feed_calls_it() -> None:
    steal = make(Steal)
    for send_type in (SendType.RESTORED, SendType.CONFIRMED):
        assert types(steal, gone(steal), again(steal, send_type=send_type)) == ["confirmed", "withdrawn", "restored"]


def test_what_was_tentative_before_is_confirmed_and_not_restored() -> None:
    steal = make(Steal, send_type=PENDING)
    moved = again(steal, send_type=PENDING, clock="09:00")
    assert types(steal, moved, again(moved)) == ["tentative", "tentative", "confirmed"]


def test_what_was_gone_before_it_was_ever_announced_is_confirmed() -> None:
    steal = make(Steal)
    assert types(gone(steal), steal) == ["confirmed"]


def test_who_remembers_what_was_withdrawn_says_so() -> None:
    steal = make(Steal, send_type=PENDING)
    *_, back = played(steal, gone(steal), again(steal))
    assert type_of(back, ADDED) == "action.restored"  # it was gone; that it never counted the event does not tell
    assert type_of(back, ADDED, again=False) == "action.confirmed"
    assert orjson.loads(body(back, ADDED, format="actionbus", again=False))["type"] == "action.confirmed"
    assert type_of(back, WITHDRAWN, again=True) == "action.withdrawn"


def test_a_filter_finer_than_the_class_decides_what_a_change_means() -> None:
    steal = make(Steal, player="Ann")
    _, event = played(steal, again(steal, player=Player(id="bo", name="Bo")))
    assert [type_of(event, change) for change in (ADDED, WITHDRAWN)] == ["action.confirmed", "action.withdrawn"]
    assert [said(event, change)["data"]["stands"] for change in (ADDED, WITHDRAWN)] == [True, False]


@pytest.mark.parametrize("change", Change)
def test_what_counts_stands(change: Change) -> None:
    (event,) = played(make(Steal))
    assert stands(event, change) == (change in (Change.ADDED, Change.AMENDED))


def test_an_event_that_comes_late_says_so() -> None:
    event = attrs.evolve(played(make(Steal))[0], origin=Origin.CATCH_UP)
    assert said(event)["data"]["origin"] == "catch_up"


NIL = Score()


class Colour(StrEnum):
    """Of a lamp."""

    RED = "red"


@frozen(kw_only=True)
class BodiesTestLamp:
    """A value of a plugin's own."""

    colour: Colour
    since: datetime | None = None


@frozen(kw_only=True, slots=False, eq=False)
class BodiesTestLit(Moment):
    """A moment with everything that may be in one, and with names that every message has."""

    lamps: tuple[BodiesTestLamp, ...]
    watts: Decimal
    team: Team | None = None
    score: Score = NIL
    by_name: dict[str, int] = attrs.field(factory=dict[str, int])
    kind: str = "lamp"
    version: int = 7


def lit(number: int = 1, **more: Any) -> BodiesTestLit:
    lamp = BodiesTestLamp(colour=Colour.RED, since=datetime(2026, 1, 1, tzinfo=UTC))
    values: dict[str, Any] = {"lamps": (lamp, lamp), "watts": Decimal("0.10"), "by_name": {"a": 1}, "key": "k.1 ü"}
    name = f"{FIXTURE}:bodies_test_lit:{values['key']}:{number}"
    return BodiesTestLit(fixture=FIXTURE, at=TIP_OFF, id=name, **values | more)


def test_a_moment_says_its_own_fields_as_plain_values() -> None:
    message = said(lit(3, previous=lit(), change=Change.AMENDED))
    lamp = {"colour": "red", "since": "2026-01-01T00:00:00+00:00"}
    own = {
        "key": "k.1 ü",
        "lamps": [lamp, lamp],
        "watts": "0.10",
        "team": None,
        "score": {"home": 0, "away": 0},
        "by_name": {"a": 1},
        "kind_": "lamp",
        "version_": 7,
    }
    assert message["type"] == "moment.updated"
    assert message["data"] == {
        "fixture": FIXTURE,
        "subject": "bodies_test_lit:k.1 ü",
        "version": 3,
        "stands": True,
        "kind": "bodies_test_lit",
        "kinds": ["bodies_test_lit", "moment"],
        "origin": "live",
        **own,
        "previous": {"kind": "bodies_test_lit", **own},
    }


def test_a_moment_that_stands_again_is_restored() -> None:
    assert type_of(lit(), ADDED) == "moment.confirmed"
    assert type_of(lit(3), ADDED) == "moment.restored"


def alert(state: str, version: int) -> Alert:
    says: dict[str, Any] = {"rule": "steals", "alert_id": "steals-1", "state": state, "version": version, "text": "Ann"}
    key = f"steals-1:{version}"
    return Alert(fixture=FIXTURE, key=key, id=f"{FIXTURE}:alert:{key}:1", at=TIP_OFF, **says)


def test_an_alert_is_one_subject_over_its_life() -> None:
    told = [alert(state, version) for version, state in enumerate(("sent", "updated", "withdrawn", "restored"), 1)]
    messages = [said(each) for each in told]
    assert [each["type"] for each in messages] == ["alert.sent", "alert.updated", "alert.withdrawn", "alert.restored"]
    assert {each["data"]["subject"] for each in messages} == {"alert:steals-1"}
    assert [each["data"]["version"] for each in messages] == [1, 2, 3, 4]
    assert [each["data"]["stands"] for each in messages] == [True, True, False, True]
    assert messages[0]["data"]["kinds"] == ["alert", "moment"]
    assert "version_" not in messages[0]["data"]


def test_how_the_feed_stands_is_one_subject_of_each_game() -> None:
    status = FeedStatus(
        fixture=FIXTURE, id="f:feed:1:1.500000", at=TIP_OFF, position=17, state=FeedState.RECOVERED, since=1.5, missed=3
    )
    message = said(status)
    assert (message["type"], message["id"]) == ("feed.recovered", "f:feed:1:1%2E500000")
    data = message["data"]
    assert (data["subject"], data["version"], data["stands"], data["kinds"]) == ("feed", 17, True, ["feed_status"])
    assert (data["state"], data["since"], data["missed"], data["previous"]) == ("recovered", 1.5, 3, None)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1))
def test_ids_are_fit_for_a_header_and_no_two_become_one(name: str) -> None:
    (event,) = played(make(Steal))
    made = message_id(attrs.evolve(event, id=name))
    assert set(made) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:-%")
    assert unquote(made) == name


def test_usual_ids_are_told_as_they_are() -> None:
    assert message_id(played(make(Steal, action_id="5046EA7d-0_9"))[0]) == "5046EA7d-0_9:1"


# The JSON Schema that the CloudEvents project gives for 1.0 (cloudevents/formats/cloudevents.json), without its texts,
# and the rules of the specification that it does not have.
CLOUD_EVENT: Mapping[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["id", "source", "specversion", "type"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "format": "uri-reference", "minLength": 1},
        "specversion": {"const": "1.0"},
        "type": {"type": "string", "minLength": 1},
        "datacontenttype": {"type": ["string", "null"], "minLength": 1},
        "dataschema": {"type": ["string", "null"], "format": "uri", "minLength": 1},
        "subject": {"type": ["string", "null"], "minLength": 1},
        "time": {"type": ["string", "null"], "format": "date-time", "minLength": 1},
        "data": {"type": ["object", "string", "number", "array", "boolean", "null"]},
        "data_base64": {"type": ["string", "null"], "contentEncoding": "base64"},
    },
    "propertyNames": {"pattern": "^([a-z0-9]+|data_base64)$"},
}


def cloud_event_of(event: Event) -> dict[str, Any]:
    """The CloudEvent of an event, held to the rules and read by the project's own library."""
    made = body(event, event.change, format="cloudevents")
    read: dict[str, Any] = orjson.loads(made)
    rules: Any = Draft7Validator(CLOUD_EVENT, format_checker=Draft7Validator.FORMAT_CHECKER)
    rules.validate(read)
    found = from_http_event(HTTPMessage({"content-type": "application/cloudevents+json; charset=utf-8"}, made))
    plain = {key: value for key, value in read.items() if key not in ("data", "time")}
    attributes = found.get_attributes()
    assert {key: value for key, value in attributes.items() if key != "time"} == plain
    assert found.get_data() == read["data"]
    when = attributes["time"]
    assert isinstance(when, datetime)
    assert abs(when.timestamp() - event.at) < 0.001
    return read


def test_a_cloud_event_has_the_same_data_under_the_names_of_cloud_events() -> None:
    for event in of_a_match(3)[::7]:
        message, cloud = said(event), cloud_event_of(event)
        assert cloud["data"] == message["data"]
        assert cloud["type"] == f"io.actionbus.{message['type']}"
        assert (cloud["id"], cloud["time"]) == (message["id"], message["timestamp"])
        assert cloud["subject"] == message["data"]["subject"]
        assert cloud["source"] == f"/actionbus/fixtures/{event.fixture}"


def test_the_source_of_a_cloud_event_is_a_reference_whatever_the_fixture_is_called() -> None:
    (event,) = played(make(Steal, fixture="a b/c?ü"))
    assert cloud_event_of(event)["source"] == "/actionbus/fixtures/a%20b%2Fc%3F%C3%BC"


Kept = dict[tuple[str, str], tuple[int, bool, str, object]]


def kept(messages: Iterable[Mapping[str, Any]]) -> Kept:
    """What a receiver keeps that upserts by fixture and subject and takes only what is newer."""
    state: Kept = {}
    for message in messages:
        data = message["data"]
        place = (data["fixture"], data["subject"])
        if place not in state or state[place][0] < data["version"]:
            state[place] = (data["version"], data["stands"], data["kind"], data.get("player"))
    return state


@pytest.mark.parametrize("seed", [1, 2])
def test_a_receiver_that_upserts_is_right_whatever_order_repeats_and_losses_of_older_ones(seed: int) -> None:
    messages = [said(event) for event in of_a_match(3)]
    rng = random.Random(seed)
    state = kept(messages)
    newest = {(each["data"]["fixture"], each["data"]["subject"]): each for each in messages}
    some = [each for each in messages if rng.random() < 0.5 or each in newest.values()]
    shuffled = [*some, *rng.choices(some, k=200)]
    rng.shuffle(shuffled)
    assert kept(shuffled) == state


def test_ids_are_unique_and_versions_of_a_subject_grow_over_a_real_game(real_game: RealGame) -> None:
    events = of_a_real_game(real_game.recording)
    assert len({message_id(event) for event in events}) == len(events)
    versions: dict[str, int] = {}
    for event in events:
        subject, version = subject_of(event), version_of(event)
        assert versions.get(subject, 0) < version
        versions[subject] = version


def test_what_is_back_in_a_real_game_is_what_was_withdrawn(real_game: RealGame) -> None:
    withdrawn: set[str] = set()
    for event in of_a_real_game(real_game.recording):
        if event.change is WITHDRAWN:
            withdrawn.add(subject_of(event))
        elif event.change is ADDED:
            was_another = event.previous is not None and type(event.previous) is not type(event)
            assert is_back(event) == (subject_of(event) in withdrawn and not was_another)


def test_what_stands_for_a_receiver_at_the_end_of_a_real_game_is_what_stands_in_it(real_game: RealGame) -> None:
    state = kept(map(said, of_a_real_game(real_game.recording)))
    timeline, decode = Timeline(), Decoder().decode
    for position, packet in enumerate(real_game.packets, 1):
        timeline.apply(decode(packet), position, 0.0)
    actions = {each.action.action_id: each for each in timeline if each.announced}
    expected = {name: snake_name(type(each.action)) for name, each in actions.items() if each.state is State.STANDS}
    standing = {name: kind for (_, name), (_, stands, kind, _) in state.items() if stands}
    assert {name: kind for name, kind in standing.items() if name in actions} == expected
