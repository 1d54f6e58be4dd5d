"""The action types, as a tree of classes that works as a filter: a subscription to a class hears its subclasses."""

from __future__ import annotations

from actionbus.events.base import Action


class Shot(Action):
    """An attempt at the basket: a field goal or a free throw, made or missed."""


class ShotMade(Shot):
    """A shot that scored, whatever it was worth."""


class ShotMissed(Shot):
    """A shot that did not score."""


class FieldGoal(Shot):
    """A shot from the field: worth two or three points."""


class TwoPointer(FieldGoal):
    """A shot from inside the arc."""


class TwoPointerMade(TwoPointer, ShotMade):
    """Two points."""


class TwoPointerMissed(TwoPointer, ShotMissed):
    """A missed shot from inside the arc."""


class ThreePointer(FieldGoal):
    """A shot from outside the arc."""


class ThreePointerMade(ThreePointer, ShotMade):
    """Three points."""


class ThreePointerMissed(ThreePointer, ShotMissed):
    """A missed shot from outside the arc."""


class FreeThrow(Shot):
    """A free throw, made or missed."""


class FreeThrowMade(FreeThrow, ShotMade):
    """One point."""


class FreeThrowMissed(FreeThrow, ShotMissed):
    """A missed free throw."""


class FreeThrowsAwarded(Action):
    """Free throws were awarded; the subtype says how many."""


class Rebound(Action):
    """The ball recovered after a miss; without a player it counts for the team."""


class OffensiveRebound(Rebound):
    """A rebound by the team that shot."""


class DefensiveRebound(Rebound):
    """A rebound by the team that defended."""


class OffensiveTeamRebound(OffensiveRebound):
    """An offensive rebound of no player in particular (until June 2026; then an OffensiveRebound without player)."""


class DefensiveTeamRebound(DefensiveRebound):
    """A defensive rebound of no player in particular (until June 2026; then a DefensiveRebound without player)."""


class NoRebound(Action):
    """The scorer's word that a miss led to no rebound."""


class Assist(Action):
    """A pass that led to a basket."""


class NoAssist(Action):
    """The scorer's word that a basket had no assist."""


class Steal(Action):
    """A defender took the ball."""


class Block(Action):
    """A defender blocked a shot."""


class Turnover(Action):
    """A team lost the ball; without a player it counts for the team. The subtype says how."""


class Foul(Action):
    """A foul, on the player or team that committed it. The subtype says which kind."""


class OutOfGame(Action):
    """A player left the game for good."""


class Ejection(OutOfGame):
    """A player or coach was sent off."""


class Substitution(Action):
    """A player comes on or goes off."""


class SubstitutionIn(Substitution):
    """A player comes on."""


class SubstitutionOut(Substitution):
    """A player goes off."""


class Timeout(Action):
    """A timeout; without a team it is the officials' or the broadcaster's."""


class JumpBall(Action):
    """A jump ball."""


class PossessionArrow(Action):
    """The alternating-possession arrow turned."""


class PossessionGained(Action):
    """A team gained the ball."""


class MatchStart(Action):
    """The match has started."""


class MatchOver(Action):
    """The match has ended."""


class PeriodStart(Action):
    """A period has started."""


class PeriodOver(Action):
    """A period has ended."""


class GameClock(Action):
    """The game clock was started, stopped or set."""


class ClockStart(GameClock):
    """The game clock started."""


class ClockStop(GameClock):
    """The game clock stopped."""


class ClockAdjust(GameClock):
    """The stopped game clock was set to another time."""


class Review(Action):
    """Something is in doubt, or no longer: a video check, a data review, a closed market."""


class PossibleVideoCheck(Review):
    """The officials may look at the video."""


class VideoCheck(Review):
    """The officials look at the video."""


class VideoCheckResult(Review):
    """What the officials saw."""


class DataReviewUnderway(Review):
    """The scorers check their data; the subtype says which."""


class DataReviewOver(Review):
    """The scorers have checked their data."""


class MarketClosed(Review):
    """A key action may be in doubt: betting is held."""


class MarketOpened(Review):
    """The doubt is over: betting goes on."""


class MatchDelayed(Action):
    """The start of the match is delayed; the subtype says why."""


class PlayStopped(Action):
    """Play was stopped; the subtype says why."""


class MatchConditions(Action):
    """Conditions of the venue."""


class TeamColours(Action):
    """Shirt colours, in the metadata as ``R, G, B``."""


class Lineup(Action):
    """A team's starting line-up and substitutes, in the metadata."""


class StatusUpdate(Action):
    """The status of the fixture or of its collection changed; the details are in the metadata."""


class UnknownAction(Action):
    """An action of a type that the catalogue does not know: the feed grows. ``type_name`` and ``type_id`` tell."""
