"""The parts around the checks: what is read from a journal, what the sink keeps, which kills a seed gives."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest
from tests.kill.journal import read_cursors, read_stores
from tests.kill.plans import LIVE, OVER, PASSES, plan_round, plan_rounds
from tests.kill.processes import HERE, PATIENCE, sinking

TABLES = """
CREATE TABLE fixture(id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE lane(id INTEGER PRIMARY KEY, plugin TEXT, fixture INTEGER, cursor INTEGER);
CREATE TABLE store(lane INTEGER, key TEXT, value BLOB);
CREATE TABLE row(position INTEGER PRIMARY KEY, fixture INTEGER);
INSERT INTO fixture VALUES (1, 'one'), (2, 'two');
INSERT INTO row VALUES (1, 1), (2, 1), (3, 2);
INSERT INTO lane VALUES (1, 'counter', 1, 2), (2, 'counter', 2, 3), (3, 'teller', 1, 1);
INSERT INTO store VALUES (1, 'events', '2'), (2, 'chain', '"abc"'), (3, 'events', '9');
"""


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA journal_mode = WAL; {TABLES}")
    return path


def change(journal: Path, statement: str) -> None:
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute(statement)


def test_cursors_and_stores_are_read_by_fixture(journal: Path) -> None:
    held = read_cursors(journal, thoroughly=True)
    assert held.cursors == {"counter": {"one": 2, "two": 3}, "teller": {"one": 1}}
    assert (held.newest, held.wrong) == ({"one": 2, "two": 3}, [])
    assert read_stores(journal, "counter") == {"one": {"events": 2}, "two": {"chain": "abc"}}


def test_reading_leaves_the_files_of_a_journal_as_they_were(journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as writer:
        writer.execute("UPDATE lane SET cursor = 1 WHERE id = 1")
        writer.commit()
        before = {path.name: path.read_bytes() for path in journal.parent.glob("journal.db*")}
        assert "journal.db-wal" in before
        assert read_cursors(journal).cursors["counter"]["one"] == 1
        after = {path.name: path.read_bytes() for path in journal.parent.glob("journal.db*")}
    assert after == before


def test_a_cursor_beyond_the_rows_is_wrong(journal: Path) -> None:
    change(journal, "UPDATE lane SET cursor = 3 WHERE id = 1")
    assert read_cursors(journal).wrong == ["journal: cursor 3 of counter x one is beyond its last row, 2"]


def test_a_journal_that_is_not_there_yet_or_is_empty_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    for _ in range(2):
        assert read_cursors(path, thoroughly=True).cursors == {}
        assert read_stores(path, "counter") == {}
        path.touch()


def say(port: int, *lines: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    for line in lines:
        connection.sendall(line.encode() + b"\n")
        assert connection.recv(16) == b"ok\n"
    return connection


def test_the_sink_has_all_that_came_before_when_it_says_that_it_is_drained(tmp_path: Path) -> None:
    lines = [json.dumps({"number": number}) for number in range(100)]
    with sinking(tmp_path / "heard.jsonl") as sink:
        say(sink.port, *lines[:50]).close()
        with say(sink.port, *lines[50:99]) as connection:
            connection.sendall(lines[99].encode() + b"\n")
        sink.drain()
        assert sink.file.read_text(encoding="utf-8").splitlines() == lines


def test_the_sink_is_not_drained_while_somebody_may_say_more(tmp_path: Path) -> None:
    with sinking(tmp_path / "heard.jsonl") as sink, socket.create_connection(("127.0.0.1", sink.port)) as asking:
        with say(sink.port, "{}"):
            asking.sendall(b"drain\n")
            asking.settimeout(0.1)
            with pytest.raises(TimeoutError):
                asking.recv(16)
        asking.settimeout(PATIENCE)
        assert asking.recv(16) == b"ok\n"


def write_games(folder: Path, number: int) -> list[Path]:
    packet = json.dumps({"fixtureAction": {"timestamp": "2026-01-01T18:00:00Z"}})
    later = packet.replace("18:00:00", "18:00:10")
    paths = [folder / f"{each}.jsonl" for each in range(number)]
    for path in paths:
        path.write_text(f"{packet}\n{later}\n", encoding="utf-8")
    return paths


def test_a_seed_gives_the_same_games_and_kills_again(tmp_path: Path) -> None:
    games = write_games(tmp_path, 9)
    rounds = [list(islice(plan_rounds(games, 7), 6)) for _ in range(2)]
    assert rounds[0] == rounds[1]
    plans = [[plan_round(*each, kills=40, seed=7) for each in some] for some in rounds]
    assert plans[0] == plans[1]
    assert plans[0] != [plan_round(*each, kills=40, seed=8) for each in rounds[0]]


def test_a_round_has_different_games_and_some_are_over_in_every_third(tmp_path: Path) -> None:
    for number, live, over in islice(plan_rounds(write_games(tmp_path, 7), 1), 12):
        assert len(set(live)) == LIVE
        assert len(over) == (OVER if number % 3 == 1 else 0)
        assert not set(live) & set(over)


def test_kills_come_at_every_point_and_at_any_moment(tmp_path: Path) -> None:
    games = tuple(write_games(tmp_path, LIVE))
    kills = plan_round(0, games, (), kills=200, seed=1).kills
    assert {kill.point for kill in kills} == {"", *PASSES}
    assert all(kill.passes >= 1 for kill in kills if kill.point)


def test_a_crash_point_that_is_no_more_is_told_in_a_sentence() -> None:
    code = (
        "import sys; sys.argv = ['daemon.py']; import tests.kill.daemon as daemon;"
        "daemon.POINTS['lost'] = ('actionbus.bus.lane', 'Lane', 'no_such', True); daemon.main()"
    )
    environ = {**os.environ, "KILL_PIPE": "2", "KILL_POINT": "lost", "KILL_PASS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE.parents[1], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("tests.kill: crash point lost: there is no actionbus.bus.lane.Lane.no_such any more")
    assert "Traceback" not in done.stderr
