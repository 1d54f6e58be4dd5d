from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actionbus.config import (
    Config,
    Duration,
    FeedConfig,
    JournalConfig,
    Keep,
    PluginTable,
    SecretSource,
    SimulatorConfig,
    Speed,
    Tree,
    parse_config,
    read_tree,
)
from actionbus.errors import ConfigError, Problem

CLASS_NAMES = ["steal", "three_pointer_made"]
DDE = '[feed]\nsource = "dde"\nfixtures = ["a"]\ntoken = { env = "TOKEN" }\n'


def parse(text: str, file: str = "plugins.toml") -> Config:
    return parse_config(text, file, owned_tables=["alert", "notify", "lists"], class_names=CLASS_NAMES)


def problems_of(text: str) -> tuple[Problem, ...]:
    try:
        parse(text)
    except ConfigError as error:
        return error.problems
    return ()


@pytest.mark.parametrize(
    ("value", "defaults"),
    [
        (
            parse("").feed,
            {
                "source": "simulator",
                "url": "wss://dde-streams.data.srarena.io",
                "fixtures": (),
                "token": None,
                "speed": None,
                "ca_file": None,
                "sport": "basketball",
                "types": {},
            },
        ),
        (parse("").simulator, {"seed": 1, "games": 1, "speed": 30.0, "recordings": ()}),
        (parse("[plugin.steals]").plugins["steals"], {"path": None, "enabled": True, "start": "present"}),
        (parse("").journal, {"path": None, "keep": 1_209_600.0, "sync": "full"}),
    ],
    ids=["feed", "simulator", "plugin", "journal"],
)
def test_every_key_has_its_default(value: Any, defaults: dict[str, object]) -> None:
    assert attrs.asdict(value) == defaults


def test_an_empty_file_follows_the_simulator_without_plugins() -> None:
    config = parse("")
    assert config == Config(tree=config.tree)
    assert (config.schema, config.plugins, config.tables, config.warnings) == (1, {}, {}, ())


def test_every_key_is_read() -> None:
    text = """
        schema = 1
        [feed]
        source = "dde"
        url = "wss://127.0.0.1:8443"
        fixtures = ["2104e2e1-3439-4684-a146-28df3f89bda2", "sr:match:1"]
        token = { file = "token" }
        speed = "fast"
        ca_file = "ca.pem"
        sport = "ice/hockey"
        types = { "3pt bomb" = "three_pointer_made", 22 = "steal" }
        [simulator]
        seed = -7
        games = 500
        speed = "max"
        recordings = ["games/a.jsonl", "/b.jsonl"]
        [journal]
        path = "state/journal.db"
        keep = "1d12h"
        sync = "normal"
        [plugin.steals]
        path = "examples/steals.py"
        enabled = false
        start = "fixture"
        anything = "is the plugin's own"
    """
    config = parse(text, "/etc/actionbus/plugins.toml")
    assert config.feed == FeedConfig(
        source="dde",
        url="wss://127.0.0.1:8443",
        fixtures=("2104e2e1-3439-4684-a146-28df3f89bda2", "sr:match:1"),
        token=SecretSource(kind="file", name="token"),
        speed="fast",
        ca_file=Path("/etc/actionbus/ca.pem"),
        sport="ice/hockey",
        types={"3pt bomb": "three_pointer_made", "22": "steal"},
    )
    assert config.simulator.recordings == (Path("/etc/actionbus/games/a.jsonl"), Path("/b.jsonl"))
    assert (config.simulator.seed, config.simulator.games, config.simulator.speed) == (-7, 500, math.inf)
    journal = Path("/etc/actionbus/state/journal.db")
    assert config.journal == JournalConfig(path=journal, keep=Keep(Duration(129_600.0)), sync="normal")
    path = Path("/etc/actionbus/examples/steals.py")
    assert config.plugins == {"steals": PluginTable(path=path, enabled=False, start="fixture")}


def test_the_simulator_takes_a_whole_number_for_its_speed() -> None:
    assert parse("[simulator]\nspeed = 2").simulator == SimulatorConfig(speed=Speed(2.0))


def test_the_word_for_memory_is_no_path_from_the_folder_of_the_file() -> None:
    assert parse('[journal]\npath = ":memory:"', "/etc/actionbus/plugins.toml").journal.path == ":memory:"


def test_a_game_may_be_kept_forever() -> None:
    assert parse('[journal]\nkeep = "forever"').journal.keep == math.inf


def test_tables_of_plugins_stay_as_they_are() -> None:
    config = parse('[alert.a]\non = ["steal"]\n[[lists]]\nn = 1\n[[lists]]\nn = 2\n[feed]\n')
    assert config.tables == {"alert": {"a": {"on": ["steal"]}}, "lists": [{"n": 1}, {"n": 2}]}


@pytest.mark.parametrize(
    "url",
    [
        "ws://localhost",
        "ws://LOCALHOST:9",
        "ws://127.0.0.1:80",
        "ws://127.9.9.9",
        "ws://[::1]:1234",
        "wss://example.org:443",
    ],
)
def test_loopback_and_tls_need_no_warning(url: str) -> None:
    assert parse(f'{DDE}url = "{url}"').warnings == ()


@pytest.mark.parametrize(
    "url", ["ws://example.org", "ws://10.0.0.1:80", "ws://localhost.example.org", "ws://[2001:db8::1]"]
)
def test_an_open_connection_off_loopback_is_a_warning(url: str) -> None:
    (warning,) = parse(f'{DDE}url = "{url}"').warnings
    said = "is not encrypted: token and packets can be read on the way; use wss://"
    assert str(warning) == f"plugins.toml:5: feed.url: {said}"


def test_the_legacy_host_is_a_warning() -> None:
    (warning,) = parse(f'{DDE}url = "wss://dde-streams.data.IMGARENA.com:443"').warnings
    assert str(warning) == "plugins.toml:5: feed.url: is the legacy host, which is being shut down; remove it"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "wss://",
        "wss:///",
        "wss://host/",
        "WSS://host",
        "wss://host:",
        "wss://host:0",
        "wss://host:x",
        "wss://host:08",
        "wss://host:-1",
        "wss://[::1",
        "wss://[::1]x:80",
        "wss://[nonsense]",
        "wss://::1",
        "wss://1.2.3",
        "wss://256.1.1.1",
        "wss://-host",
        "wss://ho..st",
        "wss://host#fragment",
        "wss://host\\\\path",
        "wss://h\\u00f6st",
        "wss://ho\\nst",
        "wss://ho%20st",
        "wss://user@host",
        "dde-streams.data.srarena.io",
        "wss:dde-streams.data.srarena.io",
    ],
)
def test_what_is_not_a_host_and_a_port_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^plugins\.toml:5: feed\.url: "):
        parse(f'{DDE}url = "{url}"')


@given(st.text())
def test_any_text_for_a_url_is_a_url_or_one_problem(url: str) -> None:
    escaped = "".join(f"\\U{ord(character):08x}" for character in url)
    assert [problem.path for problem in problems_of(f'{DDE}url = "{escaped}"')] in ([], ["feed.url"])


WORDS = """
    [feed] [[test]] [test.x] [plugin.a] [plugin] feed simulator schema source fixtures token types url speed path a
    . = [ ] { } , " ' \"\"\" ''' # \\ 1 1979-05-27 07:32:00 true nan "dde" é
"""
TOML = st.lists(st.sampled_from([*WORDS.split(), "\n", "\r\n", "\r", " ", "\ufeff", "\x00", "9" * 5_000])).map("".join)


@settings(deadline=None)  # deep nesting takes tomllib a while
@given(st.text() | TOML)
@example("[" * 5_000)
@example("a = " + "[" * 5_000)
@example("a = " + "{b=" * 5_000)
@example("feed" + ".a" * 2_000 + " = 1")
@example("plugin" + ".a" * 2_000 + " = 1")
@example('"\\')
@example("[[test]]\n[test]\n")
@example("a.b = 1\n[a]\n")
def test_any_text_is_a_config_or_a_config_error(text: str) -> None:
    for problem in problems_of(text):
        assert problem.line is None or 1 <= problem.line <= text.count("\n") + 1
        assert "\n" not in str(problem)


def test_a_right_file_costs_no_search_for_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Tree, __: object) -> int:
        raise AssertionError("a line was looked for")

    monkeypatch.setattr(Tree, "line_of", refuse)
    parse(f"{DDE}[plugin.steals]\n[alert.x]\n")


def test_nothing_that_plugins_keep_shows_in_the_repr() -> None:
    config = parse(
        '[notify.phone]\npassword = "sekret"\n[plugin.x]\nkey = "sekret"\n[feed]\ntoken = { env = "SEKRET" }\n'
    )
    assert "TOKEN" not in repr(config)


def test_a_config_error_survives_a_pickle_of_its_problems() -> None:
    with pytest.raises(ConfigError) as caught:
        read_tree("[", "plugins.toml")
    assert pickle.loads(pickle.dumps(caught.value.problems)) == caught.value.problems
