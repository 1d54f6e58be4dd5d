"""Secrets of channels: sent to their service, and shown nowhere."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
import trio
from tests.plugins.notifier.delivery.outboxes import benching, journal, lives, notice
from tests.plugins.notifier.delivery.rooms import DiscordServer, GotifyServer, SlackServer, TelegramServer
from tests.plugins.notifier.delivery.services import Answer, Mood, NtfyServer, Receiver, Service, serving
from trio.testing import MockClock

from actionbus import ConfigError, SecretSource
from actionbus_plugins.notifier.delivery import Channel
from actionbus_plugins.web import parts

CANARY = "CANARY-3f9a2b77"
VARIABLES = {
    "TOKEN": f"tk_{CANARY}_token",
    "TOPIC": f"{CANARY}_topic",
    "URL": f"https://hooks.example/services/T{CANARY}_a/{CANARY}_b?key={CANARY}_c",
    "KEY": f"{CANARY}_key",
    "SLACK": f"xoxb-{CANARY}-slack",
    "DISCORD": f"https://discord.com/api/webhooks/123456/{CANARY}_discord",
    "TELEGRAM": f"123456:{CANARY}-telegram",
}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that is logged, by anybody, at DEBUG; tracebacks with what stands in local variables."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(default=repr)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    yield stream
    structlog.configure(**before)
    root.removeHandler(handler)
    root.setLevel(level)


def config(ntfy: str, hook: str) -> str:
    return f"""
        [notify.phone]
        use = "ntfy"
        server = "{ntfy}"
        topic = {{ env = "TOPIC" }}
        token = {{ env = "TOKEN" }}
        [notify.hook]
        use = "webhook"
        server = "{hook}"
        url = {{ env = "URL" }}
        token = {{ env = "TOKEN" }}
        headers = {{ X-Key = {{ env = "KEY" }}, X-Other = "{CANARY}_clear" }}
        """


CHATS = ("slack", "discord", "telegram")


def chats(slack: str, discord: str, telegram: str) -> str:
    return f"""
        [notify.slack]
        use = "slack"
        server = "{slack}"
        token = {{ env = "SLACK" }}
        channel = "#knicks"
        [notify.discord]
        use = "discord"
        server = "{discord}"
        url = {{ env = "DISCORD" }}
        [notify.telegram]
        use = "telegram"
        server = "{telegram}"
        token = {{ env = "TELEGRAM" }}
        chat = "@knicks"
        """


def echo(service: Service) -> None:
    """Let a service answer with all that it was sent, as an error."""
    service.moody = lambda ask: Answer(
        400, json.dumps({"error": f"no: {ask.path} {ask.headers} {ask.body.decode()}"}).encode()
    )


@pytest.mark.parametrize("mood", ["well", "busy", "mute", "deaf", "stuck", None])
async def test_whatever_happens_no_secret_is_logged_or_stored(
    mood: Mood | None, clock: MockClock, heard: io.StringIO, tmp_path: Path
) -> None:
    ntfy, receiver = NtfyServer(topic=VARIABLES["TOPIC"], token=VARIABLES["TOKEN"]), Receiver()
    async with serving(ntfy) as one, serving(receiver) as two:
        if mood is None:
            echo(ntfy)
            echo(receiver)
        else:
            ntfy.mood = receiver.mood = mood
        async with journal(tmp_path / "journal.db") as log, benching(config(one, two), log=log) as bench:
            await bench.put(*lives("a", ("sent", "A"), ("corrected", "B")), notice("b"), to=["phone", "hook"])
            await trio.sleep(40)
            shown = repr([bench.outbox, bench.outbox.books, [book.channel for book in bench.outbox.books.values()]])
            assert CANARY not in shown
    assert ntfy.connected
    assert receiver.connected
    assert "channel" in heard.getvalue()
    assert CANARY not in heard.getvalue()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        assert CANARY not in "\n".join(map(str, connection.iterdump()))


@pytest.mark.parametrize("mood", ["well", "busy", "mute", "deaf", "stuck", None])
async def test_whatever_happens_no_secret_of_a_chat_is_logged_or_stored(
    mood: Mood | None, clock: MockClock, heard: io.StringIO, tmp_path: Path
) -> None:
    slack = SlackServer(token=VARIABLES["SLACK"])
    discord = DiscordServer(path=VARIABLES["DISCORD"].removeprefix("https://discord.com"))
    telegram = TelegramServer(token=VARIABLES["TELEGRAM"])
    rooms = (slack, discord, telegram)
    async with serving(slack) as one, serving(discord) as two, serving(telegram) as three:
        for room in rooms:
            if mood is None:
                echo(room)
            else:
                room.mood = mood
        async with journal(tmp_path / "journal.db") as log, benching(chats(one, two, three), log=log) as bench:
            await bench.put(*lives("a", ("sent", "A"), ("corrected", "B")), notice("b"), to=CHATS)
            await trio.sleep(40)
            shown = repr([bench.outbox, bench.outbox.books, [book.channel for book in bench.outbox.books.values()]])
            assert CANARY not in shown
    assert [bool(room.connected) for room in rooms] == [True] * 3
    assert mood != "well" or [room.screen for room in rooms] == [["B", "b says 1"]] * 3
    assert CANARY not in heard.getvalue()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        assert CANARY not in "\n".join(map(str, connection.iterdump()))


@pytest.mark.parametrize("mood", ["well", "busy", "deaf", None])
async def test_what_apprise_says_and_logs_holds_no_secret(
    mood: Mood | None, heard: io.StringIO, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gotify = GotifyServer(token=f"{CANARY}x")
    async with serving(gotify) as server:
        if mood is None:
            echo(gotify)
        else:
            gotify.mood = mood
        asked = f"{server.replace('http', 'gotify')}/{gotify.token}?+X-Canary={CANARY}_header"
        monkeypatch.setenv("GOTIFY", asked)
        tables = '[notify.phone]\nuse = "apprise"\nurl = { env = "GOTIFY" }\n'
        async with journal(tmp_path / "journal.db") as log, benching(tables, log=log) as bench:
            await bench.put(notice("a"))
            while not gotify.connected or (mood == "well" and not gotify.screen):  # noqa: ASYNC110
                await trio.sleep(0.05)
            await trio.sleep(0.5)
            assert CANARY not in repr([bench.outbox, bench.outbox.books["phone"].channel])
    assert "channel closed" in heard.getvalue()
    assert CANARY not in heard.getvalue()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        assert CANARY not in "\n".join(map(str, connection.iterdump()))


async def test_a_secret_that_cannot_be_read_is_told_with_its_line_and_not_shown(
    heard: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("URL", f"ftp://{CANARY}")
    monkeypatch.setenv("KEY", f"{CANARY} with a space")
    monkeypatch.setenv("TOPIC", f"{CANARY}/x")
    monkeypatch.delenv("TOKEN")
    with pytest.raises(ConfigError) as caught:
        async with benching(config("http://127.0.0.1", "http://127.0.0.1")):
            pass
    assert str(caught.value).splitlines() == [
        "plugins.toml:5: notify.phone.topic: what it names should be at most 64 letters, digits, - and _",
        "plugins.toml:6: notify.phone.token: the environment variable TOKEN is not set",
        "plugins.toml:10: notify.hook.url: what it names should start with https://",
        "plugins.toml:11: notify.hook.token: the environment variable TOKEN is not set",
        "plugins.toml:12: notify.hook.headers.X-Key: the environment variable KEY holds a space or a newline, should be"
        " the secret alone",
    ]


def test_settings_do_not_show_what_may_be_a_secret() -> None:
    shown = repr(
        Channel(
            use="webhook",
            url=f"https://{CANARY}",
            headers={"a": CANARY},
            topic=CANARY,
            token=SecretSource(kind="env", name=CANARY),
        )
    )
    assert CANARY not in shown


def test_of_a_secret_address_each_part_is_hidden_but_not_its_host() -> None:
    found = parts(["https://hooks.example/services/T0001/secret-part?key=abcdefgh&x=1"])
    assert {"services", "secret-part", "key=abcdefgh", "services/T0001/secret-part?key=abcdefgh&x=1"} <= set(found)
    assert not {"hooks.example", "T0001", "https:", ""} & set(found)
