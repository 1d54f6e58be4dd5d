"""Webhooks go to the internet and to what is allowed: of all that is hostile, nothing is ever dialled."""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import cast

import httpcore2
import pytest
import trio
from hypothesis import given, strategies
from tests.plugins.webhook.peers import LOOPBACK, OK, PUBLIC, Dialled, Names, Peer, says, serving
from trio.testing import MockClock

from actionbus_plugins.webhook import backend
from actionbus_plugins.webhook.backend import Forbidden, Guard
from actionbus_plugins.webhook.guard import Address, wrong_address, wrong_host
from actionbus_plugins.webhook.post import Answer, NoAnswer, open_post
from actionbus_plugins.webhook.settings import Network

CORPUS = cast("dict[str, list[str]]", tomllib.loads(Path(__file__).with_name("hostile.toml").read_text("utf-8")))
EVERYTHING: Sequence[Network] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
ELSEWHERE = b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://%b/x\r\ncontent-length: 0\r\n\r\n"
WRONG = ("private", "loopback", "link_local", "multicast", "reserved", "unspecified")
BAD_NAMES = {
    "localhost": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "hook.localhost": ["::1"],
    "ip6-localhost": ["::1"],
    "metadata.google.internal": ["169.254.169.254"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "localtest.example": ["127.0.0.1", "::1"],
}


@pytest.fixture
def clock() -> MockClock:
    """Time that passes at once while nothing happens; threads and sockets need a moment for what they do."""
    return MockClock(autojump_threshold=0.05)


def of_digits(host: str, port: int) -> Sequence[str]:
    """Do what the system's resolver does before it asks anybody else."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(answer[0]) for *_, answer in found]


def hostile(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("entry", [each for name in names for each in CORPUS[name]])


def test_the_corpus_is_large() -> None:
    assert sum(len(CORPUS[name]) for name in ("addresses", "disguises", "urls")) > 200


# --- addresses ---


@hostile("addresses")
def test_an_address_that_is_none_of_the_internet_is_refused_in_words(entry: str) -> None:
    said = wrong_address(ip_address(entry))
    assert said is not None
    assert said.split()[0] in ("is", "has", "carries")


@hostile("internet")
def test_an_address_of_the_internet_is_not(entry: str) -> None:
    assert wrong_address(ip_address(entry)) is None


@given(strategies.ip_addresses())
def test_whatever_passes_is_global_and_carries_no_other_address(address: Address) -> None:
    if wrong_address(address) is not None:
        return
    assert address.is_global
    assert not any(getattr(address, f"is_{what}") for what in WRONG)
    if isinstance(address, IPv6Address):
        assert address in ip_network("2000::/3")
        assert {address.ipv4_mapped, address.sixtofour, address.teredo} == {None}
        assert not address.is_site_local


@given(strategies.ip_addresses(v=4))
def test_an_ipv4_address_within_an_ipv6_one_is_refused_whatever_it_is(inner: IPv4Address) -> None:
    number = int(inner)
    for network in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/96"):
        assert wrong_address(ip_network(network)[number]) is not None
    assert wrong_address(IPv6Address((0x2002 << 112) | (number << 80))) is not None


@pytest.mark.parametrize(
    ("allowed", "address"),
    [
        ("127.0.0.0/8", "::ffff:127.0.0.1"),
        ("127.0.0.0/8", "64:ff9b::7f00:1"),
        ("127.0.0.0/8", "64:ff9b:1::7f00:1"),
        ("127.0.0.0/8", "::127.0.0.1"),
        ("127.0.0.0/8", "2002:7f00:1::1"),
        ("127.0.0.0/8", "2001::8000:0:80ff:fffe"),
        ("127.0.0.0/8", "::1"),
        ("0.0.0.0/0", "::ffff:8.8.8.8"),
        ("::1/128", "127.0.0.1"),
        ("::ffff:0:0/96", "127.0.0.1"),
        ("192.168.1.0/24", "192.168.2.1"),
        ("fe80::/10", "fe80::1%lo"),
        ("::/0", "2a00:1450::1%lo"),
    ],
)
def test_what_is_allowed_is_the_address_as_it_stands_and_none_that_is_in_it(allowed: str, address: str) -> None:
    assert wrong_address(ip_address(address), [ip_network(allowed)]) is not None


@pytest.mark.parametrize(
    ("allowed", "address"),
    [
        ("127.0.0.0/8", "127.0.0.2"),
        ("::1/128", "::1"),
        ("::ffff:0:0/96", "::ffff:127.0.0.1"),
        ("10.0.0.0/8", "8.8.8.8"),
    ],
)
def test_what_is_allowed_may_be_reached_and_so_may_the_internet(allowed: str, address: str) -> None:
    assert wrong_address(ip_address(address), [ip_network(allowed)]) is None


# --- what can be told before anybody is asked ---


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://192.168.1.5/hook", 'is a private address (where it is meant: allow_networks = ["192.168.1.5/32"])'),
        (
            "https://[::ffff:7f00:1]/",
            "carries an IPv4 address, and might lead anywhere (where it is meant: ",
        ),
        ("https://localhost:8443/", 'is the machine itself (where it is meant: allow_networks = ["127.0.0.1/32"])'),
        ("https://hook.localhost./", "is the machine itself"),
        ("https://[fe80::1%25lo]/", "has a zone"),
        ("https://2130706433/", "looks like an IP address and is none"),
        ("https://0x7f.1/", "looks like an IP address and is none"),
    ],
)
def test_an_address_in_the_configuration_is_refused_with_what_to_write(url: str, words: str) -> None:
    said = wrong_host(url)
    assert said is not None
    assert words in said


@pytest.mark.parametrize(
    "url", ["https://hooks.example/", "https://127.0.0.1/", "https://localhost/", "https://1.1.1.1/", "https://a.0x7g/"]
)
def test_names_and_what_is_allowed_are_not(url: str) -> None:
    assert wrong_host(url, LOOPBACK) is None


# --- connecting ---


@hostile("addresses")
async def test_a_hostile_address_is_not_dialled_whether_it_is_written_or_looked_up(entry: str) -> None:
    dialled = Dialled()
    book = {"bad.example": [[entry]], "first.example": [[entry, PUBLIC]], "last.example": [[PUBLIC, entry]]}
    guard = Guard(dial=dialled, look_up=Names(book))
    for host in (entry, *book):
        with pytest.raises(Forbidden) as caught:
            await guard.connect_tcp(host, 443)
        assert host in str(caught.value)
    assert dialled.numbers == []


@hostile("disguises")
async def test_an_address_in_disguise_is_not_dialled(entry: str) -> None:
    dialled = Dialled()
    with pytest.raises(httpcore2.ConnectError, match=r"looks like|leads to|cannot be found|is the machine|has a zone"):
        await Guard(dial=dialled, look_up=of_digits).connect_tcp(entry, 443)
    assert dialled.numbers == []


async def test_a_disguise_that_the_system_understands_is_refused_by_the_address_it_leads_to() -> None:
    dialled = Dialled()
    with pytest.raises(Forbidden, match=r"leads to 127\.0\.0\.1, which is the machine itself"):
        await Guard(dial=dialled, look_up=backend.look_up).connect_tcp("127。0。0。1", 443)
    assert dialled.numbers == []


@pytest.mark.parametrize("allow_http", [False, True])
@hostile("urls")
async def test_a_hostile_url_is_not_dialled(entry: str, allow_http: bool) -> None:
    dialled, names = Dialled(), Names({name: [answers] for name, answers in BAD_NAMES.items()})
    async with open_post(allow_http=allow_http, dial=dialled, look_up=names) as post:
        answer = await post.post(entry, {"content-type": "application/json"}, b"{}", timeout=5)
    assert isinstance(answer, NoAnswer)
    assert answer.sure
    assert answer.forbidden or "cannot be found" in answer.words
    assert answer.words.isprintable()
    assert "/hook" not in answer.words
    assert "meta-data" not in answer.words
    assert dialled.numbers == []


@pytest.mark.parametrize("entry", [*BAD_NAMES, "169.254.169.254", "[::1]", "127.0.0.1"])
async def test_a_redirect_to_where_nothing_may_go_is_a_failure_and_is_not_followed(entry: str) -> None:
    peer = Peer(
        [
            says(
                b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://%b/x\r\ncontent-length: 0\r\n\r\n"
                % entry.encode()
            )
        ]
    )
    dialled, names = Dialled(peer), Names({"hooks.example": [[PUBLIC]]})
    async with serving(peer), open_post(allow_http=True, dial=dialled, look_up=names) as post:
        answer = await post.post("http://hooks.example/", {}, b"{}", timeout=5)
    assert isinstance(answer, Answer)
    assert answer.status == 307
    assert dialled.numbers == [PUBLIC]
    assert names.asked == ["hooks.example"]


async def test_a_client_that_follows_redirects_is_stopped_by_the_guard_all_the_same() -> None:
    peer = Peer([says(ELSEWHERE % b"169.254.169.254")])
    dialled = Dialled(peer)
    guard = Guard(dial=dialled, look_up=Names({"hooks.example": [[PUBLIC]]}))
    async with serving(peer), httpcore2.AsyncConnectionPool(network_backend=guard) as pool:
        first = await pool.request("POST", "http://hooks.example/", content=b"{}")
        onward = dict(first.headers)[b"location"]
        with pytest.raises(Forbidden):
            await pool.request("GET", onward)
    assert dialled.numbers == [PUBLIC]


async def test_a_name_that_is_bound_anew_is_asked_for_once_a_connection_and_never_dialled_as_something_else() -> None:
    peer = Peer([says(OK, keeps=False)])
    dialled, names = Dialled(peer), Names({"hooks.example": [[PUBLIC], ["127.0.0.1"]]})
    async with serving(peer), open_post(allow_http=True, dial=dialled, look_up=names) as post:
        first = await post.post("http://hooks.example/", {}, b"{}", timeout=5)
        assert isinstance(first, Answer)
        assert (names.asked, dialled.numbers) == (["hooks.example"], [PUBLIC])
        await peer.until(lambda it: it.open == 0)
        second = await post.post("http://hooks.example/", {}, b"{}", timeout=5)
    assert second == NoAnswer(
        words="hooks.example leads to 127.0.0.1, which is the machine itself, and allow_networks does not have it",
        sure=True,
        forbidden=True,
    )
    assert dialled.numbers == [PUBLIC]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"])
async def test_a_proxy_in_the_environment_is_not_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, peer = Peer(), Peer()
    async with serving(proxy) as other, serving(peer) as url:
        monkeypatch.setenv(name, other)
        dialled = Dialled(peer)
        async with open_post(allow_http=True, networks=LOOPBACK, dial=dialled) as post:
            answer = await post.post(url, {}, b"{}", timeout=5)
            assert isinstance(answer, Answer)
            refused = await post.post("http://169.254.169.254/", {}, b"{}", timeout=5)
            assert isinstance(refused, NoAnswer)
            assert refused.forbidden
    assert (proxy.connections, peer.connections, dialled.numbers) == (0, 1, ["127.0.0.1"])


async def test_a_socket_of_the_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        await Guard(networks=EVERYTHING).connect_unix_socket(str(tmp_path / "docker.sock"))


async def test_a_name_without_an_address_cannot_be_found_and_may_be_later() -> None:
    guard = Guard(dial=Dialled(), look_up=Names({"empty.example": [[]]}))
    for host, words in (("none.example", "Name or service not known"), ("empty.example", "it has no address")):
        with pytest.raises(httpcore2.ConnectError, match=f"{host} cannot be found: {words}") as caught:
            await guard.connect_tcp(host, 443)
        assert not isinstance(caught.value, Forbidden)


async def test_addresses_are_tried_in_order_each_once(clock: MockClock) -> None:
    peer = Peer()
    three = ["1.1.1.1", "8.8.8.8", PUBLIC]
    dialled = Dialled(peer, silent=["1.1.1.1"], dead=["8.8.8.8"])
    guard = Guard(dial=dialled, look_up=Names({"hooks.example": [[*three, *three]]}))
    async with serving(peer):
        stream = await guard.connect_tcp("hooks.example", 443)
        await stream.aclose()
    assert dialled.numbers == three
    assert backend.PATIENCE <= trio.current_time() < 2 * backend.PATIENCE


async def test_where_no_address_answers_the_words_say_what_the_last_one_did() -> None:
    guard = Guard(dial=Dialled(), look_up=Names({"hooks.example": [["1.1.1.1", "8.8.8.8"]]}))
    with pytest.raises(httpcore2.ConnectError, match=r"^hooks\.example cannot be reached: nobody is there$"):
        await guard.connect_tcp("hooks.example", 443)


async def test_a_limit_of_time_holds_for_all_of_them(clock: MockClock) -> None:
    guard = Guard(dial=Dialled(silent=[PUBLIC]))
    with pytest.raises(httpcore2.ConnectTimeout, match="within 7 s"):
        await guard.connect_tcp(PUBLIC, 443, timeout=7)
