"""The receiver of docs/webhooks.md is right whatever comes twice, late, or in pieces."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing
from itertools import permutations
from typing import Any

import pytest
from tests.docs.pages import DOCS, blocks

Keep = Callable[[sqlite3.Connection, dict[str, Any]], None]


@pytest.fixture(scope="module")
def receiver() -> dict[str, Any]:
    (block,) = [block for block in blocks(DOCS / "webhooks.md") if block.words == "receiver.py"]
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(block.text, "receiver.py", "exec"), names)
    return names


@pytest.fixture
def db(receiver: dict[str, Any]) -> Generator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(receiver["TABLE"])
        yield db


def state(version: int, state: str, text: str, name: str = "a") -> dict[str, Any]:
    return {"id": name, "version": version, "state": state, "text": text, "at": float(ord(name)), "rule": "r"}


LIFE = (state(1, "sent", "3 in a row"), state(2, "updated", "4 in a row"), state(4, "withdrawn", "4 in a row"))


def standing(receiver: dict[str, Any], db: sqlite3.Connection) -> list[str]:
    return [text for (text,) in db.execute(receiver["STANDING"])]


@pytest.mark.parametrize("order", [*permutations(LIFE)])
def test_the_newest_state_wins_in_whichever_order_they_come(
    receiver: dict[str, Any], db: sqlite3.Connection, order: tuple[dict[str, Any], ...]
) -> None:
    for body in (*order, *order):
        receiver["keep"](db, body)
    assert standing(receiver, db) == []
    receiver["keep"](db, state(5, "restored", "4 in a row"))
    assert standing(receiver, db) == ["4 in a row"]


def test_a_digest_is_taken_apart(receiver: dict[str, Any], db: sqlite3.Connection) -> None:
    parts = [state(1, "sent", "one", "a"), state(3, "sent", "two", "b")]
    receiver["keep"](db, {"id": "digest", "version": 4, "state": "digest", "text": "2 alerts", "alerts": parts})
    receiver["keep"](db, state(2, "corrected", "two, older", "b"))
    assert standing(receiver, db) == ["one", "two"]


def test_a_digest_is_kept_whole_or_not_at_all(receiver: dict[str, Any], db: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.Error):
        receiver["keep"](db, {"state": "digest", "alerts": [state(1, "sent", "one"), {"id": "b"}]})
    assert standing(receiver, db) == []
