"""The channels that are reached over a network: a service of each, and the table that names it."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
import trio
from attrs import frozen
from tests.plugins.notifier.delivery.outboxes import benching
from tests.plugins.notifier.delivery.rooms import DiscordServer, GotifyServer, Room, SlackServer, TelegramServer
from tests.plugins.notifier.delivery.services import NtfyServer, serving

from actionbus_plugins.notifier.notice import Notice

SECRETS = {
    "SLACK_TOKEN": SlackServer().token,
    "TELEGRAM_TOKEN": TelegramServer().token,
    "DISCORD_URL": f"https://discord.com{DiscordServer().path}",
}
"""What the environment of the tests holds."""


@frozen
class Place:
    """A kind of channel."""

    use: str
    make: Callable[[], NtfyServer | Room]
    own: str

    def config(self, server: str, more: str = "", name: str = "phone") -> str:
        """Return the table of a channel of this kind."""
        if self.use == "apprise":
            variable = f"APPRISE_URL_{server.rpartition(':')[2]}"
            os.environ[variable] = f"{server.replace('http', 'gotify')}/{GotifyServer().token}"
            return f'[notify.{name}]\nuse = "apprise"\nurl = {{ env = "{variable}" }}\n{more}\n'
        return f'[notify.{name}]\nuse = "{self.use}"\nserver = "{server}"\n{self.own}\n{more}\n'


NTFY = Place("ntfy", NtfyServer, 'topic = "knicks"')
SLACK = Place("slack", SlackServer, 'channel = "#knicks"\ntoken = { env = "SLACK_TOKEN" }')
DISCORD = Place("discord", DiscordServer, 'url = { env = "DISCORD_URL" }')
TELEGRAM = Place("telegram", TelegramServer, 'chat = "@knicks"\ntoken = { env = "TELEGRAM_TOKEN" }')
APPRISE = Place("apprise", GotifyServer, "")

CHATS = (SLACK, DISCORD, TELEGRAM)
EDITORS = (NTFY, *CHATS)

in_chats = pytest.mark.parametrize("place", CHATS, ids=lambda place: place.use)
where_edited = pytest.mark.parametrize("place", EDITORS, ids=lambda place: place.use)


async def told(
    place: Place, service: NtfyServer | Room, *notices: Notice, more: str = "", pause: float = 1.0
) -> list[list[str]]:
    """Put notices, with a pause after each; return what a person sees after each."""
    screens: list[list[str]] = []
    async with serving(service) as server, benching(place.config(server, more)) as bench:
        for each in notices:
            await bench.put(each)
            await trio.sleep(pause)
            screens.append(service.screen)
    return screens
