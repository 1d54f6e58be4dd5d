"""One request of a webhook: what is sent, what comes of it whatever the server does, and what is not shown."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from functools import partial
from pathlib import Path

import pytest
import trio
import trustme
from tests.plugins.webhook.peers import (
    LOOPBACK,
    OK,
    PUBLIC,
    Dialled,
    Names,
    Peer,
    Reply,
    floods,
    hangs,
    resets,
    says,
    serving,
    trickles,
)
from trio.testing import MockClock

from actionbus_plugins.webhook import post as module
from actionbus_plugins.webhook.post import Answer, NoAnswer, Post, open_post

HEADERS = {"Content-Type": "application/json", "webhook-id": "a:1"}
BODY = b'{"schema":1}'
HOOK = "https://hooks.example/hook"

opening = partial(open_post, networks=LOOPBACK, allow_http=True)
closes = says(b"", keeps=False)


@pytest.fixture
def clock() -> MockClock:
    """Time that passes at once while nothing happens; sockets need a moment for what they do."""
    return MockClock(autojump_threshold=0.03)


def answer(status: int, body: bytes = b"", *more: bytes) -> bytes:
    lines = b"".join(each + b"\r\n" for each in more)
    return b"HTTP/1.1 %d X\r\n%bcontent-length: %d\r\n\r\n%b" % (status, lines, len(body), body)


async def ask(post: Post, url: str, seconds: float = 5) -> Answer | NoAnswer:
    return await post.post(url, HEADERS, BODY, timeout=seconds)


async def once(*replies: Reply, seconds: float = 5) -> Answer | NoAnswer:
    """Post once to a server that replies so."""
    async with serving(Peer(replies)) as url, opening() as post:
        return await ask(post, url, seconds)


# --- what is sent ---


async def test_the_body_and_the_headers_are_sent_as_they_are() -> None:
    peer = Peer()
    async with serving(peer) as url, opening() as post:
        said = await ask(post, f"{url}/a%20b?to=me&x=%2F")
    assert isinstance(said, Answer)
    assert (said.status, said.words, said.wait) == (200, "ok", 0)
    head, _, body = peer.asked[0].partition(b"\r\n\r\n")
    assert body == BODY
    assert head.split(b"\r\n") == [
        b"POST /hook/a%20b?to=me&x=%2F HTTP/1.1",
        b"host: 127.0.0.1:%d" % peer.port,
        b"user-agent: actionbus",
        b"accept: */*",
        b"accept-encoding: identity",
        b"content-type: application/json",
        b"webhook-id: a:1",
        b"content-length: 12",
    ]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://hooks.example/", b"hooks.example"),
        ("http://HOOKS.example:80/", b"hooks.example"),
        ("http://hooks.example:8080/", b"hooks.example:8080"),
        (f"http://{PUBLIC}/", PUBLIC.encode()),
        ("http://[2606:4700::1111]:8080/", b"[2606:4700::1111]:8080"),
    ],
)
async def test_the_host_is_the_name_in_the_address_whatever_number_is_dialled(url: str, host: bytes) -> None:
    peer = Peer()
    async with serving(peer):
        opened = open_post(allow_http=True, dial=Dialled(peer), look_up=Names({"hooks.example": [[PUBLIC]]}))
        async with opened as post:
            await ask(post, url)
    assert b"\r\nhost: %b\r\n" % host in peer.asked[0]


async def test_a_network_that_is_allowed_is_reached_by_number_and_by_name_and_without_leave_it_is_not() -> None:
    peer, names = Peer(), Names({"score.lan": [["127.0.0.1"]]})
    async with serving(peer) as url:
        by_name = url.replace("127.0.0.1", "score.lan")
        async with opening(look_up=names) as post:
            assert isinstance(await ask(post, url), Answer)
            assert isinstance(await ask(post, by_name), Answer)
        async with open_post(allow_http=True, look_up=names) as post:
            for address in (url, by_name):
                said = await ask(post, address)
                assert isinstance(said, NoAnswer)
                assert said.forbidden
    assert peer.connections == 2


async def test_an_address_without_encryption_is_refused_where_it_is_not_allowed() -> None:
    peer = Peer()
    async with serving(peer) as url, open_post(networks=LOOPBACK) as post:
        said = await ask(post, url)
    assert said == NoAnswer(words="the address should start with https://", sure=True, forbidden=True)
    assert peer.connections == 0


@pytest.mark.parametrize(
    "headers", [{"x": "canary\r\nx-evil: 1"}, {"x": "canary\n"}, {"x": "canary\0"}, {"x canary": ""}, {"x": "canary é"}]
)
async def test_a_header_that_cannot_be_sent_is_refused_and_not_shown(headers: dict[str, str]) -> None:
    peer = Peer()
    async with serving(peer) as url, opening() as post:
        said = await post.post(url, headers, BODY, timeout=5)
    assert isinstance(said, NoAnswer)
    assert said.forbidden
    assert said.sure
    assert "canary" not in said.words
    assert peer.asked == []


async def test_cookies_are_not_kept() -> None:
    peer = Peer([says(answer(200, b"", b"set-cookie: a=b; Path=/"))])
    async with serving(peer) as url, opening() as post:
        await ask(post, url)
        await ask(post, url)
    assert len(peer.asked) == 2
    assert b"cookie" not in peer.asked[1].lower()


# --- answers ---


@pytest.mark.parametrize("status", [200, 204, 301, 307, 400, 401, 404, 410, 413, 429, 500, 502, 503, 504, 599, 999])
async def test_a_status_is_an_answer_whatever_it_is(status: int) -> None:
    body = b"" if status == 204 else b"\tso\r\n  \xff it\x1b[31m is\0 "
    said = await once(says(answer(status, body, b"location: http://127.0.0.1:1/")))
    assert isinstance(said, Answer)
    assert (said.status, said.words) == (status, "" if status == 204 else "so \N{REPLACEMENT CHARACTER} it [31m is")


@pytest.mark.parametrize(
    ("after", "seconds"),
    [("7", 7), ("0", 0), ("999999999999", 3_600), ("soon", 0), ("-5", 0), ("1e9", 0), ("", 0), ("\xb2", 0)],
)
async def test_retry_after_is_read_in_seconds_and_bounded(after: str, seconds: float) -> None:
    said = await once(says(answer(503, b"", f"Retry-After: {after}".encode("latin-1"))))
    assert isinstance(said, Answer)
    assert said.wait == seconds


async def test_retry_after_is_read_as_a_date() -> None:
    waits: list[float] = []
    for seconds in (-100, 100, 1e8):
        said = await once(says(answer(429, b"", b"retry-after: " + formatdate(time.time() + seconds).encode())))
        assert isinstance(said, Answer)
        waits.append(said.wait)
    assert waits == [0, pytest.approx(100, abs=10), 3_600]


async def test_what_comes_before_the_answer_is_no_answer() -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
    said = await once(says(early + answer(202, b"well")))
    assert isinstance(said, Answer)
    assert (said.status, said.words) == (202, "well")


async def test_the_time_of_an_answer_is_from_the_beginning_to_the_end(clock: MockClock) -> None:
    async def late(stream: trio.abc.Stream) -> bool:
        await trio.sleep(2)
        await stream.send_all(OK[:-2])
        await trio.sleep(1)
        await stream.send_all(OK[-2:])
        return True

    said = await once(late)
    assert isinstance(said, Answer)
    assert said.ms == pytest.approx(3_000, abs=100)


# --- servers that misbehave ---

_HEAD = b"HTTP/1.1 200 OK\r\n"

NO_ANSWERS = {
    "nothing": (hangs, "no answer within 5 s"),
    "a head without an end": (trickles(_HEAD, b"x: y\r\n"), "no answer within 5 s"),
    "a line without an end": (trickles(b"HTTP/1.1 200 ", b"O"), "no answer within 5 s"),
    "continue, and no more": (trickles(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "no answer within 5 s"),
    "the end": (closes, "Server disconnected without sending a response"),
    "half a head and the end": (says(_HEAD, keeps=False), ""),
    "a reset": (resets, "Connection reset by peer"),
    "another protocol": (says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "illegal status line"),
    "garbage": (says(bytes(range(256)) * 8 + b"\r\n\r\n"), ""),
    "a page without a head": (says(b"<html>\r\n\r\n", keeps=False), ""),
    "a head like a flood": (floods(_HEAD, b"x: y\r\n" * 1_000), "Receive buffer too long"),
    "a line like a flood": (floods(_HEAD + b"x: ", b"x" * 60_000), "Receive buffer too long"),
    "a length that is none": (says(_HEAD + b"content-length: x\r\n\r\n"), "bad Content-Length"),
    "two lengths": (says(_HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\nx"), "conflicting Content-Length"),
    "an encoding nobody knows": (says(_HEAD + b"transfer-encoding: x\r\n\r\n"), "Transfer-Encoding"),
    "another protocol by upgrade": (says(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"), ""),
}


@pytest.mark.parametrize(("reply", "words"), NO_ANSWERS.values(), ids=NO_ANSWERS)
async def test_a_server_that_gives_no_answer_is_told_of_in_words_and_may_have_the_message(
    reply: Reply, words: str, clock: MockClock
) -> None:
    peer = Peer([reply])
    async with serving(peer) as url, opening() as post:
        said = await ask(post, url)
        await peer.until(lambda it: it.open == 0)
    assert isinstance(said, NoAnswer)
    assert words in said.words
    assert 0 < len(said.words) <= 200
    assert said.words.isprintable()
    assert (said.sure, said.forbidden) == (False, False)
    assert trio.current_time() < 7
    assert len(peer.asked) == 1


@pytest.mark.parametrize("each", [b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000, b"HTTP/1.1 103 X\r\na: b\r\n\r\n"])
async def test_a_flood_of_what_comes_before_an_answer_ends_with_the_time(each: bytes) -> None:
    said = await once(floods(b"", each), seconds=0.2)
    assert said == NoAnswer(words="no answer within 0.2 s")


HALF_ANSWERS = {
    "a body that drips": (trickles(_HEAD + b"\r\n", b"x"), "no end of the answer within 5 s"),
    "a body of a length that drips": (trickles(_HEAD + b"content-length: 99\r\n\r\n", b"x"), "no end of the answer"),
    "a body like a flood": (floods(_HEAD + b"\r\n", b"x" * 65_536), "x" * 200),
    "a body of blanks like a flood": (floods(_HEAD + b"\r\n", b" " * 65_536), ""),
    "chunks like a flood": (floods(_HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 9_999), "x" * 200),
    "a body that is cut": (says(_HEAD + b"content-length: 99\r\n\r\nx", keeps=False), "closed connection"),
    "a chunk that is none": (says(_HEAD + b"transfer-encoding: chunked\r\n\r\nx\r\n"), "illegal chunk header"),
}


@pytest.mark.parametrize(("reply", "words"), HALF_ANSWERS.values(), ids=HALF_ANSWERS)
async def test_a_status_is_an_answer_even_if_it_does_not_end(reply: Reply, words: str, clock: MockClock) -> None:
    peer = Peer([reply])
    async with serving(peer) as url, opening() as post:
        said = await ask(post, url)
        await peer.until(lambda it: it.open == 0)
    assert isinstance(said, Answer)
    assert said.status == 200
    assert words in said.words
    assert len(said.words) <= 200


async def test_a_server_that_misbehaves_once_is_well_afterwards(clock: MockClock) -> None:
    wild = [reply for reply, _ in (*NO_ANSWERS.values(), *HALF_ANSWERS.values())]
    peer = Peer([*wild, says(OK)])
    async with serving(peer) as url, opening(connections=1) as post:
        for _ in wild:
            await ask(post, url)
        assert isinstance(await ask(post, url), Answer)
        await peer.until(lambda it: it.open == 1)
    assert len(peer.asked) == len(wild) + 1
    await peer.until(lambda it: it.open == 0)


async def test_where_nobody_listens_surely_nothing_has_arrived() -> None:
    peer = Peer()
    async with serving(peer) as url:
        pass
    async with opening() as post:
        said = await ask(post, url)
    assert said == NoAnswer(words="127.0.0.1 cannot be reached: Connection refused", sure=True)


async def test_a_number_that_never_answers_is_given_up_and_surely_nothing_has_arrived(clock: MockClock) -> None:
    async with opening(dial=Dialled(silent=["127.0.0.1"])) as post:
        assert await ask(post, "http://127.0.0.1/") == NoAnswer(words="no connection within 5 s", sure=True)
    assert trio.current_time() == pytest.approx(5, abs=1)


async def test_who_is_cancelled_leaves_nothing_behind() -> None:
    peer = Peer([hangs])
    async with serving(peer) as url, opening(connections=1) as post:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(ask, post, url)
                await peer.until(lambda it: len(it.asked) == 1)
                scope.cancel()
        await peer.until(lambda it: it.open == 0)
        peer.replies = [says(OK)]
        assert isinstance(await ask(post, url), Answer)


# --- connections that are kept ---


async def test_a_connection_is_kept_for_the_next_request_and_closed_at_the_end() -> None:
    peer = Peer()
    async with serving(peer) as url:
        async with opening() as post:
            for _ in range(10):
                await ask(post, url)
            assert (peer.connections, peer.open) == (1, 1)
        await peer.until(lambda it: it.open == 0)


async def test_no_more_connections_are_open_than_asked_for() -> None:
    peer, most = Peer(), 0

    async def several(post: Post, url: str) -> None:
        nonlocal most
        for _ in range(10):
            assert isinstance(await ask(post, url), Answer)
            most = max(most, peer.open)

    async with serving(peer) as url, opening(connections=8) as post:
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(several, post, url)
        assert (peer.connections, most, len(peer.asked)) == (8, 8, 200)


async def test_the_time_in_which_others_are_waited_for_counts(clock: MockClock) -> None:
    peer = Peer([hangs])
    async with serving(peer) as url, opening(connections=1) as post, trio.open_nursery() as nursery:
        nursery.start_soon(ask, post, url, 60)
        await peer.until(lambda it: len(it.asked) == 1)
        assert await ask(post, url) == NoAnswer(words="no connection within 5 s", sure=True)
        nursery.cancel_scope.cancel()


async def test_a_connection_that_was_closed_meanwhile_is_not_used_again() -> None:
    peer = Peer([says(OK, keeps=False)])
    async with serving(peer) as url, opening() as post:
        for count in range(1, 5):
            assert isinstance(await ask(post, url), Answer)
            await peer.until(lambda it: it.open == 0)
            assert (peer.connections, len(peer.asked)) == (count, count)


async def test_a_connection_that_has_not_been_used_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", -1.0)
    peer = Peer()
    async with serving(peer) as url, opening() as post:
        for _ in range(3):
            assert isinstance(await ask(post, url), Answer)
        assert peer.connections == 3
        await peer.until(lambda it: it.open == 1)


@pytest.mark.parametrize("ends", [closes, resets], ids=["closed", "reset"])
async def test_a_kept_connection_that_ends_without_an_answer_is_replaced_at_once(ends: Reply) -> None:
    peer = Peer([says(OK), ends, says(OK)])
    async with serving(peer) as url, opening() as post:
        assert isinstance(await ask(post, url), Answer)
        assert isinstance(await ask(post, url), Answer)
    assert (peer.connections, len(peer.asked)) == (2, 3)
    assert peer.asked[1] == peer.asked[2]


async def test_one_that_ends_again_is_not_and_the_message_may_have_arrived() -> None:
    peer = Peer([says(OK), closes])
    async with serving(peer) as url, opening() as post:
        await ask(post, url)
        said = await ask(post, url)
    assert said == NoAnswer(words="Server disconnected without sending a response.")
    assert (peer.connections, len(peer.asked)) == (2, 3)


async def test_the_message_may_have_arrived_over_the_kept_connection_even_if_there_is_no_other_one() -> None:
    peer = Peer([says(OK), closes])
    dialled = Dialled(peer)
    async with serving(peer) as url, opening(dial=dialled) as post:
        await ask(post, url)
        dialled.peer = None
        said = await ask(post, url)
    assert said == NoAnswer(words="127.0.0.1 cannot be reached: nobody is there")


async def test_the_message_may_have_arrived_over_the_kept_connection_even_if_another_one_is_forbidden() -> None:
    peer = Peer([says(OK), closes])
    names = Names({"hooks.example": [[PUBLIC], ["127.0.0.1"]]})
    async with serving(peer), open_post(allow_http=True, dial=Dialled(peer), look_up=names) as post:
        await ask(post, "http://hooks.example/")
        said = await ask(post, "http://hooks.example/")
    assert isinstance(said, NoAnswer)
    assert (said.sure, said.forbidden) == (False, True)


async def test_a_connection_that_the_server_has_ended_is_closed_even_if_a_later_one_is_used() -> None:
    peer, first_is_kept = Peer(), trio.Event()

    async def ending(stream: trio.abc.Stream) -> bool:
        await peer.until(lambda it: len(it.asked) == 2)
        await stream.send_all(OK)
        assert isinstance(stream, trio.SocketStream)
        await stream.send_eof()
        return True

    async def later(stream: trio.abc.Stream) -> bool:
        await first_is_kept.wait()
        await stream.send_all(OK)
        return True

    async def first(post: Post, url: str) -> None:
        await ask(post, url)
        first_is_kept.set()

    peer.replies = [ending, later, says(OK)]
    async with serving(peer) as url, opening() as post:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(first, post, url)
            await peer.until(lambda it: len(it.asked) == 1)
            await ask(post, url)
        assert (peer.connections, peer.open) == (2, 2)
        await ask(post, url)
        await peer.until(lambda it: it.open == 1)
    assert (peer.connections, len(peer.asked)) == (2, 3)


@pytest.mark.parametrize("reply", [says(b"SSH-2.0\r\n\r\n"), says(b"H", keeps=False), hangs])
async def test_one_that_has_said_something_or_says_nothing_yet_is_not_replaced(reply: Reply, clock: MockClock) -> None:
    peer = Peer([says(OK), reply])
    async with serving(peer) as url, opening() as post:
        await ask(post, url)
        assert isinstance(await ask(post, url), NoAnswer)
    assert (peer.connections, len(peer.asked)) == (1, 2)


async def test_a_connection_to_one_server_is_not_used_for_another() -> None:
    one, two = Peer(), Peer()
    async with serving(one) as first, serving(two) as second, opening() as post:
        for url in (first, second, first, f"{first}?more"):
            assert isinstance(await ask(post, url), Answer)
    assert (len(one.asked), len(two.asked)) == (3, 1)


# --- TLS ---


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return made


def certified(leaf: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf.configure_cert(made)  # pyright: ignore[reportUnknownMemberType]
    return made


async def encrypted(tls: ssl.SSLContext | None, ca_file: Path | None, peer: Peer, url: str = HOOK) -> Answer | NoAnswer:
    async with serving(peer, tls):
        names = Names({"hooks.example": [[PUBLIC]]})
        async with open_post(ca_file=ca_file, dial=Dialled(peer), look_up=names) as post:
            said = await ask(post, url)
            if isinstance(said, Answer):
                assert said == await ask(post, url) or said.status == 200
    return said


async def test_over_tls_the_name_is_asked_for_and_verified_while_the_number_is_dialled(
    authority: trustme.CA, tmp_path: Path
) -> None:
    tls, named = certified(authority.issue_cert("hooks.example")), list[str | None]()
    tls.sni_callback = lambda _, name, __: named.append(name)
    peer = Peer()
    said = await encrypted(tls, tmp_path / "ca.pem", peer)
    assert isinstance(said, Answer)
    assert (peer.connections, len(peer.asked), named) == (1, 2, ["hooks.example"])


async def test_over_tls_a_number_is_verified_as_a_number(authority: trustme.CA, tmp_path: Path) -> None:
    tls = certified(authority.issue_cert(PUBLIC))
    assert isinstance(await encrypted(tls, tmp_path / "ca.pem", Peer(), f"https://{PUBLIC}/"), Answer)


def _expired(authority: trustme.CA) -> ssl.SSLContext:
    now = datetime.now(UTC)
    return certified(
        authority.issue_cert("hooks.example", not_before=now - timedelta(days=9), not_after=now - timedelta(days=1))
    )


BAD_SERVERS: dict[str, tuple[Callable[[trustme.CA], ssl.SSLContext | None], str]] = {
    "another name": (lambda ours: certified(ours.issue_cert("other.example")), "Hostname mismatch"),
    "a number as a name": (lambda ours: certified(ours.issue_cert(PUBLIC)), "Hostname mismatch"),
    "another authority": (lambda _: certified(trustme.CA().issue_cert("hooks.example")), "unable to get local issuer"),
    "expired": (_expired, "certificate has expired"),
    "silent": (lambda _: None, "no connection within 5 s"),
}


@pytest.mark.parametrize(("server", "words"), BAD_SERVERS.values(), ids=BAD_SERVERS)
async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    server: Callable[[trustme.CA], ssl.SSLContext | None],
    words: str,
    authority: trustme.CA,
    tmp_path: Path,
    clock: MockClock,
) -> None:
    peer = Peer()
    said = await encrypted(server(authority), tmp_path / "ca.pem", peer)
    assert isinstance(said, NoAnswer)
    assert words in said.words
    assert (said.sure, said.forbidden) == (True, False)
    assert peer.asked == []
    await peer.until(lambda it: it.open == 0)


async def test_an_authority_that_only_a_file_names_is_not_trusted_without_it(authority: trustme.CA) -> None:
    said = await encrypted(certified(authority.issue_cert("hooks.example")), None, Peer())
    assert isinstance(said, NoAnswer)
    assert "certificate verify failed" in said.words.lower()


async def test_a_server_that_speaks_no_tls_is_told_of_in_words() -> None:
    async def plain(stream: trio.abc.Stream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, plain, [listener])
        async with opening() as post:
            said = await ask(post, f"https://127.0.0.1:{listener.socket.getsockname()[1]}/")
        nursery.cancel_scope.cancel()
    assert isinstance(said, NoAnswer)
    assert "SSL" in said.words
    assert said.sure


async def test_who_is_cancelled_while_the_connection_is_being_encrypted_leaves_nothing_behind() -> None:
    peer = Peer()
    async with serving(peer) as url, opening() as post:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, post, url.replace("http:", "https:"))
            await peer.until(lambda it: it.open == 1)
            nursery.cancel_scope.cancel()
        await peer.until(lambda it: it.open == 0)


# --- secrets ---

SECRETS = ("canary-path-1", "canary-query-2", "canary-header-3", "Y2FuYXJ5LWtleS00Y2FuYXJ5LWtleS00")


def _echoes(cut: Callable[[bytes], bytes]) -> Callable[[Peer], Reply]:
    def of(peer: Peer) -> Reply:
        async def reply(stream: trio.abc.Stream) -> bool:
            await stream.send_all(cut(peer.asked[-1].replace(b"\r\n", b" ")))
            return False

        return reply

    return of


ECHOES = {
    "in the body": _echoes(lambda asked: answer(400, asked)),
    "in the status line": _echoes(lambda asked: b"HTTP/1.1 400 " + asked + b"\r\ncontent-length: 0\r\n\r\n"),
    "as garbage": _echoes(lambda asked: asked + b"\r\n\r\n"),
    "in a bad length": _echoes(lambda asked: _HEAD + b"content-length: " + asked + b"\r\n\r\n"),
    "in a bad chunk": _echoes(lambda asked: _HEAD + b"transfer-encoding: chunked\r\n\r\n" + asked + b"\r\n"),
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
async def test_no_secret_shows_in_words_in_logs_or_when_it_is_printed(
    echo: Callable[[Peer], Reply], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path, query, header, key = SECRETS
    peer = Peer()
    peer.replies = [echo(peer)]
    async with serving(peer) as server:
        url = f"{server}/{path}?token={query}"
        headers = {"authorization": f"Bearer {header}", "x-key": key}
        async with opening(hidden=[url, f"Bearer {header}", f"whsec_{key}"]) as post:
            said = await post.post(url, headers, BODY, timeout=5)
            shown = f"{said} {post!r} {caplog.text}"
    assert all(each.encode() in peer.asked[0] for each in SECRETS)
    assert not [each for each in SECRETS if each in shown]


async def test_a_failure_does_not_show_the_address() -> None:
    failing: list[Callable[[Post], Awaitable[Answer | NoAnswer]]] = [
        lambda post: ask(post, "https://none.example/canary"),
        lambda post: ask(post, "http://hooks.example:99999/canary"),
        lambda post: ask(post, "https://169.254.169.254/canary"),
        lambda post: ask(post, "https://hooks.example/canary\n"),
        lambda post: ask(post, "ftp://hooks.example/canary"),
        lambda post: ask(post, f"https://{PUBLIC}/canary"),
    ]
    async with open_post(dial=Dialled(), look_up=Names({})) as post:
        for each in failing:
            said = await each(post)
            assert isinstance(said, NoAnswer)
            assert said.words
            assert "canary" not in said.words
