"""Journals on a real disk: opened, given games, left as a crash leaves them, and compared row by row."""

from __future__ import annotations

import math
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncGenerator, Generator, Iterable, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import attrs
from attrs import define, field

from actionbus.bus import HandlerFailure
from actionbus.config import read_tree
from actionbus.events.base import Action, Event
from actionbus.events.catalogue import Catalogue
from actionbus.host import Host, Plugin, hosting
from actionbus.log import Row
from actionbus.log.journal import open_journal
from actionbus.log.sqlite import SqliteLog
from actionbus.pipeline import Pipeline

SUFFIXES = ("", "-wal", "-shm")


@contextmanager
def folder() -> Generator[Path]:
    """A folder for one example of a property, where pytest's would be that of all."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@asynccontextmanager
async def opened(path: Path, *, keep: float = math.inf, sync: str = "normal") -> AsyncGenerator[SqliteLog]:
    """Open a journal as the daemon does; what syncing costs is not what tests are about."""
    async with open_journal(path, sync=sync, keep=keep, catalogue=Catalogue()) as log:
        yield log


def as_a_crash_leaves_it(journal: Path, to: Path) -> Path:
    """Copy a journal that is in use as it is on the disk just now: what is on its way there is lost."""
    for suffix in SUFFIXES[:2]:
        source = journal.with_name(journal.name + suffix)
        if source.exists():
            shutil.copyfile(source, to.with_name(to.name + suffix))
    return to


def ask(journal: Path, question: str, *arguments: object) -> list[Any]:
    """Look into a journal with sqlite3 alone."""
    with closing(sqlite3.connect(journal)) as connection, connection:
        return connection.execute(question, arguments).fetchall()


def keep_rows(log: SqliteLog, kept: list[Row] | None = None) -> list[Row]:
    """Keep every row that is appended from now on, as it was handed on."""
    kept = kept if kept is not None else []
    append = log.append

    def keep(rows: Sequence[Row]) -> None:
        kept.extend(rows)
        append(rows)

    log.append = keep  # type: ignore[method-assign]
    return kept


def said(event: Event | None, *without: str) -> dict[str, Any] | None:
    """All that an event says, field by field, with what it replaces and what replaces it."""
    if event is None:
        return None
    values: dict[str, Any] = {"class": type(event)}
    for each in attrs.fields(type(event)):
        value: object = getattr(event, each.name)
        if each.name not in without:
            values[each.name] = said(value, *without) if isinstance(value, Event) else value
    return values


def contents(row: Row, *without: str) -> dict[str, Any]:
    """All that a row says, field by field."""
    values: dict[str, Any] = {each.name: getattr(row, each.name) for each in attrs.fields(Row)}
    return values | {"events": [said(event, *without) for event in row.events]}


def assert_alike(read: Iterable[Row], handed_on: Iterable[Row], *without: str) -> None:
    """Rows that were read say what was handed on, whatever the field; ``without`` those of their events."""
    for one, other in zip(read, handed_on, strict=True):
        found, expected = contents(one, *without), contents(other, *without)
        differs = {name: (found[name], value) for name, value in expected.items() if found[name] != value}
        assert not differs, differs


async def read_all(log: SqliteLog, fixture: str, *, until: int | None = None) -> list[Row]:
    """Read a fixture's rows from its start, in pieces of a size that divides nothing."""
    rows: list[Row] = []
    while more := await log.read(fixture, rows[-1].position if rows else 0, 251, until=until):
        rows += more
    return rows


@define(eq=False)
class Run:
    """A daemon's inner half from one start to its end: a journal, plugins, pipelines."""

    log: SqliteLog
    host: Host
    failures: list[HandlerFailure] = field(factory=list[HandlerFailure])

    async def open(self, fixture: str) -> Pipeline:
        """Open a fixture as it stands in the journal."""
        return await self.host.open_fixture(fixture)

    async def settled(self) -> None:
        """Wait until the plugins have done what there is, and all of it is on the disk."""
        await self.host.caught_up()
        await self.log.durable()


@asynccontextmanager
async def running(
    path: Path, *plugins: Plugin, config: str = "", grace: float = 10.0, keep: float = math.inf
) -> AsyncGenerator[Run]:
    """Start on a journal with these plugins, and end as the daemon does."""
    failures: list[HandlerFailure] = []
    async with (
        opened(path, keep=keep) as log,
        hosting(plugins, read_tree(config, "plugins.toml"), log, failures.append, grace) as host,
    ):
        yield Run(log, host, failures)


def give(pipeline: Pipeline, packets: Iterable[str | bytes], received: float = math.inf) -> None:
    """Give a pipeline packets as they come on the wire, without a turn for any lane."""
    for packet in packets:
        pipeline.accept(packet, received)


def actions(events: Iterable[Event]) -> list[tuple[str, str]]:
    """Id and change of each action."""
    return [(event.id, event.change.value) for event in events if isinstance(event, Action)]
