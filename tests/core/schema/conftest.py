"""The schema as the command prints it, in this repository."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.core.schema.validity import judge

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def schema() -> dict[str, Any]:
    command = [sys.executable, "-c", "import sys; from actionbus.cli import main; sys.exit(main(['schema']))"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


@pytest.fixture(scope="session")
def is_right(schema: dict[str, Any]) -> Callable[[object], bool]:
    return judge(schema)
