"""What is found in each game: kept, so that a packet costs what it changes and not what stands already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol, TypeVar

from actionbus import Action, Fold, Game, Moment, fold
from actionbus_plugins.score_tracker.baskets import Baskets
from actionbus_plugins.score_tracker.figures import FoulTroubles, Milestones
from actionbus_plugins.score_tracker.periods import ClutchTimes, FinalScores, PeriodEnds
from actionbus_plugins.score_tracker.series import Found
from actionbus_plugins.score_tracker.settings import Settings
from actionbus_plugins.score_tracker.streaks import Kinds, Streaks, kinds_of

M = TypeVar("M", bound=Moment)
F = TypeVar("F", bound="Finder")


class Finder(Protocol):
    """Finds moments of one game in its baskets, or in the actions of the match that it hears of."""

    def hears(self, kind: type[Action]) -> bool:
        """Whether actions of this class matter."""
        ...

    def count(self, action: Action, by: int) -> bool:
        """Count an action (+1), or take it back (-1); return whether there is something to see now."""
        ...

    def settle(self, game: Game) -> None:
        """See what has changed."""
        ...


class Book:
    """All that is found in one game. A finder sleeps until a fold asks for it."""

    def __init__(self, settings: Settings, streaks: Mapping[str, Kinds]) -> None:
        self.version = 0  # of the game, as far as it was read
        self.baskets = Baskets(settings)
        self.streaks = Streaks(settings.streaks, streaks)
        self.milestones = Milestones(settings)
        self.fouls = FoulTroubles(settings.foul_trouble)
        self.clutch = ClutchTimes(settings.clutch)
        self.ends = PeriodEnds()
        self.final = FinalScores()
        self._seen = 0  # entries
        self._flow = 0
        self._awake: list[Finder] = []
        self._scored: list[Finder] = []
        self._hearers: dict[type[Action], tuple[Finder, ...]] = {}

    def wake(self, finder: Finder, game: Game) -> None:
        """Let a finder follow the game from now on, and read what it has missed."""
        if finder in self._awake:
            return
        self._awake.append(finder)
        self._hearers.clear()
        self._scored = [each for each in self._awake if each in (self.baskets, self.clutch, self.ends)]
        for action, by in game.entries[: self._seen]:
            if action.period > 0 and finder.hears(type(action)):
                finder.count(action, by)
        finder.settle(game)

    def read(self, game: Game) -> None:
        """Read on from where the book ends."""
        moved: list[Finder] = []
        entries = game.entries
        for action, by in entries[self._seen :]:
            if action.period > 0:
                kind = type(action)
                hearers = self._hearers.get(kind)
                if hearers is None:
                    hearers = self._hearers[kind] = tuple(each for each in self._awake if each.hears(kind))
                for finder in hearers:
                    if finder.count(action, by):
                        moved.append(finder)
        self._seen, self.version = len(entries), game.version
        if self._flow != game.flow.version:
            self._flow = game.flow.version
            moved += self._scored
        for finder in moved:
            finder.settle(game)


class Books:
    """The book of each game, made when it is first asked for, and kept among the game's notes.

    One of them is open: folds ask for one game after the other, and for the same one many times.
    """

    def __init__(self, settings: Settings) -> None:
        streaks = kinds_of(settings.streaks)
        self._make = partial(Book, settings, streaks)
        self._game: Game | None = None
        self._book = self._make()

    def read(self, game: Game) -> Book:
        """Open the game's book, read to its end."""
        book = self._book
        if self._game is not game:
            held = game.notes.get(self)
            if not isinstance(held, Book):
                held = game.notes[self] = self._make()
            self._game, self._book = game, held
            book = held
        if book.version != game.version:
            book.read(game)
        return book

    def asked(self, finder: Callable[[Book], F]) -> Callable[[Game], F]:
        """Return what gives a game's finder, awake and up to date."""

        open_game: Game | None = None
        asked: F | None = None

        def ask(game: Game) -> F:  # at every packet: in a hurry
            nonlocal open_game, asked
            if asked is None or open_game is not game:
                book = self.read(game)
                open_game, asked = game, finder(book)
                book.wake(asked, game)
            elif self._game is not game or self._book.version != game.version:
                self.read(game)
            return asked

        return ask

    def fold(self, kind: type[M], finder: Callable[[Book], F], found: Callable[[F], Found[M]]) -> Fold:
        """Make the fold of the moments that a finder finds."""
        ask = self.asked(finder)
        open_game: Game | None = None
        open_found = Found[M]()

        def reads(game: Game) -> int:  # at every packet: in a hurry
            nonlocal open_game, open_found
            if open_game is not game:
                open_game, open_found = game, found(ask(game))
            elif self._book.version != game.version or self._game is not game:
                self.read(game)
            return open_found.version

        return fold(kind, lambda game: found(ask(game)).all(), reads=reads)
