"""What the rules tell the channels: how an alert stands from now on."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from attrs import frozen

Priority = Literal["min", "low", "default", "high", "urgent"]
OnCorrection = Literal["edit", "followup", "retract", "ignore"]


class Kind(StrEnum):
    """Why a channel hears of an alert."""

    SENT = "sent"
    """For the first time."""
    UPDATED = "updated"
    """It has grown, or what was pending is confirmed: nothing that was said was wrong."""
    CORRECTED = "corrected"
    """What was said was wrong."""
    WITHDRAWN = "withdrawn"
    """It no longer stands."""
    RESTORED = "restored"
    """It was withdrawn and stands again."""
    LAPSED = "lapsed"
    """Not wrong, but not to be told any more where that has not happened yet."""


@frozen(kw_only=True)
class Notice:
    """An alert as it stands after one step of its life. Plain values only: it is kept as JSON."""

    id: str
    """The same over the alert's whole life, in each channel: at most 64 letters, digits, ``-`` and ``_``."""
    version: int
    """Counts the notices of this alert from 1."""
    kind: Kind
    rule: str
    fixture: str
    text: str
    """What it says now; what it said last, if it is withdrawn."""
    before: str = ""
    """What the notice before this one said; empty for the first."""
    at: float
    """The fixture clock of what the alert is about, Unix seconds."""
    period: int | None = None
    clock: str = ""
    action_ids: tuple[str, ...] = ()
    priority: Priority = "default"
    on_correction: OnCorrection = "edit"
    hold: float = 0.0
    """Seconds of wall clock to hold it back before it is told for the first time, besides the channel's own delay."""
