"""``actionbus test``, and what check says of [[test]]."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.cli.conftest import Command
from tests.core.cli.test_backtest import LOUD, as_json, games, write

CONFIG = """
[plugin.score_tracker]
[alert.threes]
on      = "three_pointer_made"
message = "{{ player.name }} for three"
[alert.never]
on      = "ejection"
"""


@pytest.fixture
def messages(tmp_path: Path) -> list[str]:
    """What the alert says over the recording 5.jsonl, in the end."""
    games(tmp_path, 5)
    write(tmp_path, CONFIG)
    return [alert["message"] for alert in as_json(tmp_path, "5.jsonl")["alerts"]]


def case(expect: str, alert: str = "threes", replay: str = "5.jsonl") -> str:
    """Write a test."""
    return f'[[test]]\nalert = "{alert}"\nreplay = "{replay}"\nexpect = {{ {expect} }}\n'


def test_tests_that_hold_say_ok(tmp_path: Path, command: Command, messages: list[str]) -> None:
    cases = [
        case(f"sent = {len(messages)}"),
        case("sent = 0, withdrawn = 0, corrected = 0, messages = []", alert="never"),
        case(f"messages = {messages!r}"),
        case(f'contains = ["for three", "{messages[-1]}"]'),
    ]
    write(tmp_path, CONFIG + "".join(cases))
    said = command("test")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "ok      alert threes over 5.jsonl",
        "ok      alert never over 5.jsonl",
        "ok      alert threes over 5.jsonl",
        "ok      alert threes over 5.jsonl",
        "4 tests, none failed",
    ]


def test_the_match_of_a_seed_is_the_one_that_the_simulator_generates(
    tmp_path: Path, command: Command, messages: list[str]
) -> None:
    generated = case(f"messages = {messages!r}").replace('replay = "5.jsonl"', "seed = 5")
    write(tmp_path, CONFIG + generated + case(f"messages = {messages!r}") + generated.replace("= 5\n", "= 6\n"))
    said = command("test")
    assert (said.code, said.err) == (1, "")
    first, second, third, *_ = said.out.splitlines()
    assert first == "ok      alert threes over generated match 5"
    assert second == "ok      alert threes over 5.jsonl"
    assert third.startswith("FAILED  alert threes over generated match 6: ")


def test_a_test_that_fails_says_what_came_instead(tmp_path: Path, command: Command, messages: list[str]) -> None:
    write(tmp_path, CONFIG + case("sent = 2") + case("sent = 0", alert="never"))
    said = command("test")
    assert (said.code, said.err) == (1, "")
    first, *alerts, second, last = said.out.splitlines()
    assert first == f"FAILED  alert threes over 5.jsonl: expected 2 sent, got {len(messages)}:"
    shown = [line for line in alerts if line[4] != " "]
    assert [line.startswith("    20") for line in shown] == [True] * len(messages)
    assert [line.rpartition("  ")[2] for line in shown] == messages
    assert second == "ok      alert never over 5.jsonl"
    assert last == "2 tests, 1 failed"


@pytest.mark.parametrize(
    ("expect", "wrong"),
    [
        ("sent = 1", "expected 1 sent, got 0"),
        ("withdrawn = 2", "expected 2 withdrawn, got 0"),
        ("corrected = 3", "expected 3 corrected, got 0"),
        ('messages = ["x"]', "expected 1 message, got 0"),
        ('messages = ["x", "y"]', "expected 2 messages, got 0"),
        ('contains = ["x"]', "expected one that contains 'x', got none"),
        ('sent = 1, contains = ["x"]', "expected 1 sent, got 0; expected one that contains 'x', got none"),
    ],
)
def test_each_expectation_that_does_not_hold_is_told(
    tmp_path: Path, command: Command, messages: list[str], expect: str, wrong: str
) -> None:
    assert messages
    write(tmp_path, CONFIG + case(expect, alert="never"))
    said = command("test")
    assert said.code == 1
    assert said.out == f"FAILED  alert never over 5.jsonl: {wrong}\n1 test, 1 failed\n"


def test_messages_are_compared_word_by_word_and_in_order(tmp_path: Path, command: Command, messages: list[str]) -> None:
    other = [*messages[:2], "another", *messages[3:]]
    write(tmp_path, CONFIG + case(f"messages = {other!r}") + case(f"messages = {messages[:-1]!r}"))
    first, *_ = (shown := command("test").out.splitlines())
    assert first.endswith(f": expected 'another' as message 3, got {messages[2]!r}:")
    assert f"FAILED  alert threes over 5.jsonl: expected {len(messages) - 1} messages, got {len(messages)}:" in shown


def test_a_recording_of_several_tests_is_played_once(tmp_path: Path, command: Command, messages: list[str]) -> None:
    loud = LOUD.replace("return lambda fixture: Loud()", 'return lambda f: print("begins", f) or Loud()')
    cases = case(f"sent = {len(messages)}") + case("sent = 0", alert="never")
    write(tmp_path, CONFIG + '[plugin.loud]\npath = "loud.py"\n' + cases, loud=loud)
    said = command("test")
    assert said.code == 0
    assert len([line for line in said.out.splitlines() if line.startswith("begins") and len(line) > 10]) == 1


def test_several_recordings_are_told_apart(tmp_path: Path, command: Command, messages: list[str]) -> None:
    games(tmp_path, 5, 6)
    other = [alert["message"] for alert in as_json(tmp_path, "6.jsonl")["alerts"]]
    assert other != messages
    cases = case(f"messages = {messages!r}") + case(f"messages = {other!r}", replay="6.jsonl")
    write(tmp_path, CONFIG + cases)
    assert command("test").out.endswith("2 tests, none failed\n")


def test_a_file_without_tests_says_so(tmp_path: Path, command: Command) -> None:
    write(tmp_path, CONFIG)
    said = command("test")
    assert (said.code, said.out, said.err) == (0, "plugins.toml has no [[test]]\n", "")


@pytest.mark.parametrize("name", ["check", "test"])
def test_what_is_wrong_with_tests_is_told_by_check_and_test_alike(tmp_path: Path, command: Command, name: str) -> None:
    games(tmp_path, 5)
    (tmp_path / "bad.jsonl").write_text("{}\n", encoding="utf-8")
    cases = case("sent = 1", replay="nowhere.jsonl") + case("sent = 1") + case("sent = 1", replay="bad.jsonl")
    write(tmp_path, CONFIG + cases)
    said = command(name)
    assert (said.code, said.out) == (2, "")
    first, second = said.err.splitlines()
    assert first.startswith("plugins.toml:10: test[0].replay: nowhere.jsonl: there is no such file; ")
    assert second.startswith("plugins.toml:18: test[2].replay: bad.jsonl: no line of it is a Live Actions packet; ")


@pytest.mark.parametrize("name", ["check", "test"])
def test_a_test_of_no_alert_is_told_with_advice(tmp_path: Path, command: Command, name: str) -> None:
    write(tmp_path, CONFIG + case("sent = 1", alert="thres"))
    said = command(name)
    assert (said.code, said.out) == (2, "")
    assert said.err == "plugins.toml:9: test[0].alert: there is no alert 'thres'; did you mean 'threes'?\n"


def test_check_finds_nothing_wrong_with_tests_that_fail(tmp_path: Path, command: Command) -> None:
    games(tmp_path, 5)
    write(tmp_path, CONFIG + case("sent = 999"))
    assert command("check").code == 0
    assert command("test").code == 1
