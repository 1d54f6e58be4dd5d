"""What a plugin would do over a recorded game, worked out without a daemon: its seam, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Literal, Protocol, TypeAlias

from attrs import frozen

from actionbus.events.base import Event


@frozen(kw_only=True)
class Sent:
    """An alert that was told during a game, as it is when the game is over."""

    rule: str
    """The name in ``[alert.NAME]``."""
    id: str
    """The same over the alert's whole life, in each channel."""
    fixture: str
    period: int | None
    """Of what the alert is about: 1 to 4, then 5 for the first overtime; None where it is about no time of the game."""
    clock: str
    """What is left of the period, as the feed writes it; empty where it is about no time of the game."""
    action_ids: tuple[str, ...]
    """The actions that it is made of."""
    message: str
    """What it says in the end; what it said last, if it was withdrawn."""
    state: Literal["sent", "withdrawn"]
    """Whether it stands in the end."""
    corrections: int
    """How often what had been told was wrong."""
    updates: int
    """How often the alert has grown, or what was pending was confirmed."""
    at: float
    """The fixture clock when it was first told, Unix seconds."""
    first: str
    """What it said then."""


class Rehearsal(Protocol):
    """All that one plugin would do over one game: a plain function of the game's events, with no I/O."""

    @property
    def kinds(self) -> Collection[type[Event]]:
        """The event classes that it hears, subclasses included, with every change."""
        ...

    def hear(self, event: Event) -> None:
        """Take in the next event, in the fixture's order. Time is ``event.at``: timers are its own affair."""
        ...

    def finish(self) -> Sequence[Sent]:
        """Return what was told in the whole game, in the order in which it first was."""
        ...


Rehearse: TypeAlias = Callable[[str], Rehearsal]
"""Makes the rehearsal of a fixture, which is named by its id; each game has one of its own."""
