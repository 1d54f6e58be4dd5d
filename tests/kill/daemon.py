"""The daemon under test: ``actionbus run``, which stops for good at a named point so that it can be killed just there.

Run as a script with the arguments of ``actionbus``. It imports what it needs, says ``r`` on the file descriptor
KILL_PIPE, waits for a line on stdin and runs. At the KILL_PASS-th pass of KILL_POINT it says ``p`` and stops there: the
thread that came by, not the others.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

# By name: module, class, method, and whether it is on the way in (else out).
POINTS = {
    "after_receive": ("actionbus.pipeline.fixture", "Pipeline", "accept", True),
    "before_commit": ("actionbus.log.database", "Database", "commit", True),
    "after_commit": ("actionbus.log.database", "Database", "commit", False),
    "after_handler": ("actionbus.bus.runs", "Runs", "commit", True),
    "before_cursor": ("actionbus.log.sqlite", "SqliteLog", "commit", False),
}


def _stop_at(point: str, passes: int, stop: Callable[[], None]) -> None:
    """Wrap the method that a point names. Exits where there is none of that name."""
    module, kind, method, on_entry = POINTS[point]
    try:
        owner: Any = getattr(import_module(module), kind)
        wrapped: Callable[..., Any] = getattr(owner, method)
    except (ImportError, AttributeError) as error:
        sys.exit(f"tests.kill: crash point {point}: there is no {module}.{kind}.{method} any more ({error})")
    passed = itertools.count(1)

    def pass_by(*args: Any, **kwargs: Any) -> Any:
        if on_entry and next(passed) == passes:
            stop()
        result = wrapped(*args, **kwargs)
        if not on_entry and next(passed) == passes:
            stop()
        return result

    setattr(owner, method, pass_by)


def main() -> int:
    pipe = int(os.environ["KILL_PIPE"])

    def stop() -> None:
        os.write(pipe, b"p")
        threading.Event().wait()

    from actionbus.cli import main as run

    import_module("actionbus.cli.run")
    if point := os.environ.get("KILL_POINT"):
        _stop_at(point, int(os.environ["KILL_PASS"]), stop)
    os.write(pipe, b"r")
    if not sys.stdin.readline():
        return 0
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
