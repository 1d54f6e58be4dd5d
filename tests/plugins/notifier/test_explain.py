"""Why a rule told of some things and not of others: each step, near misses, the lives of alerts."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import attrs
import pytest
from attrs import frozen
from tests.bench.backtest import CONFIG
from tests.conftest import RealGame
from tests.plugins.notifier.explained import assert_alike, explained, explainers, life, stops
from tests.plugins.notifier.playing import play
from tests.plugins.notifier.test_singles import again, gone, other

from actionbus import (
    Action,
    Event,
    Explanation,
    Foul,
    Question,
    SendType,
    Steal,
    ThreePointerMade,
    ThreePointerMissed,
    TwoPointerMade,
)
from actionbus.recording import read_recording
from actionbus.simulator import generate_match
from actionbus.testing import AWAY, TIP_OFF, make

A = TypeVar("A", bound=Action)

STEAL = '[alert.a]\non = "steal"\nmessage = "{{ player.name }}"\n'
STREAK = """[alert.a]
on      = ["three_pointer_made", "three_pointer_missed"]
per     = "player"
streak  = { of = "three_pointer_made", n = 3 }
message = "{{ player.name }} {{ streak.n }}"
"""


def three(clock: str, player: str = "Clyburn", period: int = 2) -> ThreePointerMade:
    return make(ThreePointerMade, player=player, clock=clock, period=period)


def missed(clock: str, player: str = "Clyburn", period: int = 2) -> ThreePointerMissed:
    return make(ThreePointerMissed, player=player, clock=clock, period=period)


def later(action: A, seconds: float) -> A:
    """Give an action the time at which it happens, seconds after tip-off."""
    object.__setattr__(action, "timestamp", TIP_OFF + seconds)
    return action


@frozen
class Case:
    """A rule, what comes, and the step that stops the nearest thing, with what is said of it."""

    name: str
    rule: str
    given: list[Event]
    stop: str


def with_(more: str, rule: str = STEAL) -> str:
    return rule + more + "\n"


def pending() -> list[Event]:
    steal = make(Steal, player="Ann", send_type=SendType.PENDING)
    return [steal, again(steal, send_type=SendType.CANCELLED)]


def seconds_apart(*seconds: float, kind: type[Action] = Steal, player: str = "Ann") -> list[Event]:
    """Make actions that happen so many seconds after tip-off."""
    return [later(make(kind, player=player, clock=f"0{9 - round(each) // 60}:00"), each) for each in seconds]


def taken_back_while_held() -> list[Event]:
    steal = later(make(Steal, player="Ann", clock="04:01", period=2), 0)
    return [steal, later(again(steal, send_type=SendType.DELETED), 2)]


def ended_while_held() -> list[Event]:
    return [later(make(Foul, player="Ann"), 0), later(make(Foul, player="Bo", clock="03:00"), 12)]


ANN_FOULS = '[alert.a]\non = "foul"\nwhere = { player = "Ann" }\nfor = "20s"\nmessage = "x"\n'
LATE = '[alert.a]\non = "steal"\nwhen = "period >= 4 and clock <= 120"\nmessage = "x"\n'

CASES = [
    Case(
        "on: a basket that was worth something else",
        '[alert.a]\non = "three_pointer_made"\nwhere = { player = "Ann" }\nmessage = "x"\n',
        [make(TwoPointerMade, player="Ann"), make(TwoPointerMade, player="Bo")],
        "on: three_pointer_made: it was two_pointer_made",
    ),
    Case("phase: only ever pending", STEAL, pending(), 'phase: "confirmed": the feed called it pending'),
    Case(
        "where: a name that is written wrong",
        with_('where = { player = "Clybrun" }'),
        [make(Steal, player="Bo"), make(Steal, player="Will Clyburn")],
        'where: player = "Clybrun": the player was Will Clyburn',
    ),
    Case(
        "where: of several fields those that do not match, by a list",
        '[lists]\nours = ["Ann", "Bo"]\n' + with_('where = { player = "@ours", period = [4, 5] }'),
        [make(Steal, player="Ann", period=3)],
        "where: period = [4, 5]: the period was 3",
    ),
    Case(
        "where: of no player",
        with_('where = { player = "Ann" }'),
        [make(Steal, player=None)],
        'where: player = "Ann": it names no player',
    ),
    Case(
        "when: the values of what it names",
        LATE,
        [make(Steal, period=3, clock="00:45"), make(Steal, period=1, clock="09:00")],
        "when: period >= 4 and clock <= 120: period was 3, clock was 45",
    ),
    Case(
        "when: that cannot be worked out",
        '[alert.a]\non = "steal"\nwhen = "10 // clock > 1"\nmessage = "x"\n',
        [make(Steal, clock="00:00")],
        "when: 10 // clock > 1: could not be worked out: unable to calculate 10 // 0",
    ),
    Case("per: of nobody", with_('per = "player"'), [make(Steal, player=None)], 'per: "player": it names no player'),
    Case(
        "streak: broken",
        STREAK,
        [three("08:00"), three("06:00"), missed("04:12")],
        "streak: 2 of 3, broken by Three-pointer missed: Clyburn (Harbor Gulls) at Q2 04:12",
    ),
    Case("streak: over", STREAK, [three("08:00"), three("06:00")], "streak: 2 of 3, and no more after that"),
    Case(
        "count: on the game clock",
        with_('count = { at_least = 3, within_game = "3:00" }'),
        [make(Steal, clock=clock) for clock in ("09:00", "08:30", "05:19")],
        "count: 2 of 3 within 3:00 of game clock, the next came 41 s too late",
    ),
    Case(
        "count: on the wall",
        with_('count = { at_least = 3, within = "1m" }'),
        seconds_apart(0, 30, 100),
        "count: 2 of 3 within 1:00, the next came 40 s too late",
    ),
    Case(
        "count: over the game",
        with_("count = { at_least = 4 }"),
        seconds_apart(0, 300, 500),
        "count: 3 of 4, and no more after that",
    ),
    Case("once", with_("once = true"), seconds_apart(0, 1), "once: it was not the first"),
    Case(
        "max_age",
        with_('max_age = "60s"'),
        [make(Steal, timestamp=TIP_OFF + 75), make(Steal, timestamp=TIP_OFF)],
        "max_age: 1:00: it was entered 1:15 after it happened",
    ),
    Case(
        "settle: taken back",
        with_('settle = "4s"'),
        taken_back_while_held(),
        "settle: 4 s: it was held for 2 s, ended by Steal: Ann (Harbor Gulls) at Q2 04:01, taken back",
    ),
    Case(
        "for: it did not last",
        ANN_FOULS,
        ended_while_held(),
        "for: 20 s: it lasted 12 s, ended by Foul: Bo (Harbor Gulls) at Q1 03:00",
    ),
    Case(
        "quiet",
        '[defaults]\ntimezone = "Europe/Istanbul"\n' + with_('quiet = { from = "20:00", to = "23:00" }'),
        seconds_apart(0),  # 18:00 UTC
        "quiet: 20:00 to 23:00 (Europe/Istanbul): it was 21:00, priority default",
    ),
    Case("cooldown", with_('cooldown = "10m"'), seconds_apart(0, 190), "cooldown: 10:00: told 3:10 before"),
    Case(
        "cooldown: on the game clock",
        with_('cooldown = "5:00 game"'),
        [make(Steal, clock="09:00"), make(Steal, clock="06:30")],
        "cooldown: 5:00 of game clock: told 2:30 of game clock before or after",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_step_that_stops_says_what_was_asked_and_what_there_was(case: Case) -> None:
    found = explained(case.rule, *case.given)
    assert stops(found)[0] == case.stop
    steps = found.missed[0].steps
    assert [step.passed for step in steps] == [True] * (len(steps) - 1) + [False]


def test_what_is_told_names_all_steps_of_its_rule_with_the_values() -> None:
    rule = """[alert.a]
on       = ["three_pointer_made", "three_pointer_missed"]
where    = { player = "clyburn" }
when     = "period < 5"
per      = "player"
streak   = { of = "three_pointer_made", n = 2 }
max_age  = "2m"
settle   = "4s"
quiet    = { from = "03:00", to = "04:00" }
cooldown = "10m"
message  = "{{ streak.n }}"
"""
    first, second = (attrs.evolve(three(clock), timestamp=TIP_OFF) for clock in ("08:00", "06:00"))
    (told,) = explained(rule, first, second).told
    assert {step.key: step.said for step in told.steps if step.passed} == {
        "on": "three_pointer_made",
        "where": 'player = "clyburn": the player was Clyburn',
        "when": "period < 5: period was 2",
        "per": '"player": Clyburn',
        "streak": "2 of 2",
        "max_age": "2:00: entered after 0 s",
        "settle": "4 s: it stood so long",
        "quiet": "03:00 to 04:00 (UTC): it was 18:00, priority default",
        "cooldown": "10:00: none was told so shortly before",
        "notify": "console",
    }
    assert [part.clock for part in told.parts] == ["08:00", "06:00"]


def test_the_nearest_come_first() -> None:
    rule = with_('where = { team = "Harbor Gulls" }\ncooldown = "10m"', STREAK.replace("n = 3", "n = 2"))
    given = [three("08:00"), three("07:00")]  # told
    given += [three("06:00", "Bo"), three("05:30", "Bo")]  # per player: told
    found = explained(
        with_('per = "team"\ncooldown = "10m"\nwhere = { period = 2 }\ncount = { at_least = 2, within_game = "1:00" }'),
        *(make(Steal, clock=clock, period=2) for clock in ("09:00", "08:30", "06:00", "05:30", "03:00")),
        make(Steal, clock="02:00", period=1),
    )
    assert [stop.partition(":")[0] for stop in stops(found)] == ["cooldown", "count", "where"]
    assert len(explained(rule, *given).told) == 2


def test_of_those_that_one_step_alone_stops_the_one_that_comes_nearest_is_first() -> None:
    clocks = ("09:00", "02:30", "05:00", "02:05")
    found = explained(LATE, *(make(Steal, period=4, clock=clock) for clock in clocks))
    assert [each.clock for each in found.missed] == ["02:05", "02:30", "05:00", "09:00"]


def test_the_life_of_an_alert_says_by_which_packet_it_was_corrected_taken_back_and_restored() -> None:
    steal = later(make(Steal, player="Ann", clock="04:01", period=2), 0)
    moved = later(again(steal, player=make(Steal, player="Bo").player), 5)
    (told,) = explained(
        STEAL, steal, moved, later(gone(moved), 9), later(again(moved, send_type=SendType.RESTORED), 12)
    ).told
    assert life(told) == [
        "sent by Steal: Ann (Harbor Gulls) at Q2 04:01",
        "corrected by Steal: Bo (Harbor Gulls) at Q2 04:01, amended",
        "withdrawn by Steal: Bo (Harbor Gulls) at Q2 04:01, taken back",
        "restored by Steal: Bo (Harbor Gulls) at Q2 04:01",
    ]
    assert [turn.at - TIP_OFF for turn in told.life] == [0, 5, 9, 12]
    assert (told.outcome, told.message) == ("told", "Bo")


def test_a_basket_that_is_worth_less_after_all_says_so() -> None:
    made = three("05:12")
    rule = '[alert.a]\non = "three_pointer_made"\nmessage = "x"\n'
    (told,) = explained(rule, made, other(TwoPointerMade, made)).told
    assert told.outcome == "withdrawn"
    assert told.life[-1].by == "Three-pointer made: Clyburn (Harbor Gulls) at Q2 05:12, now two_pointer_made"


def test_an_alert_that_grows_says_so_and_one_that_is_held_waits() -> None:
    (told,) = explained(STREAK, *(three(clock) for clock in ("09:00", "08:00", "07:00", "06:00"))).told
    assert [turn.what for turn in told.life] == ["sent", "updated"]
    held = explained(with_('settle = "4s"'), make(Steal, player="Ann"), over=False)
    assert [(each.outcome, stops(held)) for each in held.missed] == [("held", ["held"])]
    (sent,) = explained(with_('settle = "4s"'), make(Steal, player="Ann")).told
    assert life(sent) == [f"held by {sent.what} at Q1 10:00", "sent"]


def test_what_would_have_counted_had_it_not_been_taken_back_is_near() -> None:
    given = [three("08:00"), three("06:00"), missed("04:12")]
    foot = three("03:00")
    found = explained(STREAK, *given, foot, other(TwoPointerMade, foot))
    assert stops(found)[1] == (
        "streak: it does not count any more: "
        "Three-pointer made: Clyburn (Harbor Gulls) at Q2 03:00, now two_pointer_made"
    )


def test_what_is_dropped_and_found_again_is_one_thing_with_one_end() -> None:
    steal = later(make(Steal, player="Ann"), 0)
    back = later(again(steal, send_type=SendType.RESTORED), 3)
    found = explained(with_('settle = "4s"'), steal, later(gone(steal), 1), back)
    assert (len(found.told), found.missed) == (1, ())


def test_what_was_muted_or_past_then_is_told_as_that_and_begins_no_cooldown() -> None:
    rule = with_('cooldown = "10m"')
    steals = [make(Steal, player="Ann"), make(Steal, player="Bo")]
    for reason, said in (("muted", "it was muted then"), ("past", "it was over when the rule was written or changed")):
        kept = {key: value for key, value in as_kept(rule, *steals).items() if key.startswith("a:")}
        key = f"a:a\0{steals[0].action_id}"
        kept[key] = {**kept[key], "state": "passed", "reason": reason}
        kept[f"a:a\0{steals[1].action_id}"] |= {"state": "told", "reason": ""}
        found = explained(rule, *steals, kept=kept)
        stop = next(each.stopped for each in found.missed if each.what.startswith("Steal: Ann"))
        assert stop is not None
        assert (stop.key, stop.said) == (reason, said)
        if reason == "muted":
            assert [each.message for each in found.told] == ["Bo"]


def as_kept(rule: str, *given: Event) -> dict[str, dict[str, Any]]:
    """Return what the engine keeps, as the journal has it."""
    return {key: json.loads(value) for key, value in play(rule, *given).kept.items()}


def test_the_journal_is_believed_where_it_does_not_have_an_alert() -> None:
    (told,) = explained(STEAL, make(Steal, player="Ann"), kept={}).told
    assert told.note == "the journal has no such alert: the rule was another then, or there was none yet"


def test_a_question_about_a_player_a_team_or_a_period_leaves_the_others_out() -> None:
    given = [three("08:00"), missed("07:00"), three("06:00", "Bo"), three("05:00", "Bo", period=3)]
    given.append(make(ThreePointerMade, player="Cem", team=AWAY, clock="04:00"))

    def parts(**asked: Any) -> list[list[str]]:
        return [[part.clock for part in each.parts] for each in explained(STREAK, *given, **asked).missed]

    assert parts(player="clyburn") == [["08:00"]]
    assert parts(player="Bo") == [["06:00", "05:00"]]
    assert parts(team="Iron Foxes") == [["04:00"]]
    assert parts(period=3) == [["06:00", "05:00"]]
    assert parts(player="nobody") == []
    found = explained(STREAK, *given, player="nobody")
    assert (found.considered, sorted(found.players)) == (0, ["Bo", "Cem", "Clyburn"])
    assert sorted(found.teams) == ["Harbor Gulls", "Iron Foxes"]


def test_what_a_rule_is_not_about_is_counted() -> None:
    found = explained(STEAL, make(Foul), make(Foul), again(make(Steal), send_type=SendType.PENDING), missed("01:00"))
    assert found.others == {"foul": 2, "three_pointer_missed": 1}


def test_conditions_of_every_shape_are_explained() -> None:
    shapes = (
        "period >= 4 or clock <= 120",
        "not (period >= 4 and clock <= 120) and period > 9",
        "(period >= 4 if team.home else clock <= 1) and clock > 900",
        "player.name in lists.ours and 0 < clock <= 120",
        "score.margin|abs <= 3 and subtype == 'and or'",
        "'a and b' == player.name",
        "period is odd and period is even",
        "player.name != 'Ann' and score.text ~ 'x' == 'y'",
    )
    for shape in shapes:
        rule = f'[lists]\nours = ["Bo"]\n[alert.a]\non = "steal"\nwhen = """{shape}"""\nmessage = "x"\n'
        found = explained(rule, make(Steal, player="Ann", period=3, clock="05:00", score=(9, 1)))
        (stop,) = stops(found)
        assert stop.startswith(f"when: {shape}: "), shape
        assert "lists" not in stop.removeprefix(f"when: {shape}")


RULES = [line[7:-1] for line in CONFIG.splitlines() if line.startswith("[alert.")]


def assert_all_explained(explanation: Explanation) -> None:
    for each in explanation.missed:
        assert (each.outcome == "held") == (each.stopped is None)
    nearness = [each.nearness for each in explanation.missed]
    assert nearness == sorted(nearness, reverse=True)
    assert all(each.outcome in ("told", "withdrawn") and each.life for each in explanation.told)


@pytest.mark.parametrize("seed", [1, 5, 12])
def test_what_is_explained_to_be_told_of_generated_games_is_what_a_backtest_tells(seed: int) -> None:
    for each in assert_alike(CONFIG, generate_match(seed), RULES):
        assert_all_explained(each)


def test_what_is_explained_to_be_told_of_a_real_game_is_what_a_backtest_tells(some_real_game: RealGame) -> None:
    for each in assert_alike(CONFIG, read_recording(some_real_game.recording), RULES):
        assert_all_explained(each)


def test_with_a_question_the_answer_is_a_part_of_the_whole() -> None:
    game = generate_match(5)
    for rule in RULES:
        (whole,) = explainers(CONFIG).over(game, Question(rule=rule, fixture=game.fixture))
        parts = [
            explainers(CONFIG).over(game, Question(rule=rule, fixture=game.fixture, period=period))[0]
            for period in range(1, 5)
        ]
        ids = {each.alert for part in parts for each in part.told}
        assert ids <= {each.alert for each in whole.told}
        assert sum(part.considered for part in parts) == whole.considered or rule in ("final", "clutch")
