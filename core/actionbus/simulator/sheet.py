"""The score sheet of a match as it is played: its actions in the order in which they happened, and the clock."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from attrs import Factory, define, frozen

from actionbus.simulator.teams import FOULS_TO_LEAVE, Player, Side, make_id

if TYPE_CHECKING:
    from random import Random


class Kind(Enum):
    """An action type, by the id that packets give it.

    Ids from 2901 on stand in for the vendor's, which are not public.
    """

    MATCH_CONDITIONS = 1
    TEAM_COLOURS = 2
    LINEUPS = 3
    START_FIXTURE = 4
    END_MATCH = 5
    START_PERIOD = 6
    END_PERIOD = 7
    START_CLOCK = 8
    STOP_CLOCK = 9
    SUBSTITUTION_IN = 13
    SUBSTITUTION_OUT = 14
    POSSESSION = 15
    TIMEOUT = 52
    TURNOVER = 201
    OFFENSIVE_REBOUND = 204
    DEFENSIVE_REBOUND = 205
    ASSIST = 217
    STEAL = 222
    TWO_MADE = 2901
    TWO_MISSED = 2902
    THREE_MADE = 2903
    THREE_MISSED = 2904
    FREE_THROW_MADE = 2905
    FREE_THROW_MISSED = 2906
    FREE_THROWS_AWARDED = 2907
    FOUL = 2908
    BLOCK = 2909
    JUMP_BALL = 2910


POINTS = {Kind.TWO_MADE: 2, Kind.THREE_MADE: 3, Kind.FREE_THROW_MADE: 1}


@frozen(kw_only=True)
class Action:
    """One action of the match, as somebody says it was; the true one has an odd ``place``.

    ``place`` orders actions within the whole match, ``clock`` is what is left of the period in whole seconds,
    ``at`` the wall clock in seconds since the first packet, ``related`` the ids of actions that this one follows.
    """

    id: str
    kind: Kind
    place: int
    period: int
    clock: int
    at: float
    home: bool | None = None
    player: Player | None = None
    subtype: str | None = None
    related: tuple[str, ...] = ()


@define
class Sheet:
    """The actions so far, and what the next one depends on."""

    seed: int
    rng: Random
    home: Side
    away: Side
    actions: list[Action] = Factory(list[Action])
    points: dict[bool, int] = Factory(lambda: {True: 0, False: 0})
    period: int = 0
    left: float = 0.0  # seconds of the period
    wall: float = 0.0  # seconds since the first packet
    running: bool = False

    def side(self, home: bool) -> Side:
        """Return the home or the away side."""
        return self.home if home else self.away

    def add(
        self,
        kind: Kind,
        home: bool | None = None,
        player: Player | None = None,
        *,
        subtype: str | None = None,
        related: tuple[Action, ...] = (),
    ) -> Action:
        """Write down what happens now; the scorer needs a moment for it."""
        self.wall += self.rng.uniform(0.05, 0.35)
        number = len(self.actions)
        action = Action(
            id=make_id(self.seed, f"action/{number}"),
            kind=kind,
            place=2 * number + 1,
            period=self.period,
            clock=int(self.left),
            at=self.wall,
            home=home,
            player=player,
            subtype=subtype,
            related=tuple(one.id for one in related),
        )
        self.actions.append(action)
        if home is not None:
            self.points[home] += POINTS.get(kind, 0)
        return action

    def play(self, seconds: float) -> None:
        """Let the ball be in play for so many seconds, or until the period is over."""
        if not self.running:
            self.running = True
            self.add(Kind.START_CLOCK)
        seconds = min(seconds, self.left)
        self.left -= seconds
        self.wall += seconds

    def stop(self) -> None:
        """Stop the clock, where it runs."""
        if self.running:
            self.running = False
            self.add(Kind.STOP_CLOCK)

    def wait(self, low: float, high: float) -> None:
        """Let time pass while the clock stands, in seconds."""
        self.wall += self.rng.uniform(low, high)

    def foul(self, home: bool, player: Player | None, subtype: str) -> Action:
        """Write down a foul by this side; a player with five leaves at once."""
        side = self.side(home)
        foul = self.add(Kind.FOUL, home, player, subtype=subtype)
        if player is not None:
            side.fouls[player.id] += 1
            if subtype in ("Personal", "Unsportsmanlike"):
                side.period_fouls += 1
            if side.fouls[player.id] >= FOULS_TO_LEAVE and side.bench():
                self.change(home, player)
        return foul

    def change(self, home: bool, out: Player) -> None:
        """Substitute ``out`` with somebody from the bench."""
        side = self.side(home)
        comes = self.rng.choice(side.bench())
        side.floor[side.floor.index(out)] = comes
        self.wait(0.2, 2.0)
        self.add(Kind.SUBSTITUTION_OUT, home, out)
        self.add(Kind.SUBSTITUTION_IN, home, comes)

    def pause(self, shooter: Player | None = None) -> None:
        """Use a stopped clock: now and then a timeout, and fresh players; who is to shoot stays."""
        if self.rng.random() < 0.11:
            home = self.rng.random() < 0.5
            if self.side(home).timeouts:
                self.side(home).timeouts -= 1
                self.add(Kind.TIMEOUT, home)
                self.wait(55, 75)
        for home in (True, False):
            side = self.side(home)
            for player in self.rng.sample(side.floor, self.rng.choice((0, 0, 0, 1, 1, 2))):
                if player != shooter and side.bench():
                    self.change(home, player)
