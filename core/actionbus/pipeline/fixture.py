"""One packet's way: decoded once, numbered, folded in, seen by the folds, given to the log, handed to the lanes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import itemgetter

import attrs
import structlog
from attrs import define, field

from actionbus.bus import FixtureClock, Route, is_own
from actionbus.errors import BadPacket
from actionbus.events.base import Action, Event, FeedState, FeedStatus, Moment
from actionbus.events.catalogue import Catalogue
from actionbus.game import Counts, Game
from actionbus.log import Log, Row, RowKind
from actionbus.pipeline.folds import Announced, Fold
from actionbus.timeline import Decision, Timeline
from actionbus.wire import Decoder

BAD_TOLD = 10  # bad packets of a fixture that are warned of one by one; then every hundredth
MOST_OF_BAD = 65_536  # characters of a bad packet that are kept aside

logger = structlog.get_logger()


@define(eq=False)
class Pipeline:
    """One fixture, from its packets to its lanes. Nothing here waits; whoever feeds it yields to the lanes."""

    fixture: str
    log: Log
    clock: FixtureClock
    folds: Sequence[Fold] = ()
    catalogue: Catalogue = field(factory=Catalogue)
    fold_failed: Callable[[Fold, BaseException], None] = lambda fold, error: None
    route: Route = field(init=False)
    timeline: Timeline = field(init=False, factory=Timeline)
    game: Game = field(init=False)
    status: FeedStatus | None = field(init=False, default=None)
    _decoder: Decoder = field(init=False)
    _published: Announced = field(init=False)
    _folds: dict[Fold, Announced] = field(init=False)
    _told: int = field(init=False, default=0)
    _parted: bool = field(init=False, default=False)
    _lockstep: bool = field(init=False, default=False)
    _held_back: list[tuple[str, list[Moment], int]] = field(init=False, factory=list[tuple[str, list[Moment], int]])

    def __attrs_post_init__(self) -> None:
        self.game = Game(fixture=self.fixture)
        self.route = Route(self.fixture, self.log, self.clock, self._publish)
        self._folds = {each: Announced(self.log.next_position) for each in self.folds}
        self._published = Announced(self.log.next_position)
        self._decoder = Decoder(self.catalogue, self._report_oddity)

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
        action = self._decoder.decode(packet)
        if action.fixture != self.fixture:
            raise BadPacket(f"belongs to fixture {action.fixture}")
        return action

    def admit(self, action: Action, packet: str | bytes, received: float) -> None:
        """Take in a packet that ``decode`` has read."""
        self.counts.packets += 1
        self.counts.follow(action.fixture_seq)
        self.take(action, packet, received)

    def set_aside(self, packet: str | bytes, reason: str, received: float) -> None:
        """Take in a packet that cannot be used: it is counted and kept aside with the reason."""
        self.counts.packets += 1
        self.counts.bad += 1
        text = packet if isinstance(packet, str) else packet.decode(errors="backslashreplace")
        position, at = self.log.next_position(), self.clock.newest
        body = f"{reason}\n{text[:MOST_OF_BAD]}"
        row = self._row(RowKind.BAD_PACKET, position, at, received, body, None, ())
        self.log.append((row,))
        self.log.set_aside(row)
        log = logger.warning if self.counts.bad <= BAD_TOLD or self.counts.bad % 100 == 0 else logger.debug
        log("bad packet kept aside", fixture=self.fixture, reason=reason, bad=self.counts.bad)

    def take(self, action: Action, packet: str | bytes, received: float) -> None:
        """Fold a decoded packet in, log it and hand on what follows from it."""
        at = self.clock.stamp(action.timestamp, received)
        position = self.log.next_position()
        decision, events = self.timeline.apply(action, position, at)
        if not events:
            self.game.observe(action.summary, at, finished=action.finished)
        self._add(self._row(RowKind.PACKET, position, at, received, packet, decision, events), events)
        self._compare_scores()

    def vanish(self, action_id: str, received: float) -> None:
        """Take back an action that the feed's list, fetched anew, no longer has."""
        position, at = self.log.next_position(), self.clock.newest
        decision, events = self.timeline.vanish(action_id, position, at)
        self._add(self._row(RowKind.VANISHED, position, at, received, action_id, decision, events), events)

    def tell(self, state: FeedState, reason: str = "", received: float = math.inf) -> None:
        """Announce how the feed of this fixture stands; the end of the fixture goes to every lane."""
        if self.status is not None and self.status.state is state and state is not FeedState.REFUSED:
            return
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
        )
        self.status = status
        row = self._row(RowKind.STATUS, position, at, received, reason, None, (status,))
        self.log.append((row,))
        if state is FeedState.FINISHED:
            self.route.deliver_to_all(row)
        else:
            self.route.deliver(row)

    def close(self) -> None:
        """End the pipeline of a fixture that is over: its lanes end, its actions go, its game can still be read."""
        self.route.close()
        self.timeline = Timeline()
        self.game.release()

    def _add(self, row: Row, events: tuple[Action, ...]) -> None:
        for event in events:
            self.game.apply(event)
        moments = self._fold(row.at, row.received)
        self.log.append((row, *moments))
        self.route.deliver(row)
        for moment in moments:
            self.route.deliver(moment)

    def _row(
        self,
        kind: RowKind,
        position: int,
        at: float,
        received: float,
        body: str | bytes,
        decision: Decision | None,
        events: tuple[Event, ...],
    ) -> Row:
        text = body if isinstance(body, str) else body.decode(errors="backslashreplace")
        return Row(
            position=position,
            fixture=self.fixture,
            kind=kind,
            at=at,
            received=received,
            body=text,
            decision=decision,
            events=events,
        )

    def _fold(self, at: float, received: float) -> list[Row]:
        """Let the folds look at the game, and return the rows of the moments that changed."""
        rows: list[Row] = []
        for each, announced in tuple(self._folds.items()):
            try:
                reads = each.reads(self.game)
                if reads == announced.seen:
                    continue
                announced.seen = reads
                changed = announced.compare(each.moments(self.game), at)
            except BaseException as error:
                # The boundary around a plugin's code, as around a handler: the fold is left out from now on.
                if not is_own(error):
                    raise
                del self._folds[each]
                what = {"plugin": each.plugin, "fold": each.kind.__name__, "fixture": self.fixture}
                logger.error("fold failed and is left out", **what, exc_info=error)
                self.fold_failed(each, error)
                continue
            rows += [self._moment_row(moment, at, received) for moment in changed]
        return rows

    def _moment_row(self, moment: Moment, at: float, received: float) -> Row:
        return self._row(RowKind.MOMENT, moment.position, at, received, "", None, (moment,))

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
            for _, moments, hops in published:
                self._announce(moments, hops)

    def _publish(self, plugin: str, moments: list[Moment], hops: int) -> None:
        """Take what a handler run published; the lane calls this once the run is committed."""
        if self._lockstep:
            self._held_back.append((plugin, moments, hops))
        else:
            self._announce(moments, hops)

    def _announce(self, moments: list[Moment], hops: int) -> None:
        at = self.clock.newest
        for moment in moments:
            news = self._published.put(attrs.evolve(moment, hops=hops), at)
            if news is not None:
                row = self._moment_row(news, at, math.inf)
                self.log.append((row,))
                self.route.deliver(row)

    def _compare_scores(self) -> None:
        parted = self.game.disagreement
        if parted is not None and not self._parted:
            logger.warning("scores differ", fixture=self.fixture, difference=str(parted))
        self._parted = parted is not None

    def _report_oddity(self, oddity: str) -> None:
        logger.warning("odd packet", fixture=self.fixture, oddity=oddity)
