"""The log on disk: what was given to it is there after a start, and only that."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.log.journals import as_a_crash_leaves_it, ask, folder, give, keep_rows, opened, read_all, running
from tests.core.log.players import FIXTURE, Splash, counter, ear, packet, packets, publisher
from tests.core.plugins import listener, make_plugin

from actionbus import (
    Event,
    FeedState,
    FeedStatus,
    Fold,
    Game,
    Moment,
    PluginContext,
    Steal,
    Subscription,
    fold,
    hookimpl,
    on,
)
from actionbus.host import Plugin
from actionbus.log import Published, Row, RowKind, Timer, Unit
from actionbus.log.sqlite import SqliteLog
from actionbus.simulator import generate_match

SHOT = "3 Points Made"


@define(eq=False)
class Reader:
    needs: int | None = None


def row(log: SqliteLog, fixture: str = "f", n: int | None = None) -> Row:
    return Row(position=log.next_position(), fixture=fixture, kind=RowKind.BAD_PACKET, at=1.0, received=2.0, n=n)


def end(log: SqliteLog, fixture: str = "f") -> Row:
    position = log.next_position()
    status = FeedStatus(fixture=fixture, state=FeedState.FINISHED, position=position)
    return Row(position=position, fixture=fixture, kind=RowKind.STATUS, at=0.0, received=0.0, events=(status,))


async def append(log: SqliteLog, count: int, fixture: str = "f") -> list[Row]:
    """Append rows to a fixture, which some lane has opened."""
    rows = [row(log, fixture) for _ in range(count)]
    for each in rows:
        log.append([each])
    return rows


def positions(rows: list[Row]) -> list[int]:
    return [each.position for each in rows]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


async def test_rows_survive_and_positions_go_on(path: Path) -> None:
    async with opened(path) as log:
        await log.open_lane("p", "f", Reader())
        await append(log, 10)
    async with opened(path) as log:
        await log.open_lane("p", "f", Reader())
        assert log.head("f") == 10
        assert positions(await append(log, 2)) == [11, 12]
        assert positions(await read_all(log, "f")) == list(range(1, 13))


async def test_a_lane_goes_on_from_its_cursor_with_its_store_and_timers(path: Path) -> None:
    timer = Timer(5.5, b'{"k": [1]}', 3)
    async with opened(path) as log:
        for fixture in ("f", "g"):
            await log.open_lane("p", fixture, Reader())
            await append(log, 3, fixture)
        unit = Unit(store={"a": b"1", "gone": b"2", "\0once:x": b"1"}, timers={"t": timer, "off": timer})
        log.commit("p", "f", 2, unit)
        log.commit("p", "f", 3, Unit(store={"gone": None}, timers={"off": None}))
        log.commit("p", "g", 5, None)
    async with opened(path) as log:
        state = await log.open_lane("p", "f", Reader())
        assert state.cursor == 3
        assert state.store == {"a": b"1", "\0once:x": b"1"}
        assert state.timers == {"t": timer}
        other = await log.open_lane("p", "g", Reader())
        assert (other.cursor, other.store, other.timers) == (5, {}, {})
        assert await log.cursors("f") == {"p": 3}


async def test_writes_that_were_undone_at_once_leave_nothing(path: Path) -> None:
    async with opened(path) as log:
        await log.open_lane("p", "f", Reader())
        log.commit("p", "f", 0, Unit(store={"a": b"1"}, timers={"t": Timer(1.0, b"1")}))
        log.commit("p", "f", 0, Unit(store={"a": None}, timers={"t": None}))
    assert ask(path, "SELECT * FROM store") == ask(path, "SELECT * FROM timer") == []


async def test_what_is_shared_over_fixtures_survives(path: Path) -> None:
    for turn in range(3):
        async with opened(path) as log:
            await log.prepare("p")
            await log.prepare("q")
            log.share("p", Unit(added={"n": 1.5, "int": 2}, claimed={"first": b"%d" % turn}))
            log.share("q", Unit(added={"large": 2**70}))
            await log.open_lane("p", "f", Reader())
            log.commit("p", "f", 0, Unit(added={"n": 1.5}))
    async with opened(path) as log:
        for plugin in "pqr":
            await log.prepare(plugin)
        assert log.shared("p").sums == {"n": 9.0, "int": 6}
        assert log.shared("p").values == {"first": b"0"}
        assert log.shared("q").sums == {"large": 3 * 2.0**70}
        assert log.shared("r").sums == {}


async def test_what_was_learned_of_a_fixture_survives(path: Path) -> None:
    async with opened(path) as log:
        await log.open_lane("p", "f", Reader())
        await append(log, 1)
        log.note("f", base=-1)
        log.note("f", gaps=4)
    async with opened(path) as log:
        held = await log.held("f")
        assert held is not None
        assert (held.base, held.gaps, held.finished) == (-1, 4, False)


async def test_a_finished_fixture_stays_finished(path: Path) -> None:
    async with opened(path) as log:
        await log.open_lane("p", "f", Reader())
        await append(log, 1)
        log.append([end(log)])
        assert log.is_finished("f")
    async with opened(path) as log:
        assert log.is_finished("f")
        assert not log.is_finished("g")


async def test_nothing_is_held_of_a_fixture_that_never_had_a_row(path: Path) -> None:
    async with opened(path) as log:
        assert await log.held("f") is None
        assert log.head("f") == 0


async def test_a_plugin_that_is_new_starts_at_the_present_and_stays_born_then(path: Path) -> None:
    async with opened(path) as log:
        await log.open_lane("old", "f", Reader())
        await append(log, 5)
        assert (await log.open_lane("new", "f", Reader())).cursor == 5
        await append(log, 5)
    async with opened(path) as log:
        await log.open_lane("old", "g", Reader())
        await append(log, 3, "g")
        # A fixture that "new" is given later begins where the plugin began, not where the fixture is.
        assert (await log.open_lane("new", "g", Reader())).cursor == 5
        assert (await log.open_lane("eager", "f", Reader(), from_start=True)).cursor == 0
        assert (await log.open_lane("eager", "g", Reader())).cursor == 13


async def test_a_new_fixture_is_read_from_its_first_row(path: Path) -> None:
    heard: list[Event] = []
    async with running(path, ear(heard, Steal)) as run:
        give(await run.open(FIXTURE), [packet(1)])
        await run.settled()
        give(await run.open("another"), [packet(1, fixture="another")])
        await run.settled()
    assert [each.fixture for each in heard] == [FIXTURE, "another"]


async def test_a_plugin_starts_with_the_fixture_where_it_says_so(path: Path) -> None:
    recording = generate_match(5)
    async with running(path) as run:
        give(await run.open(recording.fixture), recording.packets[:400])
        await run.settled()
    late: list[Event] = []
    whole: list[Event] = []
    config = '[plugin.late]\n[plugin.whole]\nstart = "fixture"\n'
    async with running(path, ear(late, name="late"), ear(whole, name="whole"), config=config) as run:
        await run.open(recording.fixture)
        rows = await read_all(run.log, recording.fixture)
        await run.settled()
    assert not late
    assert [each.id for each in whole] == [event.id for each in rows for event in each.events] != []


async def test_a_new_version_of_a_plugin_goes_on_where_the_old_one_was(path: Path) -> None:
    first: list[Event] = []
    second: list[Event] = []
    for heard, numbers in ((first, (1, 2)), (second, (3, 4))):
        async with running(path, ear(heard, Steal)) as run:
            give(await run.open(FIXTURE), packets(numbers))
            await run.settled()
    assert [each.id for each in (*first, *second)] == ["a-1:1", "a-2:1", "a-3:1", "a-4:1"]


async def test_what_a_lane_had_before_it_when_the_daemon_ended_comes_after_the_start(path: Path) -> None:
    async with running(path, ear([], Steal), grace=0) as run:
        give(await run.open(FIXTURE), packets(range(200)))  # and the daemon ends before the lane had a turn
    heard: list[Event] = []
    async with running(path, ear(heard, Steal)) as run:
        await run.open(FIXTURE)
        await run.settled()
    assert {each.origin.value for each in heard} <= {"catch_up"}
    done = 200 - len(heard)
    assert [each.id for each in heard] == [f"a-{number}:1" for number in range(done, 200)]


# --- rows that wait to be written come from memory ---


@settings(max_examples=25)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=12), st.integers(1, 200), st.randoms(use_true_random=False))
async def test_whatever_is_written_meanwhile_no_row_is_missing_or_read_twice(
    bursts: list[int], limit: int, rng: random.Random
) -> None:
    with folder() as place:
        async with opened(place / "journal.db") as log:
            await log.open_lane("p", "f", Reader())
            read: list[int] = []

            async def read_on(until: int) -> None:
                while not read or read[-1] < until:
                    rows = await log.read("f", read[-1] if read else 0, limit)
                    assert rows
                    read.extend(positions(rows))

            async with trio.open_nursery() as nursery:
                for burst in bursts:
                    await append(log, burst)
                    if rng.random() < 0.5:
                        nursery.start_soon(partial(log.durable))
                    if rng.random() < 0.7:
                        await read_on(log.head("f") - rng.randrange(burst))
                    for _ in range(rng.randrange(4)):
                        await trio.lowlevel.checkpoint()
                await read_on(log.head("f"))
            assert read == list(range(1, log.head("f") + 1))


async def test_a_slow_lane_hears_ten_thousand_rows_in_order_each_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    rng = random.Random(7)

    async def hear(steal: Steal) -> None:
        heard.append(steal.action_id)
        if rng.random() < 0.02:
            await trio.sleep(0.001)

    async with running(path, listener("slow", lambda _: [on(Steal, hear)])) as run:
        write = run.log.writer._write_now  # pyright: ignore[reportPrivateUsage]

        def write_late(batch: object) -> None:
            delay.wait(rng.random() * 0.02)
            write(batch)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

        delay = threading.Event()
        monkeypatch.setattr(run.log.writer, "_write_now", write_late)
        pipeline = await run.open(FIXTURE)
        for number in range(10_000):
            pipeline.accept(packet(number))
            if run.log.crowded:
                await run.log.room()
            if number % 16 == 0:
                await trio.lowlevel.checkpoint()
        await run.settled()
    assert heard == [f"a-{number}" for number in range(10_000)]


async def test_a_stuck_lane_holds_neither_rows_nor_the_timeline(path: Path) -> None:
    async def stuck(steal: Steal) -> None:
        await trio.sleep_forever()

    async with running(path, listener("stuck", lambda _: [on(Steal, stuck)]), grace=0) as run:
        pipeline = await run.open(FIXTURE)
        for start in range(0, 2000, 100):
            give(pipeline, packets(range(start, start + 100)))
            await run.log.durable()
        pipeline.tell(FeedState.FINISHED)
        await run.log.durable()
        pipeline.close()
        assert len(pipeline.timeline) == 0
        (lane,) = pipeline.route.lanes
        assert len(lane._pending) <= 64  # pyright: ignore[reportPrivateUsage]
        assert not run.log._opened[FIXTURE].waiting  # pyright: ignore[reportPrivateUsage]
    assert ask(path, "SELECT cursor FROM lane") == [(0,)]


# --- what is published ---


def hearing_splashes(heard: list[Moment]) -> Plugin:
    async def hear(moment: Moment) -> None:
        heard.append(moment)

    return listener("fan", lambda _: [on(Splash, hear)])


async def test_a_moment_is_announced_only_once_it_is_durable(path: Path, tmp_path: Path) -> None:
    heard: list[Moment] = []
    found: list[object] = []

    def fan() -> Plugin:
        async def hear(moment: Moment) -> None:
            heard.append(moment)
            crashed = as_a_crash_leaves_it(path, tmp_path / f"crashed-{len(heard)}.db")
            found.append(ask(crashed, "SELECT count(*) FROM published WHERE name = 'splash'"))

        return listener("fan", lambda _: [on(Splash, hear)])

    async with running(path, publisher(), fan()) as run:
        pipeline = await run.open(FIXTURE)
        give(pipeline, [packet(1, SHOT)])
        await run.settled()
    assert len(heard) == 1
    assert found == [[(1,)]]
    assert ask(path, "SELECT count(*) FROM published") == [(0,)]


async def test_what_was_published_and_not_announced_is_announced_after_a_crash_under_the_same_id(
    path: Path, tmp_path: Path
) -> None:
    heard: list[Moment] = []
    async with running(path, publisher(), hearing_splashes(heard)) as run:
        pipeline = await run.open(FIXTURE)
        announce = run.log.settle
        crashed = tmp_path / "crashed.db"

        def crash_here(published: list[Published]) -> None:
            if not crashed.exists():
                as_a_crash_leaves_it(path, crashed)
            announce(published)

        run.log.settle = crash_here  # type: ignore[method-assign, assignment]  # pyright: ignore[reportAttributeAccessIssue]
        give(pipeline, packets(range(3), SHOT))
        await run.settled()
    told = [each.id for each in heard]
    assert len(told) == 3
    assert ask(crashed, "SELECT count(*) FROM published") == [(3,)]
    again: list[Moment] = []
    for _ in range(2):  # the second start has nothing left to announce
        async with running(crashed, publisher(), hearing_splashes(again)) as run:
            await run.open(FIXTURE)
            await run.settled()
    assert [each.id for each in again] == told
    assert {each.origin.value for each in again} == {"catch_up"}


async def test_a_moment_whose_class_is_gone_is_not_announced_and_nothing_breaks(path: Path, tmp_path: Path) -> None:
    async with running(path, publisher()) as run:
        give(await run.open(FIXTURE), [packet(1, SHOT)])
        await run.settled()
    heard: list[Event] = []
    async with running(path, ear(heard, history=True)) as run:
        await run.open(FIXTURE)
        await run.settled()
        assert [each.kind for each in await read_all(run.log, FIXTURE)] == [RowKind.PACKET, RowKind.MOMENT]


@frozen(kw_only=True, slots=False, eq=False)
class Odd(Moment):
    what: str = ""


untyped: Any = Odd  # what no type checker lets through
Misuse = Callable[[Any], object]
MISUSES: dict[str, Misuse] = {
    "a key of the store": lambda context: context.store.put("\ud800", 1),
    "a key that is deleted": lambda context: context.store.delete("\ud800"),
    "a timer's key": lambda context: context.at(1e12, "\ud800"),
    "a key that is cancelled": lambda context: context.cancel("\ud800"),
    "a key of once": lambda context: context.once("\ud800"),
    "a key of a sum": lambda context: context.shared.add("\ud800"),
    "not a number": lambda context: context.shared.add("n", float("nan")),
    "infinite": lambda context: context.shared.add("n", float("inf")),
    "a complex number": lambda context: context.shared.add("n", 1j),
    "a key of a value": lambda context: context.shared.put_if_absent("\ud800", 1),
    "a key of the store that is no text": lambda context: context.store.put(5, 1),
    "a timer's key that is no text": lambda context: context.at(1e12, 5),
    "a sum's key that is no text": lambda context: context.shared.add(5),
    "a moment's key": lambda context: context.publish(Odd(fixture=FIXTURE, key="\ud800")),
    "a moment's field": lambda context: context.publish(untyped(fixture=FIXTURE, key="k", what=object())),
    "a moment's key that is no text": lambda context: context.publish(untyped(fixture=FIXTURE, key=5)),
}


@pytest.mark.parametrize("misuse", [pytest.param(misuse, id=name) for name, misuse in MISUSES.items()])
async def test_what_cannot_be_kept_is_the_handlers_failure_and_hurts_nobody_else(path: Path, misuse: Misuse) -> None:
    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(steal: Steal) -> None:
            if steal.action_id == "a-2":
                misuse(context)
            context.store.put("last", steal.action_id)

        return [on(Steal, hear)]

    heard: list[Event] = []
    with trio.fail_after(20):
        async with running(path, listener("odd", listens, Odd), counter(), ear(heard, Steal)) as run:
            give(await run.open(FIXTURE), packets((1, 2, 3)))
            await run.settled()
            assert run.log.writer.trouble is None
            assert [each.event.id for each in run.failures] == ["a-2:1"]
            assert run.host.broken == []
    assert len(heard) == 3
    stored = dict(ask(path, "SELECT key, value FROM store"))
    assert stored == {"last": b'"a-3"', "count": b"3"}


async def test_rows_of_two_fixtures_side_by_side_are_kept_apart(path: Path) -> None:
    games = [generate_match(seed) for seed in (1, 2)]
    async with running(path) as run:
        handed_on = keep_rows(run.log)
        pipelines = [await run.open(game.fixture) for game in games]
        for packets in zip(*(game.packets for game in games), strict=False):
            for pipeline, packet in zip(pipelines, packets, strict=True):
                pipeline.accept(packet)
        await run.settled()
        for game in games:
            expected = [each.position for each in handed_on if each.fixture == game.fixture]
            assert positions(await read_all(run.log, game.fixture)) == expected


async def test_a_fold_that_finds_what_cannot_be_kept_is_left_out_and_its_game_goes_on(path: Path) -> None:
    def find(game: Game) -> list[Odd]:
        return [untyped(fixture=game.fixture, key="k", what=object())]

    @hookimpl
    def folds() -> list[Fold]:
        return [fold(Odd, find)]

    heard: list[Event] = []
    async with running(path, make_plugin("odd", folds), ear(heard, Steal, Odd)) as run:
        give(await run.open(FIXTURE), packets((1, 2, 3)))
        await run.settled()
        assert [each.name for each in run.host.broken] == ["odd"]
    assert len(heard) == 3
