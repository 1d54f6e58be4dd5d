from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.core.cli import held
from tests.core.cli.conftest import Command

RULES = """
[alert.steals]
on       = "steal"
cooldown = "10m"
message  = "{{ player.name }} steals"
"""
KNOWN = ["id", "rule", "fixture", "state", "reason", "text", "period", "clock", "at", "action_ids", "channels"]
LISTING = """
from actionbus import KnownAlerts, hookimpl


@hookimpl
def alerts():
    return HOW
"""


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The journal of a match that was followed to its end."""
    return str(held.play(tmp_path_factory.mktemp("played"), RULES))


def test_the_json_has_all_that_is_known_of_all_alerts(journal: str, command: Command) -> None:
    said = command("alerts", "--journal", journal, "--json")
    found = json.loads(said.out)
    assert list(found) == ["alerts", "muted"]
    assert all(list(each) == KNOWN for each in found["alerts"])
    assert [each["at"] for each in found["alerts"]] == sorted(each["at"] for each in found["alerts"])
    assert found["alerts"][0]["channels"] == [
        {"channel": "console", "state": "told", "said": "told", "text": found["alerts"][0]["text"], "until": None}
    ]


def test_the_table_shows_of_each_id_what_explain_needs(journal: str, command: Command) -> None:
    said = command("alerts", "--journal", journal)
    ids = [each["id"] for each in json.loads(command("alerts", "--journal", journal, "--json").out)["alerts"]]
    shown = [line.split()[5] for line in said.out.splitlines()[1:-1]]
    assert len(shown) == len(ids) == 14
    for name in shown:
        assert sum(each.startswith(name) for each in ids) == 1
    assert said.out.splitlines()[-1] == "14 alerts: 6 sent, 8 passed over (8 cooldown)"


def test_the_newest_are_shown_and_how_many_more_there_are(journal: str, command: Command) -> None:
    said = command("alerts", "--journal", journal, "--lines", "3").out.splitlines()
    assert len(said) == 5
    assert said[-1].endswith("; the newest 3 are shown, --lines shows more")
    assert command("alerts", "--journal", journal, "--lines", "0").out.count("\n") == 1


def test_where_there_are_none_it_says_so(journal: str, command: Command) -> None:
    assert command("alerts", "--journal", journal, "--state", "failed").out == "no alerts\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--rule", "steels"], "the journal has no alert of rule 'steels'; did you mean 'steals'?"),
        (["--channel", "consol"], "the journal has no alert of channel 'consol'; did you mean 'console'?"),
        (["--since", "soon"], "actionbus alerts: --since 'soon' should be how long ago"),
        (["--fixture", "zz"], "there is no fixture 'zz' in the journal"),
        (["--state", "lost"], "argument --state: invalid choice: 'lost'"),
    ],
)
def test_what_is_written_wrong_is_told_in_a_sentence(
    arguments: list[str], error: str, journal: str, command: Command
) -> None:
    said = command("alerts", "--journal", journal, *arguments)
    assert (said.code, said.out) == (2, "")
    assert error in said.err


def test_a_log_in_memory_says_what_to_do(command: Command, tmp_path: Path) -> None:
    held.config(tmp_path, RULES)
    said = command("alerts")
    assert (said.code, said.out) == (2, "")
    assert 'write path = "FILE" below [journal]' in said.err


def test_rules_that_are_wrong_by_now_do_not_hide_what_was_told(journal: str, command: Command, tmp_path: Path) -> None:
    held.config(tmp_path, '[alert.steals]\non = "steel"\n[defaults]\ntimezone = "Nowhere"\n')
    assert "14 alerts" in command("alerts", "--journal", journal).out


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("5", "its hook alerts() should return what lists alerts, not 5"),
        ("lambda kept: 1 / 0", "its alerts failed: ZeroDivisionError"),
    ],
)
def test_a_plugin_that_lists_wrongly_is_named(
    how: str, error: str, journal: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "bad.py").write_text(LISTING.replace("HOW", how), encoding="utf-8")
    held.config(tmp_path, '[plugin.bad]\npath = "bad.py"\n')
    said = command("alerts", "--journal", journal)
    assert said.code == 1
    assert error in said.err


def test_what_a_plugin_says_to_be_muted_stands_below(journal: str, command: Command, tmp_path: Path) -> None:
    text = LISTING.replace("HOW", 'lambda kept: KnownAlerts(alerts=(), muted=("Clyburn is muted until 20:00",))')
    (tmp_path / "quiet.py").write_text(text, encoding="utf-8")
    held.config(tmp_path, '[plugin.quiet]\npath = "quiet.py"\n')
    assert command("alerts", "--journal", journal).out == "no alerts\nClyburn is muted until 20:00\n"


def test_a_feed_s_text_cannot_command_a_terminal(journal: str, command: Command, tmp_path: Path) -> None:
    listed = 'KnownAlerts(alerts=(), muted=("\\x1b[2J muted",))'
    (tmp_path / "loud.py").write_text(LISTING.replace("HOW", f"lambda kept: {listed}"), encoding="utf-8")
    held.config(tmp_path, '[plugin.loud]\npath = "loud.py"\n')
    assert "\x1b" not in command("alerts", "--journal", journal).out
