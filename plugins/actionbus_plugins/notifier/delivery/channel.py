"""The settings of channels, ``[notify.NAME]``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
from attrs import evolve, field, frozen

from actionbus import Duration, SecretSource
from actionbus_plugins.notifier.settings import Quiet, wall_seconds

Use = Literal["console", "ntfy", "webhook", "slack", "discord", "telegram", "file", "apprise"]

_DELAY, _DEADLINE, _TIMEOUT = Duration(0.0), Duration(600.0), Duration(10.0)
RATES: Mapping[Use, str] = {
    "ntfy": "30/1m",
    "slack": "30/1m",
    "discord": "30/1m",
    "telegram": "20/1m",  # what a group takes
    "apprise": "30/1m",
}
"""What holds where ``rate`` is left out; any number for the others."""
OWN: Mapping[str, tuple[Use, ...]] = {
    "server": ("ntfy", "webhook", "slack", "discord", "telegram"),
    "timeout": ("ntfy", "webhook", "slack", "discord", "telegram", "file", "apprise"),
    "ca_file": ("ntfy", "webhook", "slack", "discord", "telegram"),
    "topic": ("ntfy",),
    "token": ("ntfy", "webhook", "slack", "telegram"),
    "url": ("webhook", "discord", "apprise"),
    "urls": ("apprise",),
    "headers": ("webhook",),
    "channel": ("slack",),
    "chat": ("telegram",),
    "path": ("file",),
    "format": ("file",),
}
"""The keys that only some channels have."""


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
    """``https://HOST[:PORT]``: another server of the service; with ``url``, instead of the one in it."""
    timeout: Duration | None = field(default=None, validator=_above_zero)
    """For one message, from beginning to end; of apprise, for one request."""
    ca_file: Path | None = None
    """Certificates (PEM) of authorities that are trusted besides the system's."""
    topic: str | SecretSource | None = field(default=None, repr=False)
    token: SecretSource | None = None
    """Sent as ``Authorization: Bearer``; of telegram, in the address."""
    url: str | SecretSource | None = field(default=None, repr=False)
    urls: tuple[SecretSource, ...] | None = None
    headers: dict[str, str | SecretSource] | None = field(default=None, repr=False)
    channel: str | None = None
    """The id or the name of a channel of Slack."""
    chat: int | str | None = None
    """The number, or the ``@NAME``, of a chat of Telegram."""
    path: Path | None = None
    format: Literal["jsonl", "text"] | None = None

    @property
    def pace(self) -> tuple[int, float] | None:
        """How many messages in how many seconds; None: any number."""
        return _read_rate(self.rate if self.rate is not None else RATES.get(self.use, "none"))

    @property
    def patience(self) -> float:
        """How many seconds one message may take."""
        return self.timeout if self.timeout is not None else _TIMEOUT


Channels = dict[str, Channel]


def targets(name: str, channel: Channel) -> Channels:
    """Return what a channel consists of: each address has its own pace and retries, so that none gets a thing twice.

    The first goes by the channel's own name, the next by ``NAME#2`` and so on.
    """
    if not channel.urls:
        return {name: channel}
    sources = ([channel.url] if channel.url is not None else []) + list(channel.urls)
    names = [name, *(f"{name}#{number}" for number in range(2, len(sources) + 1))]
    return {each: evolve(channel, url=url, urls=None) for each, url in zip(names, sources, strict=True)}
