from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import attrs
import pytest

from actionbus.cli.told import Told, lines, summary
from actionbus.rehearsal import Sent

SENT = Sent(
    rule="heat", id="1", fixture="f", period=4, clock="01:02", action_ids=("a",), message="Ann Lee has hit 3",
    state="sent", corrections=0, updates=0, at=1_767_290_400.0, first="Ann Lee has hit 3",
)  # fmt: skip
WHEN = "2026-01-01 18:00:00"


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Let times be shown as in UTC."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def told(game: str = "game.jsonl", **fields: Any) -> Told:
    return Told(game, attrs.evolve(SENT, **fields))


@pytest.mark.parametrize(
    ("alert", "shown"),
    [
        (told(), [f"game.jsonl  {WHEN}  Q4 01:02  Ann Lee has hit 3"]),
        (told(game=""), [f"{WHEN}  Q4 01:02  Ann Lee has hit 3"]),
        (told(period=5), [f"game.jsonl  {WHEN}  OT1 01:02  Ann Lee has hit 3"]),
        (told(clock=""), [f"game.jsonl  {WHEN}  Q4  Ann Lee has hit 3"]),
        (told(period=None, clock=""), [f"game.jsonl  {WHEN}  Ann Lee has hit 3"]),
        (told(at=0.0), ["game.jsonl  Q4 01:02  Ann Lee has hit 3"]),
        (told(updates=2), [f"game.jsonl  {WHEN}  Q4 01:02  Ann Lee has hit 3"]),
        (told(message="x\n\x1b[1m"), [f"game.jsonl  {WHEN}  Q4 01:02  x \N{REPLACEMENT CHARACTER}[1m"]),
    ],
)
def test_an_alert_is_a_line_with_game_time_clock_and_message(alert: Told, shown: list[str]) -> None:
    assert list(lines(alert))[:1] == shown


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"corrections": 1}, "    corrected"),
        ({"corrections": 3}, "    corrected 3 times"),
        ({"state": "withdrawn"}, "    withdrawn"),
        ({"corrections": 2, "state": "withdrawn"}, "    corrected 2 times and withdrawn"),
        ({"corrections": 1, "first": "Bo Diaz\nhas hit 3"}, "    corrected; at first: Bo Diaz has hit 3"),
    ],
)
def test_what_became_of_an_alert_is_a_line_below_it(fields: dict[str, Any], shown: str) -> None:
    assert list(lines(told(**fields)))[1:] == [shown]


def counts(alerts: list[Told]) -> str:
    return next(summary(["heat"], alerts))


def test_a_rule_is_a_line_with_its_counts() -> None:
    assert counts([]) == "heat: never"
    assert counts([told()]) == "heat: 1 alert over 1 game"
    assert counts([told(), told()]) == "heat: 2 alerts over 1 game"
    assert counts([told(), told("b", corrections=2), told("b")]) == "heat: 3 alerts over 2 games, 1 corrected"
    changed = [told(corrections=1, state="withdrawn"), told(state="withdrawn")]
    assert counts(changed) == "heat: 2 alerts over 1 game, 1 corrected, 2 withdrawn"
    assert counts([told()] * 1234) == "heat: 1,234 alerts over 1 game"


def test_rules_come_in_the_order_of_the_file_and_others_behind_them() -> None:
    shown = list(summary(["cold", "heat"], [told(rule="own"), told()]))
    assert [line for line in shown if not line.startswith(" ")] == [
        "cold: never",
        "heat: 1 alert over 1 game",
        "own: 1 alert over 1 game",
    ]


def examples(*alerts: Told) -> list[str]:
    return [line.split()[0] for line in summary(["heat"], list(alerts)) if line.startswith("  ") and line[2] != " "]


def test_the_first_three_alerts_of_a_rule_are_shown() -> None:
    assert examples(told("a"), told("b"), told("c"), told("d")) == ["a", "b", "c"]
    assert examples(told("a")) == ["a"]


def test_one_that_was_corrected_is_among_the_examples() -> None:
    late = told("z", corrections=1)
    assert examples(told("a"), told("b"), told("c"), late, told("y", state="withdrawn")) == ["a", "b", "z"]
    assert examples(told("a"), told("b", state="withdrawn"), told("c"), late) == ["a", "b", "c"]
