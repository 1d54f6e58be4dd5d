"""The settings of channels, ``[notify.NAME]``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import attrs
from attrs import evolve, field, frozen

from actionbus import Duration, SecretSource
from actionbus_plugins.notifier.settings import WALL_SEEN, Quiet, wall_seconds

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
NEEDED: Mapping[Use, Mapping[str, str]] = {
    "ntfy": {"topic": 'write topic = "NAME": whoever knows the name can read it'},
    "webhook": {"url": 'write url = "https://..." or, where the address is a secret, { env = "NAME" }'},
    "slack": {
        "token": 'write token = { env = "NAME" }: the bot token of an app, xoxb-...',
        "channel": 'write channel = "C0123456789": the id is at the end of the channel\'s details',
    },
    "discord": {"url": 'write url = { env = "NAME" }: the address of a webhook of the channel'},
    "telegram": {
        "token": 'write token = { env = "NAME" }: the one that BotFather gives',
        "chat": 'write chat = NUMBER, or chat = "@NAME" for a public one',
    },
    "file": {"path": 'write path = "alerts.jsonl": where it begins with no / it starts at the folder of this file'},
    "apprise": {"url": 'write url = { env = "NAME" }: an address of Apprise'},
}
"""The keys without which a channel goes nowhere, and how to write them."""


def _seen() -> dict[str, object]:
    """Return which keys go with which ``use``, as JSON Schema, for editors."""
    uses: tuple[Use, ...] = get_args(Use)
    return {"allOf": [_seen_of(use) for use in uses]}


def _seen_of(use: Use) -> dict[str, object]:
    several = use in OWN["urls"]  # they may stand for the one
    then: dict[str, object] = {
        "required": [key for key in NEEDED.get(use, ()) if not (key == "url" and several)],
        "properties": {key: False for key, others in OWN.items() if use not in others},
        "additionalProperties": True,  # Tombi warns without it
    }
    if several:
        then["anyOf"] = [{"required": ["url"]}, {"required": ["urls"]}]
    return {"if": {"properties": {"use": {"const": use}}, "required": ["use"]}, "then": then}


_RATE_SEEN = {
    "schema": {
        "pattern": f"^(none|[0-9]{{1,6}}/{WALL_SEEN})$",
        "allOf": [{"pattern": "^(none$|0*[1-9][0-9]*/.*[1-9])"}],
    }
}
_ABOVE_ZERO_SEEN = {"schema": {"allOf": [{"pattern": "[1-9]"}]}}


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
    """A channel, ``[notify.NAME]``: where alerts go. Which keys there are besides the first five depends on ``use``."""

    SCHEMA: ClassVar[Mapping[str, object]] = _seen()

    use: Use
    """The service, the console or a file."""
    delay: Duration = _DELAY
    """How far the person's picture runs behind: nothing is told earlier."""
    quiet: Quiet | None = None
    """Hours of the day in which nothing new is told; corrections wait."""
    rate: str | None = field(default=None, validator=_rate, metadata=_RATE_SEEN)
    """So many messages in a time: ``"10/1m"``, or ``"none"``. The rest waits."""
    deadline: Duration = field(default=_DEADLINE, validator=_above_zero, metadata=_ABOVE_ZERO_SEEN)
    """An alert that could not be told so long after it was due is told no more."""
    server: str | None = None
    """``https://HOST[:PORT]``: another server of the service; with ``url``, instead of the one in it."""
    timeout: Duration | None = field(default=None, validator=_above_zero, metadata=_ABOVE_ZERO_SEEN)
    """For one message, from beginning to end; of apprise, for one request."""
    ca_file: Path | None = None
    """Certificates (PEM) of authorities that are trusted besides the system's."""
    topic: str | SecretSource | None = field(default=None, repr=False)
    """The topic of ntfy; whoever knows it can read along."""
    token: SecretSource | None = None
    """Sent as ``Authorization: Bearer``; of telegram, in the address."""
    url: str | SecretSource | None = field(default=None, repr=False)
    """The address of a webhook, or of Apprise; or where that is kept as a secret."""
    urls: tuple[SecretSource, ...] | None = None
    """Further addresses of Apprise."""
    headers: dict[str, str | SecretSource] | None = field(default=None, repr=False)
    """Further headers of a webhook: texts, or secrets."""
    channel: str | None = None
    """The id or the name of a channel of Slack."""
    chat: int | str | None = None
    """The number, or the ``@NAME``, of a chat of Telegram."""
    path: Path | None = None
    """The file that is written to."""
    format: Literal["jsonl", "text"] | None = None
    """Lines of JSON, or of plain text."""

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
