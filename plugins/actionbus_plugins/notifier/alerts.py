"""The rules at work in the daemon: an engine for each fixture, over the plugin's store and timers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from attrs import define, field

from actionbus import Action, Due, Event, FeedState, FeedStatus, Moment, PluginContext
from actionbus_plugins.notifier.engine import Engine, Plan
from actionbus_plugins.notifier.notice import Notice
from actionbus_plugins.notifier.takeover import take_back, take_over


class Outbox(Protocol):
    """Takes what is to be told, in the handler run that decides it."""

    def put(self, notice: Notice, channels: Sequence[str]) -> None:
        """Tell the channels, at once or later."""
        ...


@define(eq=False)
class StoreDesk:
    """The desk of the engine whose fixture is being handled: what it keeps goes into the plugin's store."""

    context: PluginContext
    outbox: Outbox
    mutes: Callable[[str, Collection[str]], bool] = lambda rule, who: False
    """Whether a rule, or one of the players and teams with these ids and names, is muted now."""
    _failed: set[tuple[str, str]] = field(factory=set[tuple[str, str]])

    def held(self, prefix: str) -> list[tuple[str, object]]:
        """Return what the store has under keys that begin with ``prefix``."""
        return self.context.store.range(prefix)

    def keep(self, key: str, value: Callable[[], object]) -> None:
        """Put a value into the store."""
        self.context.store.put(key, value())

    def drop(self, key: str) -> None:
        """Delete a key from the store."""
        self.context.store.delete(key)

    def wake(self, due: float, key: str) -> None:
        """Set a timer."""
        self.context.at(due, key)

    def let_sleep(self, key: str) -> None:
        """Drop a timer."""
        self.context.cancel(key)

    def say(self, notice: Notice, channels: Sequence[str]) -> None:
        """Put a notice into the outbox."""
        self.outbox.put(notice, channels)

    def is_muted(self, rule: str, who: Collection[str], key: str) -> bool:
        """Ask what is muted."""
        return self.mutes(rule, who)

    def failed(self, rule: str, what: str) -> None:
        """Log a failure, once for each rule and reason."""
        if (rule, what) not in self._failed:
            self._failed.add((rule, what))
            self.context.log.error("alert failed", alert=rule, reason=what)


@define(eq=False)
class Alerts:
    """Gives each event to the engine of its fixture, which is made when it is first needed, of what is kept."""

    plans: Sequence[Plan]
    context: PluginContext
    outbox: Outbox
    mutes: Callable[[str, Collection[str]], bool] = lambda rule, who: False
    _engines: dict[str, Engine] = field(init=False, factory=dict[str, Engine])
    _finished: set[str] = field(init=False, factory=set[str])

    async def hear(self, event: Event) -> None:
        """Handle one event."""
        engine = await self._engine(event.fixture, event.at)
        self._work(event.fixture, lambda: engine.hear(event))

    async def due(self, due: Due) -> None:
        """Handle a timer that has run out."""
        engine = await self._engine(due.fixture, due.at)
        self._work(due.fixture, lambda: engine.due(due.key, due.at))

    async def begin(self) -> None:
        """Bring the games that go on in line with the rules of today at once: what they hold back may be due soon."""
        for fixture in self.context.fixtures:
            async with self.context.transaction(fixture):
                now = self.context.clock(fixture)
                if now is not None and not self.context.restarting:
                    await self._engine(fixture, now)

    async def take_back(self, event: Action | Moment) -> None:
        """Handle what is withdrawn, for the alerts that no rule tells any more."""
        await self._engine(event.fixture, event.at)
        self._work(event.fixture, lambda: take_back(event, self.context, self.outbox.put))

    async def end(self, status: FeedStatus) -> None:
        """Let go of the engine of a fixture that is over; timers that still run out have it made again."""
        if status.state is FeedState.FINISHED:
            self._finished.add(status.fixture)
            self._engines.pop(status.fixture, None)

    async def _engine(self, fixture: str, at: float) -> Engine:
        """Return the engine of a fixture, made where there is none, of what is kept and of the rules of today."""
        engine = self._engines.get(fixture)
        if engine is None:
            await take_over(self.plans, self.context, fixture, at)
            desk = StoreDesk(self.context, self.outbox, self.mutes)
            engine = self._engines[fixture] = Engine(self.plans, fixture, desk)
        return engine

    def _work(self, fixture: str, step: Callable[[], None]) -> None:
        try:
            step()
        except BaseException:
            self._engines.pop(
                fixture, None
            )  # what this run wrote is dropped: made again, the engine is as the store is
            raise
        if fixture in self._finished:
            self._engines.pop(fixture, None)
