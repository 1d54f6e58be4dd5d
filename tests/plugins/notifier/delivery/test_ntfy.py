"""ntfy: what a phone shows at the end."""

from __future__ import annotations

import pytest
from tests.plugins.notifier.delivery.outboxes import lives, notice
from tests.plugins.notifier.delivery.places import NTFY, told
from tests.plugins.notifier.delivery.services import Ask, NtfyServer
from trio.testing import MockClock


async def test_an_alert_is_shown_once_under_its_rule_in_words(clock: MockClock) -> None:
    ntfy = NtfyServer()
    await told(NTFY, ntfy, notice("a", text="Ann has hit 3", priority="high"))
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


async def test_what_has_grown_makes_no_sound(clock: MockClock) -> None:
    ntfy = NtfyServer()
    await told(NTFY, ntfy, *lives("a", ("sent", "3"), ("updated", "4"), priority="urgent"))
    assert (ntfy.screen, ntfy.rings) == (["4"], 1)
    assert [ask.json["priority"] for ask in ntfy.asked] == [5, 2]


# --- what else can be met ---


async def test_the_token_is_sent_with_every_request(clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NTFY_TOKEN", "tk_canary")
    ntfy = NtfyServer(token="tk_canary")
    notices = lives("a", ("sent", "A"), ("withdrawn", "A"), on_correction="retract")
    assert await told(NTFY, ntfy, *notices, more='token = { env = "NTFY_TOKEN" }') == [["A"], []]


async def test_an_older_server_that_cannot_delete_is_told_that_it_is_taken_back(clock: MockClock) -> None:
    notices = lives("a", ("sent", "A"), ("withdrawn", "A"), on_correction="retract")
    assert await told(NTFY, NtfyServer(can_edit=False), *notices) == [["A"], ["A", "taken back: A"]]


@pytest.mark.parametrize("text", ["x" * 10_000, '"' * 10_000, "\N{BASKETBALL AND HOOP}" * 3_000, "\n" * 9_000])
async def test_a_text_of_any_length_arrives_as_far_as_it_fits(text: str, clock: MockClock) -> None:
    ntfy = NtfyServer()
    ((shown,),) = await told(NTFY, ntfy, notice("a", text=text))
    assert shown.endswith(" \N{HORIZONTAL ELLIPSIS}")
    assert text.startswith(shown[:-2])
    assert len(shown.encode()) > 3_000


async def test_one_alert_that_the_server_refuses_is_not_told_and_the_next_is(clock: MockClock) -> None:
    ntfy = NtfyServer(topic="bulls")
    ntfy.moody = lambda ask: _into_another_topic(ntfy, ask)
    await told(NTFY, ntfy, notice("a"), notice("b"))
    assert ntfy.screen == ["b says 1"]
    assert len(ntfy.asked) == 2


def _into_another_topic(ntfy: NtfyServer, ask: Ask) -> None:
    ntfy.topic = "knicks" if ask.json["sequence_id"] == "b" else "bulls"
