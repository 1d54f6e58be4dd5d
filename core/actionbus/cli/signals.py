"""SIGTERM and Ctrl-C in commands that run until told to end: asked for at any time, the end is no failure."""

from __future__ import annotations

import atexit
import os
import signal
import sys

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM)

_asked: list[int] = []


def obey(*, reloads: bool = False) -> None:
    """Let SIGTERM do what Ctrl-C does, from now on: while plugins are imported nothing else listens to it.

    Of a command that ``reloads`` SIGHUP asks for what it does by itself at its start, so until then it is ignored.

    Until it is called, which is once the command line is read, a signal ends the process as it ends any other.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    if reloads:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    atexit.register(_ignore)  # the first one to be registered is the last one to be called


def check() -> None:
    """Raise KeyboardInterrupt if SIGTERM has come: a plugin's `except:` may have caught the one that it raised."""
    if _asked:
        raise KeyboardInterrupt


def end_with(code: int) -> None:
    """Let signals that come while the process winds up end it at once, with the exit code that it has earned."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        sys.stderr.flush()
        os._exit(code)

    for number in NUMBERS:
        signal.signal(number, leave)


def _ignore() -> None:
    """Ignore signals: Python is about to take its own handlers away, and to end."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _asked.append(number)
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):  # as under nohup
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)  # Python's own, or trio's, which spares trio's own code
