"""Which action type a packet means: the feed's ids and names, as data, and the rule where they disagree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from attrs import define, field, frozen

from actionbus.events import actions as a
from actionbus.events.base import Action, Event, SendType


class Entry(NamedTuple):
    """One action type: its class, the ids it was seen with, and the names it was seen under."""

    type: type[Action]
    ids: tuple[int, ...]
    names: tuple[str, ...]


# Ids and names: PROTOCOL 1.1 and action_types.json. No id: not public (PROTOCOL 1.2), the name is all there is.
# An id that stands twice (22) means the first type where the packet has no name to decide.
ENTRIES: tuple[Entry, ...] = (
    Entry(a.MatchConditions, (1,), ("Match conditions",)),
    Entry(a.TeamColours, (2,), ("Team colours",)),
    Entry(a.Lineup, (3,), ("Lineups", "Lineup")),
    Entry(a.MatchStart, (4,), ("Start match", "Start fixture", "Match start")),
    Entry(a.MatchOver, (5,), ("End match", "End fixture", "Match end")),
    Entry(a.PeriodStart, (6,), ("Start period", "Period start")),
    Entry(a.PeriodOver, (7,), ("End period", "Period end")),
    Entry(a.ClockStart, (8,), ("Start clock", "Clock start")),
    Entry(a.ClockStop, (9,), ("Stop clock", "Clock stop")),
    Entry(a.ClockAdjust, (10,), ("Adjust clock", "Clock adjust")),
    Entry(a.SubstitutionIn, (13,), ("Substitution In",)),
    Entry(a.SubstitutionOut, (14,), ("Substitution Out",)),
    Entry(a.PossessionGained, (15,), ("Possession Gained",)),
    Entry(a.StatusUpdate, (22,), ("Status Updated", "Status Update")),
    Entry(a.VideoCheck, (51,), ("Video check", "Video Check Underway", "Video Check Started")),
    Entry(a.Timeout, (52,), ("Timeout", "Time out")),
    Entry(a.MatchDelayed, (56,), ("Match delayed", "Match Start Delayed")),
    Entry(a.PlayStopped, (58,), ("Play Stopped",)),
    Entry(a.VideoCheckResult, (61,), ("Video check result",)),
    Entry(a.PossibleVideoCheck, (64,), ("Possible video Check",)),
    Entry(a.MarketClosed, (66,), ("Closed Market", "Market Closed", "Close Market")),
    Entry(a.MarketOpened, (67,), ("Open Market", "Market Opened", "Opened Market")),
    Entry(a.DataReviewUnderway, (72,), ("Data Review Underway",)),
    Entry(a.DataReviewOver, (73,), ("Data Review Over",)),
    Entry(a.Turnover, (201,), ("Turnover",)),
    Entry(a.OffensiveRebound, (204,), ("Offensive Rebound",)),
    Entry(a.DefensiveRebound, (205,), ("Defensive Rebound",)),
    Entry(a.Assist, (217,), ("Assist",)),
    Entry(a.NoAssist, (218,), ("No Assist", "No Assist & No Rebound")),
    Entry(a.Steal, (222, 22), ("Steal",)),
    Entry(a.OffensiveTeamRebound, (224,), ("Offensive Team Rebound", "Team Offensive Rebound")),
    Entry(a.DefensiveTeamRebound, (225,), ("Defensive Team Rebound", "Team Defensive Rebound")),
    Entry(a.NoRebound, (226,), ("No Rebound",)),
    Entry(a.OutOfGame, (231,), ("Out Of Game",)),
    Entry(a.TwoPointerMade, (), ("2PT Made",)),  # also 2 Points, 2 Pts, 2 Pointer, Two Points: see normalised
    Entry(a.TwoPointerMissed, (), ("2PT Missed",)),
    Entry(a.ThreePointerMade, (), ("3PT Made",)),
    Entry(a.ThreePointerMissed, (), ("3PT Missed",)),
    Entry(a.FreeThrowMade, (), ("Free Throw Made", "Free Throws Made", "1PT Made")),
    Entry(a.FreeThrowMissed, (), ("Free Throw Missed", "Free Throws Missed", "1PT Missed")),
    Entry(a.FreeThrowsAwarded, (), ("Free Throws Awarded", "Free Throw Awarded")),
    Entry(a.Foul, (), ("Foul", "Personal Foul")),
    Entry(a.Block, (), ("Block", "Blocked Shot", "Shot Blocked")),
    Entry(a.JumpBall, (), ("Jump Ball", "Jumpball")),
    Entry(a.PossessionArrow, (), ("Possession Arrow",)),
    Entry(a.Ejection, (), ("Ejection", "Ejected")),
)

SEND_TYPES = {  # PROTOCOL 2.3
    1: SendType.PENDING,
    2: SendType.UPDATED,
    3: SendType.CANCELLED,
    4: SendType.DELETED,
    5: SendType.CONFIRMED,
    6: SendType.RESTORED,
}
_SEND_NAMES = {kind.value: kind for kind in SendType}

_WORDS = re.compile(r"[^\W_]+")
_WORTH = re.compile(r"\b(1|2|3|one|two|three) ?(?:pts?|points?|pointers?)\b")
_DIGITS = {"one": "1", "two": "2", "three": "3"}


def normalised(name: str) -> str:
    """Fold what differs between spellings of one name: case, punctuation, and 3PT, 3 Points, Three Pointer."""
    words = " ".join(_WORDS.findall(name.casefold()))
    return _WORTH.sub(lambda found: f"{_DIGITS.get(found[1], found[1])}pt", words)


T = TypeVar("T")


@frozen
class Meaning(Generic[T]):
    """What an id and a name were taken to mean, and what is odd about them (None: nothing)."""

    value: T
    oddity: str | None = None


@define(eq=False)
class Catalogue:
    """Maps the feed's type ids and names to action classes.

    The name decides over the id; a mapping of the user's (id or name to class) decides over both.
    """

    user: Mapping[str, type[Action]] = field(factory=dict[str, type[Action]])
    _names: dict[str, type[Action]] = field(init=False)
    _ids: dict[int, tuple[type[Action], ...]] = field(init=False)
    _chosen: dict[int, type[Action]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._names = {normalised(name): entry.type for entry in ENTRIES for name in entry.names}
        self._ids = {}
        for entry in ENTRIES:
            for number in entry.ids:
                self._ids[number] = (*self._ids.get(number, ()), entry.type)
        self._chosen = {int(key): kind for key, kind in self.user.items() if key.isdecimal()}
        self._names |= {normalised(key): kind for key, kind in self.user.items() if not key.isdecimal()}

    def action_type(self, number: int | None, name: str | None) -> Meaning[type[Action]]:
        """Say which class the feed's ``fixtureActionTypeId`` and ``fixtureActionType`` mean."""
        chosen = self._chosen.get(number) if number is not None else None
        if chosen is not None:
            return Meaning(chosen)
        by_id = self._ids.get(number) if number is not None else None
        by_name = self._names.get(normalised(name)) if name else None
        if by_name is not None:
            if by_id is None or by_name in by_id:
                return Meaning(by_name)
            return Meaning(by_name, f"name {name!r} and id {number} disagree; the name decides")
        if by_id is None:
            return Meaning(a.UnknownAction, f"type {name!r} (id {number}) is not in the catalogue")
        kind, *_ = by_id
        return Meaning(
            kind, f"name {name!r} is not known for id {number}, taken as {snake_name(kind)}" if name else None
        )

    def send_type(self, number: int | None, name: str | None) -> Meaning[SendType | None]:
        """Say which send type ``sendTypeId`` and ``sendType`` mean; None where neither is known."""
        by_id = SEND_TYPES.get(number) if number is not None else None
        by_name = _SEND_NAMES.get(normalised(name)) if name else None
        if by_id is not None and by_name is not None and by_id is not by_name:
            return Meaning(by_name, f"send type {name!r} and id {number} disagree; the name decides")
        return Meaning(by_name or by_id)


class _SnakeNames(dict[type[Event], str]):
    def __missing__(self, kind: type[Event]) -> str:
        self[kind] = name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
        return name


_snake_names = _SnakeNames()


def snake_name(kind: type[Event]) -> str:
    """Return the name of an event class in plugins.toml: ``ThreePointerMade`` is ``three_pointer_made``."""
    return _snake_names[kind]


def event_classes() -> dict[str, type[Event]]:
    """Return every event class that is known by now, moments of loaded plugins included, by its snake_case name."""
    found: dict[str, type[Event]] = {}
    queue: list[type[Event]] = [Event]
    while queue:
        kind = queue.pop(0)
        found.setdefault(snake_name(kind), kind)
        queue.extend(kind.__subclasses__())
    return found


def action_classes() -> dict[str, type[Action]]:
    """Return the action classes by snake_case name."""
    return {name: kind for name, kind in event_classes().items() if issubclass(kind, Action)}
