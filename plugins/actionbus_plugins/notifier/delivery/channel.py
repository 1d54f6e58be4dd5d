"""The settings of channels, ``[notify.NAME]``, and what can be wrong with them."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import attrs
from attrs import field, frozen

from actionbus import ConfigError, Duration, PluginContext, Problem, SecretSource
from actionbus_plugins.notifier.settings import Quiet, wall_seconds

Use = Literal["console", "ntfy", "webhook"]

NTFY = "https://ntfy.sh"
_DELAY, _DEADLINE, _TIMEOUT = Duration(0.0), Duration(600.0), Duration(10.0)
_RATES: Mapping[Use, tuple[int, float] | None] = {"console": None, "ntfy": (30, 60.0), "webhook": None}
_OWN: Mapping[str, tuple[Use, ...]] = {
    "server": ("ntfy", "webhook"),
    "timeout": ("ntfy", "webhook"),
    "ca_file": ("ntfy", "webhook"),
    "topic": ("ntfy",),
    "token": ("ntfy", "webhook"),
    "url": ("webhook",),
    "headers": ("webhook",),
}
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}", re.ASCII)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)  # RFC 9110: token
_OURS = {"host", "content-length", "content-type", "transfer-encoding", "connection", "idempotency-key"}
_SECRET = {"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"}
_LABEL = re.compile(r"[-_A-Za-z0-9]{1,63}", re.ASCII)  # RFC 1035; _ is in use all the same
_LONGEST_HOST = 253  # characters of a name that can be looked up
_NO_NAME = "should have a host with 1 to 63 letters, digits, - or _ between dots, 253 characters in all"

Keys = tuple[str | int, ...]
Look = Callable[[str], str | None]


def _rate(_: object, attribute: attrs.Attribute[str | None], value: str | None) -> None:
    if value is not None and value != "none" and not _read_rate(value):
        raise ValueError('should be so many messages in a time, such as "10/1m", or "none"')


def _read_rate(value: str) -> tuple[int, float] | None:
    number, _, length = value.partition("/")
    seconds = wall_seconds(length)
    if not (number.isascii() and number.isdigit() and len(number) < 7 and int(number) and seconds):
        return None
    return int(number), seconds


def _above_zero(_: object, attribute: attrs.Attribute[Any], value: Duration | None) -> None:
    if value is not None and value <= 0:
        raise ValueError('should be a duration above 0 such as "10s"')


@frozen(kw_only=True)
class Channel:
    """``[notify.NAME]``. Which keys there are besides the first five depends on ``use``."""

    use: Use
    delay: Duration = _DELAY
    """How far the person's picture runs behind: nothing is told earlier."""
    quiet: Quiet | None = None
    rate: str | None = field(default=None, validator=_rate)
    deadline: Duration = field(default=_DEADLINE, validator=_above_zero)
    """An alert that could not be told so long after it was due is told no more."""
    server: str | None = None
    """``https://HOST[:PORT]``: another server of the service; of a webhook, instead of the one in ``url``."""
    timeout: Duration | None = field(default=None, validator=_above_zero)
    """For one message, from beginning to end."""
    ca_file: Path | None = None
    """Certificates (PEM) of authorities that are trusted besides the system's."""
    topic: str | SecretSource | None = field(default=None, repr=False)
    token: SecretSource | None = None
    """Sent as ``Authorization: Bearer``."""
    url: str | SecretSource | None = field(default=None, repr=False)
    headers: dict[str, str | SecretSource] | None = field(default=None, repr=False)

    @property
    def pace(self) -> tuple[int, float] | None:
        """How many messages in how many seconds; None: any number."""
        if self.rate is None:
            return _RATES[self.use]
        return _read_rate(self.rate)

    @property
    def patience(self) -> float:
        """How many seconds one message may take."""
        return self.timeout if self.timeout is not None else _TIMEOUT


Channels = dict[str, Channel]


def problems(channels: Mapping[str, Channel], context: PluginContext) -> Iterator[Problem]:
    """Find what is wrong with channels that could be read as such, their secrets included."""
    for name, channel in channels.items():
        for keys, what, hint in _wrong(channel):
            yield context.problem(("notify", name, *keys), what, hint)
        if not context.replaying:
            yield from _wrong_secrets(name, channel, context)
            if channel.ca_file is not None and (said := _wrong_ca_file(channel.ca_file)):
                yield context.problem(("notify", name, "ca_file"), said)


def _wrong(channel: Channel) -> Iterator[tuple[Keys, str, str | None]]:
    for key, uses in _OWN.items():
        if getattr(channel, key) is not None and channel.use not in uses:
            belongs = " and ".join(f'use = "{use}"' for use in uses)
            yield (key,), f"belongs to {belongs}", f"remove it: this is a channel of {channel.use}"
    if channel.use == "ntfy":
        if channel.topic is None:
            yield (), "topic is missing", 'write topic = "NAME": whoever knows the name can read it'
        elif isinstance(channel.topic, str) and (said := wrong_topic(channel.topic)):
            yield ("topic",), said, None
    if channel.use == "webhook":
        if channel.url is None:
            yield (), "url is missing", 'write url = "https://..." or, where the address is a secret, { env = "NAME" }'
        elif isinstance(channel.url, str) and (said := wrong_url(channel.url)):
            yield ("url",), said, None
        for header, value in (channel.headers or {}).items():
            if (said := _wrong_header(header, value)) is not None:
                yield ("headers", header), said, None
            elif isinstance(value, str) and header.lower() in _SECRET:
                bearer = ', or write token = { env = "NAME" } for "Bearer TOKEN"'
                hint = f'name where it is kept: {{ env = "NAME" }}{bearer if header.lower() == "authorization" else ""}'
                yield ("headers", header), "a secret may not stand here in clear", hint
    if channel.server is not None and (said := wrong_url(channel.server, path=False)):
        yield ("server",), said, f'such as "{NTFY}"'


def _wrong_secrets(name: str, channel: Channel, context: PluginContext) -> Iterator[Problem]:
    for keys, source, look in _secrets(channel):
        keys = ("notify", name, *keys)
        try:
            said = look(context.secret(source, keys).reveal())
        except ConfigError as error:
            yield from error.problems
        else:
            if said is not None:
                yield context.problem(keys, f"what it names {said}")


def _secrets(channel: Channel) -> Iterator[tuple[Keys, SecretSource, Look]]:
    if isinstance(channel.topic, SecretSource):
        yield ("topic",), channel.topic, wrong_topic
    if channel.token is not None:
        yield ("token",), channel.token, lambda _: None
    if isinstance(channel.url, SecretSource):
        yield ("url",), channel.url, wrong_url
    for header, value in (channel.headers or {}).items():
        if isinstance(value, SecretSource):
            yield ("headers", header), value, lambda _: None


def _wrong_ca_file(path: Path) -> str | None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return "holds no certificates (PEM)"
    except FileNotFoundError:
        return f"there is no file {path}"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None


def wrong_topic(topic: str) -> str | None:
    """Say what is wrong with a topic of ntfy."""
    return None if _TOPIC.fullmatch(topic) else "should be at most 64 letters, digits, - and _"


def wrong_url(url: str, *, path: bool = True) -> str | None:
    """Say what is wrong with an address, without showing it: it may be a secret."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # of a port that is no number, or brackets without an address in them
        return "should have a host and, if any, a port from 1 to 65535"
    if parts.scheme not in ("http", "https"):
        return "should start with https://"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "should hold plain characters only and no space"
    if "@" in parts.netloc:
        return "may hold no user name or password"
    if not parts.hostname or port == 0:
        return "should have a host and, if any, a port from 1 to 65535"
    if not path and (parts.path not in ("", "/") or parts.query or parts.fragment):
        return "should end after the host and port"
    return _wrong_host(parts.hostname, bracketed="[" in parts.netloc)


def _wrong_host(host: str, *, bracketed: bool) -> str | None:
    digits = host.replace(".", "")
    try:
        if bracketed:
            IPv6Address(host)
        elif digits.isdigit() and host.count(".") == 3:
            IPv4Address(host)
        elif len(host) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, host.removesuffix(".").split("."))):
            return _NO_NAME
    except ValueError:
        return "should have a host: what stands there looks like an IP address and is none"
    return None


def _wrong_header(header: str, value: str | SecretSource) -> str | None:
    if not _HEADER.fullmatch(header):
        return "is not the name of a header"
    if header.lower() in _OURS:
        return "is set by actionbus"
    if isinstance(value, str) and not (value.isascii() and value.isprintable() and value == value.strip()):
        return "should hold plain characters only, and no space at its ends"
    return None
