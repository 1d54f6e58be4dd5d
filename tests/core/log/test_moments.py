"""Moments as JSON and back: what cannot be kept is found before it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.core.log.journals import said

from actionbus import Action, Change, Moment, Origin, Player, Score
from actionbus.log import unkeepable
from actionbus.log.moments import Moments, unkept


class Colour(Enum):
    RED = "red"


@frozen
class Inner:
    name: str
    numbers: tuple[int, ...] = ()


@frozen(kw_only=True, slots=False, eq=False)
class Rich(Moment):
    number: int = 0
    real: float = 0.0
    exact: Decimal = Decimal(0)
    text: str | None = None
    score: Score | None = None
    player: Player | None = None
    colour: Colour = Colour.RED
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    mapping: Mapping[str, int] = {}
    when: datetime | None = None


@frozen(kw_only=True, slots=False, eq=False)
class Holding(Moment):
    action: Action


@frozen(kw_only=True, slots=False, eq=False)
class Untyped(Moment):
    what: object = None


ENVELOPE: dict[str, Any] = {"fixture": "f", "position": 7, "at": 1.5, "origin": Origin.CATCH_UP}
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
INNER = st.builds(Inner, name=TEXT, numbers=st.lists(st.integers(-(2**53), 2**53), max_size=3).map(tuple))
RICH = st.builds(
    Rich,
    fixture=st.just("f"),
    key=TEXT,
    number=st.integers(-(2**63), 2**63 - 1),
    real=st.floats(allow_nan=False, allow_infinity=False),
    exact=st.decimals(allow_nan=False, allow_infinity=False),
    text=st.none() | TEXT,
    score=st.none() | st.builds(Score, st.integers(0, 200), st.integers(0, 200)),
    player=st.none() | st.builds(Player, id=TEXT, name=TEXT),
    inner=st.none() | INNER,
    many=st.lists(INNER, max_size=3).map(tuple),
    mapping=st.dictionaries(TEXT, st.integers(0, 9), max_size=3),
    when=st.none(),
)


def known(*kinds: type[Moment]) -> Moments:
    moments = Moments()
    moments.know(kinds)
    return moments


@given(RICH, RICH | st.none(), st.sampled_from(list(Change)), st.integers(0, 8))
def test_any_moment_comes_back_as_it_was(moment: Rich, previous: Rich | None, change: Change, hops: int) -> None:
    assert unkept(moment) is None
    moments = known(Rich)
    told = evolve(moment, id="f:rich:k:1", change=change, hops=hops, previous=previous, **ENVELOPE)
    back = moments.decode("rich", moments.encode(told), ENVELOPE)
    assert said(back) == said(told)


def test_classes_that_can_be_kept_are() -> None:
    assert unkeepable(Rich) is None


@pytest.mark.parametrize(("kind", "why"), [(Holding, "holds an event"), (Untyped, "object")])
def test_classes_that_cannot_be_kept_are_told_with_the_field(kind: type[Moment], why: str) -> None:
    found = unkeepable(kind)
    assert found is not None
    assert "its field" in found


def test_a_class_that_has_changed_reads_what_it_can_and_says_what_it_cannot() -> None:
    moments = known(Rich)
    body = moments.encode(Rich(fixture="f", key="k", number=3))
    assert known().decode("rich", body, ENVELOPE) is None

    @frozen(kw_only=True, slots=False, eq=False)
    class Grown(Moment):
        number: int = 0
        more: str = "new"

    @frozen(kw_only=True, slots=False, eq=False)
    class Another(Moment):
        number: Inner

    for kind in (Grown, Another):
        kind.__name__ = "Rich"
    grown = known(Grown).decode("rich", body, ENVELOPE)
    assert isinstance(grown, Grown)
    assert (grown.number, grown.more) == (3, "new")
    with capture_logs() as logs:
        assert known(Another).decode("rich", body, ENVELOPE) is None
    assert [each["log_level"] for each in logs] == ["warning"]
