"""Faults on request: as they are written, as they are laid out, and as a client meets them."""

from __future__ import annotations

import json
import math
import ssl
from functools import partial
from random import Random
from typing import TYPE_CHECKING

import orjson
import pytest
import trio
import trustme
from hypothesis import given
from hypothesis import strategies as st

from actionbus.errors import ConfigError
from actionbus.recording import Recording, fixture_of
from actionbus.simulator.faults import Faults, parse_fault, parse_faults
from actionbus.simulator.match import generate_match
from actionbus.simulator.server import serve
from actionbus.simulator.simulation import Simulation
from actionbus.simulator.spoil import NotText, spoil

if TYPE_CHECKING:
    from tests.core.simulator.conftest import Dial, Ended, Fetch
    from trio.testing import MockClock

MATCH = generate_match(1)


def test_faults_are_written_name_equals_number() -> None:
    assert parse_fault("cut=3") == Faults(cut=3)
    assert parse_faults(["cut=3", "slow=0.05", "cut=4"]) == Faults(cut=4, slow=0.05)
    assert parse_fault("refuse=403", Faults(bad=1)) == Faults(refuse=403, bad=1)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cuts=3", "did you mean 'cut'?"),
        ("xyzzy=3", "there are cut, stall, refuse, bad, repeat, slow, change"),
        ("cut", "it needs a number, as in cut=3"),
        ("cut=many", "write a whole number"),
        ("cut=-1", "write a whole number"),
        ("cut=" + "9" * 5000, "write a whole number"),
        ("cut=1.5", "write a whole number"),
        ("slow=inf", "write seconds"),
        ("slow=-1", "write seconds"),
        ("refuse=500", "or a status for all of them (400, 401, 403, 429)"),
        ("=", "there is no such fault"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_fault(text)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@given(number=st.integers(0, 50), seed=st.integers())
def test_a_spoilt_packet_is_of_no_use_to_anybody(number: int, seed: int) -> None:
    rng = Random(seed)
    text = spoil(rng.choice(MATCH.packets), number, rng)
    try:
        packet = json.loads(text.encode(errors="surrogateescape"))
        orjson.loads(text.encode(errors="surrogateescape"))
    except (ValueError, RecursionError):
        return
    action = packet["fixtureAction"]
    usable = isinstance(action, dict) and isinstance(action["actionId"], str)
    assert not usable or fixture_of(text) != MATCH.fixture


def lay_out(match: Recording, **faults: int) -> list[str]:
    return Simulation(recordings=[match], faults=Faults(**faults)).served(match.fixture)


def test_bad_packets_are_extra_ones_and_of_every_kind(match: Recording) -> None:
    served = lay_out(match, bad=16)
    good = set(match.packets)
    assert [packet for packet in served if packet in good] == list(match.packets)
    bad = [packet for packet in served if packet not in good]
    assert len(bad) == 16
    assert any(isinstance(packet, NotText) for packet in bad)
    assert any(fixture_of(packet) not in (None, match.fixture) for packet in bad)


def test_repeated_stretches_end_where_they_are_repeated(match: Recording) -> None:
    """So each action's own packets keep their order, and the last word on it stays the last."""
    served = lay_out(match, repeat=5)
    assert len(match.packets) + 5 <= len(served) <= len(match.packets) + 100
    assert list(dict.fromkeys(served)) == list(match.packets)
    assert served[-1] == match.packets[-1]
    assert stands(served) == stands(match.packets)


def test_the_same_seed_gives_the_same_faults(match: Recording) -> None:
    faults = Faults(bad=10, repeat=3)
    lists = [Simulation(recordings=[match], faults=faults, seed=seed).served(match.fixture) for seed in (4, 4, 5)]
    assert lists[0] == lists[1] != lists[2]


def stands(packets: tuple[str, ...] | list[str]) -> dict[str, object]:
    """The last word on each action that counts at the end."""
    found: dict[str, object] = {}
    for packet in packets:
        action = json.loads(packet)["fixtureAction"]
        if action["sendTypeId"] in (2, 5, 6):
            said = {key: action.get(key) for key in ("fixtureActionType", "fixtureActionSubType", "team", "player")}
            found[action["actionId"]] = said
        else:
            found.pop(action["actionId"], None)
    return found


async def follow(
    fetch: Fetch, url: str, match: Recording, context: ssl.SSLContext | None = None
) -> tuple[list[str | bytes], list[Ended]]:
    """Follow a fixture to its end as the simplest client does: count what came, ask for the rest."""
    got: list[str | bytes] = []
    connections: list[Ended] = []
    while not connections or connections[-1].code != 1000:
        ended = await fetch(url, match.fixture, query=f"startPosition={len(got)}", context=context)
        connections.append(ended)
        got += ended.packets
    return got, connections


async def test_cuts_are_met_so_many_times_and_a_resume_by_place_loses_nothing(
    nursery: trio.Nursery, match: Recording, fetch: Fetch
) -> None:
    simulation = Simulation(recordings=[match], speed=math.inf, faults=Faults(cut=20), seed=3)
    url: str = await nursery.start(serve, simulation)
    got, connections = await follow(fetch, url, match)
    assert got == list(match.packets)
    assert [one.code for one in connections].count(1012) == 10
    assert len(connections) == 21


async def test_cuts_are_met_over_tls_too(nursery: trio.Nursery, match: Recording, fetch: Fetch) -> None:
    authority = trustme.CA()
    context, trusting = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    authority.configure_trust(trusting)  # pyright: ignore[reportUnknownMemberType]
    simulation = Simulation(recordings=[match], speed=math.inf, faults=Faults(cut=6))
    url: str = await nursery.start(partial(serve, simulation, ssl_context=context))
    got, connections = await follow(fetch, url, match, trusting)
    assert got == list(match.packets)
    assert len(connections) == 7


async def test_the_first_handshakes_of_each_fixture_are_refused(
    nursery: trio.Nursery, match: Recording, fetch: Fetch
) -> None:
    other = Recording("other", match.packets)
    simulation = Simulation(recordings=[match, other], speed=math.inf, faults=Faults(refuse=2))
    url: str = await nursery.start(serve, simulation)
    for fixture in (match.fixture, "other"):
        statuses = [(await fetch(url, fixture)).status for _ in range(3)]
        assert statuses == [503, 503, None]


@pytest.mark.parametrize("status", [400, 401, 403, 429])
async def test_a_status_refuses_all_handshakes(
    nursery: trio.Nursery, match: Recording, fetch: Fetch, status: int
) -> None:
    url: str = await nursery.start(serve, Simulation(recordings=[match], faults=Faults(refuse=status)))
    for _ in range(3):
        ended = await fetch(url, match.fixture)
        assert ended.status == status
        assert ended.body.startswith("{")


async def test_bad_packets_reach_the_client_as_they_are(nursery: trio.Nursery, match: Recording, fetch: Fetch) -> None:
    simulation = Simulation(recordings=[match], speed=math.inf, faults=Faults(bad=7))
    url: str = await nursery.start(serve, simulation)
    ended = await fetch(url, match.fixture)
    sent = [one if isinstance(one, bytes) else one.encode(errors="surrogateescape") for one in ended.packets]
    assert sent == [one.encode(errors="surrogateescape") for one in simulation.served(match.fixture)]
    assert any(isinstance(one, bytes) for one in ended.packets)


async def test_a_text_frame_that_is_not_utf8_breaks_the_connection_and_can_be_passed(
    nursery: trio.Nursery, match: Recording, fetch: Fetch
) -> None:
    simulation = Simulation(recordings=[match], speed=math.inf, faults=Faults(bad=8))
    url: str = await nursery.start(serve, simulation)
    served = simulation.served(match.fixture)
    place = next(place for place, packet in enumerate(served) if isinstance(packet, NotText))
    ended = await fetch(url, match.fixture)
    assert ended.code == 1007
    assert len(ended.packets) == place
    rest = await fetch(url, match.fixture, query=f"startPosition={place + 1}")
    assert len(rest.packets) == len(served) - place - 1


async def test_a_recorded_line_that_is_not_utf8_comes_in_a_binary_frame(
    autojump_clock: MockClock, fetch: Fetch
) -> None:
    recording = Recording("f", ('{"fixtureAction":{"fixtureId":"f"}}', '{"a":"\udce9"}'))
    ended = await fetch(Simulation(recordings=[recording]), "f")
    assert ended.packets == [recording.packets[0], b'{"a":"\xe9"}']


async def test_a_stalled_connection_is_silent_and_open_and_the_next_one_is_well(
    autojump_clock: MockClock, match: Recording, dial: Dial, fetch: Fetch
) -> None:
    simulation = Simulation(recordings=[match], speed=math.inf, faults=Faults(stall=1))
    came = 0
    async with dial(simulation, match.fixture) as connection:
        await connection.send_message('{"authToken":"secret"}')
        with trio.move_on_after(300) as silence:
            while True:
                await connection.get_message()
                came += 1
                silence.deadline = trio.current_time() + 300
        assert silence.cancelled_caught
        assert connection.closed is None
    assert 1 < came <= len(match.packets)
    assert (await fetch(simulation, match.fixture)).packets == list(match.packets)


async def test_slow_waits_before_each_packet(autojump_clock: MockClock, match: Recording, fetch: Fetch) -> None:
    short = Recording(match.fixture, match.packets[:10])
    begun = trio.current_time()
    simulation = Simulation(recordings=[short], speed=math.inf, linger=0, faults=Faults(slow=0.5))
    assert (await fetch(simulation, match.fixture)).packets == list(short.packets)
    assert trio.current_time() - begun == pytest.approx(5)


@pytest.mark.parametrize("seed", range(5))
async def test_a_list_that_was_rewritten_moves_up_by_three_or_more_and_its_score_stays(
    nursery: trio.Nursery, match: Recording, fetch: Fetch, seed: int
) -> None:
    simulation = Simulation(recordings=[match], speed=math.inf, faults=Faults(change=2), seed=seed)
    url: str = await nursery.start(serve, simulation)
    _, connections = await follow(fetch, url, match)
    assert len(connections) == 3
    final = simulation.served(match.fixture)
    assert 6 <= len(match.packets) - len(final) < 40
    assert (await fetch(url, match.fixture)).packets == list(final)
    before, after = stands(match.packets), stands(final)
    assert set(after) < set(before)
    assert any(after[action] != before[action] for action in after)
    assert score(after) == score(before)


def score(standing: dict[str, object]) -> int:
    said = json.dumps(list(standing.values()))
    return said.count('"3 Points Made"') * 3 + said.count('"2 Points Made"') * 2 + said.count("Free Throw Made")


async def test_a_rewriting_cuts_the_other_connections_of_the_fixture_too(
    autojump_clock: MockClock, match: Recording, dial: Dial, fetch: Fetch
) -> None:
    simulation = Simulation(recordings=[match], speed=100, faults=Faults(change=1))
    ends: list[Ended] = []

    async def watch() -> None:
        ends.append(await fetch(simulation, match.fixture))

    async with trio.open_nursery() as clients:
        clients.start_soon(watch)
        clients.start_soon(watch)
    assert all(ended.code != 1000 for ended in ends)
    assert (await fetch(simulation, match.fixture)).packets == simulation.served(match.fixture)
