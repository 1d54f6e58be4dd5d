"""The examples do what their first line says, with what plugin authors test with."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from actionbus import (
    Assist,
    Block,
    DefensiveRebound,
    FreeThrowMissed,
    OffensiveTeamRebound,
    PeriodStart,
    SendType,
    Steal,
    ThreePointerMissed,
)
from actionbus.testing import AWAY, make, running

FOLDER = Path(__file__).parents[2] / "examples"
Lines = Callable[[], list[str]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return lambda: capsys.readouterr().out.splitlines()


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_example_has_a_test_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == {"play_by_play", "steals"}


async def test_steals_says_so_whenever_somebody_takes_the_ball(lines: Lines) -> None:
    async with running(example("steals")) as bench:
        await bench.deliver(make(Steal, player="Ann Lee", clock="07:21"), make(Block))
    assert lines() == ["07:21 Ann Lee steals the ball!"]


async def test_play_by_play_prints_aligned_lines_with_news_corrections_and_withdrawals(lines: Lines) -> None:
    async with running(example("play_by_play")) as bench:
        await bench.deliver(
            make(PeriodStart, player=None, team=None),
            steal := make(Steal, player="Ann Lee", clock="9:59"),
            attrs.evolve(steal, clock="9:58", send_type=SendType.UPDATED),
            attrs.evolve(steal, send_type=SendType.DELETED),
            make(Assist),
            make(ThreePointerMissed, player="Bo", team=AWAY, period=4),
            make(OffensiveTeamRebound, player=None, period=5),
        )
    assert lines() == [
        "Q1 10:00   period start",
        "Q1  9:59   steal                 Ann Lee (Harbor Gulls)",
        "Q1  9:58 ~ steal                 Ann Lee (Harbor Gulls)",
        "Q1  9:58 - steal                 Ann Lee (Harbor Gulls)",
        "Q4 10:00   three pointer missed  Bo (Iron Foxes)",
        "OT1 10:00   offensive team rebound Harbor Gulls",
    ]


@pytest.mark.parametrize("kind", [DefensiveRebound, FreeThrowMissed, ThreePointerMissed, Steal])
async def test_play_by_play_fits_80_columns_with_long_names(kind: type[Steal], lines: Lines) -> None:
    async with running(example("play_by_play")) as bench:
        await bench.deliver(make(kind, player="Aleksandar Vezenkov-Dimitrov", period=5))
    (line,) = lines()
    assert len(line) <= 80
