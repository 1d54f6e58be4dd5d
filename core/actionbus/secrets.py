"""Secrets: the only module that reads one, and the value that carries it without showing it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from attrs import evolve

from actionbus.config import Keys, SecretSource, Tree
from actionbus.config.keys import dotted
from actionbus.errors import ConfigError, Problem

_LONGEST = 65_536  # bytes: whatever is longer is another file than was meant
_LONG_NAME = 32  # characters: a name this long may well be the secret itself, written in the wrong place


class Secret:
    """A secret text. Only ``reveal()`` gives it: ``str``, ``repr``, ``format``, pickle and ``==`` do not."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text, to be sent at once and kept nowhere."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


def read_secret(
    source: SecretSource,
    *,
    base: Path,
    environ: Mapping[str, str],
    tree: Tree | None = None,
    path: Keys = ("feed", "token"),
) -> Secret:
    """Read the secret that ``source`` names; a relative file starts at ``base``. Newlines at its end are cut off.

    Raises ConfigError with one problem, which never shows the secret; ``tree`` and ``path`` say where ``source``
    stands, for the problem's line. What this process alone may lack is marked as such.
    """
    found = _read(source, base, environ)
    if isinstance(found, Secret):
        found = _flaw(found, _named(source)) or found
    if isinstance(found, Secret):
        return found
    problem = tree.problem(path, found) if tree else Problem("", None, dotted(path), found)
    elsewhere = source.kind == "env" or (source.kind == "credential" and not environ.get("CREDENTIALS_DIRECTORY"))
    raise ConfigError(evolve(problem, environment=elsewhere))


def _read(source: SecretSource, base: Path, environ: Mapping[str, str]) -> Secret | str:
    """Give the secret, or what is wrong."""
    named = _named(source)
    if source.kind == "env":
        text = environ.get(source.name)
        return f"{named} is not set" if text is None else Secret(text.rstrip("\r\n"))
    if source.kind == "credential":
        folder = environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            return f"{named} needs systemd: start the service with LoadCredential=, which sets CREDENTIALS_DIRECTORY"
        base = Path(folder)
    try:
        with (base / source.name).open("rb") as opened:
            content = opened.read(_LONGEST + 1)
    except FileNotFoundError:
        return f"{named} does not exist"
    except OSError as error:
        return f"{named} cannot be read ({error.strerror})"
    if len(content) > _LONGEST:
        return f"{named} is too long to be a secret"
    return Secret(content.decode("latin-1").rstrip("\r\n"))  # what is not ASCII stays so, and is refused


def _flaw(secret: Secret, named: str) -> str | None:
    """Say why ``secret`` cannot be sent in a header."""
    text = secret.reveal()
    if not text:
        return f"{named} is empty"
    if any(character.isspace() for character in text):
        return f"{named} holds a space or a newline, should be the secret alone"
    if not (text.isascii() and text.isprintable()):
        return f"{named} holds a character that is not plain ASCII"
    return None


def _named(source: SecretSource) -> str:
    """Name the place; not by a long word that may be the secret, put where the name of its place belongs."""
    kind = {"env": "the environment variable", "file": "the file", "credential": "the credential"}[source.kind]
    hidden = any(len(part) >= _LONG_NAME for part in source.name.split("/"))
    if source.kind == "env":
        hidden = hidden or source.name != source.name.upper()
    return f"{kind} that it names" if hidden else f"{kind} {source.name}"
