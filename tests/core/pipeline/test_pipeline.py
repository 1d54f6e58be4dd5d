"""One fixture's pipeline: packets in, rows out, each with what follows from it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.core.plugins import Bus, listener, open_fixture
from trio.testing import wait_all_tasks_blocked

from actionbus import ALL_CHANGES, Action, Event, FeedState, FeedStatus, Steal, box_score, on
from actionbus.host import Plugin
from actionbus.log import RowKind
from actionbus.simulator import generate_match


def packet(number: int = 1, **fields: object) -> str:
    content: dict[str, Any] = {
        "actionId": f"a-{number}",
        "clockTime": "08:02",
        "fixtureActionType": "Steal",
        "fixtureActionTypeId": 222,
        "fixtureId": "fixture-1",
        "fixtureSeqNum": number,
        "period": 1,
        "sendType": "Confirmed",
        "timelineSequence": number,
        "timestamp": f"2026-01-01T18:07:{number:02}Z",
    }
    return json.dumps({"fixtureAction": content | fields})


def ear(heard: list[Event], *kinds: type[Event]) -> Plugin:
    async def hear(event: Event) -> None:
        heard.append(event)

    return listener("ear", lambda _: [on(kind, hear, changes=ALL_CHANGES) for kind in kinds])


async def test_a_packet_becomes_a_row_and_an_event() -> None:
    heard: list[Event] = []
    bus = Bus()
    async with bus.hosting(ear(heard, Action)) as host:
        pipeline = await open_fixture(host)
        action = pipeline.accept(packet(), received=5e9)
        assert isinstance(action, Steal)
        (row,) = await bus.log.read("fixture-1", 0, 9)
        assert (row.kind, row.body, row.received, row.at) == (RowKind.PACKET, packet(), 5e9, action.timestamp)
        assert row.decision is not None
        await host.caught_up()
    assert [(each.id, each.position) for each in heard] == [("a-1:1", row.position)]
    assert pipeline.counts.packets == 1


@pytest.mark.parametrize("text", ["", "{", b"\xff\xfe", packet(fixtureId="another"), packet(period="x")])
async def test_a_bad_packet_is_counted_and_kept_aside_with_the_reason(text: str | bytes) -> None:
    heard: list[Event] = []
    bus = Bus()
    with capture_logs() as logs:
        async with bus.hosting(ear(heard, Action)) as host:
            pipeline = await open_fixture(host)
            assert pipeline.accept(text) is None
            assert pipeline.accept(packet(2)) is not None
            await host.caught_up()
    assert [each.id for each in heard] == ["a-2:1"]
    assert (pipeline.counts.packets, pipeline.counts.bad) == (2, 1)
    (kept,) = (row for row in bus.log.all if row.kind is RowKind.BAD_PACKET)
    assert [each["reason"] for each in logs] == [kept.reason]
    assert (kept.body, kept.n) == (text, 1)


async def test_gaps_in_the_feeds_numbers_are_counted_and_mean_nothing() -> None:
    async with Bus().hosting() as host:
        pipeline = await open_fixture(host)
        for number, seq in enumerate([5, 6, 9, 2, 3, None, 4]):
            pipeline.accept(packet(number, fixtureSeqNum=seq))
    assert pipeline.counts.gaps == 1
    assert pipeline.counts.bad == 0


async def test_a_feed_that_stands_as_it_stood_is_not_told_again_but_each_refusal_is() -> None:
    heard: list[Event] = []
    async with Bus().hosting(ear(heard, FeedStatus)) as host:
        pipeline = await open_fixture(host)
        for state, reason in [
            (FeedState.LIVE, ""),
            (FeedState.LIVE, ""),
            (FeedState.DOWN, "cut"),
            (FeedState.DOWN, "cut again"),
            (FeedState.REFUSED, "who are you?"),
            (FeedState.REFUSED, "I said no"),
            (FeedState.FINISHED, ""),
        ]:
            pipeline.tell(state, reason)
        await host.caught_up()
    assert [each.reason for each in heard if isinstance(each, FeedStatus)] == [
        *("", "cut", "who are you?", "I said no", ""),
    ]
    assert len({each.id for each in heard}) == 5


async def test_a_feed_stands_as_it_does_since_it_was_told_where_nothing_else_is_said() -> None:
    heard: list[Event] = []
    async with Bus().hosting(ear(heard, FeedStatus)) as host:
        pipeline = await open_fixture(host)
        pipeline.tell(FeedState.LIVE, received=10.0)
        pipeline.tell(FeedState.STALE, received=30.0, since=14.0)
        pipeline.tell(FeedState.REFUSED, received=31.0, since=0.0)
        pipeline.tell(FeedState.REFUSED, received=40.0, since=40.0)
        pipeline.tell(FeedState.RECOVERED, received=50.0, since=14.0, missed=7)
        action = pipeline.accept(packet(1))
        pipeline.tell(FeedState.FINISHED)
        await host.caught_up()
    assert action is not None
    assert [(each.since, each.missed) for each in heard if isinstance(each, FeedStatus)] == [
        *((10.0, 0), (14.0, 0), (0.0, 0), (0.0, 0), (14.0, 7), (action.timestamp, 0)),
    ]


async def test_a_fixture_that_is_over_keeps_its_game_and_neither_lanes_nor_actions() -> None:
    recording = generate_match(4711)
    async with Bus().hosting(ear([], Steal)) as host:
        pipeline = await host.open_fixture(recording.fixture)
        for each in recording.packets:
            pipeline.accept(each)
        before = box_score(pipeline.game)
        pipeline.tell(FeedState.FINISHED)
        await host.caught_up()
        pipeline.close()
        await wait_all_tasks_blocked()
        assert pipeline.route.lanes == []
        assert len(pipeline.timeline) == 0
        assert len(list(pipeline.game.actions())) <= 3
        assert box_score(pipeline.game) == before
        assert before["clock"] == "00:00"


async def test_times_never_fall_whatever_kind_the_rows_are() -> None:
    heard: list[Event] = []
    async with Bus().hosting(ear(heard, Action, FeedStatus)) as host:
        pipeline = await open_fixture(host)
        pipeline.clock.run()
        pipeline.accept(packet(30))
        pipeline.tell(FeedState.LIVE)
        pipeline.clock.stop()
        pipeline.tell(FeedState.DOWN)
        pipeline.accept(packet(20))
        pipeline.accept(packet(31))
        await host.caught_up()
    times = [each.at for each in heard]
    assert times == sorted(times)
    assert times[-1] - times[0] == 1.0


async def test_an_action_that_vanished_is_withdrawn() -> None:
    heard: list[Event] = []
    async with Bus().hosting(ear(heard, Action)) as host:
        pipeline = await open_fixture(host)
        pipeline.accept(packet(1))
        pipeline.vanish("a-1", received=5e9)
        await host.caught_up()
    assert [(each.id, each.change.value) for each in heard] == [("a-1:1", "added"), ("a-1:2", "withdrawn")]
    assert not list(pipeline.game.actions())
