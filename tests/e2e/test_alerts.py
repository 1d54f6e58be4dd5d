"""Over twenty cuts and five restarts people are told in the end what the games say: none is lost or too many."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import GAMES, WITHOUT
from tests.e2e.alerts import expected, follow

from actionbus.simulator import generate_match


def test_generated_games_leave_the_alerts_that_a_brute_force_reading_gives(tmp_path: Path) -> None:
    games = [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]
    for number, game in enumerate(games):
        game.write_text("\n".join(generate_match(10 + number).packets), encoding="utf-8")
    assert_alike(tmp_path, games, seed=1)


@pytest.mark.skipif(not GAMES.exists(), reason=WITHOUT.kwargs["reason"])
def test_real_games_leave_them_too(tmp_path: Path) -> None:
    assert_alike(tmp_path, sorted(GAMES.glob("*.jsonl"))[:2], seed=3)


def assert_alike(folder: Path, games: list[Path], seed: int) -> None:
    found, _ = follow(folder, games, seed=seed, speed=600.0)
    wanted = set(expected(games))
    found = set(found)
    assert (wanted - found, found - wanted) == (set(), set())
    assert len(wanted) > 100
