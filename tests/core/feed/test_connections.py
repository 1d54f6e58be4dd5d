"""Connecting, silence, ends and new attempts: on memory streams, with a clock that jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest
import trio

from actionbus.events.base import FeedState
from actionbus.feed import ConnectLimit, FeedCounts

if TYPE_CHECKING:
    from tests.core.feed.conftest import Kit
    from tests.core.feed.rig import Call, Rig
    from trio.testing import MockClock


async def test_heartbeats_keep_a_connection_for_hours(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    await rig.follow(kit.serving(kit.list_of(3)), seconds=10_000)
    assert len(rig.opened) == 1
    assert rig.states == [FeedState.LIVE]


async def test_silence_of_25_s_is_death_though_pings_are_answered(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def play(call: Call) -> None:
        await call.accept()
        await call.listen()

    await rig.follow(play, kit.serving([]), seconds=100)
    assert rig.opened == [0, 25]
    assert rig.states == [FeedState.LIVE, FeedState.STALE, FeedState.DOWN, FeedState.RECOVERED]
    assert "nothing came for 25 s" in rig.statuses[2].reason


async def test_a_ping_without_an_answer_is_death_after_20_s(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def play(call: Call) -> None:
        await call.accept()
        await call.freeze()

    await rig.follow(play, kit.serving([]), seconds=100)
    assert rig.opened == [0, 20]
    assert "nothing came for 20 s" in rig.statuses[2].reason


async def test_a_late_heartbeat_is_as_good_as_the_answer_to_a_ping(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def play(call: Call) -> None:
        await call.accept()
        for _ in range(5):
            await trio.sleep(17)
            await call.raw(kit.frame(kit.heartbeat.encode()))

    await rig.follow(play, seconds=80)
    assert len(rig.opened) == 1


async def test_an_acknowledgement_must_come_within_25_s(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def play(call: Call) -> None:
        await call.accept(None)
        await call.beat()

    await rig.follow(play, kit.serving([]), seconds=100)
    assert rig.opened == [0, 25]
    assert rig.states == [FeedState.DOWN, FeedState.RECOVERED]
    assert "did not say within 25 s" in rig.statuses[0].reason


async def test_packets_without_an_acknowledgement_are_taken_for_one(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def play(call: Call) -> None:
        await call.accept(None)
        await call.say(*kit.list_of(3))
        await call.beat()

    await rig.follow(play, seconds=100)
    assert rig.heard == kit.added(range(3))
    assert rig.states == [FeedState.LIVE]


async def test_waits_double_from_1_s_to_a_minute(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    await rig.follow(rng=kit.latest, seconds=400)
    waits = [later - earlier for earlier, later in zip(rig.opened, rig.opened[1:], strict=False)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]


async def test_waits_begin_anew_after_a_connection_that_brought_something_new(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def cut(call: Call) -> None:
        await call.cut()

    one_more = [kit.serving(kit.list_of(count), then=cut) for count in (1, 2)]
    nothing_new = kit.serving(kit.list_of(1), then=cut)
    await rig.follow(cut, cut, one_more[0], nothing_new, nothing_new, one_more[1], cut, rng=kit.latest, seconds=60)
    waits = [later - earlier for earlier, later in zip(rig.opened, rig.opened[1:], strict=False)]
    assert waits[:7] == [1, 2, 1, 2, 4, 1, 2]


async def test_all_fixtures_together_connect_less_than_five_times_a_second(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    limit, turns = ConnectLimit(), list[float]()

    async def connect() -> None:
        await limit.wait()
        turns.append(trio.current_time())

    async with trio.open_nursery() as clients:
        for _ in range(22):
            clients.start_soon(connect)
    assert len(turns) == 22
    assert turns[-1] < 6
    await trio.sleep(0.5)
    await limit.wait()
    await limit.wait()
    await limit.wait()
    assert all(later - earlier > 1 for earlier, later in zip(turns, turns[4:], strict=False))


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 1012, 4000])
async def test_no_close_code_ends_a_fixture_that_is_not_finished(
    autojump_clock: MockClock, rig: Rig, kit: Kit, code: int
) -> None:
    async def close(call: Call) -> None:
        await (call.cut() if code == 1006 else call.close(code, "so long"))

    await rig.follow(kit.serving(kit.list_of(3), then=close), kit.serving(kit.list_of(5)), seconds=100)
    assert rig.states == [FeedState.LIVE, FeedState.DOWN, FeedState.RECOVERED]
    assert rig.statuses[1].reason == (
        "the connection broke" if code == 1006 else f"the server closed the connection: {code} so long"
    )
    assert rig.heard == kit.added(range(5))


async def test_the_fixture_clock_runs_only_while_the_feed_is_live(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    running: list[tuple[float, bool]] = []

    async def look() -> None:
        while True:
            running.append((trio.current_time(), rig.pipeline.clock.running))
            await trio.sleep(10)

    async def stay(call: Call) -> None:
        await call.beat(15)
        await call.cut()

    async def refuse(call: Call) -> None:
        await call.reject(503, retry_after="20")

    rig.nursery.start_soon(look)
    await rig.follow(kit.serving(kit.list_of(2), then=stay), refuse, kit.serving(kit.list_of(2)), seconds=55)
    assert [is_running for _, is_running in running] == [False, True, False, False, True, True]


async def test_what_comes_while_the_loop_is_held_up_is_not_taken_for_silence(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    """A list that is fetched anew is complete after 2 s of silence; a plugin that blocks is none."""

    async def cut(call: Call) -> None:
        await call.cut()

    async def slow(call: Call) -> None:
        await call.accept()
        await call.say(*kit.list_of(12)[:5])
        autojump_clock.jump(30)
        await call.say(*kit.list_of(12)[5:])
        await call.beat()

    await rig.follow(kit.serving(kit.list_of(12), then=cut), kit.serving(["{"] * 12), slow, seconds=100)
    assert rig.heard == kit.added(range(12))


async def test_the_counts_say_how_the_feed_fares(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def refuse(call: Call) -> None:
        await call.reject(404)

    async def start(task_status: trio.TaskStatus[FeedCounts]) -> None:
        await rig.follow(refuse, kit.serving(kit.list_of(12)), task_status=task_status)

    counts: FeedCounts = await rig.nursery.start(start)
    await trio.sleep(350)
    assert (counts.connects, counts.reconnects, counts.refusals) == (2, 1, 1)
    assert counts.last_frame is not None
    assert kit.epoch + 330 < counts.last_frame <= kit.epoch + 350


async def test_times_are_those_of_the_profile(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def play(call: Call) -> None:
        await call.accept()
        await call.listen()

    rig.profile = attrs.evolve(rig.profile, silence=7.0, quiet=6.0)
    await rig.follow(play, kit.serving([]), seconds=20)
    assert rig.opened[:2] == [0, 7]
