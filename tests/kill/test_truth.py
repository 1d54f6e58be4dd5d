from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import RealGame
from tests.kill.processes import HERE
from tests.kill.truth import COUNTED, THREE, Truth, read_truth

from actionbus.events.base import Action, Change, Event
from actionbus.events.catalogue import snake_name
from actionbus.simulator import generate_match
from actionbus.timeline import Timeline
from actionbus.wire import Decoder

ON_THE_OTHER_SIDE = ("daemon.py", "generate.py")  # that are actionbus, or make what it is given


def counts(truth: Truth) -> dict[str, int]:
    """Return how many actions of each type stand in the end."""
    kept = {key.removeprefix("count:"): value for key, value in truth.store.items() if key.startswith("count:")}
    return {key: value for key, value in kept.items() if isinstance(value, int)}


def announced(packets: list[str]) -> list[Action]:
    """Return what actionbus announces of the packets."""
    timeline, decoder = Timeline(), Decoder()
    packed = (timeline.apply(decoder.decode(packet), number, 0.0) for number, packet in enumerate(packets, 1))
    return [event for _, events in packed for event in events]


def assert_alike(truth: Truth, events: list[Action]) -> None:
    assert [(event.id, event.change) for event in events] == [(due.id, due.change) for due in truth.actions]
    kinds = {due.id: due.kind for due in truth.actions}
    known = frozenset(COUNTED.values())
    named: list[tuple[Event, str]] = [(event, snake_name(type(event))) for event in events]
    assert [kinds[event.id] for event, _ in named] == [kind if kind in known else "" for _, kind in named]


def test_the_truth_of_a_real_game_is_its_official_box_score(real_game: RealGame) -> None:
    official: dict[str, Any] = json.loads(real_game.truth)
    totals: Counter[str] = Counter()
    for side in ("home", "away"):
        totals.update(official[side]["official"])
    found = counts(read_truth(real_game.recording))
    worth = {"three_pointer_made": 3, "two_pointer_made": 2, "free_throw_made": 1}
    assert {
        "points": sum(found.get(kind, 0) * points for kind, points in worth.items()),
        "three_pointers_made": found.get("three_pointer_made", 0),
        "rebounds": found.get("offensive_rebound", 0) + found.get("defensive_rebound", 0),
        "assists": found.get("assist", 0),
        "steals": found.get("steal", 0),
        "blocks": found.get("block", 0),
        "turnovers": found.get("turnover", 0),
    } == {name: total for name, total in totals.items() if name != "fouls"}


def test_the_truth_of_a_real_game_is_what_actionbus_announces(some_real_game: RealGame) -> None:
    assert_alike(read_truth(some_real_game.recording), announced(some_real_game.packets))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_truth_of_a_generated_match_is_what_actionbus_announces(tmp_path: Path, seed: int) -> None:
    match = generate_match(seed)
    recording = tmp_path / "match.jsonl"
    recording.write_text("\n".join(match.packets), encoding="utf-8")
    truth = read_truth(recording)
    assert_alike(truth, announced(list(match.packets)))
    assert truth.fixture == match.fixture
    assert counts(truth)[THREE] > 0
    assert len(truth.moments) >= counts(truth)[THREE]


def packet(send_type: str, kind: str = "Steal", **more: object) -> str:
    action = {"actionId": "a", "fixtureId": "f", "sendType": send_type, "fixtureActionType": kind, **more}
    return json.dumps({"fixtureAction": action})


@pytest.mark.parametrize(
    ("packets", "changes"),
    [
        ([packet("Confirmed"), packet("Confirmed")], ["added"]),
        (
            [packet("Pending"), packet("Pending", clockTime="09:00"), packet("Cancelled")],
            ["tentative"] * 2 + ["dismissed"],
        ),
        ([packet("Confirmed"), packet("Pending")], ["added"]),
        ([packet("Cancelled"), packet("Deleted"), packet("Confirmed")], ["added"]),
        ([packet("Confirmed"), packet("Deleted"), packet("Restored")], ["added", "withdrawn", "added"]),
        ([packet("Confirmed"), packet("Updated", clockTime="09:00")], ["added", "amended"]),
        ([packet("Confirmed"), packet("Updated", "Turnover")], ["added", "withdrawn", "added"]),
        ([packet("Pending"), packet("Confirmed", "Turnover")], ["tentative", "dismissed", "added"]),
        ([packet("Confirmed", "3 Points Made"), packet("Updated", "3PT Made")], ["added"]),
        ([packet("Confirmed"), packet("Updated", player={"id": "p", "name": "P"})], ["added", "amended"]),
    ],
)
def test_the_truth_goes_by_the_table_of_changes(tmp_path: Path, packets: list[str], changes: list[str]) -> None:
    recording = tmp_path / "few.jsonl"
    recording.write_text("\n".join(packets), encoding="utf-8")
    truth = read_truth(recording)
    assert [due.change for due in truth.actions] == changes
    assert [due.id for due in truth.actions] == [f"a:{number}" for number in range(1, len(changes) + 1)]
    assert [event.change for event in announced(packets)] == [Change(change) for change in changes]


def test_a_three_makes_one_moment_however_often_it_is_counted(tmp_path: Path) -> None:
    recording = tmp_path / "few.jsonl"
    kinds = ["Confirmed", "Deleted", "Restored"]
    recording.write_text("\n".join(packet(kind, "3PT Made") for kind in kinds), encoding="utf-8")
    assert [due.id for due in read_truth(recording).moments] == ["f:three_seen:a:1"]


def test_whoever_judges_imports_nothing_of_actionbus() -> None:
    for path in HERE.glob("*.py"):
        if path.name in ON_THE_OTHER_SIDE or path.name.startswith("test_"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "actionbus"], path
