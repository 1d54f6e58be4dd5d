"""The folds: which moments stand in a game, and where each kind of them is found."""

from __future__ import annotations

from collections.abc import Iterator

from actionbus import Fold, Game, fold
from actionbus_plugins.score_tracker.book import Books
from actionbus_plugins.score_tracker.moments import (
    BuzzerBeater,
    ClutchTime,
    FinalScore,
    FoulTrouble,
    LeadChange,
    Milestone,
    PeriodEnd,
    ScoreChanged,
    ScoreLine,
    ScoringRun,
    Streak,
    Tie,
)
from actionbus_plugins.score_tracker.settings import Settings


def make_folds(settings: Settings) -> list[Fold]:
    """Make all folds, with these thresholds."""
    books = Books(settings)
    final = books.asked(lambda book: book.final)
    return [
        fold(ScoreLine, score_line, reads=what_it_reads),
        books.fold(ScoreChanged, lambda book: book.baskets, lambda finder: finder.score_changes),
        books.fold(LeadChange, lambda book: book.baskets, lambda finder: finder.lead_changes),
        books.fold(Tie, lambda book: book.baskets, lambda finder: finder.ties),
        books.fold(BuzzerBeater, lambda book: book.baskets, lambda finder: finder.buzzer_beaters),
        books.fold(ScoringRun, lambda book: book.baskets, lambda finder: finder.runs),
        books.fold(Streak, lambda book: book.streaks, lambda finder: finder.found),
        books.fold(Milestone, lambda book: book.milestones, lambda finder: finder.found),
        books.fold(FoulTrouble, lambda book: book.fouls, lambda finder: finder.found),
        books.fold(ClutchTime, lambda book: book.clutch, lambda finder: finder.found),
        books.fold(PeriodEnd, lambda book: book.ends, lambda finder: finder.found),
        fold(FinalScore, lambda game: final(game).moments(game), reads=lambda game: final(game).reads(game)),
    ]


def what_it_reads(game: Game) -> tuple[object, ...]:
    """Give all that the score line is made of; a basket that is amended is another one."""
    return game.last_basket, game.score, game.home.name, game.away.name


def score_line(game: Game) -> Iterator[ScoreLine]:
    """Find the one score line of a game, once there has been a basket."""
    basket = game.last_basket
    if basket is not None:
        yield ScoreLine(
            fixture=game.fixture,
            key="score",
            home=game.home.name or "home",
            away=game.away.name or "away",
            home_points=game.score.home,
            away_points=game.score.away,
            period=basket.period,
            clock=basket.clock or "",
        )
