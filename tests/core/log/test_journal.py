"""The journal from opening to end: what cannot be used is told in one sentence, what is damaged is kept aside."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Generator, MutableMapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from tests.core.log import disks
from tests.core.log.disks import install
from tests.core.log.journals import Run, ask, give, opened, read_all, running
from tests.core.log.players import FIXTURE, counter, ear, packets
from trio.testing import MockClock

from actionbus import ConfigError, Event, Steal
from actionbus.log import database, lock
from actionbus.log.schema import APPLICATION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def clock(mock_clock: MockClock) -> MockClock:
    """Time that jumps, but waits for the writer's thread."""
    mock_clock.autojump_threshold = 0.03
    return mock_clock


async def refusal(path: Path) -> str:
    """Open what cannot be opened; return what is said of it."""
    with pytest.raises(ConfigError) as raised:
        async with opened(path):
            pass
    said = str(raised.value)
    assert "\n" not in said
    assert str(path) in said
    return said


def kept_aside(path: Path) -> list[Path]:
    return sorted(each for each in path.parent.glob("*.corrupt-*") if not each.name.endswith(("-wal", "-shm")))


def errors(logs: list[MutableMapping[str, Any]]) -> list[str]:
    return [str(each["event"]) for each in logs if each["log_level"] == "error"]


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def read(path: Path) -> bytes:
    return path.read_bytes()


async def play(path: Path, numbers: range, heard: list[Event] | None = None) -> None:
    async with running(path, counter(), ear(heard if heard is not None else [], Steal)) as run:
        give(await run.open(FIXTURE), packets(numbers))
        await run.settled()


async def test_a_journal_and_its_folder_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "journal.db"
    async with opened(path):
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        for each in path.parent.iterdir():
            assert stat.S_IMODE(each.stat().st_mode) == 0o600


async def test_the_journal_is_there_before_anything_is_written_and_can_be_read_meanwhile(path: Path) -> None:
    async with opened(path):
        assert ask(path, "PRAGMA journal_mode") == [("wal",)]
        assert ask(path, "PRAGMA application_id") == [(APPLICATION,)]
        assert ask(path, "SELECT count(*) FROM row") == [(0,)]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"[feed]\nsource = 1\n" * 40, "no journal but some other file"), (b"x" * 5, "no journal but some other file")],
)
async def test_another_file_is_refused_and_left_alone(path: Path, content: bytes, words: str) -> None:
    write(path, content)
    assert words in await refusal(path)
    assert read(path) == content
    assert not kept_aside(path)


async def test_a_database_of_something_else_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE mine(x)")
    before = read(path)
    assert "something else" in await refusal(path)
    assert read(path) == before


async def test_a_journal_of_a_newer_actionbus_is_refused_and_left_alone(path: Path) -> None:
    await play(path, range(3))
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("PRAGMA user_version = 99")
    assert "newer" in await refusal(path)
    assert ask(path, "SELECT count(*) FROM row") == [(3,)]


async def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "cannot be opened" in await refusal(tmp_path)


async def test_a_place_in_a_file_is_refused(path: Path) -> None:
    write(path, b"")
    assert "cannot be opened" in await refusal(path / "journal.db")


async def test_a_disk_that_refuses_at_the_start_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = install(monkeypatch, "open")
    disk.refuses = disks.FULL
    assert "database or disk is full" in await refusal(path)
    disk.refuses = None
    await play(path, range(3))


async def test_two_daemons_cannot_have_one_journal(path: Path) -> None:
    async with opened(path):
        # Another process, since a lock is a process's own.
        code = (
            "import trio, sys; from pathlib import Path; from actionbus.log.journal import open_journal\n"
            "from actionbus.events.catalogue import Catalogue; from actionbus import ConfigError\n"
            "async def main():\n"
            "    async with open_journal(Path(sys.argv[1]), sync='normal', keep=9e9, catalogue=Catalogue()): pass\n"
            "try: trio.run(main)\n"
            "except ConfigError as error: print(error)\n"
        )
        done = await trio.run_process([sys.executable, "-c", code, str(path)], capture_stdout=True)
        assert f"is in use by process {os.getpid()};" in done.stdout.decode()
        assert lock.running(path) is not None
    assert lock.running(path) is None
    await play(path, range(3))


async def test_whoever_asks_how_the_daemon_fares_does_not_keep_one_from_starting(path: Path) -> None:
    await play(path, range(1))
    with asking_on(path):
        for _ in range(10):
            async with opened(path):
                pass


@contextmanager
def asking_on(path: Path) -> Generator[None]:
    """A process that asks how the daemon fares, on and on."""
    code = (
        "import sys; from pathlib import Path; from actionbus.log.lock import running\n"
        "print(flush=True)\nwhile True: running(Path(sys.argv[1]))"
    )
    asking = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    try:
        assert asking.stdout is not None
        asking.stdout.readline()
        yield
    finally:
        asking.kill()
        asking.communicate()


# --- damage ---


def damage(path: Path, seed: int, start: int = 4096) -> bytes:
    """Overwrite pages in the middle of a journal; return what is there now."""
    garbage = random.Random(seed).randbytes(path.stat().st_size - start)
    with path.open("r+b") as file:
        file.seek(start)
        file.write(garbage)
    return garbage


@pytest.mark.parametrize("start", [4096, 100, 16])
async def test_a_journal_that_is_damaged_when_opened_is_kept_aside_and_a_new_one_begun(path: Path, start: int) -> None:
    await play(path, range(500))
    garbage = damage(path, 1, start)
    heard: list[Event] = []
    with capture_logs() as logs:
        await play(path, range(500), heard)
    (kept,) = kept_aside(path)
    assert read(kept).endswith(garbage)
    assert len([each for each in errors(logs) if "damaged" in each]) == 1
    # The game comes again from its start; so do its events, under the ids that they had.
    assert [each.id for each in heard] == [f"a-{number}:1" for number in range(500)]
    assert ask(path, "SELECT count(*) FROM row") == [(500,)]


async def test_each_damaged_journal_is_kept(path: Path) -> None:
    for _ in range(3):
        await play(path, range(100))
        damage(path, 2)
    with capture_logs():
        await play(path, range(1))
    assert len(kept_aside(path)) == 3


async def assert_goes_on(run: Run, path: Path, heard: list[Event]) -> None:
    """All that is in memory of open lanes is in the new file, and goes on from there."""
    assert run.log.lost == 1
    assert run.log.writer.trouble is None
    pipeline = run.host.pipelines[FIXTURE]
    give(pipeline, packets(range(700, 710)))
    await run.settled()
    assert [each.id for each in heard] == [f"a-{number}:1" for number in range(710)]
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    assert ask(path, "SELECT value FROM store") == [(b"710",)]
    head = run.log.head(FIXTURE)
    assert set(ask(path, "SELECT plugin, cursor FROM lane")) == {("counter", head), ("ear", head)}
    assert ask(path, "SELECT name FROM fixture") == [(FIXTURE,)]
    assert len(kept_aside(path)) == 1


@pytest.mark.parametrize("found_by", ["writing", "reading"])
async def test_a_journal_that_is_damaged_while_it_is_used_is_replaced_and_what_is_in_memory_survives(
    path: Path, monkeypatch: pytest.MonkeyPatch, found_by: str
) -> None:
    heard: list[Event] = []
    disk = install(monkeypatch, "commit" if found_by == "writing" else "read")
    with capture_logs() as logs:
        async with running(path, counter(), ear(heard, Steal)) as run:
            pipeline = await run.open(FIXTURE)
            give(pipeline, packets(range(600)))
            await run.settled()
            disk.refuses = disks.CORRUPT
            monkeypatch.setattr(database.Database, "set_aside", healing(disk))
            if found_by == "writing":
                give(pipeline, packets(range(600, 700)))
                await run.settled()
            else:
                assert await read_all(run.log, FIXTURE) == []  # those rows are lost, and come again from the feed
                give(pipeline, packets(range(600, 700)))
                await run.settled()
            await assert_goes_on(run, path, heard)
    assert len([each for each in errors(logs) if "damaged" in each]) == 1


_set_aside = database.Database.set_aside


def healing(disk: disks.Disk, refusals: int = 0) -> Any:
    """The new file is well; at first it cannot be made."""
    left = iter(range(refusals))

    def set_aside(self: database.Database) -> Path:
        if next(left, None) is not None:
            self.close()
            raise OSError(28, "No space left on device")
        disk.refuses = None
        return _set_aside(self)

    return set_aside


async def test_a_damaged_journal_that_cannot_be_replaced_at_once_is_replaced_later_with_all_there_is(
    clock: MockClock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Event] = []
    disk = install(monkeypatch, "commit")
    async with running(path, counter(), ear(heard, Steal)) as run:
        pipeline = await run.open(FIXTURE)
        give(pipeline, packets(range(600)))
        await run.settled()
        disk.refuses = disks.CORRUPT
        monkeypatch.setattr(database.Database, "set_aside", healing(disk, refusals=5))
        give(pipeline, packets(range(600, 650)))
        await trio.sleep(1)
        assert disk.attempts < 10  # it does not spin
        reason = run.log.writer.trouble
        assert reason is not None
        assert "cannot be replaced" in reason
        give(pipeline, packets(range(650, 700)))
        await run.settled()
        await assert_goes_on(run, path, heard)


@pytest.mark.parametrize("seed", range(6))
async def test_pages_that_are_overwritten_under_a_running_daemon_cost_no_event(path: Path, seed: int) -> None:
    """Whether and when SQLite notices is its affair: it may never look at those pages again."""
    heard: list[Event] = []
    with capture_logs():
        async with running(path, counter(), ear(heard, Steal)) as run:
            pipeline = await run.open(FIXTURE)
            give(pipeline, packets(range(3000)))
            await run.settled()
            ask(path, "PRAGMA wal_checkpoint(TRUNCATE)")
            damage(path, seed, start=4096 * (1 + seed))
            with trio.fail_after(60):
                for start in range(3000, 6000, 100):
                    give(pipeline, packets(range(start, start + 100)))
                    await run.settled()
                    await run.log.cursors(FIXTURE)
                    await read_all(run.log, FIXTURE)
            assert run.log.lost == 1
    assert [each.id for each in heard] == [f"a-{number}:1" for number in range(6000)]
    assert len(kept_aside(path)) == 1
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    assert ask(path, "SELECT value FROM store") == [(b"6000",)]


async def test_at_the_end_what_the_disk_refuses_is_waited_for_and_then_told(
    clock: MockClock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = install(monkeypatch, "commit")
    with capture_logs() as logs:
        async with running(path, counter()) as run:
            give(await run.open(FIXTURE), packets(range(10)))
            await run.settled()
            disk.refuses = disks.FULL
            give(run.host.pipelines[FIXTURE], packets(range(10, 20)))
            await run.host.caught_up()
    assert [each for each in errors(logs) if "the feed has to send its last rows again" in each]
    disk.refuses = None
    heard: list[Event] = []
    await play(path, range(10, 20), heard)
    assert [each.id for each in heard] == [f"a-{number}:1" for number in range(10, 20)]
    assert ask(path, "SELECT value FROM store") == [(b"20",)]
