"""Print the play-by-play: one line for each shot, rebound, steal and foul, and a line when the feed takes one back."""

from __future__ import annotations

from actionbus import (
    Action,
    Block,
    Change,
    Foul,
    PeriodOver,
    PeriodStart,
    Rebound,
    Shot,
    Steal,
    Subscription,
    Timeout,
    Turnover,
    hookimpl,
    on,
    snake_name,
)

SHOWN = (Shot, Rebound, Steal, Block, Turnover, Foul, Timeout, PeriodStart, PeriodOver)
MARKS = {Change.ADDED: " ", Change.AMENDED: "~", Change.WITHDRAWN: "-"}


async def tell(action: Action) -> None:
    """Print one action."""
    what = snake_name(type(action)).replace("_", " ")
    who = ", ".join(str(each) for each in (action.player, action.team) if each is not None)
    print(f"Q{action.period} {action.clock or '':>5} {MARKS[action.change]} {what:<20} {who}", flush=True)


@hookimpl
def subscriptions() -> list[Subscription]:
    """Listen to what people would call the game, and to its corrections."""
    return [on(kind, tell, changes=MARKS.keys()) for kind in SHOWN]
