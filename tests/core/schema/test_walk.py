"""The schema of a settings class says what the converter reads: kinds, validators, keys, texts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, NewType, TypeVar

import attrs
import pytest
from attrs import field, frozen
from attrs.validators import and_, ge, gt, in_, le, lt, matches_re, max_len, min_len, optional
from tests.core.config.test_structure import Child, Everything
from tests.core.schema.validity import judge

from actionbus.config import convert
from actionbus.config.hooks import _BUILD, _PLAIN_KINDS  # pyright: ignore[reportPrivateUsage]
from actionbus.schema import Walk
from actionbus.schema.kinds import KINDS
from actionbus.schema.walk import _LISTS  # pyright: ignore[reportPrivateUsage]

Points = NewType("Points", int)
T = TypeVar("T")


def made(kind: Any) -> dict[str, Any]:
    walk = Walk()
    return {**walk.schema(kind), "$defs": walk.shared}


def is_right(kind: Any, text: str) -> bool:
    return judge(made(kind))(tomllib.loads(text))


def test_every_kind_that_the_converter_reads_has_its_schema() -> None:
    converter = convert._converter(Path())  # pyright: ignore[reportPrivateUsage]
    assert {*_PLAIN_KINDS, float, *convert.KINDS, Path, object, Any} == KINDS.keys()
    assert set(_LISTS) == set(_BUILD)
    for kind in convert.KINDS:
        assert converter.get_structure_hook(kind) is convert.KINDS[kind]


RIGHT = """
    text = "x"
    number = 2
    fraction = 2
    flag = true
    names = ["a", "b"]
    numbers = [1]
    some = ["a", "a"]
    sequence = ["s"]
    ports = { a = 1 }
    mapping = { m = { n = 1 } }
    choice = 3
    mode = "quiet"
    level = 2
    maybe = 5
    either = ["e"]
    file = "f.json"
    delay = "1h30m"
    token = { env = "TOKEN" }
    child = { n = 1, child = { n = 2 } }
    anything = [1, "a"]
    something = { a = 1 }
    from = "here"
"""

WRONG = """
    text = 5
    number = "5"
    fraction = "5.5"
    flag = 1
    names = "abc"
    numbers = [1, "2"]
    some = {}
    sequence = "s"
    ports = { a = "1" }
    mapping = [1]
    choice = true
    mode = 1
    level = "1"
    maybe = "5"
    either = 5
    file = true
    delay = 35
    token = ["a"]
    child = { n = 1, child = { m = 2 } }
    day = true
    moment = 1
    clock = 1
    from = 1
"""


def test_what_the_converter_reads_of_each_kind_is_right() -> None:
    assert is_right(Everything, RIGHT)
    assert is_right(Everything, "")


@pytest.mark.parametrize("line", WRONG.strip().splitlines())
def test_what_the_converter_refuses_of_each_kind_is_wrong(line: str) -> None:
    assert not is_right(Everything, line)


def test_each_key_of_a_class_is_in_its_schema() -> None:
    names = {each.name.removesuffix("_") for each in attrs.fields(Everything)}
    assert made(Everything)["properties"].keys() == names


@frozen(kw_only=True)
class Bounded:
    """What validators say.

    And more, which nobody needs who hovers.
    """

    low: int = field(default=1, validator=[ge(1), lt(10)])
    """From one
    to ``nine``."""
    high: float | None = field(default=None, validator=optional(and_(gt(0), le(1))))
    colour: str = field(default="red", validator=in_(["red", "blue"]))
    short: str = field(default="", validator=max_len(3))
    some: tuple[int, ...] = field(default=(1,), validator=min_len(1))
    word: str = field(default="a", validator=matches_re("[a-z]+"))
    digits: str = field(default="1", validator=matches_re(r"\d+"))
    """Not the same in every language."""
    times: int = field(default=1, converter=int, validator=ge(5))
    """What the converter makes of it is bounded, not what stands here."""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("low = 9", "low = 10"),
        ("low = 1", "low = 0"),
        ("high = 1.0", "high = 0"),
        ('colour = "blue"', 'colour = "green"'),
        ('short = "abc"', 'short = "abcd"'),
        ("some = [0]", "some = []"),
        ('word = "abc"', 'word = "abc1"'),
        ('digits = "x"', "digits = 1"),
        ("times = 1", 'times = "1"'),
    ],
)
def test_validators_of_attrs_bound_the_schema(right: str, wrong: str) -> None:
    assert is_right(Bounded, right)
    assert not is_right(Bounded, wrong)


def test_docstrings_are_what_people_read_who_hover() -> None:
    schema = made(Bounded)
    assert schema["description"] == "What validators say."
    assert schema["properties"]["low"]["description"] == "From one to `nine`."
    assert "description" not in schema["properties"]["high"]


def test_defaults_that_stand_in_toml_as_they_are_are_told() -> None:
    properties = made(Bounded)["properties"]
    assert {name: each["default"] for name, each in properties.items() if "default" in each} == {
        "low": 1,
        "colour": "red",
        "short": "",
        "some": [1],
        "word": "a",
        "digits": "1",
        "times": 1,
    }
    assert "default" not in made(Everything)["properties"]["delay"]


def known_colours() -> Mapping[str, int]:
    return {"red": 1, "blue": 2}


@frozen(kw_only=True)
class Child2(Bounded, Generic[T]):
    SCHEMA: ClassVar[Mapping[str, object]] = {"minProperties": 1}

    colours: str | tuple[str, ...] = field(metadata={"choices": known_colours, "schema": {"minItems": 1}})
    by_name: dict[str, str] = field(factory=dict[str, str], metadata={"choices": known_colours})
    inner: list[T] = field(factory=list[T])
    points: Points = Points(0)
    named: dict[Literal["a", "b"], int] = field(factory=dict[Literal["a", "b"], int])
    noted: Annotated[int, "A number."] = 0


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('colours = "red"', 'colours = "green"'),
        ('colours = ["red", "blue"]', 'colours = ["green"]'),
        ('colours = "red"\nlow = 2', "colours = []"),
        ('colours = "red"\nby_name = { green = "red" }', 'colours = "red"\nby_name = { red = "green" }'),
        ('colours = "red"\ninner = [1]', 'colours = "red"\ninner = ["x"]'),
        ('colours = "red"\npoints = 1', 'colours = "red"\npoints = "x"'),
        ('colours = "red"\nnamed = { a = 1 }', 'colours = "red"\nnamed = { c = 1 }'),
        ('colours = "red"\nnoted = 1', "noted = 1"),
    ],
)
def test_metadata_and_types_of_all_sorts_are_read(right: str, wrong: str) -> None:
    assert is_right(Child2[int], right)
    assert not is_right(Child2[int], wrong)


def test_a_subclass_has_the_texts_of_its_base() -> None:
    properties = made(Child2[int])["properties"]
    assert properties["low"]["description"] == "From one to `nine`."
    assert properties["noted"]["description"] == "A number."


def test_a_class_that_holds_itself_is_told_once() -> None:
    schema = made(Child)
    assert schema["$ref"] == "#/$defs/Child"
    assert schema["$defs"].keys() == {"Child"}


@frozen
class Unreadable:
    what: complex


def test_what_cannot_be_read_from_toml_is_the_authors_to_mend() -> None:
    with pytest.raises(TypeError, match=r"complex.* cannot be read from TOML"):
        made(Unreadable)


def test_a_class_without_source_has_no_texts() -> None:
    space: dict[str, Any] = {"__name__": "nowhere"}
    exec('import attrs\n@attrs.frozen\nclass C:\n    "C."\n    n: int\n    "N."\n', space)
    assert made(space["C"])["properties"] == {"n": {"type": "integer"}}
