from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import frozen
from tests.core.cli.conftest import Command
from tests.core.cli.held import MATCH, Game, opened, play, write
from tests.core.feed.packets import EPOCH, FIXTURE, make_list, make_packet
from tests.e2e.processes import COMMAND, PATIENCE

from actionbus.bus import FixtureClock
from actionbus.events.base import FeedState
from actionbus.log.sqlite import SqliteLog
from actionbus.pipeline import Pipeline

MISSED: dict[str, Any] = {"fixtureActionType": "3PT Missed", "fixtureActionTypeId": None}
GAME = [
    make_packet(1),
    make_packet(2, **MISSED),
    make_packet(1),  # says the same again
    make_packet(1, player={"id": "p9", "name": "Player \x1b[2J 9"}),
    make_packet(2, sendType="Deleted", sendTypeId=4),
    "{",
]
KEYS = {
    *("position", "fixture", "kind", "at", "received", "origin", "id", "type", "change", "period", "clock", "team"),
    *("player", "score", "state", "says", "text", "reason"),
}


@pytest.fixture(autouse=True)
def zone() -> Generator[None]:
    """Times are shown, and read, in the zone of whoever looks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Etc/GMT-2")  # two hours ahead of Greenwich
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def journal(tmp_path: Path) -> str:
    """One short game."""
    return str(write(tmp_path / "journal.db", Game(packets=GAME)))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The journal of a match that a daemon has followed, with the moments of a plugin."""
    return str(play(tmp_path_factory.mktemp("played")))


def objects(command: Command, *arguments: str) -> list[dict[str, Any]]:
    said = command("log", "--json", *arguments)
    assert (said.code, said.err) == (0, "")
    return [json.loads(line) for line in said.out.splitlines()]


def test_each_thing_is_a_line_with_time_fixture_clock_change_and_words(journal: str, command: Command) -> None:
    said = command("log", "--journal", journal)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "01-01 20:00:00  fixture-                        feed live",
        "01-01 20:00:00  fixture-  Q1 09:00              steal                   Player 1 (Home)",
        "01-01 20:00:01  fixture-  Q1 09:00              three pointer missed    Player 2 (Home)",
        "01-01 20:00:02  fixture-  Q1 09:00   -          steal                   Player 1 (Home)",
        "01-01 20:00:03  fixture-  Q1 09:00   amended    steal                   Player �[2J 9 (Home)",
        "01-01 20:00:04  fixture-  Q1 09:00   withdrawn  three pointer missed    Player 2 (Home)",
        "01-01 20:00:05  fixture-                        bad packet: is not JSON: unexpected end of data: line 1 "
        "column 2 (char 1)",
    ]


def test_as_json_each_has_every_key(journal: str, command: Command) -> None:
    said = objects(command, "--journal", journal)
    assert all(each.keys() == KEYS for each in said)
    assert [each["position"] for each in said] == list(range(1, 8))
    status, steal, _, quiet, *_, bad = said
    assert (status["kind"], status["type"], status["state"]) == ("status", "feed_status", "live")
    assert (quiet["id"], quiet["change"], quiet["type"]) == (None, None, "steal")
    assert (bad["kind"], bad["type"], bad["change"]) == ("bad_packet", "bad_packet", None)
    assert bad["reason"].startswith("is not JSON")
    assert {key: value for key, value in steal.items() if value is not None} == {
        "position": 2,
        "fixture": FIXTURE,
        "kind": "packet",
        "at": EPOCH + 1,
        "received": EPOCH,
        "origin": "live",
        "id": "a1:1",
        "type": "steal",
        "change": "added",
        "period": 1,
        "clock": "09:00",
        "team": {"id": "home", "name": "Home"},
        "player": {"id": "p1", "name": "Player 1"},
        "text": "steal Player 1 (Home)",
    }


@pytest.mark.parametrize(
    ("options", "positions"),
    [
        ("--type steal", [2, 4, 5]),
        ("--type field_goal", [3, 6]),
        ("--type action", [2, 3, 4, 5, 6]),
        ("--type bad_packet,feed_status", [1, 7]),
        ("--type moment", []),
        ("--change added", [2, 3]),
        ("--change amended,withdrawn", [5, 6]),
        ("--type steal --change withdrawn", []),
        ("--lines 2", [6, 7]),
        ("--lines 0", []),
        ("--type steal --lines 1", [5]),
        ("--since 2026-01-01T18:00:03Z", [5, 6, 7]),
        ("--since 2026-01-01T20:00:03", [5, 6, 7]),
        ("--until 2026-01-01T18:00:02Z", [1, 2, 3]),
        ("--since 2026-01-01T18:00:01Z --until 2026-01-01T18:00:03Z --lines 1", [4]),
        ("--since 10m", []),
        ("--until 10m --lines 1", [7]),
        ("--fixture fixture", [1, 2, 3, 4, 5, 6, 7]),
        ("--fixture fixture-1 --type steal --lines 2", [4, 5]),
    ],
)
def test_what_is_asked_for_is_shown_and_nothing_else(
    options: str, positions: list[int], journal: str, command: Command
) -> None:
    assert [each["position"] for each in objects(command, "--journal", journal, *options.split())] == positions


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--type stael", "--type stael: there is no event class or moment 'stael'; did you mean 'steal'?"),
        ("--type steal,qqq", "--type steal,qqq: there is no event class or moment 'qqq'; `actionbus log --help` names"),
        ("--change add", "--change add: there is no change 'add'; did you mean 'added'?"),
        (
            "--since soon",
            '--since \'soon\' should be how long ago, such as "10m" or "2h", or a time, such as 2026-01-31T',
        ),
        ("--follow --until 1h", "--until ends where --follow goes on; leave one of the two out"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_sentence(options: str, told: str, journal: str, command: Command) -> None:
    said = command("log", "--journal", journal, *options.split())
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"actionbus log: {told}")
    assert said.err.count("\n") == 1


def test_games_are_told_apart_and_one_can_be_picked(command: Command, tmp_path: Path) -> None:
    games = [Game(packets=make_list(200), fixture=f"long-fixture-{number}") for number in (1, 2)]
    journal = str(write(tmp_path / "journal.db", *games))
    said = objects(command, "--journal", journal, "--fixture", "long-fixture-1", "--lines", "150")
    assert [each["position"] for each in said] == list(range(52, 202))
    assert {line.split()[2] for line in command("log", "--journal", journal, "--lines", "300").out.splitlines()} == {
        "long-fixture-1",
        "long-fixture-2",
    }


def test_moments_are_shown_by_name_with_what_they_say_though_their_class_is_not_imported(
    played: str, command: Command
) -> None:
    said = objects(command, "--journal", played, "--type", "score_line", "--lines", "3")
    assert [each["kind"] for each in said] == ["moment"] * 3
    assert all(each["type"] == "score_line" and each["says"]["key"] and each["id"] for each in said)
    line = command("log", "--journal", played, "--type", "score_line", "--lines", "1").out
    assert "  score line              {" in line
    moments = objects(command, "--journal", played, "--type", "moment", "--lines", "3")
    assert [each["kind"] for each in moments] == ["moment"] * 3


def test_all_of_a_match_that_a_daemon_has_followed_can_be_shown(played: str, command: Command) -> None:
    said = objects(command, "--journal", played, "--lines", "100000")
    assert len({each["position"] for each in said if each["kind"] == "packet"}) == len(MATCH.packets)
    assert said[-1]["state"] == "finished"
    positions = [each["position"] for each in said]
    assert positions == sorted(positions)


def test_a_type_that_changes_is_shown_as_both(command: Command, tmp_path: Path) -> None:
    turnover: dict[str, Any] = {"fixtureActionType": "Turnover", "fixtureActionTypeId": 201}
    journal = str(write(tmp_path / "journal.db", Game(packets=[make_packet(1), make_packet(1, **turnover)])))
    said = objects(command, "--journal", journal, "--lines", "2")
    assert [(each["type"], each["change"], each["id"]) for each in said] == [
        ("steal", "withdrawn", "a1:2"),
        ("turnover", "added", "a1:3"),
    ]
    assert said[0]["position"] == said[1]["position"] == 3


async def give(log: SqliteLog, *packets: str) -> None:
    """Let packets come to a game, and wait until they are on the disk."""
    await log.held("new")
    pipeline = Pipeline("new", log, FixtureClock(lambda: 0.0))
    pipeline.tell(FeedState.LIVE, received=time.time())
    for packet in packets:
        pipeline.accept(packet.replace(FIXTURE, "new"), time.time())
    await log.durable()


@frozen
class Following:
    """A command that follows a journal."""

    process: trio.Process
    stdout: trio.abc.ReceiveStream
    stderr: trio.abc.ReceiveStream

    async def read_line(self) -> dict[str, Any]:
        line = b""
        while not line.endswith(b"\n"):
            line += await self.stdout.receive_some(1)
        found: dict[str, Any] = json.loads(line)
        return found

    async def end(self) -> tuple[int, str]:
        """Return exit code and complaints."""
        told = b"".join([part async for part in self.stderr]).decode()
        return await self.process.wait(), told


@asynccontextmanager
async def following(journal: str) -> AsyncGenerator[Following]:
    """Run `log --follow`, from the newest line on."""
    command = [*COMMAND, "log", "--follow", "--json", "--journal", journal, "--lines", "1"]
    with trio.fail_after(PATIENCE):
        process = await trio.lowlevel.open_process(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stderr is not None
        async with process.stdout, process.stderr:
            yield Following(process, process.stdout, process.stderr)


async def test_follow_shows_what_comes_and_ends_with_0_on_ctrl_c(journal: str) -> None:
    async with opened(Path(journal)) as log, following(journal) as command:
        assert (await command.read_line())["kind"] == "bad_packet"
        await give(log, make_packet(1))
        assert [(await command.read_line())["text"] for _ in range(2)] == ["feed live", "steal Player 1 (Home)"]
        command.process.send_signal(signal.SIGINT)
        assert await command.end() == (0, "")


async def test_follow_ends_when_its_reader_has_left(journal: str) -> None:
    async with following(journal) as command:
        await command.read_line()
        await command.stdout.aclose()
        assert await command.end() == (0, "")


async def test_follow_tells_when_its_journal_was_replaced(journal: str) -> None:
    async with following(journal) as command:
        await command.read_line()
        await trio.Path(journal).rename(f"{journal}.corrupt-1")
        code, told = await command.end()
        assert code == 1
        assert told.startswith(f"actionbus: the journal {journal} was replaced, as a damaged one is;")


def test_a_journal_is_read_while_a_daemon_writes_to_it(journal: str, command: Command) -> None:
    async def write_and_look() -> list[dict[str, Any]]:
        async with opened(Path(journal)) as log:
            await give(log, *make_list(3))
            return objects(command, "--journal", journal, "--fixture", "new")

    assert [each["id"] for each in trio.run(write_and_look)][1:] == ["a0:1", "a1:1", "a2:1"]


def test_since_counts_from_now(command: Command, tmp_path: Path) -> None:
    now = datetime.now(UTC).timestamp()
    games = [Game(packets=make_list(1), fixture=f"f{ago}", since=now - ago) for ago in (7200, 1200, 60)]
    journal = str(write(tmp_path / "journal.db", *games))
    said = objects(command, "--journal", journal, "--since", "30m", "--type", "steal")
    assert [each["fixture"] for each in said] == ["f1200", "f60"]
    said = objects(command, "--journal", journal, "--since", "2h30m", "--until", "10m", "--type", "steal")
    assert [each["fixture"] for each in said] == ["f7200", "f1200"]
