"""Over twenty cuts and five restarts people are told in the end what the games say: none is lost or too many."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import RealGame
from tests.e2e.alerts import expected, follow

from actionbus.simulator import generate_match

WALL = "count_by_the_wall"  # the product does not do yet what the docs say, see tests/plugins/notifier/test_oracle.py


@pytest.mark.parametrize("seed", [1, 2])
def test_generated_games_leave_the_alerts_that_a_brute_force_reading_gives(tmp_path: Path, seed: int) -> None:
    games = [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]
    for number, game in enumerate(games):
        game.write_text("\n".join(generate_match(10 * seed + number).packets), encoding="utf-8")
    assert_alike(tmp_path, games, seed)


def test_a_real_game_leaves_them_too(tmp_path: Path, some_real_game: RealGame) -> None:
    assert_alike(tmp_path, [some_real_game.recording], seed=3)


def assert_alike(folder: Path, games: list[Path], seed: int) -> None:
    found, _ = follow(folder, games, seed=seed, speed=600.0)
    wanted = {each for each in expected(games) if each[0] != WALL}
    found = {each for each in found if each[0] != WALL}
    assert (wanted - found, found - wanted) == (set(), set())
    assert len(wanted) > 100
