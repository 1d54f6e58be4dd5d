"""Rows that are read from the disk say what was said live: their events need no Timeline."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.log.journals import Run, actions, ask, assert_alike, folder, give, keep_rows, read_all, running
from tests.core.log.players import ear, folding, publisher

from actionbus import Event, FeedState, FeedStatus, Origin
from actionbus.log import Row, RowKind
from actionbus.recording import fixture_of
from actionbus.simulator import generate_match

if TYPE_CHECKING:
    from tests.conftest import RealGame

BAD: tuple[str | bytes, ...] = (
    "", "{", b"\xff\xfe\x00", b"", '{"fixtureAction": 7}', "\N{BASKETBALL AND HOOP} \x00 \r\n",
)  # fmt: skip


async def play(run: Run, fixture: str, packets: Sequence[str | bytes]) -> list[Row]:
    """Play packets live, now and then with an outage; return all rows as they were handed on."""
    handed_on = keep_rows(run.log)
    pipeline = await run.open(fixture)
    pipeline.clock.run()
    pipeline.tell(FeedState.LIVE, received=1.5)
    for number, packet in enumerate(packets):
        pipeline.accept(packet, 1.8e9 + number)
        if number % 50 == 0:
            pipeline.tell(FeedState.DOWN, f"cut at {number} \N{BASKETBALL AND HOOP}", 1.8e9 + number)
            pipeline.origin = Origin.CATCH_UP
            pipeline.tell(FeedState.RECOVERED, received=1.8e9 + number, since=1.8e9 + number - 17.25, missed=number)
        if number % 50 == 9:
            pipeline.origin = Origin.LIVE
            await run.settled()
    pipeline.tell(FeedState.FINISHED, received=2e9)
    await run.settled()
    return handed_on


async def assert_read_as_told(path: Path, fixture: str, packets: Sequence[str | bytes]) -> list[Row]:
    heard: list[Event] = []
    async with running(path, folding(), publisher(), ear(heard)) as run:
        handed_on = await play(run, fixture, packets)
        assert_alike(await read_all(run.log, fixture), handed_on)
        assert run.failures == []
    told = [event for row in handed_on for event in row.events]
    assert [(each.id, each.change, each.position) for each in heard] == [
        (each.id, each.change, each.position) for each in told
    ]
    async with running(path, folding(), publisher()) as run:
        await run.open(fixture)
        for until, origin in ((None, Origin.CATCH_UP), (handed_on[-1].position, Origin.HISTORY)):
            read = await read_all(run.log, fixture, until=until)
            assert_alike(read, handed_on, "origin")
            assert {event.origin for row in read for event in row.events} == {origin}
    return handed_on


async def test_rows_of_a_real_game_say_what_was_said_live(tmp_path: Path, real_game: RealGame) -> None:
    packets = real_game.packets
    fixture = fixture_of(packets[0])
    assert fixture is not None
    rows = await assert_read_as_told(tmp_path / "journal.db", fixture, packets)
    kinds = {row.kind for row in rows}
    assert kinds == {RowKind.PACKET, RowKind.MOMENT, RowKind.STATUS}
    assert [row.body for row in rows if row.kind is RowKind.PACKET] == packets


@pytest.mark.parametrize("seed", range(4))
async def test_rows_of_a_generated_game_with_bad_packets_say_what_was_said_live(tmp_path: Path, seed: int) -> None:
    recording = generate_match(seed)
    packets: list[str | bytes] = list(recording.packets)
    rng = random.Random(seed)
    for bad in BAD:
        packets.insert(rng.randrange(len(packets)), bad)
    rows = await assert_read_as_told(tmp_path / "journal.db", recording.fixture, packets)
    of_the_list = [row for row in rows if row.n is not None]
    assert [row.body for row in of_the_list] == packets
    assert [type(row.body) for row in of_the_list] == [type(packet) for packet in packets]
    assert [row.n for row in of_the_list] == list(range(1, len(packets) + 1))
    assert len([row for row in rows if row.kind is RowKind.BAD_PACKET]) == len(BAD)


SEND_TYPES = {"Pending": 1, "Updated": 2, "Cancelled": 3, "Deleted": 4, "Confirmed": 5, "Restored": 6}
PACKETS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from(sorted(SEND_TYPES)),
            st.sampled_from(["Steal", "Block", "3 Points Made"]),
            st.integers(0, 2),
        ),
        st.sampled_from(BAD),
        st.sampled_from(["vanish a", "vanish b"]),
    ),
    max_size=40,
)


def packet(action: str, send_type: str, kind: str, player: int, seq: int) -> str:
    said: dict[str, Any] = {
        "actionId": action,
        "fixtureId": "f",
        "fixtureActionType": kind,
        "fixtureSeqNum": seq,
        "period": 1,
        "clockTime": "09:00",
        "player": {"id": f"p{player}", "name": f"Player {player}"},
        "sendType": send_type,
        "sendTypeId": SEND_TYPES[send_type],
        "team": {"homeTeam": True, "id": "home", "name": "Home"},
        "timelineSequence": 1.5,
        "timestamp": f"2026-01-01T18:{seq // 60:02}:{seq % 60:02}Z",
    }
    return json.dumps({"fixtureAction": said, "version": 3})


@settings(max_examples=60)
@given(PACKETS)
async def test_rows_of_any_packets_say_what_was_said_live(steps: list[tuple[str, str, str, int] | str | bytes]) -> None:
    with folder() as place:
        async with running(place / "journal.db", folding(), publisher()) as run:
            handed_on = keep_rows(run.log)
            pipeline = await run.open("f")
            for seq, step in enumerate(steps):
                if isinstance(step, tuple):
                    give(pipeline, [packet(*step, seq)])
                elif isinstance(step, bytes) or not step.startswith("vanish"):
                    give(pipeline, [step])
                elif pipeline.timeline.get(step[-1]) is not None:
                    pipeline.vanish(step[-1], 1e9 + seq)
            await run.settled()
            assert_alike(await read_all(run.log, "f"), handed_on)
            head = run.log.head("f")
            again = await read_all(run.log, "f", until=head)
            assert_alike(again, handed_on, "origin")
            assert {event.origin for row in again for event in row.events} <= {Origin.HISTORY}
            assert len(set(actions(event for row in handed_on for event in row.events))) == len(
                actions(event for row in handed_on for event in row.events)
            )


async def test_a_status_of_an_older_version_stands_since_it_was_told_and_misses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with running(path) as run:
        pipeline = await run.open("f")
        pipeline.accept(packet("a", "Confirmed", "Steal", 1, 1), 1e9)
        pipeline.tell(FeedState.DOWN, "cut", 1.5e9, since=1.4e9)
        pipeline.tell(FeedState.RECOVERED, since=1.4e9, missed=3)  # in a replay nothing is received
    ask(path, "UPDATE row SET body = json_remove(body, '$.since', '$.missed') WHERE kind = ?", RowKind.STATUS.value)
    async with running(path) as run:
        await run.open("f")
        rows = await read_all(run.log, "f")
    statuses = [event for row in rows for event in row.events if isinstance(event, FeedStatus)]
    at = statuses[1].at
    assert at > 0
    assert [(each.state, each.reason, each.since, each.missed) for each in statuses] == [
        (FeedState.DOWN, "cut", 1.5e9, 0),
        (FeedState.RECOVERED, "", at, 0),
    ]
