"""Alerts as other plugins hear them: each time that one is told or changes, and only if somebody listens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio
from attrs import define, field, frozen
from structlog.testing import capture_logs
from tests.core.plugins import Bus, deliver, listener, make_plugin, open_fixture
from tests.plugins.notifier.checked import said_of
from tests.plugins.notifier.test_singles import again, gone

from actionbus import Change, Event, FeedState, Moment, Player, PluginContext, SendType, Steal, Subscription, on
from actionbus.config import read_tree
from actionbus.events.base import Action
from actionbus.host import Host, Plugin, swap
from actionbus.log import RowKind
from actionbus.pipeline import Pipeline
from actionbus.testing import FIXTURE, make
from actionbus_plugins import notifier
from actionbus_plugins.notifier import Alert
from actionbus_plugins.notifier.delivery import open_outbox
from actionbus_plugins.notifier.herald import open_herald

STEALS = '[alert.a]\non = "steal"\nmessage = "{{ player.name }}"\n'
DOWN = '[alert.a]\non = "feed_status"\nwhere = { state = "down" }\nfor = "20s"\nmessage = "{{ state }}"\n'
BO = Player(id="bo", name="Bo")


@define
class Heard:
    """A plugin that listens to alerts, and what it heard."""

    alerts: list[Alert] = field(factory=list[Alert])
    kind: type[Event] = Alert

    @property
    def plugin(self) -> Plugin:
        return listener("hearer", self._listens)

    @property
    def said(self) -> list[str]:
        """State and text of each."""
        return [f"{each.state}: {each.text}" for each in self.alerts]

    def _listens(self, context: PluginContext) -> list[Subscription]:
        async def hear(event: Event) -> None:
            if isinstance(event, Alert):
                self.alerts.append(event)

        return [on(self.kind, hear)]


def telling() -> Plugin:
    """The notifier."""
    return make_plugin("notifier", notifier.declare, notifier.subscriptions)


@asynccontextmanager
async def playing(*plugins: Plugin, config: str = STEALS) -> AsyncGenerator[tuple[Bus, Host, Pipeline]]:
    bus = Bus()
    async with bus.hosting(telling(), *plugins, config=config) as host:
        yield bus, host, await open_fixture(host)
    assert bus.failures == []
    assert host.broken == []


async def given(host: Host, pipeline: Pipeline, *actions: Action) -> None:
    deliver(pipeline, *actions)
    await host.caught_up()


def rows_of(bus: Bus) -> list[Event]:
    return [event for row in bus.log.all if row.kind is RowKind.MOMENT for event in row.events]


async def test_whoever_listens_hears_how_an_alert_stands_from_sent_to_restored() -> None:
    heard = Heard()
    async with playing(heard.plugin) as (_, host, pipeline):
        steal = make(Steal, player="Ann", clock="05:12", period=2)
        moved = again(steal, player=BO)
        restored = again(moved, send_type=SendType.RESTORED)
        await given(host, pipeline, steal, moved, gone(moved), restored)
    assert heard.said == ["sent: Ann", "updated: Bo", "withdrawn: Bo", "restored: Bo"]
    assert [each.before for each in heard.alerts] == ["", "Ann", "Bo", "Bo"]
    assert [each.version for each in heard.alerts] == [1, 2, 3, 4]
    assert {(each.rule, each.period, each.clock, each.priority) for each in heard.alerts} == {
        ("a", 2, "05:12", "default")
    }
    assert {each.action_ids for each in heard.alerts} == {(steal.action_id,)}
    (name,) = {each.alert_id for each in heard.alerts}
    assert [each.id for each in heard.alerts] == [f"{FIXTURE}:alert:{name}:{version}:1" for version in (1, 2, 3, 4)]
    assert {each.change for each in heard.alerts} == {Change.ADDED}
    assert str(heard.alerts[1]) == "Q2 05:12 a updated: Bo"


async def test_what_nobody_hears_is_not_published_and_leaves_no_row() -> None:
    async with playing() as (bus, host, pipeline):
        await given(host, pipeline, make(Steal, player="Ann"))
    assert rows_of(bus) == []


@pytest.mark.parametrize("kind", [Moment, Event])
async def test_who_listens_to_all_moments_hears_alerts_too(kind: type[Event]) -> None:
    heard = Heard(kind=kind)
    async with playing(heard.plugin) as (_, host, pipeline):
        await given(host, pipeline, make(Steal, player="Ann"))
    assert heard.said == ["sent: Ann"]


async def test_while_the_one_that_listens_is_set_up_again_nothing_is_lost() -> None:
    heard = Heard()
    async with playing(heard.plugin) as (_, host, pipeline):
        await given(host, pipeline, make(Steal, player="Ann"))
        tree = read_tree(STEALS, "plugins.toml")
        await swap(host, tree, ["hearer"], [])  # between these two it is not there
        await given(host, pipeline, make(Steal, player="Bo"))
        await swap(host, tree, [], [heard.plugin])
        await given(host, pipeline, make(Steal, player="Cy"))
    assert heard.said == ["sent: Ann", "sent: Bo", "sent: Cy"]


async def test_channels_may_wait_and_what_is_published_does_not() -> None:
    heard = Heard()
    config = f'{STEALS}notify = "late"\n[notify.late]\nuse = "console"\ndelay = "1h"\n'
    async with playing(heard.plugin, config=config) as (_, host, pipeline):
        await given(host, pipeline, make(Steal, player="Ann"))
        assert heard.said == ["sent: Ann"]


async def test_what_is_muted_is_not_published() -> None:
    heard = Heard()
    async with playing(heard.plugin) as (_, host, pipeline):
        await host.members["notifier"].context.answers["mute"]({"what": "a", "long": "2h"})
        await given(host, pipeline, make(Steal, player="Ann"))
    assert heard.said == []


async def test_what_the_rule_holds_back_is_published_when_it_is_told() -> None:
    heard = Heard()
    async with playing(heard.plugin, config=f'{STEALS}settle = "20s"\n') as (_, host, pipeline):
        wrong = make(Steal, player="Ann")
        await given(host, pipeline, wrong, gone(wrong), make(Steal, player="Bo"))
        assert heard.said == []
        pipeline.tell(FeedState.FINISHED)
        await host.caught_up()
    assert heard.said == ["sent: Bo"]


@pytest.fixture
def on_trios_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what goes by the wall clock go by trio's."""
    monkeypatch.setattr(notifier, "open_outbox", partial(open_outbox, wall=trio.current_time))
    monkeypatch.setattr(notifier, "open_herald", partial(open_herald, wall=trio.current_time))


async def test_what_is_held_back_by_the_wall_clock_is_published_when_its_time_has_come(
    on_trios_clock: None, autojump_clock: trio.testing.MockClock
) -> None:
    heard = Heard()
    async with playing(heard.plugin, config=DOWN) as (_, host, pipeline):
        pipeline.tell(FeedState.DOWN, "lost")
        await trio.sleep(19)
        assert heard.said == []
        pipeline.tell(FeedState.LIVE)
        await trio.sleep(60)
        assert heard.said == []  # it was back in time
        pipeline.tell(FeedState.DOWN, "lost again")
        await trio.sleep(21)
        await host.caught_up()
        assert heard.said == ["sent: down"]


async def test_what_is_held_back_by_the_wall_clock_outlives_a_restart(
    on_trios_clock: None, autojump_clock: trio.testing.MockClock
) -> None:
    heard = Heard()
    async with playing(heard.plugin, config=DOWN) as (_, host, pipeline):
        pipeline.tell(FeedState.DOWN, "lost")
        await trio.sleep(5)
        await swap(host, read_tree(DOWN, "plugins.toml"), ["notifier"], [telling()])
        await trio.sleep(14)
        assert heard.said == []
        await trio.sleep(2)
        await host.caught_up()
        assert heard.said == ["sent: down"]


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ('on = "alert"', "2: alert.a.on"),
        ('on = ["steal", "alert"]', "2: alert.a.on[1]"),
        ('on = "steal"\nstreak = { n = 2, of = "steal", broken_by = "alert" }', "3: alert.a.streak.broken_by"),
    ],
)
def test_an_alert_about_alerts_is_refused(keys: str, where: str) -> None:
    told = f"{where}: alert is an alert itself: one that is about alerts would go round in circles"
    assert f"{told}; name what the alerts are about" in said_of(f"[alert.a]\n{keys}\n")


async def test_an_alert_about_all_moments_hears_no_alerts(capsys: pytest.CaptureFixture[str]) -> None:
    heard = Heard()
    config = f'{STEALS}[alert.b]\non = "moment"\nmessage = "b"\n'
    async with playing(heard.plugin, config=config) as (_, host, pipeline):
        await given(host, pipeline, make(Steal, player="Ann"))
    assert heard.said == ["sent: Ann"]
    assert capsys.readouterr().out.splitlines() == ["ALERT a: Ann"]


@frozen(kw_only=True, slots=False, eq=False)
class PublishedTestEcho(Moment):
    """What a plugin makes of an alert, so that there is an alert about that, and so on."""


async def test_alerts_that_follow_from_each_other_without_end_are_published_no_more_and_told_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def echoes(context: PluginContext) -> list[Subscription]:
        async def echo(alert: Alert) -> None:
            context.publish(PublishedTestEcho(fixture=alert.fixture, key=alert.key))

        return [on(Alert, echo)]

    config = f'{STEALS}[alert.b]\non = "published_test_echo"\nmessage = "echo"\n'
    with capture_logs() as logs:
        async with playing(listener("echo", echoes, PublishedTestEcho), config=config) as (_, host, pipeline):
            await given(host, pipeline, make(Steal, player="Ann"))
    assert capsys.readouterr().out.splitlines() == ["ALERT a: Ann", *["ALERT b: echo"] * 4]
    (failed,) = [log for log in logs if log["event"] == "alert cannot be published"]
    assert failed["alert"] == "b"
    assert failed["reason"].endswith("in a chain of moments that follow from each other: a loop")
