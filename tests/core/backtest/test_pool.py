"""Tasks are shared out to processes, whose failures are sentences and which nobody leaves behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from attrs import frozen

from actionbus.backtest.pool import Method, best_method, processors, share_out
from actionbus.errors import ActionbusError, ConfigError, PluginError, Problem

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0  # seconds that a script may take before it counts as stuck

# Forks are begun in a process of their own: that of the tests may have threads.
SCRIPT = """
from __future__ import annotations
import os, signal, sys
from functools import partial
from tests.core.backtest.test_pool import TASKS, doing, note, pids_and_squares
from actionbus.backtest.pool import share_out
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests that run in the background are begun without
"""


@frozen
class Number:
    """A task: a number to be squared."""

    value: int

    @property
    def name(self) -> str:
        """What people call it."""
        return f"number {self.value}"


TASKS = [Number(each) for each in range(8)]
PROBLEM = Problem("numbers.toml", 3, "three", "is wrong", "take another")

Squared = tuple[int, int]  # the square, and in which process it was worked out


def work(what: str, task: Number) -> Squared:
    """Square a number, unless that is to go wrong."""
    if task.value == 3:
        match what:
            case "refuse":
                raise ConfigError(PROBLEM)
            case "blame":
                raise PluginError("squares", "it cannot")
            case "die":
                os._exit(7)
            case _:
                pass
    if what == "hang" and task.value:
        signal.pause()
    return task.value**2, os.getpid()


def load(what: str) -> Callable[[Number], Squared]:
    """Load what does the tasks."""
    return partial(work, what)


def doing(what: str) -> Callable[[], Callable[[Number], Squared]]:
    """Make the loader."""
    return partial(load, what)


def note() -> None:
    """Note that a task is done."""
    print("done", flush=True)


def pids_and_squares(results: list[Squared]) -> tuple[int, list[int]]:
    """Return how many processes other than this have worked, and what came out of it."""
    return len({pid for _, pid in results} - {os.getpid()}), [each for each, _ in results]


def script(text: str, *options: str) -> list[str]:
    """Return the command that runs a script, in which a warning is an error."""
    return [sys.executable, "-W", "error", *options, "-c", SCRIPT + text]


def run(text: str) -> subprocess.CompletedProcess[str]:
    """Run a script until it, and all that it has begun, have ended."""
    return subprocess.run(script(text), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)


def spawned(what: str, processes: int = 2, method: Method = "spawn") -> list[Squared]:
    """Do the tasks, in processes that load for themselves."""
    return share_out(TASKS, doing(what), processes, lambda: None, method)


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes that load for themselves find this module, however pytest was begun."""
    monkeypatch.syspath_prepend(ROOT)  # pyright: ignore[reportUnknownMemberType]


def test_results_of_processes_that_load_for_themselves_come_in_the_order_of_the_tasks() -> None:
    done: list[int] = []
    results = share_out(TASKS, doing("square"), 2, lambda: done.append(1), "spawn")
    number, squares = pids_and_squares(results)
    assert squares == [each.value**2 for each in TASKS]
    assert 1 <= number <= 2
    assert len(done) == len(TASKS)
    assert not multiprocessing.active_children()


def test_results_of_forks_come_in_the_order_of_the_tasks() -> None:
    done = run("print(*pids_and_squares(share_out(TASKS, doing('square'), 3, note, 'fork')), flush=True)")
    assert done.stderr == ""
    *notes, last = done.stdout.splitlines()
    assert notes == ["done"] * len(TASKS)
    assert last in [f"{number} {[each.value**2 for each in TASKS]}" for number in (1, 2, 3)]


def test_a_single_process_is_this_one() -> None:
    for tasks, processes in ((TASKS, 1), (TASKS[:1], 5)):
        results = share_out(tasks, doing("square"), processes, lambda: None)
        assert {pid for _, pid in results} == {os.getpid()}
    assert share_out(list[Number](), doing("square"), 4, lambda: None) == []


def test_there_are_no_more_processes_than_tasks() -> None:
    done = run("print(*pids_and_squares(share_out(TASKS[:2], doing('square'), 9, note, 'fork')), flush=True)")
    assert done.stdout.splitlines()[-1] in ("1 [0, 1]", "2 [0, 1]")


def test_an_error_of_a_task_comes_out_as_it_is_and_leaves_no_process() -> None:
    with pytest.raises(ConfigError) as refused:
        spawned("refuse")
    assert refused.value.problems == (PROBLEM,)
    assert str(refused.value) == "numbers.toml:3: three: is wrong; take another"
    with pytest.raises(PluginError, match=r"^plugin squares: it cannot$") as blamed:
        spawned("blame")
    assert (blamed.value.plugin, blamed.value.what) == ("squares", "it cannot")
    assert not multiprocessing.active_children()


def test_a_process_that_dies_is_told_with_its_task() -> None:
    with pytest.raises(ActionbusError, match=r"^the process that played number 3 died$"):
        spawned("die")
    assert not multiprocessing.active_children()


def test_a_process_with_threads_is_not_forked() -> None:
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    try:
        assert best_method() == "spawn"
    finally:
        go.set()
        thread.join()


def test_a_process_without_threads_is_forked_where_that_can_be_done() -> None:
    assert "fork" in run("from actionbus.backtest.pool import best_method; print(best_method())").stdout
    assert processors() >= 1


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_ctrl_c_ends_all_at_once(method: Method) -> None:
    text = f"share_out(TASKS, doing('hang'), 3, note, '{method}')"
    with subprocess.Popen(
        script(text), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"  # of the first task; the others take for ever
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, err = process.communicate(timeout=PATIENCE)  # all who could still print are gone
    assert out == ""
    assert err.count("Traceback") == 1, "the parent's alone"
    assert err.endswith("KeyboardInterrupt\n")


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_no_process_outlives_a_parent_that_is_killed(method: Method, number: str) -> None:
    text = f"share_out(TASKS, doing('square'), 3, lambda: os.kill(os.getpid(), signal.{number}), '{method}')"
    done = run(text)  # ends when all are gone who could still print
    assert done.returncode == -getattr(signal, number)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
