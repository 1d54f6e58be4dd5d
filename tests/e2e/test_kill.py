"""The promise, in a minute: 50 kills, some with finished games in the journal. More: ``python -m tests.kill``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 600.0  # seconds; it takes about 45


def test_50_kills_lose_nothing_double_nothing_and_keep_every_store_right() -> None:
    command = [sys.executable, "-m", "tests.kill", "--kills", "50", "--games", "10", "--seed", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    figures: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 0, figures
    assert figures["kills"] >= 50
    assert figures["games"] >= 10
    assert figures["raw"] >= figures["events"] > 5000
    assert figures["moments_raw"] >= figures["moments"] > 100
    assert all(figures["crash_points"].values()), "a crash point that nobody comes by any more tests nothing"
    assert "evidence" not in figures
