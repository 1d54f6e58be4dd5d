"""The channel ``file``: what stands in it, line by line."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from tests.core.log.journals import as_a_crash_leaves_it
from tests.plugins.notifier.delivery.outboxes import benching, journal, lives, notice, sums
from trio.testing import MockClock

from actionbus_plugins.notifier.delivery.services.file import append

LIFE = ("sent", "A"), ("updated", "A!"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B")


@pytest.fixture
def clock() -> MockClock:
    """Threads write: the clock must not jump before they have."""
    return MockClock(autojump_threshold=0.2)


def config(path: Path | str, more: str = "") -> str:
    return f'[notify.phone]\nuse = "file"\npath = "{path}"\n{more}\n'


def texts(path: Path) -> list[str]:
    """What the lines say, without the time that each begins with."""
    return [line.partition(" ")[2].partition(" ")[2] for line in path.read_text(encoding="utf-8").splitlines()]


def objects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def test_as_text_a_correction_is_another_line_and_growth_is_none(tmp_path: Path, clock: MockClock) -> None:
    path = tmp_path / "alerts.txt"
    async with benching(config(path, 'format = "text"')) as bench:
        for told in lives("a", *LIFE):
            await bench.put(told)
            await trio.sleep(1)
        assert texts(path) == [
            "heat_check: A",
            "heat_check: corrected: B (was: A)",
            "heat_check: taken back: B",
            "heat_check: stands again: B",
        ]
        assert sums(bench) == {"told": 1, "edited": 2, "withdrawn": 1}


async def test_as_json_each_state_is_a_line_that_takes_the_place_of_those_of_its_id(
    tmp_path: Path, clock: MockClock
) -> None:
    path = tmp_path / "alerts.jsonl"
    async with benching(config(path)) as bench:
        for told in lives("a", *LIFE):
            await bench.put(told)
            await trio.sleep(1)
    lines = objects(path)
    assert [(each["version"], each["state"], each["text"]) for each in lines] == [
        (1, "sent", "A"),
        (2, "updated", "A!"),
        (3, "corrected", "B"),
        (4, "withdrawn", "B"),
        (5, "restored", "B"),
    ]
    assert {each["id"] for each in lines} == {"a"}
    assert lines[0]["rule"] == "heat_check"


async def test_a_text_is_one_line_whatever_is_in_it(tmp_path: Path, clock: MockClock) -> None:
    both = config(tmp_path / "a.txt", 'format = "text"') + config(tmp_path / "b").replace("phone", "json")
    async with benching(both) as bench:
        await bench.put(notice("a", text="Ann\r\n\x1b[2J Dončić\u2028"), to=["phone", "json"])
        await trio.sleep(1)
    assert texts(tmp_path / "a.txt") == ["heat_check: Ann   [2J Dončić "]
    assert [each["text"] for each in objects(tmp_path / "b")] == ["Ann\r\n\x1b[2J Dončić\u2028"]


async def test_a_path_begins_at_the_folder_of_plugins_toml(
    tmp_path: Path, clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with benching(config("alerts.jsonl")) as bench:
        await bench.put(notice("a"))
        await trio.sleep(1)
    assert len(objects(tmp_path / "alerts.jsonl")) == 1


async def test_what_was_there_stays_and_a_file_that_is_moved_away_is_made_anew(
    tmp_path: Path, clock: MockClock
) -> None:
    path = tmp_path / "alerts.txt"
    path.write_text("2026-01-01 00:00:00+00:00 mine: x\n", encoding="utf-8")
    async with benching(config(path, 'format = "text"')) as bench:
        await bench.put(notice("a"))
        await trio.sleep(1)
        path.rename(tmp_path / "old.txt")
        await bench.put(notice("b"))
        await trio.sleep(1)
    assert texts(tmp_path / "old.txt") == ["mine: x", "heat_check: a says 1"]
    assert texts(path) == ["heat_check: b says 1"]


async def test_what_is_taken_back_within_the_delay_never_stands_there(tmp_path: Path, clock: MockClock) -> None:
    path = tmp_path / "alerts.jsonl"
    async with benching(config(path, 'delay = "30s"')) as bench:
        await bench.put(*lives("a", ("sent", "A"), ("withdrawn", "A")), notice("b"))
        await trio.sleep(31)
    assert [each["id"] for each in objects(path)] == ["b"]


async def test_a_place_that_cannot_be_written_is_tried_again_and_what_waited_comes_line_by_line(
    tmp_path: Path, clock: MockClock
) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    path = folder / "alerts.txt"
    with capture_logs() as logs:
        async with benching(config(path, 'format = "text"')) as bench:
            folder.rmdir()
            for name in "abcde":
                await bench.put(notice(name))
            await trio.sleep(5)
            await bench.put(*lives("b", ("sent", "b says 1"), ("withdrawn", "b says 1"))[1:])
            folder.mkdir()
            await trio.sleep(130)
            assert sums(bench) == {"told": 4, "dropped": 1, "digests": 1}
    assert texts(path) == [f"heat_check: {name} says 1" for name in "acde"]
    (reason,) = [each["reason"] for each in logs if "reason" in each]
    assert reason == f"{path} cannot be written: No such file or directory"


async def test_after_a_crash_between_writing_and_its_record_a_line_comes_again_under_its_id(
    tmp_path: Path, clock: MockClock
) -> None:
    path, copy, file = tmp_path / "journal.db", tmp_path / "copy.db", tmp_path / "alerts.jsonl"
    async with journal(path) as log, benching(config(file, 'delay = "5s"'), log=log) as bench:
        await bench.put(notice("a"))
        await log.durable()
        as_a_crash_leaves_it(path, copy)
        await trio.sleep(10)
    async with journal(copy) as log, benching(config(file), log=log) as bench:
        await trio.sleep(10)
        assert sums(bench) == {"told": 1}
    assert [(each["id"], each["version"]) for each in objects(file)] == [("a", 1), ("a", 1)]


def test_behind_a_line_that_was_cut_off_the_next_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    path.write_bytes(b'one\n{"half')
    append(path, b"two\n")
    append(path, b"three\nfour\n")
    assert path.read_bytes() == b'one\n{"half\ntwo\nthree\nfour\n'


def test_of_lines_for_which_there_is_no_room_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "alerts"
    append(path, b"one\n")
    really = os.write

    def full(file: int, content: bytes) -> int:
        if len(content) > 5:
            return really(file, content[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            append(path, b"two two\n")
    assert path.read_bytes() == b"one\n"
    append(path, b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"


async def test_a_disk_that_hangs_holds_up_neither_handlers_nor_the_end(
    tmp_path: Path, clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "alerts"
    os.mkfifo(tmp_path / "wait")
    really = os.open

    def hang(where: Any, *arguments: Any, **more: Any) -> int:
        if where == path:
            with open(tmp_path / "wait", "rb"):  # until somebody writes
                raise OSError(errno.EIO, "Input/output error")
        return really(where, *arguments, **more)

    monkeypatch.setattr(os, "open", hang)
    async with benching(config(path, 'timeout = "2s"')) as bench:
        await bench.put(notice("a"), notice("b"))
        await trio.sleep(5)
        began = trio.current_time()
    assert trio.current_time() - began < 5
    file = really(tmp_path / "wait", os.O_WRONLY)  # lets the thread end
    os.close(file)
