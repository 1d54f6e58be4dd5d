"""The log in memory keeps what the slowest lane of an unfinished fixture needs, and no more."""

from __future__ import annotations

from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from actionbus.events.base import FeedState, FeedStatus
from actionbus.log import MemoryLog, Row, RowKind, Timer, Unit
from actionbus.log.memory import TRIM_EVERY


@define(eq=False)
class Reader:
    """A reader that says what it needs."""

    needs: int | None = None


def row(log: MemoryLog, fixture: str = "f", kind: RowKind = RowKind.PACKET) -> Row:
    return Row(position=log.next_position(), fixture=fixture, kind=kind, at=0.0, received=0.0)


def end(log: MemoryLog, fixture: str = "f") -> Row:
    status = FeedStatus(fixture=fixture, state=FeedState.FINISHED)
    position = log.next_position()
    return Row(position=position, fixture=fixture, kind=RowKind.STATUS, at=0.0, received=0.0, events=(status,))


async def test_rows_come_back_in_order_and_in_pieces() -> None:
    log = MemoryLog()
    await log.open_lane("p", "f", Reader(0))
    for _ in range(10):
        log.append((row(log), row(log, kind=RowKind.MOMENT)))
    assert [each.position for each in await log.read("f", 0, 3)] == [1, 2, 3]
    assert [each.position for each in await log.read("f", 17, 100)] == [18, 19, 20]
    assert await log.read("f", 20, 100) == []
    assert log.head("f") == 20


async def test_a_lane_starts_at_the_present_and_is_taken_up_where_it_stood() -> None:
    log = MemoryLog()
    log.append((row(log),))
    assert (await log.open_lane("p", "f", Reader())).cursor == 1
    log.append((row(log),))
    log.commit("p", "f", 2, None)
    assert (await log.open_lane("p", "f", Reader())).cursor == 2
    assert (await log.open_lane("p", "another", Reader())).cursor == 0


async def test_fixtures_do_not_see_each_others_rows() -> None:
    log = MemoryLog()
    for fixture in ("f", "g"):
        await log.open_lane("p", fixture, Reader(0))
    for fixture in ("f", "g", "f"):
        log.append((row(log, fixture),))
    assert [each.position for each in await log.read("f", 0, 9)] == [1, 3]
    assert [each.position for each in await log.read("g", 0, 9)] == [2]


async def test_without_readers_nothing_is_kept() -> None:
    log = MemoryLog()
    log.append((row(log),))
    assert len(log.kept("f")) == 0
    assert log.head("f") == 1


async def test_rows_that_all_readers_are_done_with_go_after_a_while() -> None:
    log = MemoryLog()
    await log.open_lane("p", "f", Reader(None))
    for _ in range(5 * TRIM_EVERY):
        log.append((row(log),))
        assert len(log.kept("f")) <= TRIM_EVERY


async def test_the_slowest_reader_keeps_what_it_needs() -> None:
    log = MemoryLog()
    slow, quick = Reader(7), Reader(None)
    await log.open_lane("slow", "f", slow)
    await log.open_lane("quick", "f", quick)
    for _ in range(3 * TRIM_EVERY):
        log.append((row(log),))
    assert [each.position for each in await log.read("f", 7, 1)] == [8]
    log.close_lane("slow", "f", slow)
    assert len(log.kept("f")) == 0


async def test_rows_are_never_trimmed_before_their_readers_know_of_them() -> None:
    log = MemoryLog()
    await log.open_lane("p", "f", Reader(None))
    for _ in range(3 * TRIM_EVERY):
        new = row(log)
        log.append((new,))
        assert (await log.read("f", new.position - 1, 1)) == [new]


async def test_a_finished_fixture_whose_lanes_are_done_keeps_nothing() -> None:
    log = MemoryLog()
    slow, quick = Reader(0), Reader(None)
    await log.open_lane("slow", "f", slow)
    await log.open_lane("quick", "f", quick)
    for _ in range(10):
        log.append((row(log),))
    log.append((end(log),))
    log.commit("quick", "f", 11, None)
    assert len(log.kept("f")) == 11
    slow.needs = 5
    log.commit("slow", "f", 5, None)
    assert len(log.kept("f")) == 6
    slow.needs = None
    log.commit("slow", "f", 11, None)
    assert len(log.kept("f")) == 0


async def test_a_unit_of_work_is_merged_into_what_is_held() -> None:
    log = MemoryLog()
    state = await log.open_lane("p", "f", Reader())
    log.commit("p", "f", 1, Unit(store={"a": b"1", "b": b"2"}, timers={"t": Timer(5.0, b"null")}))
    log.commit("p", "f", 2, Unit(store={"a": None, "c": b"3", "no": None}, timers={"t": None, "u": Timer(6.0, b"1")}))
    assert state.cursor == 2
    assert state.store == {"b": b"2", "c": b"3"}
    assert state.timers == {"u": Timer(6.0, b"1")}


async def test_what_is_shared_over_fixtures_is_added_and_put_once() -> None:
    log = MemoryLog()
    for fixture in ("f", "g"):
        await log.open_lane("p", fixture, Reader())
        log.commit("p", fixture, 0, Unit(added={"n": 2.0}, claimed={"first": fixture.encode()}))
    assert log.shared("p").sums == {"n": 4.0}
    assert log.shared("p").values == {"first": b"f"}
    assert log.shared("another").sums == {}


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 300)), max_size=30))
async def test_no_reader_ever_misses_a_row_that_it_needs(steps: list[tuple[int, int]]) -> None:
    """Each step: a reader (0 and 1) moves on by so many rows, or so many rows are appended."""
    log = MemoryLog()
    readers = [Reader(0), Reader(0)]
    for name, reader in zip("ab", readers, strict=True):
        await log.open_lane(name, "f", reader)
    for what, count in steps:
        if what == 2:
            for _ in range(count):
                log.append((row(log),))
        elif (cursor := readers[what].needs) is not None:
            readers[what].needs = min(cursor + count, log.head("f"))
    for reader in readers:
        assert reader.needs is not None
        rows = await log.read("f", reader.needs, 10**6)
        assert [each.position for each in rows] == list(range(reader.needs + 1, log.head("f") + 1))
