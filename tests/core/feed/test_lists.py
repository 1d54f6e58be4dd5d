"""The feed's list over reconnects: nothing doubled, nothing lost, and of a changed list only what differs."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import trio
from structlog.testing import capture_logs

from actionbus.events.base import FeedState
from actionbus.log import RowKind

if TYPE_CHECKING:
    from tests.core.feed.conftest import Kit
    from tests.core.feed.rig import Call, Play, Rig
    from trio.testing import MockClock


async def cut(call: Call) -> None:
    await call.cut()


@pytest.mark.parametrize("base", [-1, 0, 1])
async def test_a_cut_loses_and_doubles_nothing_whatever_the_base(
    autojump_clock: MockClock, rig: Rig, kit: Kit, base: int
) -> None:
    packets = kit.list_of(60)
    cuts = (0, 1, 3, 8, 9, 10, 25, 33, 33, 40, 59)
    plays = [kit.serving(packets[:count], base=base, then=cut) for count in cuts]
    await rig.follow(*plays, kit.serving(packets, base=base), seconds=100)
    assert rig.heard == kit.added(range(60))
    assert [call.position for call in rig.calls] == [0, 0, 0, 0, 0, 1, 2, 17, 25, 25, 32, 51]


async def test_the_feed_has_recovered_once_the_overlap_has_come_again(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def late(call: Call) -> None:
        await call.accept()
        await trio.sleep(5)
        await call.say(*kit.list_of(13)[4:12])
        await trio.sleep(0.2)
        assert rig.states == [FeedState.LIVE, FeedState.DOWN]
        await trio.sleep(0.1)
        assert rig.states == [FeedState.LIVE, FeedState.DOWN, FeedState.RECOVERED]
        assert rig.heard == kit.added(range(12))
        await call.say(kit.packet(12))
        await call.beat()

    await rig.follow(kit.serving(kit.list_of(12), then=cut), late, seconds=50)
    assert rig.heard == kit.added(range(13))


async def test_an_overlap_that_does_not_come_within_20_s_is_fetched_from_the_start(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    """A startPosition beyond the end of the list is answered by silence: the list has become shorter."""
    await rig.follow(kit.serving(kit.list_of(30), then=cut), kit.serving([]), kit.serving(kit.list_of(20)), seconds=100)
    assert rig.opened == [0, 0, 20]
    assert [call.position for call in rig.calls] == [0, 22, 0]
    assert rig.heard == kit.added(range(30)) + [(f"a{number}:2", "withdrawn") for number in range(20, 30)]
    assert rig.states[-1] is FeedState.RECOVERED
    assert rig.pipeline.counts.packets == 20


async def test_an_overlap_that_comes_only_in_part_is_fetched_from_the_start(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    packets = kit.list_of(30)
    await rig.follow(kit.serving(packets, then=cut), kit.serving(packets[:25]), kit.serving(packets), seconds=100)
    assert rig.opened == [0, 0, 20]
    assert rig.heard == kit.added(range(30))


async def test_of_a_list_that_has_changed_only_the_difference_is_told(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    old = kit.list_of(30)
    new = [*old[:10], *old[14:20], kit.packet(20, player=None), *old[21:], *map(kit.packet, range(30, 36))]
    await rig.follow(kit.serving(old, then=cut), kit.serving(new), kit.serving(new), seconds=100)
    assert [call.position for call in rig.calls] == [0, 22, 0]
    assert rig.heard == [
        *kit.added(range(30)),
        *((f"a{number}:2", "withdrawn") for number in range(10, 14)),
        ("a20:2", "amended"),
        *kit.added(range(30, 36)),
    ]
    assert rig.states == [FeedState.LIVE, FeedState.DOWN, FeedState.RECOVERED]


async def test_after_a_changed_list_we_go_on_by_its_places(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    old = kit.list_of(30)
    new = [*old[:10], *old[20:]]
    more = [*new, *map(kit.packet, range(30, 40))]

    async def stay(call: Call) -> None:
        await call.beat(15)
        await call.cut()

    await rig.follow(
        kit.serving(old, then=cut), kit.serving(new), kit.serving(new, then=stay), kit.serving(more), seconds=100
    )
    assert [call.position for call in rig.calls] == [0, 22, 0, 12]
    assert rig.heard[-10:] == kit.added(range(30, 40))


async def test_a_cut_while_a_changed_list_is_fetched_costs_nothing(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    old = kit.list_of(40)
    new = [*old[:3], *old[7:], *map(kit.packet, range(40, 50))]
    cuts = [kit.serving(new[:count], then=cut) for count in (15, 30)]
    await rig.follow(kit.serving(old, then=cut), kit.serving(new), *cuts, kit.serving(new), seconds=100)
    assert [call.position for call in rig.calls] == [0, 32, 0, 7, 22]
    assert rig.heard == [
        *kit.added(range(40)),
        *((f"a{number}:2", "withdrawn") for number in range(3, 7)),
        *kit.added(range(40, 50)),
    ]


async def test_a_list_that_is_empty_all_of_a_sudden_takes_nothing_back(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    old = kit.list_of(30)
    empty = kit.serving([])
    await rig.follow(kit.serving(old, then=cut), empty, empty, empty, kit.serving(old), seconds=200)
    assert rig.heard == kit.added(range(30))
    assert rig.states[-1] is FeedState.RECOVERED


async def test_a_finished_list_that_became_shorter_is_complete_when_the_server_closes(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    old = kit.list_of(30)
    new = [*old[:10], *old[20:], kit.packet(30, finished=True)]

    async def close(call: Call) -> None:
        await call.close(1000)

    served = kit.serving(new, then=close)
    await rig.follow(kit.serving(old, then=cut), served, served, served, seconds=100)
    assert [call.position for call in rig.calls] == [0, 22, 22, 0]
    assert rig.heard == [
        *kit.added(range(30)),
        *((f"a{number}:2", "withdrawn") for number in range(10, 20)),
        *kit.added([30]),
    ]
    assert rig.states[-1] is FeedState.FINISHED


async def test_bad_packets_take_a_place_and_are_kept_aside_once(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    packets: list[str | bytes] = [*kit.list_of(40)]
    foreign = kit.packet(98).replace(kit.fixture, "fixture-2")
    for place, bad in ((0, "{"), (5, foreign), (12, b"\xff\xfe"), (13, ""), (30, '{"fixtureAction":7}')):
        packets.insert(place, bad)
    plays: list[Play] = [kit.serving(packets[:count], then=cut) for count in range(1, 45, 4)]
    await rig.follow(*plays, kit.serving(packets), seconds=100)
    assert rig.heard == kit.added(range(40))
    assert len(rig.bad) == rig.pipeline.counts.bad == 5
    assert rig.pipeline.counts.packets == 45


async def test_bad_packets_of_a_list_that_is_fetched_anew_are_not_told_again(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    old = ["{", *kit.list_of(30)]
    new = ["{", *kit.list_of(30)[4:], "["]
    with capture_logs() as logs:
        await rig.follow(kit.serving(old, then=cut), kit.serving(new), kit.serving(new), seconds=100)
    assert len([each for each in logs if each["event"] == "bad packet kept aside"]) == 2
    kept = [(row.body, row.epoch, row.n) for row in rig.log.rows if row.kind is RowKind.BAD_PACKET]
    assert kept == [("{", 0, 1), ("{", 1, 1), ("[", 1, 28)]


async def test_statistics_and_notices_take_no_place(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    packets = kit.list_of(20)

    async def chatty(call: Call) -> None:
        await call.accept()
        for packet in packets[call.position : call.position + 11]:
            await call.say('{"seqNum":1,"teamActionAggregates":[]}', packet, kit.heartbeat)
        await call.cut()

    await rig.follow(chatty, chatty, chatty, chatty, kit.serving(packets), seconds=100)
    assert rig.heard == kit.added(range(20))


async def test_frames_of_a_shape_that_nobody_knows_do_not_move_our_place(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def odd(call: Call) -> None:
        await call.accept()
        await call.say('{"dataType":"connectionState","state":"up"}', *kit.list_of(20))
        await call.cut()

    await rig.follow(odd, kit.serving(kit.list_of(30)), seconds=50)
    assert [call.position for call in rig.calls] == [0, 12]
    assert rig.heard == kit.added(range(30))
    assert rig.pipeline.counts.bad == 0


async def test_a_changed_list_that_is_cut_while_it_is_fetched_anew_is_not_waited_for_ever_longer(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    new = kit.list_of(5) + kit.list_of(205)[9:]
    cuts = [kit.serving(new[:count], then=cut) for count in range(10, 200, 10)]
    plays = [kit.serving(kit.list_of(200), then=cut), kit.serving(new, then=cut), *cuts, kit.serving(new)]
    await rig.follow(*plays, rng=kit.latest, seconds=100)
    waits = [later - sooner for sooner, later in pairwise(rig.opened)]
    assert len(waits) == len(cuts) + 2
    assert max(waits) <= 1.5
    assert rig.heard[200:] == [(f"a{gone}:2", "withdrawn") for gone in range(5, 9)] + kit.added(range(200, 205))
