"""A short run of the ledger's trial; the long one is a command of its own, see ``tests/e2e/ledger.py``."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.ledger import generated, run


@pytest.mark.parametrize("seed", [7])
def test_a_receiver_that_fails_in_every_way_has_the_right_state_after_kills(seed: int, tmp_path: Path) -> None:
    recordings = tmp_path / "games"
    recordings.mkdir()
    folder = tmp_path / "run"
    folder.mkdir()
    result = run(folder, generated(recordings, [seed]), kills=3, seed=seed, speed=600)
    assert result.wrong == []
    assert result.kills == 3
    assert result.requests > result.messages > 500
    assert result.sums["shop"]["replaced"] > 0
