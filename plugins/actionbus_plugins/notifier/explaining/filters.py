"""What ``where`` found: which field of an event is not what the rule wants, and how alike the two are."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from attrs import frozen

from actionbus import Event, Player, Team
from actionbus_plugins.conditions.fields import forms
from actionbus_plugins.conditions.names import values
from actionbus_plugins.conditions.where import Asked, Matcher, asked, folded, matcher
from actionbus_plugins.notifier.explaining.words import looked_up, written

_ALIKE = 0.6  # of a name: less is another one


@frozen
class _Field:
    name: str
    wanted: Asked
    matches: Matcher


class WhereFields:
    """The filter of a rule, field by field."""

    def __init__(self, where: Mapping[str, Asked], lists: Mapping[str, tuple[str, ...]]) -> None:
        self._fields = [_Field(name, wanted, matcher({name: wanted}, lists)) for name, wanted in where.items()]
        self._lists = lists

    def closeness(self, event: Event) -> float:
        """Return how near an event comes to what is wanted: 1 where it is."""
        found = [1.0 if each.matches(event) else self._likeness(each, event) for each in self._fields]
        return sum(found) / len(found) if found else 1.0

    def said(self, event: Event) -> str:
        """Say of each field what it was; of those that are not what is wanted, where there are any."""
        wrong = [each for each in self._fields if not each.matches(event)]
        return "; ".join(self._said(each, event) for each in wrong or self._fields)

    def _said(self, each: _Field, event: Event) -> str:
        return f"{each.name} = {written(each.wanted)}: {_found(each.name, event)}"

    def _likeness(self, each: _Field, event: Event) -> float:
        texts = [folded(text) for text in _texts(each.name, event)]
        wanted = [folded(one) for one in asked(each.wanted, self._lists) if isinstance(one, str)]
        ratios = [difflib.SequenceMatcher(None, one, text).ratio() for one in wanted for text in texts]
        best = max(ratios, default=0.0)
        return 0.9 * best if best >= _ALIKE else 0.0


def _found(name: str, event: Event) -> str:
    if forms(type(event)).get(name) in ("player", "team"):
        who: Player | Team | None = getattr(event, name)
        return f"the {name} was {who}" if who is not None else f"it names no {name}"
    value = _value(name, event)
    return f"the {name} was {written(value)}" if value is not None else f"it has no {name}"


def _value(name: str, event: Event) -> object:
    try:
        return looked_up(values(event), name)
    except KeyError:
        return None


def _texts(name: str, event: Event) -> Iterator[str]:
    """Yield what a name could be mistaken for: the whole of a person's name, and its words."""
    if forms(type(event)).get(name) in ("player", "team"):
        who: Player | Team | None = getattr(event, name)
        said = who.name if who is not None else ""
    else:
        value = _value(name, event)
        said = value if isinstance(value, str) else ""
    if said:
        yield said
        yield from said.split()
