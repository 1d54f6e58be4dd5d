"""What a plugin's own tasks write of no fixture: sums and values of its shared store."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from actionbus.bus.work import Work, working
from actionbus.log import LaneState, Log


@asynccontextmanager
async def share(plugin: str, log: Log) -> AsyncGenerator[None]:
    """Let a task of the plugin write to its shared store, all or nothing; on the disk when the block has been left."""
    work = Work(plugin, "", LaneState(0), 0.0, 0)
    token = working.set(work)
    try:
        yield
        unit = work.finish()
        if unit is not None:
            log.share(plugin, unit)
    finally:
        work.drop()
        working.reset(token)
    await log.durable()
