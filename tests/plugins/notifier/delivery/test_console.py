from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest
from tests.plugins.notifier.delivery.outboxes import benching, lives, notice

Lines = Callable[[], list[str]]

CONFIG = '[notify.phone]\nuse = "ntfy"\ntopic = "t"\ntoken = { env = "NOBODY_SETS_THIS" }\ndelay = "1h"\n'


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return lambda: capsys.readouterr().out.splitlines()


async def test_an_alert_its_correction_withdrawal_and_return_are_printed_within_the_handler(lines: Lines) -> None:
    told = lives("a", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B"))
    async with benching("") as bench:
        await bench.put(*told, to=["console"])
        assert lines() == [
            "ALERT heat_check: A",
            "ALERT heat_check: corrected: B (was: A)",
            "ALERT heat_check: taken back: B",
            "ALERT heat_check: stands again: B",
        ]


async def test_what_has_only_grown_is_not_printed_and_a_correction_names_what_was(lines: Lines) -> None:
    async with benching("") as bench:
        await bench.put(*lives("a", ("sent", "3"), ("updated", "4"), ("corrected", "X")), to=["console"])
    assert lines() == ["ALERT heat_check: 3", "ALERT heat_check: corrected: X (was: 3)"]


@pytest.mark.parametrize("last", ["withdrawn", "corrected"])
async def test_corrections_that_are_to_be_ignored_are_not_printed(last: str, lines: Lines) -> None:
    async with benching("") as bench:
        await bench.put(*lives("a", ("sent", "A"), (last, "B"), on_correction="ignore"), to=["console"])
    assert lines() == ["ALERT heat_check: A"]


async def test_a_replay_shows_every_channel_at_once_and_asks_for_no_secret(lines: Lines) -> None:
    told = lives("a", ("sent", "A"), ("withdrawn", "A"))
    async with benching(CONFIG, replaying=True) as bench:
        await bench.put(*told, to=["console", "phone"])
    assert lines() == [
        "ALERT heat_check: A",
        "ALERT heat_check -> phone: A",
        "ALERT heat_check: taken back: A",
        "ALERT heat_check -> phone: taken back: A",
    ]


async def test_what_would_steer_a_terminal_is_not_printed(lines: Lines) -> None:
    async with benching("") as bench:
        await bench.put(notice("a", text="\x1b[2J Ann\r\n\x07 \u202e\N{SNOWMAN}"), to=["console"])
    assert lines() == ["ALERT heat_check:  [2J Ann     \N{SNOWMAN}"]


async def test_alerts_are_bold_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdout", terminal)
    async with benching("") as bench:
        await bench.put(notice("a", text="A"), to=["console"])
    assert terminal.getvalue() == "\033[1mALERT heat_check: A\033[0m\n"
