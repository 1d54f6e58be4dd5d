"""What ``actionbus backtest`` finds is what a brute-force reading of the corrected games gives, each correction too."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen
from tests.conftest import GAMES, WITHOUT
from tests.e2e.processes import actionbus
from tests.plugins.notifier import oracle
from tests.plugins.notifier.raw import Step, read
from tests.plugins.notifier.spoilt import spoil

from actionbus.simulator import generate_match

CONFIG = Path(__file__).with_name("oracle.toml")
RULES: dict[str, dict[str, Any]] = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["alert"]

Alert = tuple[float, tuple[str, ...], str, str, int]
"""Fixture clock when first told, actions, last text, whether it stands, corrections."""


@frozen(eq=False, repr=False)
class Games:
    """Games, and what the product tells of them: by rule, and by fixture."""

    steps: dict[str, list[Step]]
    told: dict[str, dict[str, list[Alert]]]
    _expected: dict[str, dict[str, list[Alert]]] = field(init=False, factory=dict[str, dict[str, list[Alert]]])

    def expected(self, rule: str) -> dict[str, list[Alert]]:
        """What the oracle finds."""
        if rule not in self._expected:
            self._expected[rule] = {fixture: expect(rule, steps) for fixture, steps in self.steps.items()}
        return self._expected[rule]

    def differences(self, rule: str) -> list[tuple[str, list[Alert], list[Alert]]]:
        """Of a game in which they differ, what only the oracle finds and what only the product does."""
        for fixture, expected in self.expected(rule).items():
            mine, told = sorted(expected), sorted(self.told[rule][fixture])
            if mine != told:
                only = [each for each in mine if each not in told], [each for each in told if each not in mine]
                return [(fixture, *only)]
        return []


def expect(rule: str, steps: Sequence[Step]) -> list[Alert]:
    return [
        (round(each.at, 3), tuple(each.ids), each.message, "sent" if each.stands else "withdrawn", each.corrections)
        for each in oracle.alerts(RULES[rule], steps)
    ]


def backtest(folder: Path, games: Sequence[Sequence[str]]) -> Games:
    """Let the product play the games."""
    steps: dict[str, list[Step]] = {}
    for number, packets in enumerate(games):
        steps[json.loads(packets[0])["fixtureAction"]["fixtureId"]] = read(packets)
        (folder / f"{number:02}.jsonl").write_text("\n".join(packets), encoding="utf-8")
    done = actionbus("backtest", "--json", "--config", str(CONFIG), str(folder))
    assert done.code == 0, done.err
    said: dict[str, Any] = json.loads(done.out)
    assert said["games"] == len(games)
    told: dict[str, dict[str, list[Alert]]] = {rule: {fixture: [] for fixture in steps} for rule in RULES}
    for each in said["alerts"]:
        ids = tuple(each["action_ids"])
        alert = round(each["at"], 3), ids, each["message"], each["state"], each["corrections"]
        told[each["rule"]][each["fixture"]].append(alert)
    return Games(steps, told)


def recordings() -> list[list[str]]:
    return [path.read_text(encoding="utf-8").splitlines() for path in sorted(GAMES.glob("*.jsonl"))]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Games:
    return backtest(tmp_path_factory.mktemp("real"), recordings())


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Games:
    games = [generate_match(seed).packets for seed in range(4)]
    return backtest(tmp_path_factory.mktemp("generated"), games)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Games:
    """Generated games, and every fourth of the real ones, with a correction behind every third packet."""
    games = [generate_match(seed).packets for seed in range(4, 8)] + recordings()[::4]
    return backtest(tmp_path_factory.mktemp("spoilt"), [spoil(each, seed, 0.3) for seed, each in enumerate(games)])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.skipif(not GAMES.exists(), reason=WITHOUT.kwargs["reason"])
def test_real_games_have_the_alerts_that_a_brute_force_reading_gives(rule: str, real: Games) -> None:
    assert real.differences(rule) == []


@pytest.mark.parametrize("rule", RULES)
def test_generated_games_have_them_too(rule: str, generated: Games) -> None:
    assert generated.differences(rule) == []


# Not those where a spoilt game says something else: the feed's own score is not spoilt, and an action that was several
# others before the rule heard of it has a time that the rule does not know.
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in ("final_score", "count_by_the_wall")])
def test_games_with_many_corrections_have_them_too(rule: str, spoilt: Games) -> None:
    assert spoilt.differences(rule) == []


def test_the_games_have_what_the_rules_are_about(real: Games, spoilt: Games) -> None:
    """Else the tests above would show little."""
    taken_back = corrected = 0
    for rule in RULES:
        told = [each for games in (real, spoilt) for mine in games.expected(rule).values() for each in mine]
        taken_back += any(state == "withdrawn" for *_, state, _ in told)
        corrected += any(corrections for *_, corrections in told)
        assert len(told) >= 5, rule
    assert taken_back > 15
    assert corrected > 15
