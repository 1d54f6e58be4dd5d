"""A damaged journal is replaced under lanes that read on from it: what can still be read of it comes along."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
import trio
from structlog.testing import capture_logs
from tests.core.log.journals import ask, give, running
from tests.core.plugins import listener

from actionbus import ALL_CHANGES, Action, on
from actionbus.log import salvage
from actionbus.log.batch import Batch
from actionbus.log.database import Database
from actionbus.simulator import generate_match

RECORDING = generate_match(9)


def damage_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next batch find the file damaged."""
    write = Database.write
    done: list[bool] = []

    def find_damage(database: Database, batch: Batch) -> None:
        if done:
            write(database, batch)
            return
        done.append(True)
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    monkeypatch.setattr(Database, "write", find_damage)


@pytest.mark.parametrize("readable", [True, False])
async def test_a_lane_that_is_behind_hears_what_can_be_read_and_else_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readable: bool
) -> None:
    path, go_on = tmp_path / "j.db", trio.Event()
    heard: list[str] = []

    async def hear_slowly(action: Action) -> None:
        await go_on.wait()
        heard.append(action.id)

    if not readable:
        monkeypatch.setattr(salvage, "MOST", 0)
    with capture_logs() as logs:
        async with running(path, listener("slow", lambda _: [on(Action, hear_slowly, changes=ALL_CHANGES)])) as run:
            pipeline = await run.open(RECORDING.fixture)
            give(pipeline, RECORDING.packets[:400], 1e9)
            await run.log.durable()
            damage_once(monkeypatch)
            give(pipeline, RECORDING.packets[400:420], 1e9)
            await run.log.durable()
            assert run.log.lost == 1
            go_on.set()
            await run.settled()
            expected = [each.action.action_id for each in pipeline.timeline if each.announced]
    lost = [each for each in logs if "had not read are in the damaged journal only" in each["event"]]
    if readable:
        assert {each.partition(":")[0] for each in heard} == set(expected)
        assert len(heard) == len(set(heard))
        assert not lost
        assert ask(path, "SELECT count(*) FROM row WHERE kind = 1") == [(420,)]
    else:
        assert [(each["plugin"], each["log_level"]) for each in lost] == [("slow", "error")]
    assert any(name.startswith("j.db.corrupt-") for name in os.listdir(tmp_path))


async def test_a_journal_that_is_removed_while_it_is_used_is_begun_anew_with_all_of_the_games_that_run(
    tmp_path: Path,
) -> None:
    path = tmp_path / "j.db"
    with capture_logs() as logs:
        async with running(path, listener("ear", lambda _: [on(Action, count)])) as run:
            pipeline = await run.open(RECORDING.fixture)
            give(pipeline, RECORDING.packets[:100], 1e9)
            await run.settled()
            for name in ("j.db", "j.db-wal", "j.db-shm"):
                path.with_name(name).unlink()
            give(pipeline, RECORDING.packets[100:110], 1e9)
            await run.settled()
            assert run.log.lost == 1
    assert any("removed" in each.get("reason", "") and each["log_level"] == "error" for each in logs)
    assert ask(path, "SELECT count(*) FROM row WHERE kind = 1") == [(110,)]


async def count(_: Action) -> None:
    pass
