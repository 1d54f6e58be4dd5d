"""The feed's list as a journal holds it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator


def packets(connection: sqlite3.Connection, fixture: int) -> Iterator[bytes]:
    """Yield a fixture's packets as they came, in the order of the feed's newest list, bad ones too.

    Text is UTF-8; of a packet that could not be received there is nothing, so it is empty. Raises sqlite3.Error.
    """
    found = connection.execute(
        "SELECT CAST(body AS BLOB) FROM row WHERE fixture = ?1 AND n IS NOT NULL"
        " AND epoch = (SELECT epoch FROM fixture WHERE id = ?1) ORDER BY n",
        (fixture,),
    ).fetchall()  # a game at most; whoever reads slowly would keep the journal's write-ahead log from shrinking
    for (body,) in found:
        yield body or b""
