"""Who does not want us is told so loudly, in the server's own words, and is not hammered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog
import trio

from actionbus.errors import ConfigError
from actionbus.events.base import FeedState
from actionbus.feed import Ending
from actionbus.feed.words import without
from actionbus.secrets import Secret

if TYPE_CHECKING:
    from tests.core.feed.conftest import Kit
    from tests.core.feed.rig import Call, Play, Rig
    from trio.testing import MockClock


def rejecting(status: int, body: str = "", **headers: str) -> Play:
    async def play(call: Call) -> None:
        await call.reject(status, body, **headers)

    return play


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, "{The supplied authentication is invalid}", "401 Unauthorized: The supplied authentication is invalid"),
        (400, "{Request is missing required HTTP header 'Accept'}",
         "400 Bad Request: Request is missing required HTTP header 'Accept'"),
        (403, '{"errorMessage": "not yours"}', "403 Forbidden: not yours"),
        (404, "", "404 Not Found"),
        (499, "x" * 9999, "499: " + "x" * 275),
        (410, "gone\r\nfor\tgood\x1b[31m", "410 Gone: gone for good�[31m"),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_in_the_server_s_words_and_tried_again_after_5_minutes(
    autojump_clock: MockClock, rig: Rig, kit: Kit, status: int, body: str, reason: str
) -> None:
    with structlog.testing.capture_logs() as logs:
        await rig.follow(rejecting(status, body), rejecting(status, body), kit.serving(kit.list_of(1)), seconds=700)
    assert rig.opened == [0, 300, 600]
    assert rig.tokens == 3
    assert rig.states == [FeedState.REFUSED, FeedState.REFUSED, FeedState.RECOVERED]
    assert rig.statuses[0].reason == f"the server answered {reason}"
    assert [log["reason"] for log in logs if log["log_level"] == "error"] == [f"the server answered {reason}"] * 2
    assert rig.heard == kit.added(range(1))


@pytest.mark.parametrize(
    "said",
    [
        '{"errorMessage":"Supplied token could not be authenticated"}',
        '{"message":"Supplied token could not be authenticated","level":"ERROR"}',
    ],
)
@pytest.mark.parametrize("closes", [True, False])
async def test_an_error_in_the_place_of_the_acknowledgement_is_a_refusal(
    autojump_clock: MockClock, rig: Rig, kit: Kit, said: str, closes: bool
) -> None:
    async def play(call: Call) -> None:
        await call.accept(said)
        await (call.close(1008) if closes else call.beat())

    await rig.follow(play, kit.serving([]), seconds=400)
    assert rig.opened == [0, 300]
    assert rig.statuses[0].reason == "the server refused us: Supplied token could not be authenticated"
    assert rig.states == [FeedState.REFUSED, FeedState.RECOVERED]


async def test_a_token_that_is_withdrawn_in_mid_game_is_a_refusal(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def expel(call: Call) -> None:
        await call.say('{"errorMessage":"The token has expired"}')
        await call.beat()

    await rig.follow(kit.serving(kit.list_of(12), then=expel), kit.serving(kit.list_of(13)), seconds=400)
    assert rig.opened == [0, 300]
    assert rig.calls[1].position == 4
    assert rig.heard == kit.added(range(13))


async def test_a_refusal_whose_body_ends_with_the_connection_is_a_refusal_too(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def play(call: Call) -> None:
        await call.raw(b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\nThe supplied authentication is invalid")
        await call.cut()

    await rig.follow(play, seconds=1)
    assert rig.statuses[0].reason == "the server answered 401 Unauthorized: The supplied authentication is invalid"
    assert rig.states == [FeedState.REFUSED]


async def test_who_gives_up_when_refused_is_told_so(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    await rig.follow(rejecting(401), give_up_when_refused=True)
    assert rig.ending is Ending.REFUSED
    assert rig.states == [FeedState.REFUSED]
    assert rig.opened == [0]


async def test_who_gives_up_when_refused_still_waits_for_a_server_that_is_down(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    await rig.follow(
        rejecting(503), rejecting(429), kit.serving(kit.list_of(2, finished=True)), give_up_when_refused=True
    )
    assert rig.ending is Ending.FINISHED


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 204, 200, 302])
async def test_other_answers_are_tried_again_soon(autojump_clock: MockClock, rig: Rig, kit: Kit, status: int) -> None:
    await rig.follow(rejecting(status), kit.serving([]), rng=kit.latest, seconds=100)
    assert rig.opened == [0, 1]
    assert rig.states == [FeedState.DOWN, FeedState.RECOVERED]
    assert rig.statuses[0].reason.startswith(f"the server answered {status}")


@pytest.mark.parametrize(
    ("retry_after", "wait"), [("17", 17), ("99999", 300), ("Wed, 21 Oct 2026 07:28:00 GMT", 1), ("-5", 1), ("0", 1)]
)
async def test_a_server_that_names_a_time_is_given_it_up_to_5_minutes(
    autojump_clock: MockClock, rig: Rig, kit: Kit, retry_after: str, wait: float
) -> None:
    await rig.follow(rejecting(503, retry_after=retry_after), kit.serving([]), rng=kit.latest, seconds=1000)
    assert rig.opened == [0, wait]


async def test_a_token_that_cannot_be_read_is_a_refusal_and_read_anew(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    read: list[float] = []

    def token() -> Secret:
        read.append(trio.current_time())
        if len(read) == 1:
            raise ConfigError("the file token.txt does not exist")
        return Secret(kit.token)

    await rig.follow(kit.serving([]), token=token, seconds=400)
    assert read == [0, 300]
    assert rig.opened == [300]
    assert rig.states == [FeedState.REFUSED, FeedState.RECOVERED]
    assert rig.statuses[0].reason == "the file token.txt does not exist"


async def test_a_fixture_that_is_not_known_is_waited_for(autojump_clock: MockClock, rig: Rig, kit: Kit) -> None:
    async def play(call: Call) -> None:
        await call.accept()
        await call.say('{"message":"Could not find fixture topic fixture-1","level":"WARN"}')
        await call.beat(3600)
        await call.say(*kit.list_of(2))
        await call.beat()

    await rig.follow(play, seconds=4000)
    assert rig.opened == [0]
    assert rig.heard == kit.added(range(2))


async def test_a_server_that_repeats_our_token_does_not_get_it_into_a_log(
    autojump_clock: MockClock, rig: Rig, kit: Kit
) -> None:
    async def play(call: Call) -> None:
        await call.accept(None)
        await call.say(f'{{"message":"{kit.token} is fine","level":"INFO"}}')
        await call.say(f'{{"message":"{kit.token} is odd","level":"WARN"}}')
        await call.say(f'{{"errorMessage":"{kit.token} is bad"}}')
        await call.beat()

    async def close(call: Call) -> None:
        await call.accept()
        await call.close(1011, f"{kit.token} again")

    with structlog.testing.capture_logs() as logs:
        await rig.follow(rejecting(401, f"no {kit.token}"), play, close, kit.serving([]), seconds=2000)
    assert len(rig.opened) == 4
    assert [status.reason for status in rig.statuses if status.state is FeedState.REFUSED] == [
        "the server answered 401 Unauthorized: no ***",
        "the server refused us: *** is bad",
    ]
    assert kit.token not in f"{logs} {rig.log.rows} {rig.statuses}"


@pytest.mark.parametrize("length", [5, 12, 40, 620])
def test_no_telling_part_of_a_token_is_left_in_a_servers_words(length: int) -> None:
    token = "".join(chr(ord("a") + (7 * at + at * at // 5) % 26) for at in range(length))
    for said in (f"The token '{token}' is no good", f"No {token[: length * 2 // 3 + 1]}", "x" * 280 + token):
        kept = without(Secret(token), said)
        assert ("***" in kept) is (token in said or length > 18)
        parts = {token[at : at + 12] for at in range(max(1, length - 11))}
        assert not [part for part in parts if part in kept]
    assert without(Secret(token), "nothing of it, and 4711") == "nothing of it, and 4711"
