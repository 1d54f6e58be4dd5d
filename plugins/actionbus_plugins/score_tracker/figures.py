"""Find the moments of the box score's figures: milestones, and players in foul trouble."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from actionbus import Action, Assist, Block, Foul, Game, Line, Rebound, Shot, Steal, Team, Turnover
from actionbus_plugins.score_tracker.moments import FoulTrouble, Milestone
from actionbus_plugins.score_tracker.series import Found, Series, place_of
from actionbus_plugins.score_tracker.settings import CATEGORIES, COMBINED, FoulLimit, Settings

Thresholds = Mapping[str, Sequence[int]]  # by figure
Owner = tuple[bool, str]  # whether it is a player, and the id of the player or team
Parts = tuple[tuple[bool, str, int], ...]  # whether for the player, the figure, and how much an action adds to it


@frozen
class Reached:
    """An action with which a figure reached a threshold."""

    stat: str
    threshold: int
    value: int
    action: Action  # compares by identity: an amended action is another one


COUNTED = (Shot, Rebound, Assist, Steal, Block, Turnover, Foul)  # what a box score has figures of


class Milestones:
    """Finds the milestones of one game."""

    def __init__(self, settings: Settings) -> None:
        self.found = Found[Milestone]()
        self._thresholds = {True: settings.milestones, False: settings.team_milestones}
        self._wanted = {player: _wanted(thresholds) for player, thresholds in self._thresholds.items()}
        self._series: defaultdict[tuple[Owner, str], Series] = defaultdict(Series)
        self._parts: dict[type[Action], Parts] = {}
        self._moved: dict[tuple[Owner, str], None] = {}  # in the order of their entries, each once
        self._reached: dict[tuple[Owner, str], list[Reached]] = {}
        self._standing: dict[Owner, list[Reached]] = {}

    def hears(self, kind: type[Action]) -> bool:
        """Whether actions of this class matter: those of the box score do."""
        return issubclass(kind, COUNTED)

    def count(self, action: Action, by: int) -> bool:
        """Count what the action adds to the figures that matter."""
        parts = self._parts.get(type(action))
        if parts is None:
            parts = self._find_parts(action)
        team, player = action.team, action.player
        if team is None:
            return False
        for is_player, stat, amount in parts:
            if not is_player:
                owner = False, team.id
            elif player is not None:
                owner = True, player.id
            else:
                continue
            self._series[owner, stat].count(action, by, amount)
            self._moved[owner, stat] = None
        return bool(self._moved)

    def _find_parts(self, action: Action) -> Parts:
        figures = Line.moved_by(action)
        parts = tuple(
            (is_player, stat, figures[stat])
            for is_player, wanted in self._wanted.items()
            for stat in wanted
            if stat in figures
        )
        if not isinstance(action, Foul):  # with fouls it is not the class alone that decides
            self._parts[type(action)] = parts
        return parts

    def settle(self, game: Game) -> None:
        """Look again at the thresholds of the figures that have moved."""
        owners: dict[Owner, None] = {}
        for key in self._moved:
            owner, stat = key
            series, wanted = self._series[key], self._wanted[owner[0]][stat]
            reached = list(_reached(stat, series, wanted)) if series.total >= wanted[0] else []
            if reached != self._reached.get(key, []):
                self._reached[key] = reached
                owners[owner] = None
        self._moved.clear()
        changed = False
        for owner in owners:
            standing = list(self._milestones(owner))
            if standing != self._standing.get(owner, []):
                self._standing[owner] = standing
                changed = True
        if changed:
            found = [(owner, each) for owner, reached in self._standing.items() for each in reached]
            found.sort(key=lambda each: place_of(each[1].action))
            self.found.put([_milestone(game, owner, each) for owner, each in found])

    def _milestones(self, owner: Owner) -> Iterator[Reached]:
        for stat, thresholds in self._thresholds[owner[0]].items():
            if stat in COMBINED:
                yield from (each for least in thresholds for each in self._combined(owner, stat, least))
            else:
                yield from (each for each in self._reached.get((owner, stat), ()) if each.threshold in thresholds)

    def _combined(self, owner: Owner, stat: str, threshold: int) -> Iterator[Reached]:
        found = [each for name in CATEGORIES for each in self._reached.get((owner, name), ())]
        actions = sorted((each.action for each in found if each.threshold == threshold), key=place_of)
        needed = COMBINED[stat]
        if len(actions) >= needed:
            yield Reached(stat, threshold, needed, actions[needed - 1])


def _wanted(thresholds: Thresholds) -> dict[str, list[int]]:
    """Return, by figure, the thresholds that something depends on, the lowest first."""
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for stat, values in thresholds.items():
        for name in CATEGORIES if stat in COMBINED else (stat,):
            wanted[name].update(values)
    return {stat: sorted(values) for stat, values in wanted.items() if values}


def _reached(stat: str, series: Series, thresholds: Sequence[int]) -> Iterator[Reached]:
    total, waiting = 0, iter(thresholds)
    threshold = next(waiting, None)
    for action, amount in zip(series.actions, series.amounts, strict=True):
        total += amount
        while threshold is not None and total >= threshold:
            yield Reached(stat, threshold, total, action)
            threshold = next(waiting, None)


def _milestone(game: Game, owner: Owner, reached: Reached) -> Milestone:
    is_player, number = owner
    action = reached.action
    return Milestone(
        fixture=game.fixture,
        key=f"{reached.stat}:{reached.threshold}:{number}",
        action_ids=(action.action_id,),
        period=action.period,
        clock=action.clock or "",
        clock_seconds=action.clock_seconds,
        stat=reached.stat,
        threshold=reached.threshold,
        value=reached.value,
        team=action.team or Team(id=""),
        player=action.player if is_player else None,
    )


class FoulTroubles:
    """Finds the players of one game that are in foul trouble."""

    def __init__(self, limits: Sequence[FoulLimit]) -> None:
        self.found = Found[FoulTrouble]()
        self._limits = limits
        self._fouls: defaultdict[str, Series] = defaultdict(Series)
        self._moved: dict[str, None] = {}
        self._standing: dict[str, list[tuple[Action, ...]]] = {}

    def hears(self, kind: type[Action]) -> bool:
        """Whether actions of this class matter: fouls do."""
        return issubclass(kind, Foul)

    def count(self, action: Action, by: int) -> bool:
        """Count a player's foul."""
        if action.player is not None and action.team is not None and "fouls" in Line.moved_by(action):
            self._fouls[action.player.id].count(action, by)
            self._moved[action.player.id] = None
        return bool(self._moved)

    def settle(self, game: Game) -> None:
        """Look again at the limits of the players who have fouled."""
        changed = False
        for player in self._moved:
            standing = list(self._troubles(self._fouls[player].actions))
            if standing != self._standing.get(player, []):
                self._standing[player] = standing
                changed = True
        self._moved.clear()
        if changed:
            troubles = [fouls for found in self._standing.values() for fouls in found]
            troubles.sort(key=lambda fouls: (place_of(fouls[-1]), len(fouls)))
            self.found.put([trouble for fouls in troubles for trouble in _trouble(game, fouls)])

    def _troubles(self, fouls: Sequence[Action]) -> Iterator[tuple[Action, ...]]:
        for limit in self._limits:
            if len(fouls) >= limit.fouls:
                counted = tuple(fouls[: limit.fouls])
                if limit.until is None or counted[-1].period <= limit.until:
                    yield counted


def _trouble(game: Game, fouls: Sequence[Action]) -> Iterator[FoulTrouble]:
    last = fouls[-1]
    if last.player is not None and last.team is not None:
        yield FoulTrouble(
            fixture=game.fixture,
            key=f"{last.player.id}:{len(fouls)}",
            action_ids=tuple(foul.action_id for foul in fouls),
            period=last.period,
            clock=last.clock or "",
            clock_seconds=last.clock_seconds,
            team=last.team,
            player=last.player,
            fouls=len(fouls),
        )
