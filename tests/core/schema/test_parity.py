"""The schema and the converter agree on every settings class that comes with actionbus, key by key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.schema.validity import judge
from tests.core.schema.values import right_values

from actionbus.config import FeedConfig, JournalConfig, PluginTable, SimulatorConfig, Tree
from actionbus.config.convert import structure
from actionbus.config.parse import _OWN_KEYS  # pyright: ignore[reportPrivateUsage]
from actionbus.config.settings import keys_by_field
from actionbus.config.tests import AlertTest, Expected
from actionbus.errors import ConfigError
from actionbus.installed import installed
from actionbus.schema import Walk
from actionbus_plugins import notifier
from actionbus_plugins.notifier.delivery import Channel
from actionbus_plugins.notifier.delivery.channel import OWN
from actionbus_plugins.notifier.settings import Count, Defaults, Quiet, Rule, Streak
from actionbus_plugins.score_tracker import Settings
from actionbus_plugins.score_tracker.settings import Clutch, FoulLimit, StreakRule

TEST = {"alert": "a", "expect": {"sent": 1}}
CLASSES: Mapping[type[Any], Mapping[str, object]] = {  # with what each needs
    FeedConfig: {},
    SimulatorConfig: {},
    JournalConfig: {},
    PluginTable: {},
    AlertTest: {**TEST, "seed": 1},
    Expected: {"sent": 1},
    notifier.Settings: {},
    Rule: {"on": "steal"},
    Streak: {"n": 3},
    Count: {"at_least": 3},
    Quiet: {"from": "23:30", "to": "07:00"},
    Defaults: {},
    Channel: {"use": "console"},
    Settings: {},
    StreakRule: {"of": "steal"},
    FoulLimit: {"fouls": 3},
    Clutch: {},
}
LOOSER = {  # what only `check` can see; and that 1.0 is no whole number, which JSON does not know
    *((FeedConfig, key) for key in ("url", "sport")),
    (Defaults, "timezone"),
}
# What `check` sees behind the converter: event classes, figures of the box score, and which keys go together.
STRICTER = {
    *((FeedConfig, key) for key in ("types", "fixtures", "source")),
    *((Rule, key) for key in ("on", "notify", "cooldown", "streak", "for")),
    *((Defaults, key) for key in ("notify", "cooldown")),
    *((Streak, key) for key in ("of", "broken_by")),
    *((StreakRule, key) for key in ("of", "broken_by")),
    *((Settings, key) for key in ("milestones", "team_milestones", "streaks")),
    (Count, "within"),
    (Expected, "contains"),  # an empty one expects nothing
    *((Channel, key) for key in ("use", *OWN)),
}
VALUES: list[object] = tomllib.loads(
    """
v = [
    "", " ", "x", "a/b", "\\u0663s", "3", "none", "forever", "max", ":memory:", "full", "pending", "35s", "1h30m", "0s",
    "5s1m", "500ms", "3:00", "0:00", "5:00 game", "0:00 game", "3:60", "23:30", "23:30:15", "24:00", "steal", "console",
    "ntfy", "player", "points", "high", "edit", "dde", "fast", "UTC", "per-game", "Q4", "wss://h", "wss://h/p", "http://h",
    "10/1m", "name@x", "basketball/3x3",
    -1, 0, 1, 2, 3, 500, 501, -0.5, 0.5, 30.5, true, false,
    [], [""], ["a"], ["steal"], ["steal", "block"], ["player", "team"], [1], [4, 5], [true], [[]], [{}],
    [{ fouls = 3 }], {}, { n = 3 }, { n = 1 }, { n = "3" }, { of = "steal", n = 2 }, { at_least = 2 },
    { at_least = 2, within = "2m" },
    { env = "A" }, { env = "A=B" }, { env = " A" }, { env = "" }, { env = 1 }, { file = " " }, { credential = "a/b" },
    { env = "A", file = "b" }, { password = "x" }, { a = "x" }, { a = 1 }, { a = [1] }, { a = { of = "steal" } },
    { from = "23:30", to = "07:00" }, { from = "23:30" }, { from = "x", to = "y" }, { points = [10] }, { points = 10 },
    { sent = 1 }, { sent = -1 }, { contains = ["x"] }, { messages = "x" }, { margin = 3 }, { margin = -3 },
]
"""
)["v"]
KEYS = [(cls, key) for cls in CLASSES for key in keys_by_field(cls).values()]


def schema_of(cls: type[Any]) -> dict[str, Any]:
    walk = Walk()
    return {**walk.schema(cls), "$defs": walk.shared}


SCHEMAS = {cls: schema_of(cls) for cls in CLASSES}


def right_tables(cls: type[Any]) -> st.SearchStrategy[Any]:
    schema = {key: each for key, each in SCHEMAS[cls].items() if key != "allOf"}  # which keys go together
    seen = {name: value for name, value in schema["properties"].items() if (cls, name) not in LOOSER}
    return right_values({**schema, "properties": seen}, schema["$defs"])


TABLES = {cls: right_tables(cls) for cls in CLASSES}


def is_read(cls: type[Any], value: object) -> bool:
    tree = Tree(file="plugins.toml", text="", data={"x": value})
    try:
        structure(tree, ("x",), cls)
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize(("cls", "key"), KEYS, ids=[f"{cls.__name__}.{key}" for cls, key in KEYS])
def test_what_the_converter_reads_is_right_and_nothing_else(cls: type[Any], key: str) -> None:
    is_right = judge(SCHEMAS[cls])
    needed = {name: value for name, value in CLASSES[cls].items() if {name, key} != {"seed", "replay"}}
    for value in VALUES:
        table = {**needed, key: value}
        read, right = is_read(cls, table), is_right(table)
        assert right or not read or (cls, key) in STRICTER, table
        assert read or not right or (cls, key) in LOOSER, table


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_unknown_key_is_wrong_and_a_missing_one_as_well(cls: type[Any]) -> None:
    is_right = judge(SCHEMAS[cls])
    assert is_right(CLASSES[cls])
    assert not is_right({**CLASSES[cls], "no_such_key": 1})
    for key in CLASSES[cls]:
        assert not is_right({name: value for name, value in CLASSES[cls].items() if name != key})


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None)
def test_what_the_schema_calls_right_is_read(cls: type[Any], data: st.DataObject) -> None:
    assert is_read(cls, data.draw(TABLES[cls]))


def test_every_key_of_every_settings_class_has_a_text() -> None:
    bare = [
        f"{cls.__name__}.{key}"
        for cls, schema in SCHEMAS.items()
        for key, each in schema["properties"].items()
        if not each.get("description")
    ]
    assert bare == []
    assert [cls.__name__ for cls, schema in SCHEMAS.items() if not schema["description"]] == []


def test_every_table_is_in_the_schema(schema: dict[str, Any]) -> None:
    assert schema["properties"].keys() == {*_OWN_KEYS, *installed().owners}
    assert schema["additionalProperties"] is False
    assert all("description" in each for each in schema["properties"].values())
