"""Where we are in the feed's list: the only rule that neither doubles nor loses a packet over reconnects."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from attrs import define, field

from actionbus.errors import FeedError
from actionbus.events.base import Action, same

OVERLAP = 8  # packets that are asked for again
BASES = (-1, 0, 1)  # startPosition=N skips N - base packets: documented as 0 and as 1 (PROTOCOL 4)

Held = Action | str | bytes
"""A packet of the list: the action, or the raw text of a bad one."""


class Mismatch(FeedError):
    """What the feed repeats is not what it sent before: its list has changed, and is fetched again from the start."""


def repeats(one: Held | None, other: Held) -> bool:
    """Whether two packets are the same element of the list, served twice.

    Compared are action, send type and content; not fixtureSeqNum, timestamp, traceId and summary. None is a packet
    that could not be received, which nothing repeats.
    """
    if not isinstance(one, Action) or not isinstance(other, Action):
        return one == other
    return one.action_id == other.action_id and one.send_type is other.send_type and same(one, other)


@define(eq=False)
class Place:
    """Our place in one list. ``n`` counts every packet of it that we hold, bad ones too.

    For each connection ask ``resume`` for its startPosition, then give every packet to ``meet`` until it has found
    out which are new; those, and all that follow, go to ``add``. The base of startPosition is learned on the way.
    """

    n: int = 0
    base: int | None = None
    settled: bool = False
    """Whether this connection has repeated what it had to; from then on every packet is new."""
    _held: deque[Held | None] = field(alias="held", factory=lambda: deque[Held | None](maxlen=OVERLAP + 1))
    _behind: int = field(alias="behind", default=0)
    """The place behind the last packet that cannot be received: no connection may begin before it."""
    _failed_at: int | None = None
    _position: int = 0
    _starts: dict[int, int] = field(factory=dict[int, int])
    """Where this connection's first packet is in the list, by the base that would be so."""
    _met: int = 0

    @classmethod
    def restored(cls, n: int, base: int | None, newest: Sequence[Held | None], behind: int) -> Place:
        """Return our place in a list of which ``n`` packets are held; ``newest`` are the last of them, in order.

        ``behind`` is the number of the last one that could not be received, 0 where all could.
        """
        return cls(n, base, held=deque(newest, OVERLAP + 1), behind=behind)

    def resume(self) -> int:
        """Return the startPosition for the next connection."""
        position = self._position = self._choose_position()
        if position == 0:
            self._starts = {0: 0}
        else:
            bases = BASES if self.base is None else (self.base,)
            starts = {base: position - base for base in bases}
            self._starts = {base: start for base, start in starts.items() if start <= self.n}
        self._met = 0
        self.settled = list(self._starts.values()) == [self.n]
        return position

    def meet(self, packet: Held) -> int | None:
        """Compare the next packet with what is held; return how many of the last ones are new, None: not known yet.

        Raises Mismatch where it fits nowhere, or at more than one place.
        """
        starts = {base: start for base, start in self._starts.items() if self._fits(start + self._met, packet)}
        self._starts = starts
        self._met += 1
        if not starts:
            raise Mismatch("the feed's list has changed: what it repeats is not what it sent before")
        if any(start + self._met < self.n for start in starts.values()):
            return None
        if len(starts) > 1:
            raise Mismatch("the feed repeats packets that are all alike, so that our place in its list is not certain")
        ((base, start),) = starts.items()
        self._settle(base)
        return start + self._met - self.n

    def add(self, packet: Held) -> None:
        """Count a new packet."""
        self.n += 1
        self._held.append(packet)

    def fail(self) -> bool:
        """Take note that the next packet cannot be received: the websocket client fails the connection at it.

        Returns True where that is certain, so that it is counted and left out: the second time at the same place.
        Raises Mismatch where it is a packet that we could receive before.
        """
        if not self.settled:
            self._find_hole()
            return False
        if self._failed_at != self.n:
            self._failed_at = self.n
            return False
        self.n += 1
        self._held.append(None)
        self._behind = self.n
        return True

    def _choose_position(self) -> int:
        position = max(0, self.n - OVERLAP)
        if not self._behind:
            return position
        if self.base is None:
            # Only while fewer packets than the overlap are held. One of them is repeated, the hole comes at once, or
            # a new packet does: each tells another base.
            return max(1, self.n - 1)
        return max(position, self._behind + self.base)

    def _find_hole(self) -> None:
        """Learn the base from where the packet that cannot be received came again."""
        at_hole = [base for base, start in self._starts.items() if self._is_hole(start + self._met)]
        if len(at_hole) != 1:
            raise Mismatch("the feed's list has changed: what it repeats cannot be received")
        self.base = at_hole[0]

    def _is_hole(self, index: int) -> bool:
        return index < self.n and self._at(index) is None

    def _fits(self, index: int, packet: Held) -> bool:
        return index >= self.n or repeats(self._at(index), packet)

    def _at(self, index: int) -> Held | None:
        return self._held[index - self.n + len(self._held)]

    def _settle(self, base: int) -> None:
        self.settled = True
        if self._position > 0:
            self.base = base
