"""What the commands that look into the journal have in common: which one it is, and what can be wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.cli.conftest import Command
from tests.core.cli.held import Game, write
from tests.core.feed.packets import FIXTURE, make_list

LOOKING = ("export x", "log", "fixtures")


@pytest.mark.parametrize("line", LOOKING)
def test_a_journal_that_cannot_be_looked_into_is_told_in_one_sentence(
    line: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "empty.db").write_bytes(b"")
    (tmp_path / "text.db").write_text("not a database, and long enough to be sure of it\n" * 50, encoding="utf-8")
    wrong = {
        "nowhere.db": "there is no journal nowhere.db yet; `actionbus run` begins it",
        ".": "the journal . is a folder; name a file",
        "empty.db": "the journal empty.db is empty; `actionbus run` begins it",
        "text.db": "text.db is no journal but some other file",
    }
    for name, told in wrong.items():
        said = command(*line.split(), "--journal", name)
        assert (said.code, said.out, said.err) == (2, "", f"{told}\n")


@pytest.mark.parametrize("line", [*LOOKING, "doctor"])
def test_without_a_file_and_a_journal_that_is_named_there_is_nothing_to_look_into(line: str, command: Command) -> None:
    said = command(*line.split())
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("plugins.toml: there is no such file in this folder;")


@pytest.mark.parametrize("line", LOOKING)
def test_a_log_in_memory_is_told_with_what_to_do(line: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text("", encoding="utf-8")
    said = command(*line.split())
    assert (said.code, said.out) == (2, "")
    hint = 'write path = "FILE" below [journal], or name a journal with --journal'
    assert said.err == f"plugins.toml: journal.path: the log is in memory, where nobody else can look into it; {hint}\n"


@pytest.mark.parametrize("line", [*LOOKING, "doctor"])
def test_help_fits_80_columns(line: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = command(line.split()[0], "--help")
    assert (said.code, said.err) == (0, "")
    assert [text for text in said.out.splitlines() if len(text) > 80] == []


def test_nothing_is_written_to_a_journal(command: Command, tmp_path: Path) -> None:
    journal = write(tmp_path / "journal.db", Game(packets=make_list(3)))
    before = journal.read_bytes()
    for line in (f"export {FIXTURE}", "log", "fixtures", "doctor --deep"):
        assert command(*line.split(), "--journal", str(journal)).code == 0, line
    assert journal.read_bytes() == before
    assert (tmp_path / "journal.db-wal").read_bytes() == b""
