"""The generic webhook: what a backend knows at the end, and how it is asked."""

from __future__ import annotations

import ssl
import string
from pathlib import Path

import httpx2
import pytest
import trio
import trustme
from hypothesis import assume, given, strategies
from structlog.testing import capture_logs
from tests.plugins.notifier.delivery.outboxes import benching, lives, notice, sums
from tests.plugins.notifier.delivery.services import Answer, NtfyServer, Receiver, serving
from trio.testing import MockClock

from actionbus.testing import FIXTURE, TIP_OFF
from actionbus_plugins.addresses import wrong_url
from actionbus_plugins.notifier.delivery.http import open_web
from actionbus_plugins.notifier.delivery.outcome import Refused


def hook(server: str, more: str = "") -> str:
    return f'[notify.phone]\nuse = "webhook"\nurl = "{server}/alerts?to=me"\n{more}\n'


async def test_each_state_is_posted_with_all_there_is_to_know(clock: MockClock) -> None:
    receiver = Receiver()
    steps = ("sent", "A"), ("updated", "A!"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B")
    async with serving(receiver) as server, benching(hook(server)) as bench:
        for told in lives("a", *steps, priority="high", action_ids=("x", "y")):
            await bench.put(told)
            await trio.sleep(1)
    assert receiver.asked[2].json == {
        "id": "a",
        "version": 3,
        "state": "corrected",
        "rule": "heat_check",
        "fixture": FIXTURE,
        "text": "B",
        "before": "A!",
        "at": TIP_OFF,
        "period": 4,
        "clock": "05:12",
        "action_ids": ["x", "y"],
        "priority": "high",
    }
    assert [(ask.json["state"], ask.json["text"], ask.json["before"]) for ask in receiver.asked] == [
        ("sent", "A", ""),
        ("updated", "A!", "A"),
        ("corrected", "B", "A!"),
        ("withdrawn", "B", "B"),
        ("restored", "B", "B"),
    ]
    assert receiver.keys == ["a:1", "a:2", "a:3", "a:4", "a:5"]
    assert {(ask.method, ask.path, ask.headers["content-type"]) for ask in receiver.asked} == {
        ("POST", "/alerts?to=me", "application/json")
    }


@pytest.mark.parametrize("way", ["edit", "followup", "retract"])
async def test_however_corrections_are_to_be_told_to_people_a_program_gets_the_new_state(
    way: str, clock: MockClock
) -> None:
    receiver = Receiver()
    async with serving(receiver) as server, benching(hook(server)) as bench:
        for told in lives("a", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), on_correction=way):
            await bench.put(told)
            await trio.sleep(1)
    assert [ask.json["state"] for ask in receiver.asked] == ["sent", "corrected", "withdrawn"]
    assert {ask.json["id"] for ask in receiver.asked} == {"a"}


async def test_corrections_that_are_to_be_ignored_are_not_posted(clock: MockClock) -> None:
    receiver = Receiver()
    steps = ("sent", "3"), ("updated", "4"), ("corrected", "X"), ("withdrawn", "X")
    async with serving(receiver) as server, benching(hook(server)) as bench:
        for told in lives("a", *steps, on_correction="ignore"):
            await bench.put(told)
            await trio.sleep(1)
    assert [ask.json["state"] for ask in receiver.asked] == ["sent", "updated"]


async def test_a_repeat_has_the_same_key(clock: MockClock) -> None:
    receiver = Receiver(mood="mute")
    async with serving(receiver) as server, benching(hook(server)) as bench:
        await bench.put(notice("a"))
        await trio.sleep(20)
        receiver.mood = "well"
        await trio.sleep(130)
        assert len(receiver.asked) > 2
        assert receiver.keys == ["a:1"]
        assert sums(bench) == {"told": 1}


async def test_what_a_program_may_have_heard_of_is_withdrawn_and_what_it_cannot_is_not(clock: MockClock) -> None:
    receiver = Receiver(mood="mute")
    async with serving(receiver) as server, benching(hook(server)) as bench:
        first, last = lives("a", ("sent", "A"), ("withdrawn", "A"))
        await bench.put(first)
        await trio.sleep(0.5)
        receiver.mood = "busy"
        await bench.put(last)
        first, last = lives("b", ("sent", "B"), ("withdrawn", "B"))
        await bench.put(first)
        await trio.sleep(5)
        await bench.put(last)
        receiver.mood = "well"
        await trio.sleep(130)
        assert [(each["id"], each["state"]) for each in receiver.alerts.values()] == [("a", "withdrawn")]


async def test_headers_and_token_are_sent_and_the_server_can_be_another(
    clock: MockClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    receiver = Receiver()
    monkeypatch.setenv("HOOK", "https://hooks.example/services/T000/B000/secret?x=1")
    monkeypatch.setenv("HOOK_TOKEN", "tk_1")
    monkeypatch.setenv("HOOK_KEY", "k1")
    async with serving(receiver) as server:
        config = f"""[notify.phone]
            use = "webhook"
            url = {{ env = "HOOK" }}
            server = "{server}"
            token = {{ env = "HOOK_TOKEN" }}
            headers = {{ X-Key = {{ env = "HOOK_KEY" }}, X-Name = "Ann's phone" }}"""
        async with benching(config) as bench:
            await bench.put(notice("a"))
            await trio.sleep(1)
    (ask,) = receiver.asked
    assert ask.path == "/services/T000/B000/secret?x=1"
    assert ask.headers["authorization"] == "Bearer tk_1"
    assert (ask.headers["x-key"], ask.headers["x-name"]) == ("k1", "Ann's phone")
    assert ask.headers["host"] == server.removeprefix("http://")


async def test_a_redirect_is_not_followed(clock: MockClock) -> None:
    elsewhere, receiver = Receiver(), Receiver()
    async with serving(elsewhere) as other, serving(receiver) as server, benching(hook(server)) as bench:
        receiver.refusals.append(Answer(307, b"", (("location", f"{other}/alerts"),)))
        await bench.put(notice("a"))
        await trio.sleep(60)
        assert not elsewhere.asked
        assert sums(bench) == {"failed": 1}


async def test_cookies_are_not_kept(clock: MockClock) -> None:
    receiver = Receiver(refusals=[Answer(503, b"", (("set-cookie", "a=b; Path=/"),))])
    async with serving(receiver) as server, benching(hook(server)) as bench:
        await bench.put(notice("a"))
        await trio.sleep(60)
    assert len(receiver.asked) == 2
    assert "cookie" not in receiver.asked[1].headers


async def test_a_proxy_in_the_environment_is_not_used(clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, receiver = Receiver(), Receiver()
    async with serving(proxy) as other, serving(receiver) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
            monkeypatch.setenv(name, other)
        async with benching(hook(server)) as bench:
            await bench.put(notice("a"))
            await trio.sleep(1)
    assert (len(proxy.asked), len(receiver.asked)) == (0, 1)


# --- TLS ---


def context(authority: trustme.CA) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(made)  # pyright: ignore[reportUnknownMemberType]
    return made


async def test_a_server_whose_authority_is_named_is_trusted_and_another_is_not(
    clock: MockClock, tmp_path: Path
) -> None:
    ours, theirs = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    ntfy, other = NtfyServer(), NtfyServer()
    async with serving(ntfy, context(ours)) as one, serving(other, context(theirs)) as two:
        config = "".join(
            f'[notify.{name}]\nuse = "ntfy"\nserver = "{server}"\ntopic = "knicks"\nca_file = "{tmp_path}/ca.pem"\n'
            for name, server in (("phone", one), ("other", two))
        )
        with capture_logs() as logs:
            async with benching(config) as bench:
                await bench.put(notice("a"), to=["phone", "other"])
                await trio.sleep(1)
    assert ntfy.screen == ["a says 1"]
    assert not other.asked
    (told,) = [each for each in logs if "reason" in each]
    assert told["channel"] == "other"
    assert "certificate verify failed" in told["reason"].lower()


# --- addresses that no client can use ---


@pytest.mark.parametrize(
    "address", ["http://hooks..example/x", f"http://{'x' * 64}.example/", "http://999.1.1.1/", "http://[v1.x]/"]
)
async def test_what_the_client_raises_for_an_address_is_refused_and_not_tried_again(
    address: str, clock: MockClock
) -> None:
    async with open_web(1.0, None, None, ()) as web:
        outcome = await web.ask("POST", address, body={})
    assert isinstance(outcome, Refused)
    assert outcome.words


@given(strategies.text(string.printable, max_size=80))
def test_an_address_that_passes_the_check_is_none_that_the_client_raises_for(host: str) -> None:
    address = f"http://{host}/"
    assume(wrong_url(address) is None)
    httpx2.URL(address).host.encode("idna")
