from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.core.cli.conftest import Command

COMMAND = [sys.executable, "-c", "import sys; from actionbus.cli import main; sys.exit(main())"]

LOUD = """
import atexit, os, subprocess, sys
from actionbus import Steal, Subscription, hookimpl, on

print("printed at import")
os.write(1, b"written to 1 at import\\n")
atexit.register(lambda: print("printed at exit", flush=True))
atexit.register(lambda: os.write(1, b"written to 1 at exit\\n"))

async def shout(steal: Steal) -> None:
    print("printed by a handler")
    sys.__stdout__.write("written to the first stdout\\n")
    subprocess.run([sys.executable, "-c", "print('printed by a subprocess')"]) if steal.period == 4 else None

@hookimpl
def subscriptions() -> list[Subscription]:
    return [on(Steal, shout)]
"""
HEARD = (
    *("printed at import", "written to 1 at import", "printed by a handler", "written to the first stdout"),
    *("printed by a subprocess", "printed at exit", "written to 1 at exit", "ALERT all: ", " = "),
)
RAISING = """
from actionbus import Steal, Subscription, hookimpl, on

async def fail(steal: Steal) -> None:
    raise LookupError("of the plugin")

@hookimpl
def subscriptions() -> list[Subscription]:
    return [on(Steal, fail)]
"""


def replay(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "replay", *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False
    )


def test_without_a_configuration_the_score_is_shown(match: Path, command: Command) -> None:
    said = command("replay", str(match))
    assert (said.code, said.err) == (0, "")
    assert all(" = " in line for line in said.out.splitlines())
    assert len(said.out.splitlines()) > 50


def test_the_box_stands_at_the_end_and_agrees_with_the_json(match: Path, command: Command) -> None:
    box = command("replay", str(match), "--box").out
    data = json.loads(command_json(match))
    last = [line for line in box.splitlines() if " = " in line][-1]
    assert (
        f"= {data['home']['name']} {data['home']['points']} - {data['away']['points']} {data['away']['name']}" in last
    )
    assert (
        f"\n{data['home']['name']} {data['home']['points']} - {data['away']['points']} {data['away']['name']}  " in box
    )


def command_json(match: Path) -> str:
    done = replay(match.parent, match, "--box", "--json")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_json_is_one_object_with_both_teams_and_their_players(match: Path) -> None:
    text = command_json(match)
    assert text.count("\n") == 1
    data = json.loads(text)
    assert {"fixture", "packets", "home", "away"} <= data.keys()
    figures = {"points", "three_pointers_made", "rebounds", "assists", "steals", "blocks", "turnovers", "fouls"}
    for side in ("home", "away"):
        assert {"id", "name", "players", *figures} <= data[side].keys()
        assert len(data[side]["players"]) >= 8
        assert all({"id", "name", *figures} <= player.keys() for player in data[side]["players"])
        assert data[side]["points"] == sum(player["points"] for player in data[side]["players"])
    assert (
        data["fixture"] == json.loads(match.read_text(encoding="utf-8").splitlines()[0])["fixtureAction"]["fixtureId"]
    )
    assert data["packets"] == len(match.read_text(encoding="utf-8").splitlines())


def test_whatever_plugins_print_standard_output_has_the_json_alone(match: Path, tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(LOUD, encoding="utf-8")
    (tmp_path / "plugins.toml").write_text(
        '[plugin.loud]\npath = "loud.py"\n[plugin.score_tracker]\n[alert.all]\non = "action"\n', encoding="utf-8"
    )
    done = replay(tmp_path, match, "--box", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["packets"] > 0
    assert done.stdout.count("\n") == 1
    assert [text for text in HEARD if text not in done.stderr] == []


def test_a_replay_writes_no_file(match: Path, tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text('[plugin.score_tracker]\nfile = "scores.json"\n', encoding="utf-8")
    assert replay(tmp_path, match).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["plugins.toml"]


def test_a_plugin_that_raises_fails_the_replay_and_the_others_run(match: Path, tmp_path: Path) -> None:
    (tmp_path / "raising.py").write_text(RAISING, encoding="utf-8")
    (tmp_path / "plugins.toml").write_text(
        '[plugin.raising]\npath = "raising.py"\n[plugin.score_tracker]\n', encoding="utf-8"
    )
    done = replay(tmp_path, match, "--box", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["home"]["points"] > 0
    assert "of the plugin" in done.stderr
    assert "raising.py" in done.stderr
    assert " = " in done.stderr


def test_a_plugin_that_cannot_be_loaded_is_told_and_the_others_run(match: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (:\n", encoding="utf-8")
    (tmp_path / "plugins.toml").write_text(
        '[plugin.broken]\npath = "broken.py"\n[plugin.score_tracker]\n', encoding="utf-8"
    )
    done = replay(tmp_path, match)
    assert done.returncode == 1
    assert done.stderr.startswith("plugins.toml:1: plugin.broken: invalid syntax (")
    assert done.stderr.count("\n") == 1
    assert " = " in done.stdout


def test_a_wrong_configuration_leaves_standard_output_empty(match: Path, tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text("[fede]\n", encoding="utf-8")
    done = replay(tmp_path, match, "--box", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("plugins.toml:1: fede: unknown key")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty; a recording has one JSON packet a line"),
        (b"\n \n", "is empty; a recording has one JSON packet a line"),
        (bytes(range(256)), "no line of it is a Live Actions packet"),
        (b"{}\n[]\n", "no line of it is a Live Actions packet"),
    ],
)
def test_what_is_no_recording_is_told_in_one_sentence(content: bytes, told: str, command: Command) -> None:
    Path("game.jsonl").write_bytes(content)
    said = command("replay", "game.jsonl")
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert said.err.count("\n") == 1


def test_bad_lines_of_a_recording_are_counted_and_skipped(match: Path, tmp_path: Path) -> None:
    lines = match.read_text(encoding="utf-8").splitlines()
    (tmp_path / "game.jsonl").write_text("\n".join([lines[0], "{", *lines[1:], "null"]), encoding="utf-8")
    done = replay(tmp_path, "game.jsonl", "--box", "--json")
    ours, whole = json.loads(done.stdout), json.loads(command_json(match))
    assert done.returncode == 0
    assert (ours["home"], ours["away"]) == (whole["home"], whole["away"])
    assert ours["packets"] == whole["packets"] + 2
    assert done.stderr.count("bad packet kept aside") == 2
