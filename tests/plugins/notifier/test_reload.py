"""Rules that change while a game is on: worked out over the game so far, they tell nothing of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import trio.testing
from tests.plugins.notifier.test_singles import again, gone

from actionbus import Block, ConfigError, ThreePointerMade, ThreePointerMissed, TwoPointerMade
from actionbus.testing import make, running
from actionbus_plugins import notifier
from actionbus_plugins.notifier.mutes import MUTE, UNMUTE, standing

Lines = Callable[[], list[str]]

THREES = '[alert.threes]\non = "three_pointer_made"\nmessage = "{{ player.name }}"\n'
STREAK = """[alert.hot]
on = ["three_pointer_made", "three_pointer_missed"]
streak = {{ of = "three_pointer_made", n = {n} }}
message = "{{{{ streak.n }}}} in a row"
"""


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What the console channel has printed since the last time."""
    return lambda: capsys.readouterr().out.splitlines()


async def test_a_rule_that_has_not_changed_keeps_its_streak(lines: Lines) -> None:
    config = STREAK.format(n=3)
    async with running(notifier, config=config) as bench:
        await bench.deliver(make(ThreePointerMade), make(ThreePointerMade))
        await bench.reload(config + THREES)
        assert lines() == []
        await bench.deliver(make(ThreePointerMade, player="Ann"))
        assert sorted(lines()) == ["ALERT hot: 3 in a row", "ALERT threes: Ann"]


async def test_a_new_rule_counts_what_was_before_it_and_tells_nothing_of_it(lines: Lines) -> None:
    async with running(notifier, config=THREES) as bench:
        await bench.deliver(make(ThreePointerMade), make(ThreePointerMade))
        lines()
        await bench.reload(STREAK.format(n=2))
        assert lines() == []
        await bench.deliver(make(TwoPointerMade), make(ThreePointerMissed), make(ThreePointerMade))
        assert lines() == []  # the streak of before has ended, and was not told
        await bench.deliver(make(ThreePointerMade))
        assert lines() == ["ALERT hot: 2 in a row"]


async def test_a_streak_that_begins_before_its_rule_and_is_full_after_it_is_told(lines: Lines) -> None:
    async with running(notifier, config=THREES) as bench:
        await bench.deliver(make(ThreePointerMade), make(ThreePointerMade))
        lines()
        await bench.reload(STREAK.format(n=3))
        await bench.deliver(make(ThreePointerMade))
        assert lines() == ["ALERT hot: 3 in a row"]


async def test_what_was_told_is_not_told_again_by_the_changed_rule_which_corrects_it(lines: Lines) -> None:
    async with running(notifier, config=THREES) as bench:
        await bench.deliver(three := make(ThreePointerMade, player="Ann"))
        await bench.reload(THREES.replace("{{ player.name }}", "three: {{ player.name }}"))
        assert lines() == ["ALERT threes: Ann"]
        await bench.deliver(gone(three))
        assert lines() == ["ALERT threes: taken back: Ann"]


@pytest.mark.parametrize("later", ["", '[alert.threes]\non = "block"\n', '[alert.other]\non = "steal"\n'])
async def test_what_a_rule_has_told_is_taken_back_where_the_rule_is_gone_or_would_not_tell_it(
    lines: Lines, later: str
) -> None:
    async with running(notifier, config=THREES) as bench:
        await bench.deliver(three := make(ThreePointerMade, player="Ann"), make(ThreePointerMade, player="Bo"))
        lines()
        await bench.reload(later)
        await bench.deliver(make(Block, player="Cy"))
        lines()
        await bench.deliver(gone(three))
        assert lines() == ["ALERT threes: taken back: Ann"]


async def test_a_rule_that_is_put_back_goes_on_with_what_it_had_told(lines: Lines) -> None:
    async with running(notifier, config=THREES) as bench:
        await bench.deliver(three := make(ThreePointerMade, player="Ann"))
        await bench.reload('[alert.threes]\non = "block"\n')
        await bench.deliver(make(Block, player="Cy"))
        await bench.reload(THREES)
        await bench.deliver(make(ThreePointerMade, player="Bo"))
        lines()
        await bench.deliver(again(three, clock="05:00"), gone(three))
        assert lines() == ["ALERT threes: taken back: Ann"]


async def test_an_alert_that_is_held_back_outlives_reloads_of_other_rules_and_goes_with_its_own(lines: Lines) -> None:
    held = THREES + 'settle = "5s"\n'
    async with running(notifier, config=held) as bench:
        await bench.deliver(make(ThreePointerMade, player="Ann", timestamp=1_700_000_000.0))
        await bench.reload(held + '[alert.other]\non = "steal"\n')
        await bench.deliver(make(Block, timestamp=1_700_000_010.0))
        assert lines() == ["ALERT threes: Ann"]
        await bench.deliver(make(ThreePointerMade, player="Bo", timestamp=1_700_000_011.0))
        await bench.reload('[alert.other]\non = "steal"\n')
        await bench.deliver(make(Block, timestamp=1_700_000_030.0))
        await bench.finish()
        assert lines() == []


async def test_a_held_alert_of_a_new_rule_is_told_when_its_time_comes_after_the_reload(lines: Lines) -> None:
    async with running(notifier, config='[alert.other]\non = "block"\n') as bench:
        await bench.deliver(make(ThreePointerMade, player="Ann", timestamp=1_700_000_000.0))
        await bench.reload(THREES + 'settle = "9s"\n')
        await bench.deliver(make(ThreePointerMade, player="Bo", timestamp=1_700_000_005.0))
        assert lines() == []
        await bench.deliver(make(Block, timestamp=1_700_000_010.0))
        assert lines() == ["ALERT threes: Ann"]


@pytest.mark.parametrize("before", [THREES + 'settle = "9s"\n', '[alert.other]\non = "assist"\n'])
async def test_a_held_alert_is_told_though_nothing_that_its_rule_hears_comes_after_the_reload(
    before: str, lines: Lines
) -> None:
    async with running(notifier, config=before) as bench:
        three = make(ThreePointerMade, player="Ann")
        assert three.timestamp is not None
        await bench.deliver(three)
        await bench.reload(THREES + 'settle = "8s"\n')
        await trio.testing.wait_all_tasks_blocked()
        assert lines() == []
        await bench.deliver(make(Block, timestamp=three.timestamp + 10))
        assert lines() == ["ALERT threes: Ann"]


async def test_what_a_new_rule_would_have_held_until_before_the_reload_it_does_not_tell(lines: Lines) -> None:
    async with running(notifier, config='[alert.other]\non = "steal"\n') as bench:
        three = make(ThreePointerMade, player="Ann")
        assert three.timestamp is not None
        await bench.deliver(three, make(Block, timestamp=three.timestamp + 20))
        await bench.reload(THREES + 'settle = "9s"\n')
        await bench.deliver(make(ThreePointerMade, player="Bo", timestamp=three.timestamp + 21))
        await bench.deliver(make(Block, timestamp=three.timestamp + 40))
        assert lines() == ["ALERT threes: Bo"]


async def test_what_a_changed_rule_goes_on_with_keeps_its_version_so_that_the_next_one_is_newer(tmp_path: Path) -> None:
    channel = f'[notify.file]\nuse = "file"\npath = "{tmp_path / "alerts.jsonl"}"\n'
    rule = channel + THREES + 'notify = ["file"]\n'
    async with running(notifier, config=rule) as bench:
        await bench.deliver(
            three := make(ThreePointerMade, player="Ann"),
            again(three, player=make(ThreePointerMade, player="Bo").player),
        )
        await bench.reload(rule.replace("{{ player.name }}", "three"))  # by which it was never corrected
        await bench.deliver(gone(three))
    written = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert written[-1]["version"] == 3


async def test_a_table_that_is_wrong_is_told_by_the_reload(lines: Lines) -> None:
    async with running(notifier, config=THREES) as bench:
        with pytest.raises(ConfigError, match=r"plugins.toml:2: alert.a.on: "):
            await bench.reload('[alert.a]\non = "stael"\n')


def test_mutes_stand_until_they_run_out_or_are_ended() -> None:
    kept: list[tuple[str, object]] = [
        (f"{MUTE}1:a", ("a", 10.0)),
        (f"{MUTE}2:b", ("b", 30.0)),
        (f"{MUTE}3:c", ("c", 40.0)),
        (f"{UNMUTE}{MUTE}2:b", 5.0),
    ]
    assert [mute.what for mute in standing(kept, 9.0)] == ["a", "c"]
    assert [mute.what for mute in standing(kept, 10.0)] == ["c"]


def test_of_two_mutes_of_the_same_thing_the_newer_one_holds() -> None:
    kept: list[tuple[str, object]] = [
        (f"{MUTE}1:a", ("a", 90.0)),
        (f"{MUTE}2:b", ("b", 90.0)),
        (f"{MUTE}3:A", ("A", 20.0)),
    ]
    assert [(mute.what, mute.until) for mute in standing(kept, 9.0)] == [("b", 90.0), ("A", 20.0)]
    assert [mute.what for mute in standing(kept, 20.0)] == ["b"]
    assert [mute.what for mute in standing([*kept, (f"{UNMUTE}{MUTE}3:A", 5.0)], 9.0)] == ["b"]


async def test_a_second_mute_says_until_when_it_holds_and_unmute_ends_that_alone(lines: Lines) -> None:
    async with running(notifier, config=THREES) as bench:
        await bench.ask("mute", {"what": "lee", "long": "2h"})
        await bench.ask("mute", {"what": "kale", "long": "2h"})
        shorter = await bench.ask("mute", {"what": "lee", "long": "10m"})
        told = await bench.ask("mutes", {})
        assert sorted(each["what"] for each in told["mutes"]) == ["kale", "lee"]
        assert shorter["said"][0] in told["said"]
        await bench.ask("unmute", {"what": "lee"})
        await bench.deliver(make(ThreePointerMade, player="Ann Lee"), make(ThreePointerMade, player="Bo Kale"))
        assert lines() == ["ALERT threes: Ann Lee"]


async def test_players_and_teams_are_muted_by_id_by_name_or_by_a_word_of_it(lines: Lines) -> None:
    async with running(notifier, config=THREES) as bench:
        said = await bench.ask("mute", {"what": "lee", "long": "2h"})
        assert said["said"][0].startswith("lee is muted until ")
        await bench.deliver(make(ThreePointerMade, player="Ann Lee"), make(ThreePointerMade, player="Bo Kale"))
        assert lines() == ["ALERT threes: Bo Kale"]
        await bench.reload(THREES + '[alert.other]\non = "steal"\n')
        await bench.deliver(make(ThreePointerMade, player="Ann Lee"))
        assert lines() == []
        await bench.ask("unmute", {"what": "Lee"})
        await bench.deliver(make(ThreePointerMade, player="Ann Lee"))
        assert lines() == ["ALERT threes: Ann Lee"]


async def test_a_mute_of_nobody_is_taken_with_a_warning(lines: Lines) -> None:
    async with running(notifier, config=THREES) as bench:
        await bench.deliver(make(ThreePointerMade, player="Ann Lee"))
        said = await bench.ask("mute", {"what": "Leee", "long": "2h"})
        assert said["said"][1].startswith("no rule is called 'Leee', and nobody in the games that are on by now; ")
        assert said["said"][1].endswith("did you mean 'Lee'?")
        said = await bench.ask("mute", {"what": "Ann", "long": "2h"})
        assert len(said["said"]) == 1
