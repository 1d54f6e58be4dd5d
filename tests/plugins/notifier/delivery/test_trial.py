"""A trial of a channel: what is sent, what is said of it, and what a person sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plugins.notifier.delivery.places import APPRISE, EDITORS, Place, in_chats
from tests.plugins.notifier.delivery.rooms import Room
from tests.plugins.notifier.delivery.services import Answer, Receiver, serving
from tests.plugins.notifier.delivery.test_apprise import config as apprises
from trio.testing import MockClock

from actionbus import ConfigError, PluginContext
from actionbus.config import read_tree
from actionbus.log import MemoryLog
from actionbus_plugins.notifier.delivery import tries

SAMPLE, RIGHT = "actionbus test: Ann Lee for three", "actionbus test: Bo Kale for three"
FOLLOW_UP = f"corrected: {RIGHT} (was: {SAMPLE})"
SENT = f'sent an alert: you should see "{SAMPLE}"'
EDITED = f'edited it: in its place you should see "{RIGHT}"'
FOLLOWED = f'sent its correction as a further message: you should see "{FOLLOW_UP}"'


async def tried(config: str, name: str = "phone") -> tuple[bool, list[str]]:
    """Try a channel; return whether all arrived, and what was said."""
    log = MemoryLog()
    tree = read_tree(config, "plugins.toml")
    context = PluginContext("notifier", tree, shared=log.shared("notifier"), game=lambda _: None)
    said: list[str] = []
    return await tries(context)[name](said.append), said


@pytest.mark.parametrize("place", EDITORS, ids=lambda place: place.use)
async def test_where_messages_can_be_edited_the_correction_takes_the_place_of_the_alert(
    place: Place, clock: MockClock
) -> None:
    service = place.make()
    async with serving(service) as server:
        tables = place.config(server, 'delay = "1h"\nquiet = { from = "00:00", to = "23:59" }')
        assert await tried(tables) == (True, [f"phone ({place.use}): {SENT}", f"phone ({place.use}): {EDITED}"])
    assert (service.screen, len(service.asked)) == ([RIGHT], 2)
    assert service.asked[1].at - service.asked[0].at >= 1  # somebody has to see it


async def test_where_they_cannot_a_further_message_corrects_it_at_each_address() -> None:
    one, two = APPRISE.make(), APPRISE.make()
    async with serving(one) as first, serving(two) as second:
        fine, said = await tried(apprises(first, second))
    assert fine
    assert said == [
        f"phone (apprise): {SENT}",
        f"phone (apprise): {FOLLOWED}",
        f"phone#2 (apprise): {SENT}",
        f"phone#2 (apprise): {FOLLOWED}",
    ]
    assert one.screen == two.screen == [SAMPLE, FOLLOW_UP]


async def test_a_program_gets_two_states_of_one_id(clock: MockClock) -> None:
    receiver = Receiver()
    async with serving(receiver) as server:
        fine, said = await tried(f'[notify.phone]\nuse = "webhook"\nurl = "{server}/x"\n')
    assert fine
    assert [line.partition(":")[0] for line in said] == ["phone (webhook)"] * 2
    ((name, alert),) = receiver.alerts.items()
    assert (alert["state"], alert["version"], alert["text"]) == ("corrected", 2, RIGHT)
    assert name.startswith("test-")


async def test_a_file_grows_by_two_lines(tmp_path: Path) -> None:
    path = tmp_path / "alerts.txt"
    tables = f'[notify.phone]\nuse = "file"\npath = "{path}"\nformat = "text"\n'
    assert await tried(tables) == (True, [f"phone (file): {SENT}", f"phone (file): {FOLLOWED}"])
    assert [line.partition(": ")[2] for line in path.read_text().splitlines()] == [SAMPLE, FOLLOW_UP]


async def test_the_console_is_there_without_a_table(clock: MockClock, capsys: pytest.CaptureFixture[str]) -> None:
    assert await tried("", "console") == (True, [f"console (console): {SENT}", f"console (console): {FOLLOWED}"])
    assert capsys.readouterr().out.splitlines() == [f"ALERT test: {SAMPLE}", f"ALERT test: {FOLLOW_UP}"]


async def test_what_is_refused_or_does_not_arrive_is_said(clock: MockClock) -> None:
    service = EDITORS[0].make()
    service.refusals = [Answer(403, b'{"error":"forbidden"}')]
    async with serving(service) as server:
        tables = EDITORS[0].config(server)
        assert await tried(tables) == (False, ["phone (ntfy): the alert was refused: status 403 forbidden"])
        service.moody = lambda ask: Answer(503) if len(service.asked) == 3 else None
        fine, said = await tried(tables)
        assert (fine, said[1:]) == (False, ["phone (ntfy): the correction did not arrive: status 503 {}"])


@in_chats
async def test_a_message_that_cannot_be_edited_is_said_as_the_refusal_that_it_is(
    place: Place, clock: MockClock
) -> None:
    service = place.make()
    assert isinstance(service, Room)
    service.fixed = True
    async with serving(service) as server:
        fine, said = await tried(place.config(server))
    assert (fine, service.screen) == (False, [SAMPLE])
    assert said[1].startswith(f"phone ({place.use}): the correction was refused: ")


async def test_only_what_is_wrong_with_the_channel_itself_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_TOKEN")
    tables = "".join(f"{place.config('http://127.0.0.1:9', name=place.use)}" for place in EDITORS)
    with pytest.raises(ConfigError) as caught:
        await tried(tables, "slack")
    assert str(caught.value).endswith("notify.slack.token: the environment variable SLACK_TOKEN is not set")
    fine, said = await tried(tables, "discord")
    assert not fine
    assert said[0].startswith("discord (discord): the alert did not arrive: ")
