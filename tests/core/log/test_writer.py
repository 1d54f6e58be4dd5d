"""The writer: all or nothing, in one order, and patient with a disk that refuses."""

from __future__ import annotations

import random
import resource
import sqlite3
from collections.abc import MutableMapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from tests.core.log import disks
from tests.core.log.disks import fill, free, install, small_disk
from tests.core.log.journals import ask, give, keep_rows, running
from tests.core.log.players import FIXTURE, Splash, counter, ear, packets, publisher
from tests.core.plugins import listener
from trio.testing import MockClock

from actionbus import Event, Moment, Steal, on
from actionbus.log import Row, RowKind, lock, writer

SHOT = "3 Points Made"
REFUSALS = [disks.FULL, disks.READ_ONLY, disks.WRITE_ERROR, disks.FSYNC_ERROR, disks.BUSY]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def clock(mock_clock: MockClock) -> MockClock:
    """Time that jumps, but waits for the writer's thread."""
    mock_clock.autojump_threshold = 0.03
    return mock_clock


def said(logs: list[MutableMapping[str, Any]], level: str) -> list[str]:
    return [str(each["event"]) for each in logs if each["log_level"] == level and "journal" in str(each["event"])]


def trouble(path: Path) -> object:
    running_there = lock.running(path)
    assert running_there is not None
    return running_there["trouble"]


def assert_whole(path: Path, rows: list[Row]) -> None:
    """All that was handed on is there, once, and nothing else; and the file is well."""
    found = ask(path, "SELECT position, kind, received FROM row ORDER BY position")
    assert found == [(each.position, each.kind.value, each.received) for each in rows]
    bodies = [each.body for each in rows if each.kind is RowKind.PACKET]
    assert ask(path, "SELECT body FROM row WHERE kind = 1 ORDER BY position") == [(body,) for body in bodies]
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("refusal", REFUSALS, ids=[words for _, words in REFUSALS])
async def test_while_the_disk_refuses_live_events_go_on_and_afterwards_all_is_there(
    clock: MockClock, path: Path, monkeypatch: pytest.MonkeyPatch, refusal: tuple[int, str]
) -> None:
    heard: list[Event] = []
    troubles: list[object] = []
    disk = install(monkeypatch, "commit")
    with capture_logs() as logs:
        async with running(path, counter(), ear(heard, Steal)) as run:
            rows = keep_rows(run.log)
            pipeline = await run.open(FIXTURE)
            give(pipeline, packets(range(10)))
            await run.settled()
            troubles.append(trouble(path))
            disk.refuses = refusal
            for start in range(10, 500, 49):
                give(pipeline, packets(range(start, start + 49)))
                await run.host.caught_up()
                await trio.sleep(5)
            assert len(heard) == 500
            troubles.append(trouble(path))
            assert ask(path, "SELECT count(*) FROM row") == [(10,)]
            assert disk.attempts < 30
            disk.refuses = None
            await run.settled()
            troubles.append(trouble(path))
    assert troubles == [None, refusal[1], None]
    assert_whole(path, rows)
    assert ask(path, "SELECT value FROM store") == [(b"500",)]
    assert len(said(logs, "error")) == len(said(logs, "warning")) == 1


async def test_what_a_lane_reads_from_disk_waits_for_the_disk(
    clock: MockClock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    gate = trio.Event()

    async def hear(steal: Steal) -> None:
        await gate.wait()
        heard.append(steal.action_id)

    disk = install(monkeypatch, "read")
    async with running(path, listener("slow", lambda _: [on(Steal, hear)])) as run:
        pipeline = await run.open(FIXTURE)
        await trio.testing.wait_all_tasks_blocked()
        give(pipeline, packets(range(200)))
        await run.log.durable()
        disk.refuses = disks.WRITE_ERROR
        gate.set()
        await trio.sleep(20)
        assert len(heard) < 200
        disk.refuses = None
        await run.settled()
    assert heard == [f"a-{number}" for number in range(200)]


async def test_a_feed_that_waits_for_room_goes_on_when_the_disk_begins_to_refuse(
    clock: MockClock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = install(monkeypatch, "commit")
    disk.refuses = disks.FULL
    async with running(path) as run:
        pipeline = await run.open(FIXTURE)
        give(pipeline, packets(range(writer.ROOM)))
        assert run.log.crowded
        with trio.fail_after(5):
            await run.log.room()
        disk.refuses = None


async def test_a_feed_waits_for_room_at_about_a_thousand_rows_and_lanes_do_not(path: Path) -> None:
    heard: list[Event] = []
    async with running(path, counter(), ear(heard, Steal)) as run:
        pipeline = await run.open(FIXTURE)
        crowded: list[bool] = []
        for start in (0, 900):
            give(pipeline, packets(range(start, start + 900)))
            crowded.append(run.log.crowded)
        assert crowded == [False, True]
        await run.host.caught_up()
        assert len(heard) == 1800
        await run.log.room()
        assert run.log.writer.under_way < writer.ROOM
        await run.settled()
        assert run.log.writer.under_way == 0


async def test_beyond_the_bound_lanes_that_write_wait_and_others_do_not_and_nothing_is_dropped(
    clock: MockClock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 300)
    heard: list[Event] = []
    splashes: list[Moment] = []

    async def hear(moment: Moment) -> None:
        splashes.append(moment)

    disk = install(monkeypatch, "commit")
    fan = listener("fan", lambda _: [on(Splash, hear)])
    async with running(path, counter(), publisher(), fan, ear(heard, Steal)) as run:
        rows = keep_rows(run.log)
        pipeline = await run.open(FIXTURE)
        await run.settled()
        disk.refuses = disks.FULL
        give(pipeline, packets(range(50), SHOT))
        await trio.sleep(1)
        for start in range(50, 400, 50):
            assert run.log.stuck is (run.log.writer.under_way >= 300)
            give(pipeline, packets(range(start, start + 50)))
            await trio.sleep(1)
        assert run.log.writer.under_way >= 300
        assert len(heard) == 350
        assert not splashes  # they are not durable
        (counting,) = (lane for lane in pipeline.route.lanes if lane.subscriber.name == "counter")
        assert counting.needs is not None
        assert counting.needs < run.log.head(FIXTURE) - 100
        disk.refuses = None
        await run.settled()
        assert len(splashes) == 50
    assert_whole(path, rows)
    assert ask(path, "SELECT value FROM store WHERE key = 'count'") == [(b"400",)]
    assert ask(path, "SELECT count(*) FROM published") == [(0,)]


async def test_a_disk_that_is_filled_and_freed_twenty_times_costs_nothing(clock: MockClock, tmp_path: Path) -> None:
    heard: list[Event] = []
    rng = random.Random(20)
    with small_disk(tmp_path / "disk", 6 * 2**20) as disk:
        path = disk / "journal.db"
        async with running(path, counter(), publisher(), ear(heard, Steal)) as run:
            rows = keep_rows(run.log)
            pipeline = await run.open(FIXTURE)
            troubles: list[object] = []
            number = 0
            for _ in range(20):
                fill(disk)
                for _ in range(4):
                    give(pipeline, packets(range(number, number + 20)))
                    give(pipeline, packets(range(10_000 + number, 10_003 + number), SHOT))
                    number += 20
                    await trio.sleep(0.1 + rng.random())
                troubles.append(trouble(path))
                assert len(heard) == number
                free(disk)
                await run.settled()
                assert trouble(path) is None
            assert None not in troubles
        assert_whole(path, rows)
        assert ask(path, "SELECT value FROM store WHERE key = 'count'") == [(b"%d" % (number + 20 * 12),)]


async def test_a_file_that_may_not_grow_for_a_while_costs_nothing(clock: MockClock, path: Path) -> None:
    heard: list[Event] = []
    async with running(path, counter(), ear(heard, Steal)) as run:
        rows = keep_rows(run.log)
        pipeline = await run.open(FIXTURE)
        give(pipeline, packets(range(20)))
        await run.settled()
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, most))
        try:
            give(pipeline, packets(range(20, 320)))
            await run.host.caught_up()
            await trio.sleep(10)
            assert trouble(path) is not None
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        assert len(heard) == 320
        await run.settled()
    assert_whole(path, rows)


async def test_whoever_locks_the_file_for_long_holds_up_nobody(clock: MockClock, path: Path) -> None:
    heard: list[Event] = []
    async with running(path, counter(), ear(heard, Steal)) as run:
        rows = keep_rows(run.log)
        pipeline = await run.open(FIXTURE)
        await run.settled()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            give(pipeline, packets(range(100)))
            await run.host.caught_up()
            assert len(heard) == 100
            other.execute("ROLLBACK")
        await run.settled()
    assert_whole(path, rows)
