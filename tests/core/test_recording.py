from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionbus.errors import ConfigError
from actionbus.recording import fixture_of, read_recording

GAMES = Path(__file__).parents[3] / "shared" / "games"
FIRST = '{"fixtureAction":{"fixtureId":"f-1","timelineSequence":1.0000016713502460}}'
SECOND = '{"fixtureAction": {"fixtureId": "f-1", "player": {"name": "Łukasz\u2028Żak"}}}'


def test_a_packet_is_a_line_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "game.jsonl"
    path.write_text(f"\n{FIRST}\r\n\n  {SECOND}\n\n", encoding="utf-8")
    recording = read_recording(path)
    assert recording.fixture == "f-1"
    assert recording.packets == (FIRST, SECOND)


def test_bad_lines_are_packets_too_and_the_first_good_one_names_the_fixture(tmp_path: Path) -> None:
    path = tmp_path / "game.jsonl"
    bad = ['{"fixtureAction":', "7", '{"fixtureAction":[]}', '{"fixtureAction":{"fixtureId":7}}', "[" * 5000]
    path.write_text("\n".join([*bad, FIRST]))
    recording = read_recording(path)
    assert recording.fixture == "f-1"
    assert recording.packets == (*bad, FIRST)


def test_a_line_that_is_not_utf8_is_kept_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "game.jsonl"
    path.write_bytes(b'{"a":"\xe9\xff"}\n' + FIRST.encode())
    assert read_recording(path).packets[0].encode(errors="surrogateescape") == b'{"a":"\xe9\xff"}'


def test_one_json_array_is_taken_apart_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "actions.json"
    path.write_text(f"[\n  {FIRST},\n{SECOND}  ]\n", encoding="utf-8")
    assert read_recording(path).packets == (FIRST, SECOND)


@given(st.lists(st.dictionaries(st.text(), st.text() | st.floats(allow_nan=False) | st.lists(st.integers()))))
def test_any_array_of_packets_gives_its_packets(tmp_path_factory: pytest.TempPathFactory, others: list[object]) -> None:
    path = tmp_path_factory.mktemp("array") / "actions.json"
    packets: list[object] = [json.loads(FIRST), *others]
    path.write_text(json.dumps(packets, indent=1, ensure_ascii=False), encoding="utf-8")
    recording = read_recording(path)
    assert [json.loads(packet) for packet in recording.packets] == packets
    assert not any("\n" in packet for packet in recording.packets)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty; a recording has one JSON packet a line"),
        (b"\n \r\n", "is empty; a recording has one JSON packet a line"),
        (b"hello\n", "no line of it is a Live Actions packet; a recording has one JSON packet a line"),
        (b"[]", "no line of it is a Live Actions packet; a recording has one JSON packet a line"),
        (b"\xff\xfe\x00", "no line of it is a Live Actions packet; a recording has one JSON packet a line"),
    ],
)
def test_a_file_without_packets_is_refused_in_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "game.jsonl"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        read_recording(path)
    assert str(refused.value).startswith(str(path))
    assert str(refused.value).endswith(sentence)


def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, what in (
        (tmp_path / "missing.jsonl", "there is no such file"),
        (tmp_path, "is a directory"),
        (tmp_path / "file" / "game.jsonl", "cannot be read: Not a directory"),
    ):
        with pytest.raises(ConfigError, match=what) as refused:
            read_recording(path)
        assert "\n" not in str(refused.value)


def test_real_games_are_read_whole() -> None:
    if not GAMES.is_dir():
        pytest.skip("the real games of ../shared/games are not here")
    for path in sorted(GAMES.glob("*.jsonl")):
        recording = read_recording(path)
        assert list(recording.packets) == path.read_text(encoding="utf-8").splitlines()
        assert {fixture_of(packet) for packet in recording.packets} == {recording.fixture}
