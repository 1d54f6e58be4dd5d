"""What a plugin wants to hear, and the table that finds its handlers for an event."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any, TypeVar

from attrs import frozen

from actionbus.events.base import Change, Event

E = TypeVar("E", bound=Event)
Handler = Callable[[Any], Awaitable[None]]
Interest = tuple[type[Event], Change]

NEWS = frozenset({Change.ADDED})
ALL_CHANGES = frozenset(Change)


@frozen
class Subscription:
    """An event class, the changes of it that matter, and the async function to call. Made by ``on``."""

    kind: type[Event]
    handler: Handler
    changes: frozenset[Change]
    history: bool = False

    def wants(self, interest: Interest) -> bool:
        """Whether the handler is called for events of this class with this change."""
        return issubclass(interest[0], self.kind) and interest[1] in self.changes


def on(
    kind: type[E],
    handler: Callable[[E], Awaitable[None]],
    *,
    changes: Collection[Change] = NEWS,
    history: bool = False,
) -> Subscription:
    """Call ``handler`` for each event of class ``kind``, subclasses included, whose change is among ``changes``.

    By default that is what counts from now on (ADDED). A plugin that keeps a tally also needs
    ``on(Steal, undo, changes={Change.WITHDRAWN})``.

    With ``history`` the handler first hears again, after each start, what the plugin was done with before, to rebuild
    what it keeps in memory: those events have ``origin`` HISTORY, and what the handler writes then is dropped.

    Raises TypeError where the handler is not an async function.
    """
    if not isinstance(kind, type) or not issubclass(kind, Event):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"on(): the first argument is an event class such as Steal, not {kind!r}")
    if not _is_async(handler):
        name = getattr(handler, "__name__", repr(handler))
        raise TypeError(f"on({kind.__name__}): the handler {name} is not async; write `async def {name}(...)`")
    chosen = frozenset(Change(change) for change in changes)
    if not chosen:
        raise TypeError(f"on({kind.__name__}): changes is empty, so the handler would never be called")
    return Subscription(kind, handler, chosen, history)


def _is_async(handler: object) -> bool:
    called = getattr(handler, "__call__", None)  # noqa: B004  (not whether it can be called: what is called)
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(called)


class HandlerTable(dict[Interest, tuple[Handler, ...]]):
    """A plugin's handlers by event class and change, in the order of its subscriptions; worked out once for each."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        super().__init__()
        self._subscriptions = tuple(subscriptions)

    @property
    def history(self) -> HandlerTable | None:
        """Those of the handlers that want to hear history, None where none does."""
        wanted = [each for each in self._subscriptions if each.history]
        return HandlerTable(wanted) if wanted else None

    def __missing__(self, interest: Interest) -> tuple[Handler, ...]:
        found = tuple(each.handler for each in self._subscriptions if each.wants(interest))
        self[interest] = found
        return found
