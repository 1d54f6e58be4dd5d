"""Games with many more corrections than are real: every twist of an alert's life comes up."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

Raw = dict[str, Any]
RETYPED = [
    ["3PT Made", "3PT Missed", "2PT Made"],
    ["3 Points Made", "3 Points Missed", "2 Points Made"],
    ["Steal", "Turnover"],
    ["Offensive Rebound", "Defensive Rebound"],
    ["Free Throw Made", "Free Throw Missed"],
]
_NUMBER = re.compile(r'"@(-?[0-9.eE+-]+)"')


def spoil(packets: Sequence[str], seed: int, share: float) -> list[str]:
    """Return a game with a correction of some recent action behind so many of its packets, and some entered late.

    The scores in the summaries are left as they were.
    """
    rng, served, now = random.Random(seed), list[Raw](), dict[str, Raw]()
    people: defaultdict[str, list[Raw]] = defaultdict(list)
    late: list[tuple[int, Raw]] = []
    for number, text in enumerate(packets):
        packet: Raw = json.loads(text, parse_float=lambda digits: f"@{digits}")
        action: Raw = packet["fixtureAction"]
        if "player" in action and action["player"] not in people[action["team"]["id"]]:
            people[action["team"]["id"]].append(action["player"])
        if action["sendType"] == "Confirmed" and action["actionId"] not in now and rng.random() < share / 3:
            late.append((number + rng.randint(1, 40), packet))
            continue
        coming = [packet, *(each for due, each in late if due <= number)]
        late = [(due, each) for due, each in late if due > number]
        for each in coming:
            served.append(stamped(each, packet))
            if action["period"] > 0 and action["sendType"] != "Pending":  # which may have no player yet
                now[each["fixtureAction"]["actionId"]] = each
        if rng.random() < share and now:
            recent = list(now.values())[-60:]
            mended = mend(rng.choice(recent), rng, people)
            now[mended["fixtureAction"]["actionId"]] = mended
            served.append(stamped(mended, packet))
    served += [each for _, each in late]
    return [_NUMBER.sub(r"\1", json.dumps(each, ensure_ascii=False)) for each in served]


def stamped(packet: Raw, when: Raw) -> Raw:
    """A packet as it would have been sent with another: with that one's time and summary."""
    action = packet["fixtureAction"] | {"timestamp": when["fixtureAction"]["timestamp"]}
    return {**packet, "fixtureAction": action, "fixtureSummary": when["fixtureSummary"]}


def mend(packet: Raw, rng: random.Random, people: dict[str, list[Raw]]) -> Raw:
    """Return a packet that says something else of an action."""
    action = dict[str, Any](packet["fixtureAction"])
    gone = action["sendType"] in ("Deleted", "Cancelled")
    action["sendType"] = "Restored" if gone else rng.choice(["Deleted", "Updated", "Updated", "Updated", "Confirmed"])
    if action["sendType"] == "Updated":
        what = rng.randrange(5)
        others = [kind for group in RETYPED if action["fixtureActionType"] in group for kind in group]
        if what < 2 and others:
            action["fixtureActionType"] = rng.choice(others)
            action.pop("fixtureActionTypeId", None)
        elif what == 2 and "player" in action:
            action["player"] = rng.choice(people[action["team"]["id"]])
        elif what == 3:
            minutes, seconds = action["clockTime"].split(":")
            left = max(0, 60 * int(minutes) + int(seconds) - rng.randint(0, 20))  # no later than a period is long
            action["clockTime"] = f"{left // 60:02}:{left % 60:02}"
        elif isinstance(action["timelineSequence"], str):
            whole, _, digits = action["timelineSequence"].partition(".")
            action["timelineSequence"] = f"{whole}.{max(0, int(digits[:7]) + rng.randint(-30, 30)):07}{digits[7:]}"
    return {**packet, "fixtureAction": action}
