"""What stands at the end of a game, by brute force over the raw packets: nothing of actionbus is used here.

Each function reads the final, corrected list of actions and gives, by key, what is to be compared of each moment.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

Raw = dict[str, Any]
Moments = dict[str, tuple[Any, ...]]

WORTH = {"2 Points Made": 2, "2PT Made": 2, "3 Points Made": 3, "3PT Made": 3, "Free Throw Made": 1}
TWO, THREE = ("2 Points", "2PT"), ("3 Points", "3PT")
CATEGORY = {
    **dict.fromkeys(WORTH, "points"),
    **dict.fromkeys(("Offensive Rebound", "Defensive Rebound"), "rebounds"),
    **{"Assist": "assists", "Steal": "steals", "Block": "blocks"},
}
BENCH = ("Coach Technical", "Bench Technical")
SURE = ("Confirmed", "Updated", "Restored")


def standing(packets: Iterable[str]) -> list[Raw]:
    """Return the actions that count in the end, in the game's own order."""
    last: dict[str, Raw] = {}
    for packet in packets:
        action: Raw = json.loads(packet, parse_float=Decimal)["fixtureAction"]
        last[action["actionId"]] = action
    played = [action for action in last.values() if action["sendType"] in SURE and action["period"] > 0]
    return sorted(played, key=lambda each: (each["period"], each["timelineSequence"], each["actionId"]))


def ahead(score: tuple[int, int]) -> int:
    return (score[0] > score[1]) - (score[0] < score[1])


def seconds(action: Raw) -> int:
    minutes, _, rest = action["clockTime"].partition(":")
    return 60 * int(minutes) + int(rest)


def scores(actions: list[Raw]) -> list[tuple[int, int]]:
    """Return the score after each action."""
    home = away = 0
    found: list[tuple[int, int]] = []
    for action in actions:
        worth = WORTH.get(action["fixtureActionType"], 0)
        if worth and action["team"]["homeTeam"]:
            home += worth
        elif worth:
            away += worth
        found.append((home, away))
    return found


def of_baskets(actions: list[Raw]) -> dict[str, Moments]:
    """Score changes, lead changes, ties, buzzer beaters and runs from 8 points on."""
    found: dict[str, Moments] = {name: {} for name in ("ScoreChanged", "LeadChange", "Tie", "BuzzerBeater")}
    runs: list[tuple[Raw, list[str], int, tuple[int, int]]] = []
    leader = 0
    for action, score in zip(actions, scores(actions), strict=True):
        kind = action["fixtureActionType"]
        if kind not in WORTH:
            continue
        key, team = action["actionId"], action["team"]["id"]
        said = (action["period"], action["clockTime"], team, action["player"]["id"], WORTH[kind], score)
        found["ScoreChanged"][key] = said
        if not ahead(score):
            found["Tie"][key] = said
        elif ahead(score) == -leader:
            found["LeadChange"][key] = said
        leader = ahead(score) or leader
        if kind.startswith((*TWO, *THREE)) and seconds(action) == 0:
            found["BuzzerBeater"][key] = said
        if runs and runs[-1][0]["team"]["id"] == team:
            runs[-1] = (runs[-1][0], [*runs[-1][1], key], runs[-1][2] + WORTH[kind], score)
        else:
            runs.append((action, [key], WORTH[kind], score))
    found["ScoringRun"] = {
        first["actionId"]: (first["team"]["id"], points, score, tuple(keys), first["period"], first["clockTime"])
        for first, keys, points, score in runs
        if points >= 8
    }
    return found


def streaks(actions: list[Raw]) -> Moments:
    """Three threes of a player in a row, and five field goals."""
    found: Moments = {}
    for name, kinds, least in (("threes", THREE, 3), ("field_goals", (*TWO, *THREE), 5)):
        shots: defaultdict[str, list[Raw]] = defaultdict(list)
        for action in actions:
            if action["fixtureActionType"].startswith(kinds):
                shots[action["player"]["id"]].append(action)
        for player, taken in shots.items():
            row: list[str] = []
            for shot in [*taken, {"fixtureActionType": "the end Missed"}]:
                if shot["fixtureActionType"].endswith("Made"):
                    row.append(shot["actionId"])
                    continue
                if len(row) >= least:
                    found[f"{name}:{row[0]}"] = (player, len(row), tuple(row))
                row = []
    return found


def milestones(actions: list[Raw]) -> Moments:
    """10, 20, ... points and double- and triple-doubles of players, 100 points of teams."""
    found: Moments = {}
    figures: defaultdict[tuple[str, str], int] = defaultdict(int)
    for action in actions:
        kind, key = action["fixtureActionType"], action["actionId"]
        category, worth = CATEGORY.get(kind), WORTH.get(kind, 1)
        if category is None:
            continue
        for who in [action["team"]["id"], *([action["player"]["id"]] if "player" in action else [])]:
            before = figures[who, category]
            value = figures[who, category] = before + worth
            is_team = who == action["team"]["id"]
            if category == "points":
                for threshold in [100] if is_team else range(10, 101, 10):
                    if before < threshold <= value:
                        found[f"points:{threshold}:{who}"] = (who, value, key)
            tens = sum(figures[who, each] >= 10 for each in ("points", "rebounds", "assists", "steals", "blocks"))
            if not is_team and before < 10 <= value and tens in (2, 3):
                name = {2: "double_double", 3: "triple_double"}[tens]
                found[f"{name}:10:{who}"] = (who, tens, key)
    return found


def foul_trouble(actions: list[Raw]) -> Moments:
    """The second foul in Q1, the third in the first half, the fourth in Q3, the fifth at any time."""
    found: Moments = {}
    fouls: defaultdict[str, list[str]] = defaultdict(list)
    for action in actions:
        if action["fixtureActionType"] != "Foul" or action.get("fixtureActionSubType") in BENCH:
            continue
        if "player" in action:
            mine = fouls[action["player"]["id"]]
            mine.append(action["actionId"])
            if action["period"] <= {2: 1, 3: 2, 4: 3, 5: 99}.get(len(mine), 0):
                found[f"{action['player']['id']}:{len(mine)}"] = (action["period"], action["clockTime"], tuple(mine))
    return found


def of_the_clock(actions: list[Raw]) -> dict[str, Moments]:
    """Clutch time, the ends of periods, the final score."""
    found: dict[str, Moments] = {"ClutchTime": {}, "PeriodEnd": {}, "FinalScore": {}}
    ends: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for action, score in zip(actions, scores(actions), strict=True):
        period, key = action["period"], action["actionId"]
        ends[period] = score
        if period >= 4 and seconds(action) <= 300 and abs(score[0] - score[1]) <= 5:
            found["ClutchTime"].setdefault(str(period), (key, score))
    for action in actions:
        period, key, kind = action["period"], action["actionId"], action["fixtureActionType"]
        if kind in ("End period", "End match"):
            home, away = ends[period - 1]
            score = ends[period]
            end = key, score, (score[0] - home, score[1] - away)
            if kind == "End period" or str(period) not in found["PeriodEnd"]:
                found["PeriodEnd"][str(period)] = end
        if kind == "End match":
            found["FinalScore"]["final"] = (key, ends[period])
    return found


def oracle(packets: Iterable[str]) -> dict[str, Moments]:
    """Return all moments that stand, by class and key."""
    actions = standing(packets)
    return {
        **of_baskets(actions),
        "Streak": streaks(actions),
        "Milestone": milestones(actions),
        "FoulTrouble": foul_trouble(actions),
        **of_the_clock(actions),
    }
