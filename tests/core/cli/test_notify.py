"""``actionbus notify test``: its exit codes, and what it says of names that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.cli.conftest import Command

from actionbus_plugins.notifier.delivery import trial

CONFIG = """
[notify.paper]
use    = "file"
path   = "alerts.txt"
format = "text"
[notify.away]
use    = "ntfy"
server = "http://127.0.0.1:9"
topic  = "knicks"
[notify.secret]
use    = "discord"
url    = { env = "NOBODY_SETS_THIS" }
"""


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to see the alert before it is corrected."""
    monkeypatch.setattr(trial, "PAUSE", 0.0)
    (tmp_path / "plugins.toml").write_text(CONFIG, encoding="utf-8")


def test_what_was_sent_and_what_is_to_be_seen_is_said_in_a_line_each(command: Command, tmp_path: Path) -> None:
    said = command("notify", "test", "paper")
    assert (said.code, said.err) == (0, "")
    assert [line.partition(";")[0].partition(': you should see "')[0] for line in said.out.splitlines()] == [
        "paper (file): sent an alert",
        "paper (file): sent its correction as a further message",
    ]
    assert len((tmp_path / "alerts.txt").read_text().splitlines()) == 2


def test_the_file_can_be_named(command: Command, tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").rename(tmp_path / "other.toml")
    assert command("notify", "test", "paper", "--config", "other.toml").code == 0


def test_the_console_needs_no_table(command: Command, tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text("[defaults]\n", encoding="utf-8")
    said = command("notify", "test", "console")
    assert said.code == 0
    assert said.out.splitlines()[0] == "ALERT test: actionbus test: Ann Lee for three"


def test_a_service_that_is_away_is_1(command: Command) -> None:
    said = command("notify", "test", "away")
    assert (said.code, said.err) == (1, "")
    (line,) = said.out.splitlines()
    assert line.startswith("away (ntfy): the alert did not arrive: ")


def test_a_secret_of_this_channel_that_is_missing_is_2(command: Command) -> None:
    said = command("notify", "test", "secret")
    assert (said.code, said.out) == (2, "")
    what = "notify.secret.url: the environment variable NOBODY_SETS_THIS is not set"
    assert said.err == f"plugins.toml:12: {what}\n"


UNKNOWN = {
    "papr": "plugins.toml: there is no channel 'papr'; did you mean 'paper'?",
    "x": "plugins.toml: there is no channel 'x'; the channels are console, paper, away, secret",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_name_that_is_none_is_told_with_what_there_is(name: str, command: Command) -> None:
    said = command("notify", "test", name)
    assert (said.code, said.out, said.err) == (2, "", f"{UNKNOWN[name]}\n")


def test_without_any_alerts_it_is_said_how_to_begin(command: Command, tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text("[plugin.score_tracker]\n", encoding="utf-8")
    said = command("notify", "test", "phone")
    assert (said.code, said.err) == (2, "plugins.toml: there is no channel 'phone'; write one: [notify.NAME]\n")


def test_a_table_that_is_wrong_is_told_with_its_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text('[notify.a]\nuse = "ntfy"\n', encoding="utf-8")
    said = command("notify", "test", "a")
    assert said.code == 2
    assert said.err.startswith("plugins.toml:1: notify.a: topic is missing; ")


def test_a_plugin_of_ones_own_can_have_channels(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from actionbus import PluginContext, Say, TryChannels, hookimpl\n"
        "async def pigeon(say: Say) -> bool:\n"
        "    say('let a pigeon fly')\n"
        "    return False\n"
        "@hookimpl\n"
        "def try_channels(context: PluginContext) -> TryChannels:\n"
        "    return {'pigeon': pigeon}\n",
        encoding="utf-8",
    )
    (tmp_path / "plugins.toml").write_text('[plugin.mine]\npath = "mine.py"\n', encoding="utf-8")
    said = command("notify", "test", "pigeon")
    assert (said.code, said.out, said.err) == (1, "let a pigeon fly\n", "")


WRONG = {
    "return ['pigeon']": "actionbus: plugin mine: its hook try_channels() should return what tries a channel, by name",
    "raise ValueError('x')": "actionbus: plugin mine: its try_channels failed: ValueError: x",
}


@pytest.mark.parametrize("body", WRONG)
def test_a_plugin_that_is_wrong_about_it_is_blamed_in_one_sentence(body: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        f"from actionbus import hookimpl\n@hookimpl\ndef try_channels():\n    {body}\n", encoding="utf-8"
    )
    (tmp_path / "plugins.toml").write_text('[plugin.mine]\npath = "mine.py"\n', encoding="utf-8")
    said = command("notify", "test", "pigeon")
    assert said.code == 1
    assert said.err.startswith(WRONG[body])
    assert "Traceback" not in said.err
