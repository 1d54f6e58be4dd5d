"""Real games that are cut a hundred times: the same announcements as uncut, and the official box score.

``python -m tests.core.feed.matrix.cuts`` cuts all of them, in a clock that jumps; the test run a few.
"""

from __future__ import annotations

import json
import logging
import random
import sys
from contextlib import suppress
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import structlog
import trio
from attrs import define, field
from tests.conftest import GAMES, RealGame
from tests.core.feed.matrix.network import MemorySocket, Network
from tests.core.feed.packets import ACCEPTED, TOKEN
from tests.core.feed.rig import Rewound
from trio.testing import MockClock
from trio_websocket import ConnectionClosed, wrap_server_stream

from actionbus.bus import FixtureClock
from actionbus.events.base import Action
from actionbus.feed import ConnectLimit, Ending, follow
from actionbus.pipeline import Pipeline
from actionbus.recording import fixture_of
from actionbus.secrets import Secret
from actionbus.session import FeedProfile

CUTS = 100


@define(eq=False)
class Cutter:
    """Serves a list at full rate, and ends each of the first hundred connections somewhere, in some way."""

    packets: list[str]
    nursery: trio.Nursery
    rng: random.Random
    opened: list[float] = field(factory=list[float])
    _base: int = field(init=False)
    _cuts: list[int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._base = self.rng.randrange(-1, 2)
        self._cuts = sorted(self.rng.randrange(len(self.packets)) for _ in range(CUTS))
        Network(lambda: None, self._connect).install()

    async def _connect(self, socket: MemorySocket) -> None:
        await trio.lowlevel.checkpoint()
        self.opened.append(trio.current_time())
        self.nursery.start_soon(self._serve, socket, len(self.opened) - 1)

    async def _serve(self, socket: MemorySocket, number: int) -> None:
        async with trio.open_nursery() as nursery:
            with suppress(ConnectionClosed):  # the client hangs up where it is done
                request = await wrap_server_stream(nursery, cast("Any", socket.far))
                position = int(parse_qs(urlsplit(request.path).query).get("startPosition", ["0"])[0])
                connection = await request.accept()
                await connection.get_message()
                await connection.send_message(ACCEPTED)
                end = self._cuts[number] if number < CUTS else len(self.packets)
                for packet in self.packets[max(0, position - self._base) if position else 0 : end]:
                    await connection.send_message(packet)
                if number >= CUTS:
                    await connection.get_message()
                elif self.rng.random() < 0.5:
                    await connection.aclose(self.rng.choice((1000, 1001, 1011, 1012)))
                elif self.rng.random() < 0.5:
                    socket.reset()
            nursery.cancel_scope.cancel()
        await socket.far.aclose()


async def cut(game: RealGame) -> list[str]:
    """Follow a game that is cut a hundred times; return what is wrong."""
    packets = game.packets
    fixture, rng = fixture_of(packets[0]) or "", random.Random(len(packets))
    log = Rewound()
    pipeline = Pipeline(fixture, log, FixtureClock(trio.current_time))
    profile = FeedProfile(url="ws://feed.test")
    async with trio.open_nursery() as nursery:
        cutter = Cutter(packets, nursery, rng)
        ending = await follow(pipeline, profile, token=lambda: Secret(TOKEN), connects=ConnectLimit(), rng=rng)
    turns = zip(cutter.opened, cutter.opened[4:], strict=False)
    wrong = {
        "the end": ending is not Ending.FINISHED,
        "the cuts": len(cutter.opened) <= CUTS,
        "five connects in a second": any(later - sooner <= 1 for sooner, later in turns),
        "the count of packets": pipeline.counts.packets != len(packets),
        "the announcements": announcements(log) != uncut(fixture, packets),
    }
    return [what for what, is_wrong in wrong.items() if is_wrong] + differences(pipeline, json.loads(game.truth))


def announcements(log: Rewound) -> list[tuple[str, str]]:
    events = [event for row in log.rows for event in row.events if isinstance(event, Action)]
    return [(event.id, event.change.value) for event in events]


def uncut(fixture: str, packets: list[str]) -> list[tuple[str, str]]:
    """What the packets announce where nothing comes between."""
    log = Rewound()
    pipeline = Pipeline(fixture, log, FixtureClock(lambda: 0.0))
    for packet in packets:
        pipeline.accept(packet)
    return announcements(log)


def differences(pipeline: Pipeline, truth: dict[str, Any]) -> list[str]:
    """Where the box score is not the official one."""
    wrong: list[str] = []
    for side, box in (("home", pipeline.game.home), ("away", pipeline.game.away)):
        lines = {who: player.line for who, player in box.players.items()}
        official = {"the team": truth[side]["official"], **truth[side]["players"]}
        for who, figures in official.items():
            line = box.line if who == "the team" else lines.get(who)
            counted = {name: getattr(line, name, 0) for name in figures}
            if counted != figures:
                wrong.append(f"{side}, {who}: {counted}, officially {figures}")
    return wrong


def main() -> int:
    """Cut all games; the exit code is how many went wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    recordings = sorted(GAMES.glob("*.jsonl"))
    if not recordings:
        print("the real games are not part of the project: there is no folder ../shared/games")
    failed = 0
    for recording in recordings:
        wrong = trio.run(cut, RealGame(recording), clock=MockClock(autojump_threshold=0))
        print(f"{recording.stem}: {'; '.join(wrong) or 'as it should be'}")
        failed += bool(wrong)
    return failed


if __name__ == "__main__":
    sys.exit(main())
