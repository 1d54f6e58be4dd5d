"""A list that is fetched anew, and stops short: nothing is taken back because the server fell silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from actionbus.events.base import FeedState

if TYPE_CHECKING:
    from tests.core.feed.conftest import Kit
    from tests.core.feed.rig import Call, Rig
    from trio.testing import MockClock


async def cut(call: Call) -> None:
    await call.cut()


@pytest.mark.parametrize("count", [1, 15, 29, 30, 33])
async def test_a_server_that_falls_silent_while_a_list_is_fetched_anew_takes_nothing_back(
    autojump_clock: MockClock, rig: Rig, kit: Kit, count: int
) -> None:
    async def freeze(call: Call) -> None:
        await trio.sleep(0.1)
        await call.freeze()

    old = kit.list_of(30)
    new = [*old[:3], *map(kit.packet, range(30, 36)), *old[3:]]
    await rig.follow(
        kit.serving(old, then=cut),
        kit.serving(new),
        kit.serving(new[:count], then=freeze),
        kit.serving(new),
        seconds=99,
    )
    assert rig.heard == kit.added(range(36))
    assert rig.states == [FeedState.LIVE, FeedState.DOWN, FeedState.RECOVERED]


async def test_a_server_that_answers_no_pings_says_by_a_heartbeat_that_a_list_is_complete(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def only_beat(call: Call) -> None:
        await trio.sleep(0.1)
        call.nursery.cancel_scope.cancel()  # and with it what reads, and answers pings
        with trio.CancelScope(shield=True):
            for _ in range(5):
                await trio.sleep(10)
                await call.raw(kit.frame(kit.heartbeat.encode()))

    old = kit.list_of(30)
    served = kit.serving(old[4:], then=only_beat)
    await rig.follow(kit.serving(old, then=cut), kit.serving(old[4:]), served, seconds=45)
    assert rig.heard[30:] == [(f"a{number}:2", "withdrawn") for number in range(4)]
    assert rig.states == [FeedState.LIVE, FeedState.DOWN, FeedState.RECOVERED]
