"""The real commands as processes: a simulator, a daemon, and what they said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

COMMAND = [sys.executable, "-c", "import sys; from actionbus.cli import main; sys.exit(main())"]
PATIENCE = 120.0  # seconds that a command may take before it counts as stuck
TOKEN = "canary-token-4711"


@frozen
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str


def actionbus(*arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Done:
    """Run a command to its end."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@contextmanager
def simulating(*arguments: str) -> Generator[str]:
    """Run ``actionbus simulate``; yield its URL."""
    with subprocess.Popen([*COMMAND, "simulate", *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first.startswith("listening on "), first
            yield first.removeprefix("listening on ").strip()
        finally:
            process.terminate()
            process.wait(PATIENCE)


def follow_config(folder: Path, url: str, fixtures: Sequence[str], more: str = "") -> Path:
    """Write a plugins.toml that follows a server and keeps the scores; its journal is in the folder, too."""
    path = folder / "plugins.toml"
    listed = ", ".join(json.dumps(fixture) for fixture in fixtures)
    path.write_text(
        f'[feed]\nsource = "dde"\nurl = "{url}"\nfixtures = [{listed}]\ntoken = {{ env = "TEST_TOKEN" }}\n{more}\n'
        '[journal]\npath = "journal.db"\n[plugin.score_tracker]\nfile = "scores.json"\n',
        encoding="utf-8",
    )
    return path


def scores(folder: Path) -> dict[str, Any]:
    """Read the file that the score tracker keeps."""
    read: dict[str, Any] = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    return read
