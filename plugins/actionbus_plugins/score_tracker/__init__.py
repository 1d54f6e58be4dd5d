"""Keep the score: moments such as lead changes and runs, the score line, and a file of box scores."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio

from actionbus import (
    ALL_CHANGES,
    Action,
    Change,
    ConfigError,
    Declaration,
    FeedStatus,
    Fold,
    PluginContext,
    Problem,
    Subscription,
    hookimpl,
    on,
)
from actionbus_plugins.score_tracker.file import ScoreFile
from actionbus_plugins.score_tracker.moments import BasketMoment as BasketMoment
from actionbus_plugins.score_tracker.moments import BuzzerBeater as BuzzerBeater
from actionbus_plugins.score_tracker.moments import ClutchTime as ClutchTime
from actionbus_plugins.score_tracker.moments import FinalScore as FinalScore
from actionbus_plugins.score_tracker.moments import FoulTrouble as FoulTrouble
from actionbus_plugins.score_tracker.moments import GameMoment as GameMoment
from actionbus_plugins.score_tracker.moments import LeadChange as LeadChange
from actionbus_plugins.score_tracker.moments import Milestone as Milestone
from actionbus_plugins.score_tracker.moments import PeriodEnd as PeriodEnd
from actionbus_plugins.score_tracker.moments import ScoreChanged as ScoreChanged
from actionbus_plugins.score_tracker.moments import ScoreLine as ScoreLine
from actionbus_plugins.score_tracker.moments import ScoringRun as ScoringRun
from actionbus_plugins.score_tracker.moments import Streak as Streak
from actionbus_plugins.score_tracker.moments import Tie as Tie
from actionbus_plugins.score_tracker.settings import Settings as Settings
from actionbus_plugins.score_tracker.settings import problems
from actionbus_plugins.score_tracker.standing import make_folds


@hookimpl
def declare() -> Declaration:
    """Let ``actionbus check`` validate the settings."""
    return Declaration(settings=Settings, check=check)


def check(context: PluginContext) -> None:
    """Say which thresholds make no sense, and where the file cannot be. Raises ConfigError."""
    settings = context.settings(Settings)
    found = rule_problems(context, settings)
    file = settings.file
    if file is not None and (file.is_dir() or not file.parent.is_dir()):
        what = "is a folder, should be a file" if file.is_dir() else f"there is no folder {file.parent}"
        found.append(context.problem(("plugin", context.name, "file"), what))
    if found:
        raise ConfigError(*found)


def rule_problems(context: PluginContext, settings: Settings) -> list[Problem]:
    """Return what is wrong with the thresholds."""
    return [context.problem(("plugin", context.name, *keys), what, hint) for keys, what, hint in problems(settings)]


@hookimpl
def folds(context: PluginContext) -> list[Fold]:
    """Announce the moments; corrections change them by themselves. Raises ConfigError."""
    settings = context.settings(Settings)
    if found := rule_problems(context, settings):
        raise ConfigError(*found)
    return make_folds(settings)


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
