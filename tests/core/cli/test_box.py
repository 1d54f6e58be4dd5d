from __future__ import annotations

import pytest

from actionbus import Action, ThreePointerMade, TwoPointerMade
from actionbus.cli.box import NAME, columns, fitted, print_box
from actionbus.game import Game
from actionbus.testing import AWAY, FIXTURE, HOME, make


def played(*actions: Action) -> Game:
    game = Game(fixture=FIXTURE)
    for action in actions:
        game.apply(action)
    return game


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("Ann", 5, "Ann  "),
        ("Annabel", 5, "Anna…"),
        ("Lark\u0131\u0307n", 7, "Lark\u0131\u0307n "),  # an accent that stands alone takes no column
        ("\u59da\u660e", 5, "\u59da\u660e "),  # Chinese takes two
        ("\u59da\u660e\u59da", 4, "\u59da… "),
    ],
)
def test_names_are_cut_and_filled_by_the_columns_they_take(text: str, width: int, shown: str) -> None:
    assert fitted(text, width) == shown
    assert columns(fitted(text, width)) == width


def test_the_tables_fit_80_columns_however_long_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    long = "Giannis Sina Ugo Antetokounmpo Adetokunbo"
    print_box(played(*(make(ThreePointerMade, player=long, team=team) for team in (HOME, AWAY) for _ in range(34))))
    lines = capsys.readouterr().out.splitlines()
    tables = [line for line in lines if line.endswith((" PF", " 0"))]
    assert {columns(line) for line in tables} == {80}
    assert len(tables) == 6
    assert sum(line.startswith(long[: NAME - 1] + "…") for line in tables) == 2


def test_players_stand_by_points_and_the_team_last(capsys: pytest.CaptureFixture[str]) -> None:
    print_box(
        played(
            make(TwoPointerMade, player="Bo Second the Tall", score=(2, 0)),
            make(ThreePointerMade, player="Cy First", score=(5, 0)),
            make(TwoPointerMade, player="Al Second", score=(7, 0)),
            make(TwoPointerMade, team=AWAY, period=2, score=(7, 2)),
        )
    )
    out = capsys.readouterr().out
    assert out.splitlines()[1] == "Harbor Gulls 7 - 2 Iron Foxes   7-0  0-2"
    first = [line.split("  ")[0].strip() for line in out.split("\n\n")[1].splitlines()]
    assert first == ["Harbor Gulls", "Cy First", "Al Second", "Bo Second the Tall", "Team"]


def test_a_game_without_actions_has_empty_tables(capsys: pytest.CaptureFixture[str]) -> None:
    print_box(Game(fixture=FIXTURE))
    out = capsys.readouterr().out.splitlines()
    assert out[1] == "home 0 - 0 away"
    assert len(out) == 8
