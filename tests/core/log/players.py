"""Plugins that make moments, and one that hears everything."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from attrs import frozen
from tests.core.plugins import listener, make_plugin

from actionbus import (
    ALL_CHANGES,
    Action,
    Event,
    FeedStatus,
    Fold,
    Game,
    Moment,
    PluginContext,
    Steal,
    Subscription,
    ThreePointerMade,
    fold,
    hookimpl,
    on,
)
from actionbus.events.base import Change
from actionbus.host import Plugin

FIXTURE = "fixture-1"


@frozen(kw_only=True)
class Deed:
    """A value inside of a moment."""

    player: str
    sequence: Decimal


@frozen(kw_only=True, slots=False, eq=False)
class Thief(Moment):
    """A player who has stolen the ball: made by a fold."""

    steals: int = 0
    deeds: tuple[Deed, ...] = ()


@frozen(kw_only=True, slots=False, eq=False)
class Splash(Moment):
    """A three-pointer: published by a handler."""

    player: str | None = None
    worth: float = 3.0


def thieves(game: Game) -> Iterator[Thief]:
    """Find the players who have stolen the ball, and when."""
    steals = [action for action in game.actions() if isinstance(action, Steal)]
    counts = Counter(str(action.player) for action in steals)
    for name, count in counts.items():
        deeds = tuple(Deed(player=name, sequence=each.sequence) for each in steals if str(each.player) == name)
        yield Thief(fixture=game.fixture, key=name, steals=count, deeds=deeds)


def folding(name: str = "thieves") -> Plugin:
    """Make the plugin whose fold finds thieves."""

    @hookimpl
    def folds() -> list[Fold]:
        return [fold(Thief, thieves)]

    return make_plugin(name, folds)


def publisher(name: str = "splashes") -> Plugin:
    """Make a plugin that publishes a moment for each three-pointer."""

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(shot: ThreePointerMade) -> None:
            player = shot.player.name if shot.player is not None else None
            context.publish(Splash(fixture=shot.fixture, key=shot.action_id, player=player))

        return [on(ThreePointerMade, hear)]

    return listener(name, listens, Splash)


def ear(heard: list[Event], *kinds: type[Event], name: str = "ear", history: bool = False) -> Plugin:
    """Make a plugin that hears everything, or what it is told, whatever the change."""

    async def hear(event: Event) -> None:
        heard.append(event)

    wanted = kinds or (Action, Moment, FeedStatus)
    return listener(name, lambda _: [on(kind, hear, changes=ALL_CHANGES, history=history) for kind in wanted])


def counter(name: str = "counter") -> Plugin:
    """Make a plugin that counts what stands in its store."""

    def listens(context: PluginContext) -> list[Subscription]:
        async def hear(action: Action) -> None:
            before = context.store.get("count", 0)
            assert isinstance(before, int)
            context.store.put("count", before + (1 if action.change is Change.ADDED else -1))

        return [on(Action, hear, changes={Change.ADDED, Change.WITHDRAWN})]

    return listener(name, listens)


def packet(number: int, kind: str = "Steal", *, fixture: str = FIXTURE, **fields: object) -> str:
    """A packet as it comes on the wire: an action of its own, a second after the one with the number before."""
    said = {
        "actionId": f"a-{number}",
        "clockTime": "08:02",
        "fixtureActionType": kind,
        "fixtureId": fixture,
        "fixtureSeqNum": number,
        "period": 1,
        "player": {"id": "p", "name": "Player One"},
        "sendType": "Confirmed",
        "team": {"homeTeam": True, "id": "home", "name": "Home"},
        "timelineSequence": number,
        "timestamp": f"2026-01-01T{18 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z",
    }
    return json.dumps({"fixtureAction": said | fields, "version": 3})


def packets(numbers: Iterable[int], kind: str = "Steal", *, fixture: str = FIXTURE) -> list[str]:
    """Packets with these numbers."""
    return [packet(number, kind, fixture=fixture) for number in numbers]
