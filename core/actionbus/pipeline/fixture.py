"""One packet's way: decoded once, numbered, folded in, seen by the folds, given to the log, handed to the lanes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import itemgetter

import structlog
from attrs import define, field

from actionbus.bus import FixtureClock, Route
from actionbus.errors import BadPacket
from actionbus.events.base import Action, Event, FeedState, FeedStatus, Moment, Origin, altered
from actionbus.events.catalogue import Catalogue
from actionbus.game import Counts, Game
from actionbus.log import Held, Log, Published, Row, RowKind
from actionbus.pipeline.folding import Folding
from actionbus.pipeline.folds import Fold
from actionbus.pipeline.refold import refold
from actionbus.timeline import Decision, Timeline

BAD_TOLD = 10  # bad packets of a fixture that are warned of one by one; then every hundredth

LIVE, PACKET = Origin.LIVE, RowKind.PACKET  # a look-up on the class is slow

logger = structlog.get_logger()


@define(eq=False, repr=False)
class Pipeline:
    """One fixture, from its packets to its lanes. Nothing here waits; whoever feeds it yields to the lanes."""

    fixture: str
    log: Log
    clock: FixtureClock
    folds: Sequence[Fold] = ()
    catalogue: Catalogue = field(factory=Catalogue)
    fold_failed: Callable[[Fold, BaseException], None] = lambda fold, error: None
    route: Route = field(init=False)
    status: FeedStatus | None = field(init=False, default=None)
    epoch: int = field(init=False, default=0)
    """How often the feed's list has changed."""
    origin: Origin = field(init=False, default=Origin.LIVE)
    """How packets come just now; the feed says so."""
    held: Held | None = field(init=False, default=None)
    """What the log held when this began: for the feed, to find its place in the list."""
    _folding: Folding = field(init=False)
    _received: float = field(init=False, default=math.inf)  # when the newest packet came
    _told: int = field(init=False, default=0)
    _parted: bool = field(init=False, default=False)
    _lockstep: bool = field(init=False, default=False)
    _held_back: list[tuple[str, Sequence[Published]]] = field(init=False, factory=list[tuple[str, Sequence[Published]]])

    def __attrs_post_init__(self) -> None:
        self.route = Route(self.fixture, self.log, self.clock, self._publish)
        self._folding = Folding(
            fixture=self.fixture,
            clock=self.clock,
            next_position=self.log.next_position,
            folds=self.folds,
            catalogue=self.catalogue,
            report=self._report_oddity,
            fold_failed=self.fold_failed,
        )

    @property
    def timeline(self) -> Timeline:
        """The latest revision of each action."""
        return self._folding.timeline

    @property
    def game(self) -> Game:
        """The game as it stands."""
        return self._folding.game

    @property
    def counts(self) -> Counts:
        """What came so far."""
        return self.game.counts

    def accept(self, packet: str | bytes, received: float = math.inf) -> Action | None:
        """Take in one packet; ``received`` in Unix seconds, infinite in a replay. None: it was bad, and kept aside."""
        try:
            action = self.decode(packet)
        except BadPacket as reason:
            self.set_aside(packet, str(reason), received)
            return None
        self.admit(action, packet, received)
        return action

    def decode(self, packet: str | bytes) -> Action:
        """Decode one packet and change nothing. Raises BadPacket, for another fixture's packet too."""
        return self._folding.decode(packet)

    def admit(self, action: Action, packet: str | bytes, received: float) -> None:
        """Take in a packet that ``decode`` has read."""
        self._count(action)
        self.take(action, packet, received)

    def _count(self, action: Action) -> None:
        counts = self.counts
        gaps = counts.gaps
        self._folding.count(action)
        if counts.gaps != gaps:
            self.log.note(self.fixture, gaps=counts.gaps)

    def set_aside(self, packet: str | bytes, reason: str, received: float, *, known: bool = False) -> None:
        """Take in a packet that cannot be used: it is counted and kept aside with the reason.

        One that is ``known`` comes again with a list that is fetched anew: it is not told again.
        """
        self._folding.count_bad()
        self.log.append((self._row(RowKind.BAD_PACKET, received, packet, reason=reason, n=self.counts.packets),))
        if not known:
            log = logger.warning if self.counts.bad <= BAD_TOLD or self.counts.bad % 100 == 0 else logger.debug
            log("bad packet kept aside", fixture=self.fixture, reason=reason, bad=self.counts.bad)

    def take(self, action: Action, packet: str | bytes, received: float) -> None:
        """Fold a decoded packet, the newest of the list, in; log it and hand on what follows from it."""
        if self.origin is not LIVE:
            action = altered(action, origin=self.origin)
        self._received = received
        position, at, decision, events = self._folding.fold(action, received)
        self._add(
            Row(
                position=position,
                fixture=self.fixture,
                kind=PACKET,
                at=at,
                received=received,
                body=packet,
                epoch=self.epoch,
                n=self.counts.packets,
                late=self.origin is not LIVE,
                decision=decision,
                events=events,
            )
        )
        self._compare_scores()

    def begin_list(self) -> None:
        """Count from the start: the feed's list has changed and comes anew, packet by packet."""
        self.epoch += 1
        self.counts.begin()
        self.log.note(self.fixture, gaps=0)

    def keep(self, action: Action, packet: str | bytes, received: float) -> None:
        """Keep a packet of a changed list that says nothing that is not known of its action."""
        self._count(action)
        at = self.clock.stamp(action.timestamp, received)
        self.game.observe(action.summary, at, finished=action.finished)
        position = self.log.next_position()
        decision = self.timeline.find_again(action, position)
        n = self.counts.packets
        self.log.append((self._row(PACKET, received, packet, position=position, n=n, decision=decision),))

    def vanish(self, action_id: str, received: float) -> None:
        """Take back an action that the feed's list, fetched anew, no longer has."""
        position, at = self.log.next_position(), self.clock.newest
        decision, events = self.timeline.vanish(action_id, position, at)
        for event in events:
            self.game.apply(event)
        self._add(self._row(RowKind.VANISHED, received, action_id, position=position, decision=decision, events=events))

    @property
    def received(self) -> float:
        """When the newest packet came, in Unix seconds, be it in another run; infinite where there was none."""
        return self._received

    def restore(self, held: Held) -> None:
        """Go on where a daemon that has ended was: rebuild timeline, game, clock and moments. Nothing is announced."""
        self.held = held
        self.epoch = refold(held, self.timeline, self.game)
        self._received = max((each.row.received for each in held.rows), default=math.inf)
        self.clock.stamp(max((each.row.at for each in held.rows), default=None))
        self._folding.announcer.restore(held, self.game)

    def watch(self, folds: Sequence[Fold]) -> None:
        """Go on with other folds, see ``Announcer.watch``."""
        self.folds = folds
        self._folding.announcer.watch(folds, self.game)

    def is_in(self, *states: FeedState) -> bool:
        """Whether this is how the feed stands, as far as it was told."""
        return self.status is not None and self.status.state in states

    def tell(
        self,
        state: FeedState,
        reason: str = "",
        received: float = math.inf,
        *,
        since: float | None = None,
        missed: int = 0,
    ) -> None:
        """Announce how the feed of this fixture stands; the end of the fixture goes to every lane.

        ``since`` is now where it is not given. What stands already is not told again, but for each refusal, which
        stands since the first of them.
        """
        before = self.status
        if before is not None and before.state is state:
            if state is not FeedState.REFUSED:
                return
            since = before.since
        position, at = self.log.next_position(), self.clock.newest
        # A status happens to us, not to the match: each is another one, in each run of the daemon.
        when = at if math.isinf(received) else received
        self._told += 1
        status = FeedStatus(
            fixture=self.fixture,
            id=f"{self.fixture}:feed:{self._told}:{when:.6f}",
            position=position,
            at=at,
            state=state,
            reason=reason,
            since=when if since is None else since,
            missed=missed,
        )
        if before is not None and state is FeedState.RECOVERED:
            logger.info("feed is up again", fixture=self.fixture, missed=missed)
        self.status = status
        row = self._row(RowKind.STATUS, received, reason, position=position, events=(status,))
        self.log.append((row,))
        if state is FeedState.FINISHED:
            self.route.deliver_to_all(row)
        else:
            self.route.deliver(row)

    def close(self) -> None:
        """End the pipeline of a fixture that is over: its lanes end, its actions go, its game can still be read."""
        self.route.close()
        self.held = None
        self._folding.close()

    def _add(self, row: Row) -> None:
        news = self._folding.look(row.at, self.origin)
        moments = [self._moment_row(each, row.received) for each in news]
        self.log.append((row, *moments))
        self.route.deliver(row)
        for moment in moments:
            self.route.deliver(moment)

    def _row(
        self,
        kind: RowKind,
        received: float,
        body: str | bytes,
        *,
        position: int | None = None,
        reason: str = "",
        n: int | None = None,
        decision: Decision | None = None,
        events: tuple[Event, ...] = (),
    ) -> Row:
        """Make a row at the present time of the fixture; ``take`` makes its own, it is in a hurry."""
        return Row(
            position=position if position is not None else self.log.next_position(),
            fixture=self.fixture,
            kind=kind,
            at=self.clock.newest,
            received=received,
            body=body,
            reason=reason,
            epoch=self.epoch,
            n=n,
            late=(events[0].origin if events else self.origin) is not LIVE,
            decision=decision,
            events=events,
        )

    def _moment_row(self, moment: Moment, received: float) -> Row:
        return self._row(RowKind.MOMENT, received, "", position=moment.position, events=(moment,))

    async def keep_step(self) -> None:
        """Wait for the plugins that publish, and announce what they published in an order that is always the same.

        From the first call on their moments are held back until the next: that is how a replay goes, packet by packet.
        """
        self._lockstep = True
        while True:
            await self.route.caught_up(publishers=True)
            published, self._held_back = sorted(self._held_back, key=itemgetter(0)), []
            if not published:
                return
            for _, moments in published:
                self._announce(moments)

    def _publish(self, plugin: str, published: Sequence[Published]) -> None:
        """Take what a handler run published; the lane calls this once the run is durable."""
        if self._lockstep:
            self._held_back.append((plugin, published))
        else:
            self._announce(published)

    def _announce(self, published: Sequence[Published]) -> None:
        for each in published:
            news = self._folding.announcer.publish(each, self.clock.newest)
            if news is not None:
                row = self._moment_row(news, self._received)
                self.log.append((row,))
                self.route.deliver(row)
        self.log.settle(published)

    def _compare_scores(self) -> None:
        parted = self.game.disagreement
        if parted is not None and not self._parted:
            logger.warning("scores differ", fixture=self.fixture, difference=str(parted))
        self._parted = parted is not None

    def _report_oddity(self, oddity: str) -> None:
        logger.warning("odd packet", fixture=self.fixture, oddity=oddity)
