"""What tomllib says of a text that is not TOML, as one problem that tells where and what to do."""

from __future__ import annotations

import re
import tomllib

from actionbus.config.keys import dotted
from actionbus.config.lines import closers, find_line, split_lines, statements
from actionbus.errors import Problem

_POSITION = re.compile(r"(?P<said>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)", re.DOTALL)
_TWICE = re.compile(r"Cannot (declare|overwrite|redefine|mutate)|Duplicate inline")
_BARE_WORD = re.compile(r"[A-Za-z_][^\s,\]}#]*")
_UNNAMED = ("feed", "simulator", "journal")  # tables whose parts have no names that people give
_TYPOGRAPHIC = frozenset("\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb")
_TABLE = re.compile(r"\s*(?P<key>[A-Za-z0-9_-]+)\s*=\s*\{[^{[]*")
_UNCLOSED = "not valid TOML: a bracket or quote that is opened here is never closed"


def syntax_problem(text: str, file: str, error: ValueError | RecursionError) -> Problem:
    """Tell what ``error``, which tomllib raised for ``text``, means to whoever wrote the text."""
    if isinstance(error, RecursionError):
        nesting = list(closers(split_lines(text)))
        deepest = max(range(len(nesting)), key=lambda index: len(nesting[index]))
        return Problem(file, deepest + 1, "", "brackets are nested too deeply")
    if not isinstance(error, tomllib.TOMLDecodeError):
        return Problem(file, _line_of_long_number(text), "", "a number has too many digits")
    position = _POSITION.fullmatch(str(error)) or _POSITION.fullmatch(_said_in_the_middle(text))
    last = text.count("\n") + 1
    if position is None or int(position["line"]) > last:
        return Problem(file, _start_of_statement(text, last), "", _UNCLOSED)
    said, line, column = position["said"], int(position["line"]), int(position["column"])
    if _TWICE.match(said):
        return _twice(text, file, said, line)
    if said == r"Illegal character '\n'":
        return Problem(file, line, "", "not valid TOML: a quote is not closed on its line")
    what = f"not valid TOML: {said[:1].lower()}{said[1:]} at column {column}"
    return Problem(file, line, "", what, _syntax_hint(text, said, line, column))


def _said_in_the_middle(text: str) -> str:
    """What tomllib says when a comment follows: at the very end of a text it gives no line."""
    try:
        tomllib.loads(f"{text}\n#")
    except (ValueError, RecursionError) as error:  # the stack may end earlier here than where the text was parsed
        return str(error)
    return ""


def _syntax_hint(text: str, said: str, line: int, column: int) -> str | None:
    written = split_lines(text)[line - 1]
    begun = _start_of_statement(text, line)
    if written[column - 1 : column] in _TYPOGRAPHIC:
        return 'the quotes are typographic: write straight ones, "..."'
    if said in ("Invalid initial character for a key part", "Unclosed inline table") and begun == line:
        hint = _inline_hint(text, said, line, column)
        if hint is not None:
            return hint
    word = _BARE_WORD.match(written, column - 1)
    if said == "Invalid value" and word and not written.lstrip().startswith("["):
        lower = word[0].lower() in {"true", "false"}
        return "true and false are written in small letters" if lower else "text needs quotes"
    if begun < line:
        return f"is a comma missing, or what closes the value that begins on line {begun}?"
    return "is a comma or the closing bracket missing?" if said.startswith("Unclosed") else None


def _inline_hint(text: str, said: str, line: int, column: int) -> str | None:
    """Advise who wrote an inline table over several lines, as lists may be, or a comma behind the last of its keys."""
    lines = split_lines(text)
    written = lines[line - 1]
    if written[column - 1 : column] == "}":
        return "an inline table has no comma before its }"
    following = next((each.strip() for each in lines[line:] if each.strip()), "")
    goes_on = following.startswith(("}", ",")) or (following and not said.startswith("Unclosed"))
    if not goes_on or not next(closers([written])).startswith("}"):
        return None
    above, opened = statements("\n".join(lines[: line - 1])), _TABLE.fullmatch(written)
    keys = above[-1].table if above else ()
    if opened is None or any(isinstance(key, int) for key in keys):
        return "an inline table stands on one line"
    return f"an inline table stands on one line; or write [{dotted((*keys, opened['key']))}] and its keys below"


def _twice(text: str, file: str, said: str, line: int) -> Problem:
    """A key or a table that is there already; ``line`` is where the second one ends."""
    found = statements(text)
    second = next(statement for statement in reversed(found) if statement.first <= line)
    keys = second.keys() if second.opens_table else (*second.table, *second.keys())
    before = [statement for statement in found if statement.first < second.first]
    first = find_line(before, keys)
    while first is None and len(keys) > len(second.table) + 1:  # into an inline table: which of its keys was there?
        keys = keys[:-1]
        first = find_line(before, keys)
    if said.startswith("Duplicate inline"):
        what = f"{said.removeprefix('Duplicate inline table ')} is given twice"
        return Problem(file, line, dotted(second.table), what, "keep one of the two")
    if first is None:
        return Problem(file, line, dotted(keys), "a key of it is given twice", "keep one of the two")
    named = second.opens_table and len(keys) == 2 and keys[0] not in _UNNAMED  # as [alert.NAME] is
    hint = "put the two together, or give one another name" if named else "put the two together"
    return Problem(file, second.first, dotted(keys), f"is there already, on line {first}", hint)


def _start_of_statement(text: str, line: int) -> int:
    """The line on which the statement that ``line`` belongs to begins, as far as its brackets tell."""
    start = 1
    for number, closing in enumerate(closers(split_lines(text)[: line - 1]), 1):
        if not closing:
            start = number + 1
    return start


def _line_of_long_number(text: str) -> int | None:
    """Find the number that int() refuses: the first of the lines up to which the text fails like that."""
    for statement in statements(text):
        try:
            tomllib.loads("\n".join(statement.lines))
        except (tomllib.TOMLDecodeError, RecursionError):
            continue
        except ValueError:
            return statement.first
    return None
