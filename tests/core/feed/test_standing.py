"""What is told of how a feed stands: since when, how much was missed, and that it is back only when all has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
from tests.core.feed.rig import Rewound

from actionbus.bus import FixtureClock
from actionbus.events.base import Action, FeedState, FeedStatus, Origin
from actionbus.feed.intake import Intake
from actionbus.pipeline import Pipeline
from actionbus.session import FeedProfile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.core.feed.conftest import Kit
    from tests.core.feed.rig import Call, Play, Rig
    from trio.testing import MockClock

LIVE, STALE, DOWN = FeedState.LIVE, FeedState.STALE, FeedState.DOWN
REFUSED, RECOVERED, FINISHED = FeedState.REFUSED, FeedState.RECOVERED, FeedState.FINISHED


async def cut(call: Call) -> None:
    await call.cut()


async def beat(call: Call) -> None:
    await call.beat()


async def refuse(call: Call) -> None:
    await call.reject(401)


def told(rig: Rig, kit: Kit) -> list[tuple[FeedState, float, int]]:
    """Each status: state, since (seconds from the start of the test), missed."""
    return [(each.state, round(each.since - kit.epoch, 3), each.missed) for each in rig.statuses]


def speaking(*pauses: float, then: Play = cut) -> Play:
    """Accept, and send a heartbeat after each pause."""

    async def play(call: Call) -> None:
        await call.accept()
        for pause in pauses:
            await trio.sleep(pause)
            await call.say('{"message":"Heartbeat sent at 2026-01-01T18:07:54Z","level":"INFO"}')
        await then(call)

    return play


async def test_the_first_time_up_is_live_at_once(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def late(call: Call) -> None:
        await trio.sleep(3)
        await kit.serving(kit.list_of(5))(call)

    await rig.follow(late, seconds=50)
    assert told(rig, kit) == [(LIVE, 3, 0)]
    assert isinstance(rig.log.rows[0].events[0], FeedStatus)


async def test_15_s_of_silence_are_told_once_while_the_connection_stands_and_a_heartbeat_ends_them(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    await rig.follow(speaking(10, 14.9, 24.9, then=beat), seconds=60)
    assert len(rig.opened) == 1
    assert told(rig, kit) == [(LIVE, 0, 0), (STALE, 24.9, 0), (RECOVERED, 24.9, 0)]
    assert rig.statuses[1].reason == "nothing came for 15 s, though a heartbeat is due each 10 s"


async def test_a_feed_goes_stale_as_often_as_it_falls_silent(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    await rig.follow(speaking(20, 20, 5, then=beat), seconds=50)
    assert told(rig, kit) == [(LIVE, 0, 0), (STALE, 0, 0), (RECOVERED, 0, 0), (STALE, 20, 0), (RECOVERED, 20, 0)]


async def test_a_packet_ends_a_silence_before_it_is_handed_on_itself(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def play(call: Call) -> None:
        await kit.serving(kit.list_of(2), then=fall_silent)(call)
        await call.say(kit.packet(2), kit.packet(3))
        await call.beat()

    async def fall_silent(call: Call) -> None:
        await trio.sleep(20)

    await rig.follow(play, seconds=40)
    kinds = [event.state if isinstance(event, FeedStatus) else "" for row in rig.log.rows for event in row.events]
    assert kinds == [LIVE, "", "", STALE, RECOVERED, "", ""]
    assert rig.statuses[-1].missed == 0
    assert [event.origin for event in rig.events] == [Origin.CATCH_UP, Origin.CATCH_UP, Origin.LIVE, Origin.LIVE]


async def test_silence_that_lasts_is_an_outage_since_the_feed_was_last_heard(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def listen(call: Call) -> None:
        await call.listen()

    await rig.follow(speaking(8, then=listen), kit.serving([]), seconds=50)
    assert told(rig, kit) == [(LIVE, 0, 0), (STALE, 8, 0), (DOWN, 8, 0), (RECOVERED, 8, 0)]


async def test_who_does_not_read_himself_calls_nobody_stale(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    class Crowded(Rewound):
        @property
        def crowded(self) -> bool:
            return 12 < trio.current_time() < 35

        async def room(self) -> None:
            if self.crowded:
                await trio.sleep_until(35)

    rig.log = Crowded()
    rig.pipeline.log = rig.log
    await rig.follow(speaking(9, 4, then=beat), seconds=60)
    assert told(rig, kit) == [(LIVE, 0, 0)]


async def test_a_loop_that_is_held_up_is_not_a_silence_of_the_feed(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def play(call: Call) -> None:
        await call.accept()
        await trio.sleep(5)
        for _ in range(20):  # which of the tasks goes first is a matter of luck
            autojump_clock.jump(16)
            await call.say(kit.heartbeat)
            await trio.sleep(1)
        await call.beat()

    await rig.follow(play, seconds=500)
    assert told(rig, kit) == [(LIVE, 0, 0)]


async def test_a_server_that_has_not_accepted_us_is_not_stale(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def mute(call: Call) -> None:
        await call.accept(None)
        await call.listen()

    await rig.follow(mute, speaking(5), mute, seconds=40)
    assert told(rig, kit) == [(DOWN, 25, 0), (RECOVERED, 25, 0), (DOWN, 30, 0)]


async def test_a_server_that_has_not_accepted_us_was_not_heard(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def only_beat(call: Call) -> None:
        await call.accept(None)
        await call.beat()

    await rig.follow(only_beat, seconds=30)
    assert told(rig, kit) == [(DOWN, 25, 0)]


async def test_a_feed_that_is_finished_is_not_stale(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def fall_silent(call: Call) -> None:
        await trio.sleep(5)
        await call.say(kit.heartbeat)
        await trio.sleep_forever()

    await rig.follow(kit.serving(kit.list_of(3, finished=True), then=fall_silent))
    assert [state for state, _, _ in told(rig, kit)] == [LIVE, FINISHED]


async def test_the_feed_has_recovered_when_what_was_missed_has_come(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    packets: list[str] = kit.list_of(30)

    async def hang(call: Call) -> None:
        await call.beat(33)
        await call.cut()

    async def slowly(call: Call) -> None:
        await trio.sleep(7)
        await call.accept()
        await trio.sleep(2)
        for packet in packets[call.position : 25]:
            await trio.sleep(0.2)
            await call.say(packet)
        await trio.sleep(5)
        await call.say(packets[25])
        await call.beat()

    await rig.follow(kit.serving(packets[:20], then=hang), slowly, seconds=70)
    assert told(rig, kit) == [(LIVE, 0, 0), (DOWN, 30, 0), (RECOVERED, 30, 5)]
    rows = [row for row in rig.log.rows if row.events]
    ids = ["" if isinstance(event, FeedStatus) else event.id for row in rows for event in row.events]
    assert ids == ["", *(f"a{number}:1" for number in range(20)), "", *(f"a{n}:1" for n in range(20, 25)), "", "a25:1"]
    assert rows[-2].received - kit.epoch == pytest.approx(33 + 7 + 2 + 13 * 0.2 + 0.25)
    assert rig.events[-2].origin is Origin.CATCH_UP
    assert rig.events[-1].origin is Origin.LIVE


async def test_an_outage_goes_on_over_connections_that_bring_only_part_of_what_was_missed(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def cut_later(call: Call) -> None:
        await trio.sleep(0.1)
        await call.cut()

    packets: list[str] = kit.list_of(30)
    parts = [kit.serving(packets[:count], then=cut_later) for count in (23, 25)]
    await rig.follow(kit.serving(packets[:20], then=cut), *parts, kit.serving(packets), seconds=60)
    assert told(rig, kit) == [(LIVE, 0, 0), (DOWN, 0, 0), (RECOVERED, 0, 10)]


async def test_the_next_outage_counts_from_nought(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def later(call: Call) -> None:
        await call.beat(12)
        await call.cut()

    packets: list[str] = kit.list_of(30)
    plays = [kit.serving(packets[:count], then=later) for count in (20, 23, 24)]
    await rig.follow(*plays, seconds=37)
    assert told(rig, kit)[:5] == [(LIVE, 0, 0), (DOWN, 10, 0), (RECOVERED, 10, 3), (DOWN, 22, 0), (RECOVERED, 22, 1)]


async def test_of_a_list_that_has_changed_what_it_says_that_is_new_was_missed(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    old: list[str] = ["{", *kit.list_of(30)]
    new = [*old[:10], *old[14:20], kit.packet(20, player=None), *old[22:], *map(kit.packet, range(30, 36)), "["]
    await rig.follow(kit.serving(old, then=cut), kit.serving(new), kit.serving(new), seconds=100)
    assert told(rig, kit) == [(LIVE, 0, 0), (DOWN, 0, 0), (RECOVERED, 0, 8)]
    assert rig.log.rows[-1].events == (rig.statuses[-1],)


async def test_bad_packets_are_missed_like_others(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    packets = [*kit.list_of(20), "{", kit.packet(20), "["]
    await rig.follow(kit.serving(packets[:20], then=cut), kit.serving(packets), seconds=50)
    assert told(rig, kit)[-1] == (RECOVERED, 0, 3)


async def test_a_feed_is_refused_since_the_first_refusal_and_was_lost_before(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def later(call: Call) -> None:
        await call.beat(11)
        await call.cut()

    async def unavailable(call: Call) -> None:
        await call.reject(503)

    plays = [kit.serving(kit.list_of(3), then=later), refuse, refuse, unavailable, kit.serving(kit.list_of(4))]
    await rig.follow(*plays, seconds=1000)
    assert told(rig, kit) == [
        *((LIVE, 0, 0), (DOWN, 10, 0), (REFUSED, 11, 0), (REFUSED, 11, 0), (DOWN, 10, 0), (RECOVERED, 10, 1)),
    ]


async def test_a_server_that_expels_us_was_last_heard_before(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def expel(call: Call) -> None:
        await trio.sleep(5)
        await call.say('{"errorMessage":"The token has expired"}')

    await rig.follow(speaking(10, then=expel), kit.serving([]), seconds=400)
    assert told(rig, kit) == [(LIVE, 0, 0), (REFUSED, 15, 0), (RECOVERED, 10, 0)]


async def test_a_feed_that_is_down_from_the_start_is_so_since_we_found_out(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def hang(call: Call) -> None:
        await trio.sleep_forever()

    await rig.follow(hang, kit.serving(kit.list_of(4)), seconds=60)
    assert told(rig, kit) == [(DOWN, 25, 0), (RECOVERED, 25, 4)]


async def test_a_list_that_never_pauses_has_caught_up_after_20_s(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def stream(call: Call) -> None:
        await call.accept()
        await call.say(*kit.list_of(12)[call.position :])
        for number in range(12, 400):
            await trio.sleep(0.1)
            await call.say(kit.packet(number))
        await call.beat()

    await rig.follow(kit.serving(kit.list_of(12), then=cut), stream, seconds=60)
    (missed,) = (each.missed for each in rig.statuses if each.state is RECOVERED)
    assert missed == pytest.approx(200, abs=2)
    late = [event.origin is Origin.CATCH_UP for event in rig.events[12:]]
    assert late == [True] * missed + [False] * (388 - missed)


async def test_a_fixture_that_ends_while_it_catches_up_has_recovered_first(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def close(call: Call) -> None:
        await call.close(1000)

    packets = kit.list_of(14, finished=True)
    await rig.follow(kit.serving(packets[:12], then=cut), kit.serving(packets, then=close))
    assert told(rig, kit) == [(LIVE, 0, 0), (DOWN, 0, 0), (RECOVERED, 0, 2), (FINISHED, 0, 0)]


async def test_a_fixture_that_ends_before_all_has_come_has_not_recovered(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    packets = kit.list_of(12, finished=True)

    async def later(call: Call) -> None:
        await call.beat(10)
        await call.cut()

    await rig.follow(kit.serving(packets, then=later), kit.serving([]))  # nothing of the overlap
    assert [state for state, _, _ in told(rig, kit)] == [LIVE, DOWN, FINISHED]


def serve(intake: Intake, packets: Sequence[str], now: float) -> None:
    intake.resume()
    intake.accepted(now)
    for each in packets:
        intake.receive(each, now)


@pytest.mark.parametrize("before", [[], [DOWN]])
def test_up_is_told_once_however_often_a_list_is_begun_anew(kit: Kit, before: list[FeedState]) -> None:
    log = Rewound()
    intake = Intake(Pipeline(kit.fixture, log, FixtureClock(lambda: 0.0)), FeedProfile(url="ws://feed.test"))
    for state in before:
        intake.standing.lose(state, "", kit.epoch)
    for _ in range(3):
        serve(intake, kit.list_of(3), kit.epoch)
        intake.run_out(kit.epoch)
        intake.begin_anew()
    states = [event.state for row in log.rows for event in row.events if isinstance(event, FeedStatus)]
    assert states == [*before, RECOVERED if before else LIVE]
    assert sum(isinstance(event, Action) for row in log.rows for event in row.events) == 3
