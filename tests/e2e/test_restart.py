"""The real daemon, stopped and killed in mid-game: each start goes on where the last one ended, however that came."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from tests.e2e.processes import COMMAND, PATIENCE, TOKEN, actionbus, follow_config, simulating

from actionbus.simulator import generate_match

ENV = {"TEST_TOKEN": TOKEN}
ROUNDS = 12  # of a writer that is killed

# Says what it hears, one a line: on a pipe that outlives it.
TELLER = """
from actionbus import ALL_CHANGES, Action, hookimpl, on
async def tell(action):
    print('heard', action.id, action.change, flush=True)
@hookimpl
def subscriptions():
    return [on(Action, tell, changes=ALL_CHANGES)]
"""


@frozen
class Game:
    fixture: str
    packets: tuple[str, ...]
    path: Path


def generate(folder: Path, seed: int) -> Game:
    recording = generate_match(seed)
    path = folder / f"{seed}.jsonl"
    path.write_text("\n".join(recording.packets) + "\n", encoding="utf-8")
    return Game(recording.fixture, recording.packets, path)


def configure(folder: Path, url: str, fixtures: Sequence[str]) -> Path:
    (folder / "teller.py").write_text(TELLER, encoding="utf-8")
    return follow_config(folder, url, fixtures, '[plugin.teller]\npath = "teller.py"')


def command(config: Path) -> list[str]:
    return [*COMMAND, "run", "--until-finished", "--config", str(config)]


@contextmanager
def daemon(config: Path) -> Generator[subprocess.Popen[str]]:
    """Run the daemon; kill it if it is still there in the end."""
    env = {**ENV, "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(
        command(config), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def expected(game: Game) -> list[str]:
    """What an undisturbed replay announces, told by the command."""
    config = game.path.with_name("replay.toml")
    config.write_text('[plugin.teller]\npath = "teller.py"\n', encoding="utf-8")
    done = actionbus("replay", str(game.path), "--config", str(config))
    assert done.code == 0, done.err
    return told(done.out.splitlines())


def told(lines: Sequence[str]) -> list[str]:
    """What the plugin heard, among what others have to say."""
    return [line for line in lines if line.startswith("heard ")]


def first(lines: Sequence[str]) -> list[str]:
    """The first occurrence of each announcement."""
    return list(dict.fromkeys(told(lines)))


def test_a_game_that_is_killed_again_and_again_is_told_whole_in_order_and_finished_games_are_not_told_again(
    tmp_path: Path,
) -> None:
    game, other = generate(tmp_path, 31), generate(tmp_path, 32)
    heard: list[str] = []
    with simulating(str(game.path), "--speed", "2000", "--token", TOKEN) as url:
        config = configure(tmp_path, url, [game.fixture])
        for lines in (40, 300, 1, 150):
            with daemon(config) as process:
                assert process.stdout is not None
                heard += [process.stdout.readline().rstrip("\n") for _ in range(lines)]
                process.send_signal(signal.SIGKILL)
                heard += process.stdout.read().splitlines()
        done = actionbus("run", "--until-finished", "--config", str(config), env=ENV)
        assert done.code == 0, done.err
        heard += done.out.splitlines()
        assert first(heard) == expected(game)
        again = actionbus("run", "--until-finished", "--config", str(config), env=ENV)
        assert again.code == 0
        assert told(again.out.splitlines()) == []
    # The server is gone, and nobody asks for it.
    with simulating(str(other.path), "--speed", "max", "--token", TOKEN) as url:
        config = configure(tmp_path, url, [game.fixture, other.fixture])
        done = actionbus("run", "--until-finished", "--config", str(config), env=ENV)
        assert done.code == 0, done.err
        assert first(done.out.splitlines()) == expected(other)


def test_a_daemon_that_is_stopped_goes_on_without_a_repeat(tmp_path: Path) -> None:
    game = generate(tmp_path, 33)
    heard: list[str] = []
    with simulating(str(game.path), "--speed", "2000", "--token", TOKEN) as url:
        config = configure(tmp_path, url, [game.fixture])
        for lines in (100, 200):
            with daemon(config) as process:
                assert process.stdout is not None
                heard += [process.stdout.readline().rstrip("\n") for _ in range(lines)]
                process.send_signal(signal.SIGTERM)
                # Not communicate(): it passes over what readline() has read ahead.
                heard += process.stdout.read().splitlines()
                assert process.stderr is not None
                err = process.stderr.read()
                assert process.wait(PATIENCE) == 0, err
                assert "Traceback" not in err
        done = actionbus("run", "--until-finished", "--config", str(config), env=ENV)
        heard += done.out.splitlines()
    assert told(heard) == expected(game)


def test_the_second_daemon_on_a_journal_ends_with_one_sentence(tmp_path: Path) -> None:
    game = generate(tmp_path, 34)
    with simulating(str(game.path), "--speed", "1", "--token", TOKEN) as url:
        config = configure(tmp_path, url, [game.fixture])
        with daemon(config) as process:
            assert process.stdout is not None
            process.stdout.readline()
            second = actionbus("run", "--config", str(config), env=ENV)
            assert second.code == 2
            assert len(second.err.splitlines()) == 1, second.err
            assert f"is in use by process {process.pid}" in second.err
            assert process.poll() is None


def test_a_file_that_is_no_journal_is_refused_with_one_sentence(tmp_path: Path) -> None:
    config = configure(tmp_path, "ws://127.0.0.1:1", ["f"])
    (tmp_path / "journal.db").write_text("my diary\n" * 100, encoding="utf-8")
    done = actionbus("run", "--config", str(config), env=ENV)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1, done.err
    assert (tmp_path / "journal.db").read_text(encoding="utf-8") == "my diary\n" * 100


# Writes units of a row, a store's value, a sum and a cursor, as fast as it can.
WRITER = """
import sys
from pathlib import Path
import trio
from actionbus.events.catalogue import Catalogue
from actionbus.log import Row, RowKind, Unit
from actionbus.log.journal import open_journal

class Reader:
    needs = None

async def main():
    async with open_journal(Path(sys.argv[1]), sync=sys.argv[2], keep=9e9, catalogue=Catalogue()) as log:
        state = await log.open_lane("p", "f", Reader())
        count = int(state.store.get("count", b"0"))
        print(flush=True)
        while True:
            for _ in range(7):
                count += 1
                position = log.next_position()
                row = dict(position=position, fixture="f", kind=RowKind.BAD_PACKET, at=0.0, received=0.0, n=count)
                log.append([Row(**row)])
                unit = Unit(store={"count": b"%d" % count, str(count % 50): b"%d" % count}, added={"count": 1})
                log.commit("p", "f", position, unit)
            await log.room()
            await trio.sleep(0)

trio.run(main)
"""


def test_a_writer_that_is_killed_leaves_whole_units_and_goes_on_from_them(tmp_path: Path) -> None:
    script, journal = tmp_path / "writer.py", tmp_path / "journal.db"
    script.write_text(WRITER, encoding="utf-8")
    count = 0
    for number in range(ROUNDS):
        arguments = [sys.executable, str(script), str(journal), ("full", "normal")[number % 2]]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                process.wait(0.03 + 0.02 * number)
            except subprocess.TimeoutExpired:
                process.kill()
        left = look(journal)
        assert left["count"] >= count
        count = left["count"]
        assert left["rows"] == list(range(1, count + 1))
        assert left["sum"] == count
        assert left["cursor"] == left["head"]
        assert left["store"] == {str(each % 50): each for each in range(max(1, count - 49), count + 1)}
    assert count > 1000


def look(journal: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(journal)) as connection:
        one = connection.execute

        def first_of(question: str) -> Any:
            found = one(question).fetchone()
            return found[0] if found is not None else 0

        store: dict[str, bytes] = dict(one("SELECT key, value FROM store").fetchall())
        assert first_of("PRAGMA integrity_check") == "ok"
        return {
            "count": int(store.pop("count", b"0")),
            "store": {key: json.loads(value) for key, value in store.items()},
            "rows": [n for (n,) in one("SELECT n FROM row ORDER BY position")],
            "head": first_of("SELECT coalesce(max(position), 0) FROM row"),
            "sum": first_of("SELECT value FROM shared_sum"),
            "cursor": first_of("SELECT cursor FROM lane"),
        }
