"""Say so whenever somebody takes the ball."""

from __future__ import annotations

from actionbus import Steal, Subscription, hookimpl, on


async def shout(steal: Steal) -> None:
    """Print a line."""
    print(f"{steal.clock} {steal.player} steals the ball!")


@hookimpl
def subscriptions() -> list[Subscription]:
    """Listen to steals."""
    return [on(Steal, shout)]
