"""Where a daemon listens for commands: known to both sides by the plugins.toml that they are started with."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from actionbus.errors import ActionbusError

VARIABLE = "ACTIONBUS_CONTROL"
LONGEST = 100  # bytes of a socket's path; systems take 104 to 108


def control_place(config: Path, environ: Mapping[str, str]) -> Path:
    """Return the socket of the daemon that follows a plugins.toml; looks at no disk but to resolve links.

    The variable ACTIONBUS_CONTROL names it; else it lies in the folder that systemd gives a service
    (``RuntimeDirectory=``), in the user's folder for such things, or in one for this user among the temporary files.
    """
    named = environ.get(VARIABLE, "")
    if named:
        return Path(named)
    name = f"{hashlib.sha256(os.fsencode(config.resolve())).hexdigest()[:16]}.sock"
    folders = [
        Path(given).joinpath(*below)
        for variable, below in (("RUNTIME_DIRECTORY", ()), ("XDG_RUNTIME_DIR", ("actionbus",)))
        if (given := environ.get(variable, "").partition(":")[0])
    ]
    places = [folder / name for folder in folders if len(os.fsencode(folder / name)) <= LONGEST]
    return places[0] if places else Path(tempfile.gettempdir(), f"actionbus-{os.getuid()}", name)


def make_folder(place: Path) -> None:
    """Make the folder of a socket, for this user alone. Raises ActionbusError where somebody else has it, OSError."""
    folder = place.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.environ.get(VARIABLE):
        return  # whoever names a place answers for it
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ActionbusError(f"{folder} belongs to somebody else")
