"""A journal of a season opens at once: nothing is read of games that are over."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import trio
from tests.core.log.journals import ask, give, opened, running
from tests.core.log.players import counter, folding, publisher

from actionbus import FeedState
from actionbus.simulator import generate_match

GAMES = 60  # of 1,300 in a season: `python -m tests.core.log.test_season` measures them all


async def make_season(path: Path, games: int) -> None:
    """Play one game through plugins, and copy it."""
    recording = generate_match(3)
    async with running(path, counter(), folding(), publisher()) as run:
        pipeline = await run.open(recording.fixture)
        give(pipeline, recording.packets, time.time())
        pipeline.tell(FeedState.FINISHED, received=time.time())
        await run.settled()
    with closing(sqlite3.connect(path)) as connection, connection:
        one = connection.execute
        columns = "kind, epoch, n, at, received, flags, name, state, previous, announced, body"
        ((rows,),) = one("SELECT max(position) FROM row").fetchall()
        ((lanes,),) = one("SELECT max(id) FROM lane").fetchall()
        for game in range(1, games):
            one("INSERT INTO fixture SELECT ?1, name || '-' || ?1, epoch, base, gaps, 1 FROM fixture WHERE id = 1",
                (game + 1,))  # fmt: skip
            one(f"INSERT INTO row(position, fixture, {columns}) SELECT position + ?1, ?2, {columns} FROM row"
                " WHERE fixture = 1", (game * rows, game + 1))  # fmt: skip
            one("INSERT INTO lane SELECT id + ?1, plugin, ?2, cursor + ?3, settings FROM lane WHERE fixture = 1",
                (game * lanes, game + 1, game * rows))  # fmt: skip
            one("INSERT INTO store SELECT lane + ?1, key, value FROM store WHERE lane <= ?2", (game * lanes, lanes))
        one("UPDATE fixture SET finished = 1")


async def seconds_to_open(path: Path, games: int) -> float:
    await make_season(path, games)
    start = time.perf_counter()
    async with opened(path, keep=14 * 86_400.0) as log:
        took = time.perf_counter() - start
        names = [name for (name,) in ask(path, "SELECT name FROM fixture")]
        assert len(names) == games
        assert all(log.is_finished(name) for name in names)
        return took


async def test_a_journal_of_many_games_opens_at_once(tmp_path: Path) -> None:
    assert await seconds_to_open(tmp_path / "journal.db", GAMES) < 1.0


async def main(games: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "journal.db")
        took = await seconds_to_open(path, games)
        ((rows,),) = ask(path, "SELECT count(*) FROM row")
        size = path.stat().st_size / 2**20  # noqa: ASYNC240
        print(f"{games} games, {rows} rows, {size:.0f} MB: open in {took * 1000:.0f} ms")


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 1300)
