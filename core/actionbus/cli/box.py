"""A box score as people read it: a table for each team, within 80 columns."""

from __future__ import annotations

import unicodedata

from actionbus.game import Game, Line, TeamBox

COLUMNS = (
    *(("PTS", 3), ("2P", 5), ("3P", 5), ("FT", 5), ("OR", 2), ("DR", 2)),
    *(("REB", 3), ("AST", 3), ("STL", 3), ("BLK", 3), ("TO", 2), ("PF", 2)),
)
NAME = 80 - sum(width + 1 for _, width in COLUMNS)  # the most that is left for a name


def print_box(game: Game) -> None:
    """Print the box score of both teams, players by points."""
    score = game.score
    periods = "  ".join(str(made) for made in game.periods.values())
    print(f"\n{game.home.name or 'home'} {score.home} - {score.away} {game.away.name or 'away'}   {periods}".rstrip())
    if game.disagreement is not None:
        print(game.disagreement)
    rows = [*game.home.players.values(), *game.away.players.values()]
    width = min(NAME, max((columns(str(row.player)) for row in rows), default=8))
    for team, side in ((game.home, "home"), (game.away, "away")):
        _print_team(team, side, width)


def _print_team(team: TeamBox, side: str, width: int) -> None:
    print(f"\n{fitted(team.name or side, width)} {' '.join(f'{name:>{room}}' for name, room in COLUMNS)}")
    for row in sorted(team.players.values(), key=lambda each: (-each.line.points, each.player.name)):
        print(f"{fitted(str(row.player), width)} {_figures(row.line)}")
    print(f"{fitted('Team', width)} {_figures(team.line)}")


def _figures(line: Line) -> str:
    figures = (
        line.points,
        f"{line.two_pointers_made}/{line.two_pointers_attempted}",
        f"{line.three_pointers_made}/{line.three_pointers_attempted}",
        f"{line.free_throws_made}/{line.free_throws_attempted}",
        line.offensive_rebounds,
        line.defensive_rebounds,
        line.rebounds,
        line.assists,
        line.steals,
        line.blocks,
        line.turnovers,
        line.fouls,
    )
    return " ".join(f"{figure:>{room}}" for figure, (_, room) in zip(figures, COLUMNS, strict=True))


def fitted(text: str, width: int) -> str:
    """Cut or fill a text to a number of columns of the terminal."""
    if columns(text) > width:
        while columns(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - columns(text))


def columns(text: str) -> int:
    """Count the terminal's columns: accents that stand alone take none, Chinese and the like two."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return len(text) + wide - sum(unicodedata.combining(each) != 0 for each in text)
