"""A list of packets rewritten upstream: some earlier actions gone, one of them changed, the rest moved up."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

import orjson

if TYPE_CHECKING:
    from random import Random

# What can go without the summaries of later packets telling another score.
_MAY_GO = ("rebound", "assist", "steal", "block")
# A client tries a resume at one place less and one more, since the base of startPosition is not certain, and a server
# whose base is off by one uses up one of them: only a shift of three fits nowhere.
_LEAST_SHIFT = 3


def rewrite(packets: list[str], place: int, rng: Random) -> list[tuple[int, str]]:
    """Return what is left of ``packets``, each with its old place; nothing from ``place`` on is touched.

    Only actions that are over by then go, each with all its packets. Where there are too few, the list stays.
    """
    actions: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    players: dict[str, set[tuple[str, str]]] = {}
    by: dict[str, tuple[str, tuple[str, str]]] = {}
    for at, packet in enumerate(packets):
        action = _action_of(packet)
        if action is None:
            continue
        identity = str(action.get("actionId"))
        actions.setdefault(identity, []).append(at)
        names[identity] = str(action.get("fixtureActionType")).lower()
        team, player = action.get("team"), action.get("player")
        if _is_object(team) and _is_object(player):
            who = (str(player.get("id")), str(player.get("name")))
            players.setdefault(str(team.get("id")), set()).add(who)
            by[identity] = (str(team.get("id")), who)
    may_go = [
        identity
        for identity, places in actions.items()
        if places[-1] < place and any(word in names[identity] for word in _MAY_GO)
    ]
    rng.shuffle(may_go)
    gone: set[int] = set()
    while may_go and len(gone) < _LEAST_SHIFT:
        gone.update(actions[may_go.pop()])
    if len(gone) < _LEAST_SHIFT:
        return list(enumerate(packets))
    kept = {at: packet for at, packet in enumerate(packets) if at not in gone}
    for identity in may_go:
        if identity in by:
            team, old = by[identity]
            others = sorted(players[team] - {old})
            if others:
                new = rng.choice(others)
                for at in actions[identity]:
                    kept[at] = _rename(kept[at], old, new)
                break
    return list(kept.items())


def _rename(packet: str, old: tuple[str, str], new: tuple[str, str]) -> str:
    for before, after in zip(old, new, strict=True):
        packet = packet.replace(orjson.dumps(before).decode(), orjson.dumps(after).decode())
    return packet


def _action_of(packet: str) -> dict[str, object] | None:
    try:
        found: object = orjson.loads(packet)
    except ValueError:
        return None
    action = found.get("fixtureAction") if _is_object(found) else None
    return action if _is_object(action) else None


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)
