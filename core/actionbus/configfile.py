"""plugins.toml from the disk: the only module that reads it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from actionbus.config import Config, parse_config
from actionbus.errors import ConfigError, Problem


def load_config(path: Path, *, owned_tables: Collection[str], class_names: Collection[str]) -> Config:
    """Read and parse the file; for the parameters see ``parse_config``.

    Problems name the file as ``path`` does, and relative paths in it start at its folder. Raises ConfigError.
    """
    text = read_text(path)
    return parse_config(text, str(path), owned_tables=owned_tables, class_names=class_names)


def read_text(path: Path) -> str:
    """Read a file that a user wrote. Raises ConfigError if it is not there, not readable or not UTF-8."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(Problem(str(path), None, "", "there is no such file")) from None
    except IsADirectoryError:
        raise ConfigError(Problem(str(path), None, "", "is a folder, should be a file")) from None
    except (OSError, ValueError) as error:  # ValueError: a path that holds a null character
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(Problem(str(path), None, "", f"cannot be read ({said})")) from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(Problem(str(path), line, "", "is not UTF-8 text", "save it as UTF-8")) from None
