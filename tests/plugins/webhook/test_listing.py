"""What is kept of deliveries, as lists show it; and what a running plugin sends again."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import pytest
import trio
from tests.plugins.notifier.delivery.services import Answer
from tests.plugins.webhook.receiver import SECRET, Receiver, at_work
from tests.plugins.webhook.test_forwarder import endpoint
from trio.testing import MockClock

from actionbus import KeptState, KnownDeliveries, PluginContext, PluginError, ThreePointerMade
from actionbus.config import read_tree
from actionbus.log import MemoryLog
from actionbus.testing import make
from actionbus_plugins import webhook
from actionbus_plugins.webhook.delivery import Delivery, as_json, end

WAITS = Delivery(
    endpoint="shop",
    fixture="one",
    id="a:1",
    type="action.confirmed",
    subject="a",
    version=1,
    order=(7, 0),
    at=1_000.0,
    body='{"schema":1}',
    queued=2_000.0,
    expires=2_600.0,
    due=2_001.0,
)
CONFIG = '[webhook.shop]\nurl = 5\n[webhook.new]\nurl = "https://example.org/"\n'


def kept(
    *deliveries: Delivery, sums: Mapping[str, float] | None = None, shared: Mapping[str, object] | None = None
) -> KeptState:
    stores = [(each.fixture, each.key, as_json(each)) for each in deliveries]
    return KeptState(stores=stores, shared=shared or {}, sums=sums or {}, now=3_000.0)


def listed(state: KeptState, config: str = CONFIG) -> KnownDeliveries:
    tree = read_tree(config, "plugins.toml")
    shared = MemoryLog().shared("webhook")
    context = PluginContext("webhook", tree, shared=shared, game=lambda _: None, replaying=True)
    return webhook.deliveries(context)(state)


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0.02)


def test_a_delivery_is_listed_with_all_that_is_kept_of_it() -> None:
    (known,) = listed(kept(end(attrs.evolve(WAITS, tries=3, status=503), "dead", "status 503", 2_600.0))).deliveries
    assert attrs.asdict(known) == {
        **{"id": "a:1", "endpoint": "shop", "fixture": "one", "type": "action.confirmed", "subject": "a", "version": 1},
        **{"state": "dead", "tries": 3, "status": 503, "said": "status 503", "at": 1_000.0, "queued": 2_000.0},
        **{"due": 2_001.0, "expires": 2_600.0, "ended": 2_600.0, "body": '{"schema":1}'},
    }


def test_a_time_is_that_of_the_end_or_else_of_the_queueing() -> None:
    ended = end(attrs.evolve(WAITS, id="b:1"), "delivered", "", 2_100.0)
    assert [each.since for each in listed(kept(WAITS, ended)).deliveries] == [2_000.0, 2_100.0]


def test_deliveries_of_a_fixture_are_in_its_order() -> None:
    others = [attrs.evolve(WAITS, id=f"b:{number}", order=(8, number)) for number in (1, 0)]
    assert [each.id for each in listed(kept(*others, WAITS)).deliveries] == ["a:1", "b:0", "b:1"]


def test_what_is_no_delivery_is_left_out() -> None:
    state = KeptState(stores=[("one", "s:shop:a", True), ("one", "d:shop:b:1", {"state": "dead"})], shared={}, now=0.0)
    assert listed(state).deliveries == ()


def test_the_sums_of_an_endpoint_add_up() -> None:
    sums = {"shop:queued": 9.0, "shop:delivered": 4.0, "shop:dead": 1.0, "shop:expired": 2.0}
    known = {each.name: each.sums for each in listed(kept(WAITS, sums=sums)).endpoints}
    assert known["shop"] == {"queued": 9, "delivered": 4, "dead": 1, "expired": 2, "replaced": 0, "waiting": 2}
    assert set(known["new"].values()) == {0}


def test_endpoints_are_those_of_plugins_toml_and_those_that_were() -> None:
    gone = attrs.evolve(WAITS, endpoint="gone")
    names = [each.name for each in listed(kept(gone, sums={"older:queued": 1.0})).endpoints]
    assert names == ["shop", "new", "gone", "older"]


def test_why_an_endpoint_is_disabled_is_said_until_it_is_enabled() -> None:
    shared: dict[str, object] = {"disabled:shop:100.0": {"reason": "it answered 410", "digest": "x"}}
    (shop, _) = listed(kept(shared=shared)).endpoints
    assert shop.disabled == "it answered 410"
    (shop, _) = listed(kept(shared=shared | {"enabled:shop:200.0": dict[str, object]()})).endpoints
    assert shop.disabled == ""


async def test_one_delivery_is_sent_again_by_the_beginning_of_its_id(clock: MockClock) -> None:
    receiver = Receiver()
    async with at_work(endpoint(), receiver) as bench:
        one, other = make(ThreePointerMade, action_id="abc-1"), make(ThreePointerMade, action_id="abd-2")
        await bench.deliver(one, other)
        await trio.sleep(5)
        told = await bench.ask("retry", {"id": "abc"})
        assert [each["id"] for each in told["retried"]] == ["abc-1:1"]
        await trio.sleep(5)
        with pytest.raises(PluginError, match=r"several deliveries begin with 'ab': abc-1:1 \(shop\), abd-2:1 \(shop"):
            await bench.ask("retry", {"id": "ab"})
        with pytest.raises(PluginError, match="no delivery 'x' has ended"):
            await bench.ask("retry", {"id": "x"})
        sums = (await bench.ask("deliveries", {}))["sums"]["shop"]
    assert [ask.headers["webhook-id"] for ask in receiver.asked] == ["abc-1:1", "abd-2:1", "abc-1:1"]
    assert (sums["queued"], sums["delivered"], sums["waiting"]) == (2, 2, 0)


async def test_what_waits_is_not_sent_again_and_said_to_wait(clock: MockClock) -> None:
    receiver = Receiver(mood="busy")
    async with at_work(endpoint(), receiver) as bench:
        await bench.deliver(make(ThreePointerMade, action_id="abc-1"))
        await trio.sleep(2)
        with pytest.raises(PluginError, match="the delivery 'abc' waits and is sent anyway"):
            await bench.ask("retry", {"id": "abc"})


async def test_an_endpoint_that_is_none_is_told_with_those_that_are(clock: MockClock) -> None:
    async with at_work(endpoint(), Receiver()) as bench:
        with pytest.raises(PluginError, match="no webhook 'shp' that is enabled: there is shop"):
            await bench.ask("retry", {"since": 0.0, "endpoint": "shp"})


async def test_what_is_sent_again_to_a_disabled_endpoint_is_said_to_wait(clock: MockClock) -> None:
    receiver = Receiver(refusals=[Answer(200), Answer(410)])
    async with at_work(endpoint(), receiver) as bench:
        await bench.deliver(make(ThreePointerMade, action_id="abc-1"), make(ThreePointerMade))
        await trio.sleep(5)
        told = await bench.ask("retry", {"id": "abc"})
        assert len(told["retried"]) == 1
        assert told["disabled"] == {"shop": "it answered 410, which says that it is gone for good"}


async def test_what_is_for_an_endpoint_that_is_gone_is_said_not_to_be_sent(clock: MockClock) -> None:
    receiver, urls = Receiver(mood="busy"), list[str]()

    def config(url: str) -> str:
        urls.append(url)
        return endpoint()(url)

    async with at_work(config, receiver) as bench:
        await bench.deliver(make(ThreePointerMade, action_id="abc-1"))
        await trio.sleep(2)
        await bench.reload("[plugin.test]" + endpoint()(urls[0]).replace("webhook.shop", "webhook.other"))
        await trio.sleep(2)
        told = await bench.ask("retry", {"since": 0.0})
    assert told["retried"] == []
    assert [(each["endpoint"], each["id"]) for each in told["unserved"]] == [("shop", "abc-1:1")]
