"""Events on their way to a receiver that keeps a state, over real sockets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
from structlog.testing import capture_logs
from tests.plugins.notifier.delivery.services import Answer
from tests.plugins.webhook.receiver import SECRET, Receiver, at_work
from trio.testing import MockClock

from actionbus import PluginError, SendType, Steal, Team, ThreePointerMade, TwoPointerMade
from actionbus.testing import make


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0.02)


def table(url: str, more: str, on: str = '"three_pointer"', name: str = "shop") -> str:
    return f"""
        [webhook.{name}]
        url = "{url}"
        secret = {{ env = "HOOK_SECRET" }}
        on = {on}
        allow_http = true
        allow_networks = ["127.0.0.0/8"]
        {more}
    """


def endpoint(more: str = "", on: str = '"three_pointer"') -> Callable[[str], str]:
    return lambda url: table(url, more, on)


async def test_what_stands_arrives_and_so_does_what_is_taken_back(clock: MockClock) -> None:
    receiver = Receiver()
    async with at_work(endpoint(), receiver) as bench:
        three = make(ThreePointerMade)
        await bench.deliver(three, make(Steal))
        await trio.sleep(1)
        assert receiver.said == ["action.confirmed"]
        assert [each["subject"] for each in receiver.standing] == [three.action_id]
        await bench.deliver(make(ThreePointerMade, action_id=three.action_id, send_type=SendType.DELETED))
        await trio.sleep(1)
    assert receiver.said == ["action.confirmed", "action.withdrawn"]
    assert receiver.standing == []


async def test_a_receiver_that_fails_hears_it_again_under_the_same_id_signed_anew(clock: MockClock) -> None:
    receiver = Receiver(refusals=[Answer(500), Answer(302), Answer(404)])
    async with at_work(endpoint(), receiver) as bench:
        await bench.deliver(make(ThreePointerMade))
        await trio.sleep(60)
    assert len(receiver.asked) == 4
    assert len({ask.headers["webhook-id"] for ask in receiver.asked}) == 1
    assert len({ask.body for ask in receiver.asked}) == 1
    assert len({ask.headers["webhook-timestamp"] for ask in receiver.asked}) > 1
    for ask in receiver.asked:
        receiver.verify(ask)


async def test_in_a_fixture_nothing_overtakes_what_failed(clock: MockClock) -> None:
    receiver = Receiver(refusals=[Answer(500)])
    async with at_work(endpoint(), receiver) as bench:
        threes = [make(ThreePointerMade) for _ in range(5)]
        await bench.deliver(*threes)
        await trio.sleep(60)
    assert [each.split(":")[0] for each in receiver.ids] == [each.action_id for each in threes]
    assert len(receiver.asked) == 6


async def test_without_order_what_failed_holds_nothing_back(clock: MockClock) -> None:
    receiver = Receiver(refusals=[Answer(500)])
    async with at_work(endpoint('order = "none"\nin_flight = 1'), receiver) as bench:
        threes = [make(ThreePointerMade) for _ in range(3)]
        await bench.deliver(*threes)
        await trio.sleep(60)
    first, *others = (each.action_id for each in threes)
    assert [each.split(":")[0] for each in receiver.ids] == [*others, first]


async def test_a_newer_state_takes_the_place_of_one_that_waits_and_a_withdrawal_is_sent(clock: MockClock) -> None:
    receiver = Receiver(mood="busy")
    async with at_work(endpoint(), receiver) as bench:
        three = make(ThreePointerMade)
        await bench.deliver(three)
        await trio.sleep(0.5)
        await bench.deliver(make(ThreePointerMade, action_id=three.action_id, clock="09:30"))
        await bench.deliver(make(ThreePointerMade, action_id=three.action_id, send_type=SendType.CANCELLED))
        receiver.mood = "well"
        await trio.sleep(60)
        told = await bench.ask("deliveries", {})
    assert receiver.said == ["action.confirmed", "action.withdrawn"]
    assert receiver.standing == []
    assert receiver.ids == [f"{three.action_id}:3"]
    assert told["sums"]["shop"] == {"queued": 3, "delivered": 1, "dead": 0, "expired": 0, "replaced": 2, "waiting": 0}


async def test_a_state_nobody_wants_any_more_is_not_sent(clock: MockClock) -> None:
    receiver = Receiver(mood="busy")
    async with at_work(endpoint('changes = ["confirmed"]'), receiver) as bench:
        three = make(ThreePointerMade)
        await bench.deliver(three)
        await trio.sleep(0.5)
        await bench.deliver(make(ThreePointerMade, action_id=three.action_id, send_type=SendType.CANCELLED))
        receiver.mood = "well"
        await trio.sleep(60)
    assert receiver.ids == []


async def test_what_is_too_old_is_dead_or_expired_and_can_be_sent_again(clock: MockClock) -> None:
    receiver = Receiver(mood="stuck")
    async with at_work(endpoint('max_age = "1m"\ntimeout = "50s"'), receiver) as bench:
        tried, waited = make(ThreePointerMade), make(ThreePointerMade)
        await bench.deliver(tried, waited)
        await trio.sleep(120)
        told = await bench.ask("deliveries", {})
        assert told["sums"]["shop"] == {
            **dict.fromkeys(("delivered", "replaced", "waiting"), 0),
            **{"queued": 2, "dead": 1, "expired": 1},
        }
        receiver.mood = "well"
        assert len((await bench.ask("retry", {"since": 0}))["retried"]) == 2
        assert (await bench.ask("retry", {"since": 0}))["retried"] == []
        await trio.sleep(10)
        told = await bench.ask("deliveries", {})
    assert len(receiver.standing) == 2
    assert told["sums"]["shop"]["delivered"] == told["sums"]["shop"]["queued"] == 2
    assert [each["tries"] for each in told["deliveries"]] == [1, 1]  # counted anew
    assert told["sums"]["shop"]["dead"] == told["sums"]["shop"]["expired"] == 0


async def test_410_disables_an_endpoint_until_it_is_enabled_and_nothing_is_lost(clock: MockClock) -> None:
    receiver = Receiver(refusals=[Answer(410)])
    async with at_work(endpoint(), receiver) as bench:
        await bench.deliver(make(ThreePointerMade), make(ThreePointerMade))
        await trio.sleep(300)
        assert len(receiver.asked) == 1
        told = await bench.ask("deliveries", {})
        assert "410" in told["endpoints"]["shop"]["disabled"]
        assert (await bench.ask("enable", {"endpoint": "shop"}))["waiting"] == 2
        await trio.sleep(60)
        assert len(receiver.standing) == 2
        with pytest.raises(PluginError, match="no webhook 'nope'"):
            await bench.ask("enable", {"endpoint": "nope"})


async def test_an_endpoint_that_is_disabled_says_so_in_a_moment(clock: MockClock) -> None:
    receiver = Receiver(refusals=[Answer(410)])
    async with at_work(endpoint(on='["three_pointer", "endpoint_status"]'), receiver) as bench:
        await bench.deliver(make(ThreePointerMade))
        await trio.sleep(60)
        await bench.ask("enable", {"endpoint": "shop"})
        await trio.sleep(60)
    assert [each.partition(".")[0] for each in receiver.said] == ["action", "action", "moment", "moment"]


async def test_other_settings_enable_an_endpoint_again(clock: MockClock) -> None:
    receiver, urls = Receiver(refusals=[Answer(410)]), list[str]()

    def config(url: str) -> str:
        urls.append(url)
        return table(url, "")

    async with at_work(config, receiver) as bench:
        await bench.deliver(make(ThreePointerMade))
        await trio.sleep(5)
        await bench.reload("[plugin.test]" + table(urls[0], ""))
        await trio.sleep(60)
        assert len(receiver.asked) == 1
        await bench.reload("[plugin.test]" + table(urls[0], 'timeout = "9s"'))
        await trio.sleep(60)
        assert len(receiver.standing) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_an_endpoint_that_has_enough_is_left_alone_for_as_long_as_it_asks(status: int, clock: MockClock) -> None:
    receiver = Receiver(refusals=[Answer(status, headers=(("retry-after", "90"),))])
    async with at_work(endpoint('order = "none"\nin_flight = 1'), receiver) as bench:
        await bench.deliver(make(ThreePointerMade), make(ThreePointerMade))
        await trio.sleep(89)
        assert len(receiver.asked) == 1
        await trio.sleep(5)
        assert len(receiver.standing) == 2


async def test_a_dead_endpoint_slows_no_other(clock: MockClock) -> None:
    receiver = Receiver()

    def config(url: str) -> str:
        return table(url, "") + table("http://127.0.0.1:9/dead", "", name="dead")

    async with at_work(config, receiver) as bench:
        for number in range(50):
            await bench.deliver(make(ThreePointerMade))
            await trio.sleep(0.5)
            assert len(receiver.standing) == number + 1
        told = await bench.ask("deliveries", {})
    assert told["sums"]["dead"]["waiting"] == 50


async def test_with_a_condition_what_was_sent_is_corrected_whatever_it_says_then(clock: MockClock) -> None:
    receiver = Receiver()
    async with at_work(endpoint("when = 'clock <= 60'"), receiver) as bench:
        early, late = make(ThreePointerMade, clock="05:00"), make(ThreePointerMade, clock="00:30")
        await bench.deliver(early, late)
        await bench.deliver(make(ThreePointerMade, action_id=late.action_id, clock="01:30"))
        await bench.deliver(make(ThreePointerMade, action_id=early.action_id, send_type=SendType.DELETED))
        await trio.sleep(5)
    assert receiver.said == ["action.confirmed", "action.updated"]


async def test_a_type_that_changes_is_one_subject_and_its_newest_version_stands(clock: MockClock) -> None:
    receiver = Receiver()
    async with at_work(endpoint(on='"field_goal"'), receiver) as bench:
        three = make(ThreePointerMade)
        await bench.deliver(three)
        await trio.sleep(1)
        await bench.deliver(make(TwoPointerMade, action_id=three.action_id))
        await trio.sleep(1)
    assert [each["kind"] for each in receiver.standing] == ["two_pointer_made"]


async def test_where_picks_events_as_in_alerts(clock: MockClock) -> None:
    receiver = Receiver()
    away = Team(id="guests", name="Guests", home=False)
    async with at_work(endpoint('where = { team = "Guests" }'), receiver) as bench:
        theirs = make(ThreePointerMade, team=away)
        await bench.deliver(make(ThreePointerMade), theirs)
        await trio.sleep(1)
    assert [each["subject"] for each in receiver.standing] == [theirs.action_id]


async def test_while_a_secret_is_changed_both_verify(clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    new = "whsec_" + "bmV3IHNlY3JldCBvZiB0aGUgdGVzdHMgZm9yIGhvb2tz"
    monkeypatch.setenv("NEW_SECRET", new)
    receiver = Receiver()
    more = 'secret = [{ env = "NEW_SECRET" }, { env = "HOOK_SECRET" }]'
    async with at_work(lambda url: table(url, more).replace('secret = { env = "HOOK_SECRET" }', ""), receiver) as bench:
        await bench.deliver(make(ThreePointerMade))
        await trio.sleep(1)
    (ask,) = receiver.asked
    receiver.verify(ask)
    receiver.secret = new
    receiver.verify(ask)


async def test_what_waits_at_a_restart_is_sent_after_it(clock: MockClock) -> None:
    receiver, urls = Receiver(mood="busy"), list[str]()

    def config(url: str) -> str:
        urls.append(url)
        return table(url, "")

    async with at_work(config, receiver) as bench:
        threes = [make(ThreePointerMade) for _ in range(5)]
        await bench.deliver(*threes)
        await trio.sleep(2)
        receiver.mood = "well"
        receiver.asked.clear()
        await bench.reload("[plugin.test]" + table(urls[0], 'timeout = "9s"'))
        await trio.sleep(60)
    assert [each.split(":")[0] for each in receiver.ids] == [each.action_id for each in threes]


async def test_what_waits_for_an_endpoint_that_is_gone_is_dead(clock: MockClock) -> None:
    receiver, urls = Receiver(mood="busy"), list[str]()

    def config(url: str) -> str:
        urls.append(url)
        return table(url, "")

    async with at_work(config, receiver) as bench:
        await bench.deliver(make(ThreePointerMade))
        await trio.sleep(2)
        await bench.reload("[plugin.test]" + table(urls[0], "", name="other"))
        await trio.sleep(2)
        told = await bench.ask("deliveries", {})
    (only,) = told["deliveries"]
    assert (only["endpoint"], only["state"]) == ("shop", "dead")
    assert "not served" in only["said"]


async def test_an_endpoint_that_fails_for_long_is_disabled_and_one_success_starts_the_time_anew(
    clock: MockClock,
) -> None:
    receiver = Receiver(mood="busy")
    keys = 'disable_after = "2h"\nmax_age = "10m"\nretry = ["1m"]'
    async with at_work(endpoint(keys), receiver) as bench:

        async def fail(hours: float) -> str:
            for _ in range(round(6 * hours)):
                await bench.deliver(make(ThreePointerMade))
                await trio.sleep(600)
            told = await bench.ask("deliveries", {})
            return str(told["endpoints"]["shop"]["disabled"])

        assert await fail(1.5) == ""
        receiver.mood = "well"
        await bench.deliver(make(ThreePointerMade))
        await trio.sleep(120)
        receiver.mood = "busy"
        assert await fail(1.5) == ""
        assert "every attempt has failed since" in await fail(1.0)
        asked = len(receiver.asked)
        assert "503" in await fail(1.0)
        assert len(receiver.asked) == asked
        told = await bench.ask("deliveries", {})
    sums = told["sums"]["shop"]
    assert sums["queued"] == sum(sums[each] for each in ("delivered", "dead", "expired", "replaced", "waiting"))
    assert sums["expired"] > 0


async def test_since_when_an_endpoint_fails_outlives_a_restart(clock: MockClock) -> None:
    receiver, urls = Receiver(mood="busy"), list[str]()

    def config(url: str) -> str:
        urls.append(url)
        return table(url, 'disable_after = "3h"\nmax_age = "10m"\nretry = ["1m"]')

    async with at_work(config, receiver) as bench:
        for more in ("9s", "8s", "7s"):
            for _ in range(7):
                await bench.deliver(make(ThreePointerMade))
                await trio.sleep(600)
            keys = f'disable_after = "3h"\nmax_age = "10m"\nretry = ["1m"]\ntimeout = "{more}"'
            told = await bench.ask("deliveries", {})
            if not told["endpoints"]["shop"]["disabled"]:
                await bench.reload("[plugin.test]" + table(urls[0], keys))
        told = await bench.ask("deliveries", {})
    assert "every attempt has failed since" in told["endpoints"]["shop"]["disabled"]


async def test_a_delivery_has_its_last_chance_just_before_it_is_too_old(clock: MockClock) -> None:
    receiver = Receiver(refusals=[Answer(500), Answer(500)])
    async with at_work(endpoint('max_age = "20s"\nretry = ["1s", "60s"]'), receiver) as bench:
        await bench.deliver(make(ThreePointerMade))
        await trio.sleep(18)
        assert len(receiver.asked) == 2
        await trio.sleep(2)
    assert len(receiver.standing) == 1


async def test_what_has_failed_and_gets_too_old_while_its_endpoint_is_left_alone_is_dead(clock: MockClock) -> None:
    receiver = Receiver(refusals=[Answer(503, headers=(("retry-after", "90"),))])
    async with at_work(endpoint('max_age = "1m"'), receiver) as bench:
        await bench.deliver(make(ThreePointerMade))
        await trio.sleep(61)
        (only,) = (await bench.ask("deliveries", {}))["deliveries"]
    assert (only["state"], only["status"], only["tries"]) == ("dead", 503, 1)
    assert len(receiver.asked) == 1


async def test_an_endpoint_that_fails_again_and_again_is_asked_one_thing_at_a_time(clock: MockClock) -> None:
    receiver = Receiver(mood="stuck")
    more = 'order = "none"\nin_flight = 6\ntimeout = "10s"\nretry = ["1s"]'
    async with at_work(endpoint(more), receiver) as bench:
        await bench.deliver(*(make(ThreePointerMade) for _ in range(6)))
        await trio.sleep(30)
        assert len(receiver.asked) == 6 + 2
        receiver.mood = "well"
        await trio.sleep(30)
    assert len(receiver.standing) == 6


async def test_an_endpoint_that_was_busy_for_long_is_tried_again_within_half_a_minute(clock: MockClock) -> None:
    receiver = Receiver(mood="busy")
    async with at_work(endpoint('order = "none"\nmax_age = "1h"'), receiver) as bench:
        await bench.deliver(make(ThreePointerMade))
        await trio.sleep(400)
        receiver.mood = "well"
        await bench.deliver(make(ThreePointerMade))
        await trio.sleep(31)
        assert len(receiver.standing) == 1


async def test_what_an_endpoint_asked_for_outlives_a_restart(clock: MockClock) -> None:
    receiver, urls = Receiver(refusals=[Answer(429, headers=(("retry-after", "90"),))]), list[str]()

    def config(url: str) -> str:
        urls.append(url)
        return table(url, "")

    async with at_work(config, receiver) as bench:
        await bench.deliver(make(ThreePointerMade))
        await trio.sleep(2)
        await bench.reload("[plugin.test]" + table(urls[0], 'timeout = "9s"'))
        await trio.sleep(85)
        assert len(receiver.asked) == 1
        await trio.sleep(30)
    assert len(receiver.standing) == 1


async def test_what_is_given_up_is_told_at_once_and_then_once_a_minute_with_its_number(clock: MockClock) -> None:
    receiver = Receiver(mood="stuck")
    with capture_logs() as logs:
        async with at_work(endpoint('max_age = "1m"\ntimeout = "50s"'), receiver) as bench:
            await bench.deliver(*(make(ThreePointerMade) for _ in range(5)))
            await trio.sleep(200)
    given_up = [line for line in logs if line["event"].startswith("webhook deliveries are given up")]
    assert [line["number"] for line in given_up] == [1, 4]
    assert {line["log_level"] for line in given_up} == {"warning"}


async def test_a_reload_that_takes_an_endpoint_away_says_how_much_waited_for_it(clock: MockClock) -> None:
    receiver, urls = Receiver(mood="busy"), list[str]()

    def config(url: str) -> str:
        urls.append(url)
        return table(url, "")

    with capture_logs() as logs:
        async with at_work(config, receiver) as bench:
            await bench.deliver(make(ThreePointerMade), make(ThreePointerMade))
            await trio.sleep(2)
            await bench.reload("[plugin.test]" + table(urls[0], "", name="other"))
            await trio.sleep(2)
    (told,) = [line for line in logs if line["event"].startswith("webhook is gone or switched off")]
    assert (told["webhook"], told["number"]) == ("shop", 2)
