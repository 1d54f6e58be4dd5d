"""What packets make of one fixture, in memory and at once: the middle of a pipeline, and all of a backtest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field

from actionbus.bus import FixtureClock
from actionbus.errors import BadPacket
from actionbus.events.base import Action, Moment, Origin
from actionbus.events.catalogue import Catalogue
from actionbus.game import Game
from actionbus.pipeline.announcer import Announcer
from actionbus.pipeline.folds import Fold
from actionbus.timeline import Decision, Timeline
from actionbus.wire import Decoder


@define(eq=False, repr=False)
class Folding:
    """Decodes a fixture's packets, follows their revisions, and folds them into its game and the moments of it.

    ``report`` is told of what is odd about packets, ``fold_failed`` of a fold that raises.
    """

    fixture: str
    clock: FixtureClock
    next_position: Callable[[], int]
    folds: Sequence[Fold]
    catalogue: Catalogue
    report: Callable[[str], None]
    fold_failed: Callable[[Fold, BaseException], None]
    timeline: Timeline = field(init=False, factory=Timeline)
    game: Game = field(init=False)
    announcer: Announcer = field(init=False)
    _decoder: Decoder = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.game = Game(fixture=self.fixture)
        self.announcer = Announcer(self.folds, self.next_position, self.fold_failed)
        self._decoder = Decoder(self.catalogue, self.report)

    def decode(self, packet: str | bytes) -> Action:
        """Decode one packet and change nothing. Raises BadPacket, for another fixture's packet too."""
        action = self._decoder.decode(packet)
        if action.fixture != self.fixture:
            raise BadPacket(f"belongs to fixture {action.fixture}")
        return action

    def count(self, action: Action) -> None:
        """Count a packet that was decoded."""
        counts = self.game.counts
        counts.packets += 1
        counts.follow(action.fixture_seq)

    def count_bad(self) -> None:
        """Count a packet that cannot be used."""
        self.game.counts.packets += 1
        self.game.counts.bad += 1

    def fold(self, action: Action, received: float) -> tuple[int, float, Decision, tuple[Action, ...]]:
        """Fold a decoded packet in; return its row's position and ``at``, what was decided, and what follows."""
        at = self.clock.stamp(action.timestamp, received)
        position = self.next_position()
        decision, events = self.timeline.apply(action, position, at)
        game = self.game
        if not events:
            game.observe(action.summary, at, finished=action.finished)
        for event in events:
            game.apply(event)
        return position, at, decision, events

    def look(self, at: float, origin: Origin) -> Sequence[Moment]:
        """Let the folds look at the game; return the announcements of what has changed."""
        return self.announcer.look(self.game, at, origin)

    def close(self) -> None:
        """Let go of the actions of a fixture that is over; its game can still be read."""
        self.timeline = Timeline()
        self._decoder = Decoder(self.catalogue)  # knows teams, players and summaries
        self.game.release()
