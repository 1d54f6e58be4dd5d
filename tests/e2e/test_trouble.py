"""The real daemon on a disk that fills in mid-game and is freed, and on a journal that is damaged while it runs."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import threading
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from tests.core.log.disks import fill, free, small_disk
from tests.e2e.processes import COMMAND, PATIENCE, TOKEN, actionbus, follow_config, simulating

from actionbus.log.lock import running
from actionbus.simulator import generate_match

TELLER = """
from actionbus import ALL_CHANGES, Action, hookimpl, on
async def tell(action):
    print('heard', action.id, action.change, flush=True)
@hookimpl
def subscriptions(context):
    async def count(action):
        context.store.put('count', context.store.get('count', 0) + 1)
    return [on(Action, tell, changes=ALL_CHANGES), on(Action, count, changes=ALL_CHANGES)]
"""


class Daemon:
    """A daemon that runs, and what its plugin has heard."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.heard: list[str] = []
        self.said = ""

    def hear(self, count: int) -> None:
        """Read what the plugin says, until it has heard so much more."""
        assert self.process.stdout is not None
        more = 0
        while more < count:
            line = self.process.stdout.readline()
            assert line, self.said
            if line.startswith("heard "):
                self.heard.append(line.rstrip("\n"))
                more += 1

    def read_errors(self) -> None:
        assert self.process.stderr is not None
        self.said = self.process.stderr.read()

    def end(self) -> None:
        """Wait for the end of the game."""
        assert self.process.stdout is not None
        self.heard += [line for line in self.process.stdout.read().splitlines() if line.startswith("heard ")]
        self.process.wait(PATIENCE)


@contextmanager
def daemon(config: Path) -> Generator[Daemon]:
    command = [*COMMAND, "run", "--until-finished", "--config", str(config)]
    env = {"TEST_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        found = Daemon(process)
        errors = threading.Thread(
            target=lambda: setattr(found, "said", process.stderr.read() if process.stderr else "")
        )
        errors.start()
        try:
            yield found
        finally:
            process.kill()
            errors.join()


def configure(folder: Path, url: str, fixture: str) -> Path:
    (folder / "teller.py").write_text(TELLER, encoding="utf-8")
    return follow_config(folder, url, [fixture], '[plugin.teller]\npath = "teller.py"')


def expected(folder: Path, recording: Path) -> list[str]:
    """What an undisturbed replay announces, told by the command."""
    config = folder / "replay.toml"
    config.write_text('[plugin.teller]\npath = "teller.py"\n', encoding="utf-8")
    done = actionbus("replay", str(recording), "--config", str(config))
    assert done.code == 0, done.err
    return [line for line in done.out.splitlines() if line.startswith("heard ")]


def in_the_journal(journal: Path) -> tuple[list[str], bytes]:
    """The packets of the newest list, and what the plugin has counted."""
    with closing(sqlite3.connect(journal)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = connection.execute(
            "SELECT body FROM row WHERE n IS NOT NULL AND epoch = (SELECT epoch FROM fixture) ORDER BY n"
        ).fetchall()
        ((count,),) = connection.execute("SELECT value FROM store WHERE key = 'count'").fetchall()
    return [body for (body,) in found], count


def trouble(journal: Path) -> object:
    said = running(journal)
    return said and said["trouble"]


def write_recording(path: Path, packets: Sequence[str]) -> Path:
    path.write_text("\n".join(packets) + "\n", encoding="utf-8")
    return path


def test_a_small_disk_fills_in_mid_game_and_is_freed_and_nothing_is_missing(tmp_path: Path) -> None:
    recording = generate_match(41)
    path = write_recording(tmp_path / "game.jsonl", recording.packets)
    with (
        small_disk(tmp_path / "disk", 8 * 2**20) as disk,
        simulating(str(path), "--speed", "1000", "--token", TOKEN) as url,
    ):
        journal = disk / "journal.db"
        with daemon(configure(disk, url, recording.fixture)) as run:
            troubles: list[object] = []
            for _ in range(3):
                run.hear(60)
                troubles.append(trouble(journal))
                fill(disk)
                run.hear(120)  # live events go on
                troubles.append(trouble(journal))
                free(disk)
            run.end()
        assert troubles[0] is None
        assert set(troubles[1::2]) == {"database or disk is full"}
        assert run.process.returncode == 0, run.said
        assert "Traceback" not in run.said
        assert run.said.count("the journal cannot be written") == run.said.count("the journal is written again") <= 3
        packets, count = in_the_journal(journal)
        told = expected(disk, path)
    assert run.heard == told
    assert packets == list(recording.packets)
    assert count == b"%d" % len(told)


def test_a_journal_that_is_damaged_in_mid_game_is_replaced_and_no_event_is_missing(tmp_path: Path) -> None:
    recording = generate_match(42)
    path = write_recording(tmp_path / "game.jsonl", recording.packets)
    journal = tmp_path / "journal.db"
    with simulating(str(path), "--speed", "1000", "--token", TOKEN) as url:
        with daemon(configure(tmp_path, url, recording.fixture)) as run:
            run.hear(200)
            with closing(sqlite3.connect(journal)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            damage(journal)
            run.end()
        assert run.process.returncode == 0, run.said
        assert "Traceback" not in run.said
        told = expected(tmp_path, path)
        if "the journal is damaged" not in run.said:  # nobody looked at those pages again: the next start finds out
            again = actionbus("run", "--until-finished", "--config", str(tmp_path / "plugins.toml"),
                              env={"TEST_TOKEN": TOKEN})  # fmt: skip
            assert "the journal is damaged" in again.err
    # Of what came while the list was fetched anew only the difference is told: not each step on the way.
    assert standing(run.heard) == standing(told)
    assert len(set(run.heard)) == len(run.heard)
    kept = [each for each in tmp_path.glob("journal.db.corrupt-*") if each.suffix not in ("-wal", "-shm")]
    assert kept
    with closing(sqlite3.connect(journal)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def standing(heard: Sequence[str]) -> set[str]:
    """The actions that count in the end."""
    last = {line.split()[1].rpartition(":")[0]: line.split()[2] for line in heard}
    return {action for action, change in last.items() if change in ("added", "amended")}


def damage(journal: Path) -> None:
    """Overwrite all pages but the first."""
    garbage = random.Random(1).randbytes(journal.stat().st_size - 4096)
    with journal.open("r+b") as file:
        file.seek(4096)
        file.write(garbage)
