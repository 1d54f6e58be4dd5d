"""One alert and its life: held, told, corrected, taken back, restored."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum

from attrs import define

_NO_ID = re.compile(r"[^A-Za-z0-9_-]")
UNCONFIRMED = " (unconfirmed)"


class State(StrEnum):
    """Where an alert is in its life."""

    HELD = "held"
    """It is held back, and told when its time has come if it stands by then."""
    TOLD = "told"
    GONE = "gone"
    """It was told and taken back."""
    PASSED = "passed"
    """It was not told and never will be."""


@define(eq=False)
class Alert:
    """What is known of an alert; kept from when its rule finds it, to the end of the fixture."""

    state: State
    group: str
    """Whose it is, by ``per``."""
    about: str
    """What tells it apart from others with the same first evidence: its moment or status, else the group."""
    first: str
    """The first evidence: while it is held, of now; from then on, of when it was told."""
    evidence: tuple[str, ...]
    text: str
    """What it says, without ``mark``."""
    tentative: bool
    mark: str
    """What is added while it is tentative; empty where the message itself says so."""
    at: float
    """The fixture clock when its rule found it, and from when it is told, of then."""
    period: int | None
    clock: str
    left: float | None
    kind: str
    """The class of the event that it is about, in snake_case."""
    score: tuple[int, int] | None
    version: int = 0
    holds_on_the_wall: bool = False
    """Whether it may be held back by the wall clock still, which the channels go by."""
    reason: str = ""
    """Why it was passed over: the key of the rule, or ``"muted"``."""
    who: tuple[str, ...] = ()
    """The ids and names of the players and teams that its text is about."""

    @property
    def said(self) -> str:
        """What people read."""
        return self.text + self.mark if self.tentative else self.text


def alert_id(rule: str, fixture: str, about: str, first: str) -> str:
    """Make the id of an alert: of its rule, whose it is and what it was made of when it was first told.

    It is fit for wherever an id is wanted, also as a sequence id of ntfy: at most 64 letters, digits, ``-`` and ``_``.
    """
    digest = hashlib.sha256("\0".join((rule, fixture, about, first)).encode()).hexdigest()
    return f"{_NO_ID.sub('-', rule)[:36]}-{digest[:24]}"
