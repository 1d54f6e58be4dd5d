"""What is found in each game: kept, so that a packet costs what it changes and not what stands already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


class Settles(Protocol):
    """Finds moments of one game."""

    def settle(self, game: Game) -> None:
        """See what has changed."""
        ...


class Finder(Settles, Protocol):
    """Finds moments of one game in the actions of the match that it hears of."""

    def hears(self, kind: type[Action]) -> bool:
        """Whether actions of this class matter."""
        ...

    def count(self, action: Action, by: int) -> None:
        """Count an action (+1), or take it back (-1)."""
        ...


class Book:
    """All that is found in one game."""

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
        self._hearers: dict[type[Action], tuple[Finder, ...]] = {}
        self._listening: Sequence[Finder] = (
            *(self.streaks, self.milestones, self.fouls, self.clutch, self.ends, self.final),
        )
        self._scored: Sequence[Settles] = self.baskets, self.clutch, self.ends

    def read(self, game: Game) -> None:
        """Read on from where the book ends."""
        moved: list[Settles] = []
        entries = game.entries
        for action, by in entries[self._seen :]:
            if action.period > 0:
                hearers = self._hearers.get(type(action))
                if hearers is None:
                    kind = type(action)
                    hearers = self._hearers[kind] = tuple(each for each in self._listening if each.hears(kind))
                for finder in hearers:
                    finder.count(action, by)
                moved += hearers
        self._seen, self.version = len(entries), game.version
        if self._flow != game.flow.version:
            self._flow = game.flow.version
            moved += self._scored
        for each in moved:
            each.settle(game)


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

    def fold(self, kind: type[M], where: Callable[[Book], Found[M]]) -> Fold:
        """Make the fold of the moments that are found there."""
        open_game: Game | None = None
        found = Found[M]()

        def reads(game: Game) -> int:
            nonlocal open_game, found
            book = self._book if self._game is game and self._book.version == game.version else self.read(game)
            if open_game is not game:
                open_game, found = game, where(book)
            return found.version

        return fold(kind, lambda game: where(self.read(game)).moments, reads=reads)
