"""ntfy: what a phone shows at the end."""

from __future__ import annotations

import pytest
import trio
from tests.plugins.notifier.delivery.outboxes import benching, lives, notice
from tests.plugins.notifier.delivery.services import Ask, NtfyServer, serving
from trio.testing import MockClock

from actionbus_plugins.notifier.notice import Notice


def phone(server: str, more: str = "") -> str:
    return f'[notify.phone]\nuse = "ntfy"\nserver = "{server}"\ntopic = "knicks"\n{more}'


async def told(ntfy: NtfyServer, *notices: Notice, more: str = "", pause: float = 1.0) -> list[list[str]]:
    """Put notices, with a pause after each; return what the phone shows after each."""
    screens: list[list[str]] = []
    async with serving(ntfy) as server, benching(phone(server, more)) as bench:
        for each in notices:
            await bench.put(each)
            await trio.sleep(pause)
            screens.append(ntfy.screen)
    return screens


async def test_an_alert_is_shown_once_under_its_rule_in_words(clock: MockClock) -> None:
    ntfy = NtfyServer()
    await told(ntfy, notice("a", text="Ann has hit 3", priority="high"))
    (message,) = ntfy.messages.values()
    assert message == {
        "topic": "knicks",
        "sequence_id": "a",
        "title": "Heat check",
        "message": "Ann has hit 3",
        "priority": 4,
        "tags": ["basketball"],
    }
    assert len(ntfy.asked) == 1


async def test_corrections_edit_what_is_shown(clock: MockClock) -> None:
    notices = lives("a", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B"), ("corrected", "C"))
    assert await told(ntfy := NtfyServer(), *notices) == [["A"], ["B"], ["taken back: B"], ["B"], ["C"]]
    assert len(ntfy.asked) == 5


async def test_what_is_to_be_retracted_is_deleted_and_shown_again_when_it_stands_again(clock: MockClock) -> None:
    steps = ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B"), ("withdrawn", "B")
    notices = lives("a", *steps, on_correction="retract")
    assert await told(NtfyServer(), *notices) == [["A"], ["B"], [], ["B"], []]


async def test_follow_ups_leave_what_was_said(clock: MockClock) -> None:
    steps = ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B"), ("updated", "B!")
    screens = await told(NtfyServer(), *lives("a", *steps, on_correction="followup"))
    said = ["A", "corrected: B (was: A)", "taken back: B", "stands again: B"]
    assert screens == [said[:1], said[:2], said[:3], said, said]


async def test_what_grows_before_it_is_followed_up_is_edited(clock: MockClock) -> None:
    steps = ("sent", "3"), ("updated", "4"), ("corrected", "X")
    screens = await told(NtfyServer(), *lives("a", *steps, on_correction="followup"))
    assert screens == [["3"], ["4"], ["4", "corrected: X (was: 4)"]]


async def test_corrections_that_are_to_be_ignored_are_while_growth_is_not(clock: MockClock) -> None:
    steps = ("sent", "3"), ("updated", "4"), ("corrected", "X"), ("withdrawn", "X"), ("restored", "X")
    screens = await told(ntfy := NtfyServer(), *lives("a", *steps, on_correction="ignore"))
    assert screens == [["3"], ["4"], ["4"], ["4"], ["4"]]
    assert len(ntfy.asked) == 2


async def test_what_has_grown_makes_no_sound(clock: MockClock) -> None:
    ntfy = NtfyServer()
    await told(ntfy, *lives("a", ("sent", "3"), ("updated", "4"), priority="urgent"))
    assert (ntfy.screen, ntfy.rings) == (["4"], 1)
    assert [ask.json["priority"] for ask in ntfy.asked] == [5, 2]


async def test_an_alert_that_lapses_after_it_was_told_stays(clock: MockClock) -> None:
    assert await told(NtfyServer(), *lives("a", ("sent", "A"), ("lapsed", "A"), ("corrected", "B"))) == [
        ["A"],
        ["A"],
        ["B"],
    ]


# --- the spoiler delay ---


async def test_nothing_is_told_before_the_delay_and_corrections_neither(clock: MockClock) -> None:
    ntfy = NtfyServer()
    await told(ntfy, *lives("a", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B")), more='delay = "35s"', pause=40)
    assert [round(ask.at) for ask in ntfy.asked] == [35, 75, 115]


async def test_what_is_taken_back_within_the_delay_is_never_sent(clock: MockClock) -> None:
    ntfy = NtfyServer()
    await told(ntfy, *lives("a", ("sent", "A"), ("withdrawn", "A")), more='delay = "35s"', pause=20)
    assert not ntfy.asked


@pytest.mark.parametrize(("delay", "hold", "at"), [(15, 0.0, [15]), (15, 19.0, [34]), (15, 21.0, []), (0, 21.0, [])])
async def test_what_lapses_is_not_told_where_the_rule_and_not_merely_the_channel_holds_it_back(
    delay: int, hold: float, at: list[int], clock: MockClock
) -> None:
    ntfy = NtfyServer()
    await told(ntfy, *lives("a", ("sent", "A"), ("lapsed", "A"), hold=hold), more=f'delay = "{delay}s"', pause=20)
    assert [round(ask.at) for ask in ntfy.asked] == at


async def test_what_changes_within_the_delay_is_told_as_it_stands_then(clock: MockClock) -> None:
    ntfy = NtfyServer()
    steps = ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B"), ("updated", "B!")
    async with serving(ntfy) as server, benching(phone(server, 'delay = "35s"')) as bench:
        for each in lives("a", *steps):
            await bench.put(each)
            await trio.sleep(5)
        await trio.sleep(100)
    assert (ntfy.screen, len(ntfy.asked)) == (["B!"], 1)


async def test_corrections_that_cancel_out_within_the_delay_are_never_sent(clock: MockClock) -> None:
    ntfy = NtfyServer()
    async with serving(ntfy) as server, benching(phone(server, 'delay = "35s"')) as bench:
        first, *others = lives("a", ("sent", "A"), ("withdrawn", "A"), ("corrected", "B"), ("restored", "A"))
        await bench.put(first)
        await trio.sleep(40)
        await bench.put(*others)
        await trio.sleep(100)
    assert (ntfy.screen, len(ntfy.asked)) == (["A"], 1)


async def test_a_correction_is_not_put_off_by_growth(clock: MockClock) -> None:
    ntfy = NtfyServer()
    async with serving(ntfy) as server, benching(phone(server, 'delay = "35s"')) as bench:
        first, *others = lives("a", ("sent", "A"), ("corrected", "B"), ("updated", "B2"), ("updated", "B3"))
        await bench.put(first)
        await trio.sleep(100)
        for told in others:
            await bench.put(told)
            await trio.sleep(20)
        assert ntfy.screen == ["B2"]
    assert [round(ask.at) for ask in ntfy.asked] == [35, 135]


async def test_a_notice_may_hold_the_first_telling_back_longer(clock: MockClock) -> None:
    ntfy = NtfyServer()
    await told(ntfy, notice("a", hold=20.0), more='delay = "35s"', pause=60)
    assert round(ntfy.asked[0].at) == 55


# --- what else can be met ---


async def test_the_token_is_sent_with_every_request(clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NTFY_TOKEN", "tk_canary")
    ntfy = NtfyServer(token="tk_canary")
    notices = lives("a", ("sent", "A"), ("withdrawn", "A"), on_correction="retract")
    assert await told(ntfy, *notices, more='token = { env = "NTFY_TOKEN" }') == [["A"], []]


async def test_an_older_server_that_cannot_delete_is_told_that_it_is_taken_back(clock: MockClock) -> None:
    notices = lives("a", ("sent", "A"), ("withdrawn", "A"), on_correction="retract")
    assert await told(NtfyServer(can_edit=False), *notices) == [["A"], ["A", "taken back: A"]]


@pytest.mark.parametrize("text", ["x" * 10_000, '"' * 10_000, "\N{BASKETBALL AND HOOP}" * 3_000, "\n" * 9_000])
async def test_a_text_of_any_length_arrives_as_far_as_it_fits(text: str, clock: MockClock) -> None:
    ntfy = NtfyServer()
    ((shown,),) = await told(ntfy, notice("a", text=text))
    assert shown.endswith(" \N{HORIZONTAL ELLIPSIS}")
    assert text.startswith(shown[:-2])
    assert len(shown.encode()) > 3_000


async def test_one_alert_that_the_server_refuses_is_not_told_and_the_next_is(clock: MockClock) -> None:
    ntfy = NtfyServer(topic="bulls")
    ntfy.moody = lambda ask: _into_another_topic(ntfy, ask)
    await told(ntfy, notice("a"), notice("b"))
    assert ntfy.screen == ["b says 1"]
    assert len(ntfy.asked) == 2


def _into_another_topic(ntfy: NtfyServer, ask: Ask) -> None:
    ntfy.topic = "knicks" if ask.json["sequence_id"] == "b" else "bulls"
