"""Tables for people: rows under their titles, and ids as short as tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from actionbus.cli.box import columns, fitted


def print_table(titles: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[str] = ()) -> None:
    """Print rows under their titles, each column as wide as it has to be; ``numbers`` are set flush right."""
    lines = [titles, *rows]
    widths = [max(map(columns, column)) for column in zip(*lines, strict=True)]
    right = {*numbers}
    for line in lines:
        cells = zip(titles, line, widths, strict=True)
        shown = (f"{cell:>{width}}" if title in right else fitted(cell, width) for title, cell, width in cells)
        print("  ".join(shown).rstrip())


def short_names(names: Iterable[str], least: Callable[[str], int]) -> dict[str, str]:
    """Return of each name as much as tells it apart, and at least so many characters of it."""
    ordered = sorted(set(names))
    found = {name: least(name) for name in ordered}
    for pair in pairwise(ordered):
        length = max(found[name] for name in pair)
        while pair[0][:length] == pair[1][:length]:
            length += 1
            found |= dict.fromkeys(pair, length)
    return {name: name[:length] for name, length in found.items()}
