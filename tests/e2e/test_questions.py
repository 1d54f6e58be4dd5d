"""Questions that people ask after a night of alerts, each answered by one command."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.feed.packets import FIXTURE
from tests.e2e.night import alert_of, live_through
from tests.e2e.processes import actionbus

GAME = ("--game", FIXTURE)
UTC = {"TZ": "UTC"}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a daemon that has followed the game."""
    folder = tmp_path_factory.mktemp("night")
    live_through(folder)
    return folder


def answer(night: Path, *command: str) -> str:
    done = actionbus(*command, cwd=night, env=UTC)
    assert (done.code, done.err) == (0, "")
    return done.out


def test_why_did_i_not_hear_of_the_third_three(night: Path) -> None:
    said = answer(night, "explain", "heat_check", *GAME, "--player", "Clyburn")
    first, _, second = said.partition("Q2 03:00")
    assert "streak: 2 of 3, broken by Three-pointer missed: Will Clyburn (Home) at Q2 04:12" in first
    assert "it does not count any more: Three-pointer made: Will Clyburn (Home) at Q2 03:00, now two" in second


def test_why_does_this_rule_never_tell_anything(night: Path) -> None:
    said = answer(night, "explain", "my_man")
    assert "3 considered, none told" in said
    assert 'stopped by where: player = "Clybrun": the player was Will Clyburn' in said


def test_why_did_it_come(night: Path) -> None:
    said = answer(night, "explain", alert_of(night, "steals"))
    assert "sent       18:40:00  Q3 09:00  by Steal: Shane Larkin (Home) at Q3 09:00" in said
    assert "let through  cooldown: 10:00: none was told so shortly before" in said
    assert 'on       = "steal"' in said
    assert "phone: told" in said


def test_why_was_it_taken_back(night: Path) -> None:
    (taken_back,) = (line for line in answer(night, "alerts", "--state", "withdrawn").splitlines() if "threes-" in line)
    said = answer(night, "explain", taken_back.split()[5])
    assert ": withdrawn" in said.splitlines()[0]
    assert "withdrawn  18:29:00  Q2 03:00  by Three-pointer made: Will Clyburn (Home) at Q2 03:00, now two" in said


def test_what_did_my_phone_get(night: Path) -> None:
    said = answer(night, "alerts", "--channel", "phone")
    lines = [line for line in said.splitlines() if "phone: told" in line]
    assert [line.split("phone: told")[1].strip() for line in lines if "taken back" not in line][:2] == [
        "Will Clyburn for three at 08:00",
        "Will Clyburn for three at 06:30",
    ]
    assert "careless" not in said


def test_what_still_waits(night: Path) -> None:
    said = answer(night, "alerts", "--state", "waiting")
    assert "timeout" in said.splitlines()[1]
    assert "stream: waits until" in said
    assert "1 alert: 1 waiting for a channel" in said


def test_why_was_it_not_told_at_night(night: Path) -> None:
    said = answer(night, "explain", "blocks", *GAME)
    assert "stopped by quiet: 19:00 to 07:00 (UTC): it was 19:05, priority default" in said


def test_why_did_i_hear_of_one_steal_alone(night: Path) -> None:
    said = answer(night, "explain", "steals", *GAME, "--player", "clyburn")
    assert "Will Clyburn takes the ball" in said
    assert "stopped by cooldown: 10:00: told 3:10 before" in said


def test_why_did_the_jump_ball_not_count_as_crunch_time(night: Path) -> None:
    said = answer(night, "explain", "crunch", *GAME, "--period", "3")
    assert "stopped by when: period >= 4 and clock <= 120: period was 3, clock was 45" in said


def test_why_did_the_foul_never_come(night: Path) -> None:
    said = answer(night, "explain", "fouls", *GAME)
    assert (
        "stopped by settle: 4 s: it was held for 2 s, ended by Foul: Shane Larkin (Home) at Q3 06:00, taken back"
        in said
    )


def test_did_a_service_refuse_anything(night: Path) -> None:
    said = answer(night, "alerts", "--state", "failed")
    assert "Shane Larkin loses the ball" in said
    assert "broken: failed, the service did not want it" in said


def test_would_a_rule_have_told_anything_over_other_games(night: Path) -> None:
    said = answer(night, "explain", "heat_check", "--seed", "1", "--seed", "5")
    assert "heat_check over generated match 1: " in said
    assert "stopped by streak: 2 of 3" in said
