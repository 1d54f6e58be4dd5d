"""Alerts published as events, if anybody listens: at once, or when their time has come on the wall clock."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

import trio
from attrs import asdict, define, evolve, field, frozen

from actionbus import PluginContext, PluginError
from actionbus_plugins.notifier.alerts import Outbox
from actionbus_plugins.notifier.delivery.entry import read_as
from actionbus_plugins.notifier.notice import Kind, Notice
from actionbus_plugins.notifier.published import Alert, as_event

HELD = "herald:"  # what the keys of alerts begin with that are held back by the wall clock
LOOK_AGAIN = 60.0  # seconds after which the wall clock is looked at again: it may have been set

Place = tuple[str, str]
"""A fixture and an alert."""


@frozen(kw_only=True)
class Held:
    """An alert that is yet to be published. It is kept as JSON."""

    notice: Notice
    due: float
    """Unix seconds, by the wall clock."""


@define(eq=False, repr=False)
class Herald:
    """Takes what is to be told to the channels' outbox, and publishes it. ``wall`` tells Unix seconds."""

    context: PluginContext
    outbox: Outbox
    wall: Callable[[], float]
    _due: dict[Place, float] = field(init=False, factory=dict[Place, float])
    """Hints, of which the store knows whether they are still so."""
    _woken: trio.Event = field(init=False, factory=trio.Event)
    _failed: set[str] = field(init=False, factory=set[str])

    def put(self, notice: Notice, channels: Sequence[str]) -> None:
        """Tell channels and whoever listens how an alert stands from now on; in a handler, committed with its run."""
        self.outbox.put(notice, channels)
        if self.context.is_heard(Alert):
            self._hear(notice)

    def _hear(self, notice: Notice) -> None:
        key = f"{HELD}{notice.id}"
        held = read_as(Held, self.context.store.get(key))
        if held is not None:
            if notice.kind in (Kind.LAPSED, Kind.WITHDRAWN):
                self.context.store.delete(key)
            else:  # still for the first time
                self._hold(key, Held(notice=evolve(notice, kind=Kind.SENT, before=""), due=held.due))
        elif notice.hold and not self.context.replaying:
            self._hold(key, Held(notice=notice, due=self.wall() + notice.hold))
        else:
            self._publish(notice)

    def _hold(self, key: str, held: Held) -> None:
        self.context.store.put(key, asdict(held))
        self._due[held.notice.fixture, held.notice.id] = held.due
        self._woken.set()

    def _publish(self, notice: Notice) -> None:
        alert = as_event(notice)
        if alert is None:
            return
        try:
            self.context.publish(alert)
        except PluginError as error:  # of a chain of moments and alerts without end: people are told all the same
            if notice.rule not in self._failed:
                self._failed.add(notice.rule)
                self.context.log.error("alert cannot be published", alert=notice.rule, reason=str(error))

    async def take_up(self) -> None:
        """Find what an earlier run has held back, in all fixtures."""
        for fixture, _, value in await self.context.kept(HELD):
            if (held := read_as(Held, value)) is not None:
                self._due[fixture, held.notice.id] = held.due

    async def run(self) -> None:
        """Publish what is held back when its time has come, until cancelled."""
        while True:
            self._woken = trio.Event()
            place = min(self._due, key=self._due.__getitem__, default=None)
            seconds = self._due[place] - self.wall() if place is not None else math.inf
            if place is not None and seconds <= 0:
                await self._publish_held(*place)
            else:
                with trio.move_on_after(min(seconds, LOOK_AGAIN)):
                    await self._woken.wait()

    async def _publish_held(self, fixture: str, alert: str) -> None:
        del self._due[fixture, alert]
        key = f"{HELD}{alert}"
        try:
            async with self.context.transaction(fixture):
                held = read_as(Held, self.context.store.get(key))
                if held is not None:
                    self.context.store.delete(key)
                    self._publish(held.notice)
        except PluginError as error:  # the game was deleted from the log meanwhile
            self.context.log.warning("an alert that was held back cannot be published", alert=alert, reason=str(error))


@asynccontextmanager
async def open_herald(
    context: PluginContext, outbox: Outbox, wall: Callable[[], float] = time.time
) -> AsyncGenerator[Herald]:
    """Publish alerts besides telling the channels; to be entered by the plugin. In a replay nothing waits."""
    herald = Herald(context, outbox, wall)
    if context.replaying:
        yield herald
        return
    await herald.take_up()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(herald.run)
        yield herald
        nursery.cancel_scope.cancel()
