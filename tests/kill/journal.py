"""What the journal of a daemon that was killed holds, read from a copy of the file with sqlite3 alone."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from attrs import frozen


@frozen(kw_only=True)
class Held:
    """What is committed, and what is wrong with the file (empty: nothing)."""

    cursors: dict[str, dict[str, int]]
    """By plugin and fixture."""
    newest: dict[str, int]
    """The position of the newest row, by fixture."""
    wrong: list[str]


@contextmanager
def _copied(journal: Path) -> Generator[sqlite3.Connection | None]:
    """Open a copy of a journal, None where it has no tables yet.

    A copy, because whoever opens the file itself recovers it, which is for the next daemon to do.
    """
    copy = journal.with_name("copy.db")
    for suffix in ("", "-wal"):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
        if (source := journal.with_name(journal.name + suffix)).exists():
            shutil.copyfile(source, copy.with_name(copy.name + suffix))
    if not copy.exists():
        yield None
        return
    with closing(sqlite3.connect(copy)) as connection:
        found = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'lane'").fetchone()
        yield connection if found[0] else None


def read_cursors(journal: Path, *, thoroughly: bool = False) -> Held:
    """Read what is committed; a cursor beyond the last row of its fixture is wrong. ``thoroughly``: check the file."""
    cursors: dict[str, dict[str, int]] = {}
    newest: dict[str, int] = {}
    wrong: list[str] = []
    with _copied(journal) as connection:
        if connection is None:
            return Held(cursors=cursors, newest=newest, wrong=wrong)
        lanes: list[tuple[str, str, int, int]] = connection.execute(
            "SELECT lane.plugin, fixture.name, lane.cursor,"
            " (SELECT coalesce(max(position), 0) FROM row WHERE row.fixture = lane.fixture)"
            " FROM lane JOIN fixture ON fixture.id = lane.fixture"
        ).fetchall()
        for plugin, fixture, cursor, last in lanes:
            cursors.setdefault(plugin, {})[fixture] = cursor
            newest[fixture] = last
            if cursor > last:
                wrong.append(f"journal: cursor {cursor} of {plugin} x {fixture} is beyond its last row, {last}")
        if thoroughly:
            said = [str(line) for (line,) in connection.execute("PRAGMA integrity_check")]
            wrong += [f"journal: integrity check: {line}" for line in said if line != "ok"]
    return Held(cursors=cursors, newest=newest, wrong=wrong)


def read_stores(journal: Path, plugin: str) -> dict[str, dict[str, object]]:
    """Read what a plugin keeps, by fixture."""
    stores: dict[str, dict[str, object]] = {}
    with _copied(journal) as connection:
        if connection is None:
            return stores
        rows: list[tuple[str, str, bytes]] = connection.execute(
            "SELECT fixture.name, store.key, store.value FROM store"
            " JOIN lane ON lane.id = store.lane JOIN fixture ON fixture.id = lane.fixture WHERE lane.plugin = ?",
            (plugin,),
        ).fetchall()
    for fixture, key, value in rows:
        stores.setdefault(fixture, {})[key] = json.loads(value)
    return stores
