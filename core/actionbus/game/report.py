"""The box score as plain data, in the form that ``replay --box --json`` prints and score files hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from actionbus.events.base import Player, Score
from actionbus.game.box import Line, TeamBox
from actionbus.game.game import Game

STARTING = "startingLineup"
LISTS = (STARTING, "substitutes")


def box_score(game: Game) -> dict[str, object]:
    """Return a fixture's box score as JSON values.

    ``home`` and ``away`` hold the counted figures (see ``Line``) and ``players``: everybody in a line-up or in an
    action that stands. ``score`` is the feed's own where it sends one. ``bench_points`` are those of players who are
    not in the feed's starting line-up, None before there is one; for the other figures of the game's course see
    ``Course``.
    """
    course = game.flow.course
    return {
        "fixture": game.fixture,
        "packets": game.counts.packets,
        "bad": game.counts.bad,
        "status": game.status,
        "finished": game.finished,
        "period": game.period,
        "clock": game.clock,
        "score": _pair(game.score),
        "periods": [{"period": number, **_pair(made)} for number, made in game.periods.items()],
        "lead_changes": course.lead_changes,
        "home": _team(game, game.home, course.biggest_lead.home, course.biggest_run.home),
        "away": _team(game, game.away, course.biggest_lead.away, course.biggest_run.away),
    }


def _pair(score: Score) -> dict[str, int]:
    return {"home": score.home, "away": score.away}


def _team(game: Game, box: TeamBox, lead: int, run: int) -> dict[str, object]:
    starters = {player.id for player in _listed(game, box.id, STARTING)}
    lines = {player.id: (player, Line()) for key in LISTS for player in _listed(game, box.id, key)}
    lines |= {each.player.id: (each.player, each.line) for each in box.players.values()}
    players = sorted(lines.values(), key=lambda item: (-item[1].points, item[0].name, item[0].id))
    bench = sum(line.points for player, line in players if player.id not in starters) if starters else None
    return {
        "id": box.id,
        "name": box.name,
        **box.line.as_dict(),
        "biggest_lead": lead,
        "biggest_run": run,
        "bench_points": bench,
        "players": [{"id": player.id, "name": player.name, **line.as_dict()} for player, line in players],
    }


def _listed(game: Game, team: str, key: str) -> Iterator[Player]:
    """Give the players in a list of a team's line-up; what is not in the shape of PROTOCOL 2.5 is passed over."""
    for lineup in game.lineups.values():
        if lineup.team is None or lineup.team.id != team:
            continue
        listed = (lineup.metadata or {}).get(key)
        for item in cast("list[object]", listed) if isinstance(listed, list) else ():
            player = cast("dict[str, object]", item) if isinstance(item, dict) else {}
            if isinstance(number := player.get("id"), str):
                yield Player(id=number, name=str(player.get("fullName") or ""))
