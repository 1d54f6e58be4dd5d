"""Alerts by brute force over raw packets, as docs/alerts.md has them: nothing of actionbus is used here.

The whole corrected game is read anew after each packet, and what a rule finds in it compared with what it found before.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import reduce
from types import SimpleNamespace
from typing import Any

from attrs import define
from tests.plugins.notifier.raw import MOMENTS, Item, Raw, Step, elapsed, items, period_of

PENDING = " (unconfirmed)"
Found = tuple[tuple[Any, ...], list[Item]]  # whose it is, and what it is made of, in the game's own order


@define(eq=False)
class Alert:
    """``told``: with which packet it was first told; None: it is held back still; 0: it was passed over for good."""

    whose: tuple[Any, ...]
    made_of: list[Item]
    message: str
    due: float
    told: float | None = None
    at: float = 0.0
    stands: bool = True
    corrections: int = 0

    @property
    def ids(self) -> list[str]:
        return list(dict.fromkeys(name for each in self.made_of for name in each.ids))

    def is_of(self, whose: tuple[Any, ...], made_of: list[Item], once: bool) -> bool:
        """Whether it is about what is found now: it has something of what it was about, or is the first again."""
        return self.whose == whose and (once or bool({each.key for each in self.made_of} & {e.key for e in made_of}))

    def correct(self, made_of: list[Item], message: str) -> None:
        """What was told is corrected; that it grows, or that what is pending is confirmed, is no correction."""
        before, self.made_of = set(self.ids), made_of
        wrong = message.removesuffix(PENDING) != self.message.removesuffix(PENDING) and not before < set(self.ids)
        self.corrections += bool(self.told) and (wrong or not self.stands)
        self.stands, self.message = True, message


def alerts(rule: Raw, steps: Sequence[Step]) -> list[Alert]:
    """Return the alerts of one game that were told, in the order of telling."""
    known, last = list[Alert](), dict[tuple[Any, ...], float]()
    watched = set[str]().union(*parts(rule), *(MOMENTS.get(each, ()) for each in listed(rule["on"])))

    def tell(alert: Alert, number: float, at: float) -> None:
        alert.told = 0
        if at - last.get(alert.whose, -math.inf) >= span(rule.get("cooldown", "0s")):
            alert.told, alert.at, last[alert.whose] = number, at, at

    for step in steps:
        for alert in sorted(known, key=lambda each: each.due):
            if alert.told is None and alert.due < step.at:
                tell(alert, step.number, alert.due)
        if not watched & step.changed:
            continue
        found = list(find(rule, step.played))
        for alert in list(known):
            now = next((each for each in found if alert.is_of(*each, "once" in rule)), None)
            if now is not None:
                found.remove(now)
                alert.correct(now[1], text(rule, now[1]))
            elif alert.told is None:
                known.remove(alert)
            else:
                alert.stands = False
        for whose, made_of in found:
            known.append(Alert(whose, made_of, text(rule, made_of), step.at + span(rule.get("settle", "0s"))))
            if "settle" not in rule:
                tell(known[-1], step.number, step.at)
    return sorted((each for each in known if each.told), key=lambda each: each.told or 0)


def parts(rule: Raw) -> tuple[set[str], set[str]]:
    """What the rule looks for, and what breaks its streak."""
    streak, on = rule.get("streak", {}), set(listed(rule["on"]))
    of = set(listed(streak.get("of"))) or on
    breaks = set(listed(streak.get("broken_by"))) or on - of or {each.replace("made", "missed") for each in of}
    return of, breaks if streak else set()


def find(rule: Raw, played: Sequence[Raw]) -> Iterator[Found]:
    """Return all that a rule finds in a game."""
    (of, breaks), streak, once = parts(rule), rule.get("streak", {}), rule.get("once")
    game = [raw for raw in played if rule.get("phase") == "pending" or not raw["pending"]]
    mine: defaultdict[tuple[Any, ...], list[Item]] = defaultdict(list)
    per = [*listed(rule.get("per")), *(["period"] if once == "per-period" else [])]
    for each in items(of | breaks, game):
        whose = tuple(getattr(each.names[name], "id", each.names[name]) for name in per)
        if all(whose) and all(asks(each.names[name], asked) for name, asked in rule.get("where", {}).items()):
            mine[whose].append(each)
    for whose, those in mine.items():
        rows: list[list[Item]] = [[]]
        for each in those:
            if breaks and of.isdisjoint(each.raw["classes"]):
                rows.append([])
            elif eval(rule.get("when", "True"), {}, each.names):
                rows[-1:] = [[*rows[-1], each]] if streak else [rows[-1], [each]]
        rows = [row for row in rows if len(row) >= streak.get("n", 1)]
        if "count" in rule:
            rows = windows([row[0] for row in rows], period_of(game), **rule["count"])
        yield from ((whose, row) for row in (rows[:1] if once else rows))


def windows(good: list[Item], period: int, at_least: int, within: str = "", within_game: str = "") -> list[list[Item]]:
    rows: list[list[Item]] = []
    for window in (good[end - at_least : end] for end in range(at_least, len(good) + 1)):
        first, last = (each.raw["entered"] if within else elapsed(each.raw, period) for each in (window[0], window[-1]))
        if abs(last - first) <= span(within or within_game or "9999m"):
            grows = rows and at_least > 1 and rows[-1][-1] is window[-2]
            rows[-1:] = [[*rows[-1], window[-1]]] if grows else [*rows[-1:], window]
    return rows


def asks(value: Any, asked: Any) -> bool:
    """Whether a field is as ``where`` has it; of a player or team the id, the name or one word of it will do."""
    known = (value.id, value.name, *value.name.split()) if isinstance(value, SimpleNamespace) else (value,)
    return bool({fold(each) for each in known} & {fold(each) for each in listed(asked)})


def fold(value: Any) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", str(value)) if not unicodedata.combining(c)).casefold()


def listed(value: Any) -> list[Any]:
    return [] if value is None else [value] if isinstance(value, str | int) else list(value)


def span(text: str) -> float:
    minutes, colon, rest = text.partition(":")
    return 60 * int(minutes) + int(rest) if colon else float(text[:-1]) * {"s": 1, "m": 60}[text[-1]]


def text(rule: Raw, made_of: list[Item]) -> str:
    said = SimpleNamespace(**made_of[-1].names, streak=SimpleNamespace(n=len(made_of)), count=len(made_of))
    filled = re.sub(r"{{ ([\w.]+) }}", lambda name: str(reduce(getattr, name[1].split("."), said)), rule["message"])
    return filled + PENDING if any(each.raw["pending"] for each in made_of) else filled
