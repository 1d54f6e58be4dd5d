"""The real client against the simulator, over loopback sockets: every fault, and real games cut at random."""

from __future__ import annotations

import gc
import json
import logging
import math
import re
import traceback
import warnings

import pytest
import structlog
import trio
from tests.conftest import RealGame
from tests.e2e.following import KINDS, TOKEN, Followed, assert_box, count_box, simulate, start

from actionbus.bus import FixtureClock
from actionbus.events.base import Action, FeedState
from actionbus.feed import ConnectLimit, Ending
from actionbus.pipeline import Pipeline
from actionbus.recording import Recording, read_recording
from actionbus.secrets import Secret
from actionbus.session import FeedProfile
from actionbus.simulator import Faults, generate_match


@pytest.fixture(scope="module")
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
    states = [status.state for status in followed.statuses]
    outage = [FeedState.STALE, FeedState.DOWN, FeedState.RECOVERED]
    assert states == [FeedState.LIVE, *outage, *outage, FeedState.FINISHED]
    for stale, down, back in (followed.statuses[1:4], followed.statuses[4:7]):
        assert stale.since == down.since == back.since
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


class Broken(Pipeline):
    """A pipeline with a bug."""

    def accept(self, packet: str | bytes, received: float = math.inf) -> Action | None:
        raise RuntimeError("a bug")


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


async def test_a_real_game_that_is_cut_20_times_has_its_official_box_score(
    nursery: trio.Nursery, real_game: RealGame
) -> None:
    recording = read_recording(real_game.recording)
    truth = json.loads(real_game.truth)
    seed = len(recording.packets)
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
