"""Events on their way out: what a handler hears is queued for the endpoints that want it, in the handler's run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from attrs import define, field
from minijinja import TemplateError

from actionbus import (
    ALL_CHANGES,
    Change,
    Event,
    FeedState,
    FeedStatus,
    PluginContext,
    Subscription,
    on,
    snake_name,
)
from actionbus_plugins.conditions.classes import widest
from actionbus_plugins.conditions.language import reason
from actionbus_plugins.webhook.bodies import body, message_id, subject_of, type_of, version_of
from actionbus_plugins.webhook.clerk import record
from actionbus_plugins.webhook.courier import Courier
from actionbus_plugins.webhook.delivery import Delivery, end
from actionbus_plugins.webhook.settings import Word
from actionbus_plugins.webhook.wants import NEWS, Wants

LAST = ("match_over", "final_score")  # the second is the score tracker's
WORDS = frozenset(get_args(Word))
SENT = "s:"  # keys of the store: what an endpoint with a condition was told of, whose corrections it gets


@define(eq=False, repr=False)
class Forwarder:
    """Queues events. ``couriers`` are those of the endpoints that are enabled, with what each wants."""

    context: PluginContext
    couriers: Sequence[tuple[Courier, Wants]]
    finished: set[str] = field(factory=set[str])
    """The games that are over, as far as was heard."""
    _by_kind: dict[type[Event], tuple[tuple[Courier, Wants], ...]] = field(
        init=False, factory=dict[type[Event], "tuple[tuple[Courier, Wants], ...]"]
    )
    _row: tuple[str, int] = field(init=False, default=("", 0))
    _part: int = field(init=False, default=0)
    _failed: set[tuple[str, str]] = field(init=False, factory=set[tuple[str, str]])

    @property
    def subscriptions(self) -> list[Subscription]:
        """What is to be heard."""
        kinds = widest({kind for _, wants in self.couriers for kind in wants.kinds})
        return [*(on(kind, self.hear, changes=ALL_CHANGES) for kind in kinds), on(FeedStatus, self.end)]

    async def hear(self, event: Event) -> None:
        """Queue an event for all that want it; committed with this handler run."""
        part = self._number(event)
        for courier, wants in self._interested(type(event)):
            change = wants.change(event)
            if change is not None and wants.condition is not None:
                change = self._under_condition(courier.name, event, change, wants)
            if change is not None:
                self._queue(courier, event, change, part)

    async def end(self, status: FeedStatus) -> None:
        """Take note that a game is over."""
        if status.state is FeedState.FINISHED:
            self.finished.add(status.fixture)

    def _number(self, event: Event) -> int:
        """Return the event's place in its row, where there may be two."""
        row = (event.fixture, event.position)
        self._part = self._part + 1 if row == self._row else 0
        self._row = row
        return self._part

    def _interested(self, kind: type[Event]) -> tuple[tuple[Courier, Wants], ...]:
        found = self._by_kind.get(kind)
        if found is None:
            found = tuple(each for each in self.couriers if issubclass(kind, each[1].kinds))
            self._by_kind[kind] = found
        return found

    def _under_condition(self, name: str, event: Event, change: Change, wants: Wants) -> Change | None:
        """Ask ``when`` of what is news; what was sent is corrected whatever it says."""
        key = f"{SENT}{name}:{subject_of(event)}"
        if change in (Change.WITHDRAWN, Change.DISMISSED):
            return change if self.context.store.get(key) else None
        if self.context.store.get(key):
            return change
        try:
            holds = wants.holds(event)
        except TemplateError as error:
            self._say_once(name, reason(error))
            return None
        if holds:
            self.context.store.put(key, True)
        return (change if change in NEWS else Change.ADDED) if holds else None

    def _queue(self, courier: Courier, event: Event, change: Change, part: int) -> None:
        what, subject, message = type_of(event, change), subject_of(event), message_id(event)
        older = courier.queue.older(event.fixture, subject)
        now = courier.wall()
        word = what.rpartition(".")[2]
        wanted = word in courier.endpoint.changes or word not in WORDS
        if older is not None and (wanted or change in (Change.WITHDRAWN, Change.DISMISSED)):
            courier.queue.drop(older)
            courier.clerk.forget(older)
            record(self.context, older, end(older, "replaced", f"by {message}", now))
        if not wanted:
            return
        delivery = Delivery(
            endpoint=courier.name,
            fixture=event.fixture,
            id=message,
            type=what,
            subject=subject,
            version=version_of(event),
            order=(event.position, part),
            at=event.at,
            body=body(event, change, format=courier.endpoint.format).decode(),
            queued=now,
            expires=now + courier.endpoint.age(last=_ends_match(event)),
            due=now,
        )
        record(self.context, None, delivery)
        courier.queue.put(delivery)
        courier.wake()

    def _say_once(self, name: str, what: str) -> None:
        if (name, what) not in self._failed:
            self._failed.add((name, what))
            self.context.log.error("when of a webhook failed", webhook=name, reason=what)


def _ends_match(event: Event) -> bool:
    if isinstance(event, FeedStatus):
        return event.state is FeedState.FINISHED
    return snake_name(type(event)) in LAST
