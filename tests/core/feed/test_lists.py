"""The feed's list over reconnects: nothing doubled, nothing lost, and of a changed list only what differs."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import trio

from actionbus.events.base import FeedState

if TYPE_CHECKING:
    from tests.core.feed.conftest import Call, Kit, Play, Rig
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


async def test_we_are_live_once_the_overlap_has_come_again(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def late(call: Call) -> None:
        await call.accept()
        await trio.sleep(5)
        await call.say(*kit.list_of(13)[4:12])
        await trio.sleep(0.1)
        assert rig.states == [FeedState.LIVE, FeedState.DOWN, FeedState.LIVE]
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
    assert rig.states[-1] is FeedState.LIVE


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
    assert rig.states == [FeedState.LIVE, FeedState.DOWN, FeedState.LIVE]


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
    assert rig.states[-1] is FeedState.LIVE


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


async def test_bad_packets_of_a_list_that_is_fetched_anew_are_not_kept_aside_again(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    old = ["{", *kit.list_of(30)]
    new = ["{", *kit.list_of(30)[4:], "["]
    await rig.follow(kit.serving(old, then=cut), kit.serving(new), kit.serving(new), seconds=100)
    assert len(rig.bad) == 2


def spoilt(kit: Kit, packets: list[str], hole: int, bad: bytes, base: int = 0) -> Play:
    """Serve a list that has a frame at ``hole`` at which every client must fail the connection."""

    async def play(call: Call) -> None:
        await call.accept()
        start = max(0, call.position - base) if call.position else 0
        for place in range(start, len(packets)):
            if place == hole:
                await call.raw(bad)
            else:
                await call.say(packets[place])
        await call.beat()

    return play


@pytest.mark.parametrize("base", [-1, 0, 1])
@pytest.mark.parametrize("hole", [1, 3, 8, 20, 29])
async def test_a_text_that_is_not_utf8_is_kept_aside_and_what_follows_is_delivered(
    autojump_clock: MockClock, rig: Rig, kit: Kit, hole: int, base: int
) -> None:
    play = spoilt(kit, kit.list_of(30), hole, kit.frame(b'{"fixtureAction":"\xe9\xff"}'), base)
    await rig.follow(*[play] * 10, seconds=100)
    assert rig.heard == kit.added(number for number in range(30) if number != hole)
    assert len(rig.bad) == 1
    assert "cannot be received" in rig.bad[0]
    assert "'utf-8' codec can't decode" in rig.bad[0]
    assert rig.pipeline.counts.packets == 30
    assert len(rig.opened) <= 5
    assert not any(later < earlier for earlier, later in pairwise(call.position for call in rig.calls))
    if hole != 29 or base == 0:
        assert rig.states[-1] is FeedState.LIVE


@pytest.mark.parametrize(
    "bad",
    [
        b"too big",
        b"\xc1\x00",  # RSV1: compressed, which nobody asked for
        b"\x83\x00",  # an opcode that there is not
        b"\x80\x00",  # the rest of a message that never began
        b"\x81\x80\x00\x00\x00\x00",  # masked, as only a client's frames are
    ],
)
async def test_a_frame_that_breaks_the_rules_or_is_too_big_is_passed(
    autojump_clock: MockClock, rig: Rig, kit: Kit, bad: bytes
) -> None:
    frame = kit.frame(b'"' + b"x" * 17_000_000 + b'"') if bad == b"too big" else bad
    play = spoilt(kit, kit.list_of(30), 20, frame)
    await rig.follow(*[play] * 10, seconds=100)
    assert rig.heard == kit.added(number for number in range(30) if number != 20)
    assert len(rig.bad) == 1


async def test_a_server_whose_every_frame_breaks_the_rules_is_not_hammered(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def play(call: Call) -> None:
        await call.accept()
        await call.raw(b"\xc1\x00")
        await call.beat()

    await rig.follow(*[play] * 1000, rng=kit.latest, seconds=600)
    assert len(rig.opened) < 60


async def test_a_server_that_says_1007_itself_makes_us_give_no_packet_up(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    packets = kit.list_of(20)

    async def close(call: Call) -> None:
        await call.close(1007, "I do not like you")

    await rig.follow(*[kit.serving(packets[:12], then=close)] * 4, kit.serving(packets), seconds=100)
    assert rig.heard == kit.added(range(20))
    assert rig.bad == []


async def test_two_texts_in_a_row_that_are_not_utf8_are_both_passed(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    packets = kit.list_of(40)
    bad = kit.frame(b"\xff")

    async def play(call: Call) -> None:
        await call.accept()
        for place in range(call.position, 40):
            await (call.raw(bad) if place in (12, 13, 15, 30) else call.say(packets[place]))
        await call.beat()

    await rig.follow(*[play] * 20, seconds=100)
    assert rig.heard == kit.added(number for number in range(40) if number not in (12, 13, 15, 30))
    assert len(rig.bad) == 4


async def test_a_text_that_is_not_utf8_in_a_list_that_is_fetched_anew_is_passed_too(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    old = kit.list_of(30)
    new = [*old[:3], *old[7:], *map(kit.packet, range(30, 36))]
    play = spoilt(kit, new, 15, kit.frame(b"\xff"))
    await rig.follow(kit.serving(old, then=cut), *[play] * 10, seconds=200)
    assert rig.heard == [
        *kit.added(range(30)),
        *((f"a{number}:2", "withdrawn") for number in (3, 4, 5, 6, 19)),
        *kit.added(range(30, 36)),
    ]
    assert len(rig.bad) == 1


async def test_statistics_and_notices_take_no_place(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    packets = kit.list_of(20)

    async def chatty(call: Call) -> None:
        await call.accept()
        for packet in packets[call.position : call.position + 11]:
            await call.say('{"seqNum":1,"teamActionAggregates":[]}', packet, kit.heartbeat)
        await call.cut()

    await rig.follow(chatty, chatty, chatty, chatty, kit.serving(packets), seconds=100)
    assert rig.heard == kit.added(range(20))
