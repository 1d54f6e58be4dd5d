"""SIGTERM and Ctrl-C at times when nobody expects them."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from tests.e2e.processes import COMMAND, PATIENCE, Done, actionbus

SIGNALS = [signal.SIGTERM, signal.SIGINT]
HOOK = """
from actionbus import Steal, Subscription, hookimpl, on

async def hear(steal: Steal) -> None: ...

@hookimpl
def subscriptions() -> list[Subscription]:
    return [on(Steal, hear)]
"""
IMPORTING = """
import os, threading
os.write(1, b"ready\\n")
threading.Event().wait()
"""
CATCHING = """
import os, threading
try:
    os.write(1, b"ready\\n")
    threading.Event().wait()
except:
    pass
"""
STUCK_AT_EXIT = """
import atexit, threading
atexit.register(threading.Event().wait)
atexit.register(print, "ready", flush=True)
"""


KILLED_LAST = """
import os, sys

class Last:
    def __del__(self, kill=os.kill, process=os.getpid(), number=%d, write=os.write):
        write(1, b"last")
        kill(process, number)

sys.last = Last()
"""


def interrupted(
    folder: Path, plugin: str, number: signal.Signals, *arguments: str, config: str = "", before: str = ""
) -> Done:
    """Run a command with a plugin, and send it a signal once the plugin prints that it is ready."""
    (folder / "mine.py").write_text(plugin + HOOK, encoding="utf-8")
    (folder / "plugins.toml").write_text(f'[plugin.mine]\npath = "mine.py"\n{config}', encoding="utf-8")
    command = [*COMMAND[:2], before + COMMAND[2], *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    return Done(process.returncode, out, err)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_a_plugin_is_imported_ends_a_run_with_0(number: signal.Signals, tmp_path: Path) -> None:
    assert interrupted(tmp_path, IMPORTING, number, "run") == Done(0, "", "")


def test_a_plugin_that_catches_everything_keeps_no_run_from_ending(tmp_path: Path) -> None:
    assert interrupted(tmp_path, CATCHING, signal.SIGTERM, "run") == Done(0, "", "")


def test_sigterm_is_obeyed_where_ctrl_c_is_ignored(tmp_path: Path) -> None:
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    assert interrupted(tmp_path, IMPORTING, signal.SIGTERM, "run", before=ignoring) == Done(0, "", "")


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(("config", "code"), [('[simulator]\nspeed = "max"\n', 0), ("[plugin.nobody]\n", 2)])
def test_a_signal_while_the_process_winds_up_leaves_its_exit_code(
    config: str, code: int, number: signal.Signals, tmp_path: Path
) -> None:
    done = interrupted(tmp_path, STUCK_AT_EXIT, number, "run", "--until-finished", config=config)
    assert done.code == code
    assert "Traceback" not in done.err


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_at_the_very_end_leaves_the_exit_code(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(KILLED_LAST % number + HOOK, encoding="utf-8")
    (tmp_path / "plugins.toml").write_text(
        '[plugin.mine]\npath = "mine.py"\n[simulator]\nspeed = "max"\n', encoding="utf-8"
    )
    done = actionbus("run", "--until-finished", cwd=tmp_path)
    assert (done.code, done.out) == (0, "last")


def test_ctrl_c_ends_a_replay_with_130_as_shells_have_it(match: Path, tmp_path: Path) -> None:
    assert interrupted(tmp_path, IMPORTING, signal.SIGINT, "replay", str(match)) == Done(130, "", "")
