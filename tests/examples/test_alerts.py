"""The gallery of alerts: each works on its own and sends what its tests expect; together they use all there is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.processes import actionbus

from actionbus import Moment, event_classes
from actionbus.cli import main
from actionbus.config.settings import keys_by_field
from actionbus_plugins import score_tracker
from actionbus_plugins.notifier.settings import Count, Quiet, Rule, Streak

GALLERY = Path(__file__).parents[2] / "examples/alerts"
FILES = sorted(GALLERY.glob("*.toml"))
NAMES = [path.stem for path in FILES]


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def rule_of(path: Path) -> dict[str, Any]:
    rule: dict[str, Any] = read(path)["alert"][path.stem]
    return rule


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_there_are_twenty() -> None:
    assert len(FILES) == 20


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_each_is_one_alert_of_its_own_name_that_needs_nothing_else(path: Path) -> None:
    said = read(path)
    assert list(said["alert"]) == [path.stem]
    assert said.keys() <= {"simulator", "plugin", "defaults", "lists", "notify", "alert", "test"}
    assert [channel["use"] for channel in said.get("notify", {}).values()] in ([], ["console"])
    assert f"--config examples/alerts/{path.name}" in path.read_text(encoding="utf-8")
    assert "message" in rule_of(path)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_check_finds_nothing_wrong(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(path)]) == 0
    said = capsys.readouterr()
    assert "all is well" in said.out
    assert said.err == ""


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_it_sends_what_its_tests_expect(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--config", str(path)]) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.endswith("none failed\n")


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_its_tests_are_exact_and_need_no_data(path: Path) -> None:
    tests = read(path)["test"]
    assert {test["alert"] for test in tests} == {path.stem}
    assert read(path)["simulator"]["seed"] == tests[0]["seed"]
    for test in tests:
        expect = test["expect"]
        assert expect["sent"] >= 1
        assert expect.keys() in ({"sent", "withdrawn", "corrected", each} for each in ("messages", "contains"))


def test_some_are_corrected_and_some_are_taken_back() -> None:
    expected = [test["expect"] for path in FILES for test in read(path)["test"]]
    assert sum(each["withdrawn"] > 0 for each in expected) >= 5
    assert sum(each["corrected"] > 0 for each in expected) >= 5


def test_all_of_them_together_use_every_key_of_a_rule_and_of_its_tables() -> None:
    rules = [rule_of(path) for path in FILES]
    assert {key for rule in rules for key in rule} == set(keys_by_field(Rule).values())
    for name, kind in (("streak", Streak), ("count", Count), ("quiet", Quiet)):
        used = {key for rule in rules for key in rule.get(name, {})}
        assert used == set(keys_by_field(kind).values()), name


def test_all_of_them_together_are_about_every_moment_and_the_feed() -> None:
    moments = {
        name
        for name, kind in event_classes().items()
        if issubclass(kind, Moment) and kind.__module__.startswith(score_tracker.__name__) and not kind.__subclasses__()
    }
    assert len(moments) > 10
    assert moments | {"feed_status"} <= {name for path in FILES for name in listed(rule_of(path)["on"])}


def test_the_page_lists_each_with_the_keys_that_it_uses() -> None:
    page = (GALLERY / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\]\((\S+)\) \| (.+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert [name for name, *_ in rows] == NAMES
    for (name, link, tells, on, keys), path in zip(rows, FILES, strict=True):
        rule = rule_of(path)
        assert link == f"{name}.toml"
        assert tells.strip()
        assert re.findall(r"`(\w+)`", on) == listed(rule["on"])
        assert re.findall(r"`(\w+)`", keys) == [key for key in rule if key not in ("on", "message")]


def test_the_daemon_tells_it_on_the_simulator(tmp_path: Path) -> None:
    (path,) = [path for path in FILES if path.stem == "heat_check"]
    config = tmp_path / path.name
    text = path.read_text(encoding="utf-8")
    config.write_text(re.sub(r"^speed = \d+", 'speed = "max"', text, flags=re.MULTILINE), encoding="utf-8")
    done = actionbus("run", "--config", str(config), "--until-finished", cwd=tmp_path)
    assert done.code == 0
    (first, *_) = read(path)["test"]
    told = [line.removeprefix("ALERT heat_check: ") for line in done.out.splitlines() if line.startswith("ALERT")]
    assert len([line for line in told if not line.startswith(("corrected", "taken back", "stands"))]) == 2
    assert first["expect"]["sent"] == 2
