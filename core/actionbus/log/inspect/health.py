"""Whether a journal is what it should be: its version, whether it is whole, and what was kept aside."""

from __future__ import annotations

import math
import sqlite3
import time
from pathlib import Path

from attrs import frozen

from actionbus.log.database import is_corrupt
from actionbus.log.schema import APPLICATION, MIGRATIONS

_STEPS = 20_000  # of SQLite's virtual machine, between two looks at the clock: some milliseconds
_MOST_SAID = 3


@frozen(kw_only=True)
class Version:
    """The version of a journal's tables beside that which this actionbus writes; ``ours``: it is a journal at all."""

    ours: bool
    found: int
    newest: int


def version(path: Path) -> Version:
    """Return a file's version. Raises sqlite3.Error, also where it is no database."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        ((application,),) = connection.execute("PRAGMA application_id").fetchall()
        ((found,),) = connection.execute("PRAGMA user_version").fetchall()
    finally:
        connection.close()
    return Version(ours=application == APPLICATION, found=found, newest=len(MIGRATIONS))


def damage(connection: sqlite3.Connection, *, limit: float | None) -> list[str] | None:
    """Return what is wrong with a journal's file, nothing where it is whole, None where ``limit`` seconds are over.

    With no limit all of it is looked at, the indices too. Raises sqlite3.Error where it cannot be read for now.
    """
    ends = time.monotonic() + limit if limit is not None else math.inf
    connection.set_progress_handler(lambda: int(time.monotonic() > ends), _STEPS)
    try:
        return _said(connection, "integrity_check" if limit is None else "quick_check")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return None
        if not is_corrupt(error):
            raise
        return [str(error)]
    finally:
        connection.set_progress_handler(None, 0)


def _said(connection: sqlite3.Connection, pragma: str) -> list[str]:
    found = [str(line) for (line,) in connection.execute(f"PRAGMA {pragma}({_MOST_SAID})")]
    return [] if found == ["ok"] else [" ".join(line.split()) for line in found]


def kept_aside(path: Path) -> list[Path]:
    """Return the damaged journals that were kept beside this one. Raises OSError."""
    beside = (each for each in path.parent.iterdir() if each.name.startswith(f"{path.name}.corrupt-"))
    return sorted(each for each in beside if not each.name.endswith(("-wal", "-shm")))
