"""``actionbus log``."""

from __future__ import annotations

import select
import sqlite3
import sys
import time
from argparse import Namespace
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from attrs import evolve

from actionbus.cli import OK, logs
from actionbus.cli.config import catalogue
from actionbus.cli.entries import as_json, as_line
from actionbus.cli.looking import config_and_journal
from actionbus.cli.output import Stream
from actionbus.config.kinds import duration
from actionbus.config.wrong import Wrong, did_you_mean
from actionbus.errors import ActionbusError, ConfigError
from actionbus.events.base import Change, Event, FeedStatus, Moment
from actionbus.events.catalogue import Catalogue, action_classes, snake_name
from actionbus.host import installed
from actionbus.log.inspect import (
    Entry,
    Wanted,
    find_fixture,
    fixture_names,
    forward,
    head,
    looking_into,
    moment_names,
    newest,
    position_at,
    short,
)

EVERY = 0.25  # seconds between two looks at a file that is followed

_BAD_PACKET = "bad_packet"
_OTHERS: tuple[type[Event], ...] = (FeedStatus, Moment)  # besides actions


def run(options: Namespace) -> int:
    """Print the newest entries that are asked for; with ``--follow`` go on with what comes."""
    logs.set_up(options.log_level)
    if options.follow and options.until is not None:
        raise ConfigError("actionbus log: --until ends where --follow goes on; leave one of the two out")
    try:
        _look(options)
    except KeyboardInterrupt:
        if not options.follow:
            raise
    return OK  # whoever asked for the end of what has none got it


def _look(options: Namespace) -> None:
    since = time_meant("log: --since", options.since)
    until = time_meant("log: --until", options.until)
    config, path = config_and_journal(options, installed())
    kinds = catalogue(config)
    file = _file(path)
    with looking_into(path) as journal:
        wanted = _wanted(options, journal)
        if since is not None:
            wanted = evolve(wanted, first=position_at(journal, since))
        last = head(journal) if until is None else position_at(journal, until) - 1
        _print(newest(journal, evolve(wanted, last=last), kinds, options.lines), journal, as_object=options.json)
        if options.follow:
            wanted = evolve(wanted, first=max(wanted.first, last + 1))
            _follow(path, file, journal, wanted, kinds, as_object=options.json)


def _follow(
    path: Path,
    file: tuple[int, int] | None,
    journal: sqlite3.Connection,
    wanted: Wanted,
    kinds: Catalogue,
    *,
    as_object: bool,
) -> None:
    """Print what comes, from ``wanted.first`` on, for ever. Returns when nobody reads it any more.

    ``file`` tells the file that was opened from another that takes its place.
    """
    printed_to = select.poll()
    printed_to.register(1, 0)  # wakes when whoever reads has left
    version = -1
    while not printed_to.poll(EVERY * 1000) and not _refused():
        if _file(path) != file:
            raise ActionbusError(
                f"the journal {path} was replaced, as a damaged one is; start again to see the new one"
            )
        ((now,),) = journal.execute("PRAGMA data_version").fetchall()
        if now != version:
            version, last = now, head(journal)
            _print(forward(journal, evolve(wanted, last=last), kinds), journal, as_object=as_object)
            wanted = evolve(wanted, first=max(wanted.first, last + 1))


def _print(entries: Iterable[Entry], journal: sqlite3.Connection, *, as_object: bool) -> None:
    length = short(fixture_names(journal))
    for entry in entries:
        print(as_json(entry) if as_object else as_line(entry, length))
    sys.stdout.flush()


def _refused() -> bool:
    raw: object = getattr(sys.stdout.buffer, "raw", None)
    return isinstance(raw, Stream) and raw.refusal is not None


def _file(path: Path) -> tuple[int, int] | None:
    """Tell one file from another of the same name."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def time_meant(option: str, written: str | None) -> float | None:
    """Return the time that is meant, in Unix seconds: so long ago, or a time of this machine's zone or its own."""
    if written is None:
        return None
    try:
        return time.time() - duration(written)
    except Wrong:
        pass
    try:
        return datetime.fromisoformat(written).timestamp()
    except (ValueError, OverflowError):
        expected = 'how long ago, such as "10m" or "2h", or a time, such as 2026-01-31T19:30'
        raise ConfigError(f"actionbus {option} {written!r} should be {expected}") from None


def _wanted(options: Namespace, journal: sqlite3.Connection) -> Wanted:
    wanted = Wanted()
    if options.fixture is not None:
        wanted = evolve(wanted, fixture=find_fixture(journal, options.fixture)[1])
    if options.change is not None:
        known = [change.value for change in Change]
        names = _listed("--change", options.change, known, "change")
        wanted = evolve(wanted, changes=frozenset(map(Change, names)))
    if options.type is not None:
        classes: dict[str, type[Event]] = {**action_classes(), **{snake_name(each): each for each in _OTHERS}}
        named = [name.strip() for name in options.type.split(",")]
        moments = moment_names(journal) if not {*named} <= {*classes, _BAD_PACKET} else set[str]()
        names = _listed("--type", options.type, [*classes, _BAD_PACKET, *moments], "event class or moment")
        wanted = evolve(
            wanted,
            classes=tuple(classes[name] for name in names if name in classes),
            moments=frozenset(names) & moments,
            bad_packets=_BAD_PACKET in names,
        )
    return wanted


def _listed(option: str, written: str, known: Iterable[str], what: str) -> list[str]:
    names = [name.strip() for name in written.split(",")]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or "`actionbus log --help` names them"
            raise ConfigError(f"actionbus log: {option} {written}: there is no {what} {name!r}; {hint}")
    return names
