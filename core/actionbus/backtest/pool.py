"""Work shared out to processes: one task at a time each, with no thread in the parent, and none that outlives it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.process import BaseProcess
from typing import Generic, Literal, Protocol, TypeVar, cast

from attrs import frozen

from actionbus.errors import ActionbusError

T = TypeVar("T", bound="Task")
R = TypeVar("R")

Method = Literal["fork", "spawn"]

_LEAVING = 5.0  # seconds that a process without work has to end


class Task(Protocol):
    """Something to do, that has a name in messages."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...


@frozen
class _Done(Generic[R]):
    """How a task came out: its result."""

    result: R


def processors() -> int:
    """Return how many processes can run side by side."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def best_method() -> Method:
    """Return how processes are best begun here.

    A fork has all that its parent has loaded, in a few milliseconds; one of a process with threads may hang for ever.
    """
    can_fork = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    return "fork" if can_fork else "spawn"


def share_out(
    tasks: Sequence[T],
    load: Callable[[], Callable[[T], R]],
    processes: int,
    done: Callable[[], None],
    method: Method | None = None,
) -> list[R]:
    """Do the tasks, begun in their order, several at a time; return the results, in the same order.

    ``load`` returns what does a task; it has to be a name of a module (or a partial of one), since processes that are
    no forks load for themselves. ``done`` is called whenever a task is done. Raises the first ActionbusError that
    comes out of one. Ctrl-C comes out as it is, and ends the processes at once.
    """
    work = load()
    if min(processes, len(tasks)) < 2:
        return [_told(work(task), done) for task in tasks]
    with _at_work(tasks, work, load, min(processes, len(tasks)), method or best_method()) as connections:
        return _collected(tasks, connections, done)


def _told(result: R, done: Callable[[], None]) -> R:
    done()
    return result


@contextmanager
def _at_work(
    tasks: Sequence[T], work: Callable[[T], R], load: Callable[[], Callable[[T], R]], number: int, method: Method
) -> Generator[list[Connection]]:
    """Start processes, each of which waits for the index of a task; let them end, or end them where this fails."""
    processes: list[BaseProcess] = []
    connections: list[Connection] = []
    if method == "spawn":
        resource_tracker.ensure_running()  # or the first process would begin it, which unblocks the signal
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # for them: Ctrl-C is for the parent alone
    try:
        for _ in range(number):
            ours, theirs = Pipe()
            connections.append(ours)  # pyright: ignore[reportArgumentType]  (it is another one on Windows)
            process: BaseProcess
            if method == "fork":
                fork = multiprocessing.get_context("fork")
                process = fork.Process(target=_forked, args=(tasks, work, theirs, connections), daemon=True)
            else:
                spawn = multiprocessing.get_context("spawn")
                process = spawn.Process(target=_spawned, args=(tasks, load, theirs), daemon=True)
            process.start()
            processes.append(process)
            theirs.close()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        yield connections
    except BaseException:
        for process in processes:
            process.kill()  # they hold nothing that would have to be put away
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for connection in connections:
            connection.close()  # at which they end
        for process in processes:
            process.join(_LEAVING)
            process.kill()
            process.join()


def _forked(
    tasks: Sequence[T], work: Callable[[T], R], connection: Connection, inherited: Sequence[Connection]
) -> None:
    for each in inherited:
        each.close()  # or nobody would notice that the parent is gone
    _obey(tasks, work, connection)


def _spawned(tasks: Sequence[T], load: Callable[[], Callable[[T], R]], connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whatever the start of the process made of the mask
    _obey(tasks, load(), connection)


def _obey(tasks: Sequence[T], work: Callable[[T], R], connection: Connection) -> None:
    """Do tasks as they are asked for, until nobody can ask any more."""
    with suppress(EOFError, OSError):
        while True:
            index: int = connection.recv()
            try:
                connection.send(_Done(work(tasks[index])))
            except ActionbusError as error:
                connection.send(error)


def _collected(tasks: Sequence[T], connections: Sequence[Connection], done: Callable[[], None]) -> list[R]:
    results: dict[int, R] = {}
    waiting, idle = deque(range(len(tasks))), list(connections)
    busy: dict[Connection, int] = {}
    while waiting or busy:
        while waiting and idle:
            connection = idle.pop()
            busy[connection] = waiting.popleft()
            connection.send(busy[connection])
        for ready in wait(list(busy)):
            connection = cast("Connection", ready)
            index = busy.pop(connection)
            try:
                came: _Done[R] | ActionbusError = connection.recv()
            except (EOFError, OSError):
                raise ActionbusError(f"the process that played {tasks[index].name} died") from None
            if isinstance(came, ActionbusError):
                raise came
            results[index] = came.result
            done()
            idle.append(connection)
    return [results[index] for index in range(len(tasks))]
