"""Open a journal for reading; whatever is wrong with it is one sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from actionbus.errors import ActionbusError, ConfigError
from actionbus.log.schema import connect_to_read

OTHER_USERS = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY)


@contextmanager
def looking_into(path: Path) -> Generator[sqlite3.Connection]:
    """Open the journal at ``path`` for reading only.

    Raises ConfigError where it is not there, not a journal or a newer one's, and ActionbusError where it cannot be
    read in the middle.
    """
    connection = _open(path)
    try:
        yield connection
    except sqlite3.Error as error:
        said = f"the journal {path} cannot be read: {error}"
        raise ActionbusError(f"{said}; `actionbus doctor` looks for what is wrong with it") from None
    finally:
        connection.close()


def _open(path: Path) -> sqlite3.Connection:
    try:
        if path.is_dir():
            raise ConfigError(f"the journal {path} is a folder; name a file")
        if path.stat().st_size == 0:
            raise ConfigError(f"the journal {path} is empty; `actionbus run` begins it")
        return connect_to_read(path)
    except FileNotFoundError:
        raise ConfigError(f"there is no journal {path} yet; `actionbus run` begins it") from None
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(why_not(path, error)) from None


def why_not(path: Path, error: OSError | sqlite3.Error) -> str:
    """Say why a journal cannot be opened."""
    if isinstance(error, OSError):
        return f"the journal {path} cannot be opened: {error.strerror or error}"
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return f"{path} is no journal but some other file"
    hint = "; look as the user that the daemon runs as" if code in OTHER_USERS else ""
    return f"the journal {path} cannot be opened: {error}{hint}"
