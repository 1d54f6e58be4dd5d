"""The tables of rules as they stand in plugins.toml: ``[alert.NAME]``, ``[defaults]`` and ``[lists]``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

import attrs
from attrs import field, frozen
from attrs.validators import ge

from actionbus import Duration
from actionbus_plugins.conditions.classes import Names, heard_classes
from actionbus_plugins.conditions.where import Asked
from actionbus_plugins.notifier.notice import OnCorrection, Priority

Phase = Literal["confirmed", "pending"]
Per = Literal["fixture", "player", "team", "period"]
Nothing = Literal["none"]
"""What switches off what ``[defaults]`` say."""

_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)", re.ASCII)
_PART = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)([dhms])", re.ASCII)
_WALL = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_QUIET = {"example": '{ from = "23:30", to = "07:00" }'}
_PRIORITIES: tuple[Priority, ...] = ("min", "low", "default", "high", "urgent")
CONSOLE = "console"  # the channel that is always there


def _without(*keys: str, **others: object) -> dict[str, object]:
    """Return the JSON Schema of a table that has none of the keys; Tombi warns where it says nothing of others."""
    return {"properties": {**dict.fromkeys(keys, False), **others}, "additionalProperties": True}


# What JSON Schema can see of texts, in editors: patterns that mean the same in every language.
WALL_SEEN, _CLOCK_SEEN = (each.pattern.replace(r"\d", "[0-9]") for each in (_WALL, _CLOCK))
_GAME_CLOCK_SEEN = {"schema": {"pattern": f"^{_CLOCK_SEEN}$", "allOf": [{"pattern": "[1-9]"}]}}
_TIME_SEEN = {"schema": {"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}}
_COOLDOWN_SEEN = {"schema": {"pattern": f"^(none|{WALL_SEEN}|{_CLOCK_SEEN} game)$"}}
_EVENTS = {"choices": heard_classes, "schema": {"minItems": 1}}
_SOMEWHERE = {"schema": {"minItems": 1}}


def game_seconds(value: str) -> float | None:
    """Read a time on the game clock, ``3:00``, as seconds; None for what is none."""
    found = _CLOCK.fullmatch(value)
    return 60.0 * int(found[1]) + int(found[2]) if found is not None else None


def wall_seconds(value: str) -> float | None:
    """Read a length of time such as ``10m`` or ``1h30m`` as seconds; None for what is none."""
    if _WALL.fullmatch(value) is None:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))


def _on_game_clock(_: object, attribute: attrs.Attribute[str | None], value: str | None) -> None:
    if value is not None and not game_seconds(value):
        raise ValueError('should be a time on the game clock above 0, such as "3:00"')


def _time_of_day(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    try:
        of_some_zone = time.fromisoformat(value).tzinfo is not None
    except ValueError:
        raise ValueError('should be a time of day such as "23:30"') from None
    if of_some_zone:
        raise ValueError("should be a time of day alone: its time zone is that of [defaults]")


def _zone(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    try:
        ZoneInfo(value)
    except (ValueError, OSError):  # OSError: the name of a folder, or too long a one
        raise ValueError('is no known time zone, should be one such as "America/New_York" or "UTC"') from None
    except KeyError:  # ZoneInfoNotFoundError
        raise ValueError('is no known time zone, should be one such as "America/New_York" or "UTC"') from None


@frozen(kw_only=True)
class Streak:
    """``streak``: so many in a row."""

    of: Names = field(default=(), metadata={"choices": heard_classes})
    """What makes it: event classes among those of ``on``; without it all of them."""
    n: int = field(validator=ge(2))
    """So many in a row; there is one alert for each streak, and it grows."""
    broken_by: Names = field(default=(), metadata={"choices": heard_classes})
    """What ends it; without it what is missed instead of made, or the other classes of ``on``."""


@frozen(kw_only=True)
class Count:
    """``count``: so many within a time, or over the whole game."""

    SCHEMA: ClassVar[Mapping[str, object]] = {"dependentSchemas": {"within": _without("within_game")}}

    at_least: int = field(validator=ge(2))
    """So many."""
    within: Duration | None = None
    """Within this time of the clock on the wall."""
    within_game: str | None = field(default=None, validator=_on_game_clock, metadata=_GAME_CLOCK_SEEN)
    """Within this time of the game clock: ``"3:00"``."""


@frozen(kw_only=True)
class Quiet:
    """``quiet``: hours of the day in which nothing is told; they may span midnight."""

    from_: str = field(validator=_time_of_day, metadata=_TIME_SEEN)
    """When they begin: ``"23:30"``, in the ``timezone`` of ``[defaults]``."""
    to: str = field(validator=_time_of_day, metadata=_TIME_SEEN)
    """When they end: ``"07:00"``."""
    unless_priority: Priority | None = None
    """Alerts of this priority or above are told all the same."""

    def holds(self, now: time, priority: Priority) -> bool:
        """Whether an alert of this priority is not to be told at a time of the day."""
        if self.unless_priority is not None and rank(priority) >= rank(self.unless_priority):
            return False
        begin, end = time.fromisoformat(self.from_), time.fromisoformat(self.to)
        return begin <= now < end if begin <= end else now >= begin or now < end


def rank(priority: Priority) -> int:
    """Return a number that grows with the priority: 1 to 5, as ntfy counts."""
    return 1 + _PRIORITIES.index(priority)


@frozen(kw_only=True)
class Defaults:
    """``[defaults]``: what rules have that do not say otherwise."""

    phase: Phase = "confirmed"
    """Whether alerts wait until the feed confirms an action, or come while it is pending."""
    max_age: Duration | Nothing | None = None
    """What is entered later than that is not told; without it, however old."""
    settle: Duration | None = None
    """How long an alert is held back first; what is taken back meanwhile is never told."""
    cooldown: str | None = field(default=None, metadata=_COOLDOWN_SEEN)
    """How long a rule is silent after an alert: ``"10m"``, ``"5:00 game"`` or ``"none"``."""
    quiet: Quiet | Nothing | None = field(default=None, metadata=_QUIET)
    """Hours of the day in which nothing is told."""
    on_correction: OnCorrection = "edit"
    """What becomes of a message when its text changes or its alert no longer stands."""
    priority: Priority = "default"
    """How urgent alerts are."""
    notify: Names = field(default=CONSOLE, metadata=_SOMEWHERE)
    """A channel or a list of them: ``"console"``, or the names of ``[notify.NAME]``."""
    timezone: str = field(default="UTC", validator=_zone)
    """Of all ``quiet`` hours."""


Lists = dict[str, tuple[str, ...]]
"""``[lists]``: texts by name, for ``where`` and ``when``."""


@frozen(kw_only=True)
class Rule:
    """An alert, ``[alert.NAME]``: what to hear of, which of it, what to say, and where.

    What is None is as in ``[defaults]``.
    """

    SCHEMA: ClassVar[Mapping[str, object]] = {
        "dependentSchemas": {
            "streak": _without("count"),
            "for": _without("settle", "streak", "count", once={"const": False}),
        }
    }

    on: Names = field(metadata=_EVENTS)
    """An event class or a list of them, subclasses included; docs/events.md lists them."""
    phase: Phase | None = None
    """``"pending"`` to hear of actions while the feed still calls them so."""
    where: dict[str, Asked] = field(factory=dict[str, Asked], metadata={"example": '{ player = "NAME", period = 4 }'})
    """Fields and what they should be, or lists of what they may be: ``{ player = "Clyburn", period = [4, 5] }``."""
    when: str | None = None
    """A condition: ``"period >= 4 and clock <= 120"``."""
    per: Per | tuple[Per, ...] = ()
    """Whose streak, count, ``once`` or ``cooldown`` it is; without it the fixture's."""
    streak: Streak | None = field(default=None, metadata={"example": "{ n = 3 }"})
    """So many in a row: ``{ of = "three_pointer_made", n = 3 }``."""
    count: Count | None = field(default=None, metadata={"example": '{ at_least = 3, within = "2m" }'})
    """So many within a time: ``{ at_least = 3, within_game = "3:00" }``."""
    once: bool | Literal["per-game", "per-period"] = False
    """``true``: only the first in the game, for each ``per``; ``"per-period"``: in each period."""
    max_age: Duration | Nothing | None = None
    """What is entered later than that is not told: ``"60s"``, or ``"none"``."""
    settle: Duration | None = None
    """How long the alert is held back first; what is taken back meanwhile is never told."""
    for_: Duration | None = None
    """How long it has to stay so first, as a state of the feed does."""
    quiet: Quiet | Nothing | None = field(default=None, metadata=_QUIET)
    """Hours of the day in which it is not told, or ``"none"``."""
    cooldown: str | None = field(default=None, metadata=_COOLDOWN_SEEN)
    """How long the rule is silent after an alert: ``"10m"``, ``"5:00 game"`` on the game clock, or ``"none"``."""
    priority: Priority | None = None
    """How urgent it is."""
    on_correction: OnCorrection | None = None
    """What becomes of the message when its text changes or the alert no longer stands."""
    notify: Names | None = field(default=None, metadata=_SOMEWHERE)
    """A channel or a list of them: ``"console"``, or the names of ``[notify.NAME]``."""
    message: str | None = None
    """What to say, a template: ``"{{ player.name }} for three!"``. Without it: what happened."""

    def with_defaults(self, defaults: Defaults) -> FullRule:
        """Return the rule with all that ``[defaults]`` may say filled in; what is then ``"none"`` is None."""
        said: dict[str, Any] = {each.name: getattr(self, each.name) for each in attrs.fields(Rule)}
        for each in attrs.fields(Defaults):
            if said.get(each.name, "") is None:
                said[each.name] = getattr(defaults, each.name)
        for name in ("max_age", "quiet", "cooldown"):
            if said[name] == "none":
                said[name] = None
        return FullRule(**said)


@frozen(kw_only=True)
class FullRule(Rule):
    """A rule and what ``[defaults]`` say: what is None there is not."""

    max_age: Duration | None = None
    quiet: Quiet | None = None
