"""Messages: minijinja templates over plain values, checked before the game, bounded in what they may cost."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import attrs
from minijinja import Environment, TemplateError

from actionbus import Action, Event, Player, Score, Team, snake_name

DEFAULT_MESSAGE = "{{ type_text }}"
FUEL = 20_000  # steps of the template engine; a hostile template ends within a millisecond

COMMON = {"fixture", "type", "type_text"}
ACTION = {"period", "clock", "clock_text", "subtype", "player.id", "player.name", "team.id", "team.name", "team.home",
          "score.home", "score.away"}  # fmt: skip
_ENVELOPE = {each.name for each in attrs.fields(Event)} | {"hops"}


def _environment() -> Environment:
    environment = Environment(undefined_behavior="strict", fuel=FUEL, pycompat=False)
    environment.remove_filter("tojson")  # it is not counted as fuel
    return environment


_engine = _environment()


def render(message: str, event: Event) -> str:
    """Fill in a message. Raises TemplateError for what the check before the game could not see."""
    return _engine.render_str(message, **values(event))


def values(event: Event) -> dict[str, object]:
    """Return what a message may name, as plain values.

    ``clock`` is in seconds left. An action of no player has its team's name in the player's place.
    """
    plain: dict[str, object] = {"fixture": event.fixture, "type": snake_name(type(event))}
    if isinstance(event, Action):
        team = event.team or Team(id="")
        player = event.player or Player(id="", name=team.name)
        score = event.score or Score()
        plain |= {
            "period": event.period,
            "clock": event.clock_seconds or 0.0,
            "clock_text": event.clock or "",
            "subtype": event.subtype or "",
            "player": {"id": player.id, "name": player.name},
            "team": {"id": team.id, "name": team.name, "home": bool(team.home)},
            "score": {"home": score.home, "away": score.away},
        }
    else:
        plain |= {name: _plain(getattr(event, name)) for name in _own_fields(type(event))}
    plain["type_text"] = _describe(event)
    return plain


def _describe(event: Event) -> str:
    what = snake_name(type(event)).replace("_", " ")
    if not isinstance(event, Action):
        return what
    who = [str(each) for each in (event.player, event.team) if each is not None]
    by = f" by {' of '.join(who)}" if who else ""
    return f"{what}{by}, period {event.period}, {event.clock or ''} left"


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _own_fields(kind: type[Event]) -> list[str]:
    return [each.name for each in attrs.fields(kind) if each.name not in _ENVELOPE]


def names_for(kind: type[Event]) -> set[str]:
    """Return the names that a message about this event class may use."""
    return COMMON | (ACTION if issubclass(kind, Action) else set(_own_fields(kind)))


def message_problem(message: str, kinds: Iterable[type[Event]]) -> tuple[str, str | None] | None:
    """Say what is wrong with a message, and what to do, or None."""
    try:
        used = _engine.undeclared_variables_in_str(message, nested=True)
    except TemplateError as error:
        return f"the template is wrong: {str(error).splitlines()[0]}", None
    for kind in kinds:
        known = names_for(kind)
        whole = {name.partition(".")[0] for name in known}
        for name in sorted(used):
            if name not in known and name not in whole:
                near = difflib.get_close_matches(name, known, 1)
                return f"{snake_name(kind)} has no {name!r}", f"did you mean {near[0]!r}?" if near else None
    return None
