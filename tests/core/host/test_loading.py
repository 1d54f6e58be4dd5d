"""Plugins are found and imported one by one; a broken one is named, with the reason and the line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.core.plugins import make_plugin

from actionbus import ConfigError, PluginError
from actionbus.config import Config, parse_config
from actionbus.hookspecs import hookimpl
from actionbus.host import Loaded, installed, load

FINE = """
from actionbus import Steal, Subscription, hookimpl, on

async def hear(steal: Steal) -> None:
    pass

@hookimpl
def subscriptions() -> list[Subscription]:
    return [on(Steal, hear)]
"""


def read(folder: Path, toml: str) -> Config:
    return parse_config(toml, str(folder / "plugins.toml"), owned_tables=installed().owners, class_names=())


def load_files(folder: Path, **files: str) -> Loaded:
    """Load a plugin for each text."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return load(read(folder, "".join(f'[plugin.{name}]\npath = "{name}.py"\n' for name in files)), installed())


def hook(returns: str) -> str:
    return f"from actionbus import hookimpl\n@hookimpl\n{returns}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def (:", "invalid syntax ({file}:1)"),
        ("x = 1\n1 / 0", "ZeroDivisionError: division by zero ({file}:2)"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module' ({file}:1)"),
        ("raise SystemExit(2)", "SystemExit: 2 ({file}:1)"),
        ("class Panic(BaseException): pass\nraise Panic('!')", "Panic: ! ({file}:2)"),
        ("import json\njson.loads('{')", "JSONDecodeError: Expecting property name enclosed in double quotes: line 1"),
        ("", "it has no hook; write a function `subscriptions` and put @hookimpl above it"),
        ("def subscriptions(): return []", "it has no hook; put @hookimpl above it"),
        (hook("def subscription(): ..."), "there is no hook subscription(); did you mean subscriptions()?"),
        (hook("def xyz(): ..."), "there is no hook xyz(); the hooks are alerts, backtest, declare, "),
        (hook("def subscriptions(contxt): ..."), "a hook has the wrong shape: Plugin 'bad' for hook 'subscriptions'"),
        (hook("def declare(): return 5"), "its hook declare() returns int, should be a Declaration"),
    ],
)
def test_a_broken_file_is_named_with_the_reason_and_the_others_are_loaded(
    tmp_path: Path, text: str, reason: str
) -> None:
    loaded = load_files(tmp_path, before=FINE, bad=text, after=FINE)
    assert [plugin.name for plugin in loaded.plugins] == ["before", "after"]
    (broken,) = loaded.broken
    assert broken.name == "bad"
    assert broken.origin == str(tmp_path / "bad.py")
    assert broken.reason.startswith(reason.format(file=tmp_path / "bad.py"))
    assert all(plugin.hooks == ["subscriptions"] for plugin in loaded.plugins)
    assert all(plugin.hook("subscriptions", context=None) for plugin in loaded.plugins)


def test_of_a_failure_in_a_library_the_plugins_own_line_is_told(tmp_path: Path) -> None:
    loaded = load_files(tmp_path, bad="import json\n\njson.loads('{')\n")
    assert loaded.broken[0].reason.endswith(f"({tmp_path / 'bad.py'}:3)")


def test_ctrl_c_while_a_plugin_is_imported_is_not_the_plugins_own(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        load_files(tmp_path, bad="raise KeyboardInterrupt")


def test_a_file_that_failed_leaves_no_half_made_module(tmp_path: Path) -> None:
    load_files(tmp_path, bad="1 / 0")
    assert not any(name.endswith(".bad") for name in sys.modules)


def test_files_of_one_name_in_two_folders_are_two_plugins(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "alerts.py").write_text(FINE, encoding="utf-8")
    toml = '[plugin.one]\npath = "a/alerts.py"\n[plugin.two]\npath = "b/alerts.py"\n'
    loaded = load(read(tmp_path, toml), installed())
    assert [(plugin.name, plugin.origin) for plugin in loaded.plugins] == [
        ("one", str(tmp_path / "a" / "alerts.py")),
        ("two", str(tmp_path / "b" / "alerts.py")),
    ]


@pytest.mark.parametrize(
    ("path", "reason"), [("gone.py", "there is no file"), (".", "there is no file"), ("x.txt", "not a Python file")]
)
def test_a_path_that_is_no_python_file_is_told(tmp_path: Path, path: str, reason: str) -> None:
    (tmp_path / "x.txt").write_text(FINE, encoding="utf-8")
    loaded = load(read(tmp_path, f'[plugin.bad]\npath = "{path}"\n'), installed())
    assert reason in loaded.broken[0].reason


def test_a_name_that_nothing_installed_has_is_told_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(read(tmp_path, "\n[plugin.score_trakcer]\n[plugin.mine]\n"), installed())
    assert [(each.line, each.path, each.hint) for each in caught.value.problems] == [
        (2, "plugin.score_trakcer", "did you mean 'score_tracker'?"),
        (3, "plugin.mine", 'a plugin of your own needs path = "FILE.py"'),
    ]


@pytest.mark.parametrize(
    ("toml", "names"),
    [
        ("", []),
        ("[plugin.score_tracker]", ["score_tracker"]),
        ("[plugin.score_tracker]\nenabled = false", []),
        ('[alert.x]\non = "steal"', ["notifier"]),
        ('[alert.x]\non = "steal"\n[plugin.notifier]\nenabled = false', []),
        ("[plugin.notifier]\n[plugin.score_tracker]\n[alert.x]", ["notifier", "score_tracker"]),
    ],
)
def test_what_the_configuration_names_is_loaded_and_nothing_else(tmp_path: Path, toml: str, names: list[str]) -> None:
    loaded = load(read(tmp_path, toml), installed())
    assert [plugin.name for plugin in loaded.plugins] == names
    assert loaded.broken == []
    assert all(plugin.origin.startswith("actionbus ") for plugin in loaded.plugins)


def test_a_plugin_whose_hooks_pluggy_refuses_is_told_in_one_line() -> None:
    def subscriptions(contxt: object) -> list[object]:
        return [contxt]

    mark: Any = hookimpl
    subscriptions = mark(subscriptions)
    with pytest.raises(PluginError) as caught:
        make_plugin("bad", subscriptions)
    assert "\n" not in str(caught.value)
    assert "contxt" in str(caught.value)
