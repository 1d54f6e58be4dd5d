from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actionbus.events import actions as a
from actionbus.events.base import Action, Event, SendType
from actionbus.events.catalogue import (
    ENTRIES,
    Catalogue,
    action_classes,
    event_classes,
    normalised,
    snake_name,
)

TYPES = Path(__file__).parents[4] / "shared" / "feed" / "action_types.json"

# Names that the feed is known to send without a public id (PROTOCOL 1.2), in the spellings seen.
NAMELESS_IDS: dict[str, type[Action]] = {
    "2 Points Made": a.TwoPointerMade,
    "2PT Made": a.TwoPointerMade,
    "2 Points Missed": a.TwoPointerMissed,
    "2PT Missed": a.TwoPointerMissed,
    "3 Points Made": a.ThreePointerMade,
    "3PT Made": a.ThreePointerMade,
    "3 points made": a.ThreePointerMade,
    "3-Pointer Made": a.ThreePointerMade,
    "Three Point Made": a.ThreePointerMade,
    "3 PTS Made": a.ThreePointerMade,
    "3 Points Missed": a.ThreePointerMissed,
    "3PT Missed": a.ThreePointerMissed,
    "Free Throw Made": a.FreeThrowMade,
    "Free Throw Missed": a.FreeThrowMissed,
    "1 Point Made": a.FreeThrowMade,
    "Free Throws Awarded": a.FreeThrowsAwarded,
    "Foul": a.Foul,
    "Block": a.Block,
    "Jump Ball": a.JumpBall,
    "Possession Arrow": a.PossessionArrow,
    "Ejection": a.Ejection,
}


def documented() -> list[Any]:
    if not TYPES.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="there is no ../shared/feed/action_types.json"))]
    return [pytest.param(entry, id=entry["name"]) for entry in json.loads(TYPES.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("entry", documented())
def test_each_documented_type_is_known_by_its_id_its_name_and_each_alias(entry: dict[str, Any]) -> None:
    catalogue = Catalogue()
    kind = catalogue.action_type(entry["id"], entry["name"]).value
    assert kind is not a.UnknownAction
    for number, name in [(None, entry["name"]), *((None, alias) for alias in entry["aliases"])]:
        meaning = catalogue.action_type(number, name)
        assert meaning.value is kind
        assert meaning.oddity is None
    by_id = catalogue.action_type(entry["id"], None)
    assert by_id.oddity is None
    assert by_id.value is (kind if entry["id"] != 22 else a.StatusUpdate)


@pytest.mark.parametrize(("name", "kind"), NAMELESS_IDS.items())
def test_types_without_a_public_id_are_known_by_name(name: str, kind: type[Action]) -> None:
    assert Catalogue().action_type(None, name).value is kind
    assert Catalogue().action_type(2999, name) == Catalogue().action_type(None, name)


def test_the_name_decides_over_the_id_and_the_disagreement_is_told() -> None:
    meaning = Catalogue().action_type(204, "Defensive Rebound")
    assert meaning.value is a.DefensiveRebound
    assert meaning.oddity == "name 'Defensive Rebound' and id 204 disagree; the name decides"


def test_a_steal_may_have_either_of_its_two_ids() -> None:
    for number in (22, 222):
        meaning = Catalogue().action_type(number, "Steal")
        assert meaning.value is a.Steal
        assert meaning.oddity is None


def test_an_unknown_name_of_a_known_id_is_told_and_the_id_decides() -> None:
    meaning = Catalogue().action_type(201, "Loss of Ball")
    assert meaning.value is a.Turnover
    assert meaning.oddity == "name 'Loss of Ball' is not known for id 201, taken as turnover"


def test_what_neither_id_nor_name_tells_is_an_unknown_action() -> None:
    meaning = Catalogue().action_type(4711, "Mascot Dance")
    assert meaning.value is a.UnknownAction
    assert meaning.oddity == "type 'Mascot Dance' (id 4711) is not in the catalogue"


def test_a_users_mapping_adds_names_and_ids() -> None:
    catalogue = Catalogue({"Mascot Dance": a.PlayStopped, "4711": a.Timeout})
    assert catalogue.action_type(None, "mascot  dance").value is a.PlayStopped
    assert catalogue.action_type(4711, None).value is a.Timeout


def test_a_users_mapping_decides_over_both_id_and_name() -> None:
    catalogue = Catalogue({"201": a.Steal, "Assist": a.Block})
    assert catalogue.action_type(201, "Turnover").value is a.Steal
    assert catalogue.action_type(217, "Assist").value is a.Block


@pytest.mark.parametrize("kind", SendType)
def test_send_types_are_known_by_name_and_by_id(kind: SendType) -> None:
    ids = {"pending": 1, "updated": 2, "cancelled": 3, "deleted": 4, "confirmed": 5, "restored": 6}
    catalogue = Catalogue()
    assert catalogue.send_type(None, kind.value.capitalize()).value is kind
    assert catalogue.send_type(ids[kind.value], None).value is kind
    assert catalogue.send_type(ids[kind.value], kind.value.upper()).oddity is None


def test_the_name_of_a_send_type_decides_over_its_id() -> None:
    meaning = Catalogue().send_type(4, "Restored")
    assert meaning.value is SendType.RESTORED
    assert meaning.oddity == "send type 'Restored' and id 4 disagree; the name decides"


def test_an_unknown_send_type_has_no_meaning() -> None:
    assert Catalogue().send_type(9, "Perhaps").value is None


def test_no_name_and_no_action_class_stands_twice_in_the_catalogue() -> None:
    names = [normalised(name) for entry in ENTRIES for name in entry.names]
    assert len(names) == len(set(names))
    assert len(ENTRIES) == len({entry.type for entry in ENTRIES})


def test_every_leaf_of_the_class_tree_is_in_the_catalogue() -> None:
    leaves = {kind for kind in action_classes().values() if not kind.__subclasses__()}
    ours = {kind for kind in leaves if kind.__module__ == a.__name__}
    assert ours - {entry.type for entry in ENTRIES} == {a.UnknownAction}


def test_a_class_has_its_snake_case_name() -> None:
    assert snake_name(a.ThreePointerMade) == "three_pointer_made"
    assert action_classes()["three_pointer_made"] is a.ThreePointerMade
    assert event_classes()["event"] is Event


def test_moments_are_no_actions() -> None:
    assert "moment" not in action_classes()


def test_the_class_tree_is_a_filter_language() -> None:
    assert issubclass(a.ThreePointerMade, a.ThreePointer)
    assert issubclass(a.ThreePointerMade, a.FieldGoal)
    assert issubclass(a.ThreePointerMade, a.ShotMade)
    assert issubclass(a.OffensiveTeamRebound, a.OffensiveRebound)
    assert not issubclass(a.FreeThrowMade, a.FieldGoal)
