"""Standing actions in the game's own order, and the moments that were found in them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from typing import Generic, TypeVar

from attrs import define, field

from actionbus import Action, Moment

M = TypeVar("M", bound=Moment)

Place = tuple[int, Decimal, str]  # period, timelineSequence and action id: the game's own order


def place_of(action: Action) -> Place:
    """Return what orders an action within its game."""
    return action.period, action.sequence, action.action_id


@define(eq=False)
class Series:
    """Standing actions in the game's own order, each with an amount."""

    actions: list[Action] = field(factory=list[Action])
    amounts: list[int] = field(factory=list[int])
    total: int = 0

    def count(self, action: Action, by: int, amount: int = 1) -> None:
        """Put an action in its place (+1), or take it out (-1)."""
        self.total += by * amount
        place, actions = place_of(action), self.actions
        at_end = not actions or place_of(actions[-1]) < place
        index = len(actions) if at_end else bisect_left(actions, place, key=place_of)
        if by > 0:
            actions.insert(index, action)
            self.amounts.insert(index, amount)
        else:
            del actions[index], self.amounts[index]


@define(eq=False)
class Found(Generic[M]):
    """The moments of one class that stand in one game; ``version`` grows when they are others."""

    moments: Sequence[M] = ()
    version: int = 0

    def all(self) -> Sequence[M]:
        """Return the moments that stand."""
        return self.moments

    def put(self, moments: Sequence[M]) -> None:
        """Take these for the moments that stand."""
        self.moments = moments
        self.version += 1
