"""Streaks, counts and the first of all: looked at anew whenever what stands is another."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from attrs import evolve
from tests.plugins.notifier.playing import plans_of, play, told
from tests.plugins.notifier.test_singles import again, gone, other

from actionbus import (
    Action,
    Foul,
    PeriodStart,
    SendType,
    Steal,
    Team,
    ThreePointerMade,
    ThreePointerMissed,
    Turnover,
    TwoPointerMissed,
)
from actionbus.testing import AWAY, FIXTURE, HOME, TIP_OFF, make
from actionbus_plugins.notifier.engine import Engine

STREAK = """[alert.a]
on = ["three_pointer_made", "three_pointer_missed"]
per = "player"
streak = { of = "three_pointer_made", n = 3 }
message = "{{ player.name }} {{ streak.n }}"
"""
COUNT = """[alert.a]
on = "turnover"
per = "team"
count = { at_least = 3, within_game = "1:00" }
message = "{{ team.name }} {{ count }}"
"""


def made(number: int, player: str = "Ann", **fields: Any) -> ThreePointerMade:
    return make(ThreePointerMade, player=player, sequence=Decimal(number), **fields)


def missed(number: int, player: str = "Ann") -> ThreePointerMissed:
    return make(ThreePointerMissed, player=player, sequence=Decimal(number))


def lost(period: int, clock: str, team: Team = HOME, **fields: Any) -> Turnover:
    return make(Turnover, period=period, clock=clock, team=team, **fields)


def test_a_streak_is_told_with_the_nth_and_grows() -> None:
    threes = [made(number) for number in range(1, 6)]
    desk = play(STREAK, *threes)
    assert [(notice.kind, notice.text) for notice in desk.notices] == [
        ("sent", "Ann 3"),
        ("updated", "Ann 4"),
        ("updated", "Ann 5"),
    ]
    assert desk.notices[-1].action_ids == tuple(three.action_id for three in threes)
    assert len({notice.id for notice in desk.notices}) == 1


def test_a_miss_breaks_a_streak_and_the_next_is_another_alert() -> None:
    desk = play(STREAK, *map(made, (1, 2, 3)), missed(4), *map(made, (5, 6, 7)))
    assert [(notice.kind, notice.text) for notice in desk.notices] == [("sent", "Ann 3"), ("sent", "Ann 3")]
    assert desk.notices[0].id != desk.notices[1].id


def test_other_players_neither_make_nor_break_a_streak() -> None:
    assert told(STREAK, made(1), made(2), missed(3, "Bo"), made(4, "Bo"), made(5)) == ["sent: Ann 3"]


def test_a_streak_is_in_the_games_own_order_not_in_that_of_delivery() -> None:
    for threes in permutations([made(1), made(2), missed(3), made(4)]):
        assert told(STREAK, *threes)[1:] in ([], ["withdrawn: Ann 3"])
        assert not told(STREAK, *threes) or told(STREAK, *threes)[-1] == "withdrawn: Ann 3"


def test_a_streak_that_loses_one_is_corrected_and_one_that_is_too_short_is_taken_back() -> None:
    one, two, three, four = threes = [made(number) for number in range(1, 5)]
    assert told(STREAK, *threes, gone(two)) == ["sent: Ann 3", "updated: Ann 4", "corrected: Ann 3"]
    assert told(STREAK, *threes, gone(two), gone(one), again(two, send_type=SendType.RESTORED)) == [
        "sent: Ann 3",
        "updated: Ann 4",
        "corrected: Ann 3",
        "withdrawn: Ann 3",
        "restored: Ann 3",
    ]
    restored = play(STREAK, *threes, gone(one), gone(four), made(9)).notices
    assert {notice.id for notice in restored} == {restored[0].id}
    assert [notice.kind for notice in restored] == ["sent", "updated", "corrected", "withdrawn", "restored"]
    assert three.action_id in restored[-1].action_ids


def test_a_made_three_that_was_missed_breaks_the_streak_that_it_made() -> None:
    threes = [made(number) for number in range(1, 4)]
    assert told(STREAK, *threes, other(ThreePointerMissed, threes[1])) == ["sent: Ann 3", "withdrawn: Ann 3"]
    miss = missed(2)
    assert told(STREAK, made(1), miss, made(3), other(ThreePointerMade, miss)) == ["sent: Ann 3"]


def test_a_miss_that_is_retyped_to_another_miss_changes_nothing_in_between() -> None:
    rule = STREAK.replace('"three_pointer_missed"]', '"three_pointer_missed", "two_pointer_missed"]')
    miss = missed(4)
    streaks = [*map(made, (1, 2, 3)), miss, *map(made, (5, 6, 7))]
    assert told(rule, *streaks, other(TwoPointerMissed, miss)) == ["sent: Ann 3", "sent: Ann 3"]


def test_two_streaks_that_become_one_are_one_alert_and_the_later_one_is_taken_back() -> None:
    miss = missed(4)
    desk = play(STREAK, *map(made, (1, 2, 3)), miss, *map(made, (5, 6, 7)), gone(miss))
    assert [(notice.kind, notice.text) for notice in desk.notices[2:]] == [("updated", "Ann 6"), ("withdrawn", "Ann 3")]
    assert desk.notices[2].id == desk.notices[0].id


def test_a_streak_that_a_late_miss_parts_is_two() -> None:
    desk = play(STREAK, *map(made, (1, 2, 3, 5, 6, 7)), missed(4))
    assert [(notice.kind, notice.text) for notice in desk.notices[-2:]] == [("corrected", "Ann 3"), ("sent", "Ann 3")]


def test_a_three_that_was_another_players_moves_to_that_ones_streak() -> None:
    threes = [made(1), made(2), made(3), made(4, "Bo"), made(5, "Bo")]
    moved = again(threes[1], player=threes[4].player)
    assert told(STREAK, *threes, moved) == ["sent: Ann 3", "withdrawn: Ann 3", "sent: Bo 3"]


def test_where_holds_for_what_makes_and_breaks_a_streak_and_when_for_what_makes_it() -> None:
    rule = STREAK.replace('per = "player"', 'where = { player = "Ann" }\nwhen = "period == 1"')
    assert told(rule, made(1), made(2), missed(3, "Bo"), made(4, "Bo"), made(5)) == ["sent: Ann 3"]
    elsewhere = made(6, period=2)
    assert told(rule, made(1), made(2), elsewhere) == []


@pytest.mark.parametrize(
    ("streak", "breaks"),
    [
        ('on = "three_pointer_made"\nstreak = { n = 2 }', True),
        ('on = ["three_pointer_made", "steal"]\nstreak = { of = "three_pointer_made", n = 2 }', False),
        ('on = "three_pointer_made"\nstreak = { n = 2, broken_by = "foul" }', False),
        ('on = "three_pointer_made"\nstreak = { n = 2, broken_by = ["foul", "shot_missed"] }', True),
    ],
)
def test_a_streak_is_broken_by_what_it_names_else_the_rest_of_on_else_the_opposite(
    streak: str, *, breaks: bool
) -> None:
    given: list[Action] = [made(1), missed(2), made(3)]
    assert bool(told(f"[alert.a]\n{streak}\n", *given)) is not breaks


def test_a_streak_of_a_team_says_so_in_words_without_a_message() -> None:
    rule = '[alert.a]\non = "three_pointer_made"\nper = "team"\nstreak = { n = 2 }\n'
    assert told(rule, made(1), made(2, "Bo", team=AWAY), made(3, "Cy")) == [
        "sent: Three-pointer made: Cy (Harbor Gulls), 2 in a row"
    ]


def test_a_count_within_the_game_clock_goes_over_the_end_of_a_period() -> None:
    given = [lost(1, "00:40"), lost(1, "00:10"), lost(2, "09:40")]
    assert told(COUNT, *given) == ["sent: Harbor Gulls 3"]
    assert told(COUNT, *given[:2], lost(2, "09:39")) == []
    overtime = [lost(4, "00:40"), lost(5, "05:00"), lost(5, "04:40")]
    assert told(COUNT, *overtime) == ["sent: Harbor Gulls 3"]


def test_a_period_is_as_long_as_its_first_one_was_at_its_start() -> None:
    given = [lost(1, "00:40"), lost(1, "00:10"), lost(2, "11:45")]
    assert told(COUNT, make(PeriodStart, player=None, clock="12:00"), *given) == ["sent: Harbor Gulls 3"]
    assert told(COUNT, make(PeriodStart, player=None, clock="10:00"), *given) == []


def test_a_count_goes_on_as_long_as_each_completes_a_window() -> None:
    clocks = ["09:00", "08:40", "08:20", "08:00", "07:00", "06:50", "06:40"]
    desk = play(COUNT, *(lost(1, clock) for clock in clocks))
    assert [(notice.kind, notice.text) for notice in desk.notices] == [
        ("sent", "Harbor Gulls 3"),
        ("updated", "Harbor Gulls 4"),
        ("sent", "Harbor Gulls 3"),
    ]
    assert [(notice.period, notice.clock) for notice in desk.notices] == [(1, "08:20"), (1, "08:20"), (1, "06:40")]


def test_a_count_within_wall_time_goes_by_when_it_happened() -> None:
    rule = COUNT.replace('within_game = "1:00"', 'within = "1m"')
    times = [0, 30, 61, 90]
    given = [lost(1, "05:00", timestamp=TIP_OFF + time) for time in times]
    assert told(rule, *given) == ["sent: Harbor Gulls 3"]


def test_a_count_over_the_whole_game_needs_no_window() -> None:
    rule = COUNT.replace(', within_game = "1:00"', "")
    first, *rest = given = [lost(period, "05:00") for period in (1, 2, 3, 4)]
    assert told(rule, *given, gone(first)) == ["sent: Harbor Gulls 3", "updated: Harbor Gulls 4",
                                               "corrected: Harbor Gulls 3"]  # fmt: skip
    assert told(rule, *rest, lost(1, "01:00", AWAY)) == ["sent: Harbor Gulls 3"]


def test_what_has_no_clock_does_not_count_by_the_game_clock() -> None:
    assert told(COUNT, *(evolve(lost(1, "05:00"), clock=None) for _ in range(4))) == []


def test_once_is_about_the_first_that_stands() -> None:
    rule = '[alert.a]\non = "three_pointer_made"\nper = "player"\nonce = true\n'
    rule += 'message = "{{ player.name }} {{ clock_text }}"\n'
    one, two, three = (made(number, clock=f"0{9 - number}:00") for number in (1, 2, 3))
    assert told(rule, two, three, made(9, "Bo")) == ["sent: Ann 07:00", "sent: Bo 10:00"]
    desk = play(rule, two, one, three, gone(one), gone(two), gone(three))
    assert [f"{notice.kind}: {notice.text}" for notice in desk.notices] == [
        "sent: Ann 07:00",
        "corrected: Ann 08:00",
        "corrected: Ann 07:00",
        "corrected: Ann 06:00",
        "withdrawn: Ann 06:00",
    ]
    assert len({notice.id for notice in desk.notices}) == 1


def test_once_may_be_for_each_period() -> None:
    rule = '[alert.a]\non = "steal"\nonce = "per-period"\nmessage = "{{ period }}"\n'
    given = [make(Steal, period=period) for period in (1, 1, 2, 2, 1)]
    assert told(rule, *given) == ["sent: 1", "sent: 2"]


def test_once_with_a_streak_is_the_first_streak() -> None:
    rule = STREAK + "once = true\n"
    miss = missed(4)
    assert told(rule, *map(made, (1, 2, 3)), miss, *map(made, (5, 6, 7))) == ["sent: Ann 3"]


def test_a_streak_is_held_and_passed_over_as_any_alert() -> None:
    rule = STREAK + 'settle = "5s"\n'
    threes = [made(number, timestamp=TIP_OFF + number) for number in (1, 2, 3)]
    late = again(gone(threes[0]), send_type=SendType.DELETED, timestamp=TIP_OFF + 7)
    assert told(rule, *threes, late) == []
    four = made(4, timestamp=TIP_OFF + 7.5)
    desk = play(rule, *threes, four)
    assert [(notice.text, notice.at) for notice in desk.notices] == [("Ann 4", TIP_OFF + 8)]


def test_pending_ones_count_where_the_rule_asks_for_them() -> None:
    pending = made(3, send_type=SendType.PENDING)
    rule = STREAK + 'phase = "pending"\n'
    assert told(STREAK, made(1), made(2), pending) == []
    assert told(rule, made(1), made(2), pending, again(pending, send_type=SendType.CONFIRMED)) == [
        "sent: Ann 3 (unconfirmed)",
        "updated: Ann 3",
    ]
    foul = other(Foul, pending, send_type=SendType.PENDING)
    assert told(rule, made(1), made(2), pending, foul)[-1] == "withdrawn: Ann 3 (unconfirmed)"


def test_the_actions_that_an_alert_is_made_of_are_told_to_programs_where_the_text_stays_the_same() -> None:
    rule = STREAK.replace(" {{ streak.n }}", "")
    threes = [made(number) for number in range(1, 5)]
    assert told(rule, *threes) == ["sent: Ann"]
    notices = play(rule, *threes, gone(threes[0])).notices
    assert [(notice.kind, len(notice.action_ids)) for notice in notices] == [
        ("sent", 3),
        ("updated", 4),
        ("updated", 3),
    ]


def test_what_is_amended_deleted_or_restored_happened_when_it_was_first_heard_of() -> None:
    rule = COUNT.replace("at_least = 3", "at_least = 2").replace('within_game = "1:00"', 'within = "1m"')
    one, two = lost(1, "05:00", timestamp=TIP_OFF), lost(1, "04:00", timestamp=TIP_OFF + 50)
    late = TIP_OFF + 300
    assert told(rule, one, two, again(one, subtype="x", timestamp=late)) == ["sent: Harbor Gulls 2"]
    deleted = evolve(gone(one), timestamp=late)
    restored = again(one, send_type=SendType.RESTORED, timestamp=late + 1)
    assert told(rule, one, two, deleted, restored)[-1] == "restored: Harbor Gulls 2"
    three = lost(1, "01:00", timestamp=late)
    assert told(rule, one, again(one, subtype="x", timestamp=late), three) == []


def test_a_message_that_is_another_one_after_a_restart_leaves_alone_what_was_said() -> None:
    threes = [made(number) for number in (1, 2, 3)]
    desk = play(STREAK.replace("{{ player.name }} ", ""), *threes)
    assert desk.notices[-1].text == "3"
    engine = Engine(plans_of(STREAK), FIXTURE, desk)
    miss = missed(4)
    engine.hear(miss)
    assert len(desk.notices) == 1
    engine.hear(made(5))
    assert len(desk.notices) == 1
