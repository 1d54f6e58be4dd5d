"""Why rules told of some things in a game and not of others: what a plugin is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal, Protocol, TypeAlias

from attrs import field, frozen

from actionbus.events.base import Event


@frozen(kw_only=True)
class Question:
    """Which rule is to be explained over which game, and what of it is of interest; empty: all."""

    rule: str
    """The name in ``[alert.NAME]``."""
    fixture: str
    player: str = ""
    """An id, a name or one whole word of it."""
    team: str = ""
    """The same."""
    period: int | None = None
    kept: Mapping[str, object] | None = None
    """What the plugin's store holds of the fixture, if the game is out of a journal."""


@frozen(kw_only=True)
class StepTaken:
    """One step of a rule, and what it made of something."""

    key: str
    """The key of the rule, such as ``where``; ``muted`` and ``past``, before the rule was there, are none."""
    passed: bool
    said: str
    """What was asked and what there was, in a few words."""


Happening = Literal[
    "held", "changed", "sent", "updated", "corrected", "withdrawn", "restored", "lapsed", "passed", "dropped"
]

Outcome = Literal["told", "withdrawn", "held", "stopped"]
"""Whether it was told and stands in the end; was told and taken back; waits; or was not told."""


@frozen(kw_only=True)
class Turn:
    """Something that happened to an alert."""

    what: Happening
    """``changed``: while it was held; ``passed``: it is never told; ``dropped``: it was held and does not stand."""
    at: float
    """The fixture clock, Unix seconds."""
    period: int | None
    """How far the game was: the period, and what was left of it as the feed writes it."""
    clock: str
    by: str
    """The packet that did it, in a few words; empty where it was time alone."""
    action_id: str
    """Of which action it was; empty where it is of none."""
    text: str
    """What the alert says from then on."""


@frozen(kw_only=True)
class Part:
    """An event that something is made of."""

    id: str
    """The action's; of what is no action, the event's own."""
    what: str
    period: int | None
    clock: str


@frozen(kw_only=True)
class Considered:
    """Something that a rule has considered: one event, or several that would have made an alert together."""

    what: str
    """What happened, in a few words."""
    period: int | None
    clock: str
    at: float
    """The fixture clock, Unix seconds."""
    parts: tuple[Part, ...]
    steps: tuple[StepTaken, ...]
    """Those that the rule has, in their order, up to the first that stopped it."""
    outcome: Outcome
    nearness: float = 0.0
    """Of what was stopped: grows with how near it came to be told."""
    alert: str = ""
    """The alert's id, if there was one."""
    message: str = ""
    """What the alert says in the end."""
    life: tuple[Turn, ...] = ()
    note: str = ""
    """What else there is to say: that the feed took it back later, that the journal says otherwise."""

    @property
    def stopped(self) -> StepTaken | None:
        """The step that stopped it."""
        return next((step for step in self.steps if not step.passed), None)


@frozen(kw_only=True)
class Explanation:
    """All that there is to say of one rule over one game, as far as it was asked for."""

    rule: str
    fixture: str
    considered: int
    """How many events of the classes of ``on`` there were."""
    told: tuple[Considered, ...]
    """In the order in which they were first told."""
    missed: tuple[Considered, ...]
    """What was stopped or waits, the nearest first."""
    others: Mapping[str, int] = field(factory=dict[str, int])
    """How many actions there were of each class that the rule is not about, by snake_case name."""
    players: tuple[str, ...] = ()
    """The names of all players in the game, whatever was asked for."""
    teams: tuple[str, ...] = ()


class Explaining(Protocol):
    """Explains one rule over one game: a plain function of the game's events, with no I/O."""

    @property
    def kinds(self) -> Collection[type[Event]]:
        """The event classes that it hears, subclasses included, with every change."""
        ...

    def hear(self, event: Event) -> None:
        """Take in the next event, in the fixture's order. Time is ``event.at``."""
        ...

    def finish(self) -> Explanation:
        """Say what there is to say."""
        ...


Explain: TypeAlias = Callable[[Question], Explaining | None]
"""Begins to explain; None where the plugin has no such rule."""
