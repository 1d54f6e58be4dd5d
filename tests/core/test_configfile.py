from __future__ import annotations

from pathlib import Path

import pytest

from actionbus.config import Config
from actionbus.configfile import load_config
from actionbus.errors import ConfigError


def load(path: Path) -> Config:
    return load_config(path, owned_tables=[], class_names=[])


def said_of(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    return str(caught.value).removeprefix(str(path))


def test_a_file_is_read_and_its_paths_start_at_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "plugins.toml"
    path.write_text('[plugin.steals]\npath = "é.py"\n', encoding="utf-8")
    assert load(path).plugins["steals"].path == tmp_path / "é.py"


def test_a_problem_names_the_file_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plugins.toml").write_text("\nfed = 1\n")
    assert said_of(Path("plugins.toml")) == ":2: fed: unknown key; did you mean 'feed'?"
    assert said_of(tmp_path / "plugins.toml") == ":2: fed: unknown key; did you mean 'feed'?"


def test_a_file_that_cannot_be_read_is_told_in_one_sentence(tmp_path: Path) -> None:
    assert said_of(tmp_path / "missing.toml") == ": there is no such file"
    assert said_of(tmp_path) == ": is a folder, should be a file"
    file = tmp_path / "file"
    file.touch()
    assert said_of(file / "below.toml") == ": cannot be read (Not a directory)"
    assert said_of(Path("a\0b")) == ": cannot be read (embedded null byte)"


def test_what_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "plugins.toml"
    path.write_bytes(b"# one\n# two\nname = '\xe9'\n")
    assert said_of(path) == ":3: is not UTF-8 text; save it as UTF-8"
    path.write_bytes("schema = 1\n".encode("utf-16"))
    assert said_of(path) == ":1: is not UTF-8 text; save it as UTF-8"


def test_a_byte_order_mark_is_told(tmp_path: Path) -> None:
    path = tmp_path / "plugins.toml"
    path.write_bytes(b"\xef\xbb\xbfschema = 1\n")
    assert said_of(path) == ":1: the file starts with a byte order mark (BOM); save it as UTF-8 without one"
