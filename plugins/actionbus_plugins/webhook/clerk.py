"""What became of deliveries, written down: into the plugin's store, many at once and all or nothing."""

from __future__ import annotations

import trio
from attrs import define, field

from actionbus import PluginContext, PluginError
from actionbus_plugins.webhook.delivery import QUEUED, Delivery, as_json, key_of

DISK = 5.0  # seconds for a disk to take what has become of deliveries; one that refuses must not stop the rest


@define(eq=False, repr=False)
class Clerk:
    """Writes down how deliveries stand, those of a fixture together; meanwhile the next are sent.

    What was not written when the daemon is killed is tried again under the same id.
    """

    context: PluginContext
    nursery: trio.Nursery
    _news: dict[str, dict[str, tuple[Delivery, Delivery]]] = field(
        init=False, factory=dict[str, "dict[str, tuple[Delivery, Delivery]]"]
    )
    _busy: set[str] = field(init=False, factory=set[str])
    _idle: trio.lowlevel.ParkingLot = field(init=False, factory=trio.lowlevel.ParkingLot)

    def note(self, before: Delivery, after: Delivery) -> None:
        """Write down how a delivery stands now, soon."""
        news = self._news.setdefault(after.fixture, {})
        key = f"{after.endpoint}:{after.id}"
        news[key] = (news[key][0] if key in news else before, after)
        if after.fixture not in self._busy:
            self._busy.add(after.fixture)
            self.nursery.start_soon(self._write, after.fixture)

    def forget(self, delivery: Delivery) -> None:
        """Write nothing of a delivery that is yet to be written: a handler says how it stands."""
        self._news.get(delivery.fixture, {}).pop(f"{delivery.endpoint}:{delivery.id}", None)

    async def done(self) -> None:
        """Wait until all is written."""
        while self._busy:
            await self._idle.park()

    async def _write(self, fixture: str) -> None:
        while fixture in self._news:
            try:
                with trio.CancelScope() as limit:
                    async with self.context.transaction(fixture):
                        for before, after in self._news.pop(fixture, {}).values():
                            record(self.context, before, after)
                        limit.deadline = trio.current_time() + DISK  # it is written all the same, when the disk wants
            except PluginError as error:  # the game was deleted from the log meanwhile
                self._news.pop(fixture, None)
                self.context.log.warning("deliveries cannot be written down", fixture=fixture, reason=str(error))
        self._busy.discard(fixture)
        self._idle.unpark_all()


def record(context: PluginContext, before: Delivery | None, after: Delivery) -> None:
    """Write down how a delivery stands, and what changes in the sums. In a handler run or a transaction."""
    if before is not None and key_of(before) != key_of(after):
        context.store.delete(key_of(before))
    context.store.put(key_of(after), as_json(after))
    changed: dict[str, int] = {}
    if before is None:
        changed[QUEUED] = 1
    elif before.state != "waiting":
        changed[before.state] = -1
    if after.state != "waiting" and (before is None or before.state != after.state):
        changed[after.state] = 1
    for what, by in changed.items():
        context.shared.add(f"{after.endpoint}:{what}", by)
