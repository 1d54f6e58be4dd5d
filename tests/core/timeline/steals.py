"""Revisions of one action."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from actionbus.events.actions import Steal
from actionbus.events.base import Action, Player, SendType, Team

PENDING, CONFIRMED, UPDATED = SendType.PENDING, SendType.CONFIRMED, SendType.UPDATED
CANCELLED, DELETED, RESTORED = SendType.CANCELLED, SendType.DELETED, SendType.RESTORED
SURE = (CONFIRMED, UPDATED, RESTORED)
VOID = (CANCELLED, DELETED)

HOME = Team(id="home", name="Home", home=True)
PLAYER = Player(id="p", name="P")
OTHER: dict[str, Any] = {"player": Player(id="q", name="Q")}


def steal(send_type: SendType, kind: type[Action] = Steal, **changes: Any) -> Action:
    values: dict[str, Any] = {"team": HOME, "player": PLAYER, "period": 1, "clock": "09:00", "sequence": Decimal("1.5")}
    return kind(fixture="f", action_id="a", send_type=send_type, **values | changes)
