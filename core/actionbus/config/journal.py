"""The table [journal] as a value: where the log is kept, how long, and how safe from a power cut."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from attrs import frozen

from actionbus.config.kinds import Duration, Keep

_TWO_WEEKS = Keep(Duration(14 * 86_400.0))


@frozen(kw_only=True)
class JournalConfig:
    """How the log is kept: ``[journal]``."""

    path: Path | Literal[":memory:"] | None = None
    """The log's file, or ``":memory:"`` for a log that ends with the daemon.

    None leaves the choice to the command line, which knows source and platform.
    """
    keep: Keep = _TWO_WEEKS
    """How long a game stays in the log after its newest row: ``"14d"``, or ``"forever"``."""
    sync: Literal["full", "normal"] = "full"
    """Whether each commit is on the disk before it counts, or a power cut may take the last ones."""
