"""Rules as they stand in plugins.toml: what they mean, and what can be wrong with them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache

from attrs import field, frozen

from actionbus import Action, Due, Event, event_classes
from actionbus_plugins.notifier.channels import CONSOLE
from actionbus_plugins.notifier.messages import DEFAULT_MESSAGE, message_problems

Wrong = tuple[tuple[str, ...], str, str | None]  # keys within the rule, what is wrong, what to do
UNHEARD = (Event, Due)  # classes that no rule can be about: all there is, and other plugins' timers

# Letters that are no letter with an accent to Unicode, but to whoever types a name without them.
_PLAIN = str.maketrans({"\u0131": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})


def _names(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


@frozen(kw_only=True)
class Where:
    """Which players and teams: an id, a whole name or one whole word of it, case and accents ignored."""

    player: str | tuple[str, ...] = ()
    team: str | tuple[str, ...] = ()

    def admits(self, event: Event) -> bool:
        """Whether an event is about one of the players, if any are named, and one of the teams, if any are named."""
        if not self.player and not self.team:
            return True
        if not isinstance(event, Action):
            return False
        return all(
            not wanted or (who is not None and any(_is(one, who.id, who.name) for one in _names(wanted)))
            for wanted, who in ((self.player, event.player), (self.team, event.team))
        )


@frozen(kw_only=True)
class Rule:
    """``[alert.NAME]``: the event classes to hear of, which of them, where the alert goes and what it says."""

    on: str | tuple[str, ...]
    where: Where = field(factory=Where)
    notify: str | tuple[str, ...] = CONSOLE
    message: str = DEFAULT_MESSAGE

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels that the alert goes to."""
        return _names(self.notify)

    @property
    def kinds(self) -> tuple[type[Event], ...]:
        """The event classes."""
        known = event_classes()
        return tuple(known[name] for name in _names(self.on))


def problems(rule: Rule, channels: Collection[str]) -> Iterator[Wrong]:
    """Say what the class of a rule cannot see: unknown event classes, channels and fields."""
    known = {name: kind for name, kind in event_classes().items() if kind not in UNHEARD}
    names = _names(rule.on)
    if not names:
        yield ("on",), "is empty, so the alert would never be sent", 'name event classes, such as ["steal"]'
    unknown = [name for name in names if name not in known]
    for name in unknown:
        advice = "docs/events.md lists them; moments need their plugin in this file"
        yield ("on",), f"there is no event class {name!r}", did_you_mean(name, known) or advice
    for name in rule.channels:
        if name not in channels:
            yield ("notify",), f"there is no channel {name!r}", did_you_mean(name, channels) or _listed(channels)
    if not rule.channels:
        yield ("notify",), "is empty, so the alert would go nowhere", f'name channels, such as ["{CONSOLE}"]'
    for key, wanted in (("player", rule.where.player), ("team", rule.where.team)):
        if any(not one.strip() for one in _names(wanted)):
            yield ("where", key), "is empty", "write an id, a name or one word of it"
    others = [name for name in names if name in known and not issubclass(known[name], Action)]
    if rule.where != Where() and others:
        yield ("where",), f"players and teams can be asked of actions only, and {others[0]} is none", None
    if not unknown:
        yield from ((("message",), what, hint) for what, hint in message_problems(rule.message, rule.kinds))


def did_you_mean(name: str, known: Collection[str]) -> str | None:
    """Suggest the nearest of the known names."""
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else None


def _listed(channels: Collection[str]) -> str:
    return f"there is {', '.join(sorted(channels))}"


def _is(wanted: str, number: str, name: str) -> bool:
    whole, one = folded(name), folded(wanted)
    return wanted == number or one == whole or one in whole.split()


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """Fold a name for comparison: no accents, no case, single spaces."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return " ".join(plain.casefold().translate(_PLAIN).split())
