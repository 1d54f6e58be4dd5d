"""What the scorer enters for a match: first entries, second thoughts and late ones; what stands at the end is true."""

from __future__ import annotations

from enum import Enum
from random import Random
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from actionbus.simulator.sheet import Action, Kind
from actionbus.simulator.teams import Player, make_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from actionbus.simulator.play import Match


class Send(Enum):
    """A send type, by the id that packets give it."""

    PENDING = 1
    UPDATED = 2
    CANCELLED = 3
    DELETED = 4
    CONFIRMED = 5
    RESTORED = 6


@frozen
class Entry:
    """One packet to be: what it says of an action, when (seconds since the first packet) and how surely."""

    at: float
    send: Send
    action: Action


KEY_KINDS = frozenset({
    Kind.TWO_MADE, Kind.TWO_MISSED, Kind.THREE_MADE, Kind.THREE_MISSED, Kind.FREE_THROW_MADE,
    Kind.FREE_THROW_MISSED, Kind.FOUL, Kind.TURNOVER, Kind.STEAL, Kind.BLOCK,
})  # fmt: skip
_REBOUNDS = frozenset({Kind.OFFENSIVE_REBOUND, Kind.DEFENSIVE_REBOUND})
_WITH_PLAYER = KEY_KINDS | _REBOUNDS | {Kind.ASSIST}
_OTHER_VALUE = {
    Kind.TWO_MADE: Kind.THREE_MADE,
    Kind.THREE_MADE: Kind.TWO_MADE,
    Kind.TWO_MISSED: Kind.THREE_MISSED,
    Kind.THREE_MISSED: Kind.TWO_MISSED,
}
_OTHER_SUBTYPE = {
    "Personal": "Offensive", "Offensive": "Personal", "Technical": "Personal", "Unsportsmanlike": "Personal",
    "Travelling": "Double Dribble", "Double Dribble": "Travelling", "Out Of Bounds": "Back Court Violation",
    "Back Court Violation": "Out Of Bounds", "3 Second Violation": "Travelling",
}  # fmt: skip
_PENDING_SHARE = 0.33  # of key actions: real games have a Pending packet for about one in ten
_QUIET = 60.0  # seconds before the end in which nothing is entered wrongly: after End match nothing comes


def enter_match(match: Match, seed: int) -> list[Entry]:
    """Return the entries of a match in the order of delivery."""
    scorer = _Scorer(match, seed, Random(f"{seed}/entries"))
    scorer.enter()
    end = match.actions[-1].at
    entries = [entry for entries in scorer.entries.values() for entry in entries]
    entries = [evolve(entry, at=min(entry.at, end)) for entry in entries]
    # End match last, whatever else came at that moment
    return sorted(entries, key=lambda entry: (entry.at, entry.action.kind is Kind.END_MATCH))


@define
class _Scorer:
    match: Match
    seed: int
    rng: Random
    entries: dict[str, list[Entry]] = field(init=False)
    _untouched: dict[str, Action] = field(init=False)

    def __attrs_post_init__(self) -> None:
        end = self.match.actions[-1].at
        self.entries = {action.id: [Entry(action.at, Send.CONFIRMED, action)] for action in self.match.actions}
        self._untouched = {
            action.id: action
            for action in self.match.actions
            if action.kind in _WITH_PLAYER and action.at < end - _QUIET
        }

    def enter(self) -> None:
        """Make the mistakes of one match, each kind at least once, about 20 in all; then the hesitations."""
        rng = self.rng
        for times, mistake in (
            (rng.randint(3, 4), self._rebound_of_nobody),
            (rng.randint(2, 3), self._wrong_player),
            (rng.randint(1, 2), self._wrong_value),
            (1, self._wrong_subtype),
            (1, self._turnover_for_steal),
            (1, self._steal_for_turnover),
            (rng.randint(1, 2), self._wrong_end),
            (rng.randint(1, 2), self._deleted_by_mistake),
            (1, self._deleted_and_updated),
            (rng.randint(3, 5), self._late),
            (rng.randint(2, 3), self._cancelled),
            (rng.randint(2, 3), self._deleted),
        ):
            for _ in range(times):
                mistake()
        for action in list(self._untouched.values()):
            if action.kind in KEY_KINDS and rng.random() < _PENDING_SHARE:
                self._pending(action)

    def _take(self, kinds: Collection[Kind], where: Callable[[Action], bool] | None = None) -> Action | None:
        """Draw an action that nothing was done to yet, of one of these kinds."""
        found = [a for a in self._untouched.values() if a.kind in kinds and (where is None or where(a))]
        if not found:
            return None
        return self._untouched.pop(self.rng.choice(found).id)

    def _corrected(self, truth: Action, wrong: Action, low: float, high: float) -> None:
        """Enter ``wrong`` first, and the truth as an update, so many seconds later."""
        self.entries[truth.id] = [
            Entry(truth.at, Send.CONFIRMED, wrong),
            Entry(truth.at + self.rng.uniform(low, high), Send.UPDATED, truth),
        ]

    def _mate(self, action: Action, home: bool | None) -> Player:
        team = self.match.home if home else self.match.away
        return self.rng.choice([player for player in team.players if player != action.player])

    def _rebound_of_nobody(self) -> None:
        truth = self._take(_REBOUNDS, lambda action: action.player is not None)
        if truth is not None:
            self._corrected(truth, evolve(truth, player=None), 15, 25)

    def _wrong_player(self) -> None:
        truth = self._take(_WITH_PLAYER, lambda action: action.player is not None)
        if truth is not None:
            self._corrected(truth, evolve(truth, player=self._mate(truth, truth.home)), 8, 90)

    def _wrong_value(self) -> None:
        truth = self._take(_OTHER_VALUE)
        if truth is not None:
            self._corrected(truth, evolve(truth, kind=_OTHER_VALUE[truth.kind]), 8, 45)

    def _wrong_subtype(self) -> None:
        truth = self._take({Kind.FOUL, Kind.TURNOVER}, lambda action: (action.subtype or "") in _OTHER_SUBTYPE)
        if truth is not None:
            self._corrected(truth, evolve(truth, subtype=_OTHER_SUBTYPE[truth.subtype or ""]), 8, 60)

    def _turnover_for_steal(self) -> None:
        """A steal is entered as a turnover of the others."""
        truth = self._take({Kind.STEAL})
        if truth is not None:
            mate = self._mate(truth, not truth.home)
            wrong = evolve(truth, kind=Kind.TURNOVER, home=not truth.home, player=mate, related=())
            self._corrected(truth, wrong, 8, 45)

    def _steal_for_turnover(self) -> None:
        """A turnover is entered as a steal of the others."""
        truth = self._take({Kind.TURNOVER}, lambda action: action.player is not None)
        if truth is not None:
            mate = self._mate(truth, not truth.home)
            wrong = evolve(truth, kind=Kind.STEAL, home=not truth.home, player=mate, subtype=None, related=())
            self._corrected(truth, wrong, 8, 45)

    def _wrong_end(self) -> None:
        """An offensive rebound is entered as a defensive one, or the other way round."""
        truth = self._take(_REBOUNDS)
        if truth is not None:
            (other,) = _REBOUNDS - {truth.kind}
            self._corrected(truth, evolve(truth, kind=other), 5, 30)

    def _gone_and_back(self, back: Send) -> None:
        truth = self._take(_WITH_PLAYER - {Kind.FREE_THROW_MADE})
        if truth is not None:
            gone = truth.at + self.rng.uniform(5, 40)
            self.entries[truth.id] += [
                Entry(gone, Send.DELETED, truth),
                Entry(gone + self.rng.uniform(4, 40), back, truth),
            ]

    def _deleted_by_mistake(self) -> None:
        self._gone_and_back(Send.RESTORED)

    def _deleted_and_updated(self) -> None:
        self._gone_and_back(Send.UPDATED)

    def _late(self) -> None:
        """An action is entered behind those that followed it."""
        truth = self._take({Kind.ASSIST, Kind.STEAL, Kind.BLOCK, Kind.FOUL, Kind.TURNOVER})
        if truth is not None:
            actions = self.match.actions
            behind = actions[min(truth.place // 2 + self.rng.randint(4, 9), len(actions) - 1)]
            self.entries[truth.id] = [Entry(behind.at + 0.01, Send.CONFIRMED, truth)]

    def _pending(self, truth: Action) -> None:
        first = truth if self.rng.random() < 0.7 else evolve(truth, player=None)
        sure = truth.at + self.rng.uniform(0.6, 3.5)
        self.entries[truth.id] = [Entry(truth.at, Send.PENDING, first), Entry(sure, Send.CONFIRMED, truth)]

    def _cancelled(self) -> None:
        self._never_was(Send.PENDING, Send.CANCELLED, 0.7, 8)

    def _deleted(self) -> None:
        self._never_was(Send.CONFIRMED, Send.DELETED, 8, 60)

    def _never_was(self, first: Send, last: Send, low: float, high: float) -> None:
        """Something is entered that never was, right behind something that was."""
        near = self._take(_WITH_PLAYER)
        if near is None:
            return
        rng = self.rng
        kind = rng.choice((Kind.TWO_MADE, Kind.THREE_MADE, Kind.TWO_MISSED, Kind.FOUL, Kind.STEAL, Kind.TURNOVER))
        home = rng.random() < 0.5
        wrong = evolve(
            near,
            id=make_id(self.seed, f"never/{near.place}"),
            kind=kind,
            place=near.place + 1,
            at=near.at + 0.02,
            home=home,
            player=self._mate(near, home),
            subtype="Personal" if kind is Kind.FOUL else None,
            related=(),
        )
        self.entries[wrong.id] = [
            Entry(wrong.at, first, wrong),
            Entry(wrong.at + rng.uniform(low, high), last, wrong),
        ]
