"""What each packet changes: the latest revision of every action of one fixture, and the announcements that follow."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import TypeVar

from attrs import define, field, frozen

from actionbus.events.base import Action, Change, Origin, SendType, altered, ready, same

A = TypeVar("A", bound=Action)


class State(IntEnum):
    """How an action stood before a packet."""

    UNKNOWN = 0
    PENDING = 1
    STANDS = 2
    GONE = 3


# By name: looking a member up on its class costs 0.1 us in Python 3.11, and each packet asks for a dozen.
UNKNOWN, PENDING, STANDS, GONE = State.UNKNOWN, State.PENDING, State.STANDS, State.GONE
TENTATIVE, ADDED, AMENDED = Change.TENTATIVE, Change.ADDED, Change.AMENDED
WITHDRAWN, DISMISSED = Change.WITHDRAWN, Change.DISMISSED


@frozen
class Decision:
    """What the Timeline decided about one packet; with the packet before and the packet itself it says all.

    ``state`` is how the action stood before, ``before`` the position of the row whose content stood (None: none did),
    ``announced`` how often the action had been announced until then (a quiet packet need not say), ``quiet`` that
    nothing follows from the packet.
    """

    state: State
    before: int | None = None
    announced: int = 0
    quiet: bool = False


QUIET = Decision(UNKNOWN, quiet=True)
FIRST = Decision(UNKNOWN)

_BECOMES = {SendType.PENDING: PENDING, SendType.CANCELLED: GONE, SendType.DELETED: GONE}
_UNSAID: dict[str, object] = {
    "id": "",
    "position": 0,
    "at": 0.0,
    "change": ADDED,
    "origin": Origin.LIVE,
    "previous": None,
    "successor": None,
}
_OF_THE_PACKET = ("send_type", "fixture_seq", "timestamp", "summary", "finished", "origin")


def _announced(
    action: A, number: int, position: int, at: float, change: Change, previous: Action | None = None, **more: object
) -> A:
    """Return a copy of an action as it is announced: with its id ``ACTIONID:N``, N counting its announcements from 1.

    For every packet, so it copies the ``__dict__`` instead of calling ``attrs.evolve``.
    """
    values = action.__dict__.copy()
    values["id"] = f"{action.action_id}:{number}"
    values["position"] = position
    values["at"] = at
    values["change"] = change
    values["previous"] = previous
    if more:
        values.update(more)
    return ready(type(action), values)


def _taken_back(
    action: A, said_by: Action | None, number: int, position: int, at: float, change: Change, successor: Action | None
) -> A:
    """Return what stood as it is taken back: in its own words, but how sure the feed is is the word of the packet."""
    if said_by is None:
        # Vanished from the feed's list: what the feed said of the fixture then holds no longer. That a list has
        # changed shows only when it is fetched anew, late.
        news = _announced(action, number, position, at, change)
        return altered(news, successor=None, summary=None, finished=False, origin=Origin.CATCH_UP)
    words = {name: getattr(said_by, name) for name in _OF_THE_PACKET}
    return _announced(action, number, position, at, change, successor=successor, **words)


def _unsaid(action: A) -> A:
    """Return a copy of an action as its packet said it, without its announcement."""
    return altered(action, **_UNSAID)


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
    stands = decision.state is STANDS
    gone = WITHDRAWN if stands else DISMISSED
    becomes = _BECOMES.get(packet.send_type, STANDS) if packet is not None else GONE
    if packet is None or becomes is GONE:
        assert before is not None, "only what was announced can be taken back"
        return (_taken_back(before, packet, number, position, at, gone, None),)
    news = TENTATIVE if becomes is PENDING else ADDED
    if before is None or decision.state is GONE:
        return (_announced(packet, number, position, at, news),)
    if type(before) is not type(packet):
        return (
            _taken_back(before, packet, number, position, at, gone, packet),
            _announced(packet, number + 1, position, at, news, _unsaid(before)),
        )
    return (_announced(packet, number, position, at, AMENDED if stands else news, _unsaid(before)),)


@define(eq=False)
class Revision:
    """The latest that the feed said of one action: ``action`` is the content that stands or last stood, as announced.

    ``position`` is the row that said so, ``announced`` how often the action was announced.
    """

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
        becomes = _BECOMES.get(packet.send_type, STANDS)
        held = self._revisions.get(packet.action_id)
        if held is None:
            if becomes is GONE:
                self._revisions[packet.action_id] = Revision(packet, becomes, position)
                return QUIET, ()
            said = events(FIRST, None, packet, position=position, at=at)
            self._revisions[packet.action_id] = Revision(said[0], becomes, position, 1)
            return FIRST, said
        state = held.state
        if state is STANDS and becomes is PENDING:
            self.odd += 1
            return QUIET, ()
        if state is becomes and (becomes is GONE or same(held.action, packet)):
            return QUIET, ()
        return self._announce(held, becomes, packet, position, at)

    def vanish(self, action_id: str, position: int, at: float) -> tuple[Decision, tuple[Action, ...]]:
        """Take back an action that is no longer in the feed's list; of one that is gone, keep how often it was told."""
        held = self._revisions[action_id]
        if held.state is GONE:
            return Decision(GONE, held.position, held.announced, quiet=True), ()
        return self._announce(held, GONE, None, position, at)

    def find_again(self, packet: Action, position: int) -> Decision:
        """Take note that a list that was fetched anew has, in row ``position``, what is known; return what to keep."""
        held = self._revisions.get(packet.action_id)
        if held is None:
            return QUIET
        if held.state is not GONE and same(held.action, packet):
            held.position = position
        return Decision(held.state, None, held.announced, quiet=True)

    def restore(
        self, decision: Decision, packet: Action, announced: int, position: int, at: float
    ) -> tuple[Action, ...]:
        """Take in a packet again as the log holds it; return what it said.

        ``announced`` is how often its action had been announced by then. A quiet packet of a list that was fetched
        anew may tell of an action for the first time, and yet announce nothing; any other need not say the number.
        """
        held = self._revisions.get(packet.action_id)
        if held is not None and not decision.quiet:
            held.announced = decision.announced
        _, said = self.apply(packet, position, at)
        if announced or said:
            said = self._number(self._revisions[packet.action_id], announced, said)
        return said

    def restore_gone(
        self, decision: Decision, action: Action, announced: int, position: int, at: float
    ) -> tuple[Action, ...]:
        """Take in again that an action vanished from the feed's list; ``action`` is what stood.

        ``announced`` is how often it had been announced by then. Returns what that said of what is known.
        """
        held = self._revisions.get(action.action_id)
        if held is None:
            stood = decision.before if decision.before is not None else position
            self._revisions[action.action_id] = Revision(action, GONE, stood, announced)
            return ()
        _, said = self.vanish(action.action_id, position, at)
        return self._number(held, announced, said)

    @staticmethod
    def _number(held: Revision, announced: int, said: tuple[Action, ...]) -> tuple[Action, ...]:
        """Bring the number of an action's announcements in line with the log's."""
        if held.announced == announced:
            return said
        held.announced = announced
        news_id = f"{held.action.action_id}:{announced}"
        if held.state is not GONE:
            held.action = altered(held.action, id=news_id)
        return (*said[:-1], altered(said[-1], id=news_id)) if said else ()

    def _announce(
        self, held: Revision, becomes: State, packet: Action | None, position: int, at: float
    ) -> tuple[Decision, tuple[Action, ...]]:
        decision = Decision(held.state, held.position, held.announced)
        said = events(decision, held.action, packet, position=position, at=at)
        held.state = becomes
        held.announced += len(said)
        if becomes is not GONE:
            held.action = said[-1]
            held.position = position
        return decision, said
