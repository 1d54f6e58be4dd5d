"""Whatever the order of packets, and however the folds came there, the same moments stand."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.game.folding import interleaved
from tests.plugins.score_tracker.found import Played

from actionbus.events import actions as a
from actionbus.events.base import Action, Player, SendType, Team
from actionbus_plugins.score_tracker.settings import Clutch, FoulLimit, Settings, StreakRule
from actionbus_plugins.score_tracker.standing import make_folds

HOME, AWAY = Team(id="h", home=True), Team(id="a", home=False)
KINDS: list[type[Action]] = [
    *(a.TwoPointerMade, a.ThreePointerMade, a.ThreePointerMissed, a.FreeThrowMade),
    *(a.DefensiveRebound, a.Steal, a.Foul, a.Timeout, a.PeriodOver, a.MatchOver),
]
EAGER = Settings(
    run=3,
    streaks={
        "made": StreakRule(of="shot_made", at_least=2),
        "steals": StreakRule(of="steal", per="team", at_least=2, broken_by="shot_made"),
    },
    milestones={"points": (2, 4), "fouls": (2,), "double_double": (2,)},
    team_milestones={"points": (3,), "double_double": (1,)},
    foul_trouble=(FoulLimit(fouls=1, until=1), FoulLimit(fouls=2)),
    clutch=Clutch(margin=2, seconds=300.0, period=2),
    buzzer=0.0,
)


@st.composite
def revisions(draw: st.DrawFn, number: int) -> list[Action]:
    """Draw what the feed says of one action, one revision after the other."""
    return [
        draw(st.sampled_from(KINDS))(
            fixture="f",
            action_id=f"x{number}",
            send_type=send_type,
            period=draw(st.integers(0, 3)),
            clock=draw(st.sampled_from([None, "09:00", "05:00", "00:00"])),
            sequence=Decimal(draw(st.integers(0, 4))),
            team=draw(st.sampled_from([None, HOME, HOME, AWAY, AWAY])),
            player=draw(st.sampled_from([None, Player(id="p"), Player(id="q")])),
            subtype=draw(st.sampled_from([None, "Bench Technical"])),
        )
        for send_type in draw(st.lists(st.sampled_from(SendType), min_size=1, max_size=4))
    ]


SCRIPTS = st.integers(0, 14).flatmap(lambda size: st.tuples(*map(revisions, range(size))).map(list))


def played(packets: Sequence[Action]) -> Played:
    game = Played(make_folds(EAGER))
    game.give(*packets)
    return game


@given(SCRIPTS, st.randoms(use_true_random=False))
def test_every_legal_order_leaves_the_same_moments(script: list[list[Action]], random: Random) -> None:
    packets = [packet for each in script for packet in each]
    assert played(interleaved(packets, random)).said() == played(packets).said()


@given(SCRIPTS, st.randoms(use_true_random=False))
def test_folds_that_followed_a_game_find_what_folds_find_that_see_it_for_the_first_time(
    script: list[list[Action]], random: Random
) -> None:
    game = Played(make_folds(EAGER))
    for packet in interleaved([packet for each in script for packet in each], random):
        game.give(packet)
        assert game.said() == game.afresh(make_folds(EAGER))


@given(SCRIPTS, SCRIPTS)
def test_games_side_by_side_do_not_disturb_each_other(one: list[list[Action]], other: list[list[Action]]) -> None:
    scripts = [[packet for each in script for packet in each] for script in (one, other)]
    folds = make_folds(EAGER)
    games = [Played(folds), Played(folds)]
    for index in range(max(map(len, scripts))):
        for game, packets in zip(games, scripts, strict=True):
            game.give(*packets[index : index + 1])
    assert [game.said() for game in games] == [played(packets).said() for packets in scripts]


def test_the_scripts_have_moments_of_every_class() -> None:
    seen: set[str] = set()

    @settings(derandomize=True, max_examples=300, database=None)
    @given(SCRIPTS)
    def look(script: list[list[Action]]) -> None:
        seen.update(
            name for name, held in played([packet for each in script for packet in each]).said().items() if held
        )

    look()
    assert seen == Played().said().keys()
