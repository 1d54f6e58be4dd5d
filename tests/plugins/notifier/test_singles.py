"""Rules about one event at a time: what is told, corrected and taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

import attrs
import pytest
from tests.plugins.notifier.playing import play, told

from actionbus import Action, Block, Foul, SendType, Steal, ThreePointerMade, Turnover, TwoPointerMade
from actionbus.testing import AWAY, TIP_OFF, make

A = TypeVar("A", bound=Action)

STEALS = '[alert.a]\non = "steal"\nmessage = "{{ player.name }} {{ clock_text }}"\n'


def again(action: A, **changes: Any) -> A:
    """A later revision of an action that still stands."""
    fields: dict[str, Any] = {"send_type": SendType.UPDATED, **changes}
    return attrs.evolve(action, **fields)


def gone(action: A) -> A:
    """The revision that takes an action back."""
    return attrs.evolve(action, send_type=SendType.DELETED)


def other(kind: type[A], action: Action, **changes: Any) -> A:
    """A later revision that says that an action was of another type."""
    fields: dict[str, Any] = {each.name: getattr(action, each.name) for each in attrs.fields(Action) if each.init}
    fields |= {"send_type": SendType.UPDATED, **changes}
    return kind(**fields)


def test_each_event_is_told_once() -> None:
    assert told(STEALS, make(Steal, player="Ann"), make(Block), make(Steal, player="Bo")) == [
        "sent: Ann 10:00",
        "sent: Bo 10:00",
    ]


def test_a_correction_is_told_where_it_changes_the_text() -> None:
    steal = make(Steal, player="Ann")
    assert told(STEALS, steal, again(steal, clock="09:58"), again(steal, clock="09:58", subtype="x")) == [
        "sent: Ann 10:00",
        "corrected: Ann 09:58",
    ]


def test_one_that_is_taken_back_and_restored_keeps_its_id() -> None:
    steal = make(Steal, player="Ann")
    restored = again(steal, send_type=SendType.RESTORED, clock="09:00")
    notices = play(STEALS, steal, gone(steal), restored, gone(steal)).notices
    assert [notice.kind for notice in notices] == ["sent", "withdrawn", "restored", "withdrawn"]
    assert [notice.version for notice in notices] == [1, 2, 3, 4]
    assert len({notice.id for notice in notices}) == 1
    assert notices[2].before == "Ann 10:00"
    assert notices[2].text == "Ann 09:00"


def test_an_id_is_of_the_rule_and_the_action_and_fit_for_anything() -> None:
    steal = make(Steal)
    rules = STEALS + STEALS.replace("alert.a", 'alert."a rule, whose näme is long: longer than an id may ever be"')
    one, two = play(rules, steal).notices
    assert one.id != two.id
    for notice in (one, two):
        assert notice.id.isascii()
        assert len(notice.id) <= 64
        assert notice.id.replace("-", "").replace("_", "").isalnum()
    assert play(STEALS, steal).notices[0].id == one.id


def test_an_action_that_changes_its_type_within_the_rule_is_corrected() -> None:
    rule = '[alert.a]\non = ["steal", "block"]\nmessage = "{{ type }} of {{ player.name }}"\n'
    steal = make(Steal, player="Ann")
    assert told(rule, steal, other(Block, steal)) == ["sent: steal of Player One".replace("Player One", "Ann"),
                                                      "corrected: block of Ann"]  # fmt: skip


def test_one_that_changes_its_type_out_of_the_rule_is_taken_back_and_into_it_is_news() -> None:
    steal, block = make(Steal, player="Ann"), make(Block, player="Bo")
    assert told(STEALS, steal, other(Turnover, steal), block, other(Steal, block)) == [
        "sent: Ann 10:00",
        "withdrawn: Ann 10:00",
        "sent: Bo 10:00",
    ]


def test_one_that_changes_its_type_and_leaves_the_filter_at_once_is_taken_back() -> None:
    rule = '[alert.a]\non = ["steal", "block"]\nwhere = { player = "Ann" }\nmessage = "{{ type }}"\n'
    steal = make(Steal, player="Ann")
    named = make(Block, player="Bo").player
    assert told(rule, steal, other(Block, steal, player=named)) == ["sent: steal", "withdrawn: steal"]


def test_where_and_when_are_asked_anew_with_each_correction() -> None:
    rule = '[alert.a]\non = "foul"\nwhen = "period >= 4 and clock <= 120"\nmessage = "{{ clock_text }}"\n'
    foul = make(Foul, period=4, clock="02:01")
    assert told(rule, foul, again(foul, clock="01:59"), again(foul, clock="02:30"), again(foul, clock="01:00")) == [
        "sent: 01:59",
        "withdrawn: 01:59",
        "restored: 01:00",
    ]


def test_a_score_that_has_moved_on_since_is_neither_a_correction_nor_asked_about() -> None:
    rule = '[alert.a]\non = "steal"\nwhen = "score.margin|abs <= 3"\nmessage = "{{ player.name }} {{ score.text }}"\n'
    steal = make(Steal, player="Ann", score=(10, 9))
    amended = again(steal, subtype="x", summary=make(Steal, score=(30, 9)).summary)
    who = make(Steal, player="Bo").player
    corrected = again(steal, player=who, summary=make(Steal, score=(40, 9)).summary)
    assert told(rule, steal, amended, corrected) == ["sent: Ann 10-9", "corrected: Bo 10-9"]


def test_a_basket_that_was_worth_something_else_is_told_with_the_new_score() -> None:
    rule = '[alert.a]\non = "shot_made"\nmessage = "{{ type }} {{ score.text }}"\n'
    three = make(ThreePointerMade, score=(13, 9))
    two = other(TwoPointerMade, three, summary=make(Steal, score=(12, 9)).summary)
    assert told(rule, three, two) == ["sent: three_pointer_made 13-9", "corrected: two_pointer_made 12-9"]


def test_what_is_pending_is_not_heard_of_unless_the_rule_asks_for_it() -> None:
    pending = make(Steal, player="Ann", send_type=SendType.PENDING)
    confirmed = again(pending, send_type=SendType.CONFIRMED)
    assert told(STEALS, pending) == []
    assert told(STEALS, pending, confirmed) == ["sent: Ann 10:00"]
    early = STEALS + 'phase = "pending"\n'
    assert told(early, pending, confirmed) == ["sent: Ann 10:00 (unconfirmed)", "updated: Ann 10:00"]
    assert told(early, pending, again(pending, send_type=SendType.CANCELLED)) == [
        "sent: Ann 10:00 (unconfirmed)",
        "withdrawn: Ann 10:00 (unconfirmed)",
    ]
    assert told(early, pending, again(confirmed, clock="09:59")) == [
        "sent: Ann 10:00 (unconfirmed)",
        "corrected: Ann 09:59",
    ]


def test_a_message_may_say_itself_what_is_pending_and_confirming_it_is_no_correction() -> None:
    rule = """[alert.a]
on = "steal"
phase = "pending"
message = "{% if tentative %}Maybe {% endif %}{{ player.name }}"
"""
    pending = make(Steal, player="Ann", send_type=SendType.PENDING)
    confirmed = again(pending, send_type=SendType.CONFIRMED)
    assert told(rule, pending, confirmed) == ["sent: Maybe Ann", "updated: Ann"]
    another = again(confirmed, player=make(Steal, player="Bo").player)
    assert told(rule, pending, another) == ["sent: Maybe Ann", "corrected: Bo"]


def test_a_held_alert_is_told_when_its_time_has_come_with_what_it_says_by_then() -> None:
    rule = STEALS + 'settle = "4s"\n'
    steal = make(Steal, player="Ann", timestamp=TIP_OFF)
    amended = again(steal, clock="09:50", timestamp=TIP_OFF + 3)
    assert told(rule, steal, amended, until=TIP_OFF + 4) == []
    desk = play(rule, steal, amended)
    assert [(notice.kind, notice.text, notice.at) for notice in desk.notices] == [("sent", "Ann 09:50", TIP_OFF + 4)]


def test_what_is_taken_back_while_it_is_held_was_never_told() -> None:
    rule = STEALS + 'settle = "4s"\n'
    steal = make(Steal, timestamp=TIP_OFF)
    late = again(gone(steal), send_type=SendType.DELETED, timestamp=TIP_OFF + 3.9)
    assert told(rule, steal, late) == []
    restored = again(steal, send_type=SendType.RESTORED, timestamp=TIP_OFF + 10)
    assert [notice.at for notice in play(rule, steal, late, restored).notices] == [TIP_OFF + 14]


def test_a_cooldown_is_from_one_telling_to_the_next_whatever_became_of_it() -> None:
    rule = STEALS + 'cooldown = "10s"\nper = "player"\n'
    first = make(Steal, player="Ann", timestamp=TIP_OFF)
    steals = [make(Steal, player="Ann", timestamp=TIP_OFF + 10 * n - 1, clock=f"0{n}:00") for n in (1, 2)]
    another = make(Steal, player="Bo", timestamp=TIP_OFF + 1)
    assert told(rule, first, another, gone(first), *steals) == [
        "sent: Ann 10:00",
        "sent: Bo 10:00",
        "withdrawn: Ann 10:00",
        "sent: Ann 02:00",
    ]


def test_a_held_alert_that_becomes_another_players_is_that_ones() -> None:
    rule = STEALS + 'cooldown = "60s"\nper = "player"\nsettle = "4s"\n'
    steal, bo = make(Steal, player="Ann", timestamp=TIP_OFF), make(Steal, player="Bo", timestamp=TIP_OFF)
    moved = again(steal, player=bo.player, timestamp=TIP_OFF + 1)
    again_bo = make(Steal, player="Bo", timestamp=TIP_OFF + 10)
    ann = make(Steal, player="Ann", timestamp=TIP_OFF + 11)
    desk = play(rule, steal, moved, again_bo, ann)
    assert [notice.text for notice in desk.notices] == ["Bo 10:00", "Ann 10:00"]
    assert desk.notices[0].id == play(rule, moved).notices[0].id


def test_one_that_a_cooldown_has_passed_over_is_never_told() -> None:
    rule = STEALS + 'cooldown = "10s"\n'
    first, second = make(Steal, timestamp=TIP_OFF), make(Steal, timestamp=TIP_OFF + 1)
    assert len(told(rule, first, second, again(second, clock="01:00", timestamp=TIP_OFF + 99))) == 1


def test_a_cooldown_on_the_game_clock_goes_over_the_ends_of_periods() -> None:
    rule = STEALS + 'cooldown = "1:00 game"\n'
    places = [(1, "00:30"), (2, "09:31"), (2, "09:30"), (4, "00:10"), (5, "04:30"), (5, "04:10")]
    steals = [make(Steal, player="Ann", period=period, clock=clock) for period, clock in places]
    assert told(rule, *steals) == ["sent: Ann 00:30", "sent: Ann 09:30", "sent: Ann 00:10", "sent: Ann 04:10"]


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [
        ('from = "23:30", to = "07:00"', [True, True, False, False]),
        ('from = "07:00", to = "23:30"', [False, False, True, True]),
        ('from = "07:00", to = "07:00"', [False, False, False, False]),
        ('from = "23:30", to = "07:00", unless_priority = "high"', [False, False, False, False]),
    ],
)
def test_quiet_hours_are_hours_of_the_time_zone(hours: str, quiet: list[bool]) -> None:
    midnight = datetime(2025, 12, 31, 21, tzinfo=UTC).timestamp()  # in Istanbul, which is at +03:00
    rule = f'[defaults]\ntimezone = "Europe/Istanbul"\n{STEALS}priority = "high"\nquiet = {{ {hours} }}\n'
    hours_of_two_days = [23.5, 30.99, 31.0, 47.49]
    steals = [make(Steal, timestamp=midnight + hour * 3_600) for hour in hours_of_two_days]
    assert [not told(rule, steal) for steal in steals] == quiet


def test_what_is_entered_too_late_is_not_told() -> None:
    rule = STEALS + 'max_age = "60s"\n'
    now = make(Block, timestamp=TIP_OFF + 100)
    sixty, more = make(Steal, player="Ann", timestamp=TIP_OFF + 40), make(Steal, player="Bo", timestamp=TIP_OFF + 39)
    rule = rule.replace('"steal"', '["steal", "block"]')
    assert told(rule, now, sixty, more, again(more, clock="01:00")) == ["sent: Player One 10:00", "sent: Ann 10:00"]


def test_for_waits_until_it_has_stayed_so_and_tells_one_stretch_once() -> None:
    rule = """[alert.a]
on = ["steal", "turnover"]
per = "team"
when = "type == 'steal'"
for = "10s"
message = "{{ player.name }}"
"""

    def steal(name: str, when: float) -> Action:
        return make(Steal, player=name, timestamp=TIP_OFF + when)

    def turnover(when: float) -> Action:
        return make(Turnover, timestamp=TIP_OFF + when)

    assert told(rule, steal("Ann", 0), turnover(9), steal("Bo", 12)) == ["sent: Bo"]
    assert told(rule, steal("Ann", 0), steal("Bo", 5), turnover(11), steal("Cy", 20)) == ["sent: Bo", "sent: Cy"]
    ann, bo = steal("Ann", 0), steal("Bo", 5)
    assert told(rule, ann, turnover(11), again(gone(ann), send_type=SendType.DELETED, timestamp=TIP_OFF + 12)) == [
        "sent: Ann",
        "withdrawn: Ann",
    ]
    # It is over before it was told: what is amended of it later does not begin it anew.
    later = TIP_OFF + 12
    assert told(rule, ann, turnover(9), again(ann, subtype="x", timestamp=later)) == []
    assert told(rule, ann, turnover(11), again(ann, subtype="x", timestamp=later), steal("Cy", 20)) == [
        "sent: Ann",
        "sent: Cy",
    ]
    # The first is taken back, the second still stands.
    assert told(rule, ann, bo, again(gone(ann), send_type=SendType.DELETED, timestamp=TIP_OFF + 6)) == ["sent: Bo"]
    away = again(ann, team=AWAY, timestamp=TIP_OFF + 3)
    assert told(rule, ann, away, steal("Bo", 20)) == ["sent: Ann", "sent: Bo"]
    # What breaks it is taken back: it has stayed so after all.
    broken = turnover(5)
    mended = again(gone(broken), send_type=SendType.DELETED, timestamp=TIP_OFF + 6)
    assert told(rule, ann, broken, mended, steal("Bo", 30)) == ["sent: Ann", "updated: Bo"]
    elsewhere = make(Turnover, team=AWAY, timestamp=TIP_OFF + 9)
    assert told(rule, steal("Ann", 0), elsewhere) == ["sent: Ann"]


def test_an_action_of_no_player_is_left_out_of_a_rule_that_goes_by_player() -> None:
    rule = STEALS.replace("steal", "turnover") + 'per = "player"\ncooldown = "1s"\n'
    assert told(rule, make(Turnover, player=None), make(Turnover, player="Ann")) == ["sent: Ann 10:00"]


def test_defaults_hold_for_rules_that_do_not_say_otherwise() -> None:
    config = """[defaults]
settle = "4s"
priority = "high"
on_correction = "retract"
[alert.a]
on = "steal"
[alert.b]
on = "steal"
settle = "0s"
priority = "low"
on_correction = "ignore"
"""
    early, late = play(config, make(Steal, timestamp=TIP_OFF)).notices
    assert (early.rule, early.at, early.priority, early.on_correction) == ("b", TIP_OFF, "low", "ignore")
    assert (late.rule, late.at, late.priority, late.on_correction) == ("a", TIP_OFF + 4, "high", "retract")
