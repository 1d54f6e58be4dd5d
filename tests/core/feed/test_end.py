"""The end of a fixture: said by the feed, never by a close code, and not at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import trio

from actionbus.events.base import FeedState
from actionbus.feed import Ending

if TYPE_CHECKING:
    from tests.core.feed.conftest import Kit
    from tests.core.feed.rig import Call, Rig
    from trio.testing import MockClock

ENDED = [FeedState.LIVE, FeedState.FINISHED]


async def test_corrections_are_waited_for_25_s_and_then_we_close(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def stay(call: Call) -> None:
        rig.nursery.start_soon(call.listen)
        await call.beat()

    await rig.follow(kit.serving(kit.list_of(12, finished=True), then=stay))
    assert rig.ending is Ending.FINISHED
    assert rig.ended_at == 25
    assert rig.calls[0].closed == 1000
    assert rig.states == ENDED
    assert not rig.pipeline.clock.running


async def test_a_correction_after_the_end_counts_and_is_waited_behind(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def correct(call: Call) -> None:
        await call.beat(20)
        await call.say(kit.packet(99, action="a3", sendType="Deleted", sendTypeId=4, finished=True))
        await call.beat()

    await rig.follow(kit.serving(kit.list_of(12, finished=True), then=correct))
    assert rig.heard[-1] == ("a3:2", "withdrawn")
    assert rig.ended_at == 45
    assert rig.states == ENDED


async def test_a_packet_that_says_otherwise_opens_the_fixture_again(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def go_on(call: Call) -> None:
        await call.beat(20)
        await call.say(kit.packet(12))
        await call.beat(1000)
        await call.say(kit.packet(13, finished=True))
        await call.beat()

    await rig.follow(kit.serving(kit.list_of(12, finished=True), then=go_on))
    assert rig.heard == kit.added(range(14))
    assert rig.ended_at == 1045


@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_server_that_closes_cleanly_after_the_end_is_done(
    autojump_clock: MockClock, rig: Rig, kit: Kit, code: int
) -> None:
    async def close(call: Call) -> None:
        await trio.sleep(3)
        await call.close(code)

    await rig.follow(kit.serving(kit.list_of(12, finished=True), then=close))
    assert rig.ending is Ending.FINISHED
    assert rig.ended_at == 3
    assert rig.opened == [0]
    assert rig.states == ENDED


async def test_a_cut_after_the_end_is_mended_until_the_25_s_are_over(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    packets = kit.list_of(12, finished=True)

    async def cut(call: Call) -> None:
        await call.beat(10)
        await call.cut()

    await rig.follow(kit.serving(packets, then=cut), kit.serving(packets))
    assert rig.ended_at == 25
    assert [call.position for call in rig.calls] == [0, 4]
    assert rig.states == [FeedState.LIVE, FeedState.DOWN, FeedState.RECOVERED, FeedState.FINISHED]
    assert rig.heard == kit.added(range(12))


async def test_a_correction_that_comes_after_such_a_cut_counts(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    packets = kit.list_of(12, finished=True)
    more = [*packets, kit.packet(99, action="a3", sendType="Deleted", sendTypeId=4, finished=True)]

    async def cut(call: Call) -> None:
        await call.cut()

    await rig.follow(kit.serving(packets, then=cut), kit.serving(more))
    assert rig.heard[-1] == ("a3:2", "withdrawn")


async def test_a_server_that_is_gone_after_the_end_is_not_waited_for(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def cut(call: Call) -> None:
        await call.cut()

    await rig.follow(kit.serving(kit.list_of(12, finished=True), then=cut), rng=kit.latest)
    assert rig.ending is Ending.FINISHED
    assert rig.ended_at == 25


async def test_a_refusal_after_the_end_does_not_spoil_it(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def cut(call: Call) -> None:
        await call.cut()

    async def refuse(call: Call) -> None:
        await call.reject(404, "the fixture is over")

    finished = kit.serving(kit.list_of(12, finished=True), then=cut)
    await rig.follow(finished, refuse, give_up_when_refused=True)
    assert rig.ending is Ending.FINISHED
    assert rig.ended_at == 25


async def test_a_list_that_changed_after_the_end_is_still_fetched_anew(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    packets = kit.list_of(12, finished=True)
    new = [*packets[:3], *packets[7:]]

    async def cut(call: Call) -> None:
        await call.cut()

    await rig.follow(kit.serving(packets, then=cut), kit.serving(new), kit.serving(new))
    assert rig.heard[12:] == [(f"a{number}:2", "withdrawn") for number in range(3, 7)]
    assert rig.ending is Ending.FINISHED


async def test_a_list_that_is_wiped_after_the_end_does_not_put_it_off_for_ever(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def cut(call: Call) -> None:
        await call.cut()

    await rig.follow(kit.serving(kit.list_of(12, finished=True), then=cut), *[kit.serving([])] * 100)
    assert rig.ending is Ending.FINISHED
    assert rig.ended_at < 100
    assert rig.heard == kit.added(range(12))


async def test_finished_at_the_top_of_a_packet_is_as_good(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    packet = kit.packet(0).replace('"version": 3', '"version": 3, "finished": true')
    await rig.follow(kit.serving([packet]))
    assert rig.ending is Ending.FINISHED


async def test_without_the_word_of_the_feed_there_is_no_end(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def close(call: Call) -> None:
        await call.close(1000)

    await rig.follow(*[kit.serving(kit.list_of(12), then=close)] * 20, rng=kit.latest, seconds=10_000)
    assert rig.ending is None
    assert FeedState.FINISHED not in rig.states
    assert rig.ended_at == math.inf
