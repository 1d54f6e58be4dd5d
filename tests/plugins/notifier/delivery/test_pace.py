"""Pace: rate limits, digests after an outage, quiet hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import trio
from tests.core.log.journals import as_a_crash_leaves_it, give
from tests.core.log.players import packet
from tests.plugins.notifier.delivery.outboxes import Bench, benching, journal, lives, notice, sums
from tests.plugins.notifier.delivery.places import Place, where_edited
from tests.plugins.notifier.delivery.services import Answer, Mood, NtfyServer, Receiver, Service, serving
from trio.testing import MockClock

from actionbus.testing import FIXTURE
from actionbus_plugins.notifier.delivery.quiet import quiet_until
from actionbus_plugins.notifier.settings import Quiet


def phone(server: str, more: str = "") -> str:
    return f'[notify.phone]\nuse = "ntfy"\nserver = "{server}"\ntopic = "knicks"\n{more}\n'


def hook(server: str, more: str = "") -> str:
    return f'[notify.phone]\nuse = "webhook"\nurl = "{server}/alerts"\n{more}\n'


AWAY = {"homeTeam": False, "id": "away", "name": "Iron Foxes"}
HEAD = f"5 alerts of {FIXTURE} while phone could not be reached:"


async def outage(bench: Bench, service: Service, count: int = 5, mood: Mood = "busy") -> None:
    """Let alerts wait for a service that is away for a minute."""
    service.mood = mood
    for number in range(count):
        await bench.put(notice(f"a{number}", text=f"alert {number}"))
        await trio.sleep(60 / count)
    service.mood = "well"
    await trio.sleep(130)


# --- digests ---


@where_edited
async def test_what_has_waited_for_the_service_comes_as_one_message_oldest_first(
    place: Place, clock: MockClock
) -> None:
    service = place.make()
    async with serving(service) as server, benching(place.config(server)) as bench:
        await outage(bench, service, mood="busy")
        assert service.screen == ["\n".join((HEAD, *(f"alert {number}" for number in range(5))))]
        assert sums(bench) == {"told": 5, "digests": 1}


@where_edited
async def test_three_that_have_waited_come_one_by_one(place: Place, clock: MockClock) -> None:
    service = place.make()
    async with serving(service) as server, benching(place.config(server)) as bench:
        await outage(bench, service, 3)
        assert sorted(service.screen) == ["alert 0", "alert 1", "alert 2"]
        assert sums(bench) == {"told": 3}


@where_edited
async def test_each_fixture_has_a_digest_of_its_own_and_a_few_others_come_by_themselves(
    place: Place, clock: MockClock
) -> None:
    service = place.make()
    service.mood = "busy"
    async with serving(service) as server, benching(place.config(server)) as bench:
        for number in range(4):
            await bench.put(notice(f"a{number}", fixture="one"), notice(f"b{number}", fixture="two"))
        await bench.put(notice("c", fixture="three"))
        await trio.sleep(60)
        service.mood = "well"
        await trio.sleep(130)
        heads = [text.partition("\n")[0] for text in sorted(service.screen)]
        why = "while phone could not be reached:"
        assert heads == [f"4 alerts of one {why}", f"4 alerts of two {why}", "c says 1"]


@where_edited
async def test_what_was_taken_back_or_corrected_meanwhile_is_not_in_the_digest_or_as_it_stands(
    place: Place,
    clock: MockClock,
) -> None:
    service = place.make()
    service.mood = "busy"
    async with serving(service) as server, benching(place.config(server)) as bench:
        for number in range(6):
            await bench.put(notice(f"a{number}"))
        await trio.sleep(30)
        await bench.put(*lives("a2", ("sent", "X"), ("withdrawn", "X"))[1:])
        await bench.put(*lives("a4", ("sent", "X"), ("corrected", "Y"))[1:])
        service.mood = "well"
        await trio.sleep(130)
        assert service.screen == ["\n".join((HEAD, "a0 says 1", "a1 says 1", "a3 says 1", "Y", "a5 says 1"))]
        assert sums(bench) == {"told": 5, "dropped": 1, "digests": 1}


@where_edited
async def test_a_later_correction_of_one_edits_the_digest(place: Place, clock: MockClock) -> None:
    service = place.make()
    async with serving(service) as server, benching(place.config(server)) as bench:
        await outage(bench, service)
        steps = ("sent", "alert 1"), ("corrected", "X"), ("withdrawn", "X"), ("restored", "X")
        for told, line in zip(lives("a1", *steps)[1:], ("X", "taken back: X", "X"), strict=True):
            await bench.put(told)
            await trio.sleep(1)
            assert service.screen == ["\n".join((HEAD, "alert 0", line, "alert 2", "alert 3", "alert 4"))]


@where_edited
async def test_what_is_retracted_leaves_the_digest_and_the_last_one_takes_it_away(
    place: Place, clock: MockClock
) -> None:
    service = place.make()
    async with serving(service) as server, benching(place.config(server)) as bench:
        await outage(bench, service)
        for number in range(5):
            steps = ("sent", f"alert {number}"), ("withdrawn", f"alert {number}")
            await bench.put(*lives(f"a{number}", *steps, on_correction="retract")[1:])
            await trio.sleep(1)
            assert sum(map(len, map(str.splitlines, service.screen))) == (5 - number if number < 4 else 0)
        await bench.put(lives("a3", *[("sent", "")] * 2, ("restored", "again"), on_correction="retract")[2])
        await trio.sleep(1)
        assert service.screen == [f"1 alert of {FIXTURE} while phone could not be reached:\nagain"]


@where_edited
async def test_a_follow_up_of_one_is_a_message_of_its_own(place: Place, clock: MockClock) -> None:
    service = place.make()
    async with serving(service) as server, benching(place.config(server)) as bench:
        await outage(bench, service)
        before = service.screen
        await bench.put(lives("a1", ("sent", "alert 1"), ("withdrawn", "alert 1"), on_correction="followup")[1])
        await trio.sleep(1)
        assert service.screen == [*before, "taken back: alert 1"]


@pytest.mark.parametrize("mood", ["mute", "stuck"])
async def test_a_digest_that_may_have_been_shown_is_sent_again_as_it_stands_then(mood: Mood, clock: MockClock) -> None:
    ntfy = NtfyServer(mood="busy")
    async with serving(ntfy) as server, benching(phone(server)) as bench:
        for number in range(5):
            await bench.put(notice(f"a{number}"))
        await trio.sleep(30)
        ntfy.mood = mood
        asked = len(ntfy.asked)
        while len(ntfy.asked) == asked:  # noqa: ASYNC110
            await trio.sleep(1)
        await bench.put(*lives("a2", ("sent", "X"), ("withdrawn", "X"))[1:])
        await trio.sleep(40)
        ntfy.mood = "well"
        await trio.sleep(130)
        (text,) = ntfy.screen
        assert text.splitlines()[1:] == ["a0 says 1", "a1 says 1", "a3 says 1", "a4 says 1"]
        sent = [ask.json for ask in ntfy.asked[asked:]]
        assert len({each["sequence_id"] for each in sent if "alerts" in each["title"]}) == 1


@where_edited
async def test_a_digest_is_edited_after_a_restart(place: Place, tmp_path: Path, clock: MockClock) -> None:
    path, service = tmp_path / "journal.db", place.make()
    async with serving(service) as server:
        async with journal(path) as log, benching(place.config(server), log=log) as bench:
            await outage(bench, service)
        async with journal(path) as log, benching(place.config(server), log=log) as bench:
            await bench.put(lives("a1", ("sent", "alert 1"), ("corrected", "X"))[1])
            for _ in range(10):  # the clock also jumps while a disk takes its time
                await trio.sleep(1)
            assert service.screen == ["\n".join((HEAD, "alert 0", "X", "alert 2", "alert 3", "alert 4"))]


@where_edited
async def test_what_has_waited_over_a_restart_comes_as_one_message(
    place: Place, tmp_path: Path, clock: MockClock
) -> None:
    path, service = tmp_path / "journal.db", place.make()
    service.mood = "busy"
    async with serving(service) as server:
        async with journal(path) as log, benching(place.config(server), log=log) as bench:
            for number in range(5):
                await bench.put(notice(f"a{number}", text=f"alert {number}"))
            await trio.sleep(20)
        service.mood = "well"
        async with journal(path) as log, benching(place.config(server), log=log) as bench:
            await trio.sleep(130)
        assert service.screen == ["\n".join((HEAD, *(f"alert {number}" for number in range(5))))]


@pytest.mark.parametrize("use", [phone, hook])
async def test_after_a_kill_a_digest_names_the_teams_before_the_game_is_there_again(
    use: Callable[[str], str], tmp_path: Path, clock: MockClock
) -> None:
    path, service = tmp_path / "journal.db", NtfyServer() if use is phone else Receiver()
    service.mood = "busy"
    async with serving(service) as server:
        async with journal(path) as log, benching(use(server), log=log) as bench:
            pipeline = await bench.open(FIXTURE)
            give(pipeline, [packet(9_000, team=AWAY)])
            await pipeline.route.caught_up()
            for number in range(5):
                await bench.put(notice(f"a{number}"))
            await trio.sleep(20)
            await log.durable()
            path = as_a_crash_leaves_it(path, tmp_path / "copy.db")
        service.mood = "well"
        service.asked.clear()
        async with journal(path) as log, benching(use(server), log=log):
            await trio.sleep(130)
    (body,) = [ask.json for ask in service.asked]
    text = body["message"] if use is phone else body["text"]
    assert text.splitlines()[0] == "5 alerts of Home - Iron Foxes while phone could not be reached:"


async def test_a_digest_that_is_refused_counts_as_so_many_failures(clock: MockClock) -> None:
    ntfy = NtfyServer(moody=lambda ask: Answer(403) if "alerts" in ask.json["title"] else None)
    async with serving(ntfy) as server, benching(phone(server)) as bench:
        await outage(bench, ntfy)
        assert sums(bench) == {"failed": 5}
        assert ntfy.screen == []


async def test_a_program_gets_a_digest_with_each_alert_and_corrections_by_their_ids(clock: MockClock) -> None:
    receiver = Receiver()
    async with serving(receiver) as server, benching(hook(server)) as bench:
        await outage(bench, receiver)
        assert list(receiver.alerts) == [f"a{number}" for number in range(5)]
        posted = receiver.asked[-1].json
        assert (posted["state"], posted["text"].splitlines()[0], posted["fixture"]) == ("digest", HEAD, FIXTURE)
        assert [(each["id"], each["state"], each["text"]) for each in posted["alerts"]] == [
            (f"a{number}", "sent", f"alert {number}") for number in range(5)
        ]
        await bench.put(lives("a1", ("sent", "alert 1"), ("withdrawn", "alert 1"))[1])
        await trio.sleep(1)
        assert sorted(receiver.screen) == ["a0", "a2", "a3", "a4"]
        assert (receiver.asked[-1].json["id"], receiver.asked[-1].json["state"]) == ("a1", "withdrawn")


# --- rate limits ---


async def test_no_more_messages_go_than_the_rate_allows_and_the_rest_come_as_a_digest(clock: MockClock) -> None:
    ntfy = NtfyServer()
    async with serving(ntfy) as server, benching(phone(server, 'rate = "5/1m"')) as bench:
        for number in range(12):
            await bench.put(notice(f"a{number}", text=f"alert {number}"))
        await trio.sleep(59)
        assert ntfy.screen == [f"alert {number}" for number in range(5)]
        await trio.sleep(2)
        assert ntfy.screen[5].splitlines() == [
            f"7 alerts of {FIXTURE} that had to wait:",
            *(f"alert {number}" for number in range(5, 12)),
        ]
        assert len(ntfy.screen) == 6


@pytest.mark.parametrize(("more", "most"), [("", 30), ('rate = "none"', 50), ('rate = "1/10s"', 6)])
async def test_ntfy_gets_thirty_a_minute_unless_it_is_said_otherwise(more: str, most: int, clock: MockClock) -> None:
    ntfy = NtfyServer()
    async with serving(ntfy) as server, benching(phone(server, more)) as bench:
        for number in range(50):
            await bench.put(notice(f"a{number}", fixture=f"game {number}"))
        await trio.sleep(59)
        assert len(ntfy.asked) == most


@pytest.mark.parametrize("how", ["ends", "is killed"])
async def test_the_rate_outlives_restarts(how: str, tmp_path: Path, clock: MockClock) -> None:
    path, ntfy = tmp_path / "journal.db", NtfyServer()
    async with serving(ntfy) as server:
        config = phone(server, 'rate = "3/30s"')
        async with journal(path) as log, benching(config, log=log) as bench:
            for number in range(3):
                await bench.put(notice(f"a{number}"))
                await trio.sleep(2)
            await log.durable()
            if how == "is killed":
                path = as_a_crash_leaves_it(path, tmp_path / "copy.db")
        async with journal(path) as log, benching(config, log=log) as bench:
            began = trio.current_time()
            await bench.put(notice("b"), notice("c"))
            await trio.sleep(60)
    assert [round(ask.at) for ask in ntfy.asked][:3] == [0, 2, 4]
    assert [ask.at - began >= 20 for ask in ntfy.asked[3:]] == [True, True]
    assert [round(ask.at) for ask in ntfy.asked[3:]] == [30, 32]


async def test_after_a_restart_a_digest_counts_as_one_message(tmp_path: Path, clock: MockClock) -> None:
    path, ntfy = tmp_path / "journal.db", NtfyServer(mood="busy")
    async with serving(ntfy) as server:
        config = phone(server, 'rate = "2/10m"\ndeadline = "1h"')
        async with journal(path) as log, benching(config, log=log) as bench:
            for number in range(5):
                await bench.put(notice(f"a{number}"))
            await trio.sleep(10)
            ntfy.mood = "well"
        assert len(ntfy.screen) == 1
        async with journal(path) as log, benching(config, log=log) as bench:
            await bench.put(notice("b"), notice("c"))
            await trio.sleep(300)
            assert ntfy.screen[1:] == ["b says 1"]


async def test_a_webhook_gets_all_at_once(clock: MockClock) -> None:
    receiver = Receiver()
    async with serving(receiver) as server, benching(hook(server)) as bench:
        for number in range(100):
            await bench.put(notice(f"a{number}"))
        await trio.sleep(1)
        assert len(receiver.asked) == 100


# --- quiet hours ---

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("begin", "end", "now", "until"),
    [
        # now in UTC, and so many minutes until the quiet hours end; clocks go from 02:00 to 01:00 at 06:00 UTC
        ("20:00", "08:30", "2026-01-02T00:59:59", None),
        ("20:00", "08:30", "2026-01-02T01:00", 12.5 * 60),
        ("20:00", "08:30", "2026-01-02T13:29", 1),
        ("20:00", "08:30", "2026-01-02T13:30", None),
        ("01:00", "08:30", "2026-01-02T06:00", 7.5 * 60),
        ("01:00", "08:30", "2026-01-02T05:59", None),
        ("08:30", "08:30", "2026-01-02T13:30", None),
        ("23:30", "01:30", "2026-11-01T05:10", 20),
        ("23:30", "01:30", "2026-11-01T05:30", None),
        ("23:30", "01:30", "2026-11-01T06:10", 20),
        ("23:30", "01:30", "2026-11-01T06:30", None),
        ("23:30", "07:00", "2026-11-01T05:10", 7 * 60 - 10),
        ("01:30", "01:10", "2026-11-01T05:40", 30),
        ("01:30", "01:10", "2026-11-01T06:40", 24 * 60 - 30),
        # from 02:00 to 03:00 at 07:00 UTC
        ("23:30", "02:30", "2026-03-08T06:10", 80),
        ("23:30", "02:30", "2026-03-08T07:00", None),
        ("23:30", "07:00", "2026-03-08T06:10", 5 * 60 - 10),
        ("03:15", "02:30", "2026-03-07T09:00", 22.5 * 60 + 23 * 60),
    ],
)
def test_quiet_hours_end_when_the_clock_on_the_wall_says_so(
    begin: str, end: str, now: str, until: float | None
) -> None:
    moment = datetime.fromisoformat(f"{now}+00:00").timestamp()
    found = quiet_until(Quiet(from_=begin, to=end), "default", moment, NEW_YORK)
    assert (found - moment) / 60 == until if found is not None else until is None


@pytest.mark.usefixtures("patient")
async def test_in_the_hour_that_comes_twice_a_correction_is_not_looked_at_every_second(clock: MockClock) -> None:
    begin = datetime.fromisoformat("2026-11-01T03:00:00+00:00").timestamp()  # 23:00 in New York
    ntfy, config = NtfyServer(), 'quiet = { from = "23:30", to = "01:30" }'

    def wall() -> float:
        return begin + trio.current_time()

    async with (
        serving(ntfy) as server,
        benching(phone(server, config), timezone="America/New_York", wall=wall) as bench,
    ):
        first, last = lives("a", ("sent", "A"), ("corrected", "B"))
        await bench.put(first)
        await trio.sleep(3 * 3_600 + 600)  # 01:10, for the second time
        await bench.put(last)
        await trio.sleep(1)
        ((_, _, kept),) = await bench.context.kept("outbox:phone:a")
        assert isinstance(kept, dict)
        assert kept["due"] == begin + 3.5 * 3_600
        assert ntfy.screen == ["A"]
        await trio.sleep(1_200)
        assert ntfy.screen == ["B"]


QUIET = 'quiet = { from = "20:00", to = "08:30" }'  # in New York; the clock starts at 18:00 UTC, 13:00 there


@pytest.mark.usefixtures("patient")
async def test_in_quiet_hours_nothing_new_is_told_and_corrections_wait_until_they_end(clock: MockClock) -> None:
    ntfy = NtfyServer()
    async with serving(ntfy) as server, benching(phone(server, QUIET), timezone="America/New_York") as bench:
        first, last = lives("a", ("sent", "A"), ("corrected", "B"))
        await bench.put(first)
        await trio.sleep(7 * 3_600)  # 20:00
        assert ntfy.screen == ["A"]
        await bench.put(last, notice("b"))
        await trio.sleep(12.4 * 3_600)  # 08:24
        await bench.put(notice("c"))
        await trio.sleep(300)
        assert ntfy.screen == ["A"]
        await trio.sleep(120)  # 08:31
        await bench.put(notice("d"))
        await trio.sleep(1)
        assert ntfy.screen == ["B", "d says 1"]
        await bench.put(*lives("b", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B"))[1:])
        await trio.sleep(3_600)
        assert ntfy.screen == ["B", "d says 1"]
        assert sums(bench) == {"told": 2, "edited": 1, "quiet": 2}


async def test_what_is_urgent_enough_is_told_all_the_same(clock: MockClock) -> None:
    more = 'quiet = { from = "00:00", to = "23:59", unless_priority = "high" }'
    ntfy = NtfyServer()
    async with serving(ntfy) as server, benching(phone(server, more)) as bench:
        for priority in ("min", "low", "default", "high", "urgent"):
            await bench.put(notice(priority, priority=priority))
        await trio.sleep(1)
        assert ntfy.screen == ["high says 1", "urgent says 1"]


@pytest.mark.usefixtures("patient")
async def test_what_is_held_back_into_quiet_hours_is_not_told(clock: MockClock) -> None:
    ntfy = NtfyServer()
    more = f'delay = "2m"\n{QUIET}'
    async with serving(ntfy) as server, benching(phone(server, more), timezone="America/New_York") as bench:
        await trio.sleep(7 * 3_600 - 60)
        await bench.put(notice("a"))
        await trio.sleep(24 * 3_600)
        assert not ntfy.asked
        assert sums(bench) == {"quiet": 1}


# --- the console with a pace ---


async def test_a_console_with_a_delay_prints_when_it_is_over(
    clock: MockClock, capsys: pytest.CaptureFixture[str]
) -> None:
    config = '[notify.tv]\nuse = "console"\ndelay = "35s"\nrate = "2/1m"\n'
    async with benching(config) as bench:
        first, last = lives("a", ("sent", "A"), ("withdrawn", "A"))
        await bench.put(first, to=["tv"])
        await trio.sleep(34)
        assert capsys.readouterr().out == ""
        await trio.sleep(2)
        await bench.put(last, *(notice(f"b{number}", text=f"B{number}") for number in range(6)), to=["tv"])
        await trio.sleep(36)
        assert capsys.readouterr().out == "ALERT heat_check: A\nALERT heat_check: taken back: A\n"
        await trio.sleep(60)
        printed = capsys.readouterr().out.splitlines()
    lines = [f"ALERT 6 alerts of {FIXTURE} that had to wait:", *(f"ALERT   B{number}" for number in range(6))]
    assert printed == lines
