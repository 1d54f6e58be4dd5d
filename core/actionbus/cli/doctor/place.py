"""Checks of where the journal is: the file, its folder, the room on the disk, and what kind of disk it is."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from actionbus.cli.doctor.finding import Finding, ok, problem, skipped, warning

PLACE, DISK, FILE_SYSTEM = "journal", "disk", "file system"
LITTLE, TOO_LITTLE = 500 * 10**6, 50 * 10**6  # bytes; a game takes about two million
MOUNTS = Path("/proc/self/mounts")

# SQLite's WAL needs memory that is shared among all who have the file open, which such file systems do not give.
_REMOTE = re.compile(
    r"(nfs|nfs4|cifs|smb\w*|9p|afs|ncpfs|lustre|ceph|glusterfs|(fuse\.)?(sshfs|glusterfs|s3fs|rclone))"
)


def look_at_place(path: Path) -> Finding:
    """See whether a daemon that runs as we do can write the journal."""
    folder = existing(path.parent)
    hint = "give it to the user that the daemon runs as, or name another with path in [journal]"
    if path.is_dir():
        return problem(PLACE, f"{path} is a folder", "name a file in it with path in [journal]")
    if not folder.is_dir():
        return problem(PLACE, f"{path} cannot be: {folder} is no folder", "name another with path in [journal]")
    if not os.access(folder, os.W_OK | os.X_OK):
        return problem(PLACE, f"the folder {folder} cannot be written by this user", hint)
    if not path.exists():
        return ok(PLACE, f"{path} is not there yet; `actionbus run` makes it")
    if not os.access(path, os.R_OK | os.W_OK):
        return problem(PLACE, f"{path} cannot be written by this user", hint)
    return ok(PLACE, f"{path}, {_size(path.stat().st_size)}")


def look_at_disk(path: Path, free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free) -> Finding:
    """See whether there is room."""
    room = free(existing(path.parent))
    said = f"{_size(room)} are free"
    advice = "make room: without it plugins and alerts go on, but nothing is kept"
    if room < TOO_LITTLE:
        return problem(DISK, f"only {said}", advice)
    return warning(DISK, f"only {said}", "make room") if room < LITTLE else ok(DISK, said)


def look_at_file_system(path: Path, mounts: Path = MOUNTS) -> Finding:
    """See whether the disk is this machine's own."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return skipped(FILE_SYSTEM, "this system does not say what kind it is")
    place = existing(path.parent).resolve()
    kind, longest = "", -1
    for _, mount, found in (fields[:3] for line in lines if len(fields := line.split(" ")) >= 3):
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), mount))
        if place.is_relative_to(point) and len(point.parts) >= longest:  # of two at one place the later is on top
            kind, longest = found, len(point.parts)
    if _REMOTE.fullmatch(kind):
        said = f"the journal is on {kind}, a file system of another machine, where it may be damaged"
        return problem(FILE_SYSTEM, said, "name a file on a disk of this machine with path in [journal]")
    if not kind:
        return skipped(FILE_SYSTEM, "this system does not say what kind it is")
    return ok(FILE_SYSTEM, f"{kind}, of this machine")


def existing(folder: Path) -> Path:
    """Return the nearest folder above that there is: `run` makes those below it."""
    folder = folder.absolute()
    return next((each for each in (folder, *folder.parents) if each.exists()), folder)


def _size(size: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"
