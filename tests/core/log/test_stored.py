"""What plugins keep is found over all fixtures, in a log of either kind."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from attrs import frozen
from tests.core.log.journals import opened

from actionbus.log import Log, MemoryLog
from actionbus.log.rows import Unit

Opening = Callable[[Path], AbstractAsyncContextManager[Log]]


@frozen
class Idle:
    """A reader that wants nothing."""

    needs: int | None = None


@asynccontextmanager
async def on_disk(folder: Path) -> AsyncGenerator[Log]:
    async with opened(folder / "journal.db") as log:
        yield log


@asynccontextmanager
async def in_memory(_: Path) -> AsyncGenerator[Log]:
    yield MemoryLog()


async def keep(log: Log, plugin: str, fixture: str, *, leave: bool = True, **values: bytes | None) -> None:
    reader = Idle()
    await log.open_lane(plugin, fixture, reader)
    log.commit(plugin, fixture, 0, Unit(store={key.replace("__", ":"): value for key, value in values.items()}))
    if leave:
        log.close_lane(plugin, fixture, reader)


@pytest.mark.parametrize("opening", [on_disk, in_memory])
async def test_what_begins_with_a_prefix_is_found_in_all_fixtures_sorted(opening: Opening, tmp_path: Path) -> None:
    async with opening(tmp_path) as log:
        await keep(log, "p", "two", a__1=b"1", b__1=b"2")
        await keep(log, "p", "one", a__2=b"3", A__1=b"4", a=b"5")
        await keep(log, "p", "three", leave=False, a__9=b"6")
        await keep(log, "other", "one", a__1=b"7")
        assert await log.stored("p", "a:") == [("one", "a:2", b"3"), ("three", "a:9", b"6"), ("two", "a:1", b"1")]
        assert len(await log.stored("p", "")) == 6
        assert await log.stored("nobody", "") == await log.stored("p", "a%") == await log.stored("p", "a:1x") == []


@pytest.mark.parametrize("opening", [on_disk, in_memory])
async def test_it_is_as_it_was_written_last_be_the_lane_open_or_not(opening: Opening, tmp_path: Path) -> None:
    async with opening(tmp_path) as log:
        await keep(log, "p", "one", a=b"1", b=b"1")
        await keep(log, "p", "one", a=b"2", b=None)
        assert await log.stored("p", "") == [("one", "a", b"2")]
        await keep(log, "p", "one", leave=False, a=b"3", c=b"1")
        assert await log.stored("p", "") == [("one", "a", b"3"), ("one", "c", b"1")]


@pytest.mark.parametrize("opening", [on_disk, in_memory])
async def test_a_fixture_is_known_once_it_was_opened(opening: Opening, tmp_path: Path) -> None:
    async with opening(tmp_path) as log:
        assert not log.holds("one")
        await keep(log, "p", "one")
        assert log.holds("one")


async def test_it_is_found_after_a_restart(tmp_path: Path) -> None:
    async with on_disk(tmp_path) as log:
        await keep(log, "p", "one", a=b"1")
    async with on_disk(tmp_path) as log:
        assert log.holds("one")
        assert await log.stored("p", "a") == [("one", "a", b"1")]
