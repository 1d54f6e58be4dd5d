"""What is kept of one alert on one channel: how it stands, what was told of it, and when something is to be done."""

from __future__ import annotations

from typing import Literal, TypeVar

import attrs
from attrs import frozen
from cattrs import Converter
from cattrs.errors import CattrsError

from actionbus_plugins.notifier.notice import Notice

KEPT = "outbox:"  # what the keys of entries begin with, in the plugin's store of the fixture

Form = Literal["plain", "back", "gone"]
"""The text as it is; that it is taken back; nothing at all."""
Closed = Literal["", "withdrawn", "lapsed", "expired", "quiet", "failed"]
"""Why an alert is not told; empty: it may be."""

T = TypeVar("T")

_converter = Converter()


@frozen(kw_only=True)
class Told:
    """What a person sees of an alert."""

    version: int
    """Of the notice that it was told from."""
    text: str
    """What the alert said, also where it is taken back."""
    form: Form = "plain"
    followed: bool = False
    """Whether corrections were told by further messages."""
    digest: str = ""
    """The message that it is a line of, if it is no message of its own."""
    ref: str = ""
    """The service's own id of the message, where it gives one: what it is edited and deleted by."""


@frozen(kw_only=True)
class Entry:
    """One alert on one channel. Times are of the wall clock, in Unix seconds."""

    notice: Notice
    """The newest."""
    due: float | None
    """When what stands is to be told or corrected; None: nothing is to be done."""
    expires: float
    """It is not told for the first time later than that."""
    told: Told | None = None
    doubt: Told | None = None
    """What was sent last, where nobody knows whether it has arrived."""
    wrong: int = 0
    """The version of the newest notice that was a correction: what was told before that is wrong."""
    closed: Closed = ""
    tries: int = 0
    """How often in a row it could not be sent."""
    retry: float = 0.0
    """It is not sent again before that."""
    why: str = ""
    """What the service said when it was sent last, or why it could not be; empty: it has arrived."""
    sent: float = 0.0
    """When it was sent last, itself or in a digest; 0: never, or it has surely not arrived."""

    @property
    def message(self) -> str:
        """The message that was sent last: its own, or a digest's, which other alerts may have in common with it."""
        seen = self.doubt if self.doubt is not None else self.told
        return (seen.digest if seen is not None else "") or self.notice.id

    @property
    def ready(self) -> float | None:
        """When something can be done at the earliest; None: nothing is to be done."""
        return max(self.due, self.retry) if self.due is not None else None

    @property
    def is_fresh(self) -> bool:
        """Whether it waits to be told, and nothing of it can have been seen."""
        return self.due is not None and self.told is None and self.doubt is None and not self.closed

    @property
    def stands(self) -> bool:
        """Whether the alert stands."""
        return self.notice.kind != "withdrawn"


def key_of(channel: str, alert: str) -> str:
    """Return the key of an alert's entry for a channel, whose name may hold anything."""
    return f"{KEPT}{channel}:{alert}"


def split_key(key: str) -> tuple[str, str]:
    """Return the channel and the alert of an entry's key."""
    channel, _, alert = key.removeprefix(KEPT).rpartition(":")
    return channel, alert


def as_json(entry: Entry) -> object:
    """Return what an entry is kept as."""
    return attrs.asdict(entry)


def as_entry(value: object) -> Entry | None:
    """Return an entry as it was kept; None where there is none, or one that cannot be read."""
    return read_as(Entry, value)


def read_as(kind: type[T], value: object) -> T | None:
    """Return what was kept as a value of its class; None where there is none, or one that cannot be read."""
    try:
        return _converter.structure(value, kind) if value is not None else None
    except (CattrsError, ValueError, TypeError, KeyError):
        return None
