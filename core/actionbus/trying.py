"""How a plugin tries the channels or endpoints that it sends over, one at a time and without the daemon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

Say: TypeAlias = Callable[[str], None]
"""Takes one line for whoever tries a channel: what was sent, and what a person should see now."""

TryChannel: TypeAlias = Callable[[Say], Awaitable[bool]]
"""Sends a sample, and over a channel of alerts then its correction, saying so; returns whether all of it arrived."""

TryChannels: TypeAlias = Mapping[str, TryChannel]
"""The channels or endpoints of a plugin by their names."""
