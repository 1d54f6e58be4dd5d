"""What a page shows of a command: the lines behind `$`, what they print, and what JSON looks like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast


def commands(text: str) -> list[tuple[str, list[str]]]:
    """The commands of a console, each with the lines that it prints."""
    parts = re.split(r"(?m)^\$ (.*(?:\\\n.*)*)\n?", text)
    assert not parts[0], "a console begins with a command: `$ ...`"
    return [(command, output.splitlines()) for command, output in zip(parts[1::2], parts[2::2], strict=True)]


def shown(output: str) -> list[str]:
    """What a page shows of an output: no log lines, no blanks at the ends of lines."""
    return [line.rstrip() for line in output.splitlines() if not _is_log(line)]


def _is_log(line: str) -> bool:
    return line.startswith("{") and '"level":' in line and '"timestamp":' in line


def is_shown(said: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether lines are what a page shows of them: `...` stands for anything, as a line of its own for any lines."""
    if not expected:
        return not said
    head, *rest = expected
    if head.strip() == "...":
        return any(is_shown(said[number:], rest) for number in range(len(said) + 1))
    return bool(said) and _is_line(said[0], head) and is_shown(said[1:], rest)


def are_among(said: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether a page's lines are there in any order: plugins do not wait for each other."""
    return all(any(_is_line(line, one) for line in said) for one in expected if one.strip() != "...")


def _is_line(line: str, expected: str) -> bool:
    return re.fullmatch(re.escape(expected).replace(r"\.\.\.", ".*"), line) is not None


def shape(value: object) -> object:
    """What is alike in two objects: keys and kinds of values; of a list, those of its first element."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [shape(each) for each in cast("list[object]", value)[:1]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
