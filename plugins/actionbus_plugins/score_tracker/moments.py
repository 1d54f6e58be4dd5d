"""The moments: what each says, and by whose definition it stands.

The score in them is the one that the standing actions add up to, after the action that made the moment; only the final
score is the feed's own. ``key`` is made of ids and of numbers that no correction shifts.
"""

from __future__ import annotations

from attrs import frozen

from actionbus import Moment, Player, Score, Team, period_text


@frozen(kw_only=True, slots=False, eq=False)
class ScoreLine(Moment):
    """The score as it stands: the feed's where it sends one. Period and clock are those of the last basket.

    There is one in each game; its key is always the same.
    """

    home: str
    """The home team's name."""
    away: str
    """The away team's name."""
    home_points: int
    """Points of the home team."""
    away_points: int
    """Points of the away team."""
    period: int
    """1 to 4, then 5 for the first overtime."""
    clock: str
    """As the feed writes it, ``mm:ss`` left in the period."""

    def __str__(self) -> str:
        period = period_text(self.period)
        return f"{period} {self.clock:>5} = {self.home} {self.home_points} - {self.away_points} {self.away}"


@frozen(kw_only=True, slots=False, eq=False)
class GameMoment(Moment):
    """Something that actions have made of the game. Period and clock are those of the last of them."""

    action_ids: tuple[str, ...]
    """The actions that it is made of, in the game's own order."""
    period: int
    """1 to 4, then 5 for the first overtime."""
    clock: str
    """As the feed writes it, ``mm:ss`` left in the period; "" where it does not."""
    clock_seconds: float | None
    """Seconds left in the period, None where the feed has no clock."""


@frozen(kw_only=True, slots=False, eq=False)
class BasketMoment(GameMoment):
    """A basket and what it has made of the score. Its key is the basket's action id."""

    team: Team
    """Who scored."""
    player: Player | None
    """None where the feed does not say."""
    points: int
    """What the basket was worth: 1 to 3."""
    score: Score
    """After the basket."""
    lead: int
    """By how many points the basket's team leads after it; below 0 where it is behind."""

    @property
    def who(self) -> str:
        """The player, else the team."""
        return str(self.player or self.team)


@frozen(kw_only=True, slots=False, eq=False)
class ScoreChanged(BasketMoment):
    """A basket that counts; each does. It is amended when one that came before it is corrected."""

    def __str__(self) -> str:
        return f"{self.who} scores {self.points}: {self.score}"


@frozen(kw_only=True, slots=False, eq=False)
class LeadChange(BasketMoment):
    """A basket with which the lead passes over from the other team, whether the score was tied in between or not.

    So broadcasters speak of it. Box scores count more, see ``lead_changes`` there: each change among home ahead, tied
    and away ahead. That a team is the first to lead is neither.
    """

    def __str__(self) -> str:
        return f"{self.team} take the lead: {self.score}"


@frozen(kw_only=True, slots=False, eq=False)
class Tie(BasketMoment):
    """A basket that ties the score."""

    def __str__(self) -> str:
        return f"{self.team} tie the score: {self.score}"


@frozen(kw_only=True, slots=False, eq=False)
class BuzzerBeater(BasketMoment):
    """A field goal with at most ``buzzer`` seconds left in a period, 0.9 by default; free throws are none.

    The feed's clock has whole seconds, rounded down: that is a clock of 00:00. Who won by it led by no more than it
    was worth: ``period >= 4 and 0 < lead <= points``.
    """

    def __str__(self) -> str:
        return f"{self.who} beats the buzzer of {period_text(self.period)}: {self.score}"


@frozen(kw_only=True, slots=False, eq=False)
class ScoringRun(GameMoment):
    """Points of one team with none of the other in between (unanswered points), 8 or more by default.

    One moment a run: it grows by being amended. Its key is the action id of the first basket.
    """

    team: Team
    """Whose points they are."""
    points: int
    """How many so far."""
    score: Score
    """After the last of them."""
    began_period: int
    """The period of the first of them."""
    began_clock: str
    """The game clock of the first of them."""

    def __str__(self) -> str:
        return f"{self.team} are on a {self.points}-0 run: {self.score}"


@frozen(kw_only=True, slots=False, eq=False)
class Streak(GameMoment):
    """The same again and again, of a player or a team, with nothing in between that breaks it: settings ``streaks``.

    One moment a streak: it grows by being amended. Its key is the name in the settings and the first action's id.
    """

    name: str
    """The name in the settings."""
    of: tuple[str, ...]
    """The event classes that it is made of."""
    team: Team | None
    """Whose it is, or the player's; None where the feed does not say."""
    player: Player | None
    """None where it is the team's."""
    length: int
    """How many in a row so far."""
    began_period: int
    """The period of the first of them."""
    began_clock: str
    """The game clock of the first of them."""

    def __str__(self) -> str:
        of = " or ".join(each.replace("_", " ") for each in self.of)
        return f"{self.player or self.team}: {self.length} times {of} in a row"


@frozen(kw_only=True, slots=False, eq=False)
class Milestone(GameMoment):
    """A figure of the box score has reached a threshold: settings ``milestones`` and ``team_milestones``.

    A double-double is 10 or more in two of points, rebounds, assists, steals and blocks, as the leagues count it; a
    triple-double in three. The key is the figure, the threshold and the player's or team's id: one that is reached by
    another action than was said first is amended, and only one that is no longer reached is withdrawn.
    """

    stat: str
    """``points``, another figure of the box score, or ``double_double`` and the like."""
    threshold: int
    """What it has reached, as in the settings."""
    value: int
    """The figure right after the action that reached the threshold; of a double-double, in how many it is reached."""
    team: Team
    """Whose figure it is, or the player's."""
    player: Player | None
    """None where it is the team's."""

    def __str__(self) -> str:
        figure = self.stat.replace("_", " ")
        return f"{self.player or self.team}: {figure if self.is_combined else f'{self.value} {figure}'}"

    @property
    def is_combined(self) -> bool:
        """Whether it is a double-double or the like."""
        return "double" in self.stat or self.stat == "five_by_five"


@frozen(kw_only=True, slots=False, eq=False)
class FoulTrouble(GameMoment):
    """A player has so many fouls so early: settings ``foul_trouble``, by default as coaches take players off.

    That is the second foul in the first quarter, the third in the first half, the fourth in the first three quarters,
    and the fifth at any time. Fouls are those of the official box score: technical fouls of the bench are none. The
    key is the player's id and the number of fouls.
    """

    team: Team
    """The player's."""
    player: Player
    """Who has the fouls."""
    fouls: int
    """How many, with this one."""

    def __str__(self) -> str:
        return f"{self.player} ({self.team}) has {self.fouls} fouls in {period_text(self.period)}"


@frozen(kw_only=True, slots=False, eq=False)
class ClutchTime(GameMoment):
    """The score is close and little time is left, for the first time in this period: settings ``clutch``.

    By default as the NBA has it: within 5 points in the last 5 minutes of the fourth quarter or of an overtime. The
    key is the period; the action is the first one with which it is so.
    """

    score: Score
    """When it began."""
    margin: int
    """Points between the teams."""

    def __str__(self) -> str:
        return f"Clutch time in {period_text(self.period)}: {self.score} with {self.clock} left"


@frozen(kw_only=True, slots=False, eq=False)
class PeriodEnd(GameMoment):
    """A period is over, by the feed's own word; the last one is when the match is. The key is the period.

    Late corrections of its baskets amend it.
    """

    score: Score
    """As it stood then: all baskets of this period and those before it."""
    made: Score
    """Points made in this period."""

    def __str__(self) -> str:
        return f"End of {period_text(self.period)}: {self.score}"


@frozen(kw_only=True, slots=False, eq=False)
class FinalScore(GameMoment):
    """The match is over, by the feed's own word, or no more packets will come. The key is ``final``.

    The score is the feed's where it sends one, as in ``ScoreLine``. Late corrections amend it.
    """

    home: Team
    """The home team."""
    away: Team
    """The away team."""
    score: Score
    """Points of both."""
    winner: Team | None
    """None for a draw, and for a match that was called off before anybody scored."""

    def __str__(self) -> str:
        return f"Final score: {self.home} {self.score.home} - {self.score.away} {self.away}"
