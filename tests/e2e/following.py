"""The real client against the simulator, over a loopback socket; and what it should find, counted by brute force."""

from __future__ import annotations

import json
import math
import random
import ssl
from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import Any, cast

import trio

from actionbus.bus import FixtureClock
from actionbus.events.base import Action, Change, FeedStatus
from actionbus.feed import ConnectLimit, Ending, FeedCounts, follow
from actionbus.log import MemoryLog, Row, RowKind
from actionbus.pipeline import Pipeline
from actionbus.recording import Recording
from actionbus.secrets import Secret
from actionbus.session import FeedProfile
from actionbus.simulator import Faults, Simulation, serve

TOKEN = "canary-5e11aa"


class Soonest(random.Random):
    """Never a wait between two connections."""

    def uniform(self, a: float, b: float) -> float:
        return a


class Rewound(MemoryLog):
    """A log that keeps every row, and says when the first status is in it."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.told = trio.Event()

    def append(self, rows: Sequence[Row]) -> None:
        self.rows.extend(rows)
        super().append(rows)
        if any(row.kind is RowKind.STATUS for row in rows):
            self.told.set()


class Followed:
    """A fixture that was followed, and what came of it."""

    def __init__(self, fixture: str) -> None:
        self.log = Rewound()
        self.pipeline = Pipeline(fixture, self.log, FixtureClock(trio.current_time))
        self.counts = FeedCounts()
        self.ending: Ending | None = None

    async def run(self, profile: FeedProfile, **options: Any) -> Followed:
        settings: dict[str, Any] = {
            "token": lambda: Secret(TOKEN),
            "connects": ConnectLimit(most=1000, within=0.0),
            "rng": Soonest(),
        }
        async with trio.open_nursery() as nursery:
            started = trio.Event()

            async def keep(*, task_status: trio.TaskStatus[FeedCounts]) -> None:
                self.ending = await follow(self.pipeline, profile, **(settings | options), task_status=task_status)
                started.set()

            self.counts = await nursery.start(keep)
            with trio.fail_after(60):
                await started.wait()
        return self

    @property
    def events(self) -> list[Action]:
        return [event for row in self.log.rows for event in row.events if isinstance(event, Action)]

    @property
    def statuses(self) -> list[FeedStatus]:
        return [event for row in self.log.rows for event in row.events if isinstance(event, FeedStatus)]

    def assert_fair(self) -> None:
        """Each event id once; for every action ADDED and WITHDRAWN alternate, beginning with ADDED."""
        ids = [event.id for event in self.events]
        assert len(set(ids)) == len(ids)
        counted = [event for event in self.events if event.change in (Change.ADDED, Change.WITHDRAWN)]
        for _, each in groupby(sorted(counted, key=lambda event: event.action_id), key=lambda event: event.action_id):
            changes = [event.change for event in each]
            expected = [Change.ADDED, Change.WITHDRAWN] * len(changes)
            assert changes == expected[: len(changes)]


async def start(nursery: trio.Nursery, simulation: Simulation, context: ssl.SSLContext | None = None) -> str:
    url: str = await nursery.start(partial(serve, simulation, ssl_context=context))
    return url


def simulate(*recordings: Recording, faults: Faults | None = None, **more: Any) -> Simulation:
    settings: dict[str, Any] = {"token": TOKEN, "speed": math.inf, "faults": faults or Faults()}
    return Simulation(recordings=list(recordings), **(settings | more))


def count_box(packets: Sequence[str]) -> dict[tuple[bool, str], int]:
    """Recount by brute force: the last word on each action, by side and kind. Knows nothing of actionbus."""
    last: dict[str, dict[str, Any]] = {}
    for text in packets:
        try:
            action: Any = json.loads(text)["fixtureAction"]
        except (ValueError, LookupError, TypeError, RecursionError):
            continue
        if not isinstance(action, dict):
            continue
        known = cast("dict[str, Any]", action)
        if isinstance(known.get("actionId"), str):
            last[known["actionId"]] = known
    counted: dict[tuple[bool, str], int] = {}
    for action in last.values():
        if action["sendType"] in ("Confirmed", "Updated", "Restored") and "team" in action:
            kind = action["fixtureActionType"].replace("PT", " Points").lower()
            key = (action["team"]["homeTeam"], kind)
            counted[key] = counted.get(key, 0) + 1
    return counted


KINDS = {
    "2 points made": "two_pointers_made",
    "3 points made": "three_pointers_made",
    "free throw made": "free_throws_made",
    "assist": "assists",
    "steal": "steals",
    "block": "blocks",
    "turnover": "turnovers",
    "offensive rebound": "offensive_rebounds",
    "defensive rebound": "defensive_rebounds",
}


def assert_box(followed: Followed, packets: Sequence[str]) -> None:
    counted = count_box(packets)
    for at_home, box in ((True, followed.pipeline.game.home), (False, followed.pipeline.game.away)):
        expected = {name: counted.get((at_home, kind), 0) for kind, name in KINDS.items()}
        assert {name: getattr(box.line, name) for name in expected} == expected
        assert sum(expected.values()) > 0


async def first_failure(profile: FeedProfile, match: Recording, **options: Any) -> str:
    """Follow until the first attempt has failed, and return why."""
    followed = Followed(match.fixture)
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(followed.run, profile, rng=random.Random(), **options))
            await followed.log.told.wait()
            nursery.cancel_scope.cancel()
    return followed.statuses[0].reason
