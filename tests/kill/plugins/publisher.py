"""Publishes a moment for each made three, after a while: what follows from actions, but not at once."""

from __future__ import annotations

import random

import trio
from attrs import frozen

from actionbus import Declaration, Moment, PluginContext, Subscription, ThreePointerMade, hookimpl, on

SLOW = 0.003  # seconds at most


@frozen(kw_only=True, slots=False, eq=False)
class ThreeSeen(Moment):
    """A three was made; its key is the action's id."""


@hookimpl
def declare() -> Declaration:
    """Name the moments."""
    return Declaration(publishes=(ThreeSeen,))


@hookimpl
def subscriptions(context: PluginContext) -> list[Subscription]:
    """Listen to threes that count."""

    async def see(three: ThreePointerMade) -> None:
        await trio.sleep(random.uniform(0, SLOW))
        context.publish(ThreeSeen(fixture=three.fixture, key=three.action_id))

    return [on(ThreePointerMade, see)]
