"""TOML text to a tree that can say, when asked, on which line each value stands."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import PurePath

from attrs import field, frozen

from actionbus.config.keys import Keys, dotted, inside
from actionbus.config.lines import Statement, find_line, statements
from actionbus.config.syntax import syntax_problem
from actionbus.errors import ConfigError, Problem


@frozen(kw_only=True, eq=False, slots=False)
class Tree:
    """A TOML file: ``data`` as tomllib gives it, and where each value stands.

    ``file`` is the file's name as problems show it; its folder is the one that paths in the file start from.
    Lines are looked for only when somebody asks for one. Neither text nor values show in the ``repr``.
    """

    file: str
    text: str = field(repr=False)
    data: Mapping[str, object] = field(repr=False)

    def get(self, keys: Keys) -> object:
        """Give the value at ``keys``; None if there is none (TOML itself knows no None)."""
        value: object = self.data
        for key in keys:
            value = inside(value, key)
        return value

    def line_of(self, keys: Keys) -> int | None:
        """Give the line, counted from 1, of the value at ``keys``.

        What is not in the file has the line of the nearest table around it that is; None for the whole file.
        """
        for length in range(len(keys), 0, -1):
            line = find_line(self._statements, keys[:length])
            if line is not None:
                return line
        return None

    def problem(self, keys: Keys, what: str, hint: str | None = None) -> Problem:
        """Make the problem that the value at ``keys`` has, with its line."""
        return Problem(self.file, self.line_of(keys), dotted(keys), what, hint)

    @property
    def folder(self) -> PurePath:
        """The folder that paths in the file start from."""
        return PurePath(self.file).parent

    @cached_property
    def _statements(self) -> list[Statement]:
        return statements(self.text)


def read_tree(text: str, file: str) -> Tree:
    """Parse ``text``, the content of ``file``. Raises ConfigError with one problem if it is not TOML."""
    if text.startswith("\ufeff"):
        what = "the file starts with a byte order mark (BOM)"
        raise ConfigError(Problem(file, 1, "", what, "save it as UTF-8 without one"))
    try:
        return Tree(file=file, text=text, data=tomllib.loads(text))
    except (ValueError, RecursionError) as error:  # ValueError alone: a number too long for int()
        problem = syntax_problem(text, file, error)
    raise ConfigError(problem)
