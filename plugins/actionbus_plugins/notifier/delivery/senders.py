"""The services, opened as plugins.toml says."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from attrs import frozen

from actionbus import PluginContext, Secret, SecretSource
from actionbus_plugins.notifier.delivery import console
from actionbus_plugins.notifier.delivery.channel import NTFY, Channel
from actionbus_plugins.notifier.delivery.life import Ability, Step
from actionbus_plugins.notifier.delivery.outcome import Arrived, Outcome, Sender, Sheet
from actionbus_plugins.notifier.notice import Notice


@frozen
class Console:
    """Standard output, for channels that have a delay or a pace: the others print at once."""

    ability: Ability = console.ABILITY
    joins: bool = False

    async def send(self, step: Step, notice: Notice) -> Outcome:
        """Print a message."""
        console.show(step, notice.rule)
        return Arrived()

    async def send_sheet(self, sheet: Sheet) -> Outcome:
        """Print several alerts, one a line."""
        for line in (sheet.head, *(f"  {each}" for each in sheet.lines)):
            console.write(f"ALERT {line}")
        return Arrived()


@asynccontextmanager
async def open_sender(name: str, channel: Channel, context: PluginContext) -> AsyncGenerator[Sender]:
    """Open a channel's service. Raises ConfigError where a secret of it cannot be read."""
    if channel.use == "console":
        yield Console()
        return
    # Not before it is needed: it takes longer to import than all the rest of the notifier.
    from actionbus_plugins.notifier.delivery.http import open_web
    from actionbus_plugins.notifier.delivery.ntfy import Ntfy
    from actionbus_plugins.notifier.delivery.webhook import Webhook, at_server

    hidden: list[str] = []

    def read(value: str | SecretSource | None, *keys: str, shown: bool = False) -> Secret:
        secret = (
            context.secret(value, ("notify", name, *keys)) if isinstance(value, SecretSource) else Secret(value or "")
        )
        if not shown or isinstance(value, SecretSource):
            hidden.append(secret.reveal())
        return secret

    topic = read(channel.topic, "topic", shown=True)
    token = read(channel.token, "token") if channel.token is not None else None
    url = read(channel.url, "url")
    headers = {header: read(value, "headers", header) for header, value in (channel.headers or {}).items()}
    async with open_web(channel.patience, channel.ca_file, token, hidden) as web:
        if channel.use == "ntfy":
            yield Ntfy(web=web, server=(channel.server or NTFY).rstrip("/"), topic=topic)
        else:
            yield Webhook(web=web, url=Secret(at_server(url.reveal(), channel.server)), headers=headers)
