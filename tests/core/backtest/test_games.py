from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.cli.held import BAD, MATCH, Game, write
from tests.core.feed.packets import FIXTURE

from actionbus.backtest import Generated, Recorded, journalled
from actionbus.errors import ConfigError
from actionbus.recording import Recording
from actionbus.simulator import generate_match

OURS = tuple(packet.replace(MATCH.fixture, FIXTURE) for packet in MATCH.packets)


def test_a_recording_is_a_game_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "game.jsonl"
    path.write_text("\n".join(MATCH.packets), encoding="utf-8")
    game = Recorded(path)
    assert game.load() == MATCH
    assert (game.name, game.label, game.size) == (str(path), "game.jsonl", path.stat().st_size)


def test_a_recording_that_is_not_there_is_told_when_it_is_read(tmp_path: Path) -> None:
    game = Recorded(tmp_path / "nowhere.jsonl")
    assert game.size == 0
    with pytest.raises(ConfigError, match=r"nowhere\.jsonl: there is no such file"):
        game.load()


def test_a_generated_match_is_that_of_its_seed() -> None:
    assert Generated(7).load() == generate_match(7)
    assert Generated(7).label == Generated(7).name == "generated match 7"
    assert Generated(7).size > 100_000


def test_the_games_of_a_journal_are_those_with_packets_as_they_came(tmp_path: Path) -> None:
    other = "0c5a2a83-0000-4000-8000-000000000001"
    path = write(
        tmp_path / "journal.db", Game(packets=OURS), Game(fixture="empty"), Game(fixture=other, packets=OURS[:100])
    )
    whole, part = journalled(path)
    assert whole.load() == Recording(FIXTURE, OURS)
    assert part.load() == Recording(other, tuple(packet.replace(FIXTURE, other) for packet in OURS[:100]))
    assert (part.name, part.label) == (other, other[:8])
    assert whole.size > part.size > 10_000


def test_bad_packets_of_a_journal_are_played_as_they_came(tmp_path: Path) -> None:
    path = write(tmp_path / "journal.db", Game(packets=[*BAD, *OURS[:10], b"\xff"]))
    (game,) = journalled(path)
    packets = game.load().packets
    assert packets[:3] == tuple(packet.replace(MATCH.fixture, FIXTURE) for packet in BAD)
    assert packets[-1].encode(errors="surrogateescape") == b"\xff"
    assert len(packets) == 14


def test_a_journal_without_a_game_has_none(tmp_path: Path) -> None:
    assert list(journalled(write(tmp_path / "journal.db"))) == []
