from __future__ import annotations

import json

import pytest

from actionbus.session import FeedProfile

FIXTURE = "2104e2e1-3439-4684-a146-28df3f89bda2"


def test_the_address_is_that_of_the_vendor_s_pages() -> None:
    profile = FeedProfile(url="wss://dde-streams.data.srarena.io")
    assert profile.secure
    assert (profile.host, profile.port) == ("dde-streams.data.srarena.io", 443)
    assert profile.authority == "dde-streams.data.srarena.io"
    assert profile.target(FIXTURE) == f"/media/basketball/fixtures/{FIXTURE}/actions"


def test_start_position_and_speed_are_named_only_where_they_say_something() -> None:
    profile = FeedProfile(url="ws://x", speed="fast")
    assert profile.target("f", 0) == "/media/basketball/fixtures/f/actions?speed=fast"
    assert profile.target("f", 12) == "/media/basketball/fixtures/f/actions?startPosition=12&speed=fast"


def test_a_sport_may_hold_a_slash_and_a_fixture_may_not() -> None:
    profile = FeedProfile(url="ws://x", sport="v2/volleyball")
    assert profile.target("a/b?c#d é") == "/media/v2/volleyball/fixtures/a%2Fb%3Fc%23d%20%C3%A9/actions"


@pytest.mark.parametrize(
    ("url", "host", "port", "authority"),
    [
        ("ws://127.0.0.1:4711", "127.0.0.1", 4711, "127.0.0.1:4711"),
        ("ws://[::1]:4711", "::1", 4711, "[::1]:4711"),
        ("wss://Example.org/", "example.org", 443, "example.org"),
        ("ws://example.org", "example.org", 80, "example.org"),
    ],
)
def test_host_and_port_come_from_the_url(url: str, host: str, port: int, authority: str) -> None:
    profile = FeedProfile(url=url)
    assert (profile.host, profile.port, profile.authority) == (host, port, authority)


def test_the_token_goes_into_a_header_and_the_first_frame_and_nowhere_else() -> None:
    profile = FeedProfile(url="ws://x")
    assert dict(profile.headers("s3cr3t")) == {
        b"Accept": b"application/vnd.imggaming.dde.api+json;version=1",
        b"Authorization": b"Bearer s3cr3t",
    }
    assert json.loads(profile.first_frame('s3"cr3t')) == {"authToken": 's3"cr3t'}
    assert "s3cr3t" not in repr(profile)
