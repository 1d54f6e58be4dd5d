"""One fixture as it stands: a plain fold of its events, the same for every legal order of the packets."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence

from attrs import define, field, frozen

from actionbus.events.actions import Lineup, PossessionGained
from actionbus.events.base import Action, Change, Score, Summary, Team
from actionbus.game.box import TeamBox, points
from actionbus.game.counts import Counts
from actionbus.game.flow import Flow, Place, place_of

ADDED, AMENDED, WITHDRAWN = Change.ADDED, Change.AMENDED, Change.WITHDRAWN  # a look-up on the class is slow
LASTING = 60.0  # seconds of fixture clock; the feed's summary may run a little ahead of its actions or behind


@frozen
class Disagreement:
    """The feed's score and the fold's have differed since ``since`` (fixture clock, Unix seconds)."""

    feed: Score
    counted: Score
    since: float

    def __str__(self) -> str:
        return f"the feed's score is {self.feed}, its actions add up to {self.counted}"


@define(eq=False)
class Game:
    """The fold of one fixture: ``apply`` its events in the order of delivery, read the game off at any time.

    Box score and score by period count what is ADDED and not WITHDRAWN. Clock, period and possession are those of the
    last standing action in the game's own order, (period, timelineSequence), so a late entry does not turn them back;
    packets of period 0 (status, line-ups) have no place in that order. ``score`` is the feed's where the feed sends
    one and the counted one where it does not.
    """

    fixture: str = ""
    """The feed's id of the fixture."""
    counts: Counts = field(factory=Counts)
    """How many packets came, and how."""
    lineups: dict[str, Lineup] = field(factory=dict[str, Lineup])
    """The standing line-ups by action id."""
    teams: dict[str, TeamBox] = field(factory=dict[str, TeamBox])
    summary: Summary | None = None
    """The feed's view as of the newest packet."""
    finished: bool = False
    """Whether the feed's newest word is that no more packets will come (PROTOCOL 3.5)."""
    version: int = 0
    """Grows with every event that changes what stands: a reader that has seen this number has seen all."""
    home: TeamBox = field(factory=TeamBox)
    """The home team's side of the box score; empty before the feed has named the team."""
    away: TeamBox = field(factory=TeamBox)
    """The away team's side of the box score; empty before the feed has named the team."""
    counted: Score = field(factory=Score)
    """The score that the standing actions add up to."""
    flow: Flow = field(factory=Flow)
    """The baskets, each with the score after it; lead changes, leads and runs."""
    notes: dict[object, object] = field(factory=dict[object, object])
    """What folds keep beside the game, each by a key of its own; it goes with the actions when the game is over."""
    _entries: list[tuple[Action, int]] = field(factory=list[tuple[Action, int]])
    _periods: dict[int, dict[str, int]] = field(factory=dict[int, dict[str, int]])
    _order: list[Place] = field(factory=list[Place])
    _standing: dict[str, Action] = field(factory=dict[str, Action])
    _settled: bool = False  # one home team, one away team: no more than a change of leaning can unseat them
    _sides_are_said: bool = False
    _turned: bool = False
    _apart_since: float | None = None
    _at: float = 0.0

    def observe(self, summary: Summary | None, at: float, *, finished: bool = False) -> None:
        """Take in the feed's own view, which every packet may carry, whether or not it changes an action."""
        self._at = at
        if summary is None:
            self.finished = self.finished or finished  # what a packet does not say stays as it was
            return
        self.finished = finished or summary.finished
        self.summary = summary
        said, counted = summary.score, self.counted
        if said is None or (said.home == counted.home and said.away == counted.away):
            self._apart_since = None
        elif said.home == counted.away and said.away == counted.home and not self._sides_are_said:
            self._turned = not self._turned
            self.version += 1
            self._seat()
        elif self._apart_since is None:
            self._apart_since = at

    def apply(self, event: Action) -> None:
        """Fold one event in. Events that do not count (tentative, dismissed) change nothing but the feed's view."""
        change = event.change
        if change is ADDED:
            self._count(event, +1)
        elif change is WITHDRAWN:
            self._count(event, -1)
        elif change is AMENDED and event.previous is not None:
            self._count(event.previous, -1)
            self._count(event, +1)
        self.observe(event.summary, event.at, finished=event.finished)

    def _count(self, action: Action, by: int) -> None:
        self.version += 1
        self._entries.append((action, by))
        team = action.team
        if team is not None:
            box = self.teams.get(team.id)
            if box is None:
                box = self.teams[team.id] = TeamBox(team.id)
            box.count(action, team, by)
            if not self._settled or -1 <= box.leaning <= 1:
                self._seat()
            worth = points[type(action)]
            if worth:
                period = self._periods.setdefault(action.period, {})
                period[team.id] = period.get(team.id, 0) + by * worth
                self.counted = Score(self.home.line.points, self.away.line.points)
        if action.period > 0:
            self._place(action, by)
        if isinstance(action, Lineup):
            self.lineups = {key: held for key, held in self.lineups.items() if key != action.action_id}
            if by > 0:
                self.lineups[action.action_id] = action

    def _seat(self) -> None:
        """Give the teams their sides, home first, and forget those that nothing names any more.

        Where the feed says nothing of sides (version 1 packets) they go by team id, until its score tells.
        """
        self.teams = {team: box for team, box in self.teams.items() if box.mentions}
        self._sides_are_said = any(box.leaning for box in self.teams.values())
        turned = self._turned and not self._sides_are_said
        boxes = sorted(self.teams.values(), key=lambda box: box.id, reverse=turned)
        boxes.sort(key=lambda box: (box.leaning > 0) - (box.leaning < 0), reverse=True)
        self.home = boxes[0] if boxes and boxes[0].leaning >= 0 else TeamBox()
        self.away = boxes[-1] if boxes and boxes[-1].leaning <= 0 and boxes[-1] is not self.home else TeamBox()
        self._settled = len(boxes) == 2 and boxes[0].leaning > 0 > boxes[1].leaning
        self.counted = Score(self.home.line.points, self.away.line.points)
        self.flow.seat(self.home.id, self.away.id)

    def _place(self, action: Action, by: int) -> None:
        if points[type(action)]:
            self.flow.count(action, by)
        place, order = place_of(action), self._order
        if by < 0:
            del order[bisect_left(order, place)]
            del self._standing[action.action_id]
            return
        self._standing[action.action_id] = action
        if not order or order[-1] < place:
            order.append(place)
        else:
            insort(order, place)

    @property
    def entries(self) -> Sequence[tuple[Action, int]]:
        """Each action that was counted (+1) or taken back (-1), in the order of delivery; an amended one is both.

        For a fold that goes on from where it was: only what is behind the entries that it has seen is new to it.
        """
        return self._entries

    def actions(self, *, newest_first: bool = False) -> Iterator[Action]:
        """Walk over the standing actions in the game's own order."""
        for _, _, action_id in reversed(self._order) if newest_first else self._order:
            yield self._standing[action_id]

    def release(self) -> None:
        """Let go of the actions of a game that is over; what its properties say stays. No more may be applied."""
        newest = list(self.actions(newest_first=True))
        clocks = [action for action in newest if action.clock]
        gained = [action for action in newest if isinstance(action, PossessionGained) and action.team is not None]
        kept = {action.action_id for action in (*newest[:1], *clocks[:1], *gained[:1])}
        self._order = [place for place in self._order if place[2] in kept]
        self._entries = []
        self.notes.clear()
        self.flow.release()
        self._standing = {action_id: self._standing[action_id] for action_id in kept}

    @property
    def score(self) -> Score:
        """The feed's score where it sends one, else the counted one."""
        said = self.summary.score if self.summary is not None else None
        return said if said is not None else self.counted

    @property
    def periods(self) -> dict[int, Score]:
        """Points made in each period, by the standing actions."""
        home, away = self.home.id, self.away.id
        return {
            number: Score(made.get(home, 0), made.get(away, 0))
            for number, made in sorted(self._periods.items())
            if any(made.values())
        }

    @property
    def period(self) -> int:
        """The period of the last standing action; 0 before the match."""
        return self._order[-1][0] if self._order else 0

    @property
    def last_basket(self) -> Action | None:
        """The last standing shot in the game's own order that scored; None before the first, and for period 0."""
        return self.flow.last

    @property
    def clock(self) -> str | None:
        """The game clock, ``mm:ss`` left in the period, as of the last standing action that has one."""
        return next((action.clock for action in self.actions(newest_first=True) if action.clock), None)

    @property
    def possession(self) -> Team | None:
        """The team that last gained the ball, as far as the feed says so."""
        gained = (a for a in self.actions(newest_first=True) if isinstance(a, PossessionGained) and a.team is not None)
        return next((action.team for action in gained), None)

    @property
    def status(self) -> str:
        """The feed's word for how the fixture stands (``Live``, ``Completed``); "" before it has said."""
        return (self.summary.status if self.summary is not None else None) or ""

    @property
    def disagreement(self) -> Disagreement | None:
        """Where the feed's score and the counted one part for more than a minute of fixture clock, else None."""
        since = self._apart_since
        if since is None or not (self.finished or self._at - since > LASTING):
            return None
        return Disagreement(self.score, self.counted, since)
