"""The moments of the real games against a brute-force reading of what stands in the end."""

from __future__ import annotations

from random import Random

import attrs
import pytest
from tests.conftest import RealGame
from tests.core.game.folding import interleaved
from tests.plugins.score_tracker.found import played
from tests.plugins.score_tracker.oracle import oracle

from actionbus.events.base import Action
from actionbus.wire import Decoder


def decoded(game: RealGame) -> list[Action]:
    decode = Decoder().decode
    return [decode(packet) for packet in game.packets]


def test_what_stands_at_the_end_of_a_real_game_is_what_its_raw_packets_give(real_game: RealGame) -> None:
    expected = oracle(real_game.packets)
    game = played(decoded(real_game))
    assert game.said() == expected
    assert game.afresh() == expected
    assert expected["FinalScore"]


@pytest.mark.parametrize("seed", range(3))
def test_every_legal_order_leaves_the_same_moments(some_real_game: RealGame, seed: int) -> None:
    packets = [attrs.evolve(packet, summary=None, finished=False) for packet in decoded(some_real_game)]
    assert played(interleaved(packets, Random(seed))).said() == oracle(some_real_game.packets)
