"""The processes of a round: daemons that are killed, and the sink; none outlives the ``with`` that it is made in."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import IO

from attrs import define, frozen
from tests.kill.checks import Delivery
from tests.kill.plans import Kill

HERE = Path(__file__).parent
PATIENCE = 120.0  # seconds that a process may take for anything until it counts as stuck
TOKEN = "canary-token-0815"


class Stuck(Exception):
    """A process does not do what it should, in time or at all."""


class End(Enum):
    """How a life of the daemon ended."""

    MOMENT = auto()
    POINT = auto()
    BY_ITSELF = auto()


@define(eq=False)
class Daemon:
    """One life of the daemon under test: imported, and held until ``run``."""

    process: subprocess.Popen[bytes]
    pipe: int
    life: int
    """Its number."""
    kill: Kill | None

    def run(self, longest: float) -> End:
        """Let it run until it is killed as planned, or ends. Raises Stuck where that takes over ``longest`` seconds."""
        if self._hear(PATIENCE) != b"r":
            raise Stuck(f"a daemon does not start (exit code {self.process.poll()})")
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()
        heard = self._hear(self.kill.seconds if self.kill is not None else longest)
        if heard == b"":
            self.process.wait(PATIENCE)
            return End.BY_ITSELF
        if heard and self.kill is not None:
            self._hear(self.kill.linger)
        self.process.kill()
        self.process.wait(PATIENCE)
        if self.kill is None:
            raise Stuck(f"a daemon that nobody kills has not ended after {longest:.0f} s")
        return End.POINT if heard else End.MOMENT

    def _hear(self, seconds: float) -> bytes | None:
        """Return what the daemon says, nothing where it has ended, None where it says nothing in time."""
        ready, _, _ = select.select([self.pipe], [], [], seconds)
        return os.read(self.pipe, 1) if ready else None

    def close(self) -> None:
        """End it, if it has not ended, and let go of it; once is enough."""
        self.process.kill()
        self.process.wait(PATIENCE)
        assert self.process.stdin is not None
        if not self.process.stdin.closed:
            self.process.stdin.close()
            os.close(self.pipe)


def start_daemon(config: Path, life: int, kill: Kill | None, sink: int, log: IO[bytes]) -> Daemon:
    """Start a daemon that waits to be told to run; ``close`` it in any case."""
    heard, said = os.pipe()
    try:
        plan = {"KILL_POINT": kill.point, "KILL_PASS": str(kill.passes)} if kill is not None else {}
        process = subprocess.Popen(
            [sys.executable, str(HERE / "daemon.py"), "run", "--config", str(config), "--until-finished"],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("KILL_")},
                **{"KILL_PIPE": str(said), "KILL_LIFE": str(life), "KILL_SINK": str(sink), "KILL_TOKEN": TOKEN},
                **plan,
            },
            pass_fds=[said],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )
    except BaseException:
        os.close(heard)
        raise
    finally:
        os.close(said)
    return Daemon(process, heard, life, kill)


@frozen
class Sink:
    """The sink process: its port, and the file that it keeps."""

    port: int
    file: Path

    def drain(self) -> None:
        """Wait until all that a daemon has sent before it was killed is in the file."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(b"drain\n")
            if not connection.recv(16):
                raise Stuck("the sink has ended")

    def deliveries(self) -> list[Delivery]:
        """Read all that was heard, in the order of hearing."""
        return [Delivery(**json.loads(line)) for line in self.file.read_bytes().splitlines()]


@contextmanager
def sinking(file: Path) -> Generator[Sink]:
    """Run the sink."""
    file.touch()
    command = [sys.executable, str(HERE / "sink.py"), str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            assert process.stdout is not None
            yield Sink(int(process.stdout.readline()), file)
        finally:
            process.kill()
            process.wait(PATIENCE)


def write_config(path: Path, url: str, fixtures: Sequence[str], plugins: Mapping[str, str], more: str) -> None:
    """Write a plugins.toml that follows these fixtures; ``plugins`` are the lines of each plugin's table."""
    listed = ", ".join(json.dumps(fixture) for fixture in fixtures)
    lines = [
        "[feed]",
        'source = "dde"',
        f'url = "{url}"',
        f"fixtures = [{listed}]",
        'token = { env = "KILL_TOKEN" }',
        more,
    ]
    for name, table in plugins.items():
        lines += [f"[plugin.{name}]", table]
    path.write_text("\n".join(lines), encoding="utf-8")
