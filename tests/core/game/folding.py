"""Games from packets, and all that two games of the same packets must agree on."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from random import Random

from actionbus.events.base import Action
from actionbus.game import Game, Line, TeamBox
from actionbus.timeline import Timeline


def fold(packets: Iterable[Action]) -> Game:
    """Return the game after these packets, each of them delivered at its own second."""
    timeline, game = Timeline(), Game()
    for position, packet in enumerate(packets):
        at = float(position)
        _, said = timeline.apply(packet, position, at)
        for event in said:
            game.apply(event)
        if not said:
            game.observe(packet.summary, at, finished=packet.finished)
    return game


def box(side: TeamBox) -> dict[str, object]:
    """Return one side of the box score."""
    players = {key: (held.line.as_dict(), held.mentions) for key, held in side.players.items()}
    return {"id": side.id, "name": side.name, "line": side.line.as_dict(), "players": players}


def result(game: Game) -> dict[str, object]:
    """Return all that must not depend on the order of delivery: all but the feed's newest word."""
    return {
        "home": box(game.home),
        "away": box(game.away),
        "teams": set(game.teams),
        "counted": game.counted,
        "periods": game.periods,
        "period": game.period,
        "clock": game.clock,
        "possession": game.possession,
        "last_basket": game.last_basket and game.last_basket.action_id,
        "order": [action.action_id for action in game.actions()],
        "lineups": set(game.lineups),
        "course": game.flow.course,
        "baskets": [(each.action.action_id, each.score, each.lead_change, each.run) for each in game.flow.baskets],
    }


def interleaved(packets: Sequence[Action], random: Random) -> list[Action]:
    """Return the packets in another legal order: each action's own revisions keep theirs."""
    revisions: dict[str, deque[Action]] = defaultdict(deque)
    for packet in packets:
        revisions[packet.action_id].append(packet)
    turns = [packet.action_id for packet in packets]
    random.shuffle(turns)
    return [revisions[action_id].popleft() for action_id in turns]


def nothing() -> dict[str, int]:
    """Return the line of somebody who did nothing."""
    return Line().as_dict()
