"""The notifier as its users meet it: rules in, lines out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import attrs
import pytest
from attrs import frozen
from structlog.testing import capture_logs

from actionbus import (
    Action,
    Block,
    ConfigError,
    DefensiveRebound,
    FeedState,
    Fold,
    Game,
    Moment,
    OffensiveRebound,
    Player,
    SendType,
    Steal,
    ThreePointerMade,
    Timeout,
    TwoPointerMade,
    fold,
    hookimpl,
)
from actionbus.testing import AWAY, HOME, make, running
from actionbus_plugins import notifier

Lines = Callable[[], list[str]]
A = TypeVar("A", bound=Action)


def again(action: A, **changes: Any) -> A:
    """A later revision of an action that still stands."""
    return attrs.evolve(action, send_type=SendType.UPDATED, **changes)


def gone(action: A) -> A:
    """The revision that takes an action back."""
    return attrs.evolve(action, send_type=SendType.DELETED)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What the console channel has printed since the last time."""
    return lambda: capsys.readouterr().out.splitlines()


def rule(text: str, name: str = "a") -> str:
    return f"[alert.{name}]\n{text}\n"


async def test_an_alert_on_one_class_is_sent_once_for_each_action_of_it(lines: Lines) -> None:
    async with running(notifier, config=rule('on = "steal"\nmessage = "{{ player }} steals"')) as bench:
        await bench.deliver(make(Steal, player="Ann"), make(Block, player="Bo"), make(Steal, player="Cy"))
    assert lines() == ["ALERT a: Ann steals", "ALERT a: Cy steals"]


async def test_an_alert_on_several_classes_hears_an_action_of_two_of_them_once(lines: Lines) -> None:
    config = rule('on = ["two_pointer", "shot_made", "field_goal"]\nmessage = "{{ type }}"')
    async with running(notifier, config=config) as bench:
        await bench.deliver(made := make(TwoPointerMade), gone(made))
    assert lines() == ["ALERT a: two_pointer_made", "ALERT a: taken back: two_pointer_made"]


async def test_a_class_includes_its_subclasses(lines: Lines) -> None:
    async with running(notifier, config=rule('on = "shot"\nmessage = "{{ type }}"')) as bench:
        await bench.deliver(make(ThreePointerMade), make(Steal))
    assert lines() == ["ALERT a: three_pointer_made"]


@pytest.mark.parametrize(
    "wanted", ['"p-1"', '"Luka Dončić"', '"luka doncic"', '"DONČIĆ"', '"Luka"', '["Jokic", "Luka"]', '" luka  doncic "']
)
async def test_where_takes_an_id_a_whole_name_or_a_word_of_it_whatever_its_case_and_accents(
    wanted: str, lines: Lines
) -> None:
    config = rule(f'on = "steal"\nwhere = {{ player = {wanted} }}\nmessage = "{{{{ player.id }}}}"')
    async with running(notifier, config=config) as bench:
        await bench.deliver(
            make(Steal, player=Player(id="p-1", name="Luka  Dončić")),
            make(Steal, player=Player(id="p-2", name="Lukas Dončićson")),
            make(Steal, player=None),
        )
    assert lines() == ["ALERT a: p-1"]


@pytest.mark.parametrize(
    ("name", "wanted"), [("Kar\u015f\u0131yaka", "karsiyaka"), ("Łukasz Þór", "lukasz thor"), ("Đorđević", "dordevic")]
)
async def test_letters_that_unicode_does_not_take_for_accented_match_too(name: str, wanted: str, lines: Lines) -> None:
    config = rule(f'on = "steal"\nwhere = {{ player = "{wanted}" }}\nmessage = "yes"')
    async with running(notifier, config=config) as bench:
        await bench.deliver(make(Steal, player=name))
    assert lines() == ["ALERT a: yes"]


async def test_where_can_ask_for_player_and_team_together(lines: Lines) -> None:
    config = rule('on = "steal"\nwhere = { player = "Ann", team = "Foxes" }\nmessage = "{{ team }}"')
    async with running(notifier, config=config) as bench:
        await bench.deliver(
            make(Steal, player="Ann", team=HOME),
            make(Steal, player="Ann", team=AWAY),
            make(Steal, player="Bo", team=AWAY),
            make(Steal, player="Ann", team=None),
        )
    assert lines() == ["ALERT a: Iron Foxes"]


async def test_a_message_may_name_all_fields_of_an_action(lines: Lines) -> None:
    message = (
        "{{ player }} {{ player.id }} {{ player.name }} | {{ team }} {{ team.id }} {{ team.name }} {{ team.home }} | "
        "{{ score }} {{ score.home }} {{ score.away }} | {{ period }} {{ period_text }} {{ clock }} {{ clock_text }} | "
        "{{ type }} | {{ type_text }} | {{ subtype }} | {{ fixture }}"
    )
    async with running(notifier, config=rule(f'on = "steal"\nmessage = "{message}"')) as bench:
        await bench.deliver(make(Steal, player="Ann Lee", score=(7, 5), period=5, clock="01:30", subtype="Clean"))
    assert lines() == [
        "ALERT a: Ann Lee ann-lee Ann Lee | Harbor Gulls home Harbor Gulls True | 7-5 7 5 | 5 OT1 90.0 01:30 | "
        "steal | Steal: Ann Lee (Harbor Gulls) | Clean | fixture-1"
    ]


async def test_a_message_works_for_an_action_that_says_almost_nothing(lines: Lines) -> None:
    message = "{{ player }}|{{ team }}|{{ team.home }}|{{ score }}|{{ clock }}|{{ clock_text }}|{{ subtype }}"
    async with running(notifier, config=rule(f'on = "timeout"\nmessage = "{message}"')) as bench:
        await bench.deliver(make(Timeout, player=None, team=None, clock=None), make(Timeout, player=None))
    assert lines() == ["ALERT a: ||False|0-0|0.0||", "ALERT a: Harbor Gulls|Harbor Gulls|True|0-0|600.0|10:00|"]


async def test_without_a_message_the_alert_says_what_happened(lines: Lines) -> None:
    async with running(notifier, config=rule('on = "action"')) as bench:
        await bench.deliver(
            make(ThreePointerMade, player="Ann Lee"),
            make(DefensiveRebound, player=None),
            make(Timeout, player=None, team=None, period=6),
            make(Steal, player="Ann Lee", team=None),
        )
    assert lines() == [
        "ALERT a: Three-pointer made: Ann Lee (Harbor Gulls)",
        "ALERT a: Defensive rebound: Harbor Gulls",
        "ALERT a: Timeout: OT2",
        "ALERT a: Steal: Ann Lee",
    ]


async def test_a_withdrawn_action_is_taken_back_once(lines: Lines) -> None:
    async with running(notifier, config=rule('on = "steal"\nmessage = "{{ player }} steals"')) as bench:
        await bench.deliver(steal := make(Steal, player="Ann"), gone(steal), gone(steal))
    assert lines() == ["ALERT a: Ann steals", "ALERT a: taken back: Ann steals"]


async def test_an_action_that_is_restored_is_news_again(lines: Lines) -> None:
    async with running(notifier, config=rule('on = "steal"\nmessage = "{{ player }}"')) as bench:
        await bench.deliver(steal := make(Steal, player="Ann"), gone(steal))
        await bench.deliver(attrs.evolve(steal, send_type=SendType.RESTORED))
    assert lines() == ["ALERT a: Ann", "ALERT a: taken back: Ann", "ALERT a: Ann"]


async def test_a_pending_action_is_not_told_before_it_counts(lines: Lines) -> None:
    async with running(notifier, config=rule('on = "steal"\nmessage = "{{ player }}"')) as bench:
        await bench.deliver(steal := make(Steal, player="Ann", send_type=SendType.PENDING))
        assert lines() == []
        await bench.deliver(attrs.evolve(steal, send_type=SendType.CONFIRMED))
    assert lines() == ["ALERT a: Ann"]


async def test_an_amendment_is_corrected_where_it_changes_what_was_said(lines: Lines) -> None:
    async with running(notifier, config=rule('on = "steal"\nmessage = "{{ player }}"')) as bench:
        await bench.deliver(steal := make(Steal, player="Ann"), again(steal, clock="09:59"))
        assert lines() == ["ALERT a: Ann"]
        await bench.deliver(again(steal, player=Player(id="bo", name="Bo")))
        await bench.deliver(gone(steal))
    assert lines() == ["ALERT a: corrected: Bo (was: Ann)", "ALERT a: taken back: Bo"]


async def test_a_score_that_has_moved_on_since_is_no_correction(lines: Lines) -> None:
    later = make(Steal, score=(9, 9)).summary
    async with running(notifier, config=rule('on = "steal"\nmessage = "{{ player }} {{ score }}"')) as bench:
        await bench.deliver(steal := make(Steal, player="Ann", score=(2, 0)))
        await bench.deliver(again(steal, clock="09:59", summary=later))
        assert lines() == ["ALERT a: Ann 2-0"]
        await bench.deliver(again(steal, player=Player(id="bo", name="Bo"), summary=later))
    assert lines() == ["ALERT a: corrected: Bo 9-9 (was: Ann 2-0)"]


async def test_an_amendment_out_of_the_filter_takes_the_alert_back_and_into_it_is_news(lines: Lines) -> None:
    config = rule('on = "steal"\nwhere = { player = "Ann" }\nmessage = "{{ player }}"')
    async with running(notifier, config=config) as bench:
        await bench.deliver(steal := make(Steal, player="Ann"))
        await bench.deliver(again(steal, player=Player(id="bo", name="Bo")))
        assert lines() == ["ALERT a: Ann", "ALERT a: taken back: Ann"]
        await bench.deliver(gone(steal))
        assert lines() == []
        await bench.deliver(other := make(Steal, player="Bo"), again(other, player=Player(id="ann", name="Ann")))
    assert lines() == ["ALERT a: Ann"]


async def test_an_action_retyped_within_the_rule_is_corrected(lines: Lines) -> None:
    config = rule('on = "rebound"\nmessage = "{{ type }}"')
    async with running(notifier, config=config) as bench:
        await bench.deliver(first := make(DefensiveRebound))
        await bench.deliver(make(OffensiveRebound, action_id=first.action_id, send_type=SendType.UPDATED))
    assert lines() == ["ALERT a: defensive_rebound", "ALERT a: corrected: offensive_rebound (was: defensive_rebound)"]


async def test_an_action_retyped_out_of_the_rule_is_taken_back_and_into_it_is_news(lines: Lines) -> None:
    config = rule('on = "steal"\nmessage = "{{ player }}"')
    async with running(notifier, config=config) as bench:
        await bench.deliver(first := make(Steal, player="Ann"))
        await bench.deliver(make(Block, action_id=first.action_id, player="Ann", send_type=SendType.UPDATED))
        assert lines() == ["ALERT a: Ann", "ALERT a: taken back: Ann"]
        await bench.deliver(make(Steal, action_id=first.action_id, player="Ann", send_type=SendType.UPDATED))
    assert lines() == ["ALERT a: Ann"]


async def test_an_action_retyped_and_moved_out_of_the_filter_at_once_is_taken_back(lines: Lines) -> None:
    config = rule('on = "rebound"\nwhere = { player = "Ann" }\nmessage = "{{ player }}"')
    async with running(notifier, config=config) as bench:
        await bench.deliver(first := make(DefensiveRebound, player="Ann"))
        await bench.deliver(make(OffensiveRebound, action_id=first.action_id, player="Bo", send_type=SendType.UPDATED))
    assert lines() == ["ALERT a: Ann", "ALERT a: taken back: Ann"]


async def test_two_rules_about_one_action_do_not_know_of_each_other(lines: Lines) -> None:
    config = rule('on = "steal"\nmessage = "1"', "one") + rule(
        'on = "steal"\nwhere = { player = "Ann" }\nmessage = "2"', "two"
    )
    async with running(notifier, config=config) as bench:
        await bench.deliver(steal := make(Steal, player="Ann"), again(steal, player=Player(id="bo", name="Bo")))
    assert lines() == ["ALERT one: 1", "ALERT two: 2", "ALERT two: taken back: 2"]


@frozen(kw_only=True, slots=False, eq=False)
class NotifierTestLead(Moment):
    """Who leads: a moment of this test."""

    leader: str


def leads(game: Game) -> Iterator[NotifierTestLead]:
    home, away = game.counted.home, game.counted.away
    if home != away:
        leader = "home" if home > away else "away"
        yield NotifierTestLead(fixture=game.fixture, key=leader, leader=leader)


async def test_an_alert_on_a_moment_is_sent_and_taken_back_as_the_moment_comes_and_goes(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "folds", folds, raising=False)
    config = rule('on = "notifier_test_lead"\nmessage = "{{ leader }} leads"')
    async with running(notifier, config=config) as bench:
        await bench.deliver(two := make(TwoPointerMade), gone(two), make(TwoPointerMade, team=AWAY))
    assert lines() == ["ALERT a: home leads", "ALERT a: taken back: home leads", "ALERT a: away leads"]


@hookimpl
def folds() -> list[Fold]:
    return [fold(NotifierTestLead, leads)]


async def test_an_alert_on_the_feed_says_what_became_of_it(lines: Lines) -> None:
    config = rule('on = "feed_status"') + rule('on = "feed_status"\nmessage = "{{ state }}: {{ reason }}"', "b")
    async with running(notifier, config=config) as bench:
        bench.pipeline.tell(FeedState.REFUSED, "no access")
        await bench.settled()
    assert lines() == ["ALERT a: Feed refused: no access", "ALERT b: refused: no access"]


async def test_a_message_that_fails_at_run_time_falls_back_to_plain_words_and_is_logged_once(lines: Lines) -> None:
    config = rule('on = "steal"\nmessage = "{{ 6 / (period - 2) }}"')  # which no check finds out before the 2nd period
    with capture_logs() as logs:
        async with running(notifier, config=config) as bench:
            await bench.deliver(make(Steal, period=1))
            for _ in range(20):
                await bench.deliver(make(Steal, period=2, player="Ann"))
            await bench.deliver(make(Steal, period=4))
    assert lines() == ["ALERT a: -6.0", *["ALERT a: Steal: Ann (Harbor Gulls)"] * 20, "ALERT a: 3.0"]
    assert [(log["event"], log["alert"]) for log in logs] == [("message failed, the default is sent", "a")]


async def test_names_that_would_steer_a_terminal_are_printed_without_that(lines: Lines) -> None:
    async with running(notifier, config=rule('on = "steal"\nmessage = "{{ player }}"')) as bench:
        await bench.deliver(make(Steal, player="A\x1b[2Jn\nn\x07"))
    assert lines() == ["ALERT a: A [2Jn n "]


async def test_an_alert_can_name_its_channels(lines: Lines) -> None:
    config = rule('on = "steal"\nnotify = ["screen", "console"]\nmessage = "x"') + '[notify.screen]\nuse = "console"\n'
    async with running(notifier, config=config) as bench:
        await bench.deliver(make(Steal))
    assert lines() == ["ALERT a: x"] * 2


HOSTILE = (
    "{{ [1] * 100000000 }}",
    "{{ 2 in ([1] * 100000000) }}",
    "{{ '}}' ~ ([1] * 100000000) }}",
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{%- set x = [1] -%}" + "{% set x = [x, x] %}" * 40 + "{{ x }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{{ 'x' ** 1000000000 }}",
    "{{ " + "-" * 50_000 + "1 }}",
    "{{ " + "(" * 400 + "1" + ")" * 400 + " }}",
    "{{ player.name" + "|replace('', 'aaaaaaaaaa')" * 30 + " }}",
    "{{ '%1000000000d'|format(1) }}",
    "{{ 'x'|indent(1000000000) }}",
    "{{ range(100000)|list }}",
    "{{ player.name|list|batch(1)|list }}",
    "{{ namespace() }}",
    "{{ debug() }}",
    "{{ player.__class__.__mro__ }}",
)


@pytest.mark.parametrize("message", HOSTILE)
async def test_a_hostile_template_is_refused_within_milliseconds(message: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ConfigError):
        async with running(notifier, config=f"[alert.a]\non = 'steal'\nmessage = {json.dumps(message)}\n"):
            pass
    assert time.perf_counter() - started < 0.5  # seconds; it takes milliseconds, on a machine that is not busy


WRONG = (
    ('on = "steel"', "plugins.toml:2: alert.a.on: there is no event class 'steel'; did you mean 'steal'?"),
    ('on = "zzz"', "plugins.toml:2: alert.a.on: there is no event class 'zzz'; docs/events.md lists them"),
    ('on = "due"', "plugins.toml:2: alert.a.on: there is no event class 'due'"),
    ('on = "event"', "plugins.toml:2: alert.a.on: there is no event class 'event'"),
    ("on = []", "plugins.toml:2: alert.a.on: is empty, so the alert would never be sent"),
    ("on = 3", "plugins.toml:2: alert.a.on: is a whole number"),
    ('message = "x"', "plugins.toml:1: alert.a.on: is missing"),
    ('on = "steal"\nnotify = "fone"', "plugins.toml:3: alert.a.notify: there is no channel 'fone'; there is console"),
    ('on = "steal"\nnotify = "consol"', "plugins.toml:3: alert.a.notify: there is no channel 'consol'; did you mean"),
    ('on = "steal"\nnotify = []', "plugins.toml:3: alert.a.notify: is empty, so the alert would go nowhere"),
    (
        'on = "steal"\nwhere = { plyer = "x" }',
        "plugins.toml:3: alert.a.where.plyer: unknown key; did you mean 'player'?",
    ),
    ('on = "steal"\nwhere = { team = " " }', "plugins.toml:3: alert.a.where.team: is empty"),
    ('on = "steal"\nwhere = { team = 3 }', "plugins.toml:3: alert.a.where.team: is a whole number"),
    ('on = "feed_status"\nwhere = { team = "x" }', "plugins.toml:3: alert.a.where: players and teams can be asked of"),
    ('on = "steal"\nmesage = "x"', "plugins.toml:3: alert.a.mesage: unknown key; did you mean 'message'?"),
    ('on = "steal"\nmessage = ""', "plugins.toml:3: alert.a.message: is empty"),
    ('on = "steal"\nmessage = "{{ player.nam }}"', "plugins.toml:3: alert.a.message: steal has no 'player.nam'; did"),
    ('on = "steal"\nmessage = "{{ x }}"', "plugins.toml:3: alert.a.message: steal has no 'x'; there is clock, clock_t"),
    ('on = "steal"\nmessage = "{{ player"', "plugins.toml:3: alert.a.message: the template is wrong: syntax error"),
    ('on = "steal"\nmessage = "{{ player|loud }}"', "plugins.toml:3: alert.a.message: the template is wrong: unknown"),
    ('on = "steal"\nmessage = "{{ 1 / 0 }}"', "plugins.toml:3: alert.a.message: the template is wrong: invalid oper"),
    ('on = "steal"\nmessage = "{% if 1 %}x{% endif %}"', "plugins.toml:3: alert.a.message: may hold {{ ... }} only"),
    ('on = "steal"\nmessage = "{{ period * 2 }}"', "plugins.toml:3: alert.a.message: may not multiply"),
    ('on = ["steal", "feed_status"]\nmessage = "{{ player }}"', "plugins.toml:3: alert.a.message: feed_status has no"),
)


@pytest.mark.parametrize(("text", "told"), WRONG)
async def test_what_is_wrong_with_a_rule_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        async with running(notifier, config=rule(text), folder=Path()):
            pass
    assert str(caught.value).startswith(told)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    "message",
    [
        "*** {{ player }} ***",
        "{{ 'a*b' }} it's {{ player }}",
        "{{ player.name|upper if score.home > score.away else player.name }}",
        "{{ score.home - score.away }} {{ clock|round|int }}",
        "a single brace { and a percent % sign",
    ],
)
async def test_a_plain_message_is_let_through(message: str, lines: Lines) -> None:
    async with running(notifier, config=f'[alert.a]\non = "steal"\nmessage = "{message}"\n') as bench:
        await bench.deliver(make(Steal))
    assert len(lines()) == 1
