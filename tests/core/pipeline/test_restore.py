"""A restart at any time: what is rebuilt from the log stands as if nobody had ever stopped, and goes on alike."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import asdict, define, frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.log.journals import folder, keep_rows, running, said
from tests.core.log.players import ear, folding
from tests.core.plugins import make_plugin

from actionbus import (
    Action,
    Declaration,
    Event,
    FeedStatus,
    Fold,
    Game,
    Moment,
    PluginContext,
    Steal,
    box_score,
    fold,
    hookimpl,
)
from actionbus.feed.intake import Intake
from actionbus.host import Plugin
from actionbus.log import Row
from actionbus.recording import fixture_of
from actionbus.session import FeedProfile, Mismatch, Place
from actionbus.simulator import generate_match
from actionbus.timeline import State

if TYPE_CHECKING:
    from tests.conftest import RealGame

NOW = 1.9e9  # Unix seconds
PROFILE = FeedProfile(url="ws://feed.test")
Server = list[str | bytes | None]
"""The feed's list; None is a packet that no client can receive."""

# What the feed says of its own: the same action may be held in the words of another packet that says the same.
NOT_COMPARED = (
    "position", "at", "previous", "successor", "change", "origin", "send_type", "fixture_seq", "timestamp", "summary",
    "type_name", "type_id", "finished", "subtype_id", "delay_status",
)  # fmt: skip


@define(eq=False)
class Follower:
    """What follows one fixture, from a start to its end; ``rows`` are those of earlier starts, too."""

    intake: Intake
    base: int
    rows: list[Row]

    def connect(self, server: Sequence[str | bytes | None]) -> None:
        """Take in what a server has, over as many connections as that takes, and one more to learn its base."""
        more = 2
        for _ in range(100):
            try:
                more -= self._converse(server)
            except Mismatch:
                self.intake.begin_anew()
            if not more:
                return
        raise AssertionError("does not come to an end")

    def _converse(self, server: Sequence[str | bytes | None]) -> bool:
        intake = self.intake
        position = intake.resume()
        intake.accepted(NOW)
        for packet in server[max(0, position - self.base) if position else 0 :]:
            if packet is None:
                intake.fail("it breaks the rules", NOW)
                return False
            intake.receive(packet, NOW)
        while intake.patience < float("inf"):
            intake.run_out(NOW)
        return True

    @property
    def heard(self) -> list[dict[str, Any] | None]:
        """All that was announced, but for the feed's state: that is told anew after each start."""
        events: list[Event] = [event for row in self.rows for event in row.events if not isinstance(event, FeedStatus)]
        return [said(event, "position", "previous", "origin") for event in events]

    def stands(self) -> dict[str, Any]:
        """All that there is to know of a fixture."""
        pipeline, place = self.intake.pipeline, self.intake.place
        revisions = {each.action.action_id: each for each in pipeline.timeline if each.announced}
        return {
            "box": box_score(pipeline.game),
            "finished": pipeline.game.finished,
            "counts": asdict(pipeline.counts),
            "clock": pipeline.clock.newest,
            "epoch": pipeline.epoch,
            "announced": {name: (each.state, each.announced) for name, each in revisions.items()},
            "actions": {
                name: said(each.action, *NOT_COMPARED)
                for name, each in revisions.items()
                if each.state is not State.GONE
            },
            "place": what_is_held(place),
        }


def what_is_held(place: Place) -> list[object]:
    """Our place in the list, in words that can be compared."""
    held: list[object] = [
        (each.action_id, each.send_type) if isinstance(each, Action) else each
        for each in place._held  # pyright: ignore[reportPrivateUsage]
    ]
    return [place.n, place._behind, held]  # pyright: ignore[reportPrivateUsage]


@asynccontextmanager
async def following(journal: Path, fixture: str, base: int, rows: list[Row]) -> AsyncGenerator[Follower]:
    """Start, and stop again."""
    async with running(journal, folding()) as run:
        handed_on = keep_rows(run.log, rows)
        yield Follower(Intake(await run.open(fixture), PROFILE), base, handed_on)


async def assert_restarts_change_nothing(
    place: Path, fixture: str, lists: Sequence[Sequence[str | bytes | None]], base: int = 0
) -> None:
    """One is started anew before each look at the server's list, as it stands by then; the other is never stopped."""
    expected: list[tuple[dict[str, Any], dict[str, Any], list[object]]] = []
    async with following(place / "steady.db", fixture, base, []) as steady:
        for server in lists:
            before = steady.stands()
            steady.connect(server)
            expected.append((before, steady.stands(), [*steady.heard]))
    rows: list[Row] = []
    for server, (before, after, heard) in zip(lists, expected, strict=True):
        async with following(place / "stopped.db", fixture, base, rows) as stopped:
            assert stopped.stands() == before
            stopped.connect(server)
            assert stopped.stands() == after
            assert stopped.heard == heard


async def test_restarts_in_a_real_game_change_nothing(tmp_path: Path, some_real_game: RealGame) -> None:
    packets = some_real_game.packets
    fixture = fixture_of(packets[0])
    assert fixture is not None
    rng = random.Random(fixture)
    ends = sorted({*range(12), *rng.sample(range(len(packets)), 10), len(packets)})
    await assert_restarts_change_nothing(tmp_path, fixture, [packets[:end] for end in ends])


@pytest.mark.parametrize("seed", range(4))
async def test_restarts_in_a_game_with_packets_of_no_use_change_nothing(tmp_path: Path, seed: int) -> None:
    recording = generate_match(seed)
    packets: Server = list(recording.packets)
    rng = random.Random(seed)
    for bad in ("{", b"\xff", "", b"", None, None, "{", None):
        packets.insert(rng.randrange(len(packets)), bad)
    holes = [place for place, each in enumerate(packets) if each is None]
    ends = {place + more for place in holes for more in (0, 1, 2, 9)} | set(rng.sample(range(len(packets)), 4))
    lists = [packets[:end] for end in sorted(ends)]
    await assert_restarts_change_nothing(tmp_path, recording.fixture, lists, base=seed % 3 - 1)


SEND_TYPES = {"Pending": 1, "Updated": 2, "Cancelled": 3, "Deleted": 4, "Confirmed": 5, "Restored": 6}
PACKET = st.tuples(
    st.sampled_from("abcde"),
    st.sampled_from(sorted(SEND_TYPES)),
    st.sampled_from(["Steal", "Block", "3 Points Made"]),
    st.integers(0, 2),
)
SERVED = st.one_of(PACKET, PACKET, PACKET, PACKET, st.sampled_from(["{", "", b"\xff", None]))
CHANGE = st.tuples(st.floats(0, 1), st.floats(0, 1), st.lists(SERVED, max_size=4))
STEP = st.one_of(st.lists(SERVED, min_size=1, max_size=12), CHANGE)


def packet(seq: int, action: str, send_type: str, kind: str, player: int) -> str:
    fields: dict[str, Any] = {
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
    summary = {"finished": False, "homeScore": seq, "awayScore": 2}
    return json.dumps({"fixtureAction": fields, "fixtureSummary": summary, "version": 3})


Served = tuple[str, str, str, int] | str | bytes | None
Step = list[Served] | tuple[float, float, list[Served]]


def lists_of(steps: Sequence[Step]) -> list[Server]:
    """The server's list after each step: it grows, or a stretch of it is replaced by another one.

    Where some packets cannot be received the others are all unlike: else our place in the list may never be certain.
    """
    server: Server = []
    lists: list[Server] = []
    seq = 0
    unlike = any(None in (step[2] if isinstance(step, tuple) else step) for step in steps)
    for step in steps:
        one, other, served = step if isinstance(step, tuple) else (1.0, 1.0, step)
        start, end = sorted((int(one * len(server)), int(other * len(server))))
        new: Server = []
        for each in served:
            seq += 1
            if isinstance(each, tuple):
                action, send_type, kind, player = each
                new.append(packet(seq, action, send_type, kind, seq if unlike else player))
            else:
                new.append(each)
        server = [*server[:start], *new, *server[end:]]
        lists.append(server)
    return lists


@settings(max_examples=40)
@given(st.lists(STEP, min_size=1, max_size=6), st.sampled_from([-1, 0, 1]))
async def test_restarts_change_nothing_whatever_the_feed_serves(steps: list[Step], base: int) -> None:
    # A list of nothing but packets that cannot be received is fetched again and again until another one comes.
    lists: list[Server] = [[packet(0, "z", "Confirmed", "Steal", 0), *server] for server in lists_of(steps)]
    if any(None in server for server in lists):
        base = max(base, 0)  # at -1 it takes one more packet to learn where we are behind one of those
    with folder() as place:
        await assert_restarts_change_nothing(place, "f", lists, base)


# --- moments over a start ---


@frozen(kw_only=True, slots=False, eq=False)
class Spree(Moment):
    """A player with a number of steals."""

    steals: int


@frozen
class Settings:
    least: int = 2


def sprees() -> Plugin:
    """A plugin that finds players with at least so many steals."""

    @hookimpl
    def declare() -> Declaration:
        return Declaration(settings=Settings)

    @hookimpl
    def folds(context: PluginContext) -> list[Fold]:
        least = context.settings(Settings).least

        def find(game: Game) -> Iterator[Spree]:
            counts = Counter(str(action.player) for action in game.actions() if isinstance(action, Steal))
            for name, count in counts.items():
                if count >= least:
                    yield Spree(fixture=game.fixture, key=name, steals=count)

        return [fold(Spree, find)]

    return make_plugin("sprees", declare, folds)


def steals(numbers: range, player: int) -> list[str]:
    return [packet(number, f"a{number}", "Confirmed", "Steal", player) for number in numbers]


async def announced(journal: Path, packets: Sequence[str], config: str) -> list[tuple[str, str, int]]:
    """Start with these settings, take in packets, and return what was announced."""
    heard: list[Event] = []
    async with running(journal, sprees(), ear(heard, Spree), config=config) as run:
        pipeline = await run.open("f")
        for each in packets:
            pipeline.accept(each)
        await run.settled()
    return [(each.id, each.change.value, each.steals) for each in heard if isinstance(each, Spree)]


async def test_with_the_same_settings_no_moment_is_announced_again_and_those_that_stand_are_amended(
    tmp_path: Path,
) -> None:
    journal, config = tmp_path / "journal.db", "[plugin.sprees]\nleast = 2\n"
    assert await announced(journal, steals(range(3), 0), config) == [
        ("f:spree:Player 0:1", "added", 2),
        ("f:spree:Player 0:2", "amended", 3),
    ]
    assert await announced(journal, [], config) == []
    assert await announced(journal, steals(range(3, 4), 0), config) == [("f:spree:Player 0:3", "amended", 4)]
    gone = [packet(10 + number, f"a{number}", "Deleted", "Steal", 0) for number in range(3)]
    assert await announced(journal, gone, config) == [
        ("f:spree:Player 0:4", "amended", 3),
        ("f:spree:Player 0:5", "amended", 2),
        ("f:spree:Player 0:6", "withdrawn", 2),
    ]
    assert await announced(journal, steals(range(20, 21), 0), config) == [("f:spree:Player 0:7", "added", 2)]


async def test_with_other_settings_what_was_announced_stays_and_what_they_find_in_the_past_is_not_announced(
    tmp_path: Path,
) -> None:
    journal = tmp_path / "journal.db"
    two, four, one = (f"[plugin.sprees]\nleast = {least}\n" for least in (2, 4, 1))
    assert len(await announced(journal, steals(range(3), 0), two)) == 2
    # Three steals are no spree any more: neither withdrawn nor amended.
    assert await announced(journal, [], four) == []
    assert await announced(journal, steals(range(3, 4), 1), four) == []
    # What one steal means now was so before; only what comes from now on is told.
    assert await announced(journal, [], one) == []
    assert await announced(journal, steals(range(4, 5), 2), one) == [("f:spree:Player 2:1", "added", 1)]
    assert await announced(journal, steals(range(5, 6), 2), one) == [("f:spree:Player 2:2", "amended", 2)]


async def test_a_fold_that_is_new_to_a_game_announces_what_comes_or_all_where_it_says_so(tmp_path: Path) -> None:
    for name, start, expected in (("present", "", []), ("fixture", 'start = "fixture"\n', ["f:spree:Player 0:1"])):
        journal = tmp_path / f"{name}.db"
        async with running(journal) as run:
            pipeline = await run.open("f")
            for each in steals(range(3), 0):
                pipeline.accept(each)
            await run.settled()
        told = await announced(journal, steals(range(3, 4), 1), f"[plugin.sprees]\n{start}")
        assert [news_id for news_id, _, _ in told] == expected
