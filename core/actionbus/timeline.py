"""What each packet changes: the latest revision of every action of one fixture, and the announcements that follow."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import TypeVar

from attrs import define, field, frozen

from actionbus.events.base import Action, Change, SendType, ready

A = TypeVar("A", bound=Action)


class State(IntEnum):
    """How an action stood before a packet."""

    UNKNOWN = 0
    PENDING = 1
    STANDS = 2
    GONE = 3


@frozen
class Decision:
    """What the Timeline decided about one packet; with the packet before and the packet itself it says all.

    ``state`` is how the action stood before, ``before`` the position of the row whose content stood (None: none did),
    ``announced`` how often the action had been announced until then, ``quiet`` that nothing follows from the packet.
    """

    state: State
    before: int | None = None
    announced: int = 0
    quiet: bool = False


QUIET = Decision(State.UNKNOWN, quiet=True)
FIRST = Decision(State.UNKNOWN)

_VOID = (SendType.CANCELLED, SendType.DELETED)
_OF_THE_PACKET = ("send_type", "fixture_seq", "timestamp", "summary", "finished")


def _announced(action: A, number: int, position: int, at: float, change: Change, **more: object) -> A:
    """Return a copy of an action as it is announced: with its id ``ACTIONID:N``, N counting its announcements from 1.

    For every packet, so it copies the ``__dict__`` instead of calling ``attrs.evolve``.
    """
    values = action.__dict__.copy()
    values["id"] = f"{action.action_id}:{number}"
    values["position"] = position
    values["at"] = at
    values["change"] = change
    if more:
        values.update(more)
    return ready(type(action), values)


def _of_the_packet(packet: Action | None) -> dict[str, object]:
    """Return what an action that is taken back has from the packet that does so: the rest is told as it stood."""
    if packet is None:  # it vanished from the feed's list: the feed's view of that time holds no longer
        return {"summary": None, "finished": False}
    return {name: getattr(packet, name) for name in _OF_THE_PACKET}


def same(one: Action, other: Action) -> bool:
    """Whether two revisions say the same of an action.

    Not compared: send type, fixtureSeqNum, timestamp, traceId, summary and the type's label ("3PT Made" to
    "3 Points Made" changes nothing).
    """
    return (
        type(one) is type(other)
        and one.clock == other.clock
        and one.player == other.player
        and one.team == other.team
        and one.subtype == other.subtype
        and one.period == other.period
        and one.sequence == other.sequence
        and one.related == other.related
        and one.metadata == other.metadata
    )


def events(
    decision: Decision, before: Action | None, packet: Action | None, *, position: int, at: float
) -> tuple[Action, ...]:
    """Return what a row announces: a pure function of two rows, so that no reader of the log runs a Timeline.

    ``before`` is the content that stood until then. ``packet`` None means that the action vanished from the feed's
    list. The table is DESIGN 5; a retype gives two events, which one handler's unit of work gets together.
    """
    if decision.quiet:
        return ()
    number = decision.announced + 1
    stands = decision.state is State.STANDS
    gone = Change.WITHDRAWN if stands else Change.DISMISSED
    if packet is None or packet.send_type in _VOID:
        assert before is not None, "only what was announced can be taken back"
        return (_announced(before, number, position, at, gone, **_of_the_packet(packet)),)
    news = Change.TENTATIVE if packet.send_type is SendType.PENDING else Change.ADDED
    if before is None or decision.state is State.GONE:
        return (_announced(packet, number, position, at, news),)
    if type(before) is not type(packet):
        return (
            _announced(before, number, position, at, gone, **_of_the_packet(packet), successor=packet),
            _announced(packet, number + 1, position, at, news, previous=before),
        )
    return (_announced(packet, number, position, at, Change.AMENDED if stands else news, previous=before),)


@define(eq=False)
class Revision:
    """The latest that the feed said of one action: ``action`` is the content that stands or last stood."""

    action: Action
    state: State
    position: int
    announced: int = 0


@define(eq=False)
class Timeline:
    """The latest revision of each action of one fixture. It believes the order of delivery; repeats never reach it.

    ``odd`` counts packets that nothing documented explains: a Pending for an action that already stands.
    """

    odd: int = 0
    _revisions: dict[str, Revision] = field(factory=dict[str, Revision])

    def __len__(self) -> int:
        return len(self._revisions)

    def __iter__(self) -> Iterator[Revision]:
        return iter(self._revisions.values())

    def get(self, action_id: str) -> Revision | None:
        """Return what is known of an action."""
        return self._revisions.get(action_id)

    def apply(self, packet: Action, position: int, at: float) -> tuple[Decision, tuple[Action, ...]]:
        """Take in one packet, which gets the row ``position``; return the decision to keep and what to announce."""
        held = self._revisions.get(packet.action_id)
        kind = packet.send_type
        if held is None:
            return self._first(packet, position, at)
        state = held.state
        if kind in _VOID:
            if state is State.GONE:
                return QUIET, ()
            return self._announce(held, held.action, State.GONE, packet, position, at)
        if state is State.STANDS and kind is SendType.PENDING:
            self.odd += 1
            return QUIET, ()
        becomes = State.PENDING if kind is SendType.PENDING else State.STANDS
        if state is becomes and same(held.action, packet):
            return QUIET, ()
        return self._announce(held, packet, becomes, packet, position, at)

    def vanish(self, action_id: str, position: int, at: float) -> tuple[Decision, tuple[Action, ...]]:
        """Take back an action that is no longer in the feed's list."""
        held = self._revisions[action_id]
        if held.state is State.GONE:
            return QUIET, ()
        return self._announce(held, held.action, State.GONE, None, position, at)

    def _first(self, packet: Action, position: int, at: float) -> tuple[Decision, tuple[Action, ...]]:
        if packet.send_type in _VOID:
            self._revisions[packet.action_id] = Revision(packet, State.GONE, position)
            return QUIET, ()
        state = State.PENDING if packet.send_type is SendType.PENDING else State.STANDS
        self._revisions[packet.action_id] = Revision(packet, state, position, 1)
        return FIRST, events(FIRST, None, packet, position=position, at=at)

    def _announce(
        self, held: Revision, content: Action, becomes: State, packet: Action | None, position: int, at: float
    ) -> tuple[Decision, tuple[Action, ...]]:
        decision = Decision(held.state, held.position, held.announced)
        said = events(decision, held.action, packet, position=position, at=at)
        if content is packet:
            held.position = position
        held.action = content
        held.state = becomes
        held.announced += len(said)
        return decision, said
