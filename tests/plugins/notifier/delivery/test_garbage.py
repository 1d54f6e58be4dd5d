"""Whatever a server answers, the channel lives: it is lost or refused, told in a sentence, and the next is sent."""

from __future__ import annotations

import math
from functools import partial

import pytest
import trio
from hypothesis import given, settings, strategies
from structlog.testing import capture_logs
from tests.plugins.notifier.delivery.outboxes import benching, notice, sums
from tests.plugins.notifier.delivery.places import EDITORS, Place, where_edited
from trio.testing import MockClock

from actionbus_plugins.notifier.delivery import courier

ANSWERS = [
    b"",
    b"\r\n\r\n",
    b"garbage",
    b"\x00" * 10_000,
    b"\x16\x03\x01\x00\x05",
    b"HTTP/9.9 200 OK\r\n\r\n",
    b"HTTP/1.1 200\r\n\r\n",
    b"HTTP/1.1 2000 OK\r\n\r\n",
    b"HTTP/1.1 099 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\ncontent-length: 20\r\n\r\nx",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
    b"HTTP/1.1 500 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc",
    b"HTTP/1.1 500 \xff\xfe\r\nx\xff: \xff\r\n\r\n",
    b"HTTP/1.1 400 no\r\ncontent-type: application/json; charset=no-such\r\ncontent-length: 2\r\n\r\n\xff\xfe",
    b"HTTP/1.1 400 no\r\ncontent-length: 60000\r\n\r\n" + b"[" * 60_000,
    b"HTTP/1.1 429 slow\r\nretry-after: soon\r\n\r\n",
    b"HTTP/1.1 429 slow\r\nretry-after: 99999999999999999999\r\n\r\n",
    b"HTTP/1.1 429 slow\r\nretry-after: Thu, 01 Jan 0001 00:00:00 GMT\r\n\r\n",
    b"HTTP/1.1 429 slow\r\nretry-after: \xb2\r\n\r\n",
    b'HTTP/1.1 429 slow\r\n\r\n{"retry_after":1e999,"parameters":[]}',
    b'HTTP/1.1 429 slow\r\n\r\n{"retry_after":NaN,"parameters":{"retry_after":' + b"9" * 400 + b"}}",
    b'HTTP/1.1 200 OK\r\n\r\n{"ok":true,"ts":5,"id":[],"result":{"message_id":"x","chat":7}}',
    b'HTTP/1.1 200 OK\r\n\r\n{"ok":false,"error":{}}',
    b'HTTP/1.1 400 no\r\n\r\n{"code":{},"description":[],"parameters":{"migrate_to_chat_id":"x"}}',
    b"HTTP/1.1 302 there\r\nlocation: http://[::1\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\nabc",
    b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000,
    b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 30_000 + b"\r\n",
    b"HTTP/1.1 200 OK\r\nset-cookie: \xff=\x01; expires=never\r\n\r\n",
]


async def _answer(answer: bytes, stream: trio.SocketStream) -> None:
    try:
        await stream.receive_some(65_536)
        await stream.send_all(answer)
    except trio.BrokenResourceError:
        pass
    finally:
        await stream.aclose()


async def _survive(place: Place, answer: bytes) -> None:
    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, partial(_answer, answer), 0, host="127.0.0.1")
        (listener,) = await nursery.start(serve)
        server = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        config = place.config(server, 'deadline = "20s"')
        with capture_logs() as logs, pytest.MonkeyPatch.context() as patch:
            patch.setattr(courier, "LOOK_AGAIN", math.inf)
            async with benching(config) as bench:
                await bench.put(notice("a"))
                await trio.sleep(300)
                await bench.put(notice("b"))
                await trio.sleep(4_000)  # beyond an hour nobody is left alone, whatever he asks for
                assert bench.host.broken == []
                assert sum(sums(bench).values()) == 2
        assert all(str(each.get("reason", "")).isprintable() for each in logs)
        assert all(len(str(each.get("reason", ""))) < 300 for each in logs)
        nursery.cancel_scope.cancel()


@where_edited
@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
async def test_an_answer_that_is_none_hurts_nobody(place: Place, answer: bytes, clock: MockClock) -> None:
    await _survive(place, answer)


HEADS = (
    b"",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 400 ",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b'HTTP/1.1 429 x\r\n\r\n{"retry_after":',
)


@settings(max_examples=25)
@given(strategies.sampled_from(EDITORS), strategies.binary(max_size=200), strategies.sampled_from(HEADS))
def test_no_answer_at_random_hurts_anybody(place: Place, tail: bytes, head: bytes) -> None:
    trio.run(_survive, place, head + tail, clock=MockClock(autojump_threshold=0.01))
