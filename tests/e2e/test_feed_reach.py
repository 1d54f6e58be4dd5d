"""Servers that cannot be reached, and TLS: each failure in one sentence that says what to do."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest
import trio
import trustme
from tests.e2e.following import Followed, assert_box, first_failure, simulate, start

from actionbus.feed import Ending
from actionbus.recording import Recording
from actionbus.session import FeedProfile
from actionbus.simulator import Faults, generate_match


@pytest.fixture(scope="module")
def match() -> Recording:
    return generate_match(5)


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
