"""Open the journal for as long as the daemon runs: locked, written behind, tidied."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import structlog
import trio

from actionbus.errors import ConfigError
from actionbus.events.catalogue import Catalogue
from actionbus.log.database import Database, is_corrupt
from actionbus.log.lock import Lock
from actionbus.log.reading import known
from actionbus.log.retention import tidy
from actionbus.log.sqlite import SqliteLog

GRACE = 5.0  # seconds for a disk that refuses to take what waits, when the daemon ends

logger = structlog.get_logger()


@asynccontextmanager
async def open_journal(path: Path, *, sync: str, keep: float, catalogue: Catalogue) -> AsyncGenerator[SqliteLog]:
    """Open the journal at ``path``, or make it; games whose newest row is older than ``keep`` seconds go.

    A damaged one is kept aside and a new one begun. Raises ConfigError where it cannot be used at all, or another
    daemon uses it. What the block raises comes out as it is.
    """
    path = await trio.to_thread.run_sync(path.resolve)  # two names of one file are one journal
    lock = Lock(path)
    database = Database(path, sync)
    try:
        await trio.to_thread.run_sync(_prepare, lock, database)
        held = await trio.to_thread.run_sync(known, database)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"the journal {path} cannot be opened: {_words(error)}; see [journal] path") from None
    log = SqliteLog(database, held, catalogue, lock.say)
    raised: BaseException | None = None
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(log.writer.run)
            nursery.start_soon(partial(tidy, log, database, keep))
            try:
                yield log
            except Exception as error:
                raised = error
            with trio.move_on_after(GRACE) as limit:
                await log.durable()
            if limit.cancelled_caught:
                what = {"journal": str(path), "rows": log.writer.under_way, "reason": log.writer.trouble}
                logger.error("the journal cannot be written; the feed has to send its last rows again", **what)
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(database.close)
        lock.release()
    if raised is not None:
        raise raised


def _prepare(lock: Lock, database: Database) -> None:
    path = database.path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock.take()
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # packets are for whoever has a token
        _open(database)
    except BaseException:
        lock.release()
        raise


def _open(database: Database) -> None:
    path = database.path
    try:
        database.open()
        known(database)
    except sqlite3.DatabaseError as error:
        if not is_corrupt(error):
            raise
        if not _was_a_journal(path):
            raise ConfigError(f"{path} is no journal but some other file; name another in [journal] path") from None
        kept = database.set_aside()
        logger.error(
            "the journal is damaged: it is kept aside and a new one begun, games that run come again from their start",
            journal=str(path), kept=str(kept), reason=str(error),
        )  # fmt: skip


def _was_a_journal(path: Path) -> bool:
    """Whether a damaged file was a journal once: some other file, named by mistake, is left alone."""
    if path.with_name(f"{path.name}-wal").exists():
        return True
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _words(error: OSError | sqlite3.Error) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
