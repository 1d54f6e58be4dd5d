"""Packets of a game as the feed would say them one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from actionbus.events.base import Action, Player, SendType, Team

HOME, AWAY = Team(id="h", name="Home", home=True), Team(id="a", name="Away", home=False)
PLAYER = Player(id="p", name="A  Player")


class Feed:
    """Makes packets with ids and a place in the game of their own."""

    def __init__(self) -> None:
        self.count = 0

    def say(self, kind: type[Action], team: Team | None = HOME, **fields: Any) -> Action:
        self.count += 1
        values: dict[str, Any] = {"action_id": f"x{self.count}", "period": 1, "sequence": Decimal(self.count)}
        return kind(fixture="f", team=team, **values | fields)


def again(action: Action, send_type: SendType, kind: type[Action] | None = None, **fields: Any) -> Action:
    """Return another revision of an action."""
    values: dict[str, Any] = {key: value for key, value in action.__dict__.items() if key in SAID}
    values |= fields
    return (kind or type(action))(send_type=send_type, **values)


SAID = ("fixture", "action_id", "period", "clock", "sequence", "team", "player", "subtype", "summary")
