"""Shaking hands: what we say, and what becomes of answers that are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import trio

from actionbus.events.base import FeedState
from actionbus.session import FeedProfile

if TYPE_CHECKING:
    from tests.core.feed.conftest import Kit
    from tests.core.feed.rig import Call, Rig
    from trio.testing import MockClock


async def test_the_token_goes_first_and_then_nothing_is_said(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    said: list[str | bytes] = []

    async def play(call: Call) -> None:
        await call.accept()
        await call.say(kit.heartbeat)
        with trio.move_on_after(10):
            said.append(await call.connection.get_message())

    await rig.follow(play, seconds=11)
    (call, *_) = rig.calls
    assert call.path == "/media/basketball/fixtures/fixture-1/actions"
    assert call.headers["accept"] == "application/vnd.imggaming.dde.api+json;version=1"
    assert call.headers["authorization"] == f"Bearer {kit.token}"
    assert json.loads(call.first) == {"authToken": kit.token}
    assert said == []


async def test_sport_and_speed_are_in_the_address(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    rig.profile = FeedProfile(url="ws://feed.test:81", sport="v2/volleyball", speed="fast")
    await rig.follow(kit.serving([]), seconds=1)
    assert rig.calls[0].path == "/media/v2/volleyball/fixtures/fixture-1/actions?speed=fast"


async def test_the_handshake_must_be_over_within_25_s(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def play(call: Call) -> None:
        await trio.sleep_forever()

    await rig.follow(play, kit.serving([]), seconds=100)
    assert rig.opened == [0, 25]
    assert "did not finish the handshake within 25 s" in rig.statuses[0].reason


async def test_a_server_that_hangs_up_during_the_handshake_is_not_waited_for(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def play(call: Call) -> None:
        await call.cut()

    await rig.follow(play, kit.serving([]), seconds=100)
    assert rig.opened == [0, 0]
    assert rig.statuses[0].reason == "the server hung up during the handshake"


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\xff" * 40,
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
        b"HTTP/1.1 101 \r\nUpgrade: \xff\r\nConnection: \xff\r\n\r\n",
        b"HTTP/1.1 101 \r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: \xff\r\n\r\n",
        b"HTTP/1.1 101 \r\nX: " + b"y" * 200_000,
        b"HTTP/1.1 999 \xff\r\n\r\n",
    ],
)
async def test_whatever_a_hostile_server_answers_is_one_sentence(
    autojump_clock: MockClock, rig: Rig, kit: Kit, answer: bytes
) -> None:
    async def play(call: Call) -> None:
        await call.raw(answer)
        await trio.sleep(1)
        await call.cut()

    await rig.follow(play, kit.serving(kit.list_of(2)), seconds=100)
    assert rig.heard == kit.added(range(2))
    assert rig.states == [FeedState.DOWN, FeedState.RECOVERED]
    assert "\n" not in rig.statuses[0].reason
    assert rig.statuses[0].reason.startswith(("feed.test does not answer as a websocket", "the server "))


async def test_what_is_sent_right_behind_the_handshake_is_read_though_the_server_hangs_up(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def play(call: Call) -> None:
        await call.accept()
        await call.say(*kit.list_of(2))
        await call.cut()

    await rig.follow(play, seconds=0.1)
    assert rig.heard == kit.added(range(2))
