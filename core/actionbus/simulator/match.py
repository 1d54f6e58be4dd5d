"""A match generated from a seed: a whole plausible game as the packets of the feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import orjson
from attrs import Factory, define

from actionbus.recording import Recording
from actionbus.simulator.entries import enter_match
from actionbus.simulator.play import play_match
from actionbus.simulator.sheet import Action, Kind
from actionbus.simulator.summary import Summary, clock_time
from actionbus.simulator.teams import Player, Team, make_id

if TYPE_CHECKING:
    from actionbus.simulator.entries import Entry
    from actionbus.simulator.play import Match

_NAMES = {
    Kind.MATCH_CONDITIONS: "Match conditions",
    Kind.START_FIXTURE: "Start Fixture",
    Kind.END_MATCH: "End match",
    Kind.START_PERIOD: "Start period",
    Kind.END_PERIOD: "End period",
    Kind.START_CLOCK: "Start clock",
    Kind.STOP_CLOCK: "Stop clock",
    Kind.POSSESSION: "Possession Gained",
    Kind.TWO_MADE: "2 Points Made",
    Kind.TWO_MISSED: "2 Points Missed",
    Kind.THREE_MADE: "3 Points Made",
    Kind.THREE_MISSED: "3 Points Missed",
}
_TURNOVERS = {
    "Stolen": 20001,
    "Shot Clock Violation": 20002,
    "Back Court Violation": 20003,
    "Travelling": 20004,
    "Double Dribble": 20005,
    "Out Of Bounds": 20006,
    "3 Second Violation": 20007,
}
_BEFORE_PERIODS = frozenset({Kind.MATCH_CONDITIONS, Kind.TEAM_COLOURS, Kind.LINEUPS})


def generate_match(seed: int) -> Recording:
    """Generate the match of this seed: about 900 packets, the same ones each time.

    The teams, players and plays are invented. Corrections of every kind are among the packets; what stands after
    the last one is the true match, ``play_match(seed)``. About one match in ten goes to overtime.
    """
    match = play_match(seed)
    writer = _Writer(match, seed, Random(f"{seed}/packets"))
    return Recording(writer.fixture, tuple(writer.write(entry) for entry in enter_match(match, seed)))


@define
class _Writer:
    """Writes entries as packets, with the keys in the order of the wire."""

    match: Match
    seed: int
    rng: Random
    fixture: str = Factory(lambda self: make_id(self.seed, "fixture"), takes_self=True)
    _start: datetime = Factory(lambda self: self.draw_start(), takes_self=True)
    _summary: Summary = Factory(lambda self: Summary(self.moment), takes_self=True)
    _short_names: bool = Factory(lambda self: self.seed % 3 == 2, takes_self=True)  # "3PT Made"
    _other_steal: bool = Factory(lambda self: self.seed % 4 == 3, takes_self=True)  # id 22
    _sequences: dict[str, bytes] = Factory(dict[str, bytes])
    _number: int = 0

    def draw_start(self) -> datetime:
        """Draw a day and an hour of a past season."""
        day = datetime(2024, 10, 1, 17, tzinfo=UTC) + timedelta(days=self.rng.randrange(180))
        return day + timedelta(minutes=30 * self.rng.randrange(8), milliseconds=self.rng.randrange(1000))

    def moment(self, at: float) -> str:
        """Write seconds since the first packet as ``yyyy-mm-ddThh:mm:ss.ffffffZ``."""
        return (self._start + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def write(self, entry: Entry) -> str:
        """Write the next packet in the order of delivery."""
        action = entry.action
        self._summary.add(entry)
        # the feed leaves numbers out now and then
        self._number += 1 if self._number == 0 or self.rng.random() < 0.97 else self.rng.randint(2, 4)
        before = action.kind in _BEFORE_PERIODS
        said: dict[str, object] = {
            "actionId": action.id,
            "clockTime": clock_time(action.clock),
            "fixtureActionType": self._name(action.kind),
            "fixtureActionTypeId": 22 if action.kind is Kind.STEAL and self._other_steal else action.kind.value,
            "fixtureId": self.fixture,
            "fixtureSeqNum": self._number,
            "period": 0 if before else action.period,
            "relatedFixtureActionIds": action.related,
            "sendType": entry.send.name.capitalize(),
            "sendTypeId": entry.send.value,
            "timelineSequence": orjson.Fragment(self._sequence(action)),
            "timestamp": self.moment(entry.at),
        }
        if action.subtype is not None:
            said["fixtureActionSubType"] = action.subtype
            if action.subtype in _TURNOVERS:
                said["fixtureActionSubTypeId"] = _TURNOVERS[action.subtype]
        if action.home is not None:
            team = self.match.home if action.home else self.match.away
            said["team"] = {"homeTeam": team.home, "id": team.id, "name": team.name}
            if action.kind is Kind.LINEUPS:
                said["metadata"] = _lineup(team)
        if action.player is not None:
            said["player"] = {"id": action.player.id, "name": action.player.name}
        if action.kind is Kind.TEAM_COLOURS:
            said["metadata"] = {
                "awayTeamColour": self.match.away.colour,
                "homeTeamColour": self.match.home.colour,
            }
        packet = {
            "fixtureAction": said,
            "fixtureSummary": self._summary.render(),
            "traceId": make_id(self.seed, f"trace/{self._number}").replace("-", ""),
            "version": 3,
        }
        return orjson.dumps(packet).decode()

    def _name(self, kind: Kind) -> str:
        name = _NAMES.get(kind) or kind.name.replace("_", " ").title()
        return name.replace(" Points", "PT") if self._short_names else name

    def _sequence(self, action: Action) -> bytes:
        """Return the period, and 16 decimals that no other action has; the same for all packets of an action."""
        if action.id not in self._sequences:
            period = 0 if action.kind in _BEFORE_PERIODS else action.period
            number = f"{period}.{action.place:07d}{self.rng.randrange(10**9):09d}"
            self._sequences[action.id] = number.encode()
        return self._sequences[action.id]


def _lineup(team: Team) -> dict[str, object]:
    return {
        "startingLineup": [_listed(player) for player in team.players[:5]],
        "substitutes": [_listed(player) for player in team.players[5:]],
    }


def _listed(player: Player) -> dict[str, str]:
    return {
        "id": player.id,
        "fullName": player.name,
        "firstName": player.first,
        "lastName": player.last,
        "shirtNumber": player.shirt,
    }
