"""The endpoints at work: opened as plugins.toml says, taken up where they were left, and asked by commands."""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import attrs
import trio
from attrs import define

from actionbus import PluginContext, PluginError
from actionbus_plugins.webhook.clerk import Clerk, record
from actionbus_plugins.webhook.courier import Courier
from actionbus_plugins.webhook.delivery import (
    DONE,
    WAITING,
    Delivery,
    again,
    as_delivery,
    as_json,
    end,
    named,
)
from actionbus_plugins.webhook.forwarder import Forwarder
from actionbus_plugins.webhook.listing import sums_of
from actionbus_plugins.webhook.opening import open_endpoint
from actionbus_plugins.webhook.queue import Queue
from actionbus_plugins.webhook.settings import Endpoint, Endpoints
from actionbus_plugins.webhook.status import Status
from actionbus_plugins.webhook.wants import make_wants

FEW = 3  # of several deliveries that might be meant, so many are named
LAST = 4.0  # seconds for what can be sent when the daemon ends


@define(eq=False, repr=False)
class Outbox:
    """All endpoints, the disabled ones and those that are not served included."""

    context: PluginContext
    couriers: Mapping[str, Courier]
    clerk: Clerk

    async def retry(self, arguments: Mapping[str, Any]) -> object:
        """Send again what has ended: one delivery by the beginning of its ``id``, or the dead and expired ones.

        Of these all that have ended ``since`` a time. ``unserved`` are those whose endpoint gets nothing any more.
        """
        asked, since, endpoint = arguments.get("id"), arguments.get("since"), arguments.get("endpoint")
        if endpoint is not None:
            self._served(str(endpoint))
        kept = [each for each in await self._kept(DONE) if endpoint in (None, each.endpoint)]
        if asked is not None:
            found = [await self._meant(str(asked), kept)]
        else:
            lost = (each for each in kept if each.state in ("dead", "expired"))
            found = [each for each in lost if since is None or each.ended >= since]
        sent = [each for each in found if await self._again(each)]
        return {
            "retried": [named(each) for each in sent],
            "unserved": [named(each) for each in found if each.endpoint not in self.couriers],
            "disabled": {
                name: courier.status.disabled
                for name, courier in self.couriers.items()
                if courier.status.disabled and any(each.endpoint == name for each in sent)
            },
        }

    async def _meant(self, asked: str, ended: list[Delivery]) -> Delivery:
        """Return the delivery whose id is ``asked``, or begins so. Raises PluginError where that is not one."""
        found = [each for each in ended if each.id == asked] or [each for each in ended if each.id.startswith(asked)]
        if len(found) == 1:
            return found[0]
        if found:
            some = ", ".join(f"{each.id} ({each.endpoint})" for each in found[:FEW])
            more = f" and {len(found) - FEW} more" if len(found) > FEW else ""
            hint = "write more of it" if len({each.id for each in found}) > 1 else "say which endpoint's"
            raise PluginError(self.context.name, f"several deliveries begin with {asked!r}: {some}{more}; {hint}")
        waits = any(each.id.startswith(asked) for each in await self._kept(WAITING))
        what = "waits and is sent anyway" if waits else "has ended: `actionbus deliveries` lists them"
        raise PluginError(self.context.name, f"{'the' if waits else 'no'} delivery {asked!r} {what}")

    async def enable(self, arguments: Mapping[str, Any]) -> object:
        """Serve an endpoint again that was disabled."""
        name = str(arguments["endpoint"])
        courier = self._served(name)
        was = courier.status.disabled
        courier.status.enable("")
        courier.wake()
        return {"endpoint": name, "was": was, "waiting": len(courier.queue)}

    def _served(self, name: str) -> Courier:
        """Return the courier of an endpoint. Raises PluginError where there is none."""
        courier = self.couriers.get(name)
        if courier is None:
            there = f"there is {', '.join(self.couriers)}" if self.couriers else "none is served"
            raise PluginError(self.context.name, f"there is no webhook {name!r} that is enabled: {there}")
        return courier

    async def tell(self, _: Mapping[str, Any]) -> object:
        """Tell all deliveries that are kept, the sums, and how the endpoints stand."""
        kept = [*await self._kept(WAITING), *await self._kept(DONE)]
        return {
            "deliveries": [{**as_json(each), **named(each)} for each in kept],
            "sums": {
                name: sums_of(name, self.context.shared.sum)
                for name in {*self.couriers, *(each.endpoint for each in kept)}
            },
            "endpoints": {name: {"disabled": each.status.disabled} for name, each in self.couriers.items()},
        }

    async def take_up(self) -> None:
        """Go on with what waited when the plugin ended; what goes nowhere any more is dead."""
        unserved: Counter[str] = Counter()
        for delivery in await self._kept(WAITING):
            courier = self.couriers.get(delivery.endpoint)
            if courier is not None:
                courier.queue.put(delivery)
                courier.wake()
            else:
                unserved[delivery.endpoint] += 1
                self.clerk.note(delivery, end(delivery, "dead", "its webhook is not served any more", time.time()))
        for name, number in unserved.items():
            what = "webhook is gone or switched off, and what waited for it is given up: actionbus deliveries dead"
            self.context.log.warning(what, webhook=name, number=number)

    async def _again(self, kept: Delivery) -> bool:
        courier = self.couriers.get(kept.endpoint)
        if courier is None:
            return False
        now = courier.wall()
        delivery = again(kept, now, max(kept.expires - kept.queued, 1.0))
        async with self.context.transaction(kept.fixture):
            if as_delivery(kept.fixture, kept.key, self.context.store.get(kept.key)) != kept:
                return False  # asked twice
            record(self.context, kept, delivery)
        courier.queue.put(delivery)
        courier.wake()
        return True

    async def _kept(self, prefix: str) -> list[Delivery]:
        found = [as_delivery(*each) for each in await self.context.kept(prefix)]
        return sorted((each for each in found if each is not None), key=lambda each: (each.fixture, each.order))


@asynccontextmanager
async def open_outbox(
    context: PluginContext,
    endpoints: Endpoints,
    lists: Mapping[str, tuple[str, ...]],
    *,
    wall: Callable[[], float] = time.time,
    rng: random.Random | None = None,
) -> AsyncGenerator[Forwarder]:
    """Open the endpoints. Raises ConfigError where a secret cannot be read."""
    async with AsyncExitStack() as stack, trio.open_nursery() as nursery:
        clerk = Clerk(context, nursery)
        forwarder = Forwarder(context, ())
        couriers: dict[str, Courier] = {}
        async with trio.open_nursery() as flights:
            for name, endpoint in endpoints.items():
                if endpoint.enabled:
                    post, head = await stack.enter_async_context(open_endpoint(name, endpoint, context))
                    status = Status(name, digest(endpoint), context, nursery, wall, forwarder.finished)
                    queue = Queue(ordered=endpoint.order == "fixture")
                    couriers[name] = Courier(
                        name, endpoint, queue, clerk, post, head, status, wall, rng or random.Random()
                    )
            outbox = Outbox(context, couriers, clerk)
            forwarder.couriers = [(each, make_wants(each.endpoint, lists)) for each in couriers.values()]
            await outbox.take_up()
            for courier in couriers.values():
                courier.status.begin()
                flights.start_soon(courier.run)
            context.answer("deliveries", outbox.tell)
            context.answer("retry", outbox.retry)
            context.answer("enable", outbox.enable)
            yield forwarder
            flights.cancel_scope.deadline = trio.current_time() + LAST
            for courier in couriers.values():
                courier.leave(at_once=context.restarting)
        await clerk.done()


def digest(endpoint: Endpoint) -> str:
    """Return what tells an endpoint's settings from others, and none of them."""
    return hashlib.sha256(repr(attrs.asdict(endpoint)).encode()).hexdigest()[:16]
