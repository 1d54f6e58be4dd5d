"""Every legal order of the packets gives the same game: an interleaving that keeps each action's own revisions."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tests.core.game.folding import fold, interleaved, result

from actionbus.events import actions as a
from actionbus.events.base import Action, Player, Score, SendType, Summary, Team

HOME, AWAY, GHOST = Team(id="h", home=True), Team(id="a", home=False), Team(id="ghost", home=True)
KINDS: list[type[Action]] = [
    a.TwoPointerMade,
    a.ThreePointerMade,
    a.ThreePointerMissed,
    a.FreeThrowMade,
    a.OffensiveRebound,
    a.DefensiveTeamRebound,
    a.Assist,
    a.Steal,
    a.Block,
    a.Turnover,
    a.Foul,
    a.PossessionGained,
    a.Timeout,
    a.Lineup,
    a.StatusUpdate,
]
WORTH: dict[type[Action], int] = {a.TwoPointerMade: 2, a.ThreePointerMade: 3, a.FreeThrowMade: 1}
VOID = (SendType.CANCELLED, SendType.DELETED)


@st.composite
def revisions(draw: st.DrawFn, number: int, last: st.SearchStrategy[SendType]) -> list[Action]:
    """Draw what the feed says of one action, one revision after the other; ``last`` is how sure it is in the end."""
    sure = [*draw(st.lists(st.sampled_from(SendType), max_size=4)), draw(last)]
    return [
        draw(st.sampled_from(KINDS))(
            fixture="f",
            action_id=f"x{number}",
            send_type=send_type,
            period=draw(st.integers(0, 3)),
            clock=draw(st.sampled_from([None, "09:00", "05:00"])),
            sequence=Decimal(draw(st.integers(0, 3))),
            team=draw(st.sampled_from([None, HOME, AWAY] if at == len(sure) - 1 else [None, HOME, AWAY, GHOST])),
            player=draw(st.sampled_from([None, Player(id="p"), Player(id="q")])),
            subtype=draw(st.sampled_from([None, "Personal", "Bench Technical"])),
            summary=Summary(score=Score(draw(st.integers(0, 9)), 0)),
        )
        for at, send_type in enumerate(sure)
    ]


def scripts(last: st.SearchStrategy[SendType], first: int = 0) -> st.SearchStrategy[list[list[Action]]]:
    count = st.integers(0, 8)
    return count.flatmap(lambda size: st.tuples(*[revisions(first + number, last) for number in range(size)]).map(list))


ANY = st.sampled_from(SendType)
GONE = st.sampled_from(VOID)
SURE = st.sampled_from([SendType.CONFIRMED, SendType.UPDATED, SendType.RESTORED])


@given(scripts(ANY), st.randoms(use_true_random=False))
def test_the_final_game_is_the_same_for_every_legal_order(script: list[list[Action]], random: Random) -> None:
    packets = [packet for each in script for packet in each]
    assert result(fold(interleaved(packets, random))) == result(fold(packets))


@given(scripts(SURE), scripts(GONE, first=100), st.randoms(use_true_random=False))
def test_a_deleted_action_leaves_no_trace(kept: list[list[Action]], gone: list[list[Action]], random: Random) -> None:
    packets = [packet for each in kept for packet in each]
    noise = [packet for each in gone for packet in each]
    assert result(fold(interleaved(packets + noise, random))) == result(fold(packets))


@given(scripts(SURE), st.randoms(use_true_random=False))
def test_what_stands_in_the_end_is_what_counts(script: list[list[Action]], random: Random) -> None:
    game = fold(interleaved([packet for each in script for packet in each], random))
    final = [each[-1] for each in script]
    points: Counter[str] = Counter()
    for action in final:
        if action.team is not None:
            points[action.team.id] += WORTH.get(type(action), 0)
    assert game.counted == Score(points["h"], points["a"])
    assert sum((score.home for score in game.periods.values()), 0) == points["h"]
    order = sorted((x.period, x.sequence, x.action_id) for x in final if x.period > 0)
    assert [action.action_id for action in game.actions()] == [action_id for _, _, action_id in order]


@given(scripts(ANY), st.randoms(use_true_random=False))
def test_no_figure_is_ever_negative(script: list[list[Action]], random: Random) -> None:
    packets = interleaved([packet for each in script for packet in each], random)
    for end in range(len(packets) + 1):
        game = fold(packets[:end])
        for side in game.teams.values():
            assert min(side.line.as_dict().values()) >= 0
            assert side.mentions > 0
            for held in side.players.values():
                assert min(held.line.as_dict().values()) >= 0
                assert held.mentions > 0
