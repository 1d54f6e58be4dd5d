"""The outbox: what the rules say goes into the plugin's store, and from there to the channels, each on its own."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from attrs import define

from actionbus import PluginContext
from actionbus_plugins.notifier.delivery import console
from actionbus_plugins.notifier.delivery.channel import Channel
from actionbus_plugins.notifier.delivery.entry import Entry, as_entry, as_json, key_of
from actionbus_plugins.notifier.delivery.life import Terms, arrived, hear, next_step
from actionbus_plugins.notifier.notice import Notice

CONSOLE = "console"  # the channel that is always there


@define(eq=False, repr=False)
class Outbox:
    """What handlers put notices into. Made by ``open_outbox``."""

    _context: PluginContext
    _channels: Mapping[str, Channel]
    _wall: Callable[[], float]

    def put(self, notice: Notice, channels: Sequence[str]) -> None:
        """Tell channels how an alert stands from now on. To be called in a handler: it is committed with its run."""
        for channel in channels:
            self._print(notice, channel)

    def _print(self, notice: Notice, channel: str) -> None:
        key = key_of(channel, notice.id)
        kept = as_entry(self._context.store.get(key))
        entry = hear(kept, notice, self._wall(), Terms(ability=console.ABILITY))
        if entry is None or entry is kept:
            return
        step = next_step(entry, console.ABILITY) if entry.due is not None else None
        if step is not None:
            console.show(step, notice.rule, "" if self._channels[channel].use == "console" else channel)
            entry = arrived(entry, step, console.ABILITY)
        self._keep(key, entry)

    def _keep(self, key: str, entry: Entry) -> None:
        self._context.store.put(key, as_json(entry))


@asynccontextmanager
async def open_outbox(
    context: PluginContext,
    channels: Mapping[str, Channel],
    *,
    timezone: str = "UTC",
    wall: Callable[[], float] = time.time,
) -> AsyncGenerator[Outbox]:
    """Open the channels of ``[notify.NAME]``, and the console, which is always there; to be entered by the plugin.

    ``timezone`` is that of quiet hours. In a replay all channels are shown on the console, and nothing waits.
    """
    yield Outbox(context, {CONSOLE: Channel(use="console")} | dict(channels), wall)
