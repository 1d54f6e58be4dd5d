"""The tables of the journal, and how a file becomes one: opened, checked, brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from actionbus.errors import ConfigError

APPLICATION = 0x41425553  # "ABUS", in the header of the file: what else is a SQLite database is not ours to write to
BUSY = 5.0  # seconds to wait for whoever reads the file meanwhile
WAL = 16 * 1024 * 1024  # bytes: what a slow reader made of the write-ahead log goes down to this again

FIRST = """
CREATE TABLE fixture(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,            -- the feed's id
    epoch INTEGER NOT NULL DEFAULT 0,     -- how often the feed's list has changed
    base INTEGER,                         -- of startPosition, where it was learned
    gaps INTEGER NOT NULL DEFAULT 0,      -- in fixtureSeqNum
    finished INTEGER NOT NULL DEFAULT 0   -- 1: no more packets will come, and its rows may be gone
);
CREATE TABLE row(
    position INTEGER PRIMARY KEY,
    fixture INTEGER NOT NULL,
    kind INTEGER NOT NULL,                -- RowKind
    epoch INTEGER NOT NULL,
    n INTEGER,                            -- number in the feed's list; null: it is no part of it
    at REAL NOT NULL,
    received REAL NOT NULL,
    flags INTEGER NOT NULL,               -- 1: nothing follows from the packet; 2: it made up for an outage
    name TEXT,                            -- class of a moment, state of a status, reason of a bad packet
    state INTEGER,                        -- Decision: how the action stood before,
    previous INTEGER,                     --   the row that said what stood,
    announced INTEGER,                    --   and how often the action had been announced
    body,                                 -- the packet as it came: text, or a blob where it was a binary message
    UNIQUE(fixture, epoch, n)
);
CREATE INDEX bad_packet ON row(fixture, epoch) WHERE kind = 2;  -- to count them; the rest costs nothing
CREATE TABLE plugin(
    name TEXT PRIMARY KEY,
    born INTEGER NOT NULL                 -- the newest row when it was first seen
) WITHOUT ROWID;
CREATE TABLE lane(
    id INTEGER PRIMARY KEY,
    plugin TEXT NOT NULL,
    fixture INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    settings TEXT NOT NULL,
    UNIQUE(fixture, plugin)
);
CREATE TABLE store(lane INTEGER, key TEXT, value BLOB NOT NULL, PRIMARY KEY(lane, key)) WITHOUT ROWID;
CREATE TABLE timer(
    lane INTEGER, key TEXT, due REAL NOT NULL, data BLOB NOT NULL, hops INTEGER NOT NULL, PRIMARY KEY(lane, key)
) WITHOUT ROWID;
CREATE TABLE published(                   -- moments of handlers that have no row yet
    id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, hops INTEGER NOT NULL
);
CREATE INDEX published_of_lane ON published(lane);
CREATE TABLE shared_sum(plugin TEXT, key TEXT, value NOT NULL, PRIMARY KEY(plugin, key)) WITHOUT ROWID;
CREATE TABLE shared_value(plugin TEXT, key TEXT, value BLOB NOT NULL, PRIMARY KEY(plugin, key)) WITHOUT ROWID;
CREATE TABLE written(batch INTEGER NOT NULL);  -- the last batch: whether one was committed is never in doubt
INSERT INTO written VALUES (0);
"""

MIGRATIONS: tuple[str, ...] = (FIRST,)
"""What makes each version of the tables from the one before; version n is after the first n of them."""


def connect(path: Path, *, sync: str = "full", migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """Open a journal for writing; make it, or bring it up to date, where it has to be.

    Raises ConfigError where the file is something else or belongs to a newer actionbus, and sqlite3.Error.
    """
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        _prepare(connection, path, sync, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a journal that there is, for reading only. Raises as ``connect`` does."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY, isolation_level=None, check_same_thread=False
    )
    try:
        connection.text_factory = _text
        version = _version(connection, path, len(MIGRATIONS))
        if version < len(MIGRATIONS):
            raise ConfigError(f"{path} was written by an older actionbus; `actionbus run` brings it up to date")
    except BaseException:
        connection.close()
        raise
    return connection


def _text(stored: bytes) -> str:
    """Read a text; of one that is damaged, as much as there is."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored.decode(errors="backslashreplace")


def _prepare(connection: sqlite3.Connection, path: Path, sync: str, migrations: Sequence[str]) -> None:
    version = _version(connection, path, len(migrations))
    if version == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts only while there is no table
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {sync}")
    connection.execute(f"PRAGMA journal_size_limit = {WAL}")
    for number, migration in enumerate(migrations[version:], version + 1):
        marks = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {number};"
        connection.executescript(f"BEGIN IMMEDIATE; {migration} {marks} COMMIT;")


def _version(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    """Return the version of a journal's tables, 0 for an empty file."""
    ((application,),) = connection.execute("PRAGMA application_id").fetchall()
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    if tables and application != APPLICATION:
        raise ConfigError(f"{path} is a database of something else; name another file in [journal] path")
    if version > newest:
        raise ConfigError(f"{path} was written by a newer actionbus (version {version}); update, or name another file")
    return int(version)
