"""The settings of endpoints, ``[webhook.NAME]``."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

import attrs
from attrs import field, frozen

from actionbus import Duration, SecretSource
from actionbus_plugins.conditions.classes import Names, listed
from actionbus_plugins.conditions.where import Asked

Word = Literal["tentative", "confirmed", "updated", "withdrawn", "restored", "dismissed"]
"""What a message says of an action or a moment: the part of its type behind the dot."""
Format = Literal["actionbus", "cloudevents"]
Order = Literal["fixture", "none"]
Network = IPv4Network | IPv6Network

_MINUTE, _DAY = 60.0, 86_400.0
SHORT, LONG = Duration(10 * _MINUTE), Duration(_DAY)
"""Of what happens in a game, and of how it ended: so long an endpoint has a chance to hear of it."""
_RETRY = tuple(map(Duration, (1.0, 5.0, 30.0, 2 * _MINUTE, 10 * _MINUTE)))
_ABOVE_ZERO_SEEN = {"schema": {"allOf": [{"pattern": "[1-9]"}]}}
_SOMETHING = {"schema": {"minItems": 1}}
MOST_IN_FLIGHT = 256


def _above_zero(_: object, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and value <= 0:
        raise ValueError('should be a duration above 0 such as "10s"')


def _steps(_: object, attribute: attrs.Attribute[Any], value: tuple[float, ...]) -> None:
    if not value or min(value) <= 0:
        raise ValueError('should be a list of durations above 0 such as ["1s", "5s", "30s"]')


def _networks(_: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    for each in value:
        try:
            ip_network(each)
        except ValueError:
            raise ValueError(f'should be a list of networks such as ["192.168.1.0/24"]: {_no_network(each)}') from None


def _no_network(text: str) -> str:
    try:
        meant = ip_network(text, strict=False)  # bits of the host are set
    except ValueError:
        return f"{text!r} is none"
    return f"{text!r} is none; did you mean {str(meant)!r}?"


def _in_flight(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    if not 1 <= value <= MOST_IN_FLIGHT:
        raise ValueError(f"should be a number from 1 to {MOST_IN_FLIGHT}")


@frozen(kw_only=True)
class Endpoint:
    """An endpoint, ``[webhook.NAME]``: somebody else's system, and which events it gets."""

    url: str | SecretSource = field(repr=False)
    """``https://...``, or where the address is kept if it is a secret."""
    secret: SecretSource | tuple[SecretSource, ...] = field(metadata={"example": '{ env = "NAME" }'})
    """What messages are signed with, ``whsec_...``; several while it is changed, the newest first."""
    on: Names = field(metadata={"example": '["three_pointer_*", "lead_change"]'} | _SOMETHING)
    """Event classes, subclasses included, or patterns of their names: ``["steal", "three_pointer_*", "alert"]``."""
    where: dict[str, Asked] = field(factory=dict[str, Asked], metadata={"example": '{ team = "NAME" }'})
    """Fields and what they should be, as in alerts: ``{ player = "Clyburn", period = [4, 5] }``."""
    when: str | None = None
    """A condition, as in alerts: ``"period >= 4 and clock <= 120"``. What was sent is corrected all the same."""
    changes: tuple[Word, ...] = field(default=("confirmed", "updated", "withdrawn", "restored"), metadata=_SOMETHING)
    """What of actions and moments is sent."""
    order: Order = "fixture"
    """``"fixture"``: of a game one after the other; ``"none"``: side by side, the receiver goes by ``version``."""
    max_age: Duration | None = field(default=None, validator=_above_zero, metadata=_ABOVE_ZERO_SEEN)
    """So long it is tried. Without it 10 minutes, and 24 hours for what ends a match."""
    timeout: Duration = field(default=Duration(15.0), validator=_above_zero, metadata=_ABOVE_ZERO_SEEN)
    """For one attempt, from beginning to end."""
    retry: tuple[Duration, ...] = field(default=_RETRY, validator=_steps, metadata=_SOMETHING)
    """The waits between attempts; the last one repeats."""
    format: Format = "actionbus"
    """The body: ours, or a CloudEvent (1.0, structured mode) around the same data."""
    allow_networks: tuple[str, ...] = field(default=(), validator=_networks)
    """Networks that are no part of the internet and may be reached all the same: ``["192.168.1.0/24"]``."""
    allow_http: bool = False
    """Whether the address may begin with ``http://``."""
    headers: dict[str, str | SecretSource] = field(factory=dict[str, "str | SecretSource"], repr=False)
    """Further headers: texts, or secrets."""
    enabled: bool = True
    """Whether it gets anything."""
    ca_file: Path | None = None
    """Certificates (PEM) of authorities that are trusted besides the system's."""
    in_flight: int = field(default=16, validator=_in_flight, metadata={"schema": {"minimum": 1, "maximum": 256}})
    """So many requests at most at the same time."""
    disable_after: Duration = field(default=Duration(5 * _DAY), validator=_above_zero, metadata=_ABOVE_ZERO_SEEN)
    """An endpoint that has failed for so long is left alone until it is enabled again."""

    @property
    def sources(self) -> tuple[SecretSource, ...]:
        """Where the secrets are kept, the newest first."""
        return (self.secret,) if isinstance(self.secret, SecretSource) else self.secret

    @property
    def patterns(self) -> tuple[str, ...]:
        """What ``on`` says, as a list."""
        return listed(self.on)

    @property
    def networks(self) -> tuple[Network, ...]:
        """``allow_networks``, read."""
        return tuple(map(ip_network, self.allow_networks))

    def age(self, *, last: bool) -> float:
        """Return for how many seconds an event is tried; ``last``: it ends a match."""
        if self.max_age is not None:
            return self.max_age
        return LONG if last else SHORT


Endpoints = Mapping[str, Endpoint]
