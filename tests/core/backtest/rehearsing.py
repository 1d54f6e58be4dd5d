"""Plugins that rehearse, made of plain functions; and games that are played to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from attrs import define, field
from tests.core.plugins import make_plugin

from actionbus.backtest import Player, make_player
from actionbus.config import parse_config
from actionbus.events.base import Action, Change, Event
from actionbus.events.catalogue import Catalogue, action_classes
from actionbus.hookspecs import PluginContext, hookimpl
from actionbus.host import Plugin
from actionbus.rehearsal import Rehearse, Sent


def sent(rule: str, event: Event) -> Sent:
    """Make the alert that tells of an event."""
    return Sent(
        rule=rule,
        id=f"{rule}-{event.id}",
        fixture=event.fixture,
        period=event.period if isinstance(event, Action) else None,
        clock=(event.clock or "") if isinstance(event, Action) else "",
        action_ids=(event.action_id,) if isinstance(event, Action) else (),
        message=type(event).__name__,
        state="sent",
        corrections=0,
        updates=0,
        at=event.at,
        first=type(event).__name__,
    )


@define(eq=False)
class Telling:
    """A rehearsal that tells each event that is added, and notes all that it hears."""

    rule: str
    kinds: Collection[type[Event]]
    heard: list[Event] = field(factory=list[Event])

    def hear(self, event: Event) -> None:
        """Note an event."""
        self.heard.append(event)

    def finish(self) -> Sequence[Sent]:
        """Tell those that were added."""
        return [sent(self.rule, event) for event in self.heard if event.change is Change.ADDED]


def rehearsing(name: str, makes: Callable[[PluginContext], Rehearse], origin: str = __file__) -> Plugin:
    """Make a plugin of what its hook returns."""

    @hookimpl
    def backtest(context: PluginContext) -> Rehearse:
        return makes(context)

    return make_plugin(name, backtest, origin=origin)


def telling(name: str, *kinds: type[Event], into: list[Telling] | None = None) -> Plugin:
    """Make a plugin whose rehearsals tell all that they hear; they are put into a list."""

    def rehearse(_: str) -> Telling:
        made = Telling(name, kinds)
        if into is not None:
            into.append(made)
        return made

    return rehearsing(name, lambda _: rehearse)


def player(*plugins: Plugin, config: str = "") -> Player:
    """Make what plays games to plugins."""
    read = parse_config(config, "plugins.toml", owned_tables=["alert"], class_names=action_classes())
    return make_player(plugins, read, Catalogue())
