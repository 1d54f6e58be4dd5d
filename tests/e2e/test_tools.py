"""What a daemon has kept of real games comes out as it went in: simulate, run, export, replay, simulate again."""

from __future__ import annotations

import json
import math
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import RealGame
from tests.e2e.processes import COMMAND, PATIENCE, TOKEN, actionbus, follow_config, simulating

from actionbus.recording import read_recording
from actionbus.simulator import Simulation, parse_faults
from actionbus.simulator.spoil import NotText

ENV = {"TEST_TOKEN": TOKEN}
SEED = 3


def export(fixture: str, folder: Path) -> bytes:
    """What the real command prints; not all of it is UTF-8."""
    command = [*COMMAND, "export", fixture]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def box(recording: Path) -> dict[str, Any]:
    """The box score, without what is counted of the packets: a server's faults are among them."""
    done = actionbus("replay", str(recording), "--box", "--json", cwd=recording.parent)
    found: dict[str, Any] = json.loads(done.out)
    return {key: value for key, value in found.items() if key not in ("packets", "bad", "gaps")}


def follow(url: str, fixture: str, folder: Path) -> None:
    follow_config(folder, url, [fixture])
    done = actionbus("run", "--until-finished", cwd=folder, env=ENV)
    assert done.code == 0, done.err


@pytest.mark.parametrize("faults", [(), ("bad=16", "cut=3", "repeat=3")], ids=["as it is", "with faults"])
def test_a_real_game_is_exported_as_the_server_sent_it(
    faults: tuple[str, ...], some_real_game: RealGame, tmp_path: Path
) -> None:
    recording = read_recording(some_real_game.recording)
    options = [part for fault in faults for part in ("--fault", fault)]
    with simulating(str(some_real_game.recording), "--speed", "max", "--seed", str(SEED), *options) as url:
        follow(url, recording.fixture, tmp_path)
    simulation = Simulation(recordings=[recording], speed=math.inf, faults=parse_faults(faults), seed=SEED)
    served = simulation.served(recording.fixture)
    received = [packet for packet in served if not isinstance(packet, NotText)]
    assert (len(served) > len(received) > len(recording.packets)) is bool(faults)
    exported = export(recording.fixture[:12], tmp_path)
    assert exported == b"".join(packet.encode(errors="surrogateescape") + b"\n" for packet in received)
    game = tmp_path / "game.jsonl"
    game.write_bytes(exported)
    assert box(game) == box(some_real_game.recording)


def test_an_exported_game_can_be_served_followed_and_exported_again(some_real_game: RealGame, tmp_path: Path) -> None:
    fixture = read_recording(some_real_game.recording).fixture
    source, lists = some_real_game.recording, list[bytes]()
    for time in ("first", "second"):
        folder = tmp_path / time
        folder.mkdir()
        with simulating(str(source), "--speed", "max") as url:
            follow(url, fixture, folder)
        lists.append(export(fixture, folder))
        source = folder / "game.jsonl"
        source.write_bytes(lists[-1])
    assert lists[0] == lists[1] == some_real_game.recording.read_bytes()


def stand(folder: Path) -> list[str]:
    """The state of each fixture; none while there is no journal yet."""
    done = actionbus("fixtures", "--json", cwd=folder)
    return [each["state"] for each in json.loads(done.out)] if done.code == 0 else []


def test_a_running_daemon_can_be_looked_at(tmp_path: Path) -> None:
    config = '[simulator]\nspeed = 200\ngames = 2\n[journal]\npath = "journal.db"\n[plugin.score_tracker]\n'
    (tmp_path / "plugins.toml").write_text(config, encoding="utf-8")
    with subprocess.Popen(
        [*COMMAND, "run"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as daemon:
        assert daemon.stderr is not None
        for line in daemon.stderr:
            if "is live" in line or "following" in line:
                break
        while (states := stand(tmp_path)) != ["live", "live"]:
            assert daemon.poll() is None, states
        log = actionbus("log", "--json", "--type", "action", cwd=tmp_path)
        doctor = actionbus("doctor", "--json", cwd=tmp_path)
        daemon.send_signal(signal.SIGTERM)
        _, said = daemon.communicate(timeout=PATIENCE)
    assert daemon.returncode == 0, said
    assert [json.loads(line)["kind"] for line in log.out.splitlines()] == ["packet"] * 20
    found = {each["check"]: each for each in json.loads(doctor.out)["findings"]}
    assert doctor.code == 0
    assert found["daemon"]["said"].startswith(f"runs as process {daemon.pid}")
    assert found["integrity"]["verdict"] == found["version"]["verdict"] == found["lag"]["verdict"] == "ok"
    assert stand(tmp_path) == ["stopped", "stopped"]
