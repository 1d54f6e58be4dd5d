"""The services, opened as plugins.toml says."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import trio
from attrs import define, field, frozen

from actionbus import ConfigError, PluginContext, Secret, SecretSource
from actionbus_plugins.notifier.delivery.channel import Channel
from actionbus_plugins.notifier.delivery.outcome import Arrived, Outcome, Sender, Sheet
from actionbus_plugins.notifier.delivery.services import console
from actionbus_plugins.notifier.delivery.steps import Ability, Step
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


@define(eq=False, repr=False)
class _Reader:
    """Reads the secrets of a channel, and remembers what must not be shown."""

    name: str
    context: PluginContext
    hidden: list[str] = field(init=False, factory=list[str])

    def read(self, value: str | SecretSource | None, *keys: str, shown: bool = False) -> Secret:
        """Return a secret; what stands in plugins.toml in clear is hidden, too, unless it is ``shown``."""
        if isinstance(value, SecretSource):
            secret = self.context.secret(value, ("notify", self.name, *keys))
        else:
            secret = Secret(value or "")
        if isinstance(value, SecretSource) or not shown:
            self.hidden.append(secret.reveal())
        return secret


@asynccontextmanager
async def open_sender(name: str, channel: Channel, context: PluginContext, zone: ZoneInfo) -> AsyncGenerator[Sender]:
    """Open a channel's service. Raises ConfigError where a secret of it cannot be read."""
    # Services are not imported before they are needed: it takes longer than all the rest of the notifier.
    reader = _Reader(name, context)
    if channel.use == "console":
        yield Console()
    elif channel.use == "file":
        from actionbus_plugins.notifier.delivery.services.file import File

        assert channel.path is not None, "checked"
        yield File(path=channel.path, format=channel.format or "jsonl", patience=channel.patience, zone=zone)
    elif channel.use == "apprise":
        from actionbus_plugins.notifier.delivery.services.apprise import MISSING, open_apprise

        try:
            # In a thread: Apprise is slow to import, and games may be on.
            apprise = await trio.to_thread.run_sync(open_apprise, reader.read(channel.url, "url"), channel.patience)
        except ImportError:
            raise ConfigError(context.problem(("notify", name), MISSING)) from None
        yield apprise
    else:
        async with _open_web_sender(channel, reader) as sender:
            yield sender


@asynccontextmanager
async def _open_web_sender(channel: Channel, reader: _Reader) -> AsyncGenerator[Sender]:
    """Open a service that is reached over HTTP."""
    from actionbus_plugins.notifier.delivery.chat import Chat
    from actionbus_plugins.notifier.delivery.http import open_web
    from actionbus_plugins.notifier.delivery.services.discord import Discord
    from actionbus_plugins.notifier.delivery.services.ntfy import NTFY, Ntfy
    from actionbus_plugins.notifier.delivery.services.slack import SLACK, Slack
    from actionbus_plugins.notifier.delivery.services.telegram import TELEGRAM, Telegram
    from actionbus_plugins.notifier.delivery.services.webhook import Webhook, at_server

    token = reader.read(channel.token, "token") if channel.token is not None else Secret("")
    url = Secret(at_server(reader.read(channel.url, "url").reveal(), channel.server))
    topic = reader.read(channel.topic, "topic", shown=True)
    headers = {header: reader.read(value, "headers", header) for header, value in (channel.headers or {}).items()}
    server = (channel.server or {"ntfy": NTFY, "slack": SLACK, "telegram": TELEGRAM}.get(channel.use, "")).rstrip("/")
    if channel.use == "telegram":
        reader.hidden.append(token.reveal().partition(":")[2])
    bearer = token if channel.token is not None and channel.use != "telegram" else None
    async with open_web(channel.patience, channel.ca_file, bearer, reader.hidden) as web:
        match channel.use:
            case "ntfy":
                yield Ntfy(web=web, server=server, topic=topic)
            case "slack":
                yield Chat(room=Slack(web=web, server=server, channel=channel.channel or ""))
            case "telegram":
                yield Chat(room=Telegram(web=web, server=server, token=token, chat=channel.chat or ""))
            case "discord":
                yield Chat(room=Discord(web=web, url=url))
            case _:
                yield Webhook(web=web, url=url, headers=headers)
