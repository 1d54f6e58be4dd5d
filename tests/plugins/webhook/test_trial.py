"""A sample for an endpoint: what is sent, what is said of the answer, and what to do."""

from __future__ import annotations

import pytest
from tests.plugins.notifier.delivery.services import Answer, serving
from tests.plugins.webhook.receiver import SECRET, Receiver
from tests.plugins.webhook.test_forwarder import table

from actionbus import ConfigError, PluginContext
from actionbus.config import read_tree
from actionbus.log import MemoryLog
from actionbus_plugins import webhook


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)


async def tried(config: str, name: str = "shop") -> tuple[bool, list[str]]:
    """Try an endpoint; return whether it took the sample, and what was said."""
    tree, shared = read_tree(config, "plugins.toml"), MemoryLog().shared("webhook")
    context = PluginContext("webhook", tree, shared=shared, game=lambda _: None)
    said: list[str] = []
    return await webhook.try_channels(context)[name](said.append), said


async def answered(answer: Answer, more: str = "") -> str:
    """Try an endpoint that gives an answer and does not take it; return what was said of that."""
    receiver = Receiver(refusals=[answer])
    async with serving(receiver) as url:
        taken, said = await tried(table(f"{url}/hook", more))
    assert not taken
    return said[1]


async def test_a_sample_is_signed_and_says_that_it_is_none_of_a_game() -> None:
    receiver = Receiver()
    async with serving(receiver) as url:
        taken, said = await tried(table(f"{url}/hook", 'headers = { x-shop = "seven" }'))
    assert taken
    (ask,) = receiver.asked
    receiver.verify(ask)
    (data,) = receiver.standing
    assert (data["test"], data["kind"], data["fixture"]) == (True, "three_pointer_made", "test")
    assert ask.json["type"] == "action.confirmed"
    assert (ask.headers["webhook-id"], ask.headers["x-shop"]) == (ask.json["id"], "seven")
    assert said[0] == f"shop: sends action.confirmed, {ask.json['id']}, {len(ask.body)} bytes, signed"
    assert said[1].startswith("shop: answered 204 in ")


async def test_each_sample_is_an_action_of_its_own() -> None:
    receiver = Receiver()
    async with serving(receiver) as url:
        for _ in range(2):
            await tried(table(f"{url}/hook", ""))
    assert len(set(receiver.ids)) == 2


async def test_a_sample_has_the_endpoint_s_format() -> None:
    receiver = Receiver()
    async with serving(receiver) as url:
        await tried(table(f"{url}/hook", 'format = "cloudevents"'))
    (ask,) = receiver.asked
    assert ask.headers["content-type"].startswith("application/cloudevents+json")
    assert (ask.json["specversion"], ask.json["data"]["test"]) == ("1.0", True)


async def test_an_endpoint_that_is_not_enabled_can_be_tried() -> None:
    receiver = Receiver()
    async with serving(receiver) as url:
        taken, _ = await tried(table(f"{url}/hook", "enabled = false"))
    assert taken


HINTS = {
    401: "does it have the same secret? `actionbus webhook verify` says what is wrong with a request",
    302: "redirects are not followed; write the address that it leads to as url",
    404: "is the path of url right? Messages are posted to it",
    410: "a daemon that is answered so disables the endpoint, until `actionbus webhook enable`",
    418: "only 2xx says that a message was taken",
    429: "it has enough for now; a daemon waits and tries again",
    500: "it failed itself, and its own log may say why",
}


@pytest.mark.parametrize("status", HINTS)
async def test_an_answer_that_is_none_of_success_is_told_with_what_to_do(status: int) -> None:
    said = await answered(Answer(status, b"no, not now"))
    assert said.startswith(f"shop: answered {status} in ")
    assert said.endswith(f" ms: no, not now; {HINTS[status]}")


async def test_where_nobody_listens_the_words_say_so() -> None:
    taken, said = await tried(table("http://127.0.0.1:9/hook", ""))
    assert not taken
    assert said[1].startswith("shop: no answer: 127.0.0.1 cannot be reached: ")
    assert said[1].endswith("; does it run, and can it be reached from this machine?")


async def test_where_it_may_not_go_nothing_is_sent() -> None:
    receiver = Receiver()
    async with serving(receiver) as url:
        address = url.replace("127.0.0.1", "localhost")
        with pytest.raises(ConfigError, match=r"webhook\.shop\.url: should lead to the internet"):
            await tried(table(address, "").replace('allow_networks = ["127.0.0.0/8"]', ""))
    assert receiver.connected == []


async def test_an_answer_that_does_not_come_may_have_been_taken_all_the_same() -> None:
    receiver = Receiver(mood="stuck")
    async with serving(receiver) as url:
        taken, said = await tried(table(f"{url}/hook", 'timeout = "200ms"'))
    assert not taken
    assert said[1] == (
        "shop: no answer: no answer within 0.2 s; it may have it all the same, and gets it again under the same id"
    )


async def test_a_secret_that_is_missing_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOOK_SECRET")
    with pytest.raises(ConfigError, match=r"webhook\.shop\.secret: the environment variable HOOK_SECRET is not set"):
        await tried(table("http://127.0.0.1:9/hook", ""))


async def test_what_an_answer_repeats_of_a_secret_is_not_shown() -> None:
    said = await answered(Answer(400, f"bad key {SECRET}".encode()))
    assert SECRET.removeprefix("whsec_") not in said
