"""Find streaks: the same again and again, until something breaks it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from actionbus import Action, Game
from actionbus_plugins.score_tracker.moments import Streak
from actionbus_plugins.score_tracker.series import Found, Series, place_of
from actionbus_plugins.score_tracker.settings import StreakRule, action_classes

Key = tuple[str, str]  # the rule's name, and the id of the player or team
Roles = tuple[tuple[str, int], ...]  # by rule in which an action has a part: 1 makes the streak longer, 0 breaks it
Kinds = tuple[tuple[int, tuple[type[Action], ...]], ...]  # the action classes of each role


def kinds_of(rules: Mapping[str, StreakRule]) -> dict[str, Kinds]:
    """Look the action classes of the rules up."""
    known = action_classes()
    parts = {name: ((1, rule.hits), (0, rule.breaks)) for name, rule in rules.items()}
    return {
        name: tuple((role, tuple(known[each] for each in names)) for role, names in roles)
        for name, roles in parts.items()
    }


class Streaks:
    """Finds the streaks of one game."""

    def __init__(self, rules: Mapping[str, StreakRule], kinds: Mapping[str, Kinds]) -> None:
        self.found = Found[Streak]()
        self._rules = rules
        self._kinds = kinds
        self._roles: dict[type[Action], Roles] = {}  # filled as ``hears`` is asked
        self._series: defaultdict[Key, Series] = defaultdict(Series)
        self._moved: dict[Key, None] = {}  # in the order of their entries, each once
        self._standing: dict[Key, list[tuple[Action, ...]]] = {}

    def hears(self, kind: type[Action]) -> bool:
        """Whether actions of this class matter: those with a part in a rule do."""
        self._roles[kind] = tuple(
            (name, role) for name, parts in self._kinds.items() for role, part in parts if issubclass(kind, part)
        )
        return bool(self._roles[kind])

    def count(self, action: Action, by: int) -> bool:
        """Count what makes a streak, and what breaks one."""
        for name, role in self._roles[type(action)]:
            who = action.player if self._rules[name].per == "player" else action.team
            if who is not None:
                key = (name, who.id)
                self._series[key].count(action, by, role)
                self._moved[key] = None
        return bool(self._moved)

    def settle(self, game: Game) -> None:
        """Look again at those for whom something was counted."""
        changed = False
        for key in self._moved:
            standing = list(_streaks(self._series[key], self._rules[key[0]].at_least))
            if standing != self._standing.get(key, []):
                self._standing[key] = standing
                changed = True
        self._moved.clear()
        if changed:
            found = [(name, actions) for (name, _), each in self._standing.items() for actions in each]
            found.sort(key=lambda each: (place_of(each[1][0]), each[0]))
            self.found.put([self._streak(game, name, actions) for name, actions in found])

    def _streak(self, game: Game, name: str, actions: tuple[Action, ...]) -> Streak:
        rule, first, last = self._rules[name], actions[0], actions[-1]
        return Streak(
            fixture=game.fixture,
            key=f"{name}:{first.action_id}",
            action_ids=tuple(action.action_id for action in actions),
            period=last.period,
            clock=last.clock or "",
            clock_seconds=last.clock_seconds,
            name=name,
            of=rule.hits,
            team=last.team,
            player=last.player if rule.per == "player" else None,
            length=len(actions),
            began_period=first.period,
            began_clock=first.clock or "",
        )


def _streaks(series: Series, at_least: int) -> Iterator[tuple[Action, ...]]:
    if series.total < at_least:
        return
    hits: list[Action] = []
    for action, role in zip(series.actions, series.amounts, strict=True):
        if role:
            hits.append(action)
            continue
        if len(hits) >= at_least:
            yield tuple(hits)
        hits = []
    if len(hits) >= at_least:
        yield tuple(hits)
