"""The text of plugins.toml to a Config, with all of the file's problems at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeVar
from urllib.parse import urlsplit

import attrs

from actionbus.config.convert import structure
from actionbus.config.feed import LEGACY_HOST, FeedConfig, SimulatorConfig, is_loopback, wrong_fixtures
from actionbus.config.journal import JournalConfig
from actionbus.config.keys import Keys, is_list, is_table
from actionbus.config.model import Config, PluginTable
from actionbus.config.tests import AlertTest, wrong_alerts
from actionbus.config.toml import Tree, read_tree
from actionbus.config.wrong import WrongType, did_you_mean, unknown_key
from actionbus.errors import ConfigError, Problem

T = TypeVar("T")

_OWN_KEYS = ("schema", "feed", "simulator", "journal", "plugin", "test")
_PLUGIN_KEYS = tuple(field.name for field in attrs.fields(PluginTable))


def parse_config(text: str, file: str, *, owned_tables: Collection[str], class_names: Collection[str]) -> Config:
    """Make ``text``, the content of ``file``, a Config.

    ``owned_tables`` are the top-level keys that belong to plugins; ``class_names`` are the action classes in
    snake_case. Raises ConfigError with every problem of the file.
    """
    tree = read_tree(text, file)
    problems = [*_top_level(tree, owned_tables), *_feed_rules(tree, class_names), *wrong_alerts(tree)]
    feed = _collect(problems, tree, ("feed",), FeedConfig)
    simulator = _collect(problems, tree, ("simulator",), SimulatorConfig)
    journal = _collect(problems, tree, ("journal",), JournalConfig)
    tests = _tests(problems, tree)
    plugins: dict[str, PluginTable] = {}
    for name in _plugin_names(tree):
        table = _collect(problems, tree, ("plugin", name), PluginTable)
        plugins[name] = table or PluginTable()
    if problems or feed is None or simulator is None or journal is None or tests is None:
        raise ConfigError(*problems)
    return Config(
        feed=feed,
        simulator=simulator,
        journal=journal,
        plugins=plugins,
        tests=tests,
        tables={key: value for key, value in tree.data.items() if key not in _OWN_KEYS},
        warnings=tuple(_warnings(tree, feed)),
        tree=tree,
    )


def structure_table(tree: Tree, path: Keys, cls: type[T]) -> T:
    """Make the table at ``path`` of ``tree`` a value of ``cls``, the settings class of whoever owns the table.

    ``cls`` is any attrs class or dataclass, or a list or dict of such; its fields' names (or aliases) are the keys.
    Of ``("plugin", NAME)`` the keys that the core reads, such as path, are left out. A table that is not there
    counts as empty. Raises ConfigError with all that is wrong with it, and TypeError when ``cls`` itself is wrong.
    """
    besides = _PLUGIN_KEYS if len(path) == 2 and path[0] == "plugin" else ()
    return structure(tree, path, cls, besides=besides)


def _collect(problems: list[Problem], tree: Tree, keys: Keys, cls: type[T]) -> T | None:
    others: Collection[str] = ()
    if cls is PluginTable and is_table(table := tree.get(keys)):
        others = [key for key in table if key not in _PLUGIN_KEYS]
    try:
        return structure(tree, keys, cls, besides=others)
    except ConfigError as error:
        problems.extend(error.problems)
        return None


def _tests(problems: list[Problem], tree: Tree) -> tuple[AlertTest, ...] | None:
    if is_table(table := tree.get(("test",))):
        problems.append(tree.problem(("test",), WrongType(table, "a list of tables").what, "write [[test]]"))
        return None
    return _collect(problems, tree, ("test",), tuple[AlertTest, ...])


def _top_level(tree: Tree, owned_tables: Collection[str]) -> Iterator[Problem]:
    known = {*_OWN_KEYS, *owned_tables}
    for key in tree.data:
        if key not in known:
            wrong = unknown_key(key, known)
            inside = [f"{table}.{key}" for table, keys in _keys_of_tables() if key in keys]
            hint = did_you_mean(key, inside) or f"did you mean '{inside[0]}'?" if inside else wrong.hint
            yield tree.problem((key,), wrong.what, hint)
    schema = tree.get(("schema",))
    if schema is not None and (isinstance(schema, bool) or not isinstance(schema, int)):
        yield tree.problem(("schema",), WrongType(schema, "a whole number").what)
    elif schema not in (None, 1):
        yield tree.problem(("schema",), "should be 1, the only one that this actionbus reads")
    plugins = tree.get(("plugin",))
    if plugins is not None and not is_table(plugins):
        yield tree.problem(("plugin",), WrongType(plugins, "a table").what, "write [plugin.NAME]")


def _keys_of_tables() -> Iterator[tuple[str, set[str]]]:
    yield "feed", set(attrs.fields_dict(FeedConfig))
    yield "simulator", set(attrs.fields_dict(SimulatorConfig))
    yield "journal", set(attrs.fields_dict(JournalConfig))


def _plugin_names(tree: Tree) -> list[str]:
    plugins = tree.get(("plugin",))
    return list(plugins) if is_table(plugins) else []


def _feed_rules(tree: Tree, class_names: Collection[str]) -> Iterator[Problem]:
    """The rules that need more than one key or more than this package knows, checked on what was written."""
    feed = tree.get(("feed",))
    if not is_table(feed):
        return
    source = feed.get("source", "simulator")
    fixtures = feed.get("fixtures")
    if source == "simulator" and "fixtures" in feed:
        hint = 'set source = "dde" to follow them, or remove it'
        yield tree.problem(("feed", "fixtures"), "is for the real feed: the simulator makes its own fixtures", hint)
    if source == "dde":
        if fixtures is None:
            yield tree.problem(("feed", "fixtures"), "is missing", 'write fixtures = ["ID", ...]')
        elif is_list(fixtures):
            if not fixtures:
                yield tree.problem(("feed", "fixtures"), "is empty", "name at least one fixture")
            for wrong in wrong_fixtures(fixtures):
                yield tree.problem(("feed", "fixtures", *wrong.at), wrong.what, wrong.hint)
        if "token" not in feed:
            hint = 'write token = { env = "NAME" } or { file = "path" }'
            yield tree.problem(("feed", "token"), "is missing", hint)
    types = feed.get("types")
    for name, class_name in (types if is_table(types) else {}).items():
        if not name.strip():
            yield tree.problem(("feed", "types", name), "has no name, should be an action type's name or id")
        if isinstance(class_name, str) and class_name not in class_names:
            what = "is not an action class in snake_case"
            yield tree.problem(("feed", "types", name), what, did_you_mean(class_name, class_names))


def _warnings(tree: Tree, feed: FeedConfig) -> Iterator[Problem]:
    if feed.source != "dde":
        return
    url = urlsplit(feed.url)
    if url.scheme == "ws" and not is_loopback(feed.url):
        what = "is not encrypted: token and packets can be read on the way"
        yield tree.problem(("feed", "url"), what, "use wss://")
    if (url.hostname or "").rstrip(".") == LEGACY_HOST:
        yield tree.problem(("feed", "url"), "is the legacy host, which is being shut down", "remove it")
