"""Webhooks under fire: ``python -m tests.e2e.ledger --kills N --seed S --speed X [GAME.jsonl ...]``.

The real daemon sends the events of several games to a receiver that fails, stalls, resets and answers every status at
random, and to an endpoint that is dead; meanwhile it is killed again and again. At the end the receiver's state, kept
as the docs say, is compared with what the packets come to and with the official box scores where there are some; the
ledger's sums are read from the database after each kill. Exit code 1: something differs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

from attrs import define, field
from standardwebhooks import Webhook
from tests.e2e.processes import COMMAND, PATIENCE, TOKEN, follow_config, simulating

from actionbus.control import NobodyThere, ask
from actionbus.errors import ActionbusError
from actionbus.simulator import generate_match

SECRET = "whsec_" + "Y2FuYXJ5IG9mIHRoZSBsZWRnZXIsIG5vd2hlcmUgdG8gYmUgc2Vlbg=="
CANARY = "canary-in-a-header-0815"
STATES = ("delivered", "dead", "expired", "replaced")
STATUSES = (*range(200, 206), 301, 302, 400, 401, 404, 408, 409, 413, 418, 422, 429, 500, 501, 502, 503, 504, 520)
STALL = 0.8  # seconds; the endpoint's patience is shorter
END = 120.0  # seconds for what waits when the games are over
COUNTED = {
    "points": {"three_pointer_made": 3, "two_pointer_made": 2, "free_throw_made": 1},
    "three_pointers_made": {"three_pointer_made": 1},
    "rebounds": {"rebound": 1},
    "assists": {"assist": 1},
    "steals": {"steal": 1},
    "blocks": {"block": 1},
    "turnovers": {"turnover": 1},
    "fouls": {"foul": 1},
}
BENCH = ("Coach Technical", "Bench Technical")


@define
class Result:
    """What came of a run; ``wrong`` says what should not have been."""

    kills: int = 0
    requests: int = 0
    repeats: int = 0
    messages: int = 0
    sums: dict[str, dict[str, int]] = field(factory=dict[str, "dict[str, int]"])
    wrong: list[str] = field(factory=list[str])


@define(eq=False)
class Receiver:
    """Takes each message once, by its ``webhook-id``; whether it says so is another matter."""

    rng: random.Random
    well: bool = False
    state: dict[tuple[str, str], dict[str, Any]] = field(factory=dict[tuple[str, str], "dict[str, Any]"])
    first: dict[str, list[str]] = field(factory=lambda: defaultdict[str, "list[str]"](list))
    """The ids of each fixture, in the order in which they first came."""
    bodies: dict[str, bytes] = field(factory=dict[str, bytes])
    requests: int = 0
    gone: int = 0
    wrong: list[str] = field(factory=list[str])
    lock: threading.Lock = field(factory=threading.Lock)
    patience: threading.Event = field(factory=threading.Event)
    """Never set: the daemon is another process, and what it does in a time is what is looked at."""

    def mood(self) -> str | int:
        """Decide what becomes of a request."""
        with self.lock:
            if self.well or self.rng.random() < 0.55:
                return 204
            moods: list[str | int] = [*STATUSES, *STATUSES, "stall", "reset", "mute", "gone"]
            return self.rng.choice(moods)

    def take(self, headers: Mapping[str, str], body: bytes, *, keep: bool) -> None:
        """Verify a request, and upsert as the docs say."""
        with self.lock:
            self.requests += 1
            try:
                message = Webhook(SECRET).verify(body, dict(headers))
            except Exception as error:
                self.wrong.append(f"not verified: {error!r}")
                return
            name, data = headers["webhook-id"], message["data"]
            if headers.get("x-key") != CANARY:
                self.wrong.append(f"{name}: the header is missing")
            if not keep:
                return
            if name not in self.bodies:
                self.first[data["fixture"]].append(name)
            self.bodies.setdefault(name, body)
            held = self.state.get((data["fixture"], data["subject"]))
            if held is None or held["version"] < data["version"]:
                self.state[data["fixture"], data["subject"]] = data


@contextmanager
def listening(receiver: Receiver) -> Generator[str]:
    """Let a receiver listen; yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers, mood = {name.lower(): value for name, value in self.headers.items()}, receiver.mood()
            taken = mood != "reset" and (not isinstance(mood, int) or mood < 300 or receiver.rng.random() < 0.3)
            receiver.take(headers, body, keep=taken)
            if mood == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if mood == "stall":
                receiver.patience.wait(STALL)
            if mood in ("stall", "reset", "mute"):
                self.close_connection = True
                return
            if mood == "gone":
                receiver.gone += 1
            status = 410 if mood == "gone" else int(mood)
            self.send_response(status, "So it is")
            if status == 429:
                self.send_header("Retry-After", "0")
            if status != 204:
                self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:
            """Whoever is killed leaves connections behind."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook"
        finally:
            server.shutdown()
            thread.join()


def endpoints(url: str) -> str:
    """Write the endpoints: one that is moody, and one where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}/dead"
    common = 'secret = { env = "HOOK_SECRET" }\nallow_http = true\nallow_networks = ["127.0.0.0/8"]\n'
    return (
        f'[webhook.shop]\nurl = "{url}"\non = ["action", "lead_change", "final_score", "feed_status"]\n{common}'
        'timeout = "0.5s"\nretry = ["0.05s", "0.1s", "0.3s"]\nmax_age = "1h"\nin_flight = 64\n'
        'headers = { X-Key = { env = "HOOK_KEY" } }\n'
        f'[webhook.dead]\nurl = "{dead}"\non = "*"\n{common}max_age = "3s"\nretry = ["0.2s", "1s"]\n'
    )


def run(folder: Path, games: Sequence[Path], *, kills: int, seed: int, speed: float) -> Result:
    """Let the daemon send all that happens in the games, and compare."""
    rng, result = random.Random(seed), Result()
    receiver = Receiver(random.Random(seed + 1))
    journal, place = folder / "journal.db", folder / "control.sock"
    fixtures = [
        json.loads(path.read_text(encoding="utf-8").partition("\n")[0])["fixtureAction"]["fixtureId"] for path in games
    ]
    env = {
        **os.environ,
        "TEST_TOKEN": TOKEN,
        "HOOK_SECRET": SECRET,
        "HOOK_KEY": CANARY,
        "ACTIONBUS_CONTROL": str(place),
    }
    length = 7200 / speed  # seconds, about
    with (
        listening(receiver) as url,
        simulating(*map(str, games), "--speed", str(speed), "--token", TOKEN) as server,
        (folder / "daemon.log").open("ab") as log,
    ):
        config = follow_config(folder, server, fixtures, endpoints(url))
        command = [*COMMAND, "run", "--no-watch", "--log-level", "debug", "--config", str(config)]
        for _ in range(kills):
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, env=env) as daemon:
                _serve(place, receiver, rng.uniform(1.0, max(2.2, 1.6 * length / max(kills, 1))))
                daemon.send_signal(signal.SIGKILL)
            result.kills += 1
            result.wrong += sums_of(journal)[1]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, env=env) as daemon:
            try:
                _settle(place, receiver, journal, fixtures)
            finally:
                daemon.terminate()
                daemon.wait(PATIENCE)
        if daemon.returncode != 0:
            result.wrong.append(f"the daemon ended with {daemon.returncode}")
    result.sums, wrong = sums_of(journal)
    result.wrong += [*wrong, *receiver.wrong, *_ends(result.sums), *_logged(folder)]
    result.requests, result.messages = receiver.requests, len(receiver.bodies)
    result.repeats = receiver.requests - len(receiver.bodies)
    result.wrong += compare(receiver, games, journal)
    return result


def _serve(place: Path, receiver: Receiver, seconds: float) -> None:
    """Let the daemon work, and enable the endpoint again whenever the receiver has said that it is gone."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        receiver.patience.wait(min(left, 0.2))
        _enable(place, receiver)


def _enable(place: Path, receiver: Receiver) -> None:
    if receiver.gone:
        request = {"do": "ask", "plugin": "webhook", "request": "enable", "arguments": {"endpoint": "shop"}}
        try:
            if ask(place, request)["ok"]:
                receiver.gone = 0
        except (NobodyThere, ActionbusError, OSError):
            return


def _settle(place: Path, receiver: Receiver, journal: Path, fixtures: Sequence[str]) -> None:
    """Wait until the games are over and nothing waits any more; towards the end the receiver is well."""
    ends = time.monotonic() + 20 * END
    over = 0.0
    while time.monotonic() < ends:
        receiver.patience.wait(0.3)
        receiver.gone = max(receiver.gone, 1)  # a kill may have come between the 410 and its record
        _enable(place, receiver)
        with receiver.lock:
            finished = {key for key, each in receiver.state.items() if key[1] == "feed" and each["state"] == "finished"}
        if len(finished) < len(fixtures):
            continue
        over = over or time.monotonic()
        receiver.well = receiver.well or time.monotonic() - over > END / 4
        if not any(each["waiting"] for each in sums_of(journal)[0].values()):
            return


def sums_of(journal: Path) -> tuple[dict[str, dict[str, int]], list[str]]:
    """Read the ledger's sums, and say where they are not those of its entries."""
    if not journal.exists():
        return {}, []
    with closing(sqlite3.connect(journal)) as connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'store'").fetchone() is None:
            return {}, []
        kept = connection.execute("SELECT key, value FROM store WHERE key LIKE 'q:%' OR key LIKE 'd:%'").fetchall()
        told = dict(connection.execute("SELECT key, value FROM shared_sum WHERE key LIKE '%:%'").fetchall())
        intact = connection.execute("PRAGMA quick_check").fetchone()[0]
    wrong = [] if intact == "ok" else [f"journal: {intact}"]
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for key, value in kept:
        found[key.split(":")[1]][json.loads(value)["state"]] += 1
    sums: dict[str, dict[str, int]] = {}
    for name in ("shop", "dead"):
        each = {what: int(told.get(f"{name}:{what}", 0)) for what in ("queued", *STATES)}
        sums[name] = {**each, "waiting": each["queued"] - sum(each[what] for what in STATES)}
        counted = {what: found[name][what] for what in (*STATES, "waiting")}
        if counted != {what: sums[name][what] for what in counted}:
            wrong.append(f"sums of {name}: {sums[name]}, entries: {counted}")
    return sums, wrong


def _ends(sums: Mapping[str, Mapping[str, int]]) -> Iterable[str]:
    if any(each["waiting"] for each in sums.values()):
        yield f"deliveries still wait: {sums}"
    if sums["shop"]["dead"] or sums["shop"]["expired"]:
        yield f"the shop was given up: {sums['shop']}"
    if sums["dead"]["delivered"] or not sums["dead"]["dead"] + sums["dead"]["expired"]:
        yield f"the dead endpoint: {sums['dead']}"


def _logged(folder: Path) -> Iterable[str]:
    """Look for errors in the log, and for secrets in it and in the journal."""
    log = (folder / "daemon.log").read_text(encoding="utf-8", errors="replace")
    for line in log.splitlines():
        known = "webhook is disabled" in line
        if ("Traceback" in line or '"level": "error"' in line) and not known:
            yield f"log: {line[:500]}"
    for path in folder.glob("*"):
        held = path.read_bytes() if path.is_file() else b""
        for canary in (SECRET, SECRET.removeprefix("whsec_"), CANARY, TOKEN):
            if canary.encode() in held:
                yield f"{path.name} holds a secret"


def compare(receiver: Receiver, games: Sequence[Path], journal: Path) -> Iterable[str]:
    """Compare the receiver's state with the packets, the official box scores, and the order of the ledger."""
    for path in games:
        packets = [json.loads(line)["fixtureAction"] for line in path.read_text(encoding="utf-8").splitlines() if line]
        fixture, last = packets[0]["fixtureId"], {each["actionId"]: each for each in packets}
        standing = {name for name, each in last.items() if each["sendType"] in ("Confirmed", "Updated", "Restored")}
        held = {
            subject: each
            for (where, subject), each in receiver.state.items()
            if where == fixture and each["stands"] and "action" in each["kinds"]
        }
        if set(held) != standing:
            yield f"{path.name}: {len(set(held) - standing)} stand too many, {len(standing - set(held))} are missing"
        truth = path.with_suffix(".truth.json")
        if truth.exists():
            yield from _against(json.loads(truth.read_text(encoding="utf-8")), list(held.values()), path.name)
    with closing(sqlite3.connect(journal)) as connection:
        kept = connection.execute("SELECT substr(key, 8), value FROM store WHERE key LIKE 'd:shop:%'").fetchall()
    order = {name: tuple(json.loads(value)["order"]) for name, value in kept}
    for fixture, names in receiver.first.items():
        places = [order[name] for name in names if name in order]
        late = sum(before > after for before, after in pairwise(places))
        if late:
            yield f"{fixture}: {late} messages came out of order"


def _against(truth: Mapping[str, Any], held: Sequence[Mapping[str, Any]], name: str) -> Iterable[str]:
    """Compare what stands with an official box score."""
    for side in ("home", "away"):
        team = truth[side]
        of_team = [each for each in held if _id(each["team"]) == team["id"]]
        whole = {"team": (of_team, team["official"])}
        players = {
            player: ([each for each in of_team if _id(each["player"]) == player], figures)
            for player, figures in team["players"].items()
        }
        for who, (actions, figures) in (whole | players).items():
            for what, official in figures.items():
                if what not in COUNTED:
                    continue
                counted = sum(_worth(each, what) for each in actions)
                if counted != official:
                    yield f"{name}: {side} {who} has {counted} {what}, official are {official}"


def _id(who: Mapping[str, Any] | None) -> object:
    return who["id"] if who is not None else None


def _worth(action: Mapping[str, Any], what: str) -> int:
    if what == "fouls" and action["subtype"] in BENCH:
        return 0
    return next((worth for kind, worth in COUNTED[what].items() if kind in action["kinds"]), 0)


def generated(folder: Path, seeds: Iterable[int]) -> list[Path]:
    """Write generated matches as recordings."""
    paths: list[Path] = []
    for seed in seeds:
        paths.append(folder / f"match-{seed}.jsonl")
        paths[-1].write_text("\n".join(generate_match(seed).packets) + "\n", encoding="utf-8")
    return paths


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("games", nargs="*", type=Path, metavar="GAME.jsonl", help="recordings (default: generated)")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=60.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as recordings:
        games = options.games or generated(Path(recordings), range(options.seed, options.seed + 20))
        result = run(Path(folder), games, kills=options.kills, seed=options.seed, speed=options.speed)
    print(f"kills {result.kills}, requests {result.requests}, of {result.messages} messages, wrong {len(result.wrong)}")
    for name, sums in result.sums.items():
        print(name, ", ".join(f"{what} {count}" for what, count in sums.items()))
    print("\n".join(result.wrong[:20]))
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
