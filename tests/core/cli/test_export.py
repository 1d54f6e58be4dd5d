from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.cli.conftest import Command
from tests.core.cli.held import BAD, MATCH, Game, play, write
from tests.core.feed.packets import FIXTURE, make_list

from actionbus.events.base import FeedState
from actionbus.recording import read_recording

LIST = make_list(3)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of a match that a daemon has followed."""
    return play(tmp_path_factory.mktemp("played"))


def test_the_packets_of_a_match_come_out_as_they_went_in(played: Path, command: Command) -> None:
    said = command("export", MATCH.fixture, "--config", str(played.with_name("plugins.toml")))
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == list(MATCH.packets)


def test_a_recording_that_was_exported_is_replayed_to_the_same_box_score(
    played: Path, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "game.jsonl").write_text(command("export", MATCH.fixture, "--journal", str(played)).out, "utf-8")
    boxes = [
        command("replay", str(each), "--box").out for each in (tmp_path / "game.jsonl", played.with_name("match.jsonl"))
    ]
    assert boxes[0] == boxes[1] != ""


def test_bad_packets_are_kept_where_they_were_and_line_breaks_become_spaces(command: Command, tmp_path: Path) -> None:
    packets: list[str | bytes] = [LIST[0], BAD[0], LIST[1], BAD[1], LIST[2].encode(), BAD[2]]
    journal = write(tmp_path / "journal.db", Game(packets=packets))
    said = command("export", FIXTURE, "--journal", str(journal))
    assert (said.code, said.err) == (0, "")
    expected = (LIST[0], BAD[0], LIST[1], "[1,  2]", LIST[2], BAD[2].replace("\n", " "))
    assert said.out == "".join(f"{line}\n" for line in expected)
    (tmp_path / "game.jsonl").write_text(said.out, "utf-8")
    assert read_recording(tmp_path / "game.jsonl").packets == expected


def test_packets_that_could_not_be_received_are_left_out_and_counted(command: Command, tmp_path: Path) -> None:
    journal = write(tmp_path / "journal.db", Game(packets=[LIST[0], "", LIST[1], " \n"]))
    said = command("export", FIXTURE, "--journal", str(journal))
    assert (said.code, said.out.splitlines()) == (0, LIST[:2])
    assert said.err == f"{FIXTURE}: left out 2 that could not be received, or were empty\n"


def test_the_beginning_of_an_id_is_enough_where_no_other_has_it(command: Command, tmp_path: Path) -> None:
    games = [Game(packets=LIST, fixture=name) for name in ("abc-1", "abc-2", "abc", "xyz")]
    journal = str(write(tmp_path / "journal.db", *games))
    for asked, meant in (("x", "xyz"), ("abc", "abc"), ("abc-2", "abc-2")):
        assert command("export", asked, "--journal", journal).out.count(f'"{meant}"') == len(LIST)
    said = command("export", "abc-", "--journal", journal)
    assert (said.code, said.out) == (2, "")
    assert said.err == "several fixtures begin with 'abc-': abc-1, abc-2; write more of it\n"


@pytest.mark.parametrize(
    ("names", "asked", "told"),
    [
        ((), "x", "there is no fixture 'x': the journal holds none yet"),
        (("game-one",), "game-on1", "there is no fixture 'game-on1' in the journal; did you mean 'game-one'?"),
        (("a1", "b1"), "xyz", "there is no fixture 'xyz' in the journal; there is a1, b1"),
        (("a1", "b1", "c1", "d1"), "xyz", "there is no fixture 'xyz' in the journal; `actionbus fixtures` lists what"),
    ],
)
def test_a_fixture_that_is_not_there_is_told_with_what_there_is(
    names: tuple[str, ...], asked: str, told: str, command: Command, tmp_path: Path
) -> None:
    journal = write(tmp_path / "journal.db", *(Game(fixture=name) for name in names))
    said = command("export", asked, "--journal", str(journal))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(told)
    assert said.err.count("\n") == 1


def test_a_fixture_without_packets_is_no_success(command: Command, tmp_path: Path) -> None:
    journal = write(tmp_path / "journal.db", Game(state=FeedState.REFUSED))
    said = command("export", FIXTURE, "--journal", str(journal))
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"actionbus: the journal {journal} holds no packet of fixture {FIXTURE}")
