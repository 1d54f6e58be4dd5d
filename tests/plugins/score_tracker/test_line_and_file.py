"""The score tracker: the line it shows and the file it keeps."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from actionbus import (
    Change,
    ConfigError,
    FreeThrowMade,
    PeriodStart,
    Score,
    SendType,
    Steal,
    Summary,
    Team,
    ThreePointerMade,
    TwoPointerMade,
    hookimpl,
    on,
)
from actionbus.testing import AWAY, FIXTURE, HOME, Bench, make, running
from actionbus_plugins import score_tracker
from actionbus_plugins.score_tracker.standing import make_folds

FILE = '[plugin.score_tracker]\nfile = "scores.json"\n'
Lines = Callable[[], list[str]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What was printed since the last time."""
    return lambda: capsys.readouterr().out.splitlines()


@pytest.fixture
def clock() -> trio.testing.MockClock:
    """Jumps over the pauses between two writes, but leaves the thread that writes its time."""
    return trio.testing.MockClock(autojump_threshold=0.02)


def read(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    return found


async def written(bench: Bench) -> None:
    """Let the plugin write what it has been told."""
    await bench.settled()
    await trio.sleep(1)


async def test_the_score_is_shown_as_it_changes(lines: Lines) -> None:
    async with running(score_tracker) as bench:
        await bench.deliver(make(PeriodStart, player=None, team=None))
        assert lines() == []
        await bench.deliver(
            make(TwoPointerMade, clock="09:41", score=(2, 0)),
            make(Steal, score=(2, 0)),
            make(ThreePointerMade, team=AWAY, clock="9:20", score=(2, 3)),
            make(FreeThrowMade, team=AWAY, period=6, clock="00:05", score=(2, 4)),
        )
    assert lines() == [
        "Q1 09:41 = Harbor Gulls 2 - 0 away",
        "Q1  9:20 = Harbor Gulls 2 - 3 Iron Foxes",
        "OT2 00:05 = Harbor Gulls 2 - 4 Iron Foxes",
    ]


async def test_without_the_feeds_score_the_baskets_are_counted(lines: Lines) -> None:
    async with running(score_tracker) as bench:
        await bench.deliver(make(TwoPointerMade), make(ThreePointerMade, team=AWAY))
    assert lines()[-1] == "Q1 10:00 = Harbor Gulls 2 - 3 Iron Foxes"


async def test_a_basket_that_is_taken_back_shows_the_score_again_as_corrected(lines: Lines) -> None:
    async with running(score_tracker) as bench:
        await bench.deliver(make(TwoPointerMade, clock="09:41"), three := make(ThreePointerMade, clock="09:20"))
        await bench.deliver(attrs.evolve(three, send_type=SendType.DELETED))
    assert lines() == [
        "Q1 09:41 = Harbor Gulls 2 - 0 away",
        "Q1 09:20 = Harbor Gulls 5 - 0 away",
        "Q1 09:41 = Harbor Gulls 2 - 0 away (corrected)",
    ]


async def test_a_score_that_did_not_change_is_not_shown_again(lines: Lines) -> None:
    async with running(score_tracker) as bench:
        await bench.deliver(two := make(TwoPointerMade, clock="09:41", score=(2, 0)))
        await bench.deliver(attrs.evolve(two, clock="09:40", send_type=SendType.UPDATED))
        await bench.deliver(make(Steal))
    assert len(lines()) == 1


async def test_whatever_the_score_line_is_made_of_amends_it() -> None:
    heard: list[tuple[Change, str]] = []

    async def hear(line: score_tracker.ScoreLine) -> None:
        heard.append((line.change, str(line)))

    def folds() -> Any:
        return make_folds(score_tracker.Settings())

    def subscriptions() -> Any:
        return [on(score_tracker.ScoreLine, hear, changes=set(Change))]

    async with running(hookimpl(folds), hookimpl(subscriptions)) as bench:
        await bench.deliver(two := make(TwoPointerMade, clock="05:00"))
        await bench.deliver(two := attrs.evolve(two, clock="09:00", send_type=SendType.UPDATED))
        await bench.deliver(attrs.evolve(two, period=2))
        await bench.deliver(make(Steal, team=Team(id=HOME.id, name="Gulls", home=True)))
        await bench.deliver(make(Steal, team=AWAY, clock="08:00"))
        await bench.deliver(make(Steal, team=AWAY, score=(3, 0)))
        await bench.deliver(make(Steal, team=AWAY, score=(3, 0)))
    assert heard == [
        (Change.ADDED, "Q1 05:00 = Harbor Gulls 2 - 0 away"),
        (Change.AMENDED, "Q1 09:00 = Harbor Gulls 2 - 0 away"),
        (Change.AMENDED, "Q2 09:00 = Harbor Gulls 2 - 0 away"),
        (Change.AMENDED, "Q2 09:00 = Gulls 2 - 0 away"),
        (Change.AMENDED, "Q2 09:00 = Gulls 2 - 0 Iron Foxes"),
        (Change.AMENDED, "Q2 09:00 = Gulls 3 - 0 Iron Foxes"),
    ]


async def test_the_file_holds_each_fixtures_box_score_status_and_clock(
    tmp_path: Path, clock: trio.testing.MockClock
) -> None:
    async with running(score_tracker, config=FILE, folder=tmp_path) as bench:
        await bench.deliver(make(ThreePointerMade, player="Ann Lee", clock="09:41"), make(Steal, team=AWAY))
        await written(bench)
        box = read(tmp_path)[FIXTURE]
    assert box["clock"] == "10:00"
    assert "status" in box
    assert (box["home"]["name"], box["home"]["points"], box["home"]["three_pointers_made"]) == ("Harbor Gulls", 3, 1)
    assert box["home"]["players"][0]["name"] == "Ann Lee"
    assert box["away"]["steals"] == 1


async def test_the_file_follows_corrections(tmp_path: Path, clock: trio.testing.MockClock) -> None:
    async with running(score_tracker, config=FILE, folder=tmp_path) as bench:
        await bench.deliver(make(ThreePointerMade), two := make(TwoPointerMade))
        await written(bench)
        assert read(tmp_path)[FIXTURE]["home"]["points"] == 5
        await bench.deliver(attrs.evolve(two, send_type=SendType.DELETED))
        await written(bench)
        assert read(tmp_path)[FIXTURE]["home"]["points"] == 3


@pytest.mark.parametrize("ended", [False, True], ids=["while it runs", "when it has ended"])
async def test_what_packets_say_that_no_handler_hears_of_is_in_the_file(
    ended: bool, tmp_path: Path, clock: trio.testing.MockClock
) -> None:
    async with running(score_tracker, config=FILE, folder=tmp_path) as bench:
        await bench.deliver(two := make(TwoPointerMade))
        await written(bench)
        before = bench.pipeline.log.next_position()
        bench.pipeline.accept("{")
        last = Summary(score=Score(2, 0), status="Completed", finished=True)
        await bench.deliver(attrs.evolve(two, summary=last))
        assert bench.pipeline.log.next_position() == before + 3, "rows without an event"
        if not ended:
            await written(bench)
            (tmp_path / "scores.json").rename(tmp_path / "while it runs.json")
    if not ended:
        (tmp_path / "while it runs.json").replace(tmp_path / "scores.json")
    box = read(tmp_path)[FIXTURE]
    assert (box["bad"], box["status"], box["finished"]) == (1, "Completed", True)


async def test_a_fixture_of_which_only_the_feeds_state_is_known_is_in_the_file(tmp_path: Path) -> None:
    async with running(score_tracker, config=FILE, folder=tmp_path) as bench:
        bench.pipeline.accept("{")
        await bench.finish()
    assert read(tmp_path)[FIXTURE]["bad"] == 1


async def test_what_came_last_is_in_the_file_when_the_plugin_has_ended(tmp_path: Path) -> None:
    async with running(score_tracker, config=FILE, folder=tmp_path) as bench:
        await bench.deliver(*(make(TwoPointerMade) for _ in range(50)))
    assert read(tmp_path)[FIXTURE]["home"]["points"] == 100
    assert os.listdir(tmp_path) == ["scores.json"]


async def test_a_reader_never_sees_half_a_file(tmp_path: Path, clock: trio.testing.MockClock) -> None:
    (tmp_path / "scores.json").write_text("{}", encoding="utf-8")
    ended = threading.Event()
    seen: list[int] = []

    def look() -> None:
        while not ended.is_set():
            found = read(tmp_path)
            seen.append(found[FIXTURE]["home"]["points"] if found else 0)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.to_thread.run_sync, look)
        async with running(score_tracker, config=FILE, folder=tmp_path) as bench:
            for number in range(30):
                await bench.deliver(*(make(TwoPointerMade, player=f"Player {number}") for _ in range(5)))
                await written(bench)
        ended.set()
    assert seen == sorted(seen)
    assert len(set(seen)) > 5


async def test_a_link_to_the_file_stays_one(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "scores.json").symlink_to(tmp_path / "elsewhere" / "real.json")
    async with running(score_tracker, config=FILE, folder=tmp_path) as bench:
        await bench.deliver(make(TwoPointerMade))
    assert (tmp_path / "scores.json").is_symlink()
    assert read(tmp_path)[FIXTURE]["home"]["points"] == 2


async def test_a_disk_that_refuses_is_told_once_and_the_plugin_goes_on(
    tmp_path: Path, clock: trio.testing.MockClock, lines: Lines
) -> None:
    (tmp_path / "gone").mkdir()
    config = '[plugin.score_tracker]\nfile = "gone/scores.json"\n'
    with capture_logs() as logs:
        async with running(score_tracker, config=config, folder=tmp_path) as bench:
            (tmp_path / "gone").rmdir()
            for _ in range(3):
                await bench.deliver(make(TwoPointerMade))
                await written(bench)
            (tmp_path / "gone").mkdir()
            await bench.deliver(make(TwoPointerMade))
            await written(bench)
            assert json.loads((tmp_path / "gone" / "scores.json").read_text())[FIXTURE]["home"]["points"] == 8
            (tmp_path / "gone" / "scores.json").unlink()
            (tmp_path / "gone").rmdir()
            await bench.deliver(make(TwoPointerMade))
    told = [(log["event"], log["reason"]) for log in logs]
    assert told == [("cannot write the score file", "No such file or directory")] * 2
    assert len(lines()) == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("file = 3", "plugins.toml:2: plugin.score_tracker.file: is a whole number, should be text"),
        ('fiel = "x"', "plugins.toml:2: plugin.score_tracker.fiel: unknown key; did you mean 'file'?"),
    ],
)
async def test_wrong_settings_are_told_with_their_line(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        async with running(score_tracker, config=f"[plugin.score_tracker]\n{text}\n", folder=tmp_path):
            pass
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(told)
