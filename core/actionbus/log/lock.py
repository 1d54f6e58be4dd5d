"""One daemon for one journal: a lock file beside it, which also says how the daemon fares."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import orjson
from attrs import define, field

from actionbus.errors import ConfigError

LOOKS = 5  # attempts to lock, 0.02 s apart: `running` has the lock for a moment, too
MOST = 500  # characters of trouble, up to 6 bytes each
SIZE = 4096  # bytes, written when there is room: on a full disk it can still be said that the disk is full


def place(journal: Path) -> Path:
    """Return where the lock of a journal is."""
    journal = journal.resolve()
    return journal.with_name(f"{journal.name}.lock")


@define(eq=False)
class Lock:
    """Held from ``take`` until ``release`` or the end of the process, however that comes."""

    journal: Path
    _file: int = field(init=False, default=-1)
    _since: float = field(init=False, factory=time.time)

    def take(self) -> None:
        """Lock the journal for this process. Raises ConfigError where another one has it, and OSError."""
        file = os.open(place(self.journal), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(file)
        except BlockingIOError:
            said = _read(file)
            os.close(file)
            who = f"process {said['pid']}" if said is not None else "another process"
            hint = "stop that one, or give this one a journal of its own: path in [journal]"
            raise ConfigError(f"the journal {self.journal} is in use by {who}; {hint}") from None
        self._file = file
        self._put(None)

    def say(self, trouble: str | None) -> None:
        """Let others know why the journal cannot be written, None for all is well; if this file can be written."""
        with suppress(OSError):
            self._put(trouble)

    def _put(self, trouble: str | None) -> None:
        text = orjson.dumps({"pid": os.getpid(), "since": self._since, "trouble": trouble and trouble[:MOST]})
        os.pwrite(self._file, text.ljust(SIZE), 0)

    def release(self) -> None:
        """Let the journal go."""
        os.close(self._file)


def _lock(file: int) -> None:
    """Lock a file. Raises BlockingIOError where another process has it for longer than a look at it takes."""
    for _ in range(LOOKS):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        threading.Event().wait(0.02)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def running(journal: Path) -> dict[str, object] | None:
    """Return what the daemon that has a journal says: ``pid``, ``since`` (Unix time), ``trouble``; None: no daemon."""
    try:
        file = os.open(place(journal), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(file) or {}
    finally:
        os.close(file)
    return None


def _read(file: int) -> dict[str, object] | None:
    try:
        said: dict[str, object] = orjson.loads(os.pread(file, SIZE, 0).rstrip())
    except ValueError:
        return None
    return said
