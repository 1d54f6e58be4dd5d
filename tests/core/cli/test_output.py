"""Standard streams at their worst, with the real command."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = shlex.join([sys.executable, "-c", "import sys; from actionbus.cli import main; sys.exit(main())"])
FULL = "/dev/full"
needs_full = pytest.mark.skipif(not os.path.exists(FULL), reason="this system has no /dev/full")


def shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `actionbus` is the command; `codes` are those of each part of a pipe."""
    script = f'actionbus() {{ {COMMAND} "$@"; }}\n{line}'
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


@pytest.fixture
def folder(tmp_path: Path, match: Path) -> Path:
    (tmp_path / "plugins.toml").write_text("[plugin.score_tracker]\n[alert.all]\non = 'action'\n", encoding="utf-8")
    (tmp_path / "game.jsonl").symlink_to(match)
    return tmp_path


def test_a_reader_who_leaves_early_is_no_news(folder: Path) -> None:
    done = shell(folder, "actionbus replay game.jsonl --box | head -1; echo ${PIPESTATUS[0]}")
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "1"


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize("line", ["check", "replay game.jsonl --box --json", "--help"])
def test_closed_streams_change_nothing_else(line: str, closed: str, folder: Path) -> None:
    done = shell(folder, f"actionbus {line} {closed}")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@needs_full
@pytest.mark.parametrize("line", ["check", "replay game.jsonl --box --json"])
def test_a_full_disk_is_told_in_one_sentence(line: str, folder: Path) -> None:
    done = shell(folder, f"actionbus {line} >{FULL}")
    assert done.returncode == 1
    said = [each for each in done.stderr.splitlines() if not each.startswith(("ALERT", "Q", "OT"))]
    assert said == ["actionbus: cannot write to standard output: No space left on device"]


@needs_full
def test_where_not_even_an_error_can_be_written_the_exit_code_stays(folder: Path) -> None:
    assert shell(folder, f"actionbus check 2>{FULL}").returncode == 0
    assert shell(folder, f"actionbus check --config nowhere 2>{FULL}").returncode == 2


def test_a_terminal_that_lacks_a_character_gets_a_question_mark(folder: Path) -> None:
    done = shell(folder, "PYTHONIOENCODING=ascii actionbus replay game.jsonl --box")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.isascii()


def test_control_c_ends_a_replay_without_a_traceback(folder: Path) -> None:
    (folder / "slow.py").write_text(
        "import os, signal\nfrom actionbus import Steal, hookimpl, on\n"
        "async def f(steal): os.kill(os.getpid(), signal.SIGINT)\n"
        "@hookimpl\ndef subscriptions(): return [on(Steal, f)]\n",
        encoding="utf-8",
    )
    (folder / "plugins.toml").write_text("[plugin.slow]\npath = 'slow.py'\n", encoding="utf-8")
    done = shell(folder, "actionbus replay game.jsonl")
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
