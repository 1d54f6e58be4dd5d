"""The real client against the simulator, over loopback sockets: every fault, TLS, and real games cut at random."""

from __future__ import annotations

import gc
import json
import logging
import math
import random
import re
import socket
import ssl
import traceback
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest
import structlog
import trio
import trustme

from actionbus.bus import FixtureClock
from actionbus.events.base import Action, Change, FeedState, FeedStatus
from actionbus.feed import ConnectLimit, Ending, FeedCounts, follow
from actionbus.log import MemoryLog, Row, RowKind
from actionbus.pipeline import Pipeline
from actionbus.recording import Recording, read_recording
from actionbus.secrets import Secret
from actionbus.session import FeedProfile
from actionbus.simulator.faults import Faults
from actionbus.simulator.match import generate_match
from actionbus.simulator.server import serve
from actionbus.simulator.simulation import Simulation

GAMES = Path(__file__).parents[2].parent / "shared" / "games"
TOKEN = "canary-5e11aa"
ALL_AT_ONCE = math.inf


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


class Broken(Pipeline):
    """A pipeline with a bug."""

    def accept(self, packet: str | bytes, received: float = math.inf) -> Action | None:
        raise RuntimeError("a bug")


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
    settings: dict[str, Any] = {"token": TOKEN, "speed": ALL_AT_ONCE, "faults": faults or Faults()}
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


@pytest.fixture(scope="session")
def match() -> Recording:
    return generate_match(5)


async def test_a_match_over_a_socket_is_the_match(nursery: trio.Nursery, match: Recording) -> None:
    url = await start(nursery, simulate(match))
    followed = await Followed(match.fixture).run(FeedProfile(url=url, speed="fast"))
    assert followed.ending is Ending.FINISHED
    assert followed.pipeline.counts.packets == len(match.packets)
    assert followed.counts.reconnects == 0
    assert [status.state for status in followed.statuses] == [FeedState.LIVE, FeedState.FINISHED]
    assert_box(followed, match.packets)
    followed.assert_fair()


@pytest.mark.parametrize(
    "faults",
    [
        Faults(cut=20),
        Faults(refuse=5),
        Faults(bad=24),
        Faults(bad=24, cut=20),
        Faults(repeat=5, cut=5),
        Faults(slow=0.0001, cut=3),
    ],
    ids=str,
)
@pytest.mark.parametrize("base", [-1, 0, 1])
async def test_a_match_survives_its_server(nursery: trio.Nursery, match: Recording, faults: Faults, base: int) -> None:
    simulation = simulate(match, faults=faults, base=base, seed=base + 7)
    url = await start(nursery, simulation)
    followed = await Followed(match.fixture).run(FeedProfile(url=url))
    assert followed.ending is Ending.FINISHED
    assert followed.pipeline.counts.bad == faults.bad
    assert followed.pipeline.counts.packets == len(simulation.served(match.fixture))
    assert followed.counts.refetches == 0
    assert_box(followed, match.packets)
    followed.assert_fair()


async def test_a_stalled_server_is_left_and_found_again(nursery: trio.Nursery, match: Recording) -> None:
    url = await start(nursery, simulate(match, faults=Faults(stall=2)))
    profile = FeedProfile(url=url, quiet=0.4, answer=0.1, silence=0.5)
    followed = await Followed(match.fixture).run(profile)
    assert followed.ending is Ending.FINISHED
    assert followed.counts.reconnects == 2
    assert_box(followed, match.packets)
    followed.assert_fair()


@pytest.mark.parametrize("seed", range(6))
async def test_a_list_that_is_rewritten_ends_as_the_new_list(
    nursery: trio.Nursery, match: Recording, seed: int
) -> None:
    simulation = simulate(match, faults=Faults(change=3, cut=4), seed=seed)
    url = await start(nursery, simulation)
    followed = await Followed(match.fixture).run(FeedProfile(url=url, settled=0.1, pause=0.05))
    assert followed.ending is Ending.FINISHED
    assert followed.counts.refetches >= 1
    assert_box(followed, simulation.served(match.fixture))
    assert count_box(simulation.served(match.fixture)) != count_box(match.packets)
    followed.assert_fair()


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refusal_reaches_the_user_in_the_server_s_words(
    nursery: trio.Nursery, match: Recording, status: int
) -> None:
    url = await start(nursery, simulate(match, faults=Faults(refuse=status)))
    followed = await Followed(match.fixture).run(FeedProfile(url=url), give_up_when_refused=True)
    assert followed.ending is Ending.REFUSED
    assert followed.statuses[-1].state is FeedState.REFUSED
    assert followed.statuses[-1].reason.startswith(f"the server answered {status} ")


async def test_a_wrong_token_is_a_refusal(nursery: trio.Nursery, match: Recording) -> None:
    url = await start(nursery, simulate(match, token="another"))
    followed = await Followed(match.fixture).run(FeedProfile(url=url), give_up_when_refused=True)
    assert followed.ending is Ending.REFUSED
    assert "The supplied authentication is invalid" in followed.statuses[-1].reason


async def test_one_fixture_that_is_refused_does_not_touch_the_others(nursery: trio.Nursery, match: Recording) -> None:
    other = generate_match(6)
    url = await start(nursery, simulate(match, other))
    limit = ConnectLimit()
    fixtures = [Followed(fixture) for fixture in (match.fixture, "no such fixture", other.fixture)]

    async def run(followed: Followed, token: str) -> None:
        await followed.run(FeedProfile(url=url), token=lambda: Secret(token), connects=limit, give_up_when_refused=True)

    async with trio.open_nursery() as feeds:
        for followed, token in zip(fixtures, (TOKEN, "wrong", TOKEN), strict=True):
            feeds.start_soon(run, followed, token)
    assert [followed.ending for followed in fixtures] == [Ending.FINISHED, Ending.REFUSED, Ending.FINISHED]
    assert_box(fixtures[0], match.packets)
    assert_box(fixtures[2], other.packets)


async def first_failure(profile: FeedProfile, match: Recording, **options: Any) -> str:
    """Follow until the first attempt has failed, and return why."""
    followed = Followed(match.fixture)
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(followed.run, profile, rng=random.Random(), **options))
            await followed.log.told.wait()
            nursery.cancel_scope.cancel()
    return followed.statuses[0].reason


async def test_a_server_that_is_not_there_is_told_in_one_sentence(match: Recording) -> None:
    async with (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0] as listener:
        port = listener.socket.getsockname()[1]
    assert await first_failure(FeedProfile(url=f"ws://127.0.0.1:{port}"), match) == (
        f"cannot connect to 127.0.0.1 port {port}: connection refused"
    )


class NoNames(trio.abc.HostnameResolver):
    """A machine that is offline."""

    async def getaddrinfo(self, *_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    async def getnameinfo(self, *_: object, **__: object) -> NoReturn:
        raise AssertionError("nobody asks for this")


@pytest.mark.parametrize("host", ["feed.example", "x" * 70 + ".example", "a..b"])
async def test_a_host_without_an_address_is_told_in_one_sentence(match: Recording, host: str) -> None:
    trio.socket.set_custom_hostname_resolver(NoNames())
    assert (await first_failure(FeedProfile(url=f"ws://{host}"), match)).startswith(f"no address is known for {host}")


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
    return context


async def test_a_private_authority_is_trusted_where_it_is_named(
    nursery: trio.Nursery, match: Recording, authority: trustme.CA
) -> None:
    simulation = simulate(match, faults=Faults(cut=10, bad=8))
    url = await start(nursery, simulation, server_context(authority.issue_cert("127.0.0.1")))
    assert url.startswith("wss://")
    followed = await Followed(match.fixture).run(FeedProfile(url=url), ssl_context=trusting(authority))
    assert followed.ending is Ending.FINISHED
    assert_box(followed, match.packets)
    followed.assert_fair()


async def test_a_certificate_of_an_unknown_authority_is_told_with_a_hint(
    nursery: trio.Nursery, match: Recording, authority: trustme.CA
) -> None:
    url = await start(nursery, simulate(match), server_context(authority.issue_cert("127.0.0.1")))
    reason = await first_failure(FeedProfile(url=url), match)
    assert reason.startswith("the certificate of 127.0.0.1 is not trusted (")
    assert "ca_file" in reason


async def test_a_certificate_for_another_host_is_told(
    nursery: trio.Nursery, match: Recording, authority: trustme.CA
) -> None:
    url = await start(nursery, simulate(match), server_context(authority.issue_cert("feed.example")))
    context = trusting(authority)
    expected = "the certificate that 127.0.0.1 shows is for another host: check the address"
    assert await first_failure(FeedProfile(url=url), match, ssl_context=context) == expected


async def test_a_certificate_out_of_its_time_is_told(
    nursery: trio.Nursery, match: Recording, authority: trustme.CA
) -> None:
    now = datetime.now(UTC)
    expired = authority.issue_cert("127.0.0.1", not_after=now - timedelta(days=1))
    early = authority.issue_cert("127.0.0.1", not_before=now + timedelta(days=1))
    context = trusting(authority)
    url = await start(nursery, simulate(match), server_context(expired))
    expected = "the certificate of 127.0.0.1 has expired"
    assert await first_failure(FeedProfile(url=url), match, ssl_context=context) == expected
    url = await start(nursery, simulate(match), server_context(early))
    assert "is not valid yet" in await first_failure(FeedProfile(url=url), match, ssl_context=context)


async def test_tls_where_there_is_none_is_told(nursery: trio.Nursery, match: Recording) -> None:
    url = await start(nursery, simulate(match))
    reason = await first_failure(FeedProfile(url=url.replace("ws:", "wss:")), match)
    assert reason.startswith("TLS with 127.0.0.1 port ")


async def test_the_token_shows_in_no_log_repr_or_traceback(
    nursery: trio.Nursery, match: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = await start(nursery, simulate(match, faults=Faults(cut=4, refuse=2, bad=8)))
    with structlog.testing.capture_logs() as logs:
        followed = await Followed(match.fixture).run(FeedProfile(url=url))
        broken = Followed(match.fixture)
        broken.pipeline = Broken(match.fixture, broken.log, FixtureClock(trio.current_time))
        with pytest.raises(ExceptionGroup) as bug:
            await broken.run(FeedProfile(url=url))
    assert any(log["log_level"] == "debug" for log in logs)
    shown = [str(logs), caplog.text, repr(followed.log.rows), repr(vars(followed)), str(followed.statuses)]
    shown += traceback.format_exception(bug.value)
    assert not any(TOKEN in text for text in shown)


async def test_no_connection_is_left_open(nursery: trio.Nursery, match: Recording) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", ResourceWarning)
        url = await start(nursery, simulate(match, faults=Faults(cut=10, refuse=3)))
        await Followed(match.fixture).run(FeedProfile(url=url))
        gc.collect()
    assert not [warning for warning in warned if warning.category is ResourceWarning]


def shared_games() -> list[Path]:
    return sorted(GAMES.glob("*.jsonl"))


@pytest.mark.skipif(not GAMES.is_dir(), reason=f"the shared games are not there: {GAMES.name} beside the repository")
@pytest.mark.parametrize("path", shared_games(), ids=lambda path: path.stem)
async def test_a_real_game_that_is_cut_20_times_has_its_official_box_score(nursery: trio.Nursery, path: Path) -> None:
    recording = read_recording(path)
    truth = json.loads(path.with_suffix("").with_suffix(".truth.json").read_text())
    seed = sum(map(ord, path.stem))
    simulation = simulate(recording, faults=Faults(cut=20), seed=seed, base=seed % 3 - 1)
    url = await start(nursery, simulation)
    followed = await Followed(recording.fixture).run(FeedProfile(url=url))
    assert followed.ending is Ending.FINISHED
    assert followed.counts.reconnects >= 20
    assert followed.pipeline.counts.packets == len(recording.packets)
    followed.assert_fair()
    for side, box in (("home", followed.pipeline.game.home), ("away", followed.pipeline.game.away)):
        official = truth[side]["official"]
        assert {name: getattr(box.line, name) for name in official} == official
        players = truth[side]["players"]
        zeros = dict.fromkeys(official, 0)
        found = {
            who: {name: getattr(box.players[who].line, name) for name in figures} if who in box.players else zeros
            for who, figures in players.items()
        }
        assert found == players


def test_the_oracle_knows_the_names_that_matches_use(match: Recording) -> None:
    kinds = {kind for _, kind in count_box(match.packets)}
    assert {kind for kind in KINDS if not re.search("block|assist", kind)} <= kinds
