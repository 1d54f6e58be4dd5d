"""The whole way: an action, a rule, a phone."""

from __future__ import annotations

import attrs
import pytest
import trio
from tests.plugins.notifier.delivery.services import NtfyServer, Receiver, serving
from trio.testing import MockClock

from actionbus import Player, SendType, Steal
from actionbus.testing import make, running
from actionbus_plugins import notifier

RULE = '[alert.thief]\non = "steal"\nmessage = "{{ player.name }} steals"\nnotify = ["phone", "backend", "console"]\n'


async def test_an_alert_is_told_everywhere_corrected_and_taken_back(
    clock: MockClock, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(ntfy := NtfyServer()) as one, serving(receiver := Receiver()) as two:
        config = (
            f'[notify.phone]\nuse = "ntfy"\nserver = "{one}"\ntopic = "knicks"\n'
            f'[notify.backend]\nuse = "webhook"\nurl = "{two}/alerts"\n{RULE}'
        )
        async with running(notifier, config=config) as bench:
            seen: list[tuple[list[str], list[str]]] = []
            steal = make(Steal, player="Ann Lee")
            other = attrs.evolve(steal, send_type=SendType.UPDATED, player=Player(id="bo", name="Bo Kale"))
            for action in (steal, other, attrs.evolve(other, send_type=SendType.DELETED)):
                await bench.deliver(action)
                await trio.sleep(1)
                seen.append((ntfy.screen, list(receiver.screen.values())))
    assert seen == [
        (["Ann Lee steals"], ["Ann Lee steals"]),
        (["Bo Kale steals"], ["Bo Kale steals"]),
        (["taken back: Bo Kale steals"], []),
    ]
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("ALERT")] == [
        "ALERT thief: Ann Lee steals",
        "ALERT thief: corrected: Bo Kale steals (was: Ann Lee steals)",
        "ALERT thief: taken back: Bo Kale steals",
    ]
    ((name, message),) = ntfy.messages.items()
    assert (message["title"], list(receiver.alerts)) == ("Thief", [name])
