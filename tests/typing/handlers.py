"""Handlers as mypy and basedpyright see them: each ignore below proves that the line is rejected.

An ignore that nothing needs is an error of both checkers, so this file fails the run as soon as one of them lets a
wrong handler pass.
"""

from __future__ import annotations

from actionbus import ALL_CHANGES, Action, Change, Event, Moment, OffensiveRebound, Rebound, Steal, on


async def of_steals(steal: Steal) -> None:
    """Hear steals."""


async def of_rebounds(rebound: Rebound) -> None:
    """Hear rebounds."""


async def of_offensive_rebounds(rebound: OffensiveRebound) -> None:
    """Hear offensive rebounds alone."""


async def of_everything(event: Event) -> None:
    """Hear all there is."""


async def of_two(steal: Steal, more: int) -> None:
    """Want more than an event."""


async def of_none() -> None:
    """Want no event."""


async def answers(steal: Steal) -> int:
    """Return what nobody reads."""
    return 1


def not_async(steal: Steal) -> None:
    """Await nothing."""


class Ledger:
    """A plugin's state, with a method for a handler."""

    async def note(self, action: Action) -> None:
        """Note an action."""


RIGHT = [
    on(Steal, of_steals),
    on(OffensiveRebound, of_rebounds),
    on(Action, of_everything),
    on(Moment, of_everything, changes=ALL_CHANGES),
    on(Steal, Ledger().note, changes=[Change.ADDED, Change.WITHDRAWN]),
]

on(Rebound, of_steals)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
on(Rebound, of_offensive_rebounds)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
on(Action, of_steals)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
on(Steal, not_async)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
on(Steal, of_two)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
on(Steal, of_none)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
on(Steal, answers)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
on(Steal, of_steals(Steal(fixture="", action_id="")))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
on("steal", of_steals)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
on(int, of_steals)  # type: ignore[type-var, arg-type]  # pyright: ignore[reportArgumentType]
on(Steal, of_steals, changes="added")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
on(Steal, of_steals, {Change.ADDED})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
