"""What the server does as time passes: on memory streams, with a clock that jumps."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

import pytest
import trio

from actionbus.recording import Recording
from actionbus.simulator.server import HEARTBEAT, PATIENCE
from actionbus.simulator.simulation import Simulation

if TYPE_CHECKING:
    from tests.core.simulator.conftest import Dial, Fetch
    from trio.testing import MockClock

TOKEN = '{"authToken":"secret"}'


def at(*seconds: float) -> Recording:
    """Packets at these seconds of match time."""
    return Recording(
        "f",
        tuple(
            json.dumps(
                {
                    "fixtureAction": {
                        "fixtureId": "f",
                        "actionId": f"a{number}",
                        "timestamp": f"2026-01-01T{int(second // 3600):02}:{int(second // 60 % 60):02}"
                        f":{second % 60:09.6f}Z",
                    }
                }
            )
            for number, second in enumerate(seconds)
        ),
    )


async def arrivals(dial: Dial, simulation: Simulation, query: str = "", packets: int = 3) -> list[float]:
    """Return when packets come, in seconds since the token was sent."""
    async with dial(simulation, "f", query=query) as connection:
        await connection.send_message(TOKEN)
        begun = trio.current_time()
        found: list[float] = []
        while len(found) < packets:
            if "fixtureAction" in str(await connection.get_message()):
                found.append(round(trio.current_time() - begun, 3))
        return found


async def test_packets_come_as_far_apart_as_they_were(autojump_clock: MockClock, dial: Dial) -> None:
    assert await arrivals(dial, Simulation(recordings=[at(100, 104, 107.5)])) == [0, 4, 7.5]


async def test_speed_divides_the_pauses(autojump_clock: MockClock, dial: Dial) -> None:
    assert await arrivals(dial, Simulation(recordings=[at(0, 10, 20)], speed=10)) == [0, 1, 2]


async def test_no_pause_is_longer_than_20_seconds_of_match_time(autojump_clock: MockClock, dial: Dial) -> None:
    assert await arrivals(dial, Simulation(recordings=[at(0, 900, 905)])) == [0, 20, 25]
    assert await arrivals(dial, Simulation(recordings=[at(0, 900, 905)], speed=10)) == [0, 2, 2.5]


async def test_time_that_goes_back_or_cannot_be_read_takes_no_time(autojump_clock: MockClock, dial: Dial) -> None:
    packets = at(10, 5, 12).packets
    recording = Recording("f", (packets[0], packets[1], '{"fixtureAction":{"timestamp":"noon"}}', packets[2]))
    assert await arrivals(dial, Simulation(recordings=[recording]), packets=4) == [0, 0, 0, 2]


async def test_a_later_connection_gets_the_list_so_far_at_once_and_then_what_comes(
    autojump_clock: MockClock, dial: Dial
) -> None:
    simulation = Simulation(recordings=[at(0, 5, 10, 15)])
    assert await arrivals(dial, simulation, packets=1) == [0]
    await trio.sleep(7)
    assert await arrivals(dial, simulation, packets=4) == [0, 0, 3, 8]


async def test_fast_is_full_rate_whatever_the_speed(autojump_clock: MockClock, dial: Dial) -> None:
    simulation = Simulation(recordings=[at(0, 10, 20)])
    assert await arrivals(dial, simulation, "speed=fast") == [0, 0, 0]
    assert await arrivals(dial, simulation, "speed=normal&startPosition=1", packets=2) == [10, 20]


async def test_a_heartbeat_comes_every_10_seconds_at_any_speed(autojump_clock: MockClock, dial: Dial) -> None:
    for speed in (1.0, math.inf):
        async with dial(Simulation(recordings=[at(0)], speed=speed, linger=math.inf), "f") as connection:
            await connection.send_message(TOKEN)
            begun = trio.current_time()
            assert [await connection.get_message() for _ in range(2)]
            for number in (1, 2, 3):
                beat = str(await connection.get_message())
                assert re.fullmatch(
                    r'\{"message":"Heartbeat sent at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","level":"INFO"\}', beat
                )
                assert trio.current_time() - begun == pytest.approx(number * HEARTBEAT)


async def test_who_sends_no_token_is_closed_after_10_seconds(autojump_clock: MockClock, dial: Dial) -> None:
    async with dial(Simulation(recordings=[at(0)]), "f") as connection:
        begun = trio.current_time()
        with pytest.raises(Exception, match="1008"):
            await connection.get_message()
        assert trio.current_time() - begun == pytest.approx(PATIENCE)


async def test_an_unknown_fixture_is_told_so_and_the_connection_stays_with_heartbeats(
    autojump_clock: MockClock, dial: Dial
) -> None:
    async with dial(Simulation(recordings=[at(0)]), "nowhere") as connection:
        await connection.send_message(TOKEN)
        said = [json.loads(await connection.get_message()) for _ in range(8)]
    assert said[0] == {"message": "Authorisation accepted", "level": "INFO"}
    assert said[1] == {"message": "Could not find fixture topic nowhere", "level": "WARN"}
    assert all(one["message"].startswith("Heartbeat") for one in said[2:])


async def test_a_position_beyond_the_end_brings_heartbeats_only(autojump_clock: MockClock, dial: Dial) -> None:
    async with dial(Simulation(recordings=[at(0, 1)]), "f", query="startPosition=3") as connection:
        await connection.send_message(TOKEN)
        said = [json.loads(await connection.get_message()) for _ in range(8)]
    assert all(one["message"].startswith("Heartbeat") for one in said[1:])


@pytest.mark.parametrize(
    ("speed", "linger", "stays"),
    [(1.0, None, 25), (10.0, None, 2.5), (1000.0, None, 0.2), (math.inf, None, 0.2), (math.inf, 3.0, 3)],
)
async def test_behind_the_last_packet_the_connection_stays_for_a_while_and_closes_with_1000(
    autojump_clock: MockClock, fetch: Fetch, speed: float, linger: float | None, stays: float
) -> None:
    begun = trio.current_time()
    ended = await fetch(Simulation(recordings=[at(0)], speed=speed, linger=linger), "f")
    assert ended.code == 1000
    assert trio.current_time() - begun == pytest.approx(stays)


async def test_what_a_client_says_after_its_token_is_ignored(autojump_clock: MockClock, dial: Dial) -> None:
    async with dial(Simulation(recordings=[at(0, 5)]), "f") as connection:
        await connection.send_message(TOKEN)
        for said in ("hello", TOKEN, b"\xff", '{"authToken":"wrong"}'):
            await connection.send_message(said)
        assert [await connection.get_message() for _ in range(3)][1:] == list(at(0, 5).packets)
