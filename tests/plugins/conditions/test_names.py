"""What can be named of an event: the same for every class, plain, and of the sort that the check believes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Literal, NewType, Optional, cast

import pytest
from attrs import frozen

from actionbus import (
    Action,
    Change,
    Due,
    Event,
    FeedState,
    FeedStatus,
    Moment,
    Player,
    Score,
    Steal,
    Team,
    Timeout,
    event_classes,
    snake_name,
)
from actionbus.testing import HOME, make
from actionbus_plugins.conditions.checks.samples import sample
from actionbus_plugins.conditions.fields import Sort, choices_for, names_for
from actionbus_plugins.conditions.language import Message
from actionbus_plugins.conditions.names import values
from actionbus_plugins.score_tracker.moments import FinalScore, LeadChange, ScoreLine

PYTHON: Mapping[Sort, tuple[type, ...]] = {
    "number": (int, float),
    "text": (str,),
    "boolean": (bool,),
    "list": (list,),
    "any": (int, float, str, bool, list),
}


class Mood(StrEnum):
    CALM = "calm"


class Level(IntEnum):
    LOW = 1


class Colour(Enum):
    RED = 1


@frozen
class Nested:
    """A value of a plugin's own."""

    inner: Nested | None
    colour: Colour


Points = NewType("Points", int)


@frozen(kw_only=True, slots=False, eq=False)
class NamesTestMoment(Moment):
    """A moment with a field of every kind."""

    clock: str
    period: int
    whole: int
    real: float | None
    points: Points
    exact: Decimal
    level: Level
    word: Literal["a", "b"]
    noted: Annotated[str, "a note"]
    mood: Mood
    colour: Colour
    path: Path
    when: datetime
    flag: Optional[bool]  # noqa: UP045
    texts: tuple[str, ...]
    players: Sequence[Player]
    table: Mapping[str, int]
    either: int | str
    anything: object
    nested: Nested
    maybe: Team | None
    hero: Player
    before: Score


ALL = [
    kind for kind in event_classes().values() if kind not in (Event, Due) and kind.__module__.startswith("actionbus")
]
ALL.append(NamesTestMoment)


@pytest.mark.parametrize("kind", ALL, ids=snake_name)
def test_each_name_of_a_class_stands_for_a_plain_value_of_its_sort(kind: type[Event]) -> None:
    named = values(sample(kind))
    for name, sort in names_for(kind).items():
        group, _, part = name.rpartition(".")
        value = cast("dict[str, object]", named[group])[part] if group else named[part]
        assert type(value) in PYTHON[sort], name
    groups = {name for name, value in named.items() if isinstance(value, dict)}
    assert set(named) == {name.partition(".")[0] for name in names_for(kind)}
    assert groups == {name.partition(".")[0] for name in names_for(kind) if "." in name}


@pytest.mark.parametrize("kind", ALL, ids=snake_name)
def test_each_name_of_a_class_can_be_said(kind: type[Event]) -> None:
    message = Message(" ".join(f"{{{{ {name} }}}}" for name in names_for(kind)))
    assert message.render(values(sample(kind)))
    assert message.dotted == set(names_for(kind))


def test_the_fields_of_a_users_moment_have_the_sorts_of_their_types() -> None:
    own = {name: sort for name, sort in names_for(NamesTestMoment).items() if name not in names_for(Moment)}
    assert own == {
        **dict.fromkeys(("period", "clock", "whole", "real", "points", "exact", "level"), "number"),
        **dict.fromkeys(("period_text", "clock_text", "word", "noted", "mood"), "text"),
        **dict.fromkeys(("colour", "path", "when", "table", "nested"), "text"),
        "flag": "boolean",
        **dict.fromkeys(("texts", "players"), "list"),
        **dict.fromkeys(("either", "anything"), "any"),
        **{"maybe.id": "text", "maybe.name": "text", "maybe.home": "boolean"},
        **{"hero.id": "text", "hero.name": "text"},
        **{"before.home": "number", "before.away": "number", "before.margin": "number", "before.text": "text"},
    }


@frozen(kw_only=True, slots=False, eq=False)
class NamesTestChoice(Moment):
    """A moment of whose texts some are not any."""

    mood: Mood
    colour: Colour | None
    word: Annotated[Mood | Literal["x"] | None, "a note"]
    either: Mood | str
    level: Level
    moods: tuple[Mood, ...]


def test_of_enumerations_and_certain_texts_it_is_known_what_they_may_be() -> None:
    assert choices_for(NamesTestChoice) == {"mood": ("calm",), "colour": ("Colour.RED", ""), "word": ("calm", "x", "")}
    assert choices_for(FeedStatus) == {"state": tuple(FeedState)}
    assert choices_for(Steal) == {}


def test_a_sample_has_a_value_in_each_field_and_none_only_where_the_type_allows_nothing_else() -> None:
    made = sample(NamesTestMoment)
    nested = made.__dict__["nested"]
    assert isinstance(nested, Nested)
    assert nested.colour is Colour.RED
    assert {name for name, value in made.__dict__.items() if value is None} == {"previous", "anything"}
    assert made.__dict__["players"] == [Player(id="5", name="Ann Lee")]


def odd() -> NamesTestMoment:
    return NamesTestMoment(
        fixture="1",
        key="k",
        clock="1:05.5",
        period=5,
        whole=3,
        real=None,
        points=Points(2),
        exact=Decimal("2.50"),
        level=Level.LOW,
        word="a",
        noted="n",
        mood=Mood.CALM,
        colour=Colour.RED,
        path=Path("a/b"),
        when=datetime(2026, 1, 2, tzinfo=UTC),
        flag=None,
        texts=("a", "b"),
        players=(Player(id="1", name="Ann"),),
        table={"a": 1},
        either=4,
        anything=None,
        nested=Nested(None, Colour.RED),
        maybe=None,
        hero=Player(id="7", name="Bo"),
        before=Score(3, 5),
    )


def test_what_a_moment_says_is_made_plain() -> None:
    named = values(odd())
    assert (named["clock"], named["clock_text"], named["period_text"]) == (65.5, "1:05.5", "OT1")
    assert (named["real"], named["flag"], named["maybe"]) == (0, False, {"id": "", "name": "", "home": False})
    assert (named["exact"], named["level"], named["mood"], named["path"]) == (2.5, 1, "calm", "a/b")
    assert [type(named[name]) for name in ("level", "mood", "either")] == [int, str, int]
    assert (named["texts"], named["players"], named["anything"]) == (["a", "b"], ["Ann"], "")
    assert named["before"] == {"home": 3, "away": 5, "margin": -2, "text": "3-5"}


def test_an_action_says_what_the_feed_said() -> None:
    steal = make(Steal, player="Ann Lee", score=(88, 85), period=4, clock="05:12", subtype="Clean")
    assert values(steal) == {
        "fixture": "fixture-1",
        "type": "steal",
        "type_text": "Steal: Ann Lee (Harbor Gulls)",
        "at": 0.0,
        "tentative": False,
        "period": 4,
        "period_text": "Q4",
        "clock": 312,
        "clock_text": "05:12",
        "subtype": "Clean",
        "player": {"id": "ann-lee", "name": "Ann Lee"},
        "team": {"id": "home", "name": "Harbor Gulls", "home": True},
        "score": {"home": 88, "away": 85, "margin": 3, "text": "88-85"},
    }


def test_an_action_that_says_almost_nothing_has_empty_values() -> None:
    named = values(make(Timeout, player=None, team=None, clock=None, period=0))
    assert [named[name] for name in ("period", "period_text", "clock", "clock_text", "subtype")] == [0, "", 0, "", ""]
    assert named["player"] == {"id": "", "name": ""}
    assert named["team"] == {"id": "", "name": "", "home": False}
    assert named["score"] == {"home": 0, "away": 0, "margin": 0, "text": "0-0"}
    assert named["type_text"] == "Timeout"


def test_of_no_player_the_teams_name_stands_for_the_players_in_actions_and_moments() -> None:
    lead = LeadChange(
        fixture="1",
        key="1",
        action_ids=("1",),
        period=4,
        clock="00:05",
        clock_seconds=5.0,
        team=HOME,
        player=None,
        points=2,
        score=Score(2, 1),
        lead=1,
    )
    for event in (make(Timeout, player=None), lead):
        assert values(event)["player"] == {"id": "", "name": "Harbor Gulls"}


def test_another_score_is_told_instead_of_the_events_own() -> None:
    for event in (make(Steal, score=(1, 2)), sample(LeadChange), sample(FinalScore)):
        assert values(event, Score(7, 5))["score"] == {"home": 7, "away": 5, "margin": 2, "text": "7-5"}
    assert "score" not in values(sample(ScoreLine), Score(7, 5))


def test_what_is_pending_is_tentative() -> None:
    assert values(make(Steal, change=Change.TENTATIVE))["tentative"] is True
    assert values(make(Steal))["tentative"] is False


def test_the_clock_of_a_moment_is_a_number_even_where_it_has_the_text_only() -> None:
    line = ScoreLine(
        fixture="1", key="1", home="Gulls", away="Foxes", home_points=3, away_points=0, period=1, clock="09:41"
    )
    named = values(line)
    assert (named["clock"], named["clock_text"], named["home"]) == (581, "09:41", "Gulls")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (make(Steal, player="Ann", team=None), "Steal: Ann"),
        (make(Steal, player=None), "Steal: Harbor Gulls"),
        (make(Timeout, player=None, team=None, period=6), "Timeout: OT2"),
        (FeedStatus(fixture="1", state=FeedState.REFUSED, reason="no access"), "Feed refused: no access"),
        (FeedStatus(fixture="1", state=FeedState.LIVE), "Feed live"),
        (odd(), "Names test moment"),
    ],
)
def test_what_happened_is_said_in_a_few_words(event: Event, words: str) -> None:
    assert values(event)["type_text"] == words


def test_fields_of_actions_that_people_do_not_ask_for_are_no_names() -> None:
    assert {"metadata", "sequence", "send_type", "summary", "previous", "change"}.isdisjoint(names_for(Action))
