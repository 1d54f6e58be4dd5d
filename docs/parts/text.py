"""Docstrings and tables as Markdown."""

from __future__ import annotations

import inspect
from collections.abc import Iterator


def markdown(text: str) -> str:
    """A docstring as Markdown."""
    return text.replace("``", "`")


def documented(what: object) -> str:
    """All of a docstring as Markdown."""
    return markdown(inspect.getdoc(what) or "")


def first(kind: type) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return " ".join(documented(kind).partition("\n\n")[0].split())


def table(head: str, rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a table."""
    yield head
    yield "|" + " --- |" * (head.count("|") - 1)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
