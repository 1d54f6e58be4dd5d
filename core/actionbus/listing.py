"""What a journal knows of alerts: what a plugin is given of its store, and what it makes of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import frozen


@frozen(kw_only=True)
class KeptState:
    """What a plugin keeps, of all games, as it stands now."""

    stores: Sequence[tuple[str, str, object]]
    """Of ``context.store``: the fixture, the key and the value."""
    shared: Mapping[str, object]
    """Of ``context.shared``: the values."""
    now: float
    """The clock on the wall, Unix seconds."""


ChannelState = Literal["told", "waiting", "expired", "quiet", "lapsed", "withdrawn", "failed"]
AlertState = Literal["held", "passed", "waiting", "sent", "withdrawn", "untold"]


@frozen(kw_only=True)
class OnChannel:
    """What became of an alert on one channel."""

    channel: str
    state: ChannelState
    """``withdrawn``: taken back, also if nobody had been told yet; ``lapsed``: it was over before it was told."""
    said: str
    """The same in a few words, with what the state leaves open."""
    text: str
    """What a person sees there; empty where that is nothing."""
    until: float | None = None
    """When something is to be done next, by the clock on the wall (Unix seconds); None: nothing is."""


@frozen(kw_only=True)
class KnownAlert:
    """An alert that is in a journal."""

    id: str
    rule: str
    fixture: str
    state: AlertState
    """``held`` by its rule, ``passed`` over by it, ``waiting`` for a channel, ``sent``, ``withdrawn`` after it was
    sent, or ``untold``: no channel told it."""
    reason: str
    """Why it was passed over: a key of the rule, ``muted``, or ``past``: before there was the rule."""
    text: str
    """What it says now."""
    period: int | None
    """Of what it is about; None where that is no time of the game."""
    clock: str
    at: float
    """The fixture clock (Unix seconds) when it was told or, where it was not, when its rule found it."""
    action_ids: tuple[str, ...]
    channels: tuple[OnChannel, ...]


@frozen(kw_only=True)
class KnownAlerts:
    """All alerts of a plugin that are in a journal, the oldest first, and what is muted now, each in a sentence."""

    alerts: tuple[KnownAlert, ...]
    muted: tuple[str, ...] = ()


ListAlerts: TypeAlias = Callable[[KeptState], KnownAlerts]
