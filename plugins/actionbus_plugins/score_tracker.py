"""Keep the score: the score line as it changes, and a JSON file of box scores for overlays and scripts."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio
from attrs import frozen

from actionbus import (
    ALL_CHANGES,
    Action,
    Change,
    ConfigError,
    Declaration,
    FeedStatus,
    Fold,
    Game,
    Moment,
    PluginContext,
    Subscription,
    box_score,
    fold,
    hookimpl,
    on,
    period_text,
)

PAUSE = 0.2  # seconds between two writes of the file: people do not read faster


@frozen(kw_only=True)
class Settings:
    """``[plugin.score_tracker]``."""

    file: Path | None = None
    """A file of box scores by fixture id, replaced as they change; relative to plugins.toml."""


@frozen(kw_only=True, slots=False, eq=False)
class ScoreLine(Moment):
    """The score as it stands: the feed's where it sends one. Period and clock are those of the last basket."""

    home: str
    away: str
    home_points: int
    away_points: int
    period: int
    clock: str

    def __str__(self) -> str:
        period = period_text(self.period)
        return f"{period} {self.clock:>5} = {self.home} {self.home_points} - {self.away_points} {self.away}"


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


@hookimpl
def declare() -> Declaration:
    """Let ``actionbus check`` validate the settings."""
    return Declaration(settings=Settings, check=check)


def check(context: PluginContext) -> None:
    """Say where the file cannot be. Raises ConfigError."""
    file = context.settings(Settings).file
    if file is not None and (file.is_dir() or not file.parent.is_dir()):
        what = "is a folder, should be a file" if file.is_dir() else f"there is no folder {file.parent}"
        raise ConfigError(context.problem(("plugin", context.name, "file"), what))


@hookimpl
def folds() -> list[Fold]:
    """Announce the score line; corrections change it by themselves."""
    return [fold(ScoreLine, score_line, reads=what_it_reads)]


async def show(line: ScoreLine) -> None:
    """Print a score line at once, if the score is another one than before."""
    before = line.previous
    if not isinstance(before, ScoreLine):
        print(line, flush=True)
        return
    home, away = line.home_points - before.home_points, line.away_points - before.away_points
    if home or away:
        print(f"{line} (corrected)" if min(home, away) < 0 else line, flush=True)


@hookimpl
@asynccontextmanager
async def subscriptions(context: PluginContext) -> AsyncGenerator[list[Subscription]]:
    """Show the score line; keep the file, if one is asked for, until after the last event."""
    settings = context.settings(Settings)
    shown = on(ScoreLine, show, changes={Change.ADDED, Change.AMENDED})
    if settings.file is None or context.replaying:
        yield [shown]
        return
    scores = ScoreFile(context, settings.file)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scores.keep)
        # History, too: after a start the file has all games, also those of which nothing new comes.
        noted = on(Action, scores.note, changes=ALL_CHANGES, history=True)
        yield [shown, noted, on(FeedStatus, scores.note, history=True)]
        nursery.cancel_scope.cancel()
    await scores.write()


class ScoreFile:
    """A JSON object of box scores by fixture id, replaced as a whole: a reader never sees half of it."""

    def __init__(self, context: PluginContext, path: Path) -> None:
        self._context = context
        self._path = path.resolve()  # a link stays one
        self._texts: dict[str, str] = {}  # by fixture
        self._seen: dict[str, object] = {}  # by fixture: what tells whether its text is out of date
        self._failed = False

    async def note(self, event: Action | FeedStatus) -> None:
        """Remember that there is this fixture."""
        self._seen.setdefault(event.fixture, None)

    async def keep(self) -> None:
        """Write the file whenever a game has changed, but not more often than ``PAUSE`` allows.

        It looks by itself: of a packet that changes no action (the last one may be), or is bad, no handler hears.
        """
        while True:
            if self._failed or any(_state(game) != self._seen[game.fixture] for game in self._games()):
                await self.write()
            await trio.sleep(PAUSE)

    async def write(self) -> None:
        """Replace the file with the games as they stand. A disk that refuses is told once; the daemon goes on."""
        for game in self._games():
            state = _state(game)
            if state != self._seen[game.fixture]:
                self._seen[game.fixture] = state
                box = json.dumps(box_score(game), ensure_ascii=False)
                self._texts[game.fixture] = f"{json.dumps(game.fixture)}: {box}"
        text = "{" + ",\n".join(self._texts.values()) + "}\n"
        with trio.CancelScope(shield=True):
            try:
                await trio.to_thread.run_sync(self._replace, text)
            except OSError as error:
                if not self._failed:
                    self._context.log.error("cannot write the score file", file=str(self._path), reason=error.strerror)
                self._failed = True
            else:
                self._failed = False

    def _replace(self, text: str) -> None:
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            beside.write_text(text, encoding="utf-8")
            beside.replace(self._path)
        finally:
            beside.unlink(missing_ok=True)

    def _games(self) -> Iterator[Game]:
        return (game for fixture in self._seen if (game := self._context.game(fixture)) is not None)


def _state(game: Game) -> tuple[object, ...]:
    """Give what differs whenever a box score does, without making one."""
    return game.counts.packets, game.version, game.finished, game.summary
