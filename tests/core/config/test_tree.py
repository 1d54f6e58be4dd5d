from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionbus.config import Keys, read_tree
from actionbus.config.keys import dotted, is_list, is_table
from actionbus.config.lines import split_lines

TEXT = '''# a comment with a [bracket
schema = 1

[feed]
fixtures = [
  "a",
  "b]",  # ] """
  """x
  y""", "z",
  [
    1,
    { k = [
      2,
    ], l = 3 },
  ],
]
types.a = "steal"
types."b c" = 'steal'
"quoted ] # key" = """
[not.a.table]
"""

[[test]]
n = 1
[[test]]
n.m = 2
[test.sub]
x = 1
[[test.list]]
y = 1
[[test.list]]
y = 2
[[test]]
n = 3
[deep.inside]
[deep]
z = """"quotes" at the end"""""
last = 1979-05-27'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("schema",), 2),
        (("feed",), 4),
        (("feed", "fixtures"), 5),
        (("feed", "fixtures", 0), 6),
        (("feed", "fixtures", 1), 7),
        (("feed", "fixtures", 2), 8),
        (("feed", "fixtures", 3), 9),
        (("feed", "fixtures", 4), 10),
        (("feed", "fixtures", 4, 0), 11),
        (("feed", "fixtures", 4, 1), 12),
        (("feed", "fixtures", 4, 1, "k", 0), 13),
        (("feed", "fixtures", 4, 1, "l"), 14),
        (("feed", "types"), 17),
        (("feed", "types", "a"), 17),
        (("feed", "types", "b c"), 18),
        (("feed", "quoted ] # key"), 19),
        (("test",), 23),
        (("test", 0), 23),
        (("test", 0, "n"), 24),
        (("test", 1), 25),
        (("test", 1, "n", "m"), 26),
        (("test", 1, "sub"), 27),
        (("test", 1, "sub", "x"), 28),
        (("test", 1, "list", 0), 29),
        (("test", 1, "list", 1, "y"), 32),
        (("test", 2, "n"), 34),
        (("deep",), 36),
        (("deep", "inside"), 35),
        (("deep", "z"), 37),
        (("deep", "last"), 38),
    ],
)
def test_a_value_has_the_line_on_which_it_begins(keys: Keys, line: int) -> None:
    assert read_tree(TEXT, "plugins.toml").line_of(keys) == line


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("feed", "token"), 4),
        (("test", 1, "sub", "missing", "deeper"), 27),
        (("feed", "fixtures", 9), 5),
        (("feed", "fixtures", "key"), 5),
        (("schema", 0), 2),
        (("missing",), None),
        ((), None),
    ],
)
def test_what_is_missing_has_the_line_of_what_is_around_it(keys: Keys, line: int | None) -> None:
    assert read_tree(TEXT, "plugins.toml").line_of(keys) == line


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("feed", "fixtures", 3), "z"),
        (("test", 1, "list", 1, "y"), 2),
        (("deep", "last"), date(1979, 5, 27)),
        (("deep", 0), None),
        (("feed", "fixtures", 9), None),
        (("missing", "x"), None),
    ],
)
def test_a_value_is_found_by_its_keys(keys: Keys, value: object) -> None:
    assert read_tree(TEXT, "plugins.toml").get(keys) == value


@pytest.mark.parametrize(
    ("keys", "written"),
    [
        ((), ""),
        (("feed", "fixtures", 0), "feed.fixtures[0]"),
        (("feed", "types", "3pt bomb"), 'feed.types."3pt bomb"'),
        (("a", 'b"c\n'), 'a."b\\"c\\n"'),
        (("é",), '"é"'),
        (("\x7f\u202e",), '"\\u007f\\u202e"'),
        (("",), '""'),
    ],
)
def test_keys_are_written_as_in_toml(keys: Keys, written: str) -> None:
    assert dotted(keys) == written


def test_the_text_does_not_show_in_the_repr() -> None:
    assert repr(read_tree('token = "sekret"', "plugins.toml")) == "Tree(file='plugins.toml')"


NAMES = st.sampled_from(["a", "b", '"c d"', "'[e]'", '"#"'])
STRINGS = ['"text"', "'it is'", '"]"', '"\\""', "'''\n]\n'''", '"""\n#"\\\n"""']
SIMPLE = st.sampled_from(["1", "true", "1979-05-27", *STRINGS])
SPACE = st.sampled_from(["", " ", "\n", "\n  # ] comment\n"])


def lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    elements = st.lists(st.tuples(SPACE, inner, SPACE).map("".join), max_size=4)
    return st.tuples(elements.map(",".join), SPACE).map(lambda parts: f"[{''.join(parts)}]")


def inline_tables(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.dictionaries(NAMES, inner, max_size=3)
    return pairs.map(lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}")


VALUES = st.recursive(SIMPLE, lambda inner: lists(inner) | inline_tables(inner), max_leaves=12)
STATEMENTS = st.one_of(
    st.tuples(st.lists(NAMES, min_size=1, max_size=2).map(".".join), VALUES).map(" = ".join),
    st.lists(NAMES, min_size=1, max_size=3).map(lambda names: f"[{'.'.join(names)}]"),
    st.lists(NAMES, min_size=1, max_size=2).map(lambda names: f"[[{'.'.join(names)}]]  # comment"),
    st.sampled_from(["", "# [comment", "\t# x"]),
)


@given(st.lists(STATEMENTS, max_size=12))
def test_every_value_of_any_file_is_complete_from_its_line_on(parts: list[str]) -> None:
    kept: list[str] = []  # the statements that go together
    for part in parts:
        try:
            tomllib.loads("\n".join([*kept, part]))
        except tomllib.TOMLDecodeError:
            continue
        kept.append(part)
    tree = read_tree("\n".join(kept), "any.toml")
    starts = [1]  # the line on which each statement begins
    for part in kept:
        starts.append(starts[-1] + len(split_lines(part)))
    for keys in every_way(tree.data):
        line = tree.line_of(keys)
        assert line is not None
        # The statement in which the line lies is the first one after which the value is there.
        number = max(index for index, start in enumerate(starts[:-1]) if start <= line)
        before = read_tree("\n".join(kept[:number]), "any.toml")
        there = read_tree("\n".join(kept[: number + 1]), "any.toml")
        assert there.get(keys) is not None
        assert before.get(keys) is None or kept[number].startswith("[")  # [a.b] before [a]: the line of [a]


def every_way(value: object, keys: Keys = ()) -> list[Keys]:
    ways: list[Keys] = [keys] if keys else []
    if is_table(value):
        inner: list[tuple[str | int, object]] = list(value.items())
    elif is_list(value):
        inner = list(enumerate(value))
    else:
        inner = []
    for key, below in inner:
        ways += every_way(below, (*keys, key))
    return ways
