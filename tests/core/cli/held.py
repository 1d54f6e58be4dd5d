"""Journals for the commands that look into one: what a real daemon leaves, and what a pipeline is given by hand."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import trio
from attrs import field, frozen
from structlog.testing import capture_logs
from tests.core.feed.packets import EPOCH, FIXTURE
from tests.e2e.processes import actionbus

from actionbus.bus import FixtureClock
from actionbus.events.base import FeedState
from actionbus.events.catalogue import Catalogue
from actionbus.log.journal import open_journal
from actionbus.log.sqlite import SqliteLog
from actionbus.pipeline import Pipeline
from actionbus.simulator import generate_match

MATCH = generate_match(5)
BAD = ("{", "[1,\r\n2]", '{"fixtureAction":\n{"actionId": "1", "fixtureId": "another"}}')
"""Packets that cannot be used: cut off, no packet, and another fixture's; two of them with a line break."""

CONFIG = '[simulator]\nspeed = "max"\nrecordings = ["match.jsonl"]\n[journal]\npath = "journal.db"\nsync = "normal"\n'


def play(folder: Path, more: str = "[plugin.score_tracker]\n") -> Path:
    """Let a daemon follow a match to its end in a folder; return its journal."""
    (folder / "match.jsonl").write_text("\n".join(MATCH.packets), encoding="utf-8")
    (folder / "plugins.toml").write_text(CONFIG + more, encoding="utf-8")
    done = actionbus("run", "--until-finished", cwd=folder)
    assert done.code == 0, done.err
    return folder / "journal.db"


@frozen(kw_only=True)
class Game:
    """A game of which these packets have come, one a second from ``since`` on, after word that the feed is live.

    Those of FIXTURE are made this game's.
    """

    packets: Sequence[str | bytes] = ()
    fixture: str = FIXTURE
    state: FeedState = FeedState.LIVE
    """How the feed stands in the end."""
    since: float = EPOCH
    readers: Mapping[str, int] = field(factory=dict[str, int])
    """Plugins, and how far each has read."""

    async def give(self, log: SqliteLog) -> None:
        """Let it come."""
        assert await log.held(self.fixture) is None
        for name in self.readers:
            await log.open_lane(name, self.fixture, self, from_start=True)
        pipeline = Pipeline(self.fixture, log, FixtureClock(lambda: 0.0))
        pipeline.tell(FeedState.LIVE, received=self.since)
        for number, packet in enumerate(self.packets):
            ours = packet.replace(FIXTURE, self.fixture) if isinstance(packet, str) else packet
            pipeline.accept(ours, self.since + number)
        if self.state is not FeedState.LIVE:
            pipeline.tell(self.state, f"it is {self.state}", self.since + len(self.packets))
        for name, cursor in self.readers.items():
            log.commit(name, self.fixture, cursor, None)

    @property
    def needs(self) -> int | None:
        """Nothing (Reader of the log)."""
        return None


@asynccontextmanager
async def opened(path: Path) -> AsyncGenerator[SqliteLog]:
    """Hold a journal as a daemon does."""
    async with open_journal(path, sync="normal", keep=math.inf, catalogue=Catalogue()) as log:
        yield log


def config(folder: Path, text: str) -> None:
    """Write plugins.toml."""
    (folder / "plugins.toml").write_text(text, encoding="utf-8")


def ask(path: Path, question: str) -> None:
    """Change a journal behind everybody's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(question)


def write(path: Path, *games: Game) -> Path:
    """Write a journal as a daemon does that follows one game after the other, and close it."""

    async def write_all() -> None:
        async with opened(path) as log:
            for game in games:
                await game.give(log)

    with capture_logs():  # warnings of bad packets, which would be in what the command has printed
        trio.run(write_all)
    return path
