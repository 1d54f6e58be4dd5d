"""Which events an endpoint gets, and as what: a plain function of an event and of what was sent before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatchcase

from attrs import frozen

from actionbus import Change, Event
from actionbus_plugins.conditions.classes import heard_classes
from actionbus_plugins.conditions.language import Condition
from actionbus_plugins.conditions.names import values
from actionbus_plugins.conditions.where import matcher
from actionbus_plugins.webhook.settings import Endpoint

NEWS = (Change.TENTATIVE, Change.ADDED)


def named(patterns: Collection[str]) -> dict[str, type[Event]]:
    """Return the event classes whose names fit one of the patterns."""
    known = heard_classes()
    return {name: kind for name, kind in known.items() if any(fnmatchcase(name, each) for each in patterns)}


@frozen(kw_only=True, eq=False)
class Wants:
    """What an endpoint wants."""

    kinds: tuple[type[Event], ...]
    admits: Callable[[Event], bool]
    condition: Condition | None
    lists: Mapping[str, object]

    def change(self, event: Event) -> Change | None:
        """Say as what an event is sent, by its class and ``where`` alone; None: not at all.

        What is amended and does no longer match is withdrawn; what matches only now is news.
        """
        if not isinstance(event, self.kinds):
            return None
        now, before = self.admits(event), event.previous
        # What was of another type was taken back by itself.
        was = before is not None and type(before) is type(event) and self.admits(before)
        match event.change:
            case Change.AMENDED:
                return (Change.AMENDED if was else Change.ADDED) if now else Change.WITHDRAWN if was else None
            case Change.TENTATIVE:
                return Change.TENTATIVE if now else Change.DISMISSED if was else None
            case Change.ADDED:
                return Change.ADDED if now else Change.DISMISSED if was else None
            case _:
                return event.change if now else None

    def holds(self, event: Event) -> bool:
        """Whether ``when`` holds now. Raises TemplateError for what no check could see."""
        return self.condition is None or self.condition.holds({**values(event), "lists": self.lists})


def make_wants(endpoint: Endpoint, lists: Mapping[str, tuple[str, ...]]) -> Wants:
    """Make ready what an endpoint wants; it is one that ``check`` has found nothing wrong with."""
    return Wants(
        kinds=tuple(named(endpoint.patterns).values()),
        admits=matcher(endpoint.where, lists),
        condition=Condition(endpoint.when) if endpoint.when is not None else None,
        lists={name: list(each) for name, each in lists.items()},
    )
