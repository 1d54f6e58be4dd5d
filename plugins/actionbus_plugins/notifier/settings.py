"""The tables of rules as they stand in plugins.toml: ``[alert.NAME]``, ``[defaults]`` and ``[lists]``."""

from __future__ import annotations

import re
from datetime import time
from typing import Any, Literal
from zoneinfo import ZoneInfo

import attrs
from attrs import field, frozen
from attrs.validators import ge

from actionbus import Duration
from actionbus_plugins.notifier.notice import OnCorrection, Priority

Names = str | tuple[str, ...]
Phase = Literal["confirmed", "pending"]
Per = Literal["fixture", "player", "team", "period"]
Asked = str | int | float | bool | tuple[str | int | float | bool, ...]
Nothing = Literal["none"]
"""What switches off what ``[defaults]`` say."""

_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)", re.ASCII)
_PART = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)([dhms])", re.ASCII)
_WALL = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_QUIET = {"example": '{ from = "23:30", to = "07:00" }'}
_PRIORITIES: tuple[Priority, ...] = ("min", "low", "default", "high", "urgent")
CONSOLE = "console"  # the channel that is always there


def listed(value: Names) -> tuple[str, ...]:
    """Return the names, of one or of a list."""
    return (value,) if isinstance(value, str) else value


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

    of: Names = ()
    n: int = field(validator=ge(2))
    broken_by: Names = ()


@frozen(kw_only=True)
class Count:
    """``count``: so many within a time, or over the whole game."""

    at_least: int = field(validator=ge(2))
    within: Duration | None = None
    within_game: str | None = field(default=None, validator=_on_game_clock)


@frozen(kw_only=True)
class Quiet:
    """``quiet``: hours of the day in which nothing is told; they may span midnight."""

    from_: str = field(validator=_time_of_day)
    to: str = field(validator=_time_of_day)
    unless_priority: Priority | None = None

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
    max_age: Duration | Nothing | None = None
    settle: Duration | None = None
    cooldown: str | None = None
    quiet: Quiet | Nothing | None = field(default=None, metadata=_QUIET)
    on_correction: OnCorrection = "edit"
    priority: Priority = "default"
    notify: Names = CONSOLE
    timezone: str = field(default="UTC", validator=_zone)
    """Of all ``quiet`` hours."""


Lists = dict[str, tuple[str, ...]]
"""``[lists]``: texts by name, for ``where`` and ``when``."""


@frozen(kw_only=True)
class Rule:
    """``[alert.NAME]``. What is None is as in ``[defaults]``."""

    on: Names
    phase: Phase | None = None
    where: dict[str, Asked] = field(factory=dict[str, Asked], metadata={"example": '{ player = "NAME", period = 4 }'})
    when: str | None = None
    per: Per | tuple[Per, ...] = ()
    streak: Streak | None = field(default=None, metadata={"example": "{ n = 3 }"})
    count: Count | None = field(default=None, metadata={"example": '{ at_least = 3, within = "2m" }'})
    once: bool | Literal["per-game", "per-period"] = False
    max_age: Duration | Nothing | None = None
    settle: Duration | None = None
    for_: Duration | None = None
    quiet: Quiet | Nothing | None = field(default=None, metadata=_QUIET)
    cooldown: str | None = None
    """A duration, a time on the game clock, or ``"none"``."""
    priority: Priority | None = None
    on_correction: OnCorrection | None = None
    notify: Names | None = None
    message: str | None = None

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
