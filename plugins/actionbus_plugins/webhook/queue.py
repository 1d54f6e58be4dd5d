"""What waits for one endpoint, and what is next: in the fixture's order, or side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from heapq import heappop, heappush

from attrs import define, field

from actionbus_plugins.webhook.delivery import Delivery

Line = tuple[str, str]
"""Deliveries of which only the first can be tried: those of a fixture; where there is no order, each alone."""


@define(eq=False)
class Queue:
    """The deliveries that wait. One that is ``take``n stays in its place until it is put back or settled."""

    ordered: bool
    _waiting: dict[tuple[str, str], Delivery] = field(init=False, factory=dict[tuple[str, str], Delivery])
    _lines: dict[Line, list[tuple[tuple[int, int], str]]] = field(
        init=False, factory=dict[Line, "list[tuple[tuple[int, int], str]]"]
    )
    _ready: list[tuple[float, tuple[int, int], Line, str]] = field(
        init=False, factory=list["tuple[float, tuple[int, int], Line, str]"]
    )
    _expiring: list[tuple[float, str, str]] = field(init=False, factory=list["tuple[float, str, str]"])
    _taken: dict[Line, str] = field(init=False, factory=dict[Line, str])
    _newest: dict[tuple[str, str], str] = field(init=False, factory=dict[tuple[str, str], str])

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(list(self._waiting.values()))

    def put(self, delivery: Delivery) -> None:
        """Let a delivery wait."""
        line = self._line(delivery)
        self._waiting[delivery.fixture, delivery.id] = delivery
        self._newest[delivery.fixture, delivery.subject] = delivery.id
        heappush(self._lines.setdefault(line, []), (delivery.order, delivery.id))
        heappush(self._expiring, (delivery.expires, delivery.fixture, delivery.id))
        if self._head(line) is delivery:
            self._offer(line)

    def older(self, fixture: str, subject: str) -> Delivery | None:
        """Return the delivery about the same subject that waits and is not being tried, if there is one."""
        found = self._waiting.get((fixture, self._newest.get((fixture, subject), "")))
        return found if found is not None and self._taken.get(self._line(found)) != found.id else None

    def drop(self, delivery: Delivery) -> None:
        """Forget a delivery that is not being tried."""
        self._forget(delivery)
        self._offer(self._line(delivery))

    def take(self, now: float) -> Delivery | None:
        """Return the delivery that is to be tried now; None: there is none."""
        while self._ready and self._ready[0][0] <= now:
            *_, line, message = heappop(self._ready)
            head = self._head(line)
            if head is not None and head.id == message and line not in self._taken:
                if head.due > now:
                    self._offer(line)
                    continue
                self._taken[line] = message
                return head
        return None

    def put_back(self, delivery: Delivery) -> None:
        """Let a delivery that was taken wait on, until ``due``."""
        line = self._line(delivery)
        self._waiting[delivery.fixture, delivery.id] = delivery
        self._taken.pop(line, None)
        heappush(self._expiring, (delivery.expires, delivery.fixture, delivery.id))
        self._offer(line)

    def settle(self, delivery: Delivery) -> None:
        """Forget a delivery that was taken: the next in its line is free."""
        line = self._line(delivery)
        self._taken.pop(line, None)
        self._forget(delivery)
        self._offer(line)

    @property
    def next_due(self) -> float:
        """When something can be tried, in Unix seconds; infinity: nothing waits but what is being tried."""
        while self._ready:
            due, _, line, message = self._ready[0]
            head = self._head(line)
            if head is not None and head.id == message and head.due == due and line not in self._taken:
                return due
            heappop(self._ready)
        return math.inf

    @property
    def next_expiry(self) -> float:
        """When the next one is too old; infinity: nothing waits."""
        return self._expiring[0][0] if self._expiring else math.inf

    def overdue(self, now: float) -> list[Delivery]:
        """Forget those that are too old and are not being tried, and return them."""
        found: list[Delivery] = []
        while self._expiring and self._expiring[0][0] <= now:
            entry = heappop(self._expiring)
            delivery = self._waiting.get(entry[1:])
            if delivery is None or delivery.expires != entry[0]:
                continue
            if self._taken.get(self._line(delivery)) != delivery.id:  # else it is looked at when it is put back
                self.drop(delivery)
                found.append(delivery)
        return found

    def _line(self, delivery: Delivery) -> Line:
        return (delivery.fixture, "" if self.ordered else delivery.id)

    def _head(self, line: Line) -> Delivery | None:
        heap = self._lines.get(line)
        while heap:
            found = self._waiting.get((line[0], heap[0][1]))
            if found is not None:
                return found
            heappop(heap)
        self._lines.pop(line, None)
        return None

    def _offer(self, line: Line) -> None:
        """Note when the first of a line can be tried."""
        head = self._head(line)
        if head is not None and line not in self._taken:
            heappush(self._ready, (head.due, head.order, line, head.id))

    def _forget(self, delivery: Delivery) -> None:
        del self._waiting[delivery.fixture, delivery.id]
        about = (delivery.fixture, delivery.subject)
        if self._newest.get(about) == delivery.id:
            del self._newest[about]
