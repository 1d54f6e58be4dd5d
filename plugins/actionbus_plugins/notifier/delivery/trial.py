"""A sample alert and its correction, sent over one channel at once, for ``actionbus notify test``."""

from __future__ import annotations

import time
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

import trio
from attrs import evolve

from actionbus import ConfigError, PluginContext, Say, TryChannel
from actionbus_plugins.notifier.delivery.channel import Channel, Channels, targets
from actionbus_plugins.notifier.delivery.checks import problems
from actionbus_plugins.notifier.delivery.entry import Entry
from actionbus_plugins.notifier.delivery.life import Terms, arrived, hear
from actionbus_plugins.notifier.delivery.outbox import CONSOLE
from actionbus_plugins.notifier.delivery.outcome import Arrived, Refused, Sender
from actionbus_plugins.notifier.delivery.senders import open_sender
from actionbus_plugins.notifier.delivery.steps import Step, next_step
from actionbus_plugins.notifier.notice import Kind, Notice
from actionbus_plugins.notifier.settings import Defaults

PAUSE = 2.0  # seconds for whoever looks to see the alert before it is corrected
SAMPLE, RIGHT = "actionbus test: Ann Lee for three", "actionbus test: Bo Kale for three"


def tries(context: PluginContext) -> dict[str, TryChannel]:
    """Return what tries each channel, by its name."""
    channels = {CONSOLE: Channel(use="console")} | context.table("notify", Channels)
    return {name: partial(_try, name, channel, context) for name, channel in channels.items()}


async def _try(name: str, channel: Channel, context: PluginContext, say: Say) -> bool:
    """Try each of the channel's addresses. Raises ConfigError with all that is wrong with it, secrets included."""
    if found := list(problems({name: channel}, context)):
        raise ConfigError(*found)
    zone = ZoneInfo(context.table("defaults", Defaults).timezone)
    all_well = True
    for target, part in targets(name, channel).items():
        async with open_sender(target, part, context, zone) as sender:
            all_well &= await _send(f"{target} ({channel.use})", sender, say)
    return all_well


async def _send(what: str, sender: Sender, say: Say) -> bool:
    """Send the sample, and then its correction as the service can; say each in a line."""
    first = _sample()
    corrected = evolve(first, version=2, kind=Kind.CORRECTED, text=RIGHT, before=SAMPLE)
    entry: Entry | None = None
    for notice in (first, corrected):
        if notice is corrected:
            await trio.sleep(PAUSE)
        entry = hear(entry, notice, 0.0, Terms(ability=sender.ability))
        step = next_step(entry, sender.ability) if entry is not None else None
        if entry is None or step is None:
            return True
        outcome = await sender.send(step, notice)
        if not isinstance(outcome, Arrived):
            why = "was refused" if isinstance(outcome, Refused) else "did not arrive"
            say(f"{what}: the {'alert' if notice is first else 'correction'} {why}: {outcome.words}")
            return False
        say(f"{what}: {_seen(step, sender)}")
        entry = arrived(entry, step, sender.ability, outcome.ref)
    return True


def _sample() -> Notice:
    return Notice(
        id=f"test-{uuid4().hex}",  # each trial is an alert of its own
        version=1,
        kind=Kind.SENT,
        rule="test",
        fixture="test",
        text=SAMPLE,
        at=time.time(),
        period=1,
        clock="10:00",
        action_ids=("test",),
    )


def _seen(step: Step, sender: Sender) -> str:
    """Say what was sent, and what a person should see now."""
    if not sender.ability.follows:
        return f'wrote the state "{step.state}", version {step.version}, of one id: whoever reads it should have it now'
    if step.verb == "show":
        return f'sent an alert: you should see "{step.text}"'
    if step.verb == "edit":
        return f'edited it: in its place you should see "{step.text}"'
    return f'sent its correction as a further message: you should see "{step.text}"'
