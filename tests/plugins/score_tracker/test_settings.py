"""The settings: what they change, and what is told of wrong ones."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs
import pytest

from actionbus import (
    ALL_CHANGES,
    Action,
    ConfigError,
    DefensiveRebound,
    Foul,
    FreeThrowMade,
    Moment,
    Steal,
    Subscription,
    ThreePointerMade,
    Turnover,
    TwoPointerMade,
    hookimpl,
    on,
    snake_name,
)
from actionbus.testing import AWAY, make, running
from actionbus_plugins import score_tracker
from actionbus_plugins.score_tracker import ScoreChanged, ScoreLine
from actionbus_plugins.score_tracker.settings import COMBINED, STATS

HEAD = "[plugin.test]\n"


async def announced(settings: str, actions: Iterable[Action]) -> list[str]:
    """What is announced with these settings, but for the scores: class and key, with the change's sign."""
    heard: list[str] = []

    async def hear(moment: Moment) -> None:
        if not isinstance(moment, ScoreLine | ScoreChanged):
            heard.append(f"{moment.change} {snake_name(type(moment))} {moment.key}")

    def subscriptions() -> list[Subscription]:
        return [on(Moment, hear, changes=ALL_CHANGES)]

    async with running(score_tracker.folds, hookimpl(subscriptions), config=HEAD + settings) as bench:
        await bench.deliver(*actions)
    return heard


def numbered(actions: Iterable[Action]) -> list[Action]:
    """Give the actions the ids 1, 2, 3."""
    return [attrs.evolve(action, action_id=str(index)) for index, action in enumerate(actions, 1)]


@pytest.mark.parametrize(
    ("settings", "actions", "heard"),
    [
        ("", [make(TwoPointerMade) for _ in range(4)], ["added scoring_run 1"]),
        (
            "run = 7",
            [make(ThreePointerMade) for _ in range(3)],
            ["added scoring_run 1", "added streak threes:1"],
        ),
        (
            "[plugin.test.streaks.boards]\nof = 'rebound'\nat_least = 2\nbroken_by = ['turnover']",
            [make(DefensiveRebound), make(Turnover), make(DefensiveRebound), make(DefensiveRebound)],
            ["added streak boards:3"],
        ),
        (
            "[plugin.test.streaks]\n"
            "takeaways = { of = ['steal', 'block'], per = 'team', at_least = 2, broken_by = 'turnover' }",
            [make(Steal, player="A"), make(Turnover, team=AWAY), make(Steal, player="B")],
            ["added streak takeaways:1"],
        ),
        ("milestones = { steals = [2] }", [make(Steal), make(Steal)], ["added milestone steals:2:player-one"]),
        ("run = 99\nmilestones = {}", [make(FreeThrowMade) for _ in range(10)], []),
        (
            "team_milestones = { points = [3, 5] }",
            [make(TwoPointerMade, team=AWAY), make(ThreePointerMade, team=AWAY)],
            ["added milestone points:3:away", "added milestone points:5:away"],
        ),
        (
            "foul_trouble = [{ fouls = 3, until = 2 }]",
            [make(Foul, period=period) for period in (1, 1, 2)],
            ["added foul_trouble player-one:3"],
        ),
        (
            "clutch = { margin = 2, seconds = 60, period = 1 }",
            [make(TwoPointerMade, clock="00:40"), make(TwoPointerMade, clock="00:30")],
            ["added clutch_time 1"],
        ),
        ("buzzer = 5", [make(TwoPointerMade, clock="00:05")], ["added buzzer_beater 1"]),
    ],
)
async def test_thresholds_are_those_of_the_settings(settings: str, actions: list[Action], heard: list[str]) -> None:
    assert await announced(settings, numbered(actions)) == heard


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("run = 0", "2: plugin.score_tracker.run: should be 1 or more"),
        ("run = '8'", "2: plugin.score_tracker.run: is text, should be a whole number; write it without quotes"),
        ("runs = 8", "2: plugin.score_tracker.runs: unknown key; did you mean 'run'?"),
        ("buzzer = -1", "2: plugin.score_tracker.buzzer: should be 0 or more"),
        ("clutch = { margins = 3 }", "2: plugin.score_tracker.clutch.margins: unknown key; did you mean 'margin'?"),
        ("clutch = { period = 0 }", "2: plugin.score_tracker.clutch.period: should be 1 or more"),
        (
            "foul_trouble = [\n  { until = 1 },\n]",
            "3: plugin.score_tracker.foul_trouble[0].fouls: is missing",
        ),
        (
            "foul_trouble = [\n  { fouls = 2, until = 1 },\n  { fouls = 2 },\n]",
            "4: plugin.score_tracker.foul_trouble[1].fouls: 2 fouls have a limit already",
        ),
        (
            "milestones = { point = [10] }",
            "2: plugin.score_tracker.milestones.point: is no figure of the box score; did you mean 'points'?",
        ),
        (
            "milestones = { points = 10 }",
            "2: plugin.score_tracker.milestones.points: is a whole number, should be a list",
        ),
        (
            "[plugin.score_tracker.team_milestones]\npoints = [0]",
            "3: plugin.score_tracker.team_milestones.points: should have whole numbers above 0",
        ),
        (
            "[plugin.score_tracker.streaks.x]\nof = 'three_pointers_made'",
            "3: plugin.score_tracker.streaks.x.of: there is no action class 'three_pointers_made';"
            " did you mean 'three_pointer_made'?",
        ),
        (
            "[plugin.score_tracker.streaks.x]\nof = 'lead_change'",
            "3: plugin.score_tracker.streaks.x.of: there is no action class 'lead_change'",
        ),
        (
            "[plugin.score_tracker.streaks.x]\nof = 'steal'",
            "2: plugin.score_tracker.streaks.x: nothing would ever end a streak of steal; name what does: broken_by =",
        ),
        (
            "[plugin.score_tracker.streaks.x]\nof = 'shot_made'\nbroken_by = 'two_pointer_made'",
            "2: plugin.score_tracker.streaks.x: what makes the streak would also end it; of and broken_by should have",
        ),
        ("[plugin.score_tracker.streaks.x]\nof = []", "3: plugin.score_tracker.streaks.x.of: is empty"),
        (
            "[plugin.score_tracker.streaks.x]\nof = 'shot_made'\nper = 'game'",
            '4: plugin.score_tracker.streaks.x.per: should be "player" or "team"',
        ),
        (
            "[plugin.score_tracker.streaks.x]\nof = 'shot_made'\nat_least = 1",
            "4: plugin.score_tracker.streaks.x.at_least: should be 2 or more",
        ),
    ],
)
async def test_wrong_thresholds_are_told_with_line_and_advice(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        async with running(score_tracker, config=f"[plugin.score_tracker]\n{text}\n", folder=tmp_path):
            pass
    (problem,) = caught.value.problems
    assert str(problem).removeprefix(f"{tmp_path}/plugins.toml:").startswith(told)


def test_the_figures_are_those_of_the_box_score_and_the_combined_ones() -> None:
    assert {"points", "rebounds", "fouls", "three_pointers_made", *COMBINED} <= set(STATS)
