"""The real client on a journal: a start goes on in the feed's list where the last one ended, however that came."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trio
from attrs import define, field
from structlog.testing import capture_logs
from tests.core.feed.rig import Call, Play, Rig
from tests.core.log import disks
from tests.core.log.disks import install
from tests.core.log.journals import Run, ask, running
from tests.core.log.players import counter, ear
from trio.testing import MockClock

from actionbus import Action, Event, FeedState, FeedStatus
from actionbus.feed import Ending
from actionbus.log import database, writer

if TYPE_CHECKING:
    from tests.core.feed.conftest import Kit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def clock(mock_clock: MockClock) -> MockClock:
    """Time that jumps, but waits for the writer's thread."""
    mock_clock.autojump_threshold = 0.03
    return mock_clock


@define(eq=False)
class Start:
    """One start of the daemon: the journal, the client, and what its plugins heard."""

    run: Run
    rig: Rig
    heard: list[Event] = field(factory=list[Event])

    async def follow(self, *plays: Play, seconds: float = 50.0) -> None:
        """Follow the fixture for so long, and let the plugins finish."""
        await self.rig.follow(*plays, seconds=seconds)
        with trio.move_on_after(10):
            await self.run.settled()

    @property
    def actions(self) -> list[tuple[str, str]]:
        return [(each.id, each.change.value) for each in self.heard if isinstance(each, Action)]

    @property
    def origins(self) -> list[str]:
        return [each.origin.value for each in self.heard if isinstance(each, Action)]

    @property
    def states(self) -> list[FeedState]:
        return [each.state for each in self.heard if isinstance(each, FeedStatus)]

    @property
    def statuses(self) -> list[tuple[FeedState, float, int]]:
        """State, since, missed."""
        return [(each.state, each.since, each.missed) for each in self.heard if isinstance(each, FeedStatus)]

    @property
    def positions(self) -> list[int]:
        """The startPosition of each connection."""
        return [call.position for call in self.rig.calls]


@asynccontextmanager
async def started(path: Path, kit: Kit) -> AsyncGenerator[Start]:
    heard: list[Event] = []
    async with running(path, ear(heard, Action, FeedStatus), counter()) as run, trio.open_nursery() as nursery:
        rig = Rig(nursery)
        rig.pipeline = await run.open(kit.fixture)
        yield Start(run, rig, heard)
        nursery.cancel_scope.cancel()


async def cut(call: Call) -> None:
    await call.cut()


def list_in(path: Path) -> list[tuple[int, int]]:
    """Epoch and number of each packet of the list that is in the journal last."""
    return ask(path, "SELECT epoch, n FROM row WHERE n IS NOT NULL AND epoch = (SELECT epoch FROM fixture) ORDER BY n")


@pytest.mark.parametrize("base", [-1, 0, 1])
async def test_a_start_asks_for_what_comes_behind_the_last_packet_but_eight(
    clock: MockClock, path: Path, kit: Kit, base: int
) -> None:
    packets = kit.list_of(100)
    async with started(path, kit) as first:
        await first.follow(kit.serving(packets[:30], base=base, then=cut), kit.serving(packets[:60], base=base))
    assert first.actions == kit.added(range(60))
    for count in (60, 61, 99, 100):
        async with started(path, kit) as start:
            await start.follow(kit.serving(packets[:count], base=base))
        known = start.positions[0] + 8
        assert start.positions == [known - 8]
        assert start.actions == kit.added(range(known, count))
        assert FeedState.DOWN not in start.states
    assert list_in(path) == [(0, n) for n in range(1, 101)]
    assert ask(path, "SELECT base FROM fixture") == [(base,)]


async def test_a_list_that_changed_meanwhile_is_fetched_anew_and_only_the_difference_is_told(
    clock: MockClock, path: Path, kit: Kit
) -> None:
    old = kit.list_of(60)
    async with started(path, kit) as first:
        await first.follow(kit.serving(old))
    new = [*old[:10], *old[12:58], kit.packet(70), kit.packet(71)]
    async with started(path, kit) as second:
        await second.follow(kit.serving(new), kit.serving(new))
    assert second.positions == [52, 0]
    assert second.actions == [
        *[(f"a{number}:2", "withdrawn") for number in (10, 11, 58, 59)],
        *kit.added([70, 71]),
    ]
    assert list_in(path) == [(1, n) for n in range(1, len(new) + 1)]
    assert [body for (body,) in ask(path, "SELECT body FROM row WHERE epoch = 1 AND n IS NOT NULL ORDER BY n")] == new
    async with started(path, kit) as third:
        await third.follow(kit.serving([*new, *kit.list_of(75)[72:]]))
    assert third.positions == [len(new) - 8]
    assert third.actions == kit.added([72, 73, 74])


async def test_a_list_that_became_shorter_meanwhile_is_fetched_anew(clock: MockClock, path: Path, kit: Kit) -> None:
    async with started(path, kit) as first:
        await first.follow(kit.serving(kit.list_of(60)))
    short = kit.list_of(40)
    async with started(path, kit) as second:
        await second.follow(kit.serving(short), kit.serving(short))
    assert second.positions == [52, 0]
    assert second.actions == [(f"a{number}:2", "withdrawn") for number in range(40, 60)]
    assert list_in(path) == [(1, n) for n in range(1, 41)]


async def test_packets_that_are_bad_or_cannot_be_received_keep_their_place_over_a_start(
    clock: MockClock, path: Path, kit: Kit
) -> None:
    good = kit.list_of(40)
    packets: list[str | bytes] = [*good[:20], "{", b"\xff", "", *good[20:]]
    hole = kit.frame(b"\xff\xfe")  # a text frame that is no text
    behind = good[35:]

    def poisoned(count: int) -> Play:
        """Serve packets up to the hole, and what comes behind it to who asks for that."""

        async def play(call: Call) -> None:
            await call.accept()
            at = len(packets) - 5
            await call.say(*packets[call.position : at])
            if call.position <= at:
                await call.raw(hole)
                await call.listen()
            else:
                await call.say(*behind[call.position - at - 1 : count])
                await call.beat()

        return play

    async with started(path, kit) as first:
        await first.follow(*[poisoned(0)] * 5)
    assert ask(path, "SELECT max(n) FROM row") == [(39,)]
    assert first.actions == kit.added(range(35))
    async with started(path, kit) as second:
        await second.follow(poisoned(3))
    assert second.positions == [39]
    assert second.actions == kit.added(range(35, 38))


async def test_on_a_first_connection_in_mid_game_what_was_before_is_late_and_then_all_is_live(
    clock: MockClock, path: Path, kit: Kit
) -> None:
    packets = kit.list_of(40)

    async def play(call: Call) -> None:
        await call.accept()
        await call.say(*packets[:20])
        for packet in packets[20:]:
            await trio.sleep(1)
            await call.say(packet)
        await call.beat()

    async with started(path, kit) as start:
        await start.follow(play, seconds=80)
    assert start.origins == ["catch_up"] * 20 + ["live"] * 20


async def test_what_makes_up_for_an_outage_is_late_and_what_follows_is_live(
    clock: MockClock, path: Path, kit: Kit
) -> None:
    packets = kit.list_of(40)

    async def slowly(call: Call, first: int, last: int) -> None:
        for packet in packets[first:last]:
            await trio.sleep(3)
            await call.say(packet)

    async def before(call: Call) -> None:
        await call.accept()
        await slowly(call, 0, 10)
        await call.cut()

    async def after(call: Call) -> None:
        await call.accept()
        await call.say(*packets[call.position : 25])
        await slowly(call, 25, 30)
        await call.beat()

    async def once_more(call: Call) -> None:
        await call.accept()
        await call.say(*packets[call.position : 35])
        await slowly(call, 35, 40)
        await call.beat()

    async with started(path, kit) as start:
        await start.follow(before, after, seconds=80)
    assert start.origins == ["live"] * 10 + ["catch_up"] * 15 + ["live"] * 5
    async with started(path, kit) as second:
        await second.follow(once_more)
    assert second.origins == ["catch_up"] * 5 + ["live"] * 5


async def test_a_game_whose_daemon_ended_while_it_listened_for_corrections_comes_to_its_end(
    clock: MockClock, path: Path, kit: Kit
) -> None:
    packets = kit.list_of(30, finished=True)
    async with started(path, kit) as first:
        await first.follow(kit.serving(packets), seconds=10)
        assert first.rig.ending is None
    async with started(path, kit) as second:
        await second.follow(kit.serving(packets))
        assert second.rig.ending is Ending.FINISHED
        assert second.run.log.is_finished(kit.fixture)
    assert second.actions == []
    assert second.states == [FeedState.RECOVERED, FeedState.FINISHED]


async def test_a_restart_is_an_outage_since_the_newest_packet_came(clock: MockClock, path: Path, kit: Kit) -> None:
    packets = kit.list_of(30)

    async def refuse(call: Call) -> None:
        await call.reject(503)

    async with started(path, kit) as first:
        await first.follow(kit.serving(packets[:20]), seconds=10)
    (last,) = ask(path, "SELECT max(received) FROM row WHERE n = 20")[0]
    async with started(path, kit) as second:
        await second.follow(kit.serving(packets[:23]))
    async with started(path, kit) as third:
        await third.follow(refuse, kit.serving(packets[:24]))
    assert first.statuses == [(FeedState.LIVE, kit.epoch, 0)]
    assert second.statuses == [(FeedState.RECOVERED, last, 3)]
    (last,) = ask(path, "SELECT max(received) FROM row WHERE n = 23")[0]
    assert third.statuses == [(FeedState.DOWN, last, 0), (FeedState.RECOVERED, last, 1)]


async def test_a_fixture_of_which_nothing_had_come_is_live_after_a_restart(
    clock: MockClock, path: Path, kit: Kit
) -> None:
    for _ in range(2):
        async with started(path, kit) as start:
            await start.follow(kit.serving([]), seconds=10)
        assert start.states == [FeedState.LIVE]


async def test_while_the_disk_refuses_a_feed_goes_on_up_to_the_bound_and_comes_back_with_nothing_missing(
    clock: MockClock, path: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 200)
    packets = kit.list_of(600)
    disk = install(monkeypatch, "commit")

    async def talk(call: Call) -> None:
        await call.accept()
        for first in range(call.position, len(packets), 10):
            await call.say(*packets[first : first + 10])
            await trio.sleep(1)
        await call.beat()

    async def heal() -> None:
        await trio.sleep(200)
        disk.refuses = None

    async with started(path, kit) as start, trio.open_nursery() as nursery:
        await trio.sleep(1)
        disk.refuses = disks.FULL
        nursery.start_soon(heal)
        nursery.start_soon(partial(start.follow, *[talk] * 100, seconds=400))
        await trio.sleep(150)
        assert 50 < len(start.actions) < 500
        states = [start.states[-1]]
        assert len(start.rig.calls) < 5
        await trio.sleep(200)
        states.append(start.states[-1])
    assert states == [FeedState.DOWN, FeedState.RECOVERED]
    assert start.actions == kit.added(range(600))
    assert list_in(path) == [(0, n) for n in range(1, 601)]
    assert ask(path, "SELECT value FROM store") == [(b"600",)]


async def test_where_the_journal_is_damaged_the_list_is_fetched_anew_into_the_new_one_and_nothing_is_told_twice(
    clock: MockClock, path: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    packets = kit.list_of(80)
    disk = install(monkeypatch, "commit")
    set_aside = database.Database.set_aside

    def heal_and_set_aside(self: database.Database) -> Path:
        disk.refuses = None
        return set_aside(self)

    monkeypatch.setattr(database.Database, "set_aside", heal_and_set_aside)

    async def damaged(call: Call) -> None:
        await call.accept()
        await call.say(*packets[:50])
        await trio.sleep(5)
        disk.refuses = disks.CORRUPT
        await call.say(*packets[50:55])
        await call.beat()

    with capture_logs():
        async with started(path, kit) as start:
            await start.follow(damaged, kit.serving(packets[:60]))
    assert start.positions == [0, 0]
    assert start.actions == kit.added(range(60))
    assert list_in(path) == [(1, n) for n in range(1, 61)]
    assert ask(path, "SELECT value FROM store") == [(b"60",)]
    async with started(path, kit) as second:
        await second.follow(kit.serving(packets))
    assert second.positions == [52]
    assert second.actions == kit.added(range(60, 80))


async def test_a_journal_that_was_begun_anew_in_mid_list_is_no_place_to_go_on_from(
    clock: MockClock, path: Path, kit: Kit
) -> None:
    packets = kit.list_of(60)
    async with started(path, kit) as first:
        await first.follow(kit.serving(packets[:50]))
    ask(path, "DELETE FROM row WHERE n <= 40")
    async with started(path, kit) as second:
        await second.follow(kit.serving(packets))
    assert second.positions == [0]
    assert sorted(second.actions) == sorted(kit.added([*range(40), *range(50, 60)]))
    assert list_in(path) == [(1, n) for n in range(1, 61)]
