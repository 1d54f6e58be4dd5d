"""All that differs between one feed and another, and between a patient client and a hasty one, as one value."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote, urlencode, urlsplit

import orjson
from attrs import frozen

_PORTS = {"ws": 80, "wss": 443}


@frozen(kw_only=True)
class FeedProfile:
    """Where a feed is and how it is spoken to. Times are in seconds; sources are PROTOCOL 3 and 4."""

    url: str
    """``wss://HOST[:PORT]`` or ``ws://HOST[:PORT]``."""
    sport: str = "basketball"
    """May hold a slash (``v2/volleyball``), so it is not escaped."""
    path: str = "/media/{sport}/fixtures/{fixture}/actions"
    accept: str = "application/vnd.imggaming.dde.api+json;version=1"
    speed: Literal["fast", "normal"] | None = None
    """For matches that are over; None leaves it to the server."""

    connect: float = 25.0
    """For finding the server and for each step of shaking hands with it."""
    acknowledgement: float = 25.0
    """From the token to the server's word on it."""
    quiet: float = 15.0
    """Without a frame until the feed is stale: we say so, and ask whether anybody is there, by a websocket ping. A
    heartbeat is due each 10 s."""
    answer: float = 5.0
    """For the answer to the ping."""
    silence: float = 25.0
    """Without a frame until the connection is taken for dead, pings answered or not."""
    owed: float = 20.0
    """Without a packet until we stop waiting for those that the feed should repeat."""
    settled: float = 2.0
    """Without a packet until a list that is fetched anew, and is shorter than before, is taken for complete."""
    pause: float = 0.25
    """The same where it is as long as before: what is behind comes at full rate."""
    linger: float = 25.0
    """For corrections, after the packet that says that the fixture is finished."""
    refused: float = 300.0
    """Until we try again where we were refused."""

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken."""
        return urlsplit(self.url).scheme == "wss"

    @property
    def host(self) -> str:
        """The server's name or address; an IPv6 address without brackets."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The server's port."""
        parts = urlsplit(self.url)
        return parts.port or _PORTS[parts.scheme]

    @property
    def authority(self) -> str:
        """Host and port as the ``Host`` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in _PORTS.values() else f"{host}:{self.port}"

    def target(self, fixture: str, position: int = 0) -> str:
        """Return path and query for a fixture; ``position`` is startPosition, 0 for the whole list."""
        path = self.path.format(sport=self.sport, fixture=quote(fixture, safe=""))
        query: dict[str, str | int] = {}
        if position > 0:
            query["startPosition"] = position
        if self.speed is not None:
            query["speed"] = self.speed
        return f"{path}?{urlencode(query)}" if query else path

    def headers(self, token: str) -> list[tuple[bytes, bytes]]:
        """Return the headers of the handshake, token included: show them to nobody but the server."""
        return [(b"Accept", self.accept.encode()), (b"Authorization", b"Bearer " + token.encode())]

    def first_frame(self, token: str) -> str:
        """Return the only frame that we send."""
        return orjson.dumps({"authToken": token}).decode()
