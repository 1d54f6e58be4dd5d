"""The notifier as its users meet it: rules and actions in, lines on the console out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import trio
from attrs import frozen
from structlog.testing import capture_logs
from tests.plugins.notifier.test_singles import again, gone, other

from actionbus import (
    Block,
    FeedState,
    Fold,
    Game,
    Moment,
    OffensiveRebound,
    Player,
    SendType,
    Steal,
    ThreePointerMade,
    TwoPointerMade,
    fold,
    hookimpl,
)
from actionbus.bus import FixtureClock
from actionbus.testing import AWAY, TIP_OFF, make, running
from actionbus_plugins import notifier
from actionbus_plugins.notifier.delivery import open_outbox

Lines = Callable[[], list[str]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What the console channel has printed since the last time."""
    return lambda: capsys.readouterr().out.splitlines()


def rule(text: str, name: str = "a") -> str:
    return f"[alert.{name}]\n{text}\n"


NAMED = rule('on = "steal"\nmessage = "{{ player.name }}"')


async def test_an_alert_is_told_once_corrected_and_taken_back(lines: Lines) -> None:
    async with running(notifier, config=NAMED) as bench:
        await bench.deliver(steal := make(Steal, player="Ann"), make(Block, player="Bo"), again(steal, clock="09:59"))
        assert lines() == ["ALERT a: Ann"]
        await bench.deliver(moved := again(steal, player=Player(id="bo", name="Bo")), gone(moved), gone(moved))
        assert lines() == ["ALERT a: corrected: Bo (was: Ann)", "ALERT a: taken back: Bo"]
        await bench.deliver(again(moved, send_type=SendType.RESTORED))
    assert lines() == ["ALERT a: stands again: Bo"]


async def test_an_alert_on_several_classes_hears_an_action_of_two_of_them_once(lines: Lines) -> None:
    config = rule('on = ["two_pointer", "shot_made", "field_goal"]\nmessage = "{{ type }}"')
    async with running(notifier, config=config) as bench:
        await bench.deliver(made := make(TwoPointerMade), gone(made))
    assert lines() == ["ALERT a: two_pointer_made", "ALERT a: taken back: two_pointer_made"]


async def test_a_class_includes_its_subclasses(lines: Lines) -> None:
    async with running(notifier, config=rule('on = "shot"\nmessage = "{{ type }}"')) as bench:
        await bench.deliver(make(ThreePointerMade), make(Steal))
    assert lines() == ["ALERT a: three_pointer_made"]


async def test_without_a_message_the_alert_says_what_happened(lines: Lines) -> None:
    async with running(notifier, config=rule('on = "action"')) as bench:
        await bench.deliver(make(ThreePointerMade, player="Ann Lee"), make(OffensiveRebound, player=None))
    assert lines() == [
        "ALERT a: Three-pointer made: Ann Lee (Harbor Gulls)",
        "ALERT a: Offensive rebound: Harbor Gulls",
    ]


async def test_two_rules_about_one_action_do_not_know_of_each_other(lines: Lines) -> None:
    config = rule('on = "steal"\nmessage = "1"', "one")
    config += rule('on = "steal"\nwhere = { player = "Ann" }\nmessage = "2"', "two")
    async with running(notifier, config=config) as bench:
        await bench.deliver(steal := make(Steal, player="Ann"), again(steal, player=Player(id="bo", name="Bo")))
    assert lines() == ["ALERT one: 1", "ALERT two: 2", "ALERT two: taken back: 2"]


@pytest.mark.parametrize(
    ("on_correction", "corrected", "taken_back"),
    [
        ("edit", ["ALERT a: corrected: Bo (was: Ann)"], ["ALERT a: taken back: Bo"]),
        ("retract", ["ALERT a: corrected: Bo (was: Ann)"], ["ALERT a: taken back: Bo"]),
        ("followup", ["ALERT a: corrected: Bo (was: Ann)"], ["ALERT a: taken back: Bo"]),
        ("ignore", [], []),
    ],
)
async def test_the_console_cannot_edit_so_it_follows_up_unless_corrections_are_to_be_ignored(
    on_correction: str, corrected: list[str], taken_back: list[str], lines: Lines
) -> None:
    async with running(notifier, config=f'{NAMED}on_correction = "{on_correction}"\n') as bench:
        await bench.deliver(steal := make(Steal, player="Ann"))
        assert lines() == ["ALERT a: Ann"]
        await bench.deliver(moved := again(steal, player=Player(id="bo", name="Bo")))
        assert lines() == corrected
        await bench.deliver(gone(moved))
        assert lines() == taken_back


async def test_a_streak_that_grows_and_a_pending_action_that_is_confirmed_are_no_news_on_the_console(
    lines: Lines,
) -> None:
    config = rule('on = "three_pointer_made"\nper = "player"\nstreak = { n = 2 }\nmessage = "{{ streak.n }}"')
    async with running(notifier, config=config + NAMED.replace("alert.a", "alert.b") + 'phase = "pending"\n') as bench:
        await bench.deliver(*(make(ThreePointerMade) for _ in range(4)))
        assert lines() == ["ALERT a: 2"]
        await bench.deliver(steal := make(Steal, player="Ann", send_type=SendType.PENDING))
        await bench.deliver(again(steal, send_type=SendType.CONFIRMED))
    assert lines() == ["ALERT b: Ann (unconfirmed)"]


async def test_an_action_that_is_retyped_out_of_the_rule_is_taken_back(lines: Lines) -> None:
    async with running(notifier, config=NAMED) as bench:
        await bench.deliver(steal := make(Steal, player="Ann"), other(Block, steal))
    assert lines() == ["ALERT a: Ann", "ALERT a: taken back: Ann"]


@frozen(kw_only=True, slots=False, eq=False)
class NotifierTestLead(Moment):
    """Who leads: a moment of this test."""

    leader: str


def leads(game: Game) -> Iterator[NotifierTestLead]:
    home, away = game.counted.home, game.counted.away
    if home != away:
        leader = "home" if home > away else "away"
        yield NotifierTestLead(fixture=game.fixture, key=leader, leader=leader)


@hookimpl
def folds() -> list[Fold]:
    return [fold(NotifierTestLead, leads)]


async def test_an_alert_on_a_moment_is_sent_and_taken_back_as_the_moment_comes_and_goes(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "folds", folds, raising=False)
    config = rule('on = "notifier_test_lead"\nmessage = "{{ leader }} leads"')
    async with running(notifier, config=config) as bench:
        await bench.deliver(two := make(TwoPointerMade), gone(two), make(TwoPointerMade, team=AWAY))
    assert lines() == ["ALERT a: home leads", "ALERT a: taken back: home leads", "ALERT a: away leads"]


async def test_an_alert_on_the_feed_says_what_became_of_it(lines: Lines) -> None:
    config = rule('on = "feed_status"') + rule('on = "feed_status"\nmessage = "{{ state }}: {{ reason }}"', "b")
    async with running(notifier, config=config) as bench:
        bench.pipeline.tell(FeedState.REFUSED, "no access")
        await bench.settled()
    assert lines() == ["ALERT a: Feed refused: no access", "ALERT b: refused: no access"]


BLIND = rule('on = "feed_status"\nwhen = "state in [\'down\', \'refused\']"\nfor = "20s"\nmessage = "{{ state }}"')


async def test_that_the_feed_is_down_is_told_only_when_it_has_stayed_so_by_the_wall_clock(
    lines: Lines, monkeypatch: pytest.MonkeyPatch, autojump_clock: trio.testing.MockClock
) -> None:
    monkeypatch.setattr(notifier, "open_outbox", partial(open_outbox, wall=trio.current_time))
    async with running(notifier, config=BLIND) as bench:
        bench.pipeline.tell(FeedState.DOWN, "lost")
        await bench.settled()
        await trio.sleep(19)
        assert lines() == []
        bench.pipeline.tell(FeedState.LIVE)
        await bench.settled()
        await trio.sleep(60)
        assert lines() == []  # it was back in time
        bench.pipeline.tell(FeedState.DOWN, "lost again")
        await bench.settled()
        await trio.sleep(10)
        bench.pipeline.tell(FeedState.REFUSED, "no access")  # the stretch goes on
        await bench.settled()
        await trio.sleep(11)
        assert lines() == ["ALERT a: refused"]
        bench.pipeline.tell(FeedState.LIVE)
        await bench.settled()
        assert lines() == []


async def test_a_held_alert_comes_when_the_fixture_clock_has_come_to_it(
    lines: Lines, autojump_clock: trio.testing.MockClock
) -> None:
    clock = FixtureClock(trio.current_time)
    clock.run()
    async with running(notifier, config=NAMED + 'settle = "20s"\n', clock=clock) as bench:
        await bench.deliver(make(Steal, player="Ann", timestamp=TIP_OFF))
        await trio.sleep(19)
        assert lines() == []
        await trio.sleep(2)
        assert lines() == ["ALERT a: Ann"]


async def test_what_is_held_at_the_end_of_the_fixture_is_told_then(lines: Lines) -> None:
    async with running(notifier, config=NAMED + 'settle = "20s"\n') as bench:
        await bench.deliver(make(Steal, player="Ann"))
        assert lines() == []
        await bench.finish()
    assert lines() == ["ALERT a: Ann"]


async def test_a_message_that_fails_at_run_time_falls_back_to_plain_words_and_is_logged_once(lines: Lines) -> None:
    config = rule('on = "steal"\nmessage = "{{ 6 / (period - 2) }}"')  # which no check finds out before the 2nd period
    with capture_logs() as logs:
        async with running(notifier, config=config) as bench:
            await bench.deliver(make(Steal, period=1))
            for _ in range(20):
                await bench.deliver(make(Steal, period=2, player="Ann"))
            await bench.deliver(make(Steal, period=4))
    assert lines() == ["ALERT a: -6.0", *["ALERT a: Steal: Ann (Harbor Gulls)"] * 20, "ALERT a: 3.0"]
    failed = [log for log in logs if log["event"] == "alert failed"]
    assert [log["alert"] for log in failed] == ["a"]
    assert "its message failed, the default is sent" in failed[0]["reason"]


async def test_a_condition_that_fails_at_run_time_does_not_hold_and_is_logged_once(lines: Lines) -> None:
    config = rule('on = "steal"\nwhen = "6 // (period - 2) == -6"\nmessage = "x"')
    with capture_logs() as logs:
        async with running(notifier, config=config) as bench:
            await bench.deliver(make(Steal, period=2), make(Steal, period=2), make(Steal, period=1))
    assert lines() == ["ALERT a: x"]
    assert len([log for log in logs if log["event"] == "alert failed"]) == 1


async def test_names_that_would_steer_a_terminal_are_printed_without_that(lines: Lines) -> None:
    async with running(notifier, config=NAMED) as bench:
        await bench.deliver(make(Steal, player="A\x1b[2Jn\nn\x07"))
    assert lines() == ["ALERT a: A [2Jn n "]


async def test_an_alert_can_name_its_channels(lines: Lines) -> None:
    config = rule('on = "steal"\nnotify = ["screen", "console"]\nmessage = "x"') + '[notify.screen]\nuse = "console"\n'
    async with running(notifier, config=config, folder=Path()) as bench:
        await bench.deliver(make(Steal))
    assert lines() == ["ALERT a: x"] * 2
