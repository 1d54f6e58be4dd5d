"""Play games to the plugins that rehearse: the daemon's own folding, and no log, no lanes and no tasks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from heapq import merge
from itertools import chain, count
from operator import attrgetter
from typing import TypeVar

from attrs import define, field, frozen

from actionbus.bus import FixtureClock, is_own
from actionbus.errors import BadPacket, ConfigError, PluginError
from actionbus.events.base import Event, FeedState, FeedStatus, Origin
from actionbus.events.catalogue import Catalogue
from actionbus.game import Game
from actionbus.host import Plugin
from actionbus.host.describe import describe
from actionbus.pipeline import Fold
from actionbus.pipeline.folding import Folding
from actionbus.recording import Recording
from actionbus.rehearsal import Rehearsal, Rehearse, Sent

T = TypeVar("T")

LIVE = Origin.LIVE  # a look-up on the class is slow


@define(eq=False)
class Shown:
    """The game that is played just now, for plugins that ask their context for it."""

    game: Game | None = None

    def get(self, fixture: str) -> Game | None:
        """Return the game if it is of this fixture."""
        return self.game if self.game is not None and self.game.fixture == fixture else None


@frozen(eq=False)
class Part:
    """A plugin's rehearsal of one game."""

    plugin: Plugin
    rehearsal: Rehearsal
    kinds: tuple[type[Event], ...]
    hear: Callable[[Event], None]

    def finish(self) -> list[Sent]:
        """Return what was told. Raises PluginError."""
        told = trying(self.plugin, "backtest", lambda: list(self.rehearsal.finish()))
        for each in told:
            if not isinstance(each, Sent):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise PluginError(self.plugin.name, f"its backtest tells {each!r}, should be a Sent")
        return told


def begin(plugin: Plugin, rehearse: Rehearse, fixture: str) -> Part:
    """Let a plugin begin to rehearse a game. Raises PluginError."""

    def make() -> Part:
        rehearsal = rehearse(fixture)
        return Part(plugin, rehearsal, tuple(rehearsal.kinds), rehearsal.hear)

    return trying(plugin, "backtest", make)


def trying(plugin: Plugin, what: str, call: Callable[[], T]) -> T:
    """Call a plugin's code. Raises ConfigError as it is, and for everything else PluginError with plugin and line."""
    try:
        return call()
    except BaseException as error:
        raise blamed(plugin, what, error) from None


def blamed(plugin: Plugin, what: str, error: BaseException) -> BaseException:
    """Return what to raise for something that came out of a plugin's code: the boundary, as around a handler."""
    if not is_own(error) or isinstance(error, ConfigError):
        return error
    return PluginError(plugin.name, f"its {what} failed: {describe(error, plugin.origin)}")


class Hearers(dict[type[Event], tuple[Part, ...]]):
    """Who hears events of a class; worked out once for each."""

    def __init__(self, parts: Sequence[Part]) -> None:
        super().__init__()
        self._parts = parts

    def __missing__(self, kind: type[Event]) -> tuple[Part, ...]:
        self[kind] = found = tuple(each for each in self._parts if issubclass(kind, each.kinds))
        return found

    def tell(self, events: Iterable[Event]) -> None:
        """Let them hear events. Raises PluginError."""
        for event in events:
            for part in self[type(event)]:
                try:
                    part.hear(event)
                except BaseException as error:
                    raise blamed(part.plugin, "backtest", error) from None


@define(eq=False)
class Player:
    """Plays games one after the other, each from its first packet to its last."""

    rehearsing: Sequence[tuple[Plugin, Rehearse]]
    folds: Sequence[tuple[Plugin, Fold]]
    catalogue: Catalogue = field(factory=Catalogue)
    shown: Shown = field(factory=Shown)

    def play(self, recording: Recording) -> list[Sent]:
        """Return all that the plugins would have told, in the order in which it first was. Raises PluginError.

        The fixture clock is that of the packets, as in a replay; packets that cannot be used are left out, as live.
        """
        fixture = recording.fixture
        parts = [begin(*each, fixture) for each in self.rehearsing]
        hearers = Hearers(parts)
        folding = self._folding(fixture, parts)
        self.shown.game = folding.game
        next_position, tell = folding.next_position, hearers.tell
        for packet in recording.packets:
            try:
                action = folding.decode(packet)
            except BadPacket:
                folding.count_bad()
                next_position()  # it would have a row, too
                continue
            folding.count(action)
            _, at, _, events = folding.fold(action, math.inf)
            tell(events)
            tell(folding.look(at, LIVE))
        at = folding.clock.newest
        tell(
            [
                FeedStatus(
                    fixture=fixture,
                    id=f"{fixture}:feed:1:{at:.6f}",
                    position=next_position(),
                    at=at,
                    since=at,
                    state=FeedState.FINISHED,
                    reason="the recording is over",
                )
            ]
        )
        return list(merge(*[part.finish() for part in parts], key=attrgetter("at")))

    def _folding(self, fixture: str, parts: Iterable[Part]) -> Folding:
        heard = tuple(chain.from_iterable(part.kinds for part in parts))
        by_fold = {fold: plugin for plugin, fold in self.folds if issubclass(fold.kind, heard)}

        def fail(fold: Fold, error: BaseException) -> None:
            raise blamed(by_fold[fold], f"fold of {fold.kind.__name__}", error) from None

        return Folding(
            fixture=fixture,
            clock=FixtureClock(float),  # stands: time is that of the packets
            next_position=count(1).__next__,
            folds=tuple(by_fold),
            catalogue=self.catalogue,
            report=_nothing,
            fold_failed=fail,
        )


def _nothing(_: object) -> None:
    pass
