"""The outbox: what the rules say goes into the plugin's store, and from there to the channels, each on its own."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from zoneinfo import ZoneInfo

import trio
from attrs import define

from actionbus import PluginContext
from actionbus_plugins.notifier.delivery.book import Book
from actionbus_plugins.notifier.delivery.channel import Channel, targets
from actionbus_plugins.notifier.delivery.courier import Courier
from actionbus_plugins.notifier.delivery.entry import KEPT, as_entry, as_json, key_of, split_key
from actionbus_plugins.notifier.delivery.life import Terms, arrived, hear
from actionbus_plugins.notifier.delivery.senders import open_sender
from actionbus_plugins.notifier.delivery.services import console
from actionbus_plugins.notifier.delivery.steps import next_step
from actionbus_plugins.notifier.notice import Notice

CONSOLE = "console"  # the channel that is always there
LAST = 4.0  # seconds for what is due when the plugin ends


@define(eq=False, repr=False)
class Outbox:
    """What handlers put notices into. Made by ``open_outbox``."""

    _context: PluginContext
    _channels: Mapping[str, Channel]
    books: Mapping[str, Book]
    """What waits, by channel; empty in a replay, where nothing does."""
    _wall: Callable[[], float]
    _targets: Mapping[str, Sequence[str]]
    """What a channel consists of, where it is more than one."""

    def put(self, notice: Notice, channels: Sequence[str]) -> None:
        """Tell channels how an alert stands from now on. To be called in a handler: it is committed with its run."""
        for target in (target for channel in channels for target in self._targets.get(channel, (channel,))):
            book = self.books.get(target)
            if book is None or (_is_immediate(book.channel) and not _waits(notice, book)):
                self._print(notice, target)
            else:
                book.hear(notice)

    def _print(self, notice: Notice, channel: str) -> None:
        key = key_of(channel, notice.id)
        kept = as_entry(self._context.store.get(key))
        entry = hear(kept, notice, self._wall(), Terms(ability=console.ABILITY))
        if entry is None or entry is kept:
            return
        step = next_step(entry, console.ABILITY) if entry.due is not None else None
        if step is not None:
            console.show(step, notice.rule, "" if self._channels[channel].use == "console" else channel)
            self._context.shared.add(f"{channel}:{step.counted}")
            entry = arrived(entry, step, console.ABILITY)
        self._context.store.put(key, as_json(entry))


@asynccontextmanager
async def open_outbox(
    context: PluginContext,
    channels: Mapping[str, Channel],
    *,
    timezone: str = "UTC",
    wall: Callable[[], float] = time.time,
    rng: random.Random | None = None,
) -> AsyncGenerator[Outbox]:
    """Open the channels of ``[notify.NAME]``, and the console, which is always there; to be entered by the plugin.

    ``timezone`` is that of quiet hours. In a replay all channels are shown on the console, and nothing waits. Raises
    ConfigError where a secret cannot be read.
    """
    async with AsyncExitStack() as stack:
        couriers: list[Courier] = []
        channels = {CONSOLE: Channel(use="console")} | dict(channels)
        split = {name: targets(name, channel) for name, channel in channels.items() if not context.replaying}
        zone = ZoneInfo(timezone)
        for name, channel in (each for parts in split.values() for each in parts.items()):
            sender = await stack.enter_async_context(open_sender(name, channel, context, zone))
            terms = Terms(ability=sender.ability, delay=channel.delay, deadline=channel.deadline)
            book = Book(name, channel, terms, context, zone, wall, rng or random.Random())
            couriers.append(Courier(book, sender))
        await _take_up(context, couriers)
        async with trio.open_nursery() as nursery:
            for courier in couriers:
                nursery.start_soon(courier.run)
            books = {courier.book.name: courier.book for courier in couriers}
            yield Outbox(context, channels, books, wall, {name: tuple(parts) for name, parts in split.items()})
            nursery.cancel_scope.deadline = trio.current_time() + LAST
            for courier in couriers:
                if context.restarting:
                    courier.leave()
                else:
                    courier.finish()
        if not context.restarting:
            _tell(context, couriers)


def _is_immediate(channel: Channel) -> bool:
    """Whether it is told within the handler, so that lines come in the order of the game."""
    return channel.use == "console" and not channel.delay and channel.quiet is None and channel.pace is None


def _waits(notice: Notice, book: Book) -> bool:
    """Whether an alert has to be held back on the wall clock, or is."""
    entry = book.read(notice.id)
    return notice.hold > 0 or (entry is not None and entry.due is not None)


async def _take_up(context: PluginContext, couriers: Sequence[Courier]) -> None:
    """Find what an earlier run has left to do, in all fixtures."""
    books = {courier.book.name: courier.book for courier in couriers}
    left: dict[str, int] = {}
    sent: dict[str, set[tuple[float, str]]] = {channel: set() for channel in books}
    for fixture, key, value in await context.kept(KEPT) if not context.replaying else ():
        channel, alert = split_key(key)
        entry = as_entry(value)
        if entry is None:
            continue
        if channel in sent and entry.sent:
            sent[channel].add((entry.sent, entry.message))
        if entry.due is None:
            continue
        if channel in books:
            books[channel].agenda.correct((fixture, alert), entry)
        else:
            left[channel] = left.get(channel, 0) + 1
    for courier in couriers:
        courier.recall(when for when, _ in sent[courier.book.name])
    for channel, number in left.items():
        what = {"channel": channel, "alerts": number}
        context.log.warning("alerts wait for a channel that plugins.toml no longer has", **what)


def _tell(context: PluginContext, couriers: Sequence[Courier]) -> None:
    """Say what has become of the alerts of this run, and how many wait in the log for the next."""
    for courier in couriers:
        courier.tell_expired()
        counts, waiting = dict(courier.book.counts), len(courier.book.agenda)
        if counts or waiting:
            say = context.log.warning if waiting else context.log.info
            say("channel closed", channel=courier.book.name, **counts, waiting=waiting)
