from __future__ import annotations

import shlex
import subprocess
import sys
from importlib.metadata import version

import pytest
from tests.core.cli.conftest import Command

COMMANDS = ("run", "check", "replay", "backtest", "test", "notify", "simulate", "plugins")
HEAVY = ("trio", "trio_websocket", "attrs", "attr", "cattrs", "orjson", "structlog", "pluggy", "minijinja", "logging",
         "msgspec", "rich", "multiprocessing", "pathlib", "shutil",
         "importlib.metadata", "actionbus.errors")  # fmt: skip


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_80_columns_and_exits_with_0(name: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = command(*([name] if name else []), "--help")
    assert said.code == 0
    assert said.err == ""
    assert said.out.startswith(f"usage: actionbus{' ' * bool(name)}{name}")
    assert [line for line in said.out.splitlines() if len(line) > 80] == []


def test_help_of_the_whole_names_every_command_and_the_exit_codes(command: Command) -> None:
    said = command("--help").out
    assert [name for name in COMMANDS if f"\n    {name} " not in said] == []
    assert "exit codes: 0 all is well; 1 something failed while running; 2" in said


def test_help_imports_nothing_that_is_slow_to_import() -> None:
    code = (
        "import sys; from actionbus.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stderr.strip() == "[]"


def test_the_version_is_that_of_the_distribution(command: Command) -> None:
    said = command("--version")
    assert (said.code, said.out) == (0, f"actionbus {version('actionbus')}\n")


WRONG = {
    "": "actionbus: the following arguments are required: COMMAND; `actionbus --help` says how",
    "walk": "actionbus: argument COMMAND: invalid choice: 'walk'",
    "check --conf x": "unrecognized arguments: --conf x; `actionbus --help` says how",
    "check --log-level loud": "actionbus check: argument --log-level: invalid choice: 'loud'",
    "replay": "actionbus replay: the following arguments are required: RECORDING.jsonl; `actionbus replay",
    "replay game.jsonl --json": "actionbus replay: --json goes with --box",
    "replay nowhere.jsonl": "nowhere.jsonl: there is no such file; name a recording, one JSON packet a line",
    "replay .": ". is a directory; name a recording inside it",
    "check": "plugins.toml: there is no such file in this folder; write one, or name it with --config",
    "run": "plugins.toml: there is no such file in this folder; write one, or name it with --config",
    "check --config nowhere.toml": "nowhere.toml: there is no such file",
    "check --config .": ".: is a folder, should be a file",
    "plugins --config nowhere.toml": "nowhere.toml: there is no such file",
    "simulate --fixtures 0": "actionbus simulate: argument --fixtures: '0' should be a whole number from 1 to 500",
    "simulate --fixtures 501": "actionbus simulate: argument --fixtures: '501' should be a whole number from 1 to 500",
    "simulate --seed -1": "actionbus simulate: argument --seed: '-1' should be a whole number of at least 0",
    "simulate --seed one": "actionbus simulate: argument --seed: 'one' should be a whole number of at least 0",
    "simulate --port 65536": "actionbus simulate: argument --port: '65536' should be a whole number from 0 to 65535",
    "simulate --speed 0": "actionbus simulate: argument --speed: '0' should be a number above 0, or max",
    "simulate --speed nan": "actionbus simulate: argument --speed: 'nan' should be a number above 0, or max",
    "simulate --speed inf": "actionbus simulate: argument --speed: 'inf' should be a number above 0, or max",
    "simulate --token ''": "actionbus simulate: argument --token: is empty",
    "simulate --fault cat=3": "fault 'cat': there is no such fault; did you mean 'cut'?",
    "simulate --fault cut": "fault 'cut': it needs a number",
    "simulate --fault cut=1 --fault cut=2": "actionbus simulate: --fault cut=1 --fault cut=2: give each fault once",
    "simulate --key k.pem": "actionbus simulate: --key goes with --cert",
    "simulate --cert nowhere.pem": "actionbus simulate: --cert nowhere.pem: there is no such file",
    "simulate nowhere.jsonl": "nowhere.jsonl: there is no such file",
    "simulate a.jsonl --fixtures 2": "actionbus simulate: give recordings or --fixtures, not both",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_with_a_command_line_is_told_in_one_sentence(line: str, command: Command) -> None:
    said = command(*shlex.split(line))
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith(WRONG[line]) or WRONG[line] in said.err
    assert said.err.count("\n") == 1


def test_the_log_level_may_stand_before_the_command_and_behind_it(command: Command) -> None:
    for line in ("--log-level debug check", "check --log-level debug"):
        assert command(*line.split()).err.startswith("plugins.toml: there is no such file"), line
