"""What people are told in the end, over outages and restarts: ``python -m tests.e2e.alerts --games N --seed S``.

The real daemon follows games whose server cuts the connections, is killed and stopped in mid-game, and posts its alerts
to a program. What stands there in the end is compared with a brute-force reading of the games. Exit code 1: it differs.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import tomllib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from attrs import define, field
from tests.conftest import GAMES
from tests.e2e.processes import COMMAND, PATIENCE, TOKEN, follow_config, simulating
from tests.plugins.notifier.oracle import alerts
from tests.plugins.notifier.raw import read

RULES = Path(__file__).parents[1] / "plugins" / "notifier" / "oracle.toml"
CUTS, RESTARTS = 20, 5
QUIETLY: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": {"TEST_TOKEN": TOKEN}}

Standing = set[tuple[str, str, tuple[str, ...], str]]
"""Rule, fixture, what it is made of, text."""


@define(eq=False)
class Receiver:
    """A program that keeps the newest state of each alert by its id."""

    newest: dict[str, dict[str, Any]] = field(factory=dict[str, dict[str, Any]])
    came: int = 0
    bodies: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    """All that came, in order."""
    _changed: threading.Condition = field(factory=threading.Condition)

    def take(self, said: dict[str, Any]) -> None:
        with self._changed:
            self.bodies.append(said)
            for each in said.get("alerts", [said]):
                known = self.newest.get(each["id"])
                if known is None or each["version"] >= known["version"]:
                    self.newest[each["id"]] = each
            self.came += 1
            self._changed.notify_all()

    def wait_for(self, count: int, seconds: float) -> None:
        """Wait until so many messages have come, or for so long."""
        with self._changed:
            self._changed.wait_for(lambda: self.came >= count, seconds)

    def standing(self) -> Standing:
        shown = (each for each in self.newest.values() if each["state"] != "withdrawn")
        return {(each["rule"], each["fixture"], tuple(each["action_ids"]), each["text"]) for each in shown}


@contextmanager
def receiving(receiver: Receiver) -> Generator[str]:
    """Let a receiver listen; yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/alerts"
        finally:
            server.shutdown()
            thread.join()


def packets_of(game: Path) -> list[str]:
    return game.read_text(encoding="utf-8").splitlines()


def fixture_of(packets: Sequence[str]) -> str:
    fixture: str = json.loads(packets[0])["fixtureAction"]["fixtureId"]
    return fixture


def expected(games: Sequence[Path]) -> Standing:
    """What the oracle finds to stand."""
    found: Standing = set()
    for game in games:
        packets = packets_of(game)
        fixture, steps = fixture_of(packets), read(packets)
        for name, rule in tomllib.loads(RULES.read_text(encoding="utf-8"))["alert"].items():
            stands = (each for each in alerts(rule, steps) if each.stands)
            found |= {(name, fixture, tuple(each.ids), each.message) for each in stands}
    return found


def follow(folder: Path, games: Sequence[Path], *, seed: int, speed: float) -> tuple[Standing, int]:
    """Let a daemon follow games over cuts and restarts to their end; return what stands, and how many messages came."""
    rng, receiver = random.Random(seed), Receiver()
    fixtures = [fixture_of(packets_of(game)) for game in games]
    faults = ["--fault", f"cut={CUTS}", "--seed", str(seed), "--token", TOKEN]
    with (
        receiving(receiver) as address,
        simulating(*map(str, games), "--speed", str(speed), *faults) as url,
    ):
        rules = RULES.read_text(encoding="utf-8").replace("[plugin.score_tracker]\n", "")
        channel = f'[notify.program]\nuse = "webhook"\nurl = "{address}"\n[defaults]\nnotify = ["program"]\n'
        config = follow_config(folder, url, fixtures, channel + rules)
        command = [*COMMAND, "run", "--until-finished", "--config", str(config)]
        for number in range(RESTARTS):
            with subprocess.Popen(command, **QUIETLY) as daemon:
                receiver.wait_for(receiver.came + rng.randint(5, 15 * len(games)), PATIENCE)
                assert daemon.poll() is None, "it has ended before it was stopped"
                daemon.send_signal(signal.SIGTERM if number % 2 else signal.SIGKILL)
        subprocess.run(command, **QUIETLY, timeout=10 * PATIENCE, check=True)
    return receiver.standing(), receiver.came


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.alerts", description=__doc__)
    parser.add_argument("--games", type=int, default=31, metavar="N", help="real games (default: 31)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the cuts and the restarts (default: 1)")
    parser.add_argument("--speed", type=float, default=200.0, metavar="X", help="times faster than life (default: 200)")
    options = parser.parse_args()
    games = sorted(GAMES.glob("*.jsonl"))[: options.games]
    with tempfile.TemporaryDirectory(prefix="actionbus-alerts-") as folder:
        found, came = follow(Path(folder), games, seed=options.seed, speed=options.speed)
    wanted = expected(games)
    for what, some in (("missing", wanted - found), ("too many", found - wanted)):
        for rule, fixture, ids, text in sorted(some):
            print(f"{what}: {rule} {fixture} {' '.join(ids)}: {text}")
    print(f"{len(games)} games, {came} messages, {len(wanted)} alerts stand, {len(wanted ^ found)} differ")
    return 1 if wanted != found else 0


if __name__ == "__main__":
    sys.exit(main())
