"""On which line of a TOML text a key stands: tomllib does not say, so it is asked statement by statement."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from attrs import define, field

from actionbus.config.keys import Keys, has, inside, is_table

_TOKEN = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*|[][{}]')
_CLOSING = {"[": "]", "{": "}"}
_STRING_END = {'"""': re.compile(r'(?:[^\\]|\\.)*?"{3,5}'), "'''": re.compile(r".*?'{3,5}")}


def split_lines(text: str) -> list[str]:
    """Cut where TOML does; ``str.splitlines`` cuts at more characters than a line of TOML ends with."""
    return text.replace("\r\n", "\n").split("\n")


def closers(lines: Iterable[str]) -> Iterator[str]:
    """Say for each line what would close the brackets and the multi-line string that are open at its end."""
    brackets = quotes = ""
    for line in lines:
        at = 0
        while True:
            if quotes:
                if not (end := _STRING_END[quotes].match(line, at)):
                    break
                at, quotes = end.end(), ""
            if not (token := _TOKEN.search(line, at)):
                break
            at = token.end()
            if token[0] in _STRING_END:
                quotes = token[0]
            elif token[0] in _CLOSING:
                brackets = _CLOSING[token[0]] + brackets
            elif token[0] in _CLOSING.values():
                brackets = brackets[1:]
        yield quotes + brackets


@define(kw_only=True)
class Statement:
    """A ``[table]`` line, or a key with its value, however many lines that takes.

    ``first`` is its line, counted from 1; ``table`` is the table that it opens or stands in.
    """

    first: int
    lines: list[str] = field(repr=False)
    table: Keys
    opens_table: bool
    _parsed: dict[int, object] = field(factory=dict[int, object], init=False, repr=False)

    def holds(self, keys: Keys) -> bool:
        """Whether the value at ``keys``, counted from ``table``, is written in this statement."""
        return self._reaches(len(self.lines), keys)

    def line_of(self, keys: Keys) -> int:
        """Find the line within this statement: the first after which the value at ``keys`` is there."""
        counts = range(1, len(self.lines) + 1)
        return self.first + bisect_left(counts, True, key=lambda count: self._reaches(count, keys))

    def keys(self) -> Keys:
        """The key that is given a value here, or the table that is opened, as it is written: without places."""
        keys: list[str] = []
        value = self._first_lines(len(self.lines))
        while is_table(value) and len(value) == 1:
            ((key, value),) = value.items()
            keys.append(key)
        return tuple(keys)

    def _reaches(self, count: int, keys: Keys) -> bool:
        value = self._first_lines(count)
        for key in keys:
            if not has(value, key):
                return False
            value = inside(value, key)
        return True

    def _first_lines(self, count: int) -> object:
        if count not in self._parsed:
            lines = self.lines[:count]
            *_, closing = closers(lines)
            try:
                self._parsed[count] = tomllib.loads("\n".join(lines) + "\n" + closing)
            except (ValueError, RecursionError):  # not TOML, or nested deeper than the stack at this place
                self._parsed[count] = None
        return self._parsed[count]


def statements(text: str) -> list[Statement]:
    """Cut ``text`` into its statements; what is not TOML holds nothing."""
    found: list[Statement] = []
    opened: Keys = ()
    last_place: dict[Keys, int] = {}  # of each array of tables: the element that was opened last
    lines = split_lines(text)
    start = 0
    for number, closing in enumerate(closers(lines), 1):
        if closing and number < len(lines):
            continue
        chunk, first, start = lines[start:number], start + 1, number
        head = chunk[0].strip(" \t")
        if not head or head.startswith("#"):
            continue
        statement = Statement(first=first, lines=chunk, table=opened, opens_table=head.startswith("["))
        if statement.opens_table:
            opened = ()
            keys = statement.keys()
            for key in keys[:-1]:
                opened = _last_element((*opened, key), last_place)
            opened = (*opened, *keys[-1:])
            if head.startswith("[["):
                last_place[opened] = last_place.get(opened, -1) + 1
                opened = _last_element(opened, last_place)
            statement.table = opened
        found.append(statement)
    return found


def _last_element(keys: Keys, last_place: dict[Keys, int]) -> Keys:
    return (*keys, last_place[keys]) if keys in last_place else keys


def find_line(found: Sequence[Statement], keys: Keys) -> int | None:
    """Find the line of the value at ``keys``; of a table that is opened, the line that opens it."""
    if not keys:
        return None
    for statement in found:
        if statement.opens_table and statement.table == keys:
            return statement.first
    for statement in found:
        if statement.table[: len(keys)] == keys:
            return statement.first
        depth = len(statement.table)
        if not statement.opens_table and statement.table == keys[:depth] and statement.holds(keys[depth:]):
            return statement.line_of(keys[depth:])
    return None
