"""Real games that are cut a hundred times: the same announcements as uncut, and the official box score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.core.feed.matrix.cuts import cut

if TYPE_CHECKING:
    from tests.conftest import RealGame
    from trio.testing import MockClock


async def test_a_real_game_that_is_cut_100_times_is_the_same_game(
    autojump_clock: MockClock, some_real_game: RealGame
) -> None:
    assert await cut(some_real_game) == []
