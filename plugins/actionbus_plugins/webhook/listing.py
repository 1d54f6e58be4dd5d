"""The deliveries that are kept, as lists show them, and how the endpoints stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from actionbus import KeptState, KnownDeliveries, KnownDelivery, KnownEndpoint
from actionbus_plugins.webhook.delivery import ENDED, QUEUED, Delivery, as_delivery
from actionbus_plugins.webhook.status import standing


def list_deliveries(kept: KeptState, served: Iterable[str]) -> KnownDeliveries:
    """List the deliveries of the plugin's stores; ``served`` names the endpoints that plugins.toml has."""
    found = [each for entry in kept.stores if (each := as_delivery(*entry)) is not None]
    found.sort(key=lambda each: (each.fixture, each.order))
    with_sums = (key.rpartition(":")[0] for key in kept.sums)
    names = dict.fromkeys((*served, *sorted({*with_sums, *(each.endpoint for each in found)})))

    def sum_of(key: str) -> float:
        return kept.sums.get(key, 0)

    endpoints = [
        KnownEndpoint(name=name, sums=sums_of(name, sum_of), disabled=standing(name, kept.shared.items()).disabled)
        for name in names
    ]
    return KnownDeliveries(deliveries=tuple(map(_known, found)), endpoints=tuple(endpoints))


def sums_of(name: str, sum_of: Callable[[str], float]) -> dict[str, int]:
    """Return what was ever queued for an endpoint, what became of it, and what waits."""
    said = {what: int(sum_of(f"{name}:{what}")) for what in (QUEUED, *ENDED)}
    return {**said, "waiting": said[QUEUED] - sum(said[each] for each in ENDED)}


def _known(delivery: Delivery) -> KnownDelivery:
    return KnownDelivery(
        id=delivery.id,
        endpoint=delivery.endpoint,
        fixture=delivery.fixture,
        type=delivery.type,
        subject=delivery.subject,
        version=delivery.version,
        state=delivery.state,
        tries=delivery.tries,
        status=delivery.status,
        said=delivery.said,
        at=delivery.at,
        queued=delivery.queued,
        due=delivery.due,
        expires=delivery.expires,
        ended=delivery.ended,
        body=delivery.body,
    )
