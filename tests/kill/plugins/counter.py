"""Keeps in its store how many actions of each type stand, and a hash over all events in order."""

from __future__ import annotations

import hashlib
import random

import trio

from actionbus import ALL_CHANGES, Action, Change, PluginContext, Subscription, hookimpl, on, snake_name

BY = {Change.ADDED: 1, Change.WITHDRAWN: -1}
SELDOM = 0.02  # share of the events that are handled slowly, so that the lane falls behind now and then
SLOW = 0.02  # seconds at most


@hookimpl
def subscriptions(context: PluginContext) -> list[Subscription]:
    """Listen to every change of every action."""
    store = context.store

    async def count(action: Action) -> None:
        before = str(store.get("chain", ""))
        number = store.get("events", 0)
        if random.random() < SELDOM:
            await trio.sleep(random.uniform(0, SLOW))
        store.put("chain", hashlib.sha256(f"{before}|{action.id}|{action.change}".encode()).hexdigest())
        store.put("events", number + 1 if isinstance(number, int) else number)
        by = BY.get(action.change)
        if by is not None:
            key = f"count:{snake_name(type(action))}"
            count = store.get(key, 0)
            store.put(key, count + by if isinstance(count, int) else count)

    return [on(Action, count, changes=ALL_CHANGES)]
