"""What a journal holds of each fixture."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice

import orjson
from attrs import frozen

from actionbus.errors import BadPacket
from actionbus.events.base import Action, FeedState, Score, Team
from actionbus.events.catalogue import Catalogue
from actionbus.log.inspect.lanes import LaneLag, lags, received
from actionbus.log.rows import RowKind
from actionbus.wire import Decoder

_OPENING = 60  # packets in which both teams are named; their line-ups come among the first
_ENDING = 20  # packets of which one says how the game stands

_Line = tuple[int, str, int, int, int]  # number, id, epoch, gaps, finished


@frozen(kw_only=True)
class Overview:
    """A fixture as the journal has it: what the feed last said of it, and how its packets came.

    ``status`` is the last that was told of the connection, at ``status_since``; ``last_seen`` is when the newest row
    came (both Unix seconds). ``packets``, ``bad`` and ``gaps`` are of the feed's newest list. ``teams`` are home and
    away, as far as they are named. ``lags`` are the lanes that are behind, the furthest first.
    """

    fixture: str
    finished: bool
    status: FeedState | None
    status_since: float
    reason: str
    teams: tuple[str, ...]
    score: Score | None
    period: int | None
    packets: int
    bad: int
    gaps: int
    lags: tuple[LaneLag, ...]
    last_seen: float | None


def overview(connection: sqlite3.Connection, catalogue: Catalogue) -> list[Overview]:
    """Return what is held of each fixture of which there is a row, in the order in which they were first seen.

    Raises sqlite3.Error.
    """
    asked = "SELECT id, name, epoch, gaps, finished FROM fixture ORDER BY id"
    fixtures: list[_Line] = connection.execute(asked).fetchall()
    heads: dict[int, int] = dict(connection.execute("SELECT fixture, max(position) FROM row GROUP BY fixture"))
    # +fixture: the table once, in its own order, instead of row after row through the index
    asked = (
        f"SELECT fixture, epoch, count(*) FROM row WHERE kind = {RowKind.BAD_PACKET.value} GROUP BY +fixture, +epoch"
    )
    counted = connection.execute(asked)
    bad: dict[tuple[int, int], int] = {(fixture, epoch): count for fixture, epoch, count in counted}
    behind: dict[str, list[LaneLag]] = {}
    for lag in lags(connection):
        behind.setdefault(lag.fixture, []).append(lag)
    decoder = Decoder(catalogue)  # one for all: most of what they say is the same
    return [
        _overview(connection, line, heads[line[0]], bad.get((line[0], line[2]), 0), behind.get(line[1], ()), decoder)
        for line in fixtures
        if line[0] in heads
    ]


def _overview(
    connection: sqlite3.Connection, line: _Line, head: int, bad: int, behind: Iterable[LaneLag], decoder: Decoder
) -> Overview:
    number, name, epoch, gaps, finished = line
    asked = "SELECT max(n) FROM row WHERE fixture = ? AND epoch = ?"
    count: int = connection.execute(asked, (number, epoch)).fetchone()[0] or 0
    newest = _actions(connection, decoder, line, range(count, max(0, count - _ENDING), -1))
    told = next((action for action in newest if action.score is not None), None)
    status, since, reason = _status(connection, line)
    return Overview(
        fixture=name,
        finished=bool(finished),
        status=status,
        status_since=since,
        reason=reason,
        teams=_teams(_actions(connection, decoder, line, range(1, min(count, _OPENING) + 1))),
        score=told.score if told is not None else None,
        period=told.summary.period if told is not None and told.summary is not None else None,
        packets=count,
        bad=bad,
        gaps=gaps,
        lags=tuple(behind),
        last_seen=received(connection, number, 0, head, newest=True),
    )


def _actions(connection: sqlite3.Connection, decoder: Decoder, line: _Line, numbers: Iterable[int]) -> Iterator[Action]:
    asked = "SELECT body FROM row WHERE fixture = ? AND epoch = ? AND n = ? AND kind = ?"
    for n in numbers:
        for (body,) in connection.execute(asked, (line[0], line[2], n, RowKind.PACKET.value)).fetchall():
            try:
                yield decoder.decode(body)
            except BadPacket:  # it was good when it came: the user has mapped its type to something else since
                continue


def _status(connection: sqlite3.Connection, line: _Line) -> tuple[FeedState | None, float, str]:
    number, _, newest, _, finished = line
    if finished:
        return FeedState.FINISHED, 0.0, ""
    asked = (  # in the order of the index: the first of few rows that are looked at, as a rule
        "SELECT name, received, body FROM row WHERE fixture = ? AND epoch = ? AND n IS NULL AND kind = ?"
        " ORDER BY position DESC LIMIT 1"
    )
    for epoch in range(newest, -1, -1):
        found = connection.execute(asked, (number, epoch, RowKind.STATUS.value)).fetchone()
        if found is not None:
            return FeedState(found[0]), found[1], orjson.loads(found[2])["reason"]
    return None, 0.0, ""


def _teams(actions: Iterable[Action]) -> tuple[str, ...]:
    """Return the names of the home and the away team; by id, as a Game does, where the feed does not say which."""
    found: dict[str, Team] = {}
    for action in actions:
        if action.team is not None:
            found[action.team.id] = action.team
            if len(found) == 2:
                break
    teams = sorted(found.values(), key=lambda team: (not team.home, team.id))
    return tuple(str(team) for team in islice(teams, 2))
