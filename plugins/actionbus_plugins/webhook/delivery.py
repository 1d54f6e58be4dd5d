"""One event for one endpoint, from the moment it is queued to its end: the ledger's entry."""

from __future__ import annotations

from typing import Any, Literal, cast

from attrs import evolve, fields, frozen

State = Literal["waiting", "delivered", "dead", "expired", "replaced"]
"""Where a delivery stands. ``dead``: tried, and given up, or its endpoint has gone; ``expired``: too
old before it could be tried; ``replaced``: a newer state of the same subject was sent instead."""
ENDED: tuple[State, ...] = ("delivered", "dead", "expired", "replaced")

WAITING, DONE = "q:", "d:"  # what the keys of entries begin with, in the plugin's store of the fixture
QUEUED = "queued"  # the sum of all that were ever queued; the others have the names of states


@frozen(kw_only=True, slots=False)
class Delivery:
    """One event for one endpoint. Times are of the wall clock in Unix seconds, but for ``at``: the fixture's."""

    endpoint: str
    fixture: str
    id: str
    """``webhook-id``: the event's id, fit for a header; the same at every attempt."""
    type: str
    subject: str
    """What a receiver upserts by."""
    version: int
    order: tuple[int, int]
    """Its place among the deliveries of the fixture: the row, and the event in it."""
    at: float
    body: str
    queued: float
    expires: float
    due: float
    """When it is to be tried next; once it has ended, when it was tried last."""
    state: State = "waiting"
    tries: int = 0
    status: int = 0
    """Of the last answer; 0: there was none."""
    said: str = ""
    """Why the last attempt failed, or it ended."""
    ended: float = 0.0

    @property
    def key(self) -> str:
        """Its key in the store of the fixture."""
        return key_of(self)


def key_of(delivery: Delivery) -> str:
    """Return a delivery's key in the store of its fixture."""
    return f"{WAITING if delivery.state == 'waiting' else DONE}{delivery.endpoint}:{delivery.id}"


def end(delivery: Delivery, state: State, said: str, now: float) -> Delivery:
    """Return a delivery as it has ended."""
    return evolve(delivery, state=state, said=said, ended=now)


def again(delivery: Delivery, now: float, age: float) -> Delivery:
    """Return a delivery that is to be tried once more from the beginning."""
    return evolve(delivery, state="waiting", due=now, expires=now + age, tries=0, ended=0.0)


def as_json(delivery: Delivery) -> dict[str, object]:
    """Return what a delivery is kept as."""
    return {name: value for name, value in delivery.__dict__.items() if name not in ("endpoint", "fixture", "id")}


def named(delivery: Delivery) -> dict[str, object]:
    """Return by what a delivery is known."""
    return {"endpoint": delivery.endpoint, "id": delivery.id, "fixture": delivery.fixture}


_KEPT = {each.name for each in fields(Delivery)}


def as_delivery(fixture: str, key: str, value: object) -> Delivery | None:
    """Return a delivery as it was kept under a key; None for what is none."""
    endpoint, _, message = key[len(DONE) :].partition(":")
    if not key.startswith((WAITING, DONE)) or not isinstance(value, dict):
        return None
    kept = {name: each for name, each in cast("dict[str, Any]", value).items() if name in _KEPT}
    try:
        kept["order"] = tuple(kept["order"])
        return Delivery(endpoint=endpoint, fixture=fixture, id=message, **kept)
    except (KeyError, TypeError):
        return None
