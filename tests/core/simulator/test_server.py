"""The protocol's facts, over real loopback sockets."""

from __future__ import annotations

import math
import ssl
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest
import trio
import trustme

from actionbus.errors import ConfigError
from actionbus.recording import Recording
from actionbus.simulator.server import serve
from actionbus.simulator.simulation import Simulation

if TYPE_CHECKING:
    from tests.core.simulator.conftest import Dial, Fetch

ACCEPTED = '{"message":"Authorisation accepted","level":"INFO"}'
ACCEPT = {"Accept": "application/vnd.imggaming.dde.api+json;version=1"}


async def start(nursery: trio.Nursery, simulation: Simulation, context: ssl.SSLContext | None = None) -> str:
    url: str = await nursery.start(partial(serve, simulation, ssl_context=context))
    return url


def simulate(*recordings: Recording, token: str | None = None, base: int = 0) -> Simulation:
    return Simulation(recordings=recordings, speed=math.inf, token=token, base=base)


async def test_a_match_comes_whole_and_fast_and_ends_with_1000(
    nursery: trio.Nursery, match: Recording, fetch: Fetch
) -> None:
    url = await start(nursery, simulate(match, token="secret"))
    assert url.startswith("ws://127.0.0.1:")
    begun = time.perf_counter()
    ended = await fetch(url, match.fixture)
    assert ended.frames == [ACCEPTED, *match.packets]
    assert ended.code == 1000
    assert time.perf_counter() - begun < 2.0


async def test_a_match_comes_over_tls(nursery: trio.Nursery, match: Recording, fetch: Fetch) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    url = await start(nursery, simulate(match), context)
    assert url.startswith("wss://127.0.0.1:")
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)  # pyright: ignore[reportUnknownMemberType]
    assert (await fetch(url, match.fixture, context=trusting)).packets == list(match.packets)
    with pytest.RaisesGroup(trio.BrokenResourceError, allow_unwrapped=True, flatten_subgroups=True):
        await fetch(url, match.fixture, context=ssl.create_default_context())
    assert (await fetch(url, match.fixture, context=trusting)).code == 1000


@pytest.mark.parametrize(
    ("base", "position", "skipped"),
    [(0, 0, 0), (0, 5, 5), (1, 0, 0), (1, 1, 0), (1, 5, 4), (-1, 0, 0), (-1, 5, 6)],
)
async def test_start_position_skips_as_the_base_says(
    nursery: trio.Nursery, match: Recording, fetch: Fetch, base: int, position: int, skipped: int
) -> None:
    url = await start(nursery, simulate(match, base=base))
    ended = await fetch(url, match.fixture, query=f"startPosition={position}")
    assert ended.packets == list(match.packets[skipped:])


@pytest.mark.parametrize(
    "path",
    [
        "/media/basketball/fixtures/{}/actions",
        "/basketball/fixtures/{}/actions",
        "/media/v2/volleyball/fixtures/{}/actions",
    ],
)
async def test_sport_and_media_are_free(nursery: trio.Nursery, match: Recording, fetch: Fetch, path: str) -> None:
    url = await start(nursery, simulate(match))
    assert (await fetch(url, match.fixture, path=path)).code == 1000


async def test_another_path_is_not_found(nursery: trio.Nursery, match: Recording, fetch: Fetch) -> None:
    url = await start(nursery, simulate(match))
    for path in ("/", "/media/basketball/fixtures/{}", "/media/basketball/fixtures/{}/statistics"):
        assert (await fetch(url, match.fixture, path=path)).status == 404


async def test_a_handshake_without_accept_is_refused_with_400(
    nursery: trio.Nursery, match: Recording, fetch: Fetch
) -> None:
    url = await start(nursery, simulate(match))
    ended = await fetch(url, match.fixture, headers={})
    assert ended.status == 400
    assert ended.body == "{Request is missing required HTTP header 'Accept'}"


async def test_a_start_position_that_is_no_number_is_refused_with_400(
    nursery: trio.Nursery, match: Recording, fetch: Fetch
) -> None:
    url = await start(nursery, simulate(match))
    for position in ("-1", "five", "%00", "9" * 5000):
        assert (await fetch(url, match.fixture, query=f"startPosition={position}")).status == 400


async def test_a_wrong_bearer_is_refused_with_401_and_a_right_one_or_none_is_not(
    nursery: trio.Nursery, match: Recording, fetch: Fetch
) -> None:
    url = await start(nursery, simulate(match, token="secret"))
    for wrong in ("Bearer wrong", "Bearer", "secret", "Basic secret"):
        ended = await fetch(url, match.fixture, headers={**ACCEPT, "Authorization": wrong})
        assert ended.status == 401
        assert ended.body == "{The supplied authentication is invalid}"
    for headers in (ACCEPT, {**ACCEPT, "Authorization": "Bearer secret"}):
        assert (await fetch(url, match.fixture, headers=headers)).code == 1000


@pytest.mark.parametrize(
    "first",
    ["", "secret", "[]", '{"token":"secret"}', '{"authToken":7}', b"\xff\xfe", '{"authToken":"secret"', "null"],
)
async def test_a_first_message_of_the_wrong_form_is_told_so_and_the_connection_closed(
    nursery: trio.Nursery, match: Recording, fetch: Fetch, first: str | bytes
) -> None:
    url = await start(nursery, simulate(match, token="secret"))
    ended = await fetch(url, match.fixture, first=first)
    assert ended.frames == ['{"message":"Authentication message had incorrect format","level":"ERROR"}']
    assert ended.code == 1008


async def test_a_wrong_token_is_told_so_and_the_connection_closed(
    nursery: trio.Nursery, match: Recording, fetch: Fetch
) -> None:
    for token, said in (("secret", "wrong"), ("secret", ""), (None, "")):
        url = await start(nursery, simulate(match, token=token))
        ended = await fetch(url, match.fixture, first=f'{{"authToken":"{said}"}}')
        assert ended.frames == ['{"errorMessage":"Supplied token could not be authenticated"}']
        assert ended.code == 1008


async def test_many_fixtures_are_served_to_many_clients_at_once(
    nursery: trio.Nursery, match: Recording, fetch: Fetch
) -> None:
    games = [match] + [
        Recording(f"game-{n}", tuple(p.replace(match.fixture, f"game-{n}") for p in match.packets)) for n in range(5)
    ]
    url = await start(nursery, simulate(*games))
    whole = 0

    async def watch(game: Recording) -> None:
        nonlocal whole
        ended = await fetch(url, game.fixture)
        whole += ended.packets == list(game.packets)

    async with trio.open_nursery() as clients:
        for game in games * 4:
            clients.start_soon(watch, game)
    assert whole == 24


async def test_a_client_that_does_not_read_delays_nobody(
    nursery: trio.Nursery, match: Recording, dial: Dial, fetch: Fetch
) -> None:
    # more than the sockets' buffers hold, so that the server is stuck in the middle of it
    long = Recording("long", match.packets * 8)
    url = await start(nursery, simulate(match, long))
    where = url.removeprefix("ws://").split(":")
    stuck = await trio.open_tcp_stream(where[0], int(where[1]))
    async with stuck:
        await stuck.send_all(
            b"GET /media/basketball/fixtures/long/actions HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Sec-WebSocket-Version: 13\r\nAccept: x\r\n\r\n"
            # the token in a masked frame, with a mask of zeros
            b"\x81\x96\0\0\0\0" + b'{"authToken":"secret"}'
        )
        assert (await stuck.receive_some(12)) == b"HTTP/1.1 101"
        for fixture, packets in (("long", long.packets), (match.fixture, match.packets)):
            assert (await fetch(url, fixture)).packets == list(packets)


async def test_a_client_that_leaves_at_any_time_does_no_harm(
    nursery: trio.Nursery, match: Recording, dial: Dial, fetch: Fetch
) -> None:
    url = await start(nursery, simulate(match))
    for frames in (0, 1, 2, 50):
        async with dial(url, match.fixture) as connection:
            if frames:
                await connection.send_message('{"authToken":"secret"}')
            for _ in range(frames):
                await connection.get_message()
    assert (await fetch(url, match.fixture)).packets == list(match.packets)


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"GET /\xff\xfe HTTP/1.1\r\nHost: \xff\r\nUpgrade: websocket\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff.xn--\xff\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: \xff\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: \xff\r\nConnection: \xff\xfe, Upgrade\r\n"
        b"Sec-WebSocket-Protocol: \xff\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"GET http://[::bad/fixtures/x/actions HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 200_000,
    ],
)
async def test_a_malformed_handshake_does_not_end_the_server(
    nursery: trio.Nursery, match: Recording, fetch: Fetch, hostile: bytes
) -> None:
    url = await start(nursery, simulate(match))
    host, port = url.removeprefix("ws://").split(":")
    stream = await trio.open_tcp_stream(host, int(port))
    async with stream:
        with suppress(trio.BrokenResourceError):  # the server may have had enough before the end
            await stream.send_all(hostile)
            await stream.send_eof()
        assert (await fetch(url, match.fixture)).packets == list(match.packets)


def test_a_token_shows_in_no_repr(match: Recording) -> None:
    assert "s3cr3t" not in repr(simulate(match, token="s3cr3t"))


def test_one_fixture_cannot_be_played_twice(match: Recording) -> None:
    with pytest.raises(ConfigError, match=f"two recordings are of fixture {match.fixture}"):
        simulate(match, match)


def test_a_speed_must_be_more_than_nothing(match: Recording) -> None:
    for speed in (0.0, -1.0, math.nan):
        with pytest.raises(ConfigError, match="more than 0"):
            Simulation(recordings=[match], speed=speed)
