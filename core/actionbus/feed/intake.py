"""From a connection's packets to the pipeline: repeats are dropped, and of a changed list only what differs is told."""

from __future__ import annotations

import math

from attrs import define, field, frozen

from actionbus.errors import BadPacket
from actionbus.events.base import Action, Origin
from actionbus.feed.rebase import Step, difference
from actionbus.feed.resume import UNRECEIVABLE, resumed
from actionbus.feed.standing import Standing
from actionbus.log import RowKind
from actionbus.pipeline import Pipeline
from actionbus.session import FeedProfile, Mismatch, Place
from actionbus.session.place import Held

# Packets: a list that is fetched anew may have grown at its front, so that some of what we hold is behind its first n.
# We wait for a pause, but not for ever where the list comes without one.
MOST_MORE = 1000


@frozen
class _Item:
    """A packet that is not in the pipeline yet: decoded, or bad for this reason."""

    text: str | bytes
    received: float
    action: Action | None
    reason: str = ""

    @property
    def held(self) -> Held:
        return self.action if self.action is not None else self.text


@define(eq=False, repr=False)
class Intake:
    """Gives one fixture's packets to its pipeline, each element of the feed's list once. Has no clock and no socket.

    For each connection: ``resume``, then ``accepted`` once the server accepts us, then ``receive`` for every packet;
    ``run_out`` when none has come for ``patience`` seconds; on Mismatch ``begin_anew``. It begins where the pipeline's
    log has left off.
    """

    pipeline: Pipeline
    profile: FeedProfile
    standing: Standing = field(init=False)
    place: Place = field(factory=Place)
    """Our place in the pipeline's list, or in the new one while that is collected."""
    collecting: bool = False
    """Whether the list is fetched anew: nothing reaches the pipeline until the new list is known."""
    _owed: int = 0
    """How many packets the old list had."""
    _collected: list[_Item] = field(factory=list[_Item])
    _unsettled: list[_Item] = field(factory=list[_Item])
    _known_bad: set[int] = field(factory=set[int])
    """Hashes of the bad packets that were kept aside: a list that is fetched anew has them again."""
    _furthest: int = 0
    """How much of the list that is fetched anew, or of ours, any connection has brought."""
    _vain: int = 0
    """Connections in a row that the server closed cleanly before it had repeated what it had to."""
    _silent: bool = True
    """Whether no packet has come on this connection yet."""
    _agreed_at: float = math.inf
    """When this connection had repeated what it had to, in Unix seconds."""
    _lost: int = field(init=False)
    """How often the log had been lost when all that we know was given to it."""

    def __attrs_post_init__(self) -> None:
        self._lost = self.pipeline.log.lost
        held, self.pipeline.held = self.pipeline.held, None
        self.standing = Standing.after(self.pipeline.received, self.pipeline)
        if held is None:
            return
        place = resumed(held)
        self._known_bad.update(hash(each.row.body) for each in held.rows if each.row.kind is RowKind.BAD_PACKET)
        if place is not None:
            self.place = place
            self._furthest = place.n
        else:
            self.begin_anew()

    def resume(self) -> int:
        """Return the startPosition for the next connection."""
        self._unsettled.clear()
        self.pipeline.origin = Origin.CATCH_UP
        self._silent = True
        return self.place.resume()

    @property
    def lost(self) -> bool:
        """Whether the log was lost since all that we know was given to it: the list is to be fetched anew."""
        return self.pipeline.log.lost != self._lost

    @property
    def live(self) -> bool:
        """Whether what comes now is new and goes straight to the pipeline."""
        return self.place.settled and not self.collecting

    @property
    def fetched(self) -> bool:
        """Whether some of a list that is fetched anew has come: perhaps all of it."""
        return self.collecting and self.place.settled and bool(self._collected)

    @property
    def patience(self) -> float:
        """Seconds without a packet after which what is owed to us will not come; infinite: nothing is owed."""
        if self.live and self.pipeline.origin is Origin.LIVE:
            return math.inf
        if self.live:
            return self.profile.settled if self._silent else self.profile.pause
        if self.fetched:
            return self.profile.pause if len(self._collected) >= self._owed else self.profile.settled
        return self.profile.owed

    def accepted(self, received: float) -> None:
        """Take note that packets will come from now on."""
        if self.live:
            self._agree(received)

    def receive(self, text: str | bytes, received: float) -> bool:
        """Take in the next packet of this connection; return whether something new went to the pipeline.

        Raises Mismatch where the list is not the one that we hold.
        """
        self._silent = False
        if self.live:
            action = self.pipeline.accept(text, received)
            if action is None:
                self._known_bad.add(hash(text))
            self.place.add(action if action is not None else text)
            if self.pipeline.origin is not Origin.LIVE:
                self.standing.miss()
                if received > self._agreed_at + self.profile.owed:
                    self._catch_up(received)
            return True
        item = self._decode(text, received)
        if self.place.settled:
            self._collect(item)
            return not self.collecting
        self._unsettled.append(item)
        base, new = self.place.base, self.place.meet(item.held)
        if new is None:
            return False
        self._note_base(base)
        self._vain = 0
        if not self.collecting:
            self._agree(received)
        fresh = self._unsettled[len(self._unsettled) - new :]
        self._unsettled = []
        for each in fresh:
            if self.collecting:
                self._collect(each)
            else:
                self._admit(each)
                self.place.add(each.held)
        return not self.collecting and new > 0

    def is_further(self) -> bool:
        """Whether we hold more of the list than when this was asked last: not where it is begun anew and cut again."""
        if self.place.n <= self._furthest:
            return False
        self._furthest = self.place.n
        return True

    def fail(self, reason: str, received: float) -> None:
        """Take note that the connection failed at a packet that no websocket client can receive.

        The second time it is kept aside, and the next connection begins behind it. Raises Mismatch as ``receive`` does.
        """
        base, sure = self.place.base, self.place.fail()
        self._note_base(base)
        if sure:
            item = _Item("", received, None, f"{UNRECEIVABLE} ({reason}), number {self.place.n} of the feed's list")
            if self.collecting:
                self._collected.append(item)
            else:
                self._admit(item)

    def run_out(self, received: float) -> None:
        """Act on a connection from which nothing has come for ``patience`` seconds.

        Takes the list that was fetched anew for complete, and what makes up for an outage. Raises Mismatch where what
        should be repeated did not come.
        """
        if self.live:
            self._catch_up(received)
        elif self.fetched:
            self._rebase(received)
        else:
            raise Mismatch(f"nothing came for {self.profile.owed:g} s of what the feed should repeat")

    def conclude(self, received: float) -> None:
        """Take note that the fixture is over: nothing more will come of what a list that agrees with ours has."""
        if self.live:
            self._catch_up(received)

    def end(self, received: float) -> None:
        """Take note that the server has closed cleanly: a finished list that was fetched anew is complete.

        Raises Mismatch the second time in a row that it did not repeat what it had to: its list ends before that.
        """
        if not self.place.settled:
            self._vain += 1
            if self._vain > 1:
                raise Mismatch("the server closes the connection before it has repeated what it should")
        elif self.collecting:
            newest = next((item.action for item in reversed(self._collected) if item.action is not None), None)
            if newest is not None and is_finished(newest):
                self._rebase(received)

    def begin_anew(self) -> None:
        """Fetch the list from its start with the next connection, to find out what differs."""
        if not self.collecting:
            self._owed = self.place.n
            self._furthest = 0
        self.collecting = True
        self._lost = self.pipeline.log.lost
        self.place = Place()
        self._collected = []
        self._vain = 0

    def _note_base(self, before: int | None) -> None:
        if self.place.base != before:
            self.pipeline.log.note(self.pipeline.fixture, base=self.place.base)

    def _decode(self, text: str | bytes, received: float) -> _Item:
        try:
            return _Item(text, received, self.pipeline.decode(text))
        except BadPacket as reason:
            return _Item(text, received, None, str(reason))

    def _admit(self, item: _Item) -> None:
        if item.action is not None:
            self.pipeline.admit(item.action, item.text, item.received)
            self.standing.miss()
        else:
            self._set_aside(item)

    def _set_aside(self, item: _Item, *, again: bool = False) -> None:
        bad = hash(item.text)
        known = again and bad in self._known_bad
        self.pipeline.set_aside(item.text, item.reason, item.received, known=known)
        if not known:
            self.standing.miss()
        self._known_bad.add(bad)

    def _collect(self, item: _Item) -> None:
        self.place.add(item.held)
        self._collected.append(item)
        if len(self._collected) >= self._owed + MOST_MORE:
            self._rebase(item.received)

    def _rebase(self, received: float) -> None:
        """Bring the pipeline in line with the list that was fetched anew, and go on from there."""
        items, self._collected, self.collecting = self._collected, [], False
        self._agree(received)
        steps = difference(self.pipeline.timeline, [item.action for item in items])
        self.pipeline.begin_list()
        for step in steps:
            if step.index is None:
                self.pipeline.vanish(step.action_id, received)
        changes = {step.index: step for step in steps}
        for index, item in enumerate(items):
            self._renew(item, changes.get(index), received)

    def _renew(self, item: _Item, step: Step | None, received: float) -> None:
        """Take in a packet of the list that was fetched anew, which may be a step from what we hold."""
        if step is not None and step.vanishes:
            self.pipeline.vanish(step.action_id, received)
        if item.action is None:
            self._set_aside(item, again=True)
        elif step is not None:
            self._admit(item)
        else:
            self.pipeline.keep(item.action, item.text, item.received)

    def _agree(self, received: float) -> None:
        self._agreed_at = received
        self.standing.agree(received)

    def _catch_up(self, received: float) -> None:
        """What comes from now on comes as it happens."""
        self.pipeline.origin = Origin.LIVE
        self.standing.catch_up(received)


def is_finished(action: Action) -> bool:
    """Whether a packet says that the fixture is finished (PROTOCOL 3.5)."""
    return action.finished or (action.summary is not None and action.summary.finished)
