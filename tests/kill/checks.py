"""Compares what was heard with what should have been; knows nothing of where either comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from attrs import Factory, define, fields, frozen
from tests.kill.truth import COUNTED, Expected

Cursors = Mapping[str, int]  # of one plugin, by fixture
MOST_OF_A_KIND = 5  # sentences that are kept about what is wrong in one and the same way


@frozen(kw_only=True)
class Delivery:
    """One line of the sink: an event as a handler gave it out, and in which life of the daemon."""

    life: int
    stream: str
    fixture: str
    id: str
    change: str
    kind: str
    position: int


@define(kw_only=True)
class Tally:
    """What came of the deliveries of one stream; all but the first four should be 0."""

    events: int = 0
    """That had to be heard."""
    raw: int = 0
    """Deliveries."""
    repeats: int = 0
    """Deliveries under an id that had been heard."""
    in_flight: int = 0
    """Over all kills: deliveries whose row was beyond the lane's committed cursor."""
    lost: int = 0
    """Never heard."""
    alien: int = 0
    """Of an action, moment or fixture that there is not; repeats by id left out."""
    doubled: int = 0
    """Announced once more under another id than it has; repeats by id left out."""
    altered: int = 0
    """Heard with another change or class than it has, in some of its deliveries."""
    order_wrong: int = 0
    """First heard after one that comes later in the fixture."""
    unexcused: int = 0
    """Repeats of what had not been in flight when the daemon was killed."""
    after_the_end: int = 0
    """Of fixtures that were finished before this life began."""
    evidence: list[str] = Factory(list[str])

    def add(self, other: Tally) -> None:
        """Take in the tally of another round."""
        for each in fields(Tally):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def count(self, name: str, what: str, delivery: Delivery | None = None) -> None:
        """Count something wrong, and keep a sentence about it."""
        number: int = getattr(self, name) + 1
        setattr(self, name, number)
        if number > MOST_OF_A_KIND:
            return
        where = f", life {delivery.life}, {delivery.stream} at {delivery.position}" if delivery else ""
        self.evidence.append(f"{name}: {what}{where}")

    @property
    def wrong(self) -> int:
        """How much is wrong in all."""
        return (
            self.lost + self.alien + self.doubled + self.altered + self.order_wrong + self.unexcused
            + self.after_the_end + max(0, self.repeats - self.in_flight)
        )  # fmt: skip


def check_stream(
    expected: Mapping[str, Sequence[Expected]],
    deliveries: Sequence[Delivery],
    kills: Mapping[int, Cursors],
    finished: Mapping[str, int] | None = None,
) -> Tally:
    """Compare one stream's deliveries, in the order of hearing, with what each fixture should have given.

    ``kills`` has, for each life that was killed, the cursors that were committed then; a fixture without one has
    none. ``finished`` has the life from which on nothing of a fixture may be heard.
    """
    tally = Tally(events=sum(map(len, expected.values())), raw=len(deliveries))
    by_fixture: dict[str, list[Delivery]] = {fixture: [] for fixture in expected}
    for delivery in deliveries:
        if delivery.life >= (finished or {}).get(delivery.fixture, delivery.life + 1):
            tally.count("after_the_end", f"{delivery.id} of finished {delivery.fixture}", delivery)
        if delivery.fixture in by_fixture:
            by_fixture[delivery.fixture].append(delivery)
        else:
            tally.count("alien", f"fixture {delivery.fixture}", delivery)
    for fixture, heard in by_fixture.items():
        _check_fixture(expected[fixture], heard, tally)
        _check_repeats(heard, kills, tally)
    return tally


def _check_fixture(expected: Sequence[Expected], heard: Sequence[Delivery], tally: Tally) -> None:
    places = {event.id: place for place, event in enumerate(expected)}
    subjects = Counter(_subject(event.id) for event in expected)
    first = {delivery.id: delivery for delivery in reversed(heard)}
    latest = -1
    for delivery in dict.fromkeys(first[delivery.id] for delivery in heard):
        place = places.get(delivery.id)
        if place is None:
            name = "doubled" if _subject(delivery.id) in subjects else "alien"
            tally.count(name, delivery.id, delivery)
            continue
        if place < latest:
            tally.count("order_wrong", f"{delivery.id} after {expected[latest].id}", delivery)
        latest = max(latest, place)
    for delivery in heard:
        event = expected[places[delivery.id]] if delivery.id in places else None
        if event is not None and not (event.change == delivery.change and event.kind in ("", delivery.kind)):
            tally.count("altered", f"{delivery.id} {delivery.change} {delivery.kind} instead of {event}", delivery)
    for event in expected:
        if event.id not in first:
            tally.count("lost", f"{event.id} {event.change}")


def _check_repeats(heard: Sequence[Delivery], kills: Mapping[int, Cursors], tally: Tally) -> None:
    """Each delivery but the first must have been in flight in the life before, the last that had it."""
    before: dict[str, Delivery] = {}
    for delivery in heard:
        last = before.get(delivery.id)
        if last is not None:
            tally.repeats += 1
            if last.life >= delivery.life or not _in_flight(last, kills):
                tally.count("unexcused", f"{delivery.id} again, after life {last.life} at {last.position}", delivery)
        before[delivery.id] = delivery
        tally.in_flight += _in_flight(delivery, kills)


def _in_flight(delivery: Delivery, kills: Mapping[int, Cursors]) -> bool:
    cursors = kills.get(delivery.life)
    return cursors is not None and delivery.position > cursors.get(delivery.fixture, 0)


def _subject(event_id: str) -> str:
    """Return what an event's id is about: the id without its number."""
    return event_id.rpartition(":")[0]


def check_stores(expected: Mapping[str, Mapping[str, object]], found: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Say which stores are not what they should be. Counts of types that are not COUNTED are nobody's business."""
    wrong: list[str] = []
    for fixture, due in expected.items():
        held = {key: value for key, value in found.get(fixture, {}).items() if _is_checked(key, due)}
        for key in sorted(due.keys() | held.keys()):
            if due.get(key) != held.get(key):
                wrong.append(f"store: {fixture} {key} is {held.get(key)!r} instead of {due.get(key)!r}")
    wrong += [f"store: there is one of fixture {fixture}" for fixture in found.keys() - expected.keys()]
    return wrong


def _is_checked(key: str, due: Collection[str]) -> bool:
    return key in due or not key.startswith("count:") or key.removeprefix("count:") in _KINDS


_KINDS = frozenset(COUNTED.values())
