"""Disks that refuse: made to, or full."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from actionbus.log.database import Database

FULL = (sqlite3.SQLITE_FULL, "database or disk is full")
READ_ONLY = (sqlite3.SQLITE_READONLY, "attempt to write a readonly database")
WRITE_ERROR = (sqlite3.SQLITE_IOERR_WRITE, "disk I/O error")
FSYNC_ERROR = (sqlite3.SQLITE_IOERR_FSYNC, "disk I/O error")
BUSY = (sqlite3.SQLITE_BUSY, "database is locked")
CORRUPT = (sqlite3.SQLITE_CORRUPT, "database disk image is malformed")


@define
class Disk:
    """A disk that does as it is told."""

    refuses: tuple[int, str] | None = None
    """Error code and words of what it refuses with; None: all is well."""
    attempts: int = 0
    """Made while it refused."""

    def wrap(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Let a method of the database fail while the disk refuses."""

        def fail_or_do(*arguments: object) -> object:
            if self.refuses is None:
                return method(*arguments)
            self.attempts += 1
            code, words = self.refuses
            error = sqlite3.OperationalError(words)
            error.sqlite_errorcode = code
            raise error

        return fail_or_do


def install(monkeypatch: pytest.MonkeyPatch, *methods: str) -> Disk:
    """Put a disk under these methods of the database."""
    disk = Disk()
    for method in methods:
        monkeypatch.setattr(Database, method, disk.wrap(getattr(Database, method)))
    return disk


@contextmanager
def small_disk(folder: Path, size: int) -> Generator[Path]:
    """Mount a disk of so many bytes on a folder; skip the test where that is not possible."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False, timeout=10)
    except OSError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=10)


def fill(disk: Path) -> None:
    """Leave no room on a disk, to the last byte."""
    with (disk / "ballast").open("ab", buffering=0) as file, suppress(OSError):
        for size in (65536, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))


def free(disk: Path) -> None:
    """Make room again."""
    (disk / "ballast").unlink()
