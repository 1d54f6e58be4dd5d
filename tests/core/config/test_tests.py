from __future__ import annotations

from pathlib import Path

import pytest

from actionbus.config import Config, parse_config
from actionbus.config.tests import AlertTest, Expected
from actionbus.errors import ConfigError

ALERTS = '[alert.heat_check]\non = "steal"\n[alert.blowout]\non = "steal"\n'
RIGHT = '[[test]]\nalert = "heat_check"\nreplay = "games/a.jsonl"\nexpect = { sent = 1 }\n'


def parse(text: str) -> Config:
    return parse_config(text, "folder/plugins.toml", owned_tables=["alert"], class_names=[])


def told(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        parse(text)
    return [str(problem).removeprefix("folder/plugins.toml:") for problem in raised.value.problems]


def test_tests_are_read_in_the_order_of_the_file() -> None:
    text = """
[[test]]
alert = "blowout"
replay = "a.jsonl"
expect = { sent = 3, withdrawn = 1, corrected = 0, messages = ["x", "y"], contains = ["z"] }
"""
    assert parse(ALERTS + RIGHT + text).tests == (
        AlertTest(alert="heat_check", replay=Path("folder/games/a.jsonl"), expect=Expected(sent=1)),
        AlertTest(
            alert="blowout",
            replay=Path("folder/a.jsonl"),
            expect=Expected(sent=3, withdrawn=1, corrected=0, messages=("x", "y"), contains=("z",)),
        ),
    )
    assert parse(ALERTS).tests == ()


def test_tests_are_no_table_of_a_plugin() -> None:
    assert parse(ALERTS + RIGHT).tables.keys() == {"alert"}


def test_a_test_may_name_the_match_that_a_seed_generates() -> None:
    (test,) = parse(ALERTS + RIGHT.replace('replay = "games/a.jsonl"', "seed = 5")).tests
    assert test == AlertTest(alert="heat_check", seed=5, expect=Expected(sent=1))


@pytest.mark.parametrize(
    "expected", ["sent = 0", "withdrawn = 0", "corrected = 0", "messages = []", 'contains = ["x"]']
)
def test_each_key_of_expect_is_enough(expected: str) -> None:
    assert len(parse(ALERTS + RIGHT.replace("sent = 1", expected)).tests) == 1


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (
            RIGHT.replace("_check", "_chek"),
            "6: test[0].alert: there is no alert 'heat_chek'; did you mean 'heat_check'?",
        ),
        (
            RIGHT.replace("heat_check", "zzz"),
            "6: test[0].alert: there is no alert 'zzz'; there is heat_check, blowout",
        ),
        (RIGHT.replace("heat_check", ""), "6: test[0].alert: there is no alert ''; there is heat_check, blowout"),
        (RIGHT.replace('"heat_check"', "5"), "6: test[0].alert: is a whole number, should be text; write it in quotes"),
        (RIGHT.replace("games/a.jsonl", ""), "7: test[0].replay: is empty, should be a path"),
        (RIGHT.replace("sent = 1", "sent = -1"), "8: test[0].expect.sent: should be 0 or more"),
        (
            RIGHT.replace("sent = 1", "sent = true"),
            "8: test[0].expect.sent: is true or false, should be a whole number",
        ),
        (RIGHT.replace("sent = 1", "snt = 1"), "8: test[0].expect.snt: unknown key; did you mean 'sent'?"),
        (
            RIGHT.replace("sent = 1", 'messages = "x"'),
            "8: test[0].expect.messages: is text, should be a list; put it in brackets: [...]",
        ),
        (
            RIGHT.replace("sent = 1", ""),
            "8: test[0].expect: is empty, so there is nothing to test;"
            " expect at least one of sent, withdrawn, corrected, messages, contains",
        ),
        (
            RIGHT.replace('replay = "games/a.jsonl"\n', ""),
            '5: test[0]: has no game; write seed = 5 for a generated match, or replay = "game.jsonl"',
        ),
        (
            RIGHT.replace("replay =", "seed = 0\nreplay ="),
            "5: test[0]: has two games, replay and seed; leave one of them out, or write two tests",
        ),
        (
            RIGHT.replace('replay = "games/a.jsonl"', 'seed = "5"'),
            "7: test[0].seed: is text, should be a whole number; write it without quotes",
        ),
        (RIGHT.replace("alert =", "alerts ="), "5: test[0].alert: is missing"),
        (RIGHT.replace("[[test]]", "[test]"), "5: test: is a table, should be a list of tables; write [[test]]"),
        (RIGHT.replace("[[test]]", "[[tests]]"), "5: tests: unknown key; did you mean 'test'?"),
    ],
)
def test_what_is_wrong_with_a_test_is_told_with_its_line_and_advice(wrong: str, what: str) -> None:
    assert what in told(ALERTS + wrong)


def test_what_is_wrong_with_several_tests_is_told_at_once() -> None:
    wrong = RIGHT.replace("_check", "") + RIGHT.replace("sent", "snt")
    assert [line.partition(":")[0] for line in told(ALERTS + wrong)] == ["6", "12"]


def test_a_test_without_any_alert_in_the_file_says_how_to_write_one() -> None:
    assert told(RIGHT) == ["2: test[0].alert: there is no alert 'heat_check'; write [alert.NAME]"]
