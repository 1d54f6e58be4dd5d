"""Messages: minijinja templates over plain values, checked before the game, bounded in what they may cost."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator

import attrs
from minijinja import Environment, TemplateError

from actionbus import Action, Event, FeedStatus, Player, Score, Team, period_text, snake_name

DEFAULT_MESSAGE = "{{ type_text }}"
LONGEST = 1_000  # characters of a template; its parser is recursive, and a message is a sentence
FUEL = 20_000  # steps of the template engine

COMMON = {"fixture", "type", "type_text"}
ACTION = {"period", "period_text", "clock", "clock_text", "subtype", "player", "player.id", "player.name", "team",
          "team.id", "team.name", "team.home", "score", "score.home", "score.away"}  # fmt: skip
_ENVELOPE = {each.name for each in attrs.fields(Event)} | {"hops"}

# Comparing and printing lists is not counted as fuel, so nothing may make a long one: no statements ({% set %}, loops),
# no multiplication, and none of the functions below.
_STRING = r""" "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' """
_EXPRESSION = re.compile(rf"\{{\{{ (?: {_STRING} | [^\"'] )*? \}}\}}", re.VERBOSE | re.DOTALL)
_TEXTS = re.compile(_STRING, re.VERBOSE | re.DOTALL)


def _environment() -> Environment:
    environment = Environment(undefined_behavior="strict", fuel=FUEL, pycompat=False)
    for name in ("tojson", "list", "batch", "slice", "pprint"):  # of no use in a sentence, and not counted as fuel
        environment.remove_filter(name)
    for name in ("range", "debug", "namespace", "dict"):
        environment.remove_global(name)
    return environment


_engine = _environment()


def render(message: str, event: Event, score: Score | None = None) -> str:
    """Fill in a message, with another score if one is given. Raises TemplateError for what no check could see."""
    named = values(event)
    if score is not None and "score" in named:
        named["score"] = score
    return _engine.render_str(message, **named)


def values(event: Event) -> dict[str, object]:
    """Return what a message may name. ``clock`` is in seconds left.

    An action of no player has its team's name in the player's place.
    """
    named: dict[str, object] = {"fixture": event.fixture, "type": snake_name(type(event)), "type_text": describe(event)}
    if isinstance(event, Action):
        team = event.team or Team(id="")
        named |= {
            "period": event.period,
            "period_text": period_text(event.period),
            "clock": event.clock_seconds or 0.0,
            "clock_text": event.clock or "",
            "subtype": event.subtype or "",
            "player": event.player or Player(id="", name=team.name),
            "team": attrs.evolve(team, home=bool(team.home)),
            "score": event.score or Score(),
        }
    else:
        named |= {name: _plain(getattr(event, name)) for name in _own_fields(type(event))}
    return named


def describe(event: Event) -> str:
    """Say what happened in a few words: ``Steal: Will Clyburn (Anadolu Efes)``."""
    match event:
        case Action(player=None, team=None):
            who = period_text(event.period) if event.period > 0 else ""
        case Action(player=None) | Action(team=None):
            who = str(event.player or event.team)
        case Action():
            who = f"{event.player} ({event.team})"
        case FeedStatus():
            return f"Feed {event.state}" + (f": {event.reason}" if event.reason else "")
        case _ if type(event).__str__ is not object.__str__:
            return str(event)
        case _:
            who = ""
    what = snake_name(type(event)).capitalize().replace("_pointer", "-pointer").replace("_", " ")
    return f"{what}: {who}" if who else what


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _own_fields(kind: type[Event]) -> list[str]:
    return [each.name for each in attrs.fields(kind) if each.name not in _ENVELOPE]


def names_for(kind: type[Event]) -> set[str]:
    """Return the names that a message about this event class may use."""
    return COMMON | (ACTION if issubclass(kind, Action) else set(_own_fields(kind)))


def message_problems(message: str, kinds: Collection[type[Event]]) -> Iterator[tuple[str, str | None]]:
    """Say what is wrong with a message about events of these classes, and what to do."""
    if (wrong := _too_much(message)) is not None:
        yield wrong
        return
    try:
        used = sorted(_engine.undeclared_variables_in_str(message, nested=True))
    except TemplateError as error:
        yield f"the template is wrong: {_reason(error)}", None
        return
    unknown = {name: kind for kind in kinds for name in used if name not in names_for(kind)}
    for name, kind in unknown.items():
        near = difflib.get_close_matches(name, names_for(kind), 1)
        there = ", ".join(sorted(each for each in names_for(kind) if "." not in each))
        hint = f"did you mean {near[0]!r}?" if near else f"there is {there}"
        yield f"{snake_name(kind)} has no {name!r}", hint
    if not unknown:
        yield from _trial(message, kinds)


def _too_much(message: str) -> tuple[str, str] | None:
    if not message.strip():
        return "is empty, so the alert would say nothing", f'leave it out for "{DEFAULT_MESSAGE}"'
    if len(message) > LONGEST:
        return f"has {len(message)} characters, should have at most {LONGEST}", "write a sentence"
    if "{%" in message:
        return "may hold {{ ... }} only, no {% ... %}", "write a choice as {{ A if CONDITION else B }}"
    if any("*" in _TEXTS.sub("", found[0]) for found in _EXPRESSION.finditer(message)):
        return "may not multiply", "add and subtract only"
    return None


def _trial(message: str, kinds: Collection[type[Event]]) -> Iterator[tuple[str, str | None]]:
    """Fill the message in once for an action: an unknown filter shows only then."""
    for kind in kinds:
        if issubclass(kind, Action):
            player, team = Player(id="1", name="Player One"), Team(id="2", name="Harbor Gulls", home=True)
            sample = kind(fixture="3", action_id="4", period=1, clock="10:00", player=player, team=team)
            try:
                render(message, sample)
            except TemplateError as error:
                yield f"the template is wrong: {_reason(error)}", None
            return


def _reason(error: TemplateError) -> str:
    """Return the first line of what the engine says; the others show the template, with a marker."""
    return str(error).splitlines()[0].removesuffix(" (in <string>:1)")
