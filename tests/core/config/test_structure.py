from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import attrs
import pytest
from attrs.validators import deep_iterable, ge, in_, instance_of, le, matches_re, max_len, optional

from actionbus.config import Duration, SecretSource, Wrong, read_tree, structure_table
from actionbus.config.kinds import duration_text
from actionbus.errors import ConfigError

T = TypeVar("T")


def settings(text: str, cls: type[T]) -> T:
    return structure_table(read_tree(f"[plugin.mine]\n{text}", "plugins.toml"), ("plugin", "mine"), cls)


def wrong(text: str, cls: type[object]) -> list[str]:
    """Give what is said of each problem, without file and table; the first line of ``text`` is line 2."""
    with pytest.raises(ConfigError) as caught:
        settings(text, cls)
    return [
        str(problem).removeprefix("plugins.toml:").replace("plugin.mine.", "").replace("plugin.mine", "table")
        for problem in caught.value.problems
    ]


class Mode(StrEnum):
    LOUD = "loud"
    QUIET = "quiet"


class Level(Enum):
    LOW = 1
    HIGH = 2


@dataclasses.dataclass  # noqa: TID251  (plugin authors may)
class Child:
    n: int
    child: Child | None = None


@attrs.frozen(kw_only=True)
class Everything:
    text: str = "text"
    number: int = 1
    fraction: float = 1.0
    flag: bool = False
    names: tuple[str, ...] = ()
    numbers: list[int] = attrs.field(factory=list[int])
    some: frozenset[str] = frozenset()
    sequence: Sequence[str] = ()
    ports: dict[str, int] = attrs.field(factory=dict[str, int])
    mapping: Mapping[str, Child] = attrs.field(factory=dict[str, Child])
    choice: Literal["a", "b", 3] = "a"
    mode: Mode = Mode.LOUD
    level: Level = Level.LOW
    maybe: int | None = None
    either: str | list[str] = ""
    file: Path | None = None
    delay: Duration | None = None
    token: SecretSource | None = None
    child: Child | None = None
    day: date | None = None
    moment: datetime | None = None
    clock: time | None = None
    anything: Any = None
    something: object = None
    from_: str = ""


def test_every_kind_of_field_is_read() -> None:
    text = """
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
        day = 2024-05-01
        moment = 2024-05-01T10:00:00Z
        clock = 10:00:00
        anything = [1, "a"]
        something = { a = 1 }
        from = "here"
    """
    read = settings(text, Everything)
    assert read == Everything(
        text="x",
        number=2,
        fraction=2.0,
        flag=True,
        names=("a", "b"),
        numbers=[1],
        some=frozenset({"a"}),
        sequence=("s",),
        ports={"a": 1},
        mapping={"m": Child(1)},
        choice=3,
        mode=Mode.QUIET,
        level=Level.HIGH,
        maybe=5,
        either=["e"],
        file=Path("f.json"),
        delay=Duration(5_400),
        token=SecretSource(kind="env", name="TOKEN"),
        child=Child(1, Child(2)),
        day=date(2024, 5, 1),
        moment=datetime.fromisoformat("2024-05-01T10:00:00Z"),
        clock=time(10),
        anything=[1, "a"],
        something={"a": 1},
        from_="here",
    )
    assert type(read.fraction) is float
    assert read.mode is Mode.QUIET


def test_an_empty_table_gives_the_defaults() -> None:
    assert settings("", Everything) == Everything()


def test_a_table_that_is_not_there_is_empty() -> None:
    tree = read_tree("", "plugins.toml")
    assert structure_table(tree, ("plugin", "mine"), Everything) == Everything()
    assert structure_table(tree, ("alert",), dict[str, Child]) == {}
    assert structure_table(tree, ("test",), list[Child]) == []


def test_nothing_is_turned_into_another_type() -> None:
    text = """text = 5
        number = "5"
        fraction = "5.5"
        flag = 1
        names = "abc"
        numbers = [1, "2", true, 3.0]
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
        child = "x"
        day = 2024-05-01T10:00:00Z
        moment = 2024-05-01
        clock = "10:00"
        from = 1
    """
    assert wrong(text, Everything) == [
        "2: text: is a whole number, should be text; write it in quotes",
        "3: number: is text, should be a whole number; write it without quotes",
        "4: fraction: is text, should be a number; write it without quotes",
        "5: flag: is a whole number, should be true or false",
        "6: names: is text, should be a list; put it in brackets: [...]",
        "7: numbers[1]: is text, should be a whole number; write it without quotes",
        "7: numbers[2]: is true or false, should be a whole number",
        "7: numbers[3]: is a number, should be a whole number",
        "8: some: is a table, should be a list",
        "9: sequence: is text, should be a list; put it in brackets: [...]",
        "10: ports.a: is text, should be a whole number; write it without quotes",
        "11: mapping: is a list, should be a table",
        '12: choice: is true or false, should be "a", "b" or 3',
        '13: mode: is a whole number, should be "loud" or "quiet"',
        "14: level: is text, should be 1 or 2",
        "15: maybe: is text, should be a whole number; write it without quotes",
        "16: either: is a whole number, should be text or a list",
        "17: file: is true or false, should be text",
        '18: delay: is a whole number, should be a duration such as "35s", "2m", "1h30m" or "500ms"',
        '19: token: is a list, should be { env = "NAME" } or { file = "path" }',
        "20: child: is text, should be a table",
        "21: day: is a date or time, should be a date",
        "22: moment: is a date or time, should be a date with a time",
        "23: clock: is text, should be a time",
        "24: from: is a whole number, should be text; write it in quotes",
    ]


@pytest.mark.parametrize("value", ["inf", "-inf", "nan"])
def test_a_number_is_finite(value: str) -> None:
    assert wrong(f"fraction = {value}", Everything) == ["2: fraction: is not a finite number"]


def test_a_whole_number_too_large_for_a_number_is_refused() -> None:
    assert wrong(f"fraction = 1{'0' * 400}", Everything) == ["2: fraction: is too large a number"]


def test_choices_are_suggested() -> None:
    assert wrong('mode = "lowd"\nchoice = "zzz"', Everything) == [
        '2: mode: should be "loud" or "quiet"; did you mean \'loud\'?',
        '3: choice: should be "a", "b" or 3',
    ]


@attrs.define
class Required:
    goal: str
    per_team: int
    nested: Child


def test_missing_keys_and_unknown_ones_come_together() -> None:
    assert wrong('gaol = "x"\nperTeam = 1\n[plugin.mine.nested]\nenabled = true', Required) == [
        "1: goal: is missing",
        "1: per_team: is missing",
        "2: gaol: unknown key; did you mean 'goal'?",
        "3: perTeam: unknown key; did you mean 'per_team'?",
        "4: nested.n: is missing",
        "5: nested.enabled: unknown key; known here: child, n",
    ]


def test_the_keys_that_every_plugin_has_are_nobody_elses_mistake() -> None:
    assert settings('path = "x.py"\nenabled = true\nn = 1', Child) == Child(1)
    assert wrong("n = 1\nenabeld = false\nchild = { n = 2, path = 1 }", Child) == [
        "3: enabeld: unknown key; did you mean 'enabled'?",
        "4: child.path: unknown key; known here: child, n",
    ]


def test_a_table_of_another_kind_has_no_such_keys() -> None:
    tree = read_tree("[notify.phone]\nenabled = true\nn = 1", "plugins.toml")
    with pytest.raises(ConfigError, match=r"^plugins.toml:2: notify.phone.enabled: unknown key; known here: child, n$"):
        structure_table(tree, ("notify", "phone"), Child)


def test_tables_and_lists_of_tables_are_read_at_once() -> None:
    text = "[alert.a]\nn = 1\n[alert.b]\nn = 'x'\n[[test]]\nn = 1\n[[test]]\nn = true\n[[test]]\n"
    tree = read_tree(text, "plugins.toml")
    with pytest.raises(ConfigError, match=r"^plugins.toml:4: alert.b.n: is text, should be a whole number$"):
        structure_table(tree, ("alert",), dict[str, Child])
    with pytest.raises(ConfigError) as caught:
        structure_table(tree, ("test",), list[Child])
    assert str(caught.value).splitlines() == [
        "plugins.toml:8: test[1].n: is true or false, should be a whole number",
        "plugins.toml:9: test[2].n: is missing",
    ]
    assert structure_table(tree, ("test", 0), Child) == Child(1)


def test_paths_start_at_the_folder_of_the_file() -> None:
    tree = read_tree('[plugin.mine]\nfile = "a/b.json"\nnames = ["c"]', "/etc/actionbus/plugins.toml")
    assert structure_table(tree, ("plugin", "mine"), Everything).file == Path("/etc/actionbus/a/b.json")


@attrs.frozen
class Timed:
    delay: Duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("35s", 35),
        ("2m", 120),
        ("1h30m", 5_400),
        ("500ms", 0.5),
        ("1.5s", 1.5),
        ("0s", 0),
        ("1d2h3m4s5ms", 93_784.005),
    ],
)
def test_a_duration_is_in_seconds(text: str, seconds: float) -> None:
    assert math.isclose(settings(f'delay = "{text}"', Timed).delay, seconds)


@pytest.mark.parametrize("seconds", [0.0, 0.005, 1.5, 60.0, 5_400.0, 93_784.005, 432_000.0])
def test_a_duration_that_is_written_is_read_as_the_same(seconds: float) -> None:
    assert math.isclose(settings(f'delay = "{duration_text(Duration(seconds))}"', Timed).delay, seconds)


@pytest.mark.parametrize(
    "text", ["", "s", "35", "35 s", "-5s", "1m1h", "5s5s", "1e3s", "5S", "5sec", ".5s", "٣s", "9" * 400 + "s"]
)
def test_what_is_no_duration_is_refused_with_the_units(text: str) -> None:
    (said,) = wrong(f'delay = "{text}"', Everything)
    assert said.endswith('or "500ms"; units are d, h, m, s and ms, the largest first')


def above_low(checked: Checked, _: attrs.Attribute[int], high: int) -> None:
    if high <= checked.low:
        raise ValueError("should be above low")


def times_ten(value: int) -> int:
    return value * 10


@attrs.frozen(kw_only=True)
class Checked:
    n: int = attrs.field(default=1, validator=[ge(1), le(9)])
    colour: str = attrs.field(default="red", validator=in_(["red", "blue"]))
    short: str = attrs.field(default="", validator=max_len(3))
    every: tuple[int, ...] = attrs.field(default=(), validator=deep_iterable(ge(0)))
    maybe: int | None = attrs.field(default=None, validator=optional(instance_of(int)))
    low: int = 0
    high: int = attrs.field(default=10, validator=above_low)
    converted: int = attrs.field(default=0, converter=times_ten, validator=le(50))

    def __attrs_post_init__(self) -> None:
        if self.n == self.low:
            raise ValueError("n and low should differ")


def test_validators_speak_for_themselves_together_with_everything_else() -> None:
    text = 'n = 10\ncolour = "green"\nshort = "long"\nevery = [1, -1]\nlow = "1"\nhihg = 1'
    assert wrong(text, Checked) == [
        "2: n: should be 9 or less",
        "3: colour: must be in ['red', 'blue'] (got 'green')",
        "4: short: Length of 'short' must be <= 3: 4",
        "5: every: should be 0 or more",
        "6: low: is text, should be a whole number; write it without quotes",
        "7: hihg: unknown key; did you mean 'high'?",
    ]


def test_a_validator_that_needs_other_fields_speaks_when_they_are_there() -> None:
    assert wrong("low = 5\nhigh = 4", Checked) == ["1: table: should be above low"]
    assert wrong("n = 3\nlow = 3", Checked) == ["1: table: n and low should differ"]
    assert settings("low = 5\nhigh = 6", Checked) == Checked(low=5, high=6)


def test_a_field_with_its_own_converter_is_checked_after_it() -> None:
    assert settings("converted = 5", Checked).converted == 50
    assert wrong("converted = 6", Checked) == ["2: converted: should be 50 or less"]


def without_a(_: object, __: object, words: tuple[str, ...]) -> None:
    found = [Wrong("has an a", "take it out", at=(place,)) for place, word in enumerate(words) if "a" in word]
    if found:
        raise ExceptionGroup("words", found)


@attrs.frozen
class Refusing:
    word: str = ""
    words: tuple[str, ...] = attrs.field(default=(), validator=without_a)

    def __attrs_post_init__(self) -> None:
        if self.word:
            raise KeyError(self.word)


def test_a_validator_may_point_at_each_element() -> None:
    assert wrong('words = [\n"a",\n"b",\n"ca"]', Refusing) == [
        "3: words[0]: has an a; take it out",
        "5: words[2]: has an a; take it out",
    ]


def test_any_exception_of_a_settings_class_is_a_problem() -> None:
    assert wrong('word = "x"', Refusing) == ["1: table: cannot be used: KeyError: x"]


@attrs.frozen
class Keeper:
    api_key: str = attrs.field(default="good", validator=matches_re("good"))
    limit: int = 1
    password: str = ""
    mode: Literal["on"] = "on"

    def __attrs_post_init__(self) -> None:
        if self.limit > 1:
            raise ValueError(f"cannot use {self!r}")


def shorten(token: str) -> str:
    return token.strip()


@attrs.frozen
class Converted:
    token: str = attrs.field(converter=shorten, validator=matches_re("good"))


def test_no_sentence_shows_a_secret() -> None:
    reason = "the reason is not shown, because it might show the secret"
    assert wrong('api_key = "sekret"', Keeper) == [f"2: api_key: is not valid; {reason}"]
    assert wrong('token = "sekret"', Converted) == [f"2: token: is not valid; {reason}"]
    (said,) = wrong('limit = 2\npassword = "sekret"', Keeper)
    assert said == "1: table: cannot use Keeper(api_key='good', limit=2, password='***', mode='on')"


@attrs.frozen
class Square:
    side: int
    name: str = ""


@attrs.frozen
class Circle:
    radius: int
    colour: str = ""


@attrs.frozen
class Shapes:
    shapes: list[Square | Circle]
    size: int | float | Literal["big"] = 1
    wait: Duration | Literal["never"] = "never"


def test_a_union_takes_the_class_that_fits() -> None:
    text = 'shapes = [{ side = 1 }, { radius = 2 }]\nsize = 2\nwait = "5s"'
    read = settings(text, Shapes)
    assert read == Shapes([Square(1), Circle(2)], 2, Duration(5))
    assert type(read.size) is int


def test_a_union_that_nothing_fits_tells_of_the_nearest() -> None:
    text = 'shapes = [\n{ radius = "2", colour = "red" },\n5]\nsize = []\nwait = "5"'
    assert wrong(text, Shapes) == [
        "3: shapes[0].radius: is text, should be a whole number; write it without quotes",
        "4: shapes[1]: is a whole number, should be a table",
        '5: size: is a list, should be a whole number or a number or "big"',
        '6: wait: should be a duration such as "35s", "2m", "1h30m" or "500ms", or "never"; '
        "units are d, h, m, s and ms, the largest first",
    ]


@attrs.frozen
class Chosen:
    per: Literal["player", "team"] | list[str] = "team"
    often: bool | Literal["rarely"] = True
    wait: Duration | Literal["never"] = "never"


def test_a_union_tells_of_all_that_fits_and_of_no_list_where_one_word_was_meant() -> None:
    assert wrong('per = "plaer"\noften = "yes"\nwait = "nevr"', Chosen) == [
        '2: per: should be "player" or "team"; did you mean \'player\'?',
        '3: often: should be true or false, or "rarely"',
        '4: wait: should be a duration such as "35s", "2m", "1h30m" or "500ms", or "never"; did you mean \'never\'?',
    ]


@attrs.frozen
class Shown:
    needed: int
    square: Square | None = attrs.field(default=None, metadata={"example": "{ side = 3 }"})
    maybe: Square | Literal["none"] = attrs.field(default="none", metadata={"example": "{ side = 4 }"})
    asked: Mapping[str, int | str] = attrs.field(factory=dict[str, int | str])
    squares: Mapping[str, Square] = attrs.field(factory=dict[str, Square])


def test_what_should_be_a_table_is_shown_as_the_field_says() -> None:
    assert wrong('needed = 1\nsquare = 3\nmaybe = "4"', Shown) == [
        "3: square: is a whole number, should be a table; write square = { side = 3 }",
        '4: maybe: should be a table or "none"; write maybe = { side = 4 }',
    ]


@dataclasses.dataclass  # noqa: TID251  (plugin authors may)
class ShownToo:
    square: Square | None = dataclasses.field(default=None, metadata={"example": "{ side = 3 }"})


def test_a_dataclass_may_show_how_a_field_is_written_too() -> None:
    assert wrong("square = 3", ShownToo) == [
        "2: square: is a whole number, should be a table; write square = { side = 3 }"
    ]


def test_a_key_that_is_missing_is_told_where_it_stands_in_a_table_below() -> None:
    assert wrong("[plugin.mine.asked]\nneeded = 1", Shown) == [
        "1: needed: is missing; it is in asked: write it above line 2"
    ]


def test_a_name_with_a_dot_is_to_be_put_in_quotes() -> None:
    said = wrong("needed = 1\nasked = { team.home.first = true, x = { y = 1, z = 2 } }", Shown)
    assert said == [
        '3: asked.team: is a table, should be a whole number or text; write the name in quotes: "team.home.first"',
        "3: asked.x: is a table, should be a whole number or text",
    ]


def test_keys_of_a_named_table_without_its_name_and_tables_as_lists_are_told_how_to_write_them() -> None:
    assert wrong("needed = 1\nsquares = { side = 3 }", Shown) == [
        "3: squares.side: is a whole number, should be a table; write [squares.NAME]"
    ]
    assert wrong("needed = 1\n[[plugin.mine.squares]]\nside = 3", Shown) == [
        "3: squares: is a list, should be a table; write [squares.NAME]"
    ]
    assert wrong("needed = 1\n[[plugin.mine.squares.a]]\nside = 3", Shown) == [
        "3: squares.a: is a list, should be a table; write [squares.a]"
    ]


@attrs.frozen
class Box(Generic[T]):
    content: T


def test_a_class_may_have_type_parameters() -> None:
    assert settings("content = 5", Box[int]) == Box(5)
    assert wrong("content = '5'\nx = 1", Box[int]) == [
        "2: content: is text, should be a whole number; write it without quotes",
        "3: x: unknown key; known here: content, enabled, path, start",
    ]


@attrs.frozen
class Unreadable:
    n: complex = 0


@attrs.frozen
class Undefined:
    n: Nowhere  # type: ignore[name-defined]  # pyright: ignore[reportUndefinedVariable]  # noqa: F821


@attrs.frozen
class Pair:
    pair: tuple[int, str]


@pytest.mark.parametrize("cls", [Unreadable, Undefined, Pair])
def test_a_class_that_cannot_be_read_is_its_authors_mistake(cls: type[object]) -> None:
    with pytest.raises(TypeError, match=rf"{cls.__name__}.* cannot be read from TOML"):
        settings("", cls)
