from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import trio
from tests.core.cli import held
from tests.core.cli.conftest import Command
from tests.e2e.processes import COMMAND, PATIENCE, actionbus

from actionbus.backtest import pool
from actionbus.simulator import generate_match

CONFIG = """
[plugin.score_tracker]

[alert.threes]
on      = "three_pointer_made"
message = "{{ player.name }} for three"

[alert.never]
on      = "ejection"

[alert.leads]
on      = "lead_change"
message = "{{ team.name }} leads"
"""
KEYS = [
    *("rule", "id", "fixture", "period", "clock", "action_ids", "message", "state", "corrections", "updates"),
    *("at", "first"),
]
LOUD = """
import os
from actionbus import Sent, Steal, hookimpl

print("printed at import")


class Loud:
    kinds = (Steal,)

    def hear(self, event):
        print("printed by a rehearsal", flush=True)
        os.write(1, b"written to 1\\n")

    def finish(self):
        return []


@hookimpl
def backtest():
    return lambda fixture: Loud()
"""
RAISING = LOUD.replace('print("printed by a rehearsal", flush=True)', 'raise LookupError("of the plugin")')
HANGING = LOUD.replace("return []", "import signal; signal.pause()")
PUBLISHING = """
from attrs import frozen
from actionbus import Declaration, Moment, hookimpl


@frozen(kw_only=True, slots=False, eq=False)
class Odds(Moment):
    points: int


@hookimpl
def declare():
    return Declaration(publishes=(Odds,))
"""


def write(folder: Path, config: str = CONFIG, **files: str) -> None:
    (folder / "plugins.toml").write_text(config, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


def games(folder: Path, *seeds: int) -> list[Path]:
    """Write recordings of matches."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{seed}.jsonl" for seed in seeds]
    for path, seed in zip(paths, seeds, strict=True):
        path.write_text("\n".join(generate_match(seed).packets), encoding="utf-8")
    return paths


def as_json(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run the command with --json; nothing else may be said."""
    done = actionbus("backtest", "--json", *arguments, cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    data: dict[str, Any] = json.loads(done.out)
    return data


def test_the_json_has_all_alerts_with_all_that_is_known_of_them(tmp_path: Path) -> None:
    write(tmp_path)
    paths = games(tmp_path / "games", 5, 6, 7)
    data = as_json(tmp_path, *map(str, paths))
    assert list(data) == ["games", "alerts"]
    assert data["games"] == 3
    assert all(list(alert) == KEYS for alert in data["alerts"])
    assert {alert["rule"] for alert in data["alerts"]} == {"threes", "leads"}
    assert {alert["state"] for alert in data["alerts"]} <= {"sent", "withdrawn"}
    three = next(alert for alert in data["alerts"] if alert["rule"] == "threes")
    assert three["message"].endswith(" for three")
    assert three["first"].endswith(" for three")
    assert len(three["action_ids"]) == 1
    assert (type(three["period"]), type(three["clock"]), type(three["at"])) == (int, str, float)


def test_alerts_come_in_the_order_of_the_games_however_they_are_shared_out(tmp_path: Path) -> None:
    write(tmp_path)
    paths = [str(path) for path in games(tmp_path / "games", 7, 5, 6)]
    data = as_json(tmp_path, *paths)
    alone = [alert for path in paths for alert in as_json(tmp_path, path)["alerts"]]
    assert data["alerts"] == alone
    assert len({alert["id"] for alert in alone}) == len(alone) > 20


def test_people_see_each_rule_with_counts_and_examples(command: Command, tmp_path: Path) -> None:
    write(tmp_path)
    (path,) = games(tmp_path, 5)
    data = as_json(tmp_path, str(path))
    said = command("backtest", str(path))
    assert (said.code, said.err) == (0, "")
    shown = said.out.splitlines()
    numbers = {rule: sum(alert["rule"] == rule for alert in data["alerts"]) for rule in ("threes", "leads")}
    assert shown[0] == f"5.jsonl: {len(data['alerts'])} alerts"
    rules = [line for line in shown[1:] if not line.startswith(" ")]
    assert [rule.split(",")[0] for rule in rules] == [
        f"threes: {numbers['threes']} alerts over 1 game",
        "never: never",
        f"leads: {numbers['leads']} alerts over 1 game",
    ]
    first = next(alert for alert in data["alerts"] if alert["rule"] == "threes")
    assert first["message"] in shown[2]
    assert f"Q{first['period']} {first['clock']}" in shown[2]
    assert shown[2].startswith("  5.jsonl  ")


def test_processes_that_are_no_forks_load_for_themselves(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    games(tmp_path / "games", 5, 6, 7)
    forked = actionbus("backtest", "games", "--rule", "leads", cwd=tmp_path)
    monkeypatch.setattr(pool, "best_method", lambda: "spawn")
    said = command("backtest", "games", "--rule", "leads")
    assert (said.code, said.out, said.err) == (0, forked.out, "")


def test_a_folder_stands_for_its_recordings_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path)
    paths = games(tmp_path / "games", 5, 6)
    (tmp_path / "games" / "notes.txt").write_text("not a game", encoding="utf-8")
    assert as_json(tmp_path, "games") == as_json(tmp_path, *map(str, paths))


def test_without_recordings_the_games_are_those_of_the_simulator(tmp_path: Path) -> None:
    paths = games(tmp_path, 5, 6)
    write(tmp_path, CONFIG + "[simulator]\nseed = 5\ngames = 2\n")
    data = as_json(tmp_path)
    assert data == as_json(tmp_path, *map(str, paths))
    write(tmp_path, CONFIG + '[simulator]\nrecordings = ["5.jsonl", "6.jsonl"]\n')
    assert as_json(tmp_path) == data
    assert as_json(tmp_path, "--seed", "5", "--seed", "6") == data


def test_a_configuration_of_the_real_feed_needs_no_token_for_it(tmp_path: Path, command: Command) -> None:
    write(tmp_path, CONFIG + '[feed]\nsource = "dde"\nfixtures = ["a"]\ntoken = { env = "NO_SUCH_VARIABLE" }\n')
    said = command("backtest")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("generated match 1: ")


def test_rule_asks_for_some_alerts_alone(tmp_path: Path, command: Command) -> None:
    write(tmp_path)
    whole = as_json(tmp_path)["alerts"]
    some = as_json(tmp_path, "--rule", "leads", "--rule", "never")["alerts"]
    assert some == [alert for alert in whole if alert["rule"] == "leads"]
    shown = command("backtest", "--rule", "leads", "--rule", "never").out
    assert [line.split(":")[0] for line in shown.splitlines()[1:] if line[0] != " "] == ["never", "leads"]


def test_a_rule_that_is_not_there_is_told_with_advice(tmp_path: Path, command: Command) -> None:
    write(tmp_path)
    said = command("backtest", "--rule", "zzz", "--rule", "thees")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines() == [
        "--rule zzz: there is no such alert in plugins.toml; there is threes, never, leads",
        "--rule thees: there is no such alert in plugins.toml; did you mean 'threes'?",
    ]


def test_a_file_without_alerts_says_so(tmp_path: Path, command: Command) -> None:
    write(tmp_path, "[plugin.score_tracker]\n")
    said = command("backtest")
    assert (said.code, said.out) == (0, "generated match 1: 0 alerts\nplugins.toml has no [alert.NAME]\n")
    assert as_json(tmp_path) == {"games": 1, "alerts": []}
    assert (
        "--rule x: there is no such alert in plugins.toml; it has no [alert.NAME]\n"
        in command("backtest", "--rule", "x").err
    )


def test_without_a_configuration_there_is_nothing_to_test(command: Command) -> None:
    said = command("backtest")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("plugins.toml: there is no such file in this folder; write one")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere.jsonl",), "nowhere.jsonl: there is no such file; name a recording, one JSON packet a line"),
        (("5.jsonl", "nowhere.jsonl"), "nowhere.jsonl: there is no such file"),
        (("empty",), "the folder empty holds no recording (*.jsonl)"),
        (("5.jsonl", "bad.jsonl"), "bad.jsonl: no line of it is a Live Actions packet"),
        (("--journal",), "plugins.toml: journal.path: the log is in memory"),
    ],
)
def test_a_game_that_cannot_be_read_is_told_by_name(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    write(tmp_path)
    games(tmp_path, 5)
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.jsonl").write_text("{}\n", encoding="utf-8")
    done = actionbus("backtest", *arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(told)
    assert done.err.count("\n") == 1


def test_the_games_of_the_journal_are_tested_as_their_recordings_are(tmp_path: Path, command: Command) -> None:
    held.play(tmp_path, CONFIG)
    data = as_json(tmp_path, "--journal")
    assert data == as_json(tmp_path, "match.jsonl")
    assert data["games"] == 1
    assert as_json(tmp_path, "--journal", "match.jsonl")["alerts"] == 2 * data["alerts"]
    before = (tmp_path / "journal.db").read_bytes()
    assert command("backtest", "--journal").out.startswith(f"{held.MATCH.fixture[:8]}: ")
    assert (tmp_path / "journal.db").read_bytes() == before


async def test_the_journal_of_a_daemon_that_runs_is_tested(tmp_path: Path) -> None:
    write(tmp_path, CONFIG + '[journal]\npath = "journal.db"\n')
    game = held.Game(packets=held.MATCH.packets[:400], fixture=held.MATCH.fixture)
    async with held.opened(tmp_path / "journal.db") as log:
        await game.give(log)
        await log.durable()
        data = await trio.to_thread.run_sync(as_json, tmp_path, "--journal")
    assert data["games"] == 1
    assert data["alerts"]


def test_a_journal_without_a_game_is_told(tmp_path: Path, command: Command) -> None:
    write(tmp_path, CONFIG + '[journal]\npath = "journal.db"\n')
    said = command("backtest", "--journal")
    assert (said.code, said.err) == (2, "there is no journal journal.db yet; `actionbus run` begins it\n")
    held.write(tmp_path / "journal.db")
    said = command("backtest", "--journal")
    assert (said.code, said.err) == (2, "the journal journal.db holds no game yet\n")


def test_a_wrong_configuration_is_told_and_nothing_is_played(tmp_path: Path) -> None:
    write(tmp_path, CONFIG + '[alert.x]\non = "steel"\n')
    done = actionbus("backtest", "--json", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("plugins.toml:15: alert.x.on: ")


def test_an_alert_on_what_a_plugin_publishes_is_refused_unless_others_are_asked_for(tmp_path: Path) -> None:
    config = CONFIG + '[plugin.model]\npath = "model.py"\n[alert.odds]\non = "odds"\nmessage = "{{ points }}"\n'
    write(tmp_path, config, model=PUBLISHING)
    done = actionbus("backtest", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "plugins.toml:17: alert.odds.on: odds is announced by plugin model while the daemon runs, and a backtest runs"
        " none; name the other alerts with --rule\n"
    )
    assert as_json(tmp_path, "--rule", "threes")["alerts"]


def test_whatever_plugins_print_standard_output_has_the_json_alone(tmp_path: Path) -> None:
    write(tmp_path, CONFIG + '[plugin.loud]\npath = "loud.py"\n', loud=LOUD)
    games(tmp_path / "games", 5, 6)
    done = actionbus("backtest", "games", "--json", cwd=tmp_path)
    assert done.code == 0
    assert json.loads(done.out)["games"] == 2
    assert done.out.count("\n") == 1
    assert {"printed at import", "printed by a rehearsal", "written to 1"} <= set(done.err.splitlines())


@pytest.mark.parametrize("seeds", [(5,), (5, 6)])
def test_a_plugin_that_raises_is_told_with_its_line_and_the_game(tmp_path: Path, seeds: tuple[int, ...]) -> None:
    write(tmp_path, CONFIG + '[plugin.raising]\npath = "raising.py"\n', raising=RAISING)
    games(tmp_path / "games", *seeds)
    done = actionbus("backtest", "games", cwd=tmp_path)
    assert done.code == 1
    assert done.out == "printed at import\n"
    what = f"its backtest failed: LookupError: of the plugin ({tmp_path / 'raising.py'}:12), over games/"
    assert done.err.startswith(f"actionbus: plugin raising: {what}")
    assert done.err.count("\n") == 1


def test_a_plugin_that_cannot_be_loaded_is_told_and_the_others_are_tested(tmp_path: Path) -> None:
    write(tmp_path, CONFIG + '[plugin.broken]\npath = "broken.py"\n', broken="def (:\n")
    games(tmp_path / "games", 5, 6)
    for arguments in (("games",), ("games", "--json")):
        done = actionbus("backtest", *arguments, cwd=tmp_path)
        assert done.code == 1
        assert done.err.startswith("plugins.toml:14: plugin.broken: invalid syntax (")
        assert done.err.count("\n") == 1, "the processes do not tell it again"
        assert "alerts" in done.out


def test_a_backtest_writes_no_file(tmp_path: Path) -> None:
    write(tmp_path, CONFIG.replace("[plugin.score_tracker]", '[plugin.score_tracker]\nfile = "scores.json"'))
    as_json(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["plugins.toml"]


def test_ctrl_c_ends_it_with_130(tmp_path: Path) -> None:
    write(tmp_path, CONFIG + '[plugin.hanging]\npath = "hanging.py"\n', hanging=HANGING)
    games(tmp_path / "games", 5, 6, 7)
    with subprocess.Popen(
        [*COMMAND, "backtest", "games"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "printed by a rehearsal\n":
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, "")


def on_a_terminal(folder: Path, *arguments: str) -> str:
    """Return what the command writes to standard error, if that is a terminal."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(
        [*COMMAND, "backtest", *arguments], cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # the terminal's other end is closed
            pass
        os.close(ours)
    assert process.returncode == 0
    return shown.decode()


def test_a_terminal_shows_how_many_games_are_done(tmp_path: Path) -> None:
    write(tmp_path)
    games(tmp_path / "games", 5, 6)
    shown = on_a_terminal(tmp_path, "games")
    assert "0/2" in shown
    assert "2/2" in shown
    assert on_a_terminal(tmp_path, "games", "--json") == ""
