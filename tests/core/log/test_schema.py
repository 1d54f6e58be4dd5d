"""A file becomes a journal: made, checked, brought up to date, all or nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.core.log.journals import ask

from actionbus import ConfigError
from actionbus.log.schema import APPLICATION, FIRST, MIGRATIONS, connect, connect_to_read

SECOND = "ALTER TABLE fixture ADD COLUMN venue TEXT NOT NULL DEFAULT 'somewhere';"
BROKEN = "ALTER TABLE fixture ADD COLUMN venue TEXT; CREATE TABLE fixture(id INTEGER);"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def make_old(path: Path) -> None:
    """A journal of the first version, with something in it."""
    with closing(connect(path, migrations=(FIRST,))) as connection:
        connection.execute("INSERT INTO fixture(id, name) VALUES (1, 'f')")


def test_a_new_file_has_the_newest_version(path: Path) -> None:
    connect(path).close()
    assert ask(path, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert ask(path, "PRAGMA application_id") == [(APPLICATION,)]
    assert ask(path, "PRAGMA journal_mode") == [("wal",)]
    assert ask(path, "PRAGMA auto_vacuum") == [(2,)]


@pytest.mark.parametrize(("sync", "level"), [("full", 2), ("normal", 1)])
def test_a_commit_is_as_safe_as_the_configuration_says(path: Path, sync: str, level: int) -> None:
    with closing(connect(path, sync=sync)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchall() == [(level,)]


def test_an_older_journal_is_brought_up_to_date_with_all_that_is_in_it(path: Path) -> None:
    make_old(path)
    for _ in range(2):
        connect(path, migrations=(FIRST, SECOND)).close()
    assert ask(path, "SELECT id, name, venue FROM fixture") == [(1, "f", "somewhere")]
    assert ask(path, "PRAGMA user_version") == [(2,)]


def test_a_migration_that_fails_leaves_the_journal_as_it_was(path: Path) -> None:
    make_old(path)
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        connect(path, migrations=(FIRST, BROKEN))
    assert ask(path, "SELECT * FROM fixture") == [(1, "f", 0, None, 0, 0)]
    assert ask(path, "PRAGMA user_version") == [(1,)]
    connect(path, migrations=(FIRST, SECOND)).close()


def test_a_newer_journal_is_refused(path: Path) -> None:
    connect(path, migrations=(FIRST, SECOND)).close()
    with pytest.raises(ConfigError, match=r"newer actionbus \(version 2\)"):
        connect(path, migrations=(FIRST,))


def test_who_only_reads_makes_nothing_and_changes_nothing(path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connect_to_read(path)
    assert not path.exists()
    connect(path).close()
    with closing(connect_to_read(path)) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM row")


@pytest.mark.parametrize("name", ["a b.db", "per%20cent.db", "ques?tion.db", "ha#sh.db", "\N{BASKETBALL AND HOOP}.db"])
def test_a_journal_may_have_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    connect(path).close()
    connect_to_read(path).close()
    assert path.exists()
