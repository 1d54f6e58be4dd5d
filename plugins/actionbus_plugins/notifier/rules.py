"""Rules as they stand in plugins.toml: what they mean, and what can be wrong with them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Iterator

from attrs import field, frozen

from actionbus import Action, Event, Moment, event_classes
from actionbus_plugins.notifier.channels import CONSOLE
from actionbus_plugins.notifier.messages import DEFAULT_MESSAGE, message_problem

Wrong = tuple[tuple[str, ...], str, str | None]  # keys within the rule, what is wrong, what to do


@frozen(kw_only=True)
class Where:
    """Which players and teams: an id, a whole name or one whole word of it, case and accents ignored."""

    player: str | tuple[str, ...] = ()
    team: str | tuple[str, ...] = ()

    def admits(self, event: Event) -> bool:
        """Whether an event is about one of the players, if any are named, and one of the teams, if any are named."""
        if not isinstance(event, Action):
            return not self.player and not self.team
        player, team = event.player, event.team
        return (not self.player or (player is not None and _names(self.player, player.id, player.name))) and (
            not self.team or (team is not None and _names(self.team, team.id, team.name))
        )


@frozen(kw_only=True)
class Rule:
    """``[alert.NAME]``: the event classes to hear of, which of them, where the alert goes and what it says."""

    on: str | tuple[str, ...]
    where: Where = field(factory=Where)
    notify: tuple[str, ...] = (CONSOLE,)
    message: str = DEFAULT_MESSAGE

    @property
    def names(self) -> tuple[str, ...]:
        """The event classes as they are written, in snake_case."""
        return (self.on,) if isinstance(self.on, str) else self.on

    @property
    def kinds(self) -> tuple[type[Event], ...]:
        """The event classes."""
        known = event_classes()
        return tuple(known[name] for name in self.names)


def problems(rule: Rule, channels: Collection[str]) -> Iterator[Wrong]:
    """Say what the class of a rule cannot see: unknown event classes, channels and fields."""
    known = {name: kind for name, kind in event_classes().items() if kind is not Event}
    if not rule.names:
        yield ("on",), "is empty, so the alert would never be sent", 'name event classes, such as ["steal"]'
    unknown = [name for name in rule.names if name not in known]
    for name in unknown:
        yield ("on",), f"there is no event class {name!r}", did_you_mean(name, known)
    for name in rule.notify:
        if name not in channels:
            yield ("notify",), f"there is no channel {name!r}", did_you_mean(name, channels)
    if not rule.notify:
        yield ("notify",), "is empty, so the alert would go nowhere", 'name channels, such as ["console"]'
    if rule.where != Where() and any(issubclass(known[name], Moment) for name in rule.names if name in known):
        yield ("where",), "players and teams can be asked of actions only, not of moments", None
    if not unknown and (wrong := message_problem(rule.message, rule.kinds)) is not None:
        yield ("message",), *wrong


def did_you_mean(name: str, known: Collection[str]) -> str | None:
    """Suggest the nearest of the known names."""
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else None


def _names(wanted: str | tuple[str, ...], number: str, name: str) -> bool:
    whole = folded(name)
    each = (wanted,) if isinstance(wanted, str) else wanted
    return any(one == number or folded(one) in {whole, *whole.split()} for one in each)


def folded(name: str) -> str:
    """Fold a name for comparison: no accents, no case, single spaces."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return " ".join(plain.casefold().split())
