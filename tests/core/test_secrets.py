from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from actionbus.config import SecretSource, parse_config
from actionbus.errors import ConfigError
from actionbus.secrets import Secret, read_secret

ENV = SecretSource(kind="env", name="TOKEN")
FILE = SecretSource(kind="file", name="token")
CREDENTIAL = SecretSource(kind="credential", name="token")


def said_of(source: SecretSource, base: Path, environ: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        read_secret(source, base=base, environ=environ)
    assert "sekret" not in repr(caught.value).lower()
    return str(caught.value)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"])
def test_a_secret_comes_without_the_newline_at_its_end(tmp_path: Path, ending: str) -> None:
    (tmp_path / "token").write_text(f"sekret{ending}", newline="")
    environ = {"TOKEN": f"sekret{ending}", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    for source, base in ((ENV, Path()), (FILE, tmp_path), (CREDENTIAL, Path())):
        assert read_secret(source, base=base, environ=environ).reveal() == "sekret"


def test_an_absolute_file_is_read_from_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sekret")
    source = SecretSource(kind="file", name=str(tmp_path / "token"))
    assert read_secret(source, base=Path("/nowhere"), environ={}).reveal() == "sekret"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        ("sek ret", "holds a space or a newline, should be the secret alone"),
        (" sekret", "holds a space or a newline, should be the secret alone"),
        ("sekret\nsekret", "holds a space or a newline, should be the secret alone"),
        ("sekr\u00e9t", "holds a character that is not plain ASCII"),
        ("sekret\x7f", "holds a character that is not plain ASCII"),
        ("sekret\x00", "holds a character that is not plain ASCII"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_not_shown(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "token").write_text(text, encoding="utf-8")
    assert said_of(ENV, tmp_path, {"TOKEN": text}) == f"feed.token: the environment variable TOKEN {what}"
    assert said_of(FILE, tmp_path, {}) == f"feed.token: the file token {what}"
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert said_of(CREDENTIAL, tmp_path, environ) == f"feed.token: the credential token {what}"


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    assert said_of(ENV, tmp_path, {}) == "feed.token: the environment variable TOKEN is not set"
    assert said_of(FILE, tmp_path, {}) == "feed.token: the file token does not exist"
    systemd = "needs systemd: start the service with LoadCredential=, which sets CREDENTIALS_DIRECTORY"
    assert said_of(CREDENTIAL, tmp_path, {}) == f"feed.token: the credential token {systemd}"
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert said_of(CREDENTIAL, tmp_path, environ) == "feed.token: the credential token does not exist"
    (tmp_path / "token").mkdir()
    assert said_of(FILE, tmp_path, {}) == "feed.token: the file token cannot be read (Is a directory)"


def test_a_file_that_is_far_too_long_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"x" * 100_000)
    assert said_of(FILE, tmp_path, {}) == "feed.token: the file token is too long to be a secret"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (SecretSource(kind="env", name="sekretToken12"), "the environment variable that it names is not set"),
        (SecretSource(kind="env", name="SEKRET" * 8), "the environment variable that it names is not set"),
        (SecretSource(kind="file", name="sekret" * 8), "the file that it names does not exist"),
        (SecretSource(kind="file", name="secrets/" + "sekret" * 8), "the file that it names does not exist"),
    ],
)
def test_a_secret_in_the_place_of_its_name_is_not_shown(tmp_path: Path, source: SecretSource, what: str) -> None:
    assert said_of(source, tmp_path, {}) == f"feed.token: {what}"
    assert "sekret" not in repr(source).lower()


def test_a_problem_has_the_line_of_its_source(tmp_path: Path) -> None:
    text = '[feed]\nsource = "dde"\nfixtures = ["a"]\ntoken = { env = "TOKEN" }\n'
    config = parse_config(text, "plugins.toml", owned_tables=[], class_names=[])
    assert config.feed.token is not None
    with pytest.raises(ConfigError, match=r"^plugins.toml:4: feed.token: the environment variable TOKEN is not set$"):
        read_secret(config.feed.token, base=tmp_path, environ={}, tree=config.tree)


def test_a_secret_shows_nowhere() -> None:
    secret = Secret("sekret")
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>10}",
        f"{secret:>10}",
        "".join(map(str, [secret])),
        repr([secret]),
    ]
    assert not any("sekret" in text for text in shown)
    assert repr(secret) == str(secret) == f"{secret:>10}" == "***"
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_copied(copied: object) -> None:
    assert callable(copied)
    with pytest.raises(TypeError, match="a secret cannot be pickled or copied"):
        copied(Secret("sekret"))


def test_two_secrets_do_not_tell_whether_they_are_the_same() -> None:
    first, second = Secret("sekret"), Secret("sekret")
    assert first != second
    assert len({first, second}) == 2
