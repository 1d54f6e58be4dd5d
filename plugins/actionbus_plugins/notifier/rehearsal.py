"""The rules over a recorded game, in memory: what ``actionbus backtest`` and ``actionbus test`` show."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Sequence

from attrs import define, evolve, field

from actionbus import Event, PluginContext, Sent
from actionbus_plugins.notifier.engine import Engine, Plan, kinds_of
from actionbus_plugins.notifier.notice import Kind, Notice


@define(eq=False)
class MemoryDesk:
    """A desk that keeps nothing beyond the engine's own memory, and timers that its owner lets run out."""

    context: PluginContext
    sent: dict[str, Sent] = field(init=False, factory=dict[str, Sent])
    """What was told, by the alert's id, in the order of first telling."""
    now: float = field(init=False, default=0.0)
    """When the timer was due that runs out just now, on the fixture clock (Unix seconds)."""
    timers: dict[str, float] = field(init=False, factory=dict[str, float])
    due: list[tuple[float, str]] = field(init=False, factory=list[tuple[float, str]])
    """A heap of the timers, and of those that were dropped since."""

    def held(self, prefix: str) -> list[tuple[str, object]]:
        """Return nothing: the game begins."""
        return []

    def keep(self, key: str, value: Callable[[], object]) -> None:
        """Keep nothing."""

    def drop(self, key: str) -> None:
        """Keep nothing."""

    def wake(self, due: float, key: str) -> None:
        """Set a timer."""
        self.timers[key] = due
        heapq.heappush(self.due, (due, key))

    def let_sleep(self, key: str) -> None:
        """Drop a timer."""
        self.timers.pop(key, None)

    def say(self, notice: Notice, channels: Sequence[str]) -> None:
        """Note what people would have been told."""
        known = self.sent.get(notice.id)
        if known is None:
            self.sent[notice.id] = Sent(
                rule=notice.rule,
                id=notice.id,
                fixture=notice.fixture,
                period=notice.period,
                clock=notice.clock,
                action_ids=notice.action_ids,
                message=notice.text,
                first=notice.text,
                state="sent",
                corrections=0,
                updates=0,
                at=notice.at,
            )
        elif notice.kind is not Kind.LAPSED:
            self.sent[notice.id] = evolve(
                known,
                message=notice.text,
                action_ids=notice.action_ids,
                state="withdrawn" if notice.kind is Kind.WITHDRAWN else "sent",
                corrections=known.corrections + (notice.kind in (Kind.CORRECTED, Kind.RESTORED)),
                updates=known.updates + (notice.kind is Kind.UPDATED and notice.text != known.message),
            )

    def is_muted(self, rule: str, who: Collection[str], key: str) -> bool:
        """Return False: recorded games are for everybody."""
        return False

    def failed(self, rule: str, what: str) -> None:
        """Log a failure."""
        self.context.log.error("alert failed", alert=rule, reason=what)


class Rehearsal:
    """All rules on one recorded game. Timers run out as in the daemon: before the first later event."""

    def __init__(self, plans: Sequence[Plan], fixture: str, desk: MemoryDesk) -> None:
        self.kinds = kinds_of(plans)
        self.engine = Engine(plans, fixture, desk)
        self._desk = desk

    def hear(self, event: Event) -> None:
        """Take in one event."""
        if self._desk.due and self._desk.due[0][0] < event.at:
            self.run_out(event.at)
        self.engine.hear(event)

    def finish(self) -> Sequence[Sent]:
        """Let the timers that remain run out, and return what was told."""
        self.run_out(float("inf"))
        return list(self._desk.sent.values())

    def run_out(self, until: float) -> None:
        """Let the timers run out that are due before a time of the fixture clock."""
        desk = self._desk
        while desk.due and desk.due[0][0] < until:
            due, key = heapq.heappop(desk.due)
            if desk.timers.get(key) == due:
                del desk.timers[key]
                desk.now = due
                self.engine.due(key, due)
