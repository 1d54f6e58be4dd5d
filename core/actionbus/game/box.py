"""What players and teams have done: counters, and which action type counts for what."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, fields

from actionbus.events import actions as a
from actionbus.events.base import Action, Player, Team
from actionbus.events.catalogue import normalised

# Fouls of the bench are in no official foul count of the team (shared/games, as the leagues' box scores have it).
BENCH_FOULS = {"coach technical", "bench technical"}


@define(kw_only=True)
class Line:
    """A line of the box score, of a player or of a team. All figures are counts, as FIBA and the NBA define them."""

    two_pointers_made: int = 0
    two_pointers_attempted: int = 0
    three_pointers_made: int = 0
    three_pointers_attempted: int = 0
    free_throws_made: int = 0
    free_throws_attempted: int = 0
    offensive_rebounds: int = 0
    defensive_rebounds: int = 0
    assists: int = 0
    steals: int = 0
    blocks: int = 0
    turnovers: int = 0
    fouls: int = 0

    @property
    def points(self) -> int:
        """Points scored."""
        return 2 * self.two_pointers_made + 3 * self.three_pointers_made + self.free_throws_made

    @property
    def rebounds(self) -> int:
        """Offensive and defensive rebounds; of a team, those of no player included."""
        return self.offensive_rebounds + self.defensive_rebounds

    def add(self, counter: str, by: int) -> None:
        """Move one counter by +1 or -1."""
        setattr(self, counter, getattr(self, counter) + by)

    @staticmethod
    def moved_by(action: Action) -> Mapping[str, int]:
        """Return what an action adds to the figures of its team and player, points and rebounds included."""
        moved = _figures[type(action)]
        return {} if moved and is_bench_foul(action) else moved

    def as_dict(self) -> dict[str, int]:
        """Return all figures by name, points and rebounds first."""
        figures = {each.name: getattr(self, each.name) for each in fields(Line)}
        return {"points": self.points, "rebounds": self.rebounds, **figures}


COUNTS: tuple[tuple[type[Action], str], ...] = (
    (a.TwoPointerMade, "two_pointers_made"),
    (a.TwoPointer, "two_pointers_attempted"),
    (a.ThreePointerMade, "three_pointers_made"),
    (a.ThreePointer, "three_pointers_attempted"),
    (a.FreeThrowMade, "free_throws_made"),
    (a.FreeThrow, "free_throws_attempted"),
    (a.OffensiveRebound, "offensive_rebounds"),
    (a.DefensiveRebound, "defensive_rebounds"),
    (a.Assist, "assists"),
    (a.Steal, "steals"),
    (a.Block, "blocks"),
    (a.Turnover, "turnovers"),
    (a.Foul, "fouls"),
)

WORTH: tuple[tuple[type[Action], int], ...] = ((a.TwoPointerMade, 2), (a.ThreePointerMade, 3), (a.FreeThrowMade, 1))


class _Counters(dict[type[Action], tuple[str, ...]]):
    def __missing__(self, kind: type[Action]) -> tuple[str, ...]:
        self[kind] = moved = tuple(name for each, name in COUNTS if issubclass(kind, each))
        return moved


class _Points(dict[type[Action], int]):
    def __missing__(self, kind: type[Action]) -> int:
        self[kind] = worth = next((worth for each, worth in WORTH if issubclass(kind, each)), 0)
        return worth


class _Figures(dict[type[Action], Mapping[str, int]]):
    def __missing__(self, kind: type[Action]) -> Mapping[str, int]:
        line = Line()
        for name in counters[kind]:
            line.add(name, 1)
        self[kind] = moved = {name: by for name, by in line.as_dict().items() if by}
        return moved


counters = _Counters()  # by action type: the counters of a Line that it moves
_figures = _Figures()  # by action type: all figures of a Line that it moves, and by how much
points = _Points()  # by action type: what a shot is worth; 0 for everything else


def is_bench_foul(action: Action) -> bool:
    """Whether this is a technical foul of the coach or the bench, which no foul count includes."""
    return isinstance(action, a.Foul) and normalised(action.subtype or "") in BENCH_FOULS


@define(eq=False)
class PlayerLine:
    """A player and what stands of what they did; ``mentions`` counts standing actions that name the player."""

    player: Player
    line: Line = field(factory=Line)
    mentions: int = 0


@define(eq=False)
class TeamBox:
    """One side of the box score: the team's line counts actions of no player too.

    ``mentions`` counts standing actions that name the team; ``leaning`` those that call it the home team, less those
    that call it the away team.
    """

    id: str = ""
    name: str = ""
    line: Line = field(factory=Line)
    players: dict[str, PlayerLine] = field(factory=dict[str, PlayerLine])
    mentions: int = 0
    leaning: int = 0

    def count(self, action: Action, team: Team, by: int) -> None:
        """Count one action of this team (+1), or take it back (-1)."""
        self.mentions += by
        self.name = team.name or self.name
        if team.home is not None:
            self.leaning += by if team.home else -by
        moved = counters[type(action)]
        if moved and is_bench_foul(action):
            moved = ()
        for name in moved:
            self.line.add(name, by)
        if action.player is not None:
            self._count_player(action.player, moved, by)

    def _count_player(self, player: Player, moved: tuple[str, ...], by: int) -> None:
        held = self.players.get(player.id)
        if held is None:
            held = self.players[player.id] = PlayerLine(player)
        elif by > 0 and player.name:
            held.player = player
        for name in moved:
            held.line.add(name, by)
        held.mentions += by
        if held.mentions == 0:
            del self.players[player.id]
