"""``actionbus schema webhook``: the schema of messages is that of what is really sent, no more and no less."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import attrs
import orjson
import pytest
from jsonschema import Draft202012Validator
from tests.conftest import RealGame
from tests.e2e.processes import actionbus
from tests.plugins.webhook.messages import of_a_match, of_a_real_game
from tests.plugins.webhook.test_bodies import BodiesTestLit, lit, played

from actionbus import Change, Event, FeedState, FeedStatus, Moment, Steal, event_classes, snake_name
from actionbus.testing import FIXTURE, make
from actionbus_plugins import score_tracker
from actionbus_plugins.webhook.bodies import ENVELOPE, action_fields, body, kinds_of, type_of
from actionbus_plugins.webhook.schema import DIALECT, make_schema

Schema = dict[str, Any]
DOCS = Path(__file__).parents[3] / "docs"


@cache
def strict() -> Mapping[str, Schema]:
    """The definitions with no key beyond those that they name, so that they cannot fall short of what is sent.

    Those of classes are put together: with a key too many or not, they are asked 30,000 times.
    """
    made: dict[str, Schema] = copy.deepcopy(make_schema()["$defs"])
    for name, each in made.items():
        if each.get("allOf") and name != "Envelope":
            fields = each["allOf"][1]["$ref"].rpartition("/")[2]
            own, envelope = made[fields], made["Envelope"]
            previous = each["properties"]["previous"]["anyOf"][1]
            kept = {**own["properties"], **previous["properties"]}
            previous.update(properties=kept, required=[*own["required"], "kind"], additionalProperties=False)
            del previous["allOf"]
            each["properties"] = {**envelope["properties"], **own["properties"], **each["properties"]}
            each.update(required=[*envelope["required"], *own["required"]], additionalProperties=False)
            del each["allOf"]
        elif name in ("Message", "CloudEvent", "Team", "Player", "Score"):
            each["additionalProperties"] = False
    return made


@cache
def judge(name: str) -> Callable[[object], list[str]]:
    """What says what is wrong with a value by one of the definitions."""
    made = {"$schema": DIALECT, "$ref": f"#/$defs/{name}", "$defs": strict()}
    validator: Any = Draft202012Validator(made, format_checker=Draft202012Validator.FORMAT_CHECKER)

    def wrong(value: object) -> list[str]:
        if validator.is_valid(value):
            return []
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    return wrong


def said(event: Event, change: Change | None = None, form: str = "actionbus") -> Schema:
    read: Schema = orjson.loads(body(event, change or event.change, format=cast("Any", form)))
    return read


def check(events: Iterable[Event]) -> set[str]:
    """Hold the data of every message to the definition of its kind; return the kinds."""
    kinds: set[str] = set()
    for event in events:
        data = said(event)["data"]
        assert judge(snake_name(type(event)))(data) == []
        kinds.add(data["kind"])
    return kinds


def test_the_schema_is_one_and_every_reference_leads_somewhere() -> None:
    made = make_schema()
    validator: Any = Draft202012Validator
    validator.check_schema(made)
    named = {ref.rpartition("/")[2] for ref in re.findall(r'"\$ref": "([^"]*)"', json.dumps(made))}
    assert named == set(made["$defs"])


def test_what_is_sent_of_a_real_game_is_what_the_schema_says(real_game: RealGame) -> None:
    assert len(check(of_a_real_game(real_game.recording))) > 30


@pytest.mark.parametrize("seed", range(4))
def test_what_is_sent_of_a_generated_match_is_what_the_schema_says(seed: int) -> None:
    events = of_a_match(seed)
    assert len(check(events)) > 30
    for event in {type_of(event, event.change): event for event in events}.values():
        message, cloud = said(event), said(event, form="cloudevents")
        assert cloud["data"] == message["data"]
        assert (judge("Message")(message), judge("CloudEvent")(cloud)) == ([], [])


def test_every_class_has_its_definition_with_its_ancestors() -> None:
    definitions = make_schema()["$defs"]
    kinds = {name: kind for name, kind in event_classes().items() if name not in ("event", "due", "moment")}
    assert {"steal", "lead_change", "alert", "feed_status", "bodies_test_lit"} <= kinds.keys() <= definitions.keys()
    for name, kind in kinds.items():
        assert definitions[name]["properties"]["kinds"] == {"const": kinds_of(kind)}


@pytest.mark.parametrize("change", Change)
def test_whatever_a_change_means_to_an_endpoint_the_message_is_right(change: Change) -> None:
    (event,) = played(make(Steal))
    assert judge("Message")(said(event, change)) == []
    assert judge("CloudEvent")(said(event, change, "cloudevents")) == []


@pytest.mark.parametrize("state", FeedState)
def test_every_state_of_the_feed_is_one_of_the_types(state: FeedState) -> None:
    status = FeedStatus(fixture=FIXTURE, id=f"{FIXTURE}:feed:1:2.5", position=1, state=state)
    assert judge("Message")(said(status)) == []


def test_moments_of_other_plugins_are_in_it_with_all_that_they_hold() -> None:
    first = lit()
    assert judge("Message")(said(first)) == []
    assert judge("Message")(said(lit(2, previous=first, change=Change.AMENDED))) == []
    keys = make_schema()["$defs"]["bodies_test_lit.fields"]["properties"]
    assert keys.keys() == {"key", "lamps", "watts", "team", "score", "by_name", "kind_", "version_"}
    assert keys["watts"] == {"type": "string"}
    assert keys["by_name"] == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert snake_name(BodiesTestLit) in make_schema()["$defs"]


WRONG: Mapping[str, Callable[[Schema], object]] = {
    "another schema": lambda message: message.update(schema=2),
    "no id": lambda message: message.pop("id"),
    "an id with a dot": lambda message: message.update(id="a.b"),
    "an id with a blank": lambda message: message.update(id="a b"),
    "a type that is none": lambda message: message.update(type="action.added"),
    "the type of another kind": lambda message: message.update(type="feed.live"),
    "a time without zone": lambda message: message.update(timestamp="2026-01-01T18:00:01.000"),
    "a key too many": lambda message: message.update(extra=1),
    "no subject": lambda message: message["data"].pop("subject"),
    "an empty subject": lambda message: message["data"].update(subject=""),
    "a version that is none": lambda message: message["data"].update(version=0),
    "a class that nobody has": lambda message: message["data"].update(kind="stael"),
    "ancestors of another class": lambda message: message["data"].update(kinds=["block", "action"]),
    "a player of another form": lambda message: message["data"].update(player="Ann"),
    "a player without a name": lambda message: message["data"]["player"].pop("name"),
    "a sequence as a number": lambda message: message["data"].update(sequence=2.5),
    "a key of the data too many": lambda message: message["data"].update(extra=1),
    "something before that has no kind": lambda message: message["data"]["previous"].pop("kind"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_never_sent_is_wrong(name: str) -> None:
    steal = make(Steal)
    *_, event = played(steal, attrs.evolve(steal, clock="09:00"))
    message = said(event)
    assert judge("Message")(message) == []
    WRONG[name](message)
    assert judge("Message")(message) != []


def test_keys_may_be_added_later() -> None:
    message = said(played(make(Steal))[0])
    message["more"] = message["data"]["more"] = message["data"]["team"]["more"] = 1
    validator: Any = Draft202012Validator(make_schema())
    assert validator.is_valid(message)


def test_the_keys_of_actions_are_all_that_actions_say() -> None:
    definitions = make_schema()["$defs"]
    assert list(definitions["action.fields"]["properties"]) == list(action_fields(make(Steal)))
    assert list(definitions["Envelope"]["properties"]) == [*ENVELOPE, "test"]
    assert definitions["Envelope"]["required"] == list(ENVELOPE)


def test_every_key_says_what_it_means() -> None:
    definitions = make_schema()["$defs"]
    ours = {name: each for name, each in definitions.items() if not _is_of_others(name)}
    silent = {
        f"{name}.{key}"
        for name, each in ours.items()
        if name in ("Message", "CloudEvent", "Envelope") or name.endswith(".fields")
        for key, schema in each["properties"].items()
        if not schema.get("description")
    }
    assert silent == set()


def _is_of_others(name: str) -> bool:
    kind = event_classes().get(name.removesuffix(".fields"))
    return kind is not None and not kind.__module__.startswith(("actionbus.", "actionbus_plugins."))


def test_the_command_prints_it_with_the_moments_of_the_plugins_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    (tmp_path / "plugins.toml").write_text('[plugin.mine]\npath = "mine.py"\n', encoding="utf-8")
    done = actionbus("schema", "webhook", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    made = json.loads(done.out)
    assert made["$id"] == "urn:actionbus:webhook:1"
    printed = made["$defs"]
    assert printed["lamp_lit.fields"]["properties"]["watts"] == {"description": "Of the lamp.", "type": "number"}
    ours = make_schema()["$defs"]
    assert {name: printed[name] for name in printed if name in ours and "data" not in name} == {
        name: ours[name] for name in ours if name in printed and "data" not in name
    }
    assert {snake_name(kind) for kind in (Steal, FeedStatus)} <= printed.keys()


MINE = '''
from attrs import frozen
from actionbus import Moment, hookimpl

@frozen(kw_only=True, slots=False, eq=False)
class LampLit(Moment):
    """The lamp is on."""

    watts: float
    """Of the lamp."""

@hookimpl
def subscriptions():
    return []
'''


def test_a_plugin_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text('[plugin.mine]\npath = "nowhere.py"\n', encoding="utf-8")
    done = actionbus("schema", "webhook", "-o", "x.json", cwd=tmp_path)
    told = "plugins.toml:1: plugin.mine: there is no file nowhere.py (the schema lacks what this plugin has)\n"
    assert (done.code, done.out, done.err) == (1, "", told)
    assert "steal" in json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))["$defs"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("webhok", "did you mean 'webhook'?"),
        ("x", "there is that of plugins.toml, without a name, and 'webhook'"),
    ],
)
def test_a_schema_that_there_is_not_is_told(name: str, hint: str, tmp_path: Path) -> None:
    done = actionbus("schema", name, cwd=tmp_path)
    assert (done.code, done.out, done.err) == (2, "", f"actionbus schema: there is no schema {name!r}; {hint}\n")


def test_every_key_and_every_type_stands_on_the_page() -> None:
    text = (DOCS / "webhook-messages.md").read_text(encoding="utf-8")
    definitions = make_schema()["$defs"]
    shown = ("Message", "CloudEvent", "Envelope", "action.fields", "feed_status.fields", "alert.fields")
    moments = [f"{snake_name(kind)}.fields" for kind in moments_of(Moment)]
    for name in (*shown, *moments):
        for key in definitions[name]["properties"]:
            assert f"| `{key}` |" in text, f"{name}: {key}"
    (types,) = [{each for one in definitions["Message"]["oneOf"] for each in one["properties"]["type"]["enum"]}]
    assert {each for each in types if f"`{each}`" not in text} == set()


def moments_of(kind: type[Moment]) -> Iterable[type[Moment]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith(score_tracker.__name__):
            yield each
            yield from moments_of(each)


def test_the_examples_on_the_page_are_what_the_schema_says() -> None:
    text = (DOCS / "webhook-messages.md").read_text(encoding="utf-8")
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    assert len(shown) >= 6
    for example in shown:
        assert judge("CloudEvent" if "specversion" in example else "Message")(example) == []
    assert {type_of(lit(), Change.ADDED).partition(".")[0], "action", "alert", "feed"} <= {
        example["type"].removeprefix("io.actionbus.").partition(".")[0] for example in shown
    }
