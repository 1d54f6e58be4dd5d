"""The watchdog: names the code that holds up the whole daemon by not awaiting anything. It cannot stop it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import CodeType, FrameType
from typing import TYPE_CHECKING

import pluggy
import trio
from attrs import frozen

from actionbus.bus.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Generator

PATIENCE = 0.5  # seconds without a turn of the loop
TURN = 0.1  # seconds between the turns that prove the loop alive
_OURS = str(Path(__file__).parents[1]) + os.sep  # where the files of actionbus are
_BETWEEN = str(Path(pluggy.__file__).parent) + os.sep  # what calls a hook for actionbus


@frozen(kw_only=True)
class Blocked:
    """Code that has held up the loop for ``seconds``; ``plugin`` is None where no handler runs."""

    plugin: str | None
    fixture: str | None
    file: str
    line: int
    function: str
    seconds: float


class Watchdog:
    """Watches the thread that it is made in, from another one; ``report`` is called there, once for each blockage."""

    def __init__(self, report: Callable[[Blocked], None]) -> None:
        self._report = report
        self._thread_id = threading.get_ident()
        self._turned = monotonic()
        self._stop = threading.Event()

    async def prove_life(self) -> None:
        """Take a turn of the loop now and then; run it as a task beside all others."""
        while True:
            self._turned = monotonic()
            await trio.sleep(TURN)

    @contextmanager
    def watching(self) -> Generator[None]:
        """Watch for as long as the block runs."""
        thread = threading.Thread(target=self._watch, name="actionbus watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _watch(self) -> None:
        reported = 0.0
        while not self._stop.wait(TURN):
            turned = self._turned
            seconds = monotonic() - turned
            if seconds > PATIENCE and turned != reported:
                reported = turned
                # Documented, for debuggers; the underscore says that it is CPython's own.
                frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]
                frame = frames.get(self._thread_id)
                if frame is not None:
                    self._report(locate(frame, seconds))


def locate(frame: FrameType, seconds: float) -> Blocked:
    """Find the code in a thread's stack that holds it up: the frame that actionbus called, at the line where it stands.

    That is a handler where a lane is in the stack, and else a fold, a hook or a task of a plugin, known by its file.
    """
    within = frame
    called: FrameType | None = None
    walk: FrameType | None = frame
    while walk is not None:
        if walk.f_code is _handling():
            lane: object = walk.f_locals.get("self")
            if isinstance(lane, Runs):
                return _blocked(within, seconds, lane)
        if called is None and walk.f_code.co_filename.startswith(_OURS):
            called = within
        if not walk.f_code.co_filename.startswith(_BETWEEN):
            within = walk
        walk = walk.f_back
    return _blocked(called or frame, seconds, None)


def _handling() -> CodeType:
    return Runs.handle.__code__


def _blocked(frame: FrameType, seconds: float, lane: Runs | None) -> Blocked:
    return Blocked(
        plugin=lane.subscriber.name if lane is not None else None,
        fixture=lane.fixture if lane is not None else None,
        file=frame.f_code.co_filename,
        line=frame.f_lineno,
        function=frame.f_code.co_name,
        seconds=seconds,
    )
