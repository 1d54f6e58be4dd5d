"""Two invented teams: who plays, who sits, and how many fouls each has."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from attrs import Factory, define, frozen

from actionbus.simulator.names import CITIES, COLOURS, FIRST_NAMES, LAST_NAMES, TEAMS

if TYPE_CHECKING:
    from random import Random

# Any fixed UUID will do: ids must be the same for the same seed, and those of different seeds must differ.
NAMESPACE = UUID("8f0c6a52-2b1e-5d0b-9a3e-6c1f4e0d7b95")
FOULS_TO_LEAVE = 5


@frozen(kw_only=True)
class Player:
    """One player; ``skill`` is about 1.0 and multiplies the chance that a shot goes in."""

    id: str
    first: str
    last: str
    shirt: str
    skill: float

    @property
    def name(self) -> str:
        """First and last name, as packets give it."""
        return f"{self.first} {self.last}"


@frozen(kw_only=True)
class Team:
    """One team; the first five of ``players`` start."""

    id: str
    name: str
    colour: str
    home: bool
    players: tuple[Player, ...]


@define
class Side:
    """A team during the match: its five on the floor, its fouls and its timeouts."""

    team: Team
    floor: list[Player] = Factory(list["Player"])
    fouls: Counter[str] = Factory(Counter[str])
    period_fouls: int = 0
    timeouts: int = 5

    def pick(self, rng: Random, but: Player | None = None) -> Player:
        """Draw one of the five on the floor, the skilled more often."""
        five = [player for player in self.floor if player != but]
        return rng.choices(five, [player.skill**2 for player in five])[0]

    def bench(self) -> list[Player]:
        """Who may come in: not on the floor, and not out with five fouls."""
        return [
            player
            for player in self.team.players
            if player not in self.floor and self.fouls[player.id] < FOULS_TO_LEAVE
        ]


def make_id(seed: int, what: str) -> str:
    """Return the UUID of ``what`` in the match of this seed."""
    return str(uuid5(NAMESPACE, f"{seed}/{what}"))


def make_teams(seed: int, rng: Random) -> tuple[Team, Team]:
    """Draw the home and the away team, of 10 to 12 players each, no name twice."""
    cities, names, colours = rng.sample(CITIES, 2), rng.sample(TEAMS, 2), rng.sample(COLOURS, 2)
    last_names = rng.sample(LAST_NAMES, 24)
    made: list[Team] = []
    for place in range(2):
        shirts = sorted(rng.sample(range(100), rng.randint(10, 12)))
        rng.shuffle(shirts)
        players = tuple(
            Player(
                id=make_id(seed, f"team/{place}/player/{number}"),
                first=rng.choice(FIRST_NAMES),
                last=last_names[place * 12 + number],
                shirt=str(shirt),
                skill=rng.uniform(1.0, 1.15) if number < 5 else rng.uniform(0.85, 1.0),
            )
            for number, shirt in enumerate(shirts)
        )
        made.append(
            Team(
                id=make_id(seed, f"team/{place}"),
                name=f"{cities[place]} {names[place]}",
                colour=colours[place],
                home=place == 0,
                players=players,
            )
        )
    return made[0], made[1]
