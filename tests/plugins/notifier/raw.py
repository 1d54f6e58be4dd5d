"""What raw packets say: the game as it stands after each of them, and the actions and moments in it, by brute force.

Nothing of actionbus is used here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

from attrs import frozen
from tests.plugins.score_tracker.oracle import SURE, foul_trouble, milestones, of_baskets, of_the_clock, seconds

Raw = dict[str, Any]
SHOTS = {"2pt": "two_pointer", "3pt": "three_pointer", "2 points": "two_pointer", "3 points": "three_pointer"}


class Step(NamedTuple):
    """One packet, counted from 1; ``at`` is the fixture clock. Of no packet, but that the game is over: infinite."""

    number: float
    at: float
    changed: frozenset[str] = frozenset()
    """The classes of what the action was and is; none where nothing changes."""
    played: Sequence[Raw] = ()
    """All that stands or is pending now, in the game's own order."""


def read(packets: Iterable[str]) -> list[Step]:
    """Return what each packet makes of the game, and then that it is over."""
    now: dict[str, Raw] = {}
    entered: dict[str, float] = {}
    found = [Step(0, 0.0)]
    for number, packet in enumerate(packets, 1):
        raw: Raw = json.loads(packet, parse_float=Decimal)["fixtureAction"]
        key, pending = raw["actionId"], raw["sendType"] == "Pending"
        time, before, last = datetime.fromisoformat(raw["timestamp"]).timestamp(), now.get(key), found[-1]
        if raw["sendType"] in SURE or (pending and (before is None or before["pending"])):
            kinds = classes(raw["fixtureActionType"])
            now[key] = raw | {"pending": pending, "entered": entered.setdefault(key, time), "classes": kinds}
        elif not pending:
            now.pop(key, None)
        changes = [each for each in (before, now.get(key)) if each is not None] if now.get(key) is not before else []
        played = last.played
        if changes:
            counted = (each for each in now.values() if each["period"] > 0)
            played = sorted(counted, key=lambda each: (each["period"], each["timelineSequence"], each["actionId"]))
        changed = frozenset[str]().union(*(each["classes"] for each in changes))
        found.append(Step(number, max(time, last.at), changed, played))
    return [*found[1:], Step(math.inf, math.inf)]


@cache
def classes(name: str) -> frozenset[str]:
    """Return the event class of a type of actions, and a wider one of shots."""
    label, _, rest = name.lower().rpartition(" ")
    return frozenset({f"{SHOTS.get(label, label)}_{rest}".strip("_").replace(" ", "_"), f"shot_{rest}"})


BASKETS = frozenset({"shot_made"})
FIGURES = BASKETS | {"offensive_rebound", "defensive_rebound", "assist", "steal", "block"}
# Of each class of moments: the actions that matter to it.
MOMENTS: Mapping[str, frozenset[str]] = {
    "lead_change": BASKETS,
    "scoring_run": BASKETS,
    "milestone": FIGURES,
    "foul_trouble": frozenset({"foul"}),
    "final_score": BASKETS | {"end_match"},
}


@frozen
class Item:
    """An action or a moment: its key, the actions that it is made of, the last of them, and what may be named of it."""

    key: str
    ids: Sequence[str]
    raw: Raw
    names: Raw


def items(kinds: Iterable[str], game: Sequence[Raw]) -> list[Item]:
    """Return all actions, or all moments, of some classes in a game, in its own order."""
    wanted = frozenset(kinds)
    these = (raw for raw in game if not wanted.isdisjoint(raw["classes"]))
    found = [Item(raw["actionId"], [raw["actionId"]], raw, names(raw)) for raw in these]
    for kind in wanted & MOMENTS.keys():
        by_id = {raw["actionId"]: raw for raw in game}
        for key, ids, more in moments(kind, [*game]):
            found.append(Item(key, ids, by_id[ids[-1]], names(by_id[ids[-1]]) | more))
    return found


def moments(kind: str, game: list[Raw]) -> Iterator[tuple[str, Sequence[str], Raw]]:
    """Yield the key of each moment, the actions that it is made of, and what it says besides the last of them."""
    match kind:
        case "lead_change":
            for key, said in of_baskets(game)["LeadChange"].items():
                yield key, [key], scored(said[5])
        case "scoring_run":
            for key, said in of_baskets(game)["ScoringRun"].items():
                yield key, said[3], {"points": said[1]}
        case "milestone":
            for key, said in milestones(game).items():
                stat, threshold, _ = key.split(":")
                yield key, [said[2]], {"stat": stat, "threshold": int(threshold)}
        case "foul_trouble":
            for key, said in foul_trouble(game).items():
                yield key, said[2], {"fouls": len(said[2])}
        case _:
            for key, said in of_the_clock(game)["FinalScore"].items():
                yield key, [said[0]], scored(said[1])


def scored(score: tuple[int, int]) -> Raw:
    return {"score": SimpleNamespace(home=score[0], away=score[1])}


def names(raw: Raw) -> Raw:
    """What a rule may name of an action."""
    team, player = ({"id": "", "name": ""} | raw.get(name, {}) for name in ("team", "player"))
    return {
        "period": raw["period"],
        "clock": seconds(raw),
        "clock_text": raw["clockTime"],
        "team": SimpleNamespace(**team),
        "player": SimpleNamespace(**player | {"name": player["name"] or team["name"]}),
    }


def period_of(game: Iterable[Raw]) -> int:
    """Return how many seconds each of the first four periods has: only in the NBA are there more than 600."""
    return 720 if any(seconds(raw) > 600 for raw in game if raw["period"] < 5) else 600


def elapsed(raw: Raw, period: int) -> int:
    """Return the seconds of play until an action."""
    return sum(period if number < 5 else 300 for number in range(1, raw["period"] + 1)) - seconds(raw)
