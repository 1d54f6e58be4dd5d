"""What a journal knows of alerts and of webhooks: what a plugin is given of its store, and what it makes of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import field, frozen


@frozen(kw_only=True)
class KeptState:
    """What a plugin keeps, of all games, as it stands now."""

    stores: Sequence[tuple[str, str, object]]
    """Of ``context.store``: the fixture, the key and the value."""
    shared: Mapping[str, object]
    """Of ``context.shared``: the values."""
    sums: Mapping[str, float] = field(factory=dict[str, float])
    """Of ``context.shared``: the sums."""
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


DeliveryState = Literal["waiting", "delivered", "dead", "expired", "replaced"]


@frozen(kw_only=True)
class KnownDelivery:
    """One event for one endpoint. Times are of the clock on the wall in Unix seconds, but for ``at``."""

    id: str
    """``webhook-id``: the event's, so that several endpoints may have it."""
    endpoint: str
    fixture: str
    type: str
    subject: str
    """What a receiver upserts by."""
    version: int
    state: DeliveryState
    """``dead``: tried, and given up; ``expired``: too old before it was tried; ``replaced`` by a newer state."""
    tries: int
    status: int
    """Of the last answer; 0: there was none."""
    said: str
    """Why the last attempt failed, or it ended."""
    at: float
    """The fixture clock."""
    queued: float
    due: float
    """When it is tried next; once it has ended, when it was tried last."""
    expires: float
    ended: float
    """0: it waits."""
    body: str
    """As it is sent."""

    @property
    def since(self) -> float:
        """Since when it is in its state."""
        return self.ended or self.queued


@frozen(kw_only=True)
class KnownEndpoint:
    """What became of all that was ever queued for an endpoint."""

    name: str
    sums: Mapping[str, int]
    """``queued``, and of these how many are in each state: they add up to it."""
    disabled: str = ""
    """Why it is left alone; empty: it is not."""


@frozen(kw_only=True)
class KnownDeliveries:
    """All deliveries of a plugin that are in a journal, those of a fixture in their order, and the endpoints."""

    deliveries: tuple[KnownDelivery, ...]
    endpoints: tuple[KnownEndpoint, ...]


ListDeliveries: TypeAlias = Callable[[KeptState], KnownDeliveries]
