"""The tables [feed] and [simulator] as values, and what may stand in them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen
from attrs.validators import ge, le

from actionbus.config.kinds import SecretSource, Speed
from actionbus.config.wrong import Wrong
from actionbus.events.catalogue import action_classes

DEFAULT_URL = "wss://dde-streams.data.srarena.io"
_DEFAULT_SPEED = Speed(30.0)
LEGACY_HOST = "dde-streams.data.imgarena.com"

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?")
_SEGMENT = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._~:-]+"  # of a URL's path, with nothing that needs an escape
_FIXTURE = re.compile(_SEGMENT)
_SPORT = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")

# What JSON Schema can see of the two that follow, in editors.
_URL_SEEN = r"^wss?://[^\s/?#@\\]+$"
_SPORT_SEEN = "^[A-Za-z0-9._~:/-]+$"


def check_url(_: object, __: Attribute[str], url: str) -> None:
    """Raise Wrong unless ``url`` is ``wss://HOST[:PORT]`` or ``ws://HOST[:PORT]``; the value is not shown."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("ws", "wss"):
        raise Wrong("should start with wss://", f'such as "{DEFAULT_URL}"')
    if not rest.isascii() or not rest.isprintable() or " " in rest:
        raise Wrong("should hold plain characters only and no space")
    if "@" in rest:
        raise Wrong("may hold no user name or password", "the token has a key of its own, feed.token")
    if any(mark in rest for mark in "/?#\\"):
        hint = 'write "wss://HOST" or "wss://HOST:PORT"'
        raise Wrong("should end after the host and port: the path comes from the sport and the fixture", hint)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # of a port that is no number, or brackets without an address in them
        raise Wrong("should have a host and a port from 1 to 65535") from None
    written = f"[{host}]" if ":" in host else host
    if not _is_host(host) or port == 0 or rest.lower() not in (written, f"{written}:{port}"):
        raise Wrong("should have a host and, if any, a port from 1 to 65535")


def is_loopback(url: str) -> bool:
    """Whether a checked ``url`` leads to this machine."""
    host = urlsplit(url).hostname or ""
    if _is_address(host):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _is_host(host: str) -> bool:
    return _is_address(host) if ":" in host or host.replace(".", "").isdigit() else bool(_HOST.fullmatch(host))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def wrong_fixtures(fixtures: Sequence[object]) -> Iterator[Wrong]:
    """Yield what is wrong with each of the fixtures' ids; what is no text is left to the converter."""
    for place, fixture in enumerate(fixtures):
        if not isinstance(fixture, str):
            continue
        if not fixture:
            yield Wrong("is empty, should be the id of a fixture", at=(place,))
        elif not _FIXTURE.fullmatch(fixture):
            what = "should be the id of a fixture: letters, digits and any of . _ ~ : -"
            yield Wrong(what, "write the id alone, no address", at=(place,))
        elif (first := fixtures.index(fixture)) < place:
            yield Wrong(f"is the same as feed.fixtures[{first}]", "remove one of the two", at=(place,))


def _check_sport(_: object, __: Attribute[str], sport: str) -> None:
    if not _SPORT.fullmatch(sport):
        raise Wrong('should be a part of the feed\'s address, such as "basketball"')


@frozen(kw_only=True)
class FeedConfig:
    """Where the packets come from: ``[feed]``."""

    SCHEMA: ClassVar[Mapping[str, object]] = {
        "if": {"properties": {"source": {"const": "dde"}}, "required": ["source"]},
        "then": {
            "required": ["fixtures", "token"],
            "properties": {"fixtures": {"minItems": 1}},
            "additionalProperties": True,  # Tombi warns without it
        },
        "else": {"properties": {"fixtures": False}, "additionalProperties": True},
    }

    source: Literal["simulator", "dde"] = "simulator"
    """The built-in ``"simulator"``, or ``"dde"`` for the real feed."""
    url: str = field(default=DEFAULT_URL, validator=check_url, metadata={"schema": {"pattern": _URL_SEEN}})
    """The server: ``wss://HOST[:PORT]``; ``ws://`` is for servers on this machine."""
    fixtures: tuple[str, ...] = ()
    """The ids of the games to follow; with ``"dde"`` only, and needed there."""
    token: SecretSource | None = None
    """Where the token is; needed with ``"dde"``."""
    speed: Literal["fast", "normal"] | None = None
    """What is asked of the server; without it that is left to the server."""
    ca_file: Path | None = None
    """Certificates (PEM) of authorities that are trusted besides the system's."""
    sport: str = field(default="basketball", validator=_check_sport, metadata={"schema": {"pattern": _SPORT_SEEN}})
    """The part of the address that names the sport; it may hold a slash."""
    types: Mapping[str, str] = field(factory=dict[str, str], metadata={"choices": action_classes})
    """Your own mapping: an action type's name, or its id in digits, to the snake_case name of an action class."""


@frozen(kw_only=True)
class SimulatorConfig:
    """What the built-in simulator plays: ``[simulator]``."""

    seed: int = 1
    """Another number, another match."""
    games: int = field(default=1, validator=[ge(1), le(500)])
    """How many matches to generate."""
    speed: Speed = _DEFAULT_SPEED
    """How many times faster than life, or ``"max"``."""
    recordings: tuple[Path, ...] = ()
    """Files to play instead of generated matches; empty: generate."""
