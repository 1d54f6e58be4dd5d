"""Every fault, at every moment, for a second, half a minute and ten minutes: nothing lost, nothing doubled."""

from __future__ import annotations

import ssl
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import trio
import trustme
from attrs import frozen
from tests.core.feed.matrix.faults import CASES, Case
from tests.core.feed.matrix.oracle import Oracle
from tests.core.feed.matrix.script import AFTER, BEFORE, DURING, REWRITTEN, announced
from tests.core.feed.matrix.server import Phase, World
from tests.core.feed.packets import EPOCH, FIXTURE, TOKEN
from tests.core.feed.rig import Latest, Rewound

from actionbus.bus import FixtureClock
from actionbus.events.base import Action, FeedState, FeedStatus
from actionbus.feed import ConnectLimit, Ending, FeedCounts, follow
from actionbus.log import Row, RowKind
from actionbus.pipeline import Pipeline
from actionbus.secrets import Secret
from actionbus.session import FeedProfile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trio.testing import MockClock

HOLDS = {1: -1, 30: 0, 600: 1}
"""Seconds that the fault holds, and the base of startPosition that is tried with it."""
LINGER = 25.0  # seconds that a finished fixture is listened to
DOWN = (FeedState.DOWN, FeedState.REFUSED)
OUT = (*DOWN, FeedState.STALE)
UP = (FeedState.LIVE, FeedState.RECOVERED)


@frozen
class Told:
    """A status, when it was told, and what the client held then."""

    at: float
    state: FeedState
    reason: str
    since: float
    missed: int
    held: int


@frozen
class Anew:
    """The list was fetched anew: what the client held then of the old one, and how long the new one was."""

    held: int
    length: int


class Witness(Rewound):
    """A log that keeps every row, and notes what is told and when a list was fetched anew."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.pipeline = Pipeline(FIXTURE, self, FixtureClock(trio.current_time))
        self.counts = FeedCounts()
        self.told: list[Told] = []
        self.anew: list[Anew] = []
        self.count = 0
        """How many packets the client held when the last row came."""

    def append(self, rows: Sequence[Row]) -> None:
        super().append(rows)
        for row in rows:
            if row.epoch > len(self.anew):
                self.anew.append(Anew(self.count, self.world.length))
            self.count = self.pipeline.counts.packets
            for event in row.events:
                if isinstance(event, FeedStatus):
                    now, since = trio.current_time(), event.since - EPOCH
                    self.told.append(Told(now, event.state, event.reason, since, event.missed, self.count))

    @property
    def heard(self) -> list[tuple[str, str]]:
        events = [event for row in self.rows for event in row.events if isinstance(event, Action)]
        return [(event.id, event.change.value) for event in events]


@pytest.fixture(scope="session")
def contexts() -> dict[str, ssl.SSLContext]:
    """What the client trusts, and what the server shows, by name."""
    authority = trustme.CA()
    host, yesterday = "feed.test", datetime.now(UTC) - timedelta(days=1)
    leaves = {
        "good": authority.issue_cert(host),
        "unknown": trustme.CA().issue_cert(host),
        "expired": authority.issue_cert(host, not_after=yesterday),
        "another": authority.issue_cert("feed.example"),
    }
    made = {"client": ssl.create_default_context()}
    authority.configure_trust(made["client"])  # pyright: ignore[reportUnknownMemberType]
    for name, leaf in leaves.items():
        made[name] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        leaf.configure_cert(made[name])  # pyright: ignore[reportUnknownMemberType]
    return made


async def play(world: World, contexts: dict[str, ssl.SSLContext]) -> tuple[Witness, Ending]:
    """Follow the fixture over the fault to its end."""
    log = Witness(world)
    endings: list[Ending] = []

    async def run(task_status: trio.TaskStatus[FeedCounts]) -> None:
        ending = await follow(
            log.pipeline,
            FeedProfile(url="wss://feed.test"),
            token=lambda: Secret(TOKEN),
            connects=ConnectLimit(),
            rng=Latest(),
            wall=lambda: EPOCH + trio.current_time(),
            ssl_context=contexts["client"],
            task_status=task_status,
        )
        endings.append(ending)

    with trio.fail_after(2000):
        async with trio.open_nursery() as nursery:
            log.counts = await nursery.start(run)
    return log, endings[0]


def expected(anew: list[Anew], world: World) -> list[tuple[str, str]]:
    """What should be announced: each line in its turn, but the difference only where the list was fetched anew.

    What is fetched anew is the whole list, as long as it is at that moment.
    """
    oracle, heard = Oracle(), 0
    lines = [*BEFORE, *DURING, *AFTER]  # as the list was before it was rewritten
    for each in anew:
        oracle.hear(lines[heard : each.held])
        oracle.fetch_anew(world.lines[: each.length])
        lines, heard = world.lines, each.length
    oracle.hear(lines[heard:])
    return oracle.heard


def check_statuses(case: Case, world: World, told: list[Told], hold: float) -> float:
    """An outage is told soon, and told to be over soon after it is; return when we were back."""
    assert told[-1].state is FeedState.FINISHED
    assert told[-1].at <= max(told[-2].at, world.complete_at) + LINGER + 2
    states = [status.state for status in told]
    assert FeedState.LIVE not in states[1:]
    assert all(before in OUT for before, after in pairwise(states) if after is FeedState.RECOVERED)
    assert all(before in UP for before, after in pairwise(states) if after is FeedState.STALE)
    assert (FeedState.REFUSED in states) is (case.refused and (case.expels or world.met > 0))
    noticed = [status for status in told if world.since <= status.at <= world.since + case.notice]
    before = [status.state for status in told if status.at < world.since]
    if hold > case.unnoticed:
        assert any(status.state in DOWN for status in noticed) or before[-1] in DOWN
    elif world.phase in (Phase.START, Phase.MID_GAME):
        assert states == [FeedState.LIVE, FeedState.FINISHED]
    if world.phase is Phase.START and hold > case.unnoticed:
        assert case.reason in next(status.reason for status in told if status.state in DOWN)
    assert told[-2].state in UP  # and stays so
    assert told[-2].at <= world.until + case.back(hold)
    return told[-2].at


def check_outages(told: list[Told]) -> None:
    """What was missed is what came between the loss and the recovery, and the recovery knows since when it was."""
    lost: Told | None = None
    for status in told:
        assert status.since <= status.at + 0.001  # Unix seconds are not that exact
        if status.state in OUT:
            lost = lost or status
        elif status.state is FeedState.RECOVERED:
            assert lost is not None
            assert status.missed == status.held - lost.held
            assert status.since == lost.since or lost.state is FeedState.REFUSED
            lost = None
        else:
            assert status.missed == 0


def check_connects(case: Case, world: World, back_at: float) -> None:
    """Never five in a second, nor sooner than we were asked to; ever more seldom, but a minute apart at most."""
    opened = world.opened
    assert all(later - sooner > 1 for sooner, later in zip(opened, opened[4:], strict=False))
    met = [at for at in opened if world.since <= at < world.until]
    assert len(met) <= 14 + world.hold / 30
    tried = [at for at in opened if world.since < at <= back_at or (world.phase is Phase.START and at == 0)]
    if case.expels and world.phase is not Phase.START:
        tried.insert(0, world.since)
    assert all(later - sooner >= case.least for sooner, later in pairwise(tried))
    ended = [socket.closed_at for socket in world.sockets if socket.closed_at is not None]
    for number, at in enumerate(opened[1:], start=1):
        last = max([*opened[:number], *(each for each in ended if each <= at)])
        assert at - last <= case.most() + 2


@pytest.mark.parametrize("hold", HOLDS, ids=lambda hold: f"{hold}s")
@pytest.mark.parametrize("phase", Phase, ids=lambda phase: phase.name.lower())
@pytest.mark.parametrize("name", CASES)
async def test_a_fault_loses_and_doubles_nothing(
    autojump_clock: MockClock,
    nursery: trio.Nursery,
    contexts: dict[str, ssl.SSLContext],
    name: str,
    phase: Phase,
    hold: int,
) -> None:
    case = CASES[name]
    world = World(nursery, case.fault, phase, hold, HOLDS[hold], contexts)
    log, ending = await play(world, contexts)
    assert log.heard == expected(log.anew, world)
    assert ending is Ending.FINISHED
    assert log.pipeline.counts.packets == len(world.lines)
    bad = Counter((row.epoch, row.body) for row in log.rows if row.kind is RowKind.BAD_PACKET)
    assert set(bad.values()) == {1}  # of each list that was fetched
    assert {body for _, body in bad} == {line.text for line in world.lines if line.content is None}
    assert world.since + hold == world.until < trio.current_time()
    assert (log.counts.refetches > 0) or phase is not Phase.REFETCH
    if not log.anew:
        check_outages(log.told)
    check_connects(case, world, check_statuses(case, world, log.told, hold))


def test_the_oracle_says_what_a_person_works_out() -> None:
    for lines in ([*BEFORE, *DURING, *AFTER], REWRITTEN):
        oracle = Oracle()
        oracle.hear(lines)
        assert oracle.heard == announced(lines)


def test_the_oracle_knows_the_difference_between_two_lists() -> None:
    oracle = Oracle()
    oracle.hear(BEFORE)
    told = len(oracle.heard)
    oracle.fetch_anew(REWRITTEN)
    assert oracle.heard[told:] == [
        ("x1:2", "withdrawn"),
        ("n1:1", "added"),
        ("n2:1", "added"),
        ("n3:1", "added"),
        ("p1:6", "withdrawn"),
        ("p1:7", "tentative"),
    ]
    oracle.hear([*DURING, *AFTER])
    assert oracle.heard[told + 6 :] == announced([*DURING, *AFTER])
