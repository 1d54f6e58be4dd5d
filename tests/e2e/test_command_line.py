"""The real command over the real games, and `simulate` as those who write clients meet it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import trustme
from tests.conftest import GAMES
from tests.e2e.processes import COMMAND, PATIENCE, actionbus

RECORDINGS = sorted(GAMES.glob("*.jsonl"))
FIGURES = ("points", "three_pointers_made", "rebounds", "assists", "steals", "blocks", "turnovers", "fouls")


def differences(recording: Path) -> list[str]:
    """Replay a game with the real command, and compare with its official box score."""
    done = actionbus("replay", str(recording), "--box", "--json", cwd=GAMES)
    if done.code != 0:
        return [f"{recording.stem}: exit code {done.code}: {done.err[-500:]}"]
    box: dict[str, Any] = json.loads(done.out)
    truth: dict[str, Any] = json.loads(recording.with_suffix(".truth.json").read_text(encoding="utf-8"))
    found: list[str] = []
    for side in ("home", "away"):
        ours, official = box[side], truth[side]
        pairs = {ours["name"]: (ours, official["official"])}
        players = {player["id"]: player for player in ours["players"]}
        pairs |= {key: (players.get(key, {}), figures) for key, figures in official["players"].items()}
        found += [
            f"{recording.stem}: {side} {who} {figure}: {mine.get(figure)} instead of {theirs[figure]}"
            for who, (mine, theirs) in pairs.items()
            for figure in FIGURES
            if mine.get(figure) != theirs[figure]
        ]
    return found


@pytest.mark.skipif(not RECORDINGS, reason="the real games are not part of the project: no folder ../shared/games")
def test_replay_gives_the_official_box_score_of_every_real_game() -> None:
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        assert [line for found in pool.map(differences, RECORDINGS) for line in found] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_simulate_names_its_address_and_fixtures_first_and_ends_with_0(number: signal.Signals) -> None:
    with subprocess.Popen(
        [*COMMAND, "simulate", "--fixtures", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first, *fixtures = [process.stdout.readline() for _ in range(3)]
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert first.startswith("listening on ws://127.0.0.1:")
    assert int(first.rpartition(":")[2]) > 0
    assert [line.split()[0] for line in fixtures] == ["fixture", "fixture"]
    assert len(set(fixtures)) == 2
    assert (process.returncode, out, err) == (0, "", "")


def test_a_port_that_is_taken_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = actionbus("simulate", "--port", str(port))
    assert (done.code, done.out) == (1, "")
    assert done.err == f"actionbus: cannot listen on 127.0.0.1:{port}: Address already in use; choose another --port\n"


def test_two_recordings_of_one_fixture_are_refused(tmp_path: Path) -> None:
    packet = '{"fixtureAction": {"actionId": "1", "fixtureId": "f-1"}}'
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text(packet, encoding="utf-8")
    done = actionbus("simulate", "a.jsonl", "b.jsonl", cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("two recordings are of fixture f-1;")
    assert done.err.count("\n") == 1


def test_a_certificate_that_cannot_be_used_is_told_in_one_sentence(tmp_path: Path) -> None:
    authority = trustme.CA()
    one, other = authority.issue_cert("localhost"), authority.issue_cert("localhost")
    one.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "good.pem"))
    one.cert_chain_pems[0].write_to_path(str(tmp_path / "chain.pem"))
    other.private_key_pem.write_to_path(str(tmp_path / "other.key"))
    (tmp_path / "text.pem").write_text("no certificate", encoding="utf-8")
    wrong = {
        ("--cert", "text.pem"): "--cert text.pem: should hold",
        ("--cert", "chain.pem"): "--cert chain.pem: should hold",
        ("--cert", "chain.pem", "--key", "other.key"): "--cert chain.pem --key other.key: should hold",
        ("--cert", "chain.pem", "--key", "nowhere.key"): "--key nowhere.key: there is no such file",
        ("--cert", "."): "--cert .: there is no such file",
    }
    for arguments, told in wrong.items():
        done = actionbus("simulate", *arguments, cwd=tmp_path)
        assert (done.code, done.out) == (2, ""), arguments
        assert done.err.startswith(f"actionbus simulate: {told}"), arguments
        assert done.err.count("\n") == 1, arguments


def test_the_daemon_goes_on_without_a_reader_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text('[simulator]\nspeed = "max"\n[plugin.score_tracker]\n', encoding="utf-8")
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [*COMMAND, "run", "--until-finished"], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(writing)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert err.count("actionbus: cannot write to standard output: Broken pipe; what is printed from now on") == 1
    assert "handler failed" not in err
    assert '"how": "finished"' in err


def test_a_clone_watches_a_match_without_a_token(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    text = (root / "plugins.toml").read_text(encoding="utf-8")
    assert "speed = 30 " in text
    (tmp_path / "plugins.toml").write_text(text.replace("speed = 30 ", 'speed = "max" '), encoding="utf-8")
    shutil.copytree(root / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    done = actionbus("run", "--until-finished", cwd=tmp_path)
    assert done.code == 0
    lines = done.out.splitlines()
    told = set(re.findall(r"^ALERT (\w+): ", done.out, re.MULTILINE))
    assert set(tomllib.loads(text)["alert"]) - told == {"double_double", "feed_blind"}  # nobody has one in this match
    assert "ALERT three: taken back: " in done.out
    assert [line for line in lines if " = " in line]
    assert [line for line in lines if "defensive rebound" in line]
    assert [line for line in lines if len(line) > 80 and not re.search(r": (corrected|taken back): ", line)] == []


def test_the_command_can_be_run_from_any_folder_as_installed(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("actionbus")
    done = subprocess.run([script, "plugins"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].startswith("notifier ")
