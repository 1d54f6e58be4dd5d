"""One daemon for one journal, and a word on how it fares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.core.log.disks import fill, small_disk

from actionbus import ConfigError
from actionbus.log.lock import Lock, place, running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_nobody_runs_where_nobody_ever_did(journal: Path) -> None:
    assert running(journal) is None


def test_whoever_holds_the_lock_says_who_and_how(journal: Path) -> None:
    lock = Lock(journal)
    lock.take()
    said = running(journal)
    assert said is not None
    assert said["pid"] == os.getpid()
    assert said["trouble"] is None
    lock.say("disk full")
    said = running(journal)
    assert said is not None
    assert said["trouble"] == "disk full"
    lock.say(None)
    said = running(journal)
    assert said is not None
    assert said["trouble"] is None
    lock.release()
    assert running(journal) is None


def test_a_second_one_is_refused_with_what_to_do(journal: Path) -> None:
    first, second = Lock(journal), Lock(journal)
    first.take()
    with pytest.raises(ConfigError) as raised:
        second.take()
    assert str(raised.value) == (
        f"the journal {journal} is in use by process {os.getpid()};"
        " stop that one, or give this one a journal of its own: path in [journal]"
    )
    first.release()
    second.take()
    second.release()


@pytest.mark.parametrize("said", [b"", b"{", b"\xff" * 5000, b"null"])
def test_a_lock_file_with_something_else_in_it_is_used_all_the_same(journal: Path, said: bytes) -> None:
    place(journal).write_bytes(said)
    assert running(journal) is None
    lock = Lock(journal)
    lock.take()
    found = running(journal)
    assert found is not None
    assert found["pid"] == os.getpid()
    lock.release()


def test_trouble_may_have_any_length_and_any_words(journal: Path) -> None:
    lock = Lock(journal)
    lock.take()
    for words in ("\N{BASKETBALL AND HOOP}" * 5000, '"' * 5000, "\x00" * 5000, "short"):
        lock.say(words)
        said = running(journal)
        assert said is not None
        assert str(said["trouble"]) == words[: len(str(said["trouble"]))]
    lock.release()


def test_on_a_full_disk_it_can_be_said_that_it_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 65536) as disk:
        lock = Lock(disk / "journal.db")
        lock.take()
        fill(disk)
        lock.say("disk full")
        said = running(disk / "journal.db")
        lock.release()
        assert said is not None
        assert said["trouble"] == "disk full"
