"""``actionbus schema``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.core.cli.conftest import Command
from tests.core.schema.validity import judge
from tests.e2e.processes import actionbus

from actionbus.cli import OK

MINE = '''
from attrs import frozen
from actionbus import Declaration, Moment, hookimpl

print("printed at import")


@frozen(kw_only=True)
class Settings:
    """What my plugin needs."""

    colour: str = "red"
    """Of the lamp."""


@frozen(kw_only=True, slots=False)
class LampLit(Moment):
    """The lamp is on."""


@hookimpl
def declare():
    return Declaration(settings=Settings)
'''


def printed(folder: Path, *arguments: str, code: int = OK, err: str = "") -> dict[str, Any]:
    done = actionbus("schema", *arguments, cwd=folder)
    assert (done.code, done.err.replace("printed at import\n", "")) == (code, err)
    made: dict[str, Any] = json.loads(done.out)
    return made


def test_the_tables_of_installed_plugins_are_there_without_any_file(tmp_path: Path) -> None:
    properties = printed(tmp_path)["properties"]
    assert properties.keys() == {
        *("schema", "feed", "simulator", "journal", "plugin", "test"),
        *("alert", "defaults", "lists", "notify", "webhook"),
    }
    assert properties["plugin"]["properties"].keys() == {"notifier", "score_tracker", "webhook"}


def test_a_plugin_that_is_a_file_is_there_with_its_keys_texts_and_moments(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    (tmp_path / "plugins.toml").write_text('[plugin.mine]\npath = "mine.py"\n', encoding="utf-8")
    made = printed(tmp_path)
    mine = made["properties"]["plugin"]["properties"]["mine"]
    assert mine["description"] == "What my plugin needs."
    assert mine["properties"].keys() == {"path", "enabled", "start", "colour"}
    assert mine["properties"]["colour"]["description"] == "Of the lamp."
    assert "lamp_lit" in made["$defs"]["heard_classes"]["enum"]
    is_right = judge(made)
    assert is_right({"plugin": {"mine": {"path": "mine.py", "colour": "blue"}}, "alert": {"a": {"on": "lamp_lit"}}})
    assert not is_right({"plugin": {"mine": {"path": "mine.py", "color": "blue"}}})
    assert printed(tmp_path / "..", "--config", str(tmp_path / "plugins.toml")) == made


def test_a_plugin_that_is_not_known_yet_needs_a_path_and_may_have_any_keys(tmp_path: Path) -> None:
    is_right = judge(printed(tmp_path))
    assert is_right({"plugin": {"other": {"path": "other.py", "anything": 1}}})
    assert is_right({"plugin": {"other": {"enabled": False, "anything": 1}}})
    assert not is_right({"plugin": {"other": {"anything": 1}}})
    assert not is_right({"plugin": {"other": {"path": 1}}})
    assert not is_right({"plugin": {"score_trakcer": {}}})


def test_what_else_is_wrong_with_plugins_toml_does_not_matter(tmp_path: Path) -> None:
    plain = printed(tmp_path)
    (tmp_path / "plugins.toml").write_text(
        '[plugin]\na = 1\nb = { path = 5 }\nc = { path = "nowhere.py", enabled = false }\n[alert]\nx = 1\n[bogus]\n',
        encoding="utf-8",
    )
    assert printed(tmp_path) == plain


def test_a_plugin_that_cannot_be_loaded_is_told_and_may_have_any_keys(tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text('[plugin.mine]\npath = "nowhere.py"\n', encoding="utf-8")
    told = "plugins.toml:1: plugin.mine: there is no file nowhere.py (the schema takes any keys there)\n"
    is_right = judge(printed(tmp_path, code=1, err=told))
    assert is_right({"plugin": {"mine": {"path": "nowhere.py", "anything": 1}}})
    assert not is_right({"plugin": {"mine": {"path": 5}}})


def test_settings_that_cannot_be_read_from_toml_are_told_and_may_have_any_keys(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE.replace("str", "complex"), encoding="utf-8")
    (tmp_path / "plugins.toml").write_text('[plugin.mine]\npath = "mine.py"\n', encoding="utf-8")
    told = "plugins.toml:1: plugin.mine: <class 'complex'> cannot be read from TOML (the schema takes any keys there)\n"
    assert judge(printed(tmp_path, code=1, err=told))({"plugin": {"mine": {"path": "mine.py", "anything": 1}}})


def test_it_can_be_written_to_a_file(tmp_path: Path, command: Command) -> None:
    said = command("schema", "-o", "plugins.schema.json")
    assert (said.code, said.out, said.err) == (0, "", "")
    text = (tmp_path / "plugins.schema.json").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    judge(json.loads(text))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("-o", "nowhere/x.json"), 1, "actionbus: nowhere/x.json cannot be written: No such file or directory\n"),
        (("-o", "."), 1, "actionbus: . cannot be written: Is a directory\n"),
        (("--config", "nowhere.toml"), 2, "nowhere.toml: there is no such file\n"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    tmp_path: Path, command: Command, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = command("schema", *arguments)
    assert (done.code, done.err) == (code, said)


def test_a_file_that_is_no_toml_is_told(tmp_path: Path, command: Command) -> None:
    (tmp_path / "plugins.toml").write_text("[plugin\n", encoding="utf-8")
    said = command("schema", "-o", "x.json")
    assert said.code == 2
    assert said.err.startswith("plugins.toml:1: not valid TOML: ")


def test_making_a_schema_needs_no_trio() -> None:
    text = "import sys, actionbus.schema; print(sorted(sys.modules.keys() & {'trio', 'pluggy', 'actionbus.host'}))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
