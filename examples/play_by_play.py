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
    period_text,
    snake_name,
)

SHOWN = (Shot, Rebound, Steal, Block, Turnover, Foul, Timeout, PeriodStart, PeriodOver)
MARKS = {Change.ADDED: " ", Change.AMENDED: "~", Change.WITHDRAWN: "-"}  # news, corrected, taken back


async def tell(action: Action) -> None:
    """Print one action: `Q1 09:36   two pointer made      Will Clyburn (Anadolu Efes)`."""
    period = period_text(action.period)
    what = snake_name(type(action)).replace("_", " ")
    who = f"{action.player} ({action.team})" if action.player is not None else str(action.team or "")
    line = f"{period} {action.clock or '':>5} {MARKS[action.change]} {what:<21} {who}"
    print(line.rstrip(), flush=True)


@hookimpl
def subscriptions() -> list[Subscription]:
    """Listen to what people would call the game, and to its corrections."""
    return [on(kind, tell, changes=MARKS.keys()) for kind in SHOWN]
