"""The fixtures of a journal by name, whole or as short as tells them apart."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from itertools import pairwise

from actionbus.config.wrong import did_you_mean
from actionbus.errors import ConfigError

SHORTEST = 8  # characters of a fixture's id that are shown
_FEW = 3


def fixture_names(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the number of each fixture by its id, in the order in which they were first seen."""
    return dict(connection.execute("SELECT name, id FROM fixture ORDER BY id"))


def finished_fixtures(connection: sqlite3.Connection) -> set[str]:
    """Return the ids of the fixtures that are finished, those of which nothing else is held any more too."""
    return {name for (name,) in connection.execute("SELECT name FROM fixture WHERE finished")}


def find_fixture(connection: sqlite3.Connection, asked: str) -> tuple[str, int]:
    """Return id and number of the fixture that ``asked``, its id or the beginning of it, means. Raises ConfigError."""
    names = fixture_names(connection)
    found = [asked] if asked in names else [name for name in names if name.startswith(asked)]
    if len(found) == 1:
        return found[0], names[found[0]]
    if found:
        more = f" and {len(found) - _FEW} more" if len(found) > _FEW else ""
        raise ConfigError(f"several fixtures begin with {asked!r}: {', '.join(found[:_FEW])}{more}; write more of it")
    if not names:
        raise ConfigError(f"there is no fixture {asked!r}: the journal holds none yet")
    there = ", ".join(names) if len(names) <= _FEW else "`actionbus fixtures` lists what there is"
    hint = did_you_mean(asked, names) or (there if len(names) > _FEW else f"there is {there}")
    raise ConfigError(f"there is no fixture {asked!r} in the journal; {hint}")


def short(names: Iterable[str]) -> int:
    """Return how many characters of the ids tell them apart."""
    length, pairs = SHORTEST, list(pairwise(sorted(set(names))))
    while any(one[:length] == other[:length] for one, other in pairs):
        length += 1
    return length
