"""What the commands that look into the journal share: which one, and how what it holds is shown."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from actionbus.cli.config import DEFAULT, read
from actionbus.cli.journal import journal_place
from actionbus.cli.source import make_source, read_inputs
from actionbus.config import Config
from actionbus.errors import ConfigError
from actionbus.host import Installed
from actionbus.log.lock import running

AGES = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "m"))


def config_and_journal(options: Namespace, known: Installed) -> tuple[Config, Path]:
    """Return the configuration and the journal that a command is to look into.

    No plugins.toml is needed where ``--journal`` names one. Raises ConfigError, also where the log is in memory.
    """
    named: Path | None = options.journal
    config = read(options.config, known=known, optional=named is not None)
    return config, named if named is not None else configured_journal(config)


def configured_journal(config: Config, otherwise: str = ", or name a journal with --journal") -> Path:
    """Return the journal of a daemon with this configuration. Raises ConfigError where the log is in memory."""
    path = journal_place(config, os.environ)
    if path is None:
        what = "the log is in memory, where nobody else can look into it"
        hint = f'write path = "FILE" below [journal]{otherwise}'
        raise ConfigError(config.tree.problem(("journal", "path"), what, hint))
    return path


def has_config(options: Namespace) -> bool:
    """Whether there is a plugins.toml: where the journal is named, the command goes without."""
    return options.config is not None or DEFAULT.exists()


def followed(config: Config) -> tuple[str, ...]:
    """Return the fixtures that a daemon with this configuration follows."""
    return make_source(config, read_inputs(config, os.environ)).fixtures


def daemon_since(journal: Path) -> float | None:
    """Return when the daemon that runs on a journal has started (Unix seconds), None where none runs."""
    said = running(journal)
    if said is None:
        return None
    since = said.get("since")
    return float(since) if isinstance(since, int | float) else 0.0


def age(seconds: float) -> str:
    """Write a length of time as people say it, in one unit."""
    for length, unit in AGES:
        if seconds >= length:
            return f"{seconds / length:.0f}{unit}"
    return f"{max(0.0, seconds):.0f}s"


def printable(text: str) -> str:
    """Return a text of the feed on one line, without what a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split()))
