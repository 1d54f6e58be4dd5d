"""The channel ``apprise``: over a real Apprise, to a server on loopback that keeps what it is sent."""

from __future__ import annotations

import logging
import os
import re
import sys
from pathlib import Path

import pytest
import trio
from structlog.testing import capture_logs
from tests.plugins.notifier.delivery.outboxes import benching, lives, notice, sums
from tests.plugins.notifier.delivery.places import APPRISE
from tests.plugins.notifier.delivery.rooms import GotifyServer
from tests.plugins.notifier.delivery.services import Mood, serving
from trio.testing import MockClock

from actionbus import ConfigError, Secret
from actionbus_plugins.notifier.delivery.services.apprise import open_apprise, wrong_address
from actionbus_plugins.notifier.delivery.services.schemes import ALLOWED, ANYWHERE

TOKEN = GotifyServer().token


@pytest.fixture
def clock() -> MockClock:
    """Threads send, and import Apprise before that: the clock must not jump before they have."""
    return MockClock(autojump_threshold=0.3)


def config(*servers: str, more: str = "", token: str = TOKEN) -> str:
    """Return the table of a channel with a Gotify at each of these servers."""
    names: list[str] = []
    for server in servers:
        names.append(f"GOTIFY_{server.rpartition(':')[2]}")
        os.environ[names[-1]] = f"{server.replace('http', 'gotify')}/{token}"
    urls = ", ".join(f'{{ env = "{name}" }}' for name in names)
    return f'[notify.phone]\nuse = "apprise"\nurls = [{urls}]\n{more}\n'


async def test_corrections_are_further_messages_and_growth_is_not_told(clock: MockClock) -> None:
    service = GotifyServer()
    async with serving(service) as server, benching(APPRISE.config(server)) as bench:
        for told in lives("a", ("sent", "A"), ("updated", "A!"), ("corrected", "B"), ("withdrawn", "B")):
            await bench.put(told)
            await trio.sleep(1)
        assert sums(bench) == {"told": 1, "edited": 1, "withdrawn": 1}
    assert service.screen == ["A", "corrected: B (was: A)", "taken back: B"]
    assert service.asked[0].json["title"] == "Heat check"


async def test_a_text_arrives_as_it_is(clock: MockClock) -> None:
    service = GotifyServer()
    text = "<b>*Ann*</b> & \\n 'O\"Neal' {{ x }} ${HOME} :smile:\nDončić"
    async with serving(service) as server, benching(APPRISE.config(server)) as bench:
        await bench.put(notice("a", text=text))
        await trio.sleep(1)
    assert service.screen == [text]


async def test_what_is_taken_back_within_the_delay_is_never_sent(clock: MockClock) -> None:
    service = GotifyServer()
    async with serving(service) as server, benching(APPRISE.config(server, 'delay = "30s"')) as bench:
        await bench.put(*lives("a", ("sent", "A"), ("withdrawn", "A")), notice("b"))
        await trio.sleep(31)
    assert service.screen == ["b says 1"]


@pytest.mark.parametrize("mood", ["busy", "deaf"])
async def test_what_does_not_arrive_is_sent_again(mood: Mood, clock: MockClock) -> None:
    service = GotifyServer(mood=mood)
    with capture_logs() as logs:
        async with serving(service) as server, benching(APPRISE.config(server)) as bench:
            await bench.put(notice("a"))
            await trio.sleep(5)
            service.mood = "well"
            await trio.sleep(130)
            assert sums(bench) == {"told": 1}
    assert service.screen == ["a says 1"]
    (reason,) = [each["reason"] for each in logs if "reason" in each]
    assert reason.startswith("Failed to send Gotify notification" if mood == "busy" else "A Connection error occurred")


async def test_what_has_waited_comes_as_one_message(clock: MockClock) -> None:
    service = GotifyServer(mood="busy")
    async with serving(service) as server, benching(APPRISE.config(server)) as bench:
        for name in "abcde":
            await bench.put(notice(name))
        await trio.sleep(5)
        service.mood = "well"
        await trio.sleep(130)
        assert sums(bench) == {"told": 5, "digests": 1}
    (text,) = service.screen
    assert text.splitlines()[1:] == [f"{name} says 1" for name in "abcde"]


async def test_what_is_refused_is_told_and_not_sent_again(clock: MockClock) -> None:
    service = GotifyServer()
    with capture_logs() as logs:
        async with serving(service) as server, benching(config(server, token="canary-other9")) as bench:
            await bench.put(notice("a"))
            await trio.sleep(130)
            assert sums(bench) == {"failed": 1}
    assert len(service.asked) == 1
    (reason,) = [each["reason"] for each in logs if each["log_level"] == "error"]
    assert reason == "Failed to send Gotify notification: Verification Failed., error=401."


async def test_of_several_addresses_none_gets_again_what_it_has_because_another_fails(clock: MockClock) -> None:
    well, ill = GotifyServer(), GotifyServer(mood="busy")
    async with serving(well) as one, serving(ill) as two, benching(config(one, two)) as bench:
        await bench.put(notice("a"))
        await trio.sleep(30)
        assert (well.screen, ill.screen) == (["a says 1"], [])
        ill.mood = "well"
        await trio.sleep(130)
        assert (well.screen, ill.screen) == (["a says 1"], ["a says 1"])
        assert len(well.asked) == 1
        assert (sums(bench), sums(bench, "phone#2")) == ({"told": 1}, {"told": 1})


async def test_a_service_that_hangs_is_given_up_after_a_time_and_holds_up_nobody(clock: MockClock) -> None:
    stuck, well = GotifyServer(mood="stuck"), GotifyServer()
    with capture_logs() as logs:
        async with serving(well) as one, serving(stuck) as two:
            async with benching(config(one, two, more='timeout = "100ms"')) as bench:
                await bench.put(notice("a"))
                await trio.sleep(1)
                assert well.screen == ["a says 1"]
                await trio.sleep(5)
                began = trio.current_time()
            assert trio.current_time() - began < 5
    reasons = [each["reason"] for each in logs if "reason" in each]
    assert reasons[:1] in (
        ["no answer within 0.3 s"],
        ["A Connection error occurred sending Gotify notification to ***."],
    )


async def test_a_replay_needs_no_apprise(clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    async with benching(
        '[notify.phone]\nuse = "apprise"\nurl = { env = "NOBODY_SETS_THIS" }\n', replaying=True
    ) as bench:
        await bench.put(notice("a"))


async def test_where_apprise_is_not_installed_one_sentence_says_what_to_do(
    clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigError) as caught:
        async with benching(config("http://127.0.0.1:9")):
            pass
    assert str(caught.value) == (
        "plugins.toml:3: notify.phone.urls[0]: what it names "
        'needs Apprise, which is not installed: pip install "actionbus[apprise]"'
    )


# --- addresses ---

WRONG = {
    "json://example.org/x": 'begins with json://: for an address of your own write use = "webhook"',
    "XMLS://example.org/x": 'begins with xmls://: for an address of your own write use = "webhook"',
    "https://example.org/x": 'begins with https://: for an address of your own write use = "webhook"',
    "syslog://": "should begin with a scheme of Apprise that is on our list, such as pover://; docs/channels.md has it",
    "canary": "should begin with a scheme of Apprise that is on our list, such as pover://; docs/channels.md has it",
    "pover://": "is no address of Apprise's pover://; https://appriseit.com says what it looks like",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/%23a/%23b": (
        "names 2 targets: write urls, with one address for each"
    ),
}


@pytest.mark.parametrize("url", WRONG)
def test_what_is_wrong_with_an_address_is_said_without_it(url: str) -> None:
    assert wrong_address(url) == WRONG[url]


@pytest.mark.parametrize(
    "url",
    [
        "gotify://127.0.0.1:9/abcdefghijklm",
        "pover://" + "u" * 30 + "@" + "t" * 30,
        "mailtos://me:secret@example.org",
        "tgram://123456789:abcdefg_hijklmnop/12315544",
        "kodi://192.168.1.5",
    ],
)
def test_addresses_of_one_target_are_taken(url: str) -> None:
    assert wrong_address(url) is None


def test_each_scheme_on_the_list_is_apprises_and_they_are_more_than_a_hundred_services() -> None:
    from apprise import Apprise

    services: list[set[str]] = []
    for each in Apprise().details()["schemas"]:
        services.append({*(each["protocols"] or ()), *(each["secure_protocols"] or ())})
    assert set().union(*services) >= ALLOWED
    assert not ALLOWED & ANYWHERE
    assert sum(bool(each & ALLOWED) for each in services) > 100


def test_the_docs_name_each_scheme_on_the_list_and_no_other() -> None:
    page = (Path(__file__).parents[4] / "docs/channels.md").read_text(encoding="utf-8")
    listed = page.partition("The schemes that can be used:\n")[2].partition("\n- ")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == ALLOWED


def test_what_apprise_logs_stays_with_it() -> None:
    opened = open_apprise(Secret("gotify://127.0.0.1:9/canary-Axyz1"), 1.0)
    assert "canary" not in repr(opened)
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    ear = Ear(level=logging.DEBUG)
    logging.getLogger().addHandler(ear)
    try:
        for name in ("apprise", "urllib3.connectionpool", "requests"):
            logging.getLogger(name).critical("canary")
    finally:
        logging.getLogger().removeHandler(ear)
    assert heard == []
