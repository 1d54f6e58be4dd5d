"""Where the log is kept: what plugins.toml says, else a place that the platform or systemd gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from platformdirs import user_state_path

from actionbus.config import Config
from actionbus.errors import ConfigError, Problem

_NAME = "journal.db"


def journal_place(config: Config, environ: Mapping[str, str]) -> Path | None:
    """Return the log's file; None keeps it in memory. Looks at no disk and makes no folder.

    The order: what ``[journal] path`` says, memory for the simulator, the folder of a systemd service
    (``StateDirectory=``), the user's folder for state. Raises ConfigError where the user has none.
    """
    path = config.journal.path
    if path is not None:
        return None if path == ":memory:" else path
    if config.feed.source == "simulator":
        return None
    given = environ.get("STATE_DIRECTORY", "").partition(":")[0]  # a service may have several
    if given:
        return Path(given, _NAME)
    try:
        folder = user_state_path("actionbus", appauthor=False)
    except RuntimeError:  # newer releases of platformdirs, instead of a path below the current folder
        folder = Path()
    if not folder.is_absolute():
        what = "is missing, and this user has no home folder for the default"
        raise ConfigError(config.tree.problem(("journal", "path"), what, 'write path = "FILE" below [journal]'))
    return folder / _NAME


def journal_problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong with the file that ``[journal] path`` names."""
    path = config.journal.path
    if path is None or path == ":memory:":
        return
    keys = ("journal", "path")
    try:
        if path.is_dir():
            hint = f"name a file in it, such as {path / _NAME}"
            yield config.tree.problem(keys, "is a folder, should be a file", hint)
        elif not path.parent.is_dir():
            yield config.tree.problem(keys, f"there is no folder {path.parent}", "make it, or name a file elsewhere")
    except OSError as error:  # such as a folder on the way that this user may not look into
        yield config.tree.problem(keys, f"cannot be used ({error.strerror})", "name a file elsewhere")
