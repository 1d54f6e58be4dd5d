from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.core.cli.conftest import Command

from actionbus.cli.journal import journal_place, journal_problems
from actionbus.config import Config, parse_config
from actionbus.errors import ConfigError

DDE = '[feed]\nsource = "dde"\nfixtures = ["a"]\ntoken = { env = "TOKEN" }\n'
SERVICE = {"STATE_DIRECTORY": "/var/lib/actionbus"}


def config(text: str, file: str = "/etc/actionbus/plugins.toml") -> Config:
    return parse_config(text, file, owned_tables=[], class_names=[])


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="other platforms have other places")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home folder of the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    return tmp_path


@pytest.mark.parametrize("source", ["", DDE], ids=["simulator", "dde"])
def test_a_path_says_where_the_log_is_whatever_else_there_is(source: str) -> None:
    placed = config(f'{source}[journal]\npath = "games.db"')
    assert journal_place(placed, SERVICE) == Path("/etc/actionbus/games.db")


def test_the_log_is_in_memory_when_asked_for() -> None:
    assert journal_place(config(f'{DDE}[journal]\npath = ":memory:"'), SERVICE) is None


def test_the_simulators_log_is_in_memory() -> None:
    assert journal_place(config(""), SERVICE) is None


@pytest.mark.parametrize("given", ["/var/lib/actionbus", "/var/lib/actionbus:/var/lib/other"])
def test_a_service_keeps_its_log_in_the_first_folder_that_systemd_gives_it(given: str) -> None:
    assert journal_place(config(DDE), {"STATE_DIRECTORY": given}) == Path("/var/lib/actionbus/journal.db")


@on_linux
@pytest.mark.parametrize("environ", [{}, {"STATE_DIRECTORY": ""}], ids=["unset", "empty"])
def test_else_the_log_is_with_the_users_state_and_nothing_is_made(environ: dict[str, str], home: Path) -> None:
    assert journal_place(config(DDE), environ) == home / ".local/state/actionbus/journal.db"
    assert list(home.iterdir()) == []


@on_linux
def test_the_user_may_have_moved_the_folder_for_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/srv/state")
    assert journal_place(config(DDE), {}) == Path("/srv/state/actionbus/journal.db")


def test_a_user_without_a_home_is_told_to_name_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.getuid", lambda: 2**31 - 7)  # nobody's
    with pytest.raises(ConfigError) as caught:
        journal_place(config(DDE), {})
    said = "journal.path: is missing, and this user has no home folder for the default"
    assert str(caught.value) == f'/etc/actionbus/plugins.toml: {said}; write path = "FILE" below [journal]'


@pytest.mark.parametrize("text", ["", DDE, '[journal]\npath = ":memory:"', '[journal]\npath = "new.db"'])
def test_a_log_that_is_not_there_yet_is_no_problem(text: str, home: Path) -> None:
    assert list(journal_problems(config(text, str(home / "plugins.toml")))) == []


@pytest.mark.parametrize("source", ["", DDE], ids=["simulator", "dde"])
@pytest.mark.parametrize("name", ["check", "run"])
@pytest.mark.parametrize(
    ("path", "told"),
    [
        (".", "is a folder, should be a file; name a file in it, such as journal.db"),
        ("nowhere/journal.db", "there is no folder nowhere; make it, or name a file elsewhere"),
        ("plugins.toml/journal.db", "there is no folder plugins.toml; make it, or name a file elsewhere"),
        ("x" * 300, "cannot be used (File name too long); name a file elsewhere"),
    ],
    ids=["a folder", "in no folder", "in a file", "too long"],
)
def test_a_path_where_no_log_can_be_is_told_by_check_and_run_alike(
    path: str, told: str, name: str, source: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "token")
    text = f'{source}[journal]\npath = "{path}"\n'
    Path("plugins.toml").write_text(text, encoding="utf-8")
    said = command(name)
    assert (said.code, said.out) == (2, "")
    assert said.err == f"plugins.toml:{text.count(chr(10))}: journal.path: {told}\n"
