"""Services that fail, servers that are gone, processes that end: what a person sees when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
import trio
from structlog.testing import capture_logs
from tests.core.log import disks
from tests.core.log.journals import as_a_crash_leaves_it
from tests.plugins.notifier.delivery.outboxes import benching, journal, lives, notice, sums
from tests.plugins.notifier.delivery.places import CHATS, DISCORD, NTFY, SLACK, TELEGRAM, Place, where_edited
from tests.plugins.notifier.delivery.services import Answer, Ask, Mood, NtfyServer, serving
from trio.testing import MockClock

from actionbus import KeptState
from actionbus.testing import FIXTURE
from actionbus_plugins.notifier.listing import list_alerts


def phone(server: str, more: str = "", name: str = "phone") -> str:
    return f'[notify.{name}]\nuse = "ntfy"\nserver = "{server}"\ntopic = "knicks"\n{more}\n'


# --- a service that fails for a while ---


DOES_NOTHING: Sequence[tuple[Place, Mood]] = [(place, mood) for place in CHATS for mood in ("deaf", "stuck")]
MAY_HAVE_DONE_IT: Sequence[tuple[Place, Mood]] = [(NTFY, mood) for mood in ("deaf", "mute", "stuck", "babbling")]


@pytest.mark.parametrize(("place", "mood"), [*MAY_HAVE_DONE_IT, *DOES_NOTHING])
async def test_what_a_service_does_not_answer_is_sent_until_it_does_and_shown_once(
    place: Place, mood: Mood, clock: MockClock
) -> None:
    service = place.make()
    service.mood = mood
    async with serving(service) as server, benching(place.config(server)) as bench:
        await bench.put(notice("a"))
        await trio.sleep(60)
        service.mood = "well"
        await trio.sleep(130)
        assert service.screen == ["a says 1"]
        assert sums(bench) == {"told": 1}


@where_edited
@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408, 425])
async def test_a_status_that_passes_is_waited_out(place: Place, status: int, clock: MockClock) -> None:
    service = place.make()
    service.refusals = [Answer(status)] * 3
    async with serving(service) as server, benching(place.config(server)) as bench:
        await bench.put(notice("a"))
        await trio.sleep(60)
        assert service.screen == ["a says 1"]
        assert len(service.asked) == 4


@pytest.mark.parametrize("status", [300, 301, 302, 307, 400, 401, 403, 404, 405, 410, 413, 422])
async def test_a_status_that_does_not_pass_ends_it_and_is_told_in_one_sentence(status: int, clock: MockClock) -> None:
    ntfy = NtfyServer(refusals=[Answer(status, b'{"error":"no\\u001b[2J, thank\\nyou"}', (("location", "/else"),))])
    with capture_logs() as logs:
        async with serving(ntfy) as server, benching(phone(server)) as bench:
            await bench.put(notice("a"))
            await trio.sleep(300)
            assert sums(bench) == {"failed": 1}
            stores = await bench.context.kept("outbox:")
    (known,) = list_alerts(KeptState(stores=stores, shared={}, now=0.0), ()).alerts
    assert known.channels[0].said == f"failed, the service did not want it (status {status} no [2J, thank you)"
    assert len(ntfy.asked) == 1
    assert [{**each, "plugin": ""} for each in logs if each["log_level"] == "error"] == [
        {
            "plugin": "",
            "event": "channel refuses a message, it is not told",
            "channel": "phone",
            "alert": "heat_check",
            "reason": f"status {status} no [2J, thank you",
            "log_level": "error",
        }
    ]


@pytest.mark.usefixtures("patient")
async def test_attempts_come_at_longer_and_longer_intervals_with_jitter(clock: MockClock) -> None:
    ntfy = NtfyServer(mood="deaf")
    async with serving(ntfy) as server, benching(phone(server, 'deadline = "1h"')) as bench:
        await bench.put(notice("a"))
        await trio.sleep(3_000)
    waits = [later - earlier for earlier, later in pairwise(ntfy.connected)]
    assert all(1 <= wait <= 121 for wait in waits)
    assert waits[0] <= 2
    assert max(waits) > 60
    assert len({round(wait) for wait in waits[8:]}) > 10
    assert 20 < len(waits) < 60


@where_edited
@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("after", ["90", "Thu, 01 Jan 2099 00:00:00 GMT"])
async def test_a_service_that_says_how_long_to_wait_is_left_alone_so_long(
    place: Place, after: str, clock: MockClock
) -> None:
    service = place.make()
    service.refusals = [Answer(429, b"{}", (("retry-after", after),))]
    async with serving(service) as server, benching(place.config(server, 'deadline = "5h"')) as bench:
        await bench.put(notice("a"), notice("b"))
        await trio.sleep(85)
        assert len(service.asked) == 1
        await trio.sleep(2 * 3_600)
        assert sorted(service.screen) == ["a says 1", "b says 1"]
        assert service.asked[1].at - service.asked[0].at >= (90 if after == "90" else 3_600)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    ("place", "answer"),
    [
        (SLACK, Answer(200, b'{"ok":false,"error":"ratelimited"}', (("retry-after", "90"),))),
        (SLACK, Answer(429, b'{"ok":false,"error":"ratelimited"}', (("retry-after", "90"),))),
        (DISCORD, Answer(429, b'{"message":"You are being rate limited.","retry_after":89.5,"global":false}')),
        (TELEGRAM, Answer(429, b'{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":90}}')),
    ],
)
async def test_a_service_is_left_alone_as_long_as_it_says_in_its_own_way(
    place: Place, answer: Answer, clock: MockClock
) -> None:
    service = place.make()
    service.refusals = [answer]
    async with serving(service) as server, benching(place.config(server)) as bench:
        first, last = lives("a", ("sent", "A"), ("withdrawn", "A"))
        await bench.put(first, notice("b"))
        await trio.sleep(85)
        assert len(service.asked) == 1
        await bench.put(last)  # nothing of it has been seen: it is never sent
        await trio.sleep(130)
        assert service.screen == ["b says 1"]
        assert service.asked[1].at - service.asked[0].at >= 89


async def test_an_outage_and_its_end_are_told_once(clock: MockClock) -> None:
    ntfy = NtfyServer(mood="deaf")
    with capture_logs() as logs:
        async with serving(ntfy) as server, benching(phone(server)) as bench:
            await bench.put(notice("a"))
            await trio.sleep(100)
            ntfy.mood = "well"
            await trio.sleep(130)
    told = [each["event"] for each in logs if each.get("channel") == "phone"]
    assert told == ["channel cannot be reached, alerts wait", "channel can be reached again", "channel closed"]


async def test_a_message_that_the_service_cannot_digest_holds_up_no_other_for_long(clock: MockClock) -> None:
    ntfy = NtfyServer(moody=lambda ask: Answer(500) if ask.json["sequence_id"] == "a" else None)
    async with serving(ntfy) as server, benching(phone(server)) as bench:
        for name in "abcdefgh":
            await bench.put(notice(name))
            await trio.sleep(30)
        assert ntfy.screen == [f"{name} says 1" for name in "bcdefgh"]
        assert sum(ask.json["sequence_id"] == "a" for ask in ntfy.asked) < 10


# --- what happens to an alert while its channel is away ---


@where_edited
async def test_what_is_too_late_is_noise_and_counted(place: Place, clock: MockClock) -> None:
    service = place.make()
    service.mood = "deaf"
    async with serving(service) as server, benching(place.config(server, 'delay = "30s"\ndeadline = "2m"')) as bench:
        await bench.put(notice("a"))
        await trio.sleep(149)
        await bench.put(notice("b"))
        await trio.sleep(32)
        service.mood = "well"
        await trio.sleep(200)
        await bench.put(*lives("a", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B"))[1:])
        await trio.sleep(200)
        assert service.screen == ["b says 1"]
        assert sums(bench) == {"told": 1, "expired": 1}


async def test_what_expires_is_counted_once_and_told_of_in_one_line_for_an_outage(clock: MockClock) -> None:
    ntfy = NtfyServer(mood="deaf")
    with capture_logs() as logs:
        async with serving(ntfy) as server, benching(phone(server, 'deadline = "10s"')) as bench:
            for number in range(28):
                await bench.put(notice(f"a{number}"))
                await trio.sleep(0.5)
            await trio.sleep(600)
            assert sums(bench) == {"expired": 28}
            ntfy.mood = "well"
            await bench.put(notice("b"))
            await trio.sleep(1)
            assert sums(bench) == {"expired": 28, "told": 1}
            assert [each["alerts"] for each in logs if "expired" in each["event"]] == [28]
    told = [(each["event"], each["log_level"]) for each in logs if each.get("channel") == "phone"]
    assert told == [
        ("channel cannot be reached, alerts wait", "warning"),
        ("channel can be reached again", "info"),
        ("alerts have expired and are not told", "warning"),
        ("channel closed", "info"),
    ]


async def test_what_has_expired_while_the_daemon_was_away_or_for_the_rate_is_told_of(
    tmp_path: Path, clock: MockClock
) -> None:
    path, ntfy = tmp_path / "journal.db", NtfyServer()
    with capture_logs() as logs:
        async with serving(ntfy) as server:
            config = phone(server, 'delay = "30s"\ndeadline = "1m"\nrate = "1/5m"')
            async with journal(path) as log, benching(config, log=log) as bench:
                await bench.put(notice("a"), notice("b"))
            await trio.sleep(100)
            async with journal(path) as log, benching(config, log=log) as bench:
                await trio.sleep(1)
                assert [each["alerts"] for each in logs if "expired" in each["event"]] == [2]
                await bench.put(notice("c"), notice("d"))
                await trio.sleep(285)
                await bench.put(notice("e"), notice("f"))
                await trio.sleep(400)
                assert [each["alerts"] for each in logs if "expired" in each["event"]] == [2, 2]
            assert ntfy.screen == ["c says 1", "e says 1"]


@where_edited
@pytest.mark.usefixtures("patient")
async def test_corrections_of_what_was_told_are_never_too_late(place: Place, clock: MockClock) -> None:
    service = place.make()
    async with serving(service) as server, benching(place.config(server, 'deadline = "2m"')) as bench:
        first, last = lives("a", ("sent", "A"), ("withdrawn", "A"))
        await bench.put(first)
        await trio.sleep(5)
        service.mood = "deaf"
        await bench.put(last)
        await trio.sleep(5_000)
        service.mood = "well"
        await trio.sleep(130)
        assert service.screen == ["taken back: A"]


@where_edited
async def test_what_is_taken_back_before_the_service_is_there_is_never_sent(place: Place, clock: MockClock) -> None:
    with capture_logs() as logs:
        async with benching(place.config("http://127.0.0.1:9")) as bench:  # nobody is there: nothing can have arrived
            first, last = lives("a", ("sent", "A"), ("withdrawn", "A"))
            await bench.put(first)
            await trio.sleep(5)
            await bench.put(last)
            await trio.sleep(300)
            assert sums(bench) == {"dropped": 1}
    assert logs[-1]["waiting"] == 0


@pytest.mark.parametrize("ending", [[("withdrawn", "A")], [("corrected", "B"), ("withdrawn", "B")]])
async def test_what_may_have_been_shown_is_taken_back(ending: Sequence[tuple[str, str]], clock: MockClock) -> None:
    ntfy = NtfyServer(mood="mute")  # it shows what it is sent, and the answer is lost
    async with serving(ntfy) as server, benching(phone(server)) as bench:
        first, *others = lives("a", ("sent", "A"), *ending)
        await bench.put(first)
        await trio.sleep(1)
        assert ntfy.screen == ["A"]
        await bench.put(*others)
        await trio.sleep(20)
        ntfy.mood = "well"
        await trio.sleep(130)
        assert ntfy.screen == []


async def test_a_correction_of_what_may_have_been_shown_is_what_is_shown(clock: MockClock) -> None:
    ntfy = NtfyServer(mood="mute")
    async with serving(ntfy) as server, benching(phone(server)) as bench:
        first, last = lives("a", ("sent", "A"), ("corrected", "B"))
        await bench.put(first)
        await trio.sleep(1)
        ntfy.mood = "well"
        await bench.put(last)
        await trio.sleep(130)
        assert ntfy.screen == ["B"]


async def test_a_follow_up_that_may_have_been_shown_gives_way_to_the_next(clock: MockClock) -> None:
    ntfy = NtfyServer()
    async with serving(ntfy) as server, benching(phone(server)) as bench:
        steps = ("sent", "A"), ("corrected", "B"), ("corrected", "A"), ("withdrawn", "A")
        first, second, third, fourth = lives("a", *steps, on_correction="followup")
        await bench.put(first)
        await trio.sleep(1)
        ntfy.mood = "mute"
        await bench.put(second)
        await trio.sleep(1)
        assert ntfy.screen == ["A", "corrected: B (was: A)"]
        ntfy.mood = "well"
        await bench.put(third)
        await trio.sleep(130)
        assert ntfy.screen == ["A"]
        await bench.put(fourth)
        await trio.sleep(1)
        assert ntfy.screen == ["A", "taken back: A"]


# --- one channel does not hurt another ---


@pytest.mark.parametrize("mood", ["stuck", "deaf"])
async def test_a_dead_channel_delays_no_other_and_no_handler(mood: Mood, clock: MockClock) -> None:
    dead, well = NtfyServer(mood=mood), NtfyServer()
    async with serving(dead) as one, serving(well) as other:
        config = phone(one, name="dead") + phone(other, name="well")
        async with benching(config) as bench:
            for number in range(20):
                began = trio.current_time()
                await bench.put(notice(f"a{number}"), to=["dead", "well"])
                assert trio.current_time() == began
                await trio.sleep(1)
                assert len(well.screen) == number + 1


# --- restarts ---


@where_edited
async def test_what_waits_is_told_after_a_restart_also_of_fixtures_that_nobody_follows(
    place: Place, tmp_path: Path, clock: MockClock
) -> None:
    path = tmp_path / "journal.db"
    service = place.make()
    async with serving(service) as server:
        async with journal(path) as log, benching(place.config(server, 'delay = "60s"'), log=log) as bench:
            await bench.put(notice("a"), notice("b", fixture="another"))
        assert not service.asked
        async with journal(path) as log, benching(place.config(server, 'delay = "60s"'), log=log):
            await trio.sleep(59)
            assert not service.asked
            await trio.sleep(2)
            assert sorted(service.screen) == ["a says 1", "b says 1"]
        async with journal(path) as log, benching(place.config(server, 'delay = "60s"'), log=log) as bench:
            await trio.sleep(300)
            assert len(service.asked) == 2
            await bench.put(lives("a", ("sent", "a says 1"), ("corrected", "X"))[1])
            await trio.sleep(61)
            assert sorted(service.screen) == ["X", "b says 1"]


async def test_a_crash_between_sending_and_its_record_repeats_the_message_and_shows_it_once(
    tmp_path: Path, clock: MockClock
) -> None:
    path, crashed = tmp_path / "journal.db", tmp_path / "crashed.db"
    ntfy = NtfyServer()

    def crash(ask: Ask) -> None:
        if not crashed.exists():
            as_a_crash_leaves_it(path, crashed)

    ntfy.moody = crash
    async with serving(ntfy) as server:
        async with journal(path) as log, benching(phone(server), log=log) as bench:
            await bench.put(notice("a"))
            await trio.sleep(1)
        assert len(ntfy.asked) == 1
        async with journal(crashed) as log, benching(phone(server), log=log) as bench:
            await trio.sleep(1)
            assert len(ntfy.asked) == 2
            assert [ask.json["sequence_id"] for ask in ntfy.asked] == ["a", "a"]
            assert (ntfy.screen, sums(bench)) == (["a says 1"], {"told": 1})


async def test_nothing_is_sent_before_it_is_on_the_disk(
    tmp_path: Path, clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.db"
    ntfy = NtfyServer()
    kept: list[Path] = []

    def crash(ask: Ask) -> None:
        kept.append(as_a_crash_leaves_it(path, tmp_path / f"crashed{len(kept)}.db"))

    ntfy.moody = crash
    async with serving(ntfy) as server:
        async with journal(path) as log, benching(phone(server), log=log) as bench:
            for number in range(5):
                await bench.put(notice(f"a{number}"))
                await trio.sleep(1)
        for number, each in enumerate(kept):
            ntfy.moody = lambda ask: None
            ntfy.messages.clear()
            async with journal(each) as log, benching(phone(server), log=log):
                await trio.sleep(1)
            assert ntfy.screen == [f"a{number} says 1"]  # it was under way, and the disk knew


async def test_a_disk_that_refuses_does_not_silence_alerts(
    tmp_path: Path, clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = disks.install(monkeypatch, "commit")
    ntfy = NtfyServer()
    async with (
        serving(ntfy) as server,
        journal(tmp_path / "journal.db") as log,
        benching(phone(server), log=log) as bench,
    ):
        disk.refuses = disks.FULL
        await bench.put(notice("a"))
        await trio.sleep(20)
        assert ntfy.screen == ["a says 1"]
        disk.refuses = None
        await trio.sleep(20)
        assert sums(bench) == {"told": 1}


async def test_retries_go_on_where_they_were_after_a_restart(tmp_path: Path, clock: MockClock) -> None:
    path = tmp_path / "journal.db"
    ntfy = NtfyServer(refusals=[Answer(429, b"{}", (("retry-after", "300"),))])
    async with serving(ntfy) as server:
        async with journal(path) as log, benching(phone(server), log=log) as bench:
            await bench.put(notice("a"))
            await trio.sleep(1)
            bench.outbox.books["phone"].at_once = True  # as if it had ended without a last attempt
            await trio.sleep(1)
        ntfy.asked.clear()
        async with journal(path) as log, benching(phone(server), log=log):
            await trio.sleep(290)
            assert not ntfy.asked
            await trio.sleep(20)
            assert ntfy.screen == ["a says 1"]


async def test_alerts_for_a_channel_that_is_gone_are_told_of_and_kept(tmp_path: Path, clock: MockClock) -> None:
    path = tmp_path / "journal.db"
    ntfy = NtfyServer()
    async with serving(ntfy) as server:
        async with journal(path) as log, benching(phone(server, 'delay = "60s"'), log=log) as bench:
            await bench.put(notice("a"), notice("b"))
        with capture_logs() as logs:
            async with journal(path) as log, benching("", log=log):
                pass
        (told,) = [each for each in logs if each["log_level"] == "warning"]
        assert (told["channel"], told["alerts"]) == ("phone", 2)
        async with journal(path) as log, benching(phone(server), log=log):
            await trio.sleep(61)
        assert sorted(ntfy.screen) == ["a says 1", "b says 1"]


# --- the end ---


async def test_at_the_end_what_is_due_is_tried_once_more_and_what_is_not_stays(
    tmp_path: Path, clock: MockClock
) -> None:
    ntfy, slow = NtfyServer(mood="deaf"), NtfyServer()
    async with serving(ntfy) as one, serving(slow) as other:
        config = phone(one) + phone(other, 'delay = "60s"', name="slow")
        with capture_logs() as logs:
            async with journal(tmp_path / "journal.db") as log, benching(config, log=log) as bench:
                await bench.put(notice("a"), notice("b"), to=["phone", "slow"])
                await trio.sleep(10)
                ntfy.mood = "well"
                began = trio.current_time()
        assert trio.current_time() - began < 1
    assert sorted(ntfy.screen) == ["a says 1", "b says 1"]
    assert not slow.asked
    closed = {each["channel"]: each for each in logs if each["event"] == "channel closed"}
    assert {name: (each["waiting"], each["log_level"]) for name, each in closed.items()} == {
        "phone": (0, "info"),
        "slow": (2, "warning"),
    }


async def test_at_the_end_what_has_waited_for_the_rate_goes_as_one_message_a_game(clock: MockClock) -> None:
    ntfy = NtfyServer()
    with capture_logs() as logs:
        async with serving(ntfy) as server, benching(phone(server)) as bench:
            for number in range(51):
                await bench.put(notice(f"a{number}"))
            await bench.put(notice("b", fixture="other"))
            began = trio.current_time()
        assert trio.current_time() - began < 1
    assert ntfy.screen[:30] == [f"a{number} says 1" for number in range(30)]
    assert ntfy.screen[30].splitlines() == [
        f"21 alerts of {FIXTURE} that had to wait:",
        *(f"a{number} says 1" for number in range(30, 51)),
    ]
    assert ntfy.screen[31:] == ["b says 1"]
    assert (logs[-1]["event"], logs[-1]["waiting"], logs[-1]["log_level"]) == ("channel closed", 0, "info")


async def test_at_the_end_a_service_that_is_away_is_tried_a_few_times_and_not_for_each_alert(clock: MockClock) -> None:
    ntfy = NtfyServer(mood="deaf")
    async with serving(ntfy) as server, benching(phone(server)) as bench:
        for number in range(50):
            await bench.put(notice(f"a{number}", fixture=f"game {number}"))
        await trio.sleep(1)
        tried = len(ntfy.connected)
    assert 0 < len(ntfy.connected) - tried <= 4


@pytest.mark.parametrize("mood", ["stuck", "deaf"])
async def test_a_service_that_is_dead_does_not_hold_up_the_end(mood: Mood, clock: MockClock) -> None:
    ntfy = NtfyServer(mood=mood)
    with capture_logs() as logs:
        async with serving(ntfy) as server, benching(phone(server)) as bench:
            await bench.put(*(notice(f"a{number}") for number in range(50)))
            await trio.sleep(1)
            began = trio.current_time()
            host = bench.host
        assert trio.current_time() - began < 5
    assert not host.broken
    assert logs[-1]["waiting"] == 50
