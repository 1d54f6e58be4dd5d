"""Ask the daemon that runs with a plugins.toml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actionbus.cli.config import chosen
from actionbus.control import NobodyThere, ask, control_place
from actionbus.host import installed


def ask_daemon(config: Path | None, request: Mapping[str, object]) -> dict[str, Any]:
    """Send a request to the daemon and return its answer. Raises NobodyThere where none runs."""
    path = chosen(config)
    try:
        return ask(control_place(path, os.environ), request)
    except NobodyThere as error:
        hint = "start it (actionbus run), or name the file that it was started with: --config"
        raise NobodyThere(f"no daemon runs with {path} ({error}); {hint}") from None


def ask_plugin(config: Path | None, table: str, request: str, arguments: Mapping[str, object]) -> dict[str, Any]:
    """Ask the running plugin that owns a top-level table. Raises NobodyThere where no daemon runs."""
    asked = {"do": "ask", "plugin": installed().owners[table], "request": request, "arguments": arguments}
    return ask_daemon(config, asked)
