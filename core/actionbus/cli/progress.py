"""A progress bar on standard error, where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def progress(total: int, *, quiet: bool) -> Generator[Callable[[], None]]:
    """Show how many games of so many are done, unless ``quiet``; yield what is to be called for each."""
    if quiet or not sys.stderr.isatty():
        yield _nothing
        return
    from rich.console import Console  # where nobody looks its 50 ms are saved
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("games"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    bar = Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,  # which takes a thread: processes are forked
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with bar:
        games = bar.add_task("", total=total)

        def done() -> None:
            bar.advance(games)
            bar.refresh()

        yield done


def _nothing() -> None:
    pass
