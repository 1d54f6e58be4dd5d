"""Old games go, in pieces, and the file with them; that they are finished stays known."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from structlog.testing import capture_logs
from tests.core.log.journals import Run, ask, give, opened, running
from tests.core.log.players import counter, ear, packets, publisher
from tests.core.plugins import listener
from trio.testing import MockClock

from actionbus import Event, FeedState, Steal, on
from actionbus.log import retention
from actionbus.log.retention import PIECE

DAY = 86_400.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def clock(mock_clock: MockClock) -> MockClock:
    """Time that jumps, but waits for the writer's thread."""
    mock_clock.autojump_threshold = 0.03
    return mock_clock


def age(path: Path, days: float, *fixtures: str) -> None:
    """Let the rows of fixtures have come so many days ago."""
    for fixture in fixtures:
        received = time.time() - days * DAY
        ask(path, "UPDATE row SET received = ? WHERE fixture = (SELECT id FROM fixture WHERE name = ?)",
            received, fixture)  # fmt: skip


async def play(path: Path, *fixtures: str, count: int = 500, finish: bool = True) -> None:
    """Follow games to their end."""
    async with running(path, counter(), publisher()) as run:
        for fixture in fixtures:
            await play_one(run, fixture, count, finish=finish)


async def play_one(run: Run, fixture: str, count: int, *, finish: bool) -> None:
    pipeline = await run.open(fixture)
    give(pipeline, packets(range(count), fixture=fixture), time.time())
    give(pipeline, packets(range(count, count + 5), "3 Points Made", fixture=fixture), time.time())
    if finish:
        pipeline.tell(FeedState.FINISHED, received=time.time())
    await run.settled()
    pipeline.close()


async def until(path: Path, done: Callable[[], bool], keep: float = 14 * DAY) -> None:
    """Keep the journal open, tidying, until something is so."""
    async with opened(path, keep=keep):
        await wait_for(done)


async def wait_for(done: Callable[[], bool]) -> None:
    """Wait for what another process would look for in the file, too."""
    with trio.fail_after(600):
        while not done():  # noqa: ASYNC110
            await trio.sleep(0.1)


def rows_of(path: Path) -> dict[str, int]:
    return dict(ask(path, "SELECT fixture.name, count(*) FROM row JOIN fixture ON fixture.id = fixture GROUP BY 1"))


async def test_old_games_go_with_all_that_was_kept_of_them_and_young_ones_stay(clock: MockClock, path: Path) -> None:
    await play(path, "old", "young")
    before = rows_of(path)
    age(path, 15, "old")
    await until(path, lambda: "old" not in rows_of(path))
    assert rows_of(path) == {"young": before["young"]}
    left = ask(path, "SELECT DISTINCT name FROM lane JOIN fixture ON fixture.id = lane.fixture")
    assert left == [("young",)]
    for table in ("store", "timer", "published"):
        assert ask(path, f"SELECT count(*) FROM {table} WHERE lane NOT IN (SELECT id FROM lane)") == [(0,)]


async def test_that_an_old_game_is_finished_stays_known(clock: MockClock, path: Path) -> None:
    await play(path, "old")
    age(path, 15, "old")
    await until(path, lambda: not rows_of(path))
    async with opened(path) as log:
        assert log.is_finished("old")


async def test_a_game_goes_in_pieces(clock: MockClock, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await play(path, "old", count=3 * PIECE + 50)
    age(path, 15, "old")
    pieces: list[int] = []
    delete = retention.delete_piece

    def watched(*arguments: object) -> bool:
        before = sum(rows_of(path).values())
        more = delete(*arguments)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        pieces.append(before - sum(rows_of(path).values()))
        return more

    monkeypatch.setattr(retention, "delete_piece", watched)
    await until(path, lambda: not rows_of(path) and not ask(path, "SELECT * FROM lane"))
    assert max(pieces) == PIECE
    assert len(pieces) >= 4


async def test_the_file_becomes_smaller(clock: MockClock, path: Path) -> None:
    await play(path, *(f"old-{number}" for number in range(6)), count=800)
    age(path, 15, *(f"old-{number}" for number in range(6)))
    ask(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.stat().st_size  # noqa: ASYNC240
    await until(path, lambda: not rows_of(path) and ask(path, "PRAGMA freelist_count") == [(0,)])
    ask(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    assert path.stat().st_size < before / 4  # noqa: ASYNC240
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]


async def test_lanes_that_have_not_read_it_to_its_end_are_told(clock: MockClock, path: Path) -> None:
    async def stuck(steal: Steal) -> None:
        await trio.sleep_forever()

    async with running(path, counter(), listener("stuck", lambda _: [on(Steal, stuck)]), grace=0) as run:
        await trio.testing.wait_all_tasks_blocked()
        pipeline = await run.open("old")
        give(pipeline, packets(range(100), fixture="old"))
        pipeline.tell(FeedState.FINISHED)
        await run.log.durable()
    age(path, 15, "old")
    with capture_logs() as logs:
        await until(path, lambda: not rows_of(path))
    told = [each for each in logs if each["log_level"] == "warning" and each.get("plugin") == "stuck"]
    assert [(each["fixture"], each["rows"]) for each in told] == [("old", 101)]


async def test_a_fixture_that_is_followed_is_left_alone_however_old(clock: MockClock, path: Path) -> None:
    await play(path, "open", "old", finish=False)
    age(path, 15, "open", "old")
    heard: list[Event] = []
    async with running(path, counter(), ear(heard, Steal), keep=14 * DAY) as run:
        pipeline = await run.open("open")
        await wait_for(lambda: "old" not in rows_of(path))
        give(pipeline, packets(range(600, 700), fixture="open"), time.time())
        await run.settled()
    assert rows_of(path)["open"] >= 600
    assert len(heard) == 100


async def test_a_game_that_grows_old_while_the_daemon_runs_goes_within_an_hour(clock: MockClock, path: Path) -> None:
    async with running(path, counter(), keep=14 * DAY) as run:
        await play_one(run, "game", 300, finish=True)
        age(path, 15, "game")
        await trio.sleep(3700)
        await wait_for(lambda: not rows_of(path))


async def test_for_ever_is_for_ever(clock: MockClock, path: Path) -> None:
    await play(path, "old")
    age(path, 10_000, "old")
    async with opened(path):
        await trio.sleep(10_000)
    assert rows_of(path)["old"] > 500


async def test_a_game_that_is_forgotten_and_followed_once_more_begins_anew(clock: MockClock, path: Path) -> None:
    await play(path, "again", finish=False)
    age(path, 15, "again")
    await until(path, lambda: not rows_of(path))
    heard: list[Event] = []
    async with running(path, counter(), ear(heard, Steal), config='[plugin.ear]\nstart = "fixture"\n') as run:
        await play_one(run, "again", 50, finish=True)
        assert run.failures == []
    assert [each.id for each in heard] == [f"a-{number}:1" for number in range(50)]
    assert ask(path, "SELECT value FROM store WHERE key = 'count'") == [(b"55",)]


async def test_a_game_whose_newest_row_is_a_published_moment_grows_old_as_others_do(path: Path) -> None:
    long_ago = time.time() - 15 * DAY
    for numbers in (range(5), range(5, 10)):
        async with running(path, publisher()) as run:
            give(await run.open("f"), packets(numbers, "3 Points Made", fixture="f"), long_ago)
            await run.settled()
    assert ask(path, "SELECT kind, received FROM row ORDER BY position DESC LIMIT 1") == [(3, long_ago)]
    assert ask(path, "SELECT DISTINCT received FROM row") == [(long_ago,)]
