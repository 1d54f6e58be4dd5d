"""What conditions and messages may name of an event, as plain values."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from actionbus import Action, Change, Event, FeedStatus, Player, Score, Team, period_text, snake_name
from actionbus_plugins.conditions.fields import Form, by_kind, forms, names_for

_EXACT: dict[Form, type] = {"number": int, "text": str, "boolean": bool}  # told as they are
_CLOCK = re.compile(r"(\d{1,3}):(\d{1,2}(?:\.\d{1,9})?)", re.ASCII)


@lru_cache(maxsize=4096)
def seconds(clock: str) -> float | None:
    """Read a game clock as the feed writes it, ``mm:ss``, as seconds; None for what is none."""
    read = _CLOCK.fullmatch(clock)
    return whole(60 * int(read[1]) + float(read[2])) if read is not None else None


def whole(number: float) -> float:
    """Return a whole number as an int, so that people read ``90 s`` and not ``90.0 s``."""
    return int(number) if number.is_integer() else number


def values(event: Event, score: Score | None = None) -> dict[str, object]:
    """Return what may be named of an event: numbers, texts, booleans, and lists and dicts of these.

    ``score`` is told instead of the event's own. What the event does not say is "", 0, false or an empty list.
    """
    kind = type(event)
    if isinstance(event, Action):
        period, clock = event.period, event.clock or ""
        return {
            "fixture": event.fixture,
            "type": snake_name(kind),
            "type_text": describe(event),
            "at": event.at,
            "tentative": event.change is Change.TENTATIVE,
            "period": period,
            "period_text": period_text(period) if period > 0 else "",
            "clock": seconds(clock) or 0,
            "clock_text": clock,
            "subtype": event.subtype or "",
            "player": _player(event.player, event.team),
            "team": _team(event.team),
            "score": _score(score or event.score),
        }
    named: dict[str, object] = {
        "fixture": event.fixture,
        "type": snake_name(kind),
        "type_text": describe(event),
        "at": event.at,
        "tentative": event.change is Change.TENTATIVE,
    }
    for name, form in forms(kind).items():
        value: Any = getattr(event, name)
        if type(value) is _EXACT.get(form):
            named[name] = value
            continue
        match form:
            case "clock":
                left: float | None = getattr(event, "clock_seconds", None)
                text = str(value or "")
                named["clock"] = whole(float(left)) if left is not None else seconds(text) or 0
                named["clock_text"] = text
            case "player":
                team = getattr(event, "team", None) if name == "player" else None
                named[name] = _player(value, team if isinstance(team, Team) else None)
            case "team":
                named[name] = _team(value)
            case "score":
                named[name] = _score(score if score is not None and name == "score" else value)
            case _:
                named[name] = _plain(value, form)
    if "period_text" not in named and "period_text" in names_for(kind):
        current: Any = named["period"]
        named["period_text"] = period_text(current) if current > 0 else ""
    return named


def _player(player: Player | None, team: Team | None) -> dict[str, str]:
    """A team's name stands in for the player's where there is none: rebounds and turnovers of no player."""
    if player is None:
        return {"id": "", "name": team.name if team is not None else ""}
    return {"id": player.id, "name": player.name}


def _team(team: Team | None) -> dict[str, str | bool]:
    if team is None:
        return {"id": "", "name": "", "home": False}
    return {"id": team.id, "name": team.name, "home": bool(team.home)}


def _score(score: Score | None) -> dict[str, int | str]:
    home, away = (score.home, score.away) if score is not None else (0, 0)
    return {"home": home, "away": away, "margin": home - away, "text": f"{home}-{away}"}


def _plain(value: object, form: Form) -> object:
    match form:
        case "number":
            return _as_it_is(value or 0)
        case "text":
            return "" if value is None else str(value)
        case "boolean":
            return bool(value)
        case "list":
            return [_as_it_is(each) for each in cast("Collection[object]", value or ())]
        case _:
            return _as_it_is(value)


def _as_it_is(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return value
        case Decimal():
            return whole(float(value))
        case int():
            return int(value)
        case float():
            return float(value)
        case list() | tuple():
            return [_as_it_is(each) for each in cast("Collection[object]", value)]
        case _:
            return str(value)


def describe(event: Event) -> str:
    """Say what happened in a few words: ``Steal: Will Clyburn (Anadolu Efes)``."""
    kind = type(event)
    if isinstance(event, Action):
        player, team = event.player, event.team
        if player is None:
            who = str(team) if team is not None else period_text(event.period) if event.period > 0 else ""
        else:
            who = player.name or player.id
            if team is not None:
                who = f"{who} ({team.name or team.id})"
        return f"{_in_words(kind)}: {who}" if who else _in_words(kind)
    if isinstance(event, FeedStatus):
        return f"Feed {event.state}" + (f": {event.reason}" if event.reason else "")
    return str(event) if kind.__str__ is not object.__str__ else _in_words(kind)


@by_kind
def _in_words(kind: type[Event]) -> str:
    return snake_name(kind).capitalize().replace("_pointer", "-pointer").replace("_", " ")
