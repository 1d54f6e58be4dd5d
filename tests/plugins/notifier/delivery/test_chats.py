"""Slack, Discord and Telegram: what they show, what they refuse, and what happens where an id was lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import example, given, settings, strategies
from structlog.testing import capture_logs
from tests.core.log.journals import as_a_crash_leaves_it
from tests.plugins.notifier.delivery.outboxes import benching, journal, lives, notice, sums
from tests.plugins.notifier.delivery.places import DISCORD, SLACK, TELEGRAM, Place, in_chats, told
from tests.plugins.notifier.delivery.rooms import DiscordServer, Room, SlackServer, TelegramServer
from tests.plugins.notifier.delivery.services import Answer, Ask, serving
from trio.testing import MockClock

from actionbus_plugins.notifier.delivery.texts import fit, length

NASTY = [
    "*bold* _it_ ~no~ `code` ||spoiler|| **b** __u__",
    "<@U123> <!here> <#C1> @everyone @here @knicks <@123456> <t:1:R> &lt; & <b>",
    "# head\n- item\n1. one\n> quote\n-# small\n  + more\n``` block",
    "[link](https://evil.example/a_b_c) https://x.example/a_b_c :smile: /start #tag 12:05:33",
    "back\\slash \\* \\\\_ end\\",
    "plain 88-85 (12:05) O'Neal \N{BASKETBALL AND HOOP} Dončić",
]


def room(place: Place) -> Room:
    made = place.make()
    assert isinstance(made, Room)
    return made


# --- texts ---


@in_chats
@pytest.mark.parametrize("text", NASTY)
async def test_a_text_is_shown_as_it_is_and_calls_nobody(place: Place, text: str, clock: MockClock) -> None:
    service = room(place)
    notices = lives("a", ("sent", text), ("corrected", f"{text}!"))
    assert await told(place, service, *notices) == [[text], [f"{text}!"]]
    assert service.called == []


@in_chats
@settings(max_examples=30)
@given(text=strategies.text("ab1 \n\t\\*_~`|<>[]()#+-.:/@&!", min_size=1).filter(str.strip))
@example(":<:")
def test_no_text_at_all_is_read_as_markup(place: Place, text: str) -> None:
    async def run() -> None:
        service = room(place)
        assert await told(place, service, notice("a", text=text), pause=0.1) == [[text]]
        assert service.called == []

    trio.run(run, clock=MockClock(autojump_threshold=0.01))


@in_chats
@pytest.mark.parametrize(
    "text", ["x" * 10_000, "*" * 10_000, "\N{BASKETBALL AND HOOP}" * 3_000, "&<>" * 2_000, "a\n" * 6_000]
)
async def test_a_text_of_any_length_arrives_as_far_as_it_fits(place: Place, text: str, clock: MockClock) -> None:
    service = room(place)
    first, second = await told(place, service, *lives("a", ("sent", text), ("corrected", f"!{text}")))
    for (shown,), whole in ((first, text), (second, f"!{text}")):
        assert shown.endswith(" \N{HORIZONTAL ELLIPSIS}")
        assert whole.startswith(shown[:-2])
        assert len(shown) > 900
    assert service.called == []


@given(strategies.text(max_size=60), strategies.integers(3, 40))
def test_what_fits_is_never_longer_than_it_may_be(text: str, longest: int) -> None:
    def double(part: str) -> str:
        return part.replace("a", "\\a")

    assert length(fit(text, longest, double)) <= longest


@in_chats
async def test_of_a_digest_that_is_too_long_the_last_lines_are_counted(place: Place, clock: MockClock) -> None:
    service = room(place)
    service.mood = "busy"
    async with serving(service) as server, benching(place.config(server, 'rate = "none"')) as bench:
        for number in range(60):
            await bench.put(notice(f"a{number}", text=f"{number} " + "x" * 90))
        await trio.sleep(20)
        service.mood = "well"
        await trio.sleep(130)
        (text,) = service.screen
        head, *lines, last = text.splitlines()
        assert head.startswith("60 alerts of ")
        assert [line.partition(" ")[0] for line in lines] == [str(number) for number in range(len(lines))]
        assert last == f"and {60 - len(lines)} more"
        assert len(lines) > 15
        await bench.put(lives("a2", ("sent", "2"), ("corrected", "Y"))[1])
        await trio.sleep(1)
        assert service.screen[0].splitlines()[3] == "Y"


@pytest.mark.parametrize("place", [DISCORD, TELEGRAM], ids=["discord", "telegram"])
async def test_what_matters_little_makes_no_sound(place: Place, clock: MockClock) -> None:
    service = room(place)
    priorities: list[Any] = ["min", "low", "default", "high", "urgent"]
    await told(place, service, *(notice(each, text=each, priority=each) for each in priorities))
    assert service.silent == ["min", "low"]


# --- what a service says ---

REFUSALS: list[tuple[Place, dict[str, str], str, str]] = [
    (SLACK, {"SLACK_TOKEN": "xoxb-other"}, "", "invalid_auth: the token is wrong"),
    (
        SLACK,
        {},
        'channel = "C0OTHER00"',
        "channel_not_found: there is no such channel, or it is private and the bot has to be invited to it",
    ),
    (DISCORD, {"DISCORD_URL": "https://discord.com/api/webhooks/1/other"}, "", "status 404 Unknown Webhook"),
    (TELEGRAM, {"TELEGRAM_TOKEN": "1:other"}, "", "status 401 Unauthorized"),
    (TELEGRAM, {}, "chat = -5", "status 400 Bad Request: chat not found"),
]


@pytest.mark.parametrize(("place", "env", "own", "reason"), REFUSALS)
async def test_what_a_service_refuses_is_told_in_one_sentence_and_not_sent_again(
    place: Place, env: dict[str, str], own: str, reason: str, clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    service = room(place)
    with capture_logs() as logs:
        async with serving(service) as server:
            config = place.config(server)
            if own:
                key = own.partition(" ")[0]
                config = "\n".join(own if line.startswith(f"{key} ") else line for line in config.splitlines())
            async with benching(config) as bench:
                await bench.put(notice("a"))
                await trio.sleep(300)
                assert sums(bench) == {"failed": 1}
    assert len(service.asked) == 1
    assert [each["reason"] for each in logs if each["log_level"] == "error"] == [reason]


async def test_a_group_that_has_moved_is_told_with_what_to_write(clock: MockClock) -> None:
    service = TelegramServer()
    said = b'{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat",'
    service.refusals = [Answer(400, said + b'"parameters":{"migrate_to_chat_id":-100987}}')]
    with capture_logs() as logs:
        await told(TELEGRAM, service, notice("a"))
    (reason,) = [each["reason"] for each in logs if each["log_level"] == "error"]
    assert reason.endswith("group chat was upgraded to a supergroup chat: write chat = -100987")


ODD = [b"", b"<html>sign in</html>", b"[]", b"{}", b'{"ok":null}', b'{"ok":true}', b'{"ok":true,"result":[]}']


@in_chats
@pytest.mark.parametrize("body", ODD)
async def test_an_answer_without_an_id_is_followed_up_and_one_that_is_none_is_not_believed(
    place: Place, body: bytes, clock: MockClock
) -> None:
    service = room(place)
    service.refusals = [Answer(200, body)]
    async with serving(service) as server, benching(place.config(server)) as bench:
        first, second = lives("a", ("sent", "A"), ("corrected", "B"))
        await bench.put(first)
        await trio.sleep(5)
        await bench.put(second)
        await trio.sleep(1)
        believed = isinstance(service, DiscordServer) or b'"ok":true' in body
        assert service.screen == [*([] if believed else ["A"]), "corrected: B (was: A)"]


# --- messages that cannot be changed ---


@in_chats
async def test_what_a_service_lets_nobody_edit_any_more_is_followed_up(place: Place, clock: MockClock) -> None:
    service = room(place)
    steps = ("sent", "A"), ("corrected", "B"), ("updated", "B!"), ("withdrawn", "B!"), ("restored", "B!")
    with capture_logs() as logs:
        async with serving(service) as server, benching(place.config(server)) as bench:
            for told in lives("a", *steps):
                await bench.put(told)
                await trio.sleep(1)
                service.fixed = True
            assert sums(bench) == {"told": 1, "edited": 2, "withdrawn": 1}
    said = ["A", "corrected: B (was: A)", "taken back: B", "stands again: B!"]
    assert service.screen == said
    assert [each for each in logs if each["log_level"] == "error"] == []


@in_chats
async def test_growth_of_what_cannot_be_edited_is_not_told(place: Place, clock: MockClock) -> None:
    service = room(place)
    async with serving(service) as server, benching(place.config(server)) as bench:
        for told in lives("a", ("sent", "3"), ("updated", "4"), ("corrected", "X")):
            await bench.put(told)
            await trio.sleep(1)
            service.fixed = True
    assert service.screen == ["3", "corrected: X (was: 3)"]


@in_chats
async def test_what_cannot_be_deleted_is_taken_back_by_a_further_message(place: Place, clock: MockClock) -> None:
    service = room(place)
    async with serving(service) as server, benching(place.config(server)) as bench:
        for told in lives("a", ("sent", "A"), ("withdrawn", "A"), on_correction="retract"):
            await bench.put(told)
            await trio.sleep(1)
            service.fixed = True
    assert service.screen == ["A", "taken back: A"]


@in_chats
@pytest.mark.parametrize("way", ["edit", "retract"])
async def test_what_somebody_has_deleted_by_hand_is_corrected_by_a_further_message(
    place: Place, way: str, clock: MockClock
) -> None:
    service = room(place)
    async with serving(service) as server, benching(place.config(server)) as bench:
        first, second, third = lives("a", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), on_correction=way)
        await bench.put(first)
        await trio.sleep(1)
        service.messages.clear()
        await bench.put(second)
        await trio.sleep(1)
        assert service.screen == ["corrected: B (was: A)"]
        await bench.put(third)
        await trio.sleep(1)
        assert service.screen == ["corrected: B (was: A)", "taken back: B"]


@in_chats
async def test_what_is_to_be_deleted_and_is_gone_is_well(place: Place, clock: MockClock) -> None:
    service = room(place)
    async with serving(service) as server, benching(place.config(server)) as bench:
        first, second = lives("a", ("sent", "A"), ("withdrawn", "A"), on_correction="retract")
        await bench.put(first)
        await trio.sleep(1)
        service.messages.clear()
        await bench.put(second)
        await trio.sleep(1)
        assert sums(bench) == {"told": 1, "withdrawn": 1}
    assert (service.screen, len(service.asked)) == ([], 2)


@in_chats
async def test_a_digest_that_cannot_be_edited_comes_anew(place: Place, clock: MockClock) -> None:
    service = room(place)
    service.mood = "busy"
    async with serving(service) as server, benching(place.config(server)) as bench:
        for number in range(5):
            await bench.put(notice(f"a{number}"))
        await trio.sleep(20)
        service.mood = "well"
        await trio.sleep(130)
        service.fixed = True
        await bench.put(lives("a1", ("sent", "a1 says 1"), ("corrected", "X"))[1])
        await trio.sleep(1)
        assert [text.splitlines()[2] for text in service.screen] == ["a1 says 1", "X"]
        service.fixed = False
        await bench.put(lives("a1", ("sent", ""), ("sent", "X"), ("corrected", "Y"))[2])
        await trio.sleep(1)
        assert [text.splitlines()[2] for text in service.screen] == ["a1 says 1", "Y"]


async def test_an_edit_that_changes_nothing_is_no_error(clock: MockClock) -> None:
    service = TelegramServer(moody=lambda ask: "mute" if len(service.asked) == 2 else None)
    async with serving(service) as server, benching(TELEGRAM.config(server)) as bench:
        for told in lives("a", ("sent", "A"), ("corrected", "B")):
            await bench.put(told)
            await trio.sleep(5)
        assert service.screen == ["B"]
        assert sums(bench) == {"told": 1, "edited": 1}


# --- what is kept ---


@in_chats
async def test_edits_work_after_a_kill_and_for_another_name_of_the_channel(
    place: Place, tmp_path: Path, clock: MockClock
) -> None:
    path, service = tmp_path / "journal.db", room(place)
    first, second, third = lives("a", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), on_correction="retract")
    async with serving(service) as server:
        async with journal(path) as log, benching(place.config(server), log=log) as bench:
            await bench.put(first)
            for _ in range(5):  # the clock also jumps while a disk takes its time
                await trio.sleep(1)
            await log.durable()
            path = as_a_crash_leaves_it(path, tmp_path / "copy.db")
        config = place.config(server).replace('"#knicks"', f'"{SlackServer().channel}"')
        async with journal(path) as log, benching(config, log=log) as bench:
            for told in (second, third):
                await bench.put(told)
                for _ in range(5):
                    await trio.sleep(1)
    assert (service.screen, len(service.asked)) == ([], 3)


async def test_a_thread_of_discord_is_named_in_every_request(clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_URL", f"https://discord.com{DiscordServer().path}?thread_id=77")
    service = DiscordServer()
    await told(
        DISCORD, service, *lives("a", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), on_correction="retract")
    )
    assert [ask.path.partition("?")[2] for ask in service.asked] == [
        "thread_id=77&wait=true",
        "thread_id=77",
        "thread_id=77",
    ]
    assert service.screen == []


# --- where it is not known whether a message has arrived ---


@in_chats
async def test_a_crash_between_sending_and_its_record_may_show_it_twice_where_ids_are_the_services(
    place: Place, tmp_path: Path, clock: MockClock
) -> None:
    path, crashed = tmp_path / "journal.db", tmp_path / "crashed.db"
    service = place.make()

    def crash(ask: Ask) -> None:
        if not crashed.exists():
            as_a_crash_leaves_it(path, crashed)

    service.moody = crash
    async with serving(service) as server:
        async with journal(path) as log, benching(place.config(server), log=log) as bench:
            await bench.put(notice("a"))
            await trio.sleep(1)
        async with journal(crashed) as log, benching(place.config(server), log=log) as bench:
            await trio.sleep(1)
            assert (service.screen, sums(bench)) == (["a says 1", "a says 1"], {"told": 1})
            await bench.put(lives("a", ("sent", "a says 1"), ("corrected", "X"))[1])
            await trio.sleep(1)
            assert service.screen == ["a says 1", "a says 1", "corrected: X (was: a says 1)"]


@in_chats
async def test_what_may_have_been_shown_is_taken_back_by_a_further_message_where_ids_are_the_services(
    place: Place, clock: MockClock
) -> None:
    service = place.make()
    service.mood = "mute"  # it shows what it is sent, and its id is lost with the answer
    async with serving(service) as server, benching(place.config(server)) as bench:
        first, last = lives("a", ("sent", "A"), ("withdrawn", "A"))
        await bench.put(first)
        await trio.sleep(0.5)
        service.mood = "well"
        await bench.put(last)
        await trio.sleep(130)
        assert service.screen == ["A", "taken back: A"]
        assert sums(bench) == {"withdrawn": 1}


@in_chats
async def test_what_may_have_been_shown_and_was_wrong_is_corrected_by_the_next(place: Place, clock: MockClock) -> None:
    service = place.make()
    service.mood = "mute"
    async with serving(service) as server, benching(place.config(server)) as bench:
        first, second, third = lives("a", ("sent", "A"), ("corrected", "B"), ("corrected", "C"))
        await bench.put(first)
        await trio.sleep(0.5)
        service.mood = "well"
        await bench.put(second)
        await trio.sleep(130)
        assert service.screen == ["A", "corrected: B (was: A)"]
        await bench.put(third)
        await trio.sleep(1)
        assert service.screen == ["A", "corrected: B (was: A)", "corrected: C (was: B)"]


@in_chats
async def test_a_message_that_was_deleted_and_may_have_been_brought_back_is_taken_back(
    place: Place, clock: MockClock
) -> None:
    service = place.make()
    steps = ("sent", "A"), ("withdrawn", "A"), ("restored", "A"), ("withdrawn", "A")
    first, second, third, fourth = lives("a", *steps, on_correction="retract")
    async with serving(service) as server, benching(place.config(server)) as bench:
        for told in (first, second):
            await bench.put(told)
            await trio.sleep(1)
        assert service.screen == []
        service.mood = "mute"
        await bench.put(third)
        await trio.sleep(0.5)
        service.mood = "well"
        await bench.put(fourth)
        await trio.sleep(130)
        assert service.screen == ["A", "taken back: A"]


@in_chats
async def test_a_digest_that_may_have_been_shown_comes_again_and_what_left_it_is_taken_back(
    place: Place, clock: MockClock
) -> None:
    service = place.make()
    service.mood = "busy"
    async with serving(service) as server, benching(place.config(server)) as bench:
        for number in range(5):
            await bench.put(notice(f"a{number}"))
        await trio.sleep(30)
        service.mood = "mute"
        while not service.screen:  # noqa: ASYNC110
            await trio.sleep(1)
        service.mood = "busy"
        await bench.put(*lives("a2", ("sent", "X"), ("withdrawn", "X"))[1:])
        await trio.sleep(1)
        service.mood = "well"
        await trio.sleep(130)
        assert all("a2 says 1" in text for text in service.screen[:-2])
        assert "taken back: a2 says 1" in service.screen
        last = next(text for text in reversed(service.screen) if "\n" in text)
        assert last.splitlines()[1:] == ["a0 says 1", "a1 says 1", "a3 says 1", "a4 says 1"]
        await bench.put(*lives("a0", ("sent", "a0 says 1"), ("corrected", "Y"))[1:])
        await trio.sleep(1)
        assert service.screen[-1] == "corrected: Y (was: a0 says 1)"
