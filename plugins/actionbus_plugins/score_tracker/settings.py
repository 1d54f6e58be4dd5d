"""The settings: which thresholds make a moment, and what can be wrong with them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Literal

from attrs import field, frozen
from attrs.validators import ge, optional

from actionbus import Action, Line, event_classes

Wrong = tuple[tuple[str | int, ...], str, str | None]  # keys within the table, what is wrong, what to do
Names = str | tuple[str, ...]

CATEGORIES = ("points", "rebounds", "assists", "steals", "blocks")  # of double-doubles, as the leagues count them
COMBINED: Mapping[str, int] = {"double_double": 2, "triple_double": 3, "quadruple_double": 4, "five_by_five": 5}
"""In how many of the categories a threshold has to be reached."""
STATS = (*Line().as_dict(), *COMBINED)
_BY_STAT = {
    "schema": {
        "propertyNames": {"enum": list(STATS)},
        "additionalProperties": {"type": "array", "items": {"type": "integer", "minimum": 1}},
    }
}


def _names(value: Names) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def action_classes() -> dict[str, type[Action]]:
    """Return the action classes by the names that they have in plugins.toml."""
    return {name: kind for name, kind in event_classes().items() if issubclass(kind, Action)}


@frozen(kw_only=True)
class StreakRule:
    """``[plugin.score_tracker.streaks.NAME]``: event classes, whose, how many in a row, and what ends it."""

    of: Names = field(metadata={"choices": action_classes, "schema": {"minItems": 1}})
    """An action class or a list of them: what makes the streak."""
    per: Literal["player", "team"] = "player"
    """Whose streak it is."""
    at_least: int = field(default=3, validator=ge(2))
    """How many in a row are one."""
    broken_by: Names = field(default=(), metadata={"choices": action_classes})
    """What ends it. By default what is missed instead of made, or made instead of missed."""

    @property
    def hits(self) -> tuple[str, ...]:
        """The names of the event classes that make the streak."""
        return _names(self.of)

    @property
    def breaks(self) -> tuple[str, ...]:
        """The names of the event classes that end it; empty where there is no opposite."""
        return _names(self.broken_by) or tuple(other for name in self.hits if (other := _opposite(name)) is not None)


@frozen(kw_only=True)
class FoulLimit:
    """So many fouls of a player are trouble up to the end of a period, or at any time."""

    fouls: int = field(validator=ge(1))
    """So many fouls of a player."""
    until: int | None = field(default=None, validator=optional(ge(1)))
    """The last period in which they are trouble; 1 is the first quarter. Without it: in any."""


@frozen(kw_only=True)
class Clutch:
    """At most this margin, with at most so many seconds left, in this period or a later one."""

    margin: int = field(default=5, validator=ge(0))
    """At most so many points between the teams."""
    seconds: float = field(default=300.0, validator=ge(0))
    """At most so many seconds left in the period."""
    period: int = field(default=4, validator=ge(1))
    """The first period in which it can be; 5 is the first overtime."""


def _streaks() -> dict[str, StreakRule]:
    return {
        "threes": StreakRule(of="three_pointer_made"),
        "field_goals": StreakRule(of=("two_pointer_made", "three_pointer_made"), at_least=5),
    }


def _milestones() -> dict[str, tuple[int, ...]]:
    return {"points": tuple(range(10, 101, 10)), "double_double": (10,), "triple_double": (10,)}


def _team_milestones() -> dict[str, tuple[int, ...]]:
    return {"points": (100,)}


def _foul_trouble() -> tuple[FoulLimit, ...]:
    return FoulLimit(fouls=2, until=1), FoulLimit(fouls=3, until=2), FoulLimit(fouls=4, until=3), FoulLimit(fouls=5)


@frozen(kw_only=True)
class Settings:
    """The score line, and the moments of the game: ``[plugin.score_tracker]``."""

    file: Path | None = None
    """A file of box scores by fixture id, replaced as they change; relative to plugins.toml."""
    run: int = field(default=8, validator=ge(1))
    """The unanswered points that make a scoring run."""
    streaks: dict[str, StreakRule] = field(factory=_streaks)
    """Tables by name: what makes a streak."""
    milestones: dict[str, tuple[int, ...]] = field(factory=_milestones, metadata=_BY_STAT)
    """By figure of the box score, the thresholds for players."""
    team_milestones: dict[str, tuple[int, ...]] = field(factory=_team_milestones, metadata=_BY_STAT)
    """By figure of the box score, the thresholds for teams."""
    foul_trouble: tuple[FoulLimit, ...] = field(factory=_foul_trouble)
    """How many fouls are trouble, and how long."""
    clutch: Clutch = field(factory=Clutch)
    """When it is clutch time."""
    buzzer: float = field(default=0.9, validator=ge(0))
    """Seconds left at most when a buzzer beater is made."""


def problems(settings: Settings) -> Iterator[Wrong]:
    """Say what the classes cannot see: names that nobody knows, and thresholds that nobody reaches."""
    known = action_classes()
    for name, rule in settings.streaks.items():
        yield from ((("streaks", name, *keys), what, hint) for keys, what, hint in _streak_problems(rule, known))
    for key, thresholds in (("milestones", settings.milestones), ("team_milestones", settings.team_milestones)):
        for stat, values in thresholds.items():
            if stat not in STATS:
                yield (key, stat), "is no figure of the box score", _nearest(stat, STATS)
            if any(value < 1 for value in values):
                yield (key, stat), "should have whole numbers above 0", None
    counts = [limit.fouls for limit in settings.foul_trouble]
    for index, count in enumerate(counts):
        if count in counts[:index]:
            yield ("foul_trouble", index, "fouls"), f"{count} fouls have a limit already", None


def _streak_problems(rule: StreakRule, known: Mapping[str, type[Action]]) -> Iterator[Wrong]:
    for key, names in (("of", rule.hits), ("broken_by", _names(rule.broken_by))):
        for name in names:
            if name not in known:
                yield (key,), f"there is no action class {name!r}", _nearest(name, known, "docs/events.md lists them")
    hits, breaks = ([known[name] for name in names if name in known] for names in (rule.hits, rule.breaks))
    if not rule.hits:
        yield ("of",), "is empty, so there would be no streak", 'name an action class, such as "three_pointer_made"'
    elif not rule.breaks and len(hits) == len(rule.hits):
        yield (), f"nothing would ever end a streak of {rule.hits[0]}", 'name what does: broken_by = "..."'
    elif any(issubclass(one, other) or issubclass(other, one) for one in hits for other in breaks):
        yield (), "what makes the streak would also end it", "of and broken_by should have nothing in common"


def _opposite(name: str) -> str | None:
    for end, other in (("_made", "_missed"), ("_missed", "_made")):
        if name.endswith(end):
            return name.removesuffix(end) + other
    return None


def _nearest(name: str, known: Collection[str], otherwise: str | None = None) -> str | None:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else otherwise or f"there is {', '.join(known)}"
