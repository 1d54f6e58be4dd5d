"""Messages at which every websocket client must fail the connection: one costs itself and nothing else."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from actionbus.events.base import FeedState

if TYPE_CHECKING:
    from tests.core.feed.conftest import Kit
    from tests.core.feed.rig import Call, Play, Rig
    from trio.testing import MockClock


async def cut(call: Call) -> None:
    await call.cut()


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
        assert rig.states[-1] is FeedState.RECOVERED


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


async def test_what_cannot_be_received_costs_no_more_waiting_than_the_limit_of_connects(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    bad = kit.frame(b"\xff")

    async def play(call: Call) -> None:
        await call.accept()
        for place in range(call.position, 60):
            await (call.raw(bad) if place in range(10, 60, 2) else call.say(kit.packet(place)))
        await call.beat()

    await rig.follow(*[play] * 100, rng=kit.latest, seconds=100)
    assert len(rig.bad) == 25
    assert len(rig.opened) == 51
    assert rig.opened[-1] < 14


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
