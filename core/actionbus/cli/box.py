"""A box score as people read it: a table for each team."""

from __future__ import annotations

from actionbus.game import Game, Line, TeamBox

COLUMNS = ("PTS", "2P", "3P", "FT", "OR", "DR", "REB", "AST", "STL", "BLK", "TO", "PF")


def print_box(game: Game) -> None:
    """Print the box score of both teams, players by points."""
    score = game.score
    periods = " ".join(f"({made.home}-{made.away})" for made in game.periods.values())
    print(f"\n{game.home.name} {score.home} - {score.away} {game.away.name}  {periods}")
    for team in (game.home, game.away):
        _print_team(team)


def _print_team(team: TeamBox) -> None:
    rows = sorted(team.players.values(), key=lambda each: (-each.line.points, each.player.name))
    width = max([len(str(row.player)) for row in rows] + [len(team.name), 5])
    print(f"\n{team.name:<{width}} " + " ".join(f"{column:>6}" for column in COLUMNS))
    for row in rows:
        print(f"{row.player!s:<{width}} {_figures(row.line)}")
    print(f"{'Team':<{width}} {_figures(team.line)}")


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
    return " ".join(f"{figure:>6}" for figure in figures)
