"""What can still be read of a journal that is damaged, for a new one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from attrs import field, frozen

from actionbus.log.batch import Record
from actionbus.log.database import ROW, Database

MOST = 50_000  # rows, about 65 MB: what nobody reads on can be had from the feed


@frozen
class Salvaged:
    """Rows of games that run, in the order of the log, and the fixtures of which some may be missing."""

    rows: list[Record] = field(factory=list[Record])
    incomplete: set[int] = field(factory=set[int])


def salvage(database: Database, fixtures: Sequence[int]) -> Salvaged:
    """Read the rows of fixtures, by their numbers, those first that matter most."""
    found = Salvaged()
    for number in fixtures:
        if len(found.rows) >= MOST or not _read(database, number, found.rows):
            found.incomplete.add(number)
    found.rows.sort(key=lambda each: each[:1])
    return found


def _read(database: Database, number: int, rows: list[Record]) -> bool:
    """Read the rows of a fixture, by the index or, where that is damaged, past it; return whether all came."""
    for hint in ("INDEXED BY sqlite_autoindex_row_1", "NOT INDEXED"):
        try:
            rows += database.read(f"SELECT {ROW} FROM row {hint} WHERE fixture = ? ORDER BY position", number)
        except sqlite3.Error:
            continue
        return True
    return False
