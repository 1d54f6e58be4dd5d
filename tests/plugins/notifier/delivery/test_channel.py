"""What can be wrong with ``[notify.NAME]``: each told with its line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plugins.notifier.delivery.outboxes import benching
from trio.testing import MockClock

from actionbus import ConfigError

NTFY = 'use = "ntfy"\ntopic = "knicks"\n'
HOOK = 'use = "webhook"\nurl = "https://example.org/x"\n'
CONSOLE = 'use = "console"\n'
HOST = "should have a host with 1 to 63 letters, digits, - or _ between dots, 253 characters in all"
NO_IP = "should have a host: what stands there looks like an IP address and is none"
CLEAR = 'a secret may not stand here in clear; name where it is kept: { env = "NAME" }'
SLACK = 'use = "slack"\nchannel = "#knicks"\ntoken = { env = "SLACK_TOKEN" }\n'
DISCORD = 'use = "discord"\nurl = { env = "DISCORD_URL" }\n'
TELEGRAM = 'use = "telegram"\nchat = -100123\ntoken = { env = "TELEGRAM_TOKEN" }\n'
FILE = 'use = "file"\npath = "alerts.jsonl"\n'
KEPT = 'a secret may not stand here in clear; write { env = "NAME" } or { file = "path" }'
RATE = 'should be so many messages in a time, such as "10/1m", or "none"'

WRONG = {
    # which channel, with what; line and what is said of it
    'use = "ntfi"': (
        2,
        'use: should be "console", "ntfy", "webhook", "slack", "discord", "telegram", "file" or "apprise"; '
        "did you mean 'ntfy'?",
    ),
    "": (1, "use: is missing"),
    'use = "ntfy"': (1, ' topic is missing; write topic = "NAME": whoever knows the name can read it'),
    f'{NTFY}topci = "x"': (4, "topci: unknown key; did you mean 'topic'?"),
    f'{NTFY}url = "https://example.org"': (
        4,
        'url: belongs to use = "webhook", "discord" or "apprise"; remove it: this is a channel of ntfy',
    ),
    f'{CONSOLE}topic = "x"': (3, 'topic: belongs to use = "ntfy"; remove it: this is a channel of console'),
    f'{CONSOLE}server = "https://x"': (
        3,
        'server: belongs to use = "ntfy", "webhook", "slack", "discord" or "telegram"; '
        "remove it: this is a channel of console",
    ),
    f'{HOOK}topic = "x"': (4, 'topic: belongs to use = "ntfy"; remove it: this is a channel of webhook'),
    'use = "webhook"': (1, ' url is missing; write url = "https://..." or, where the address is a secret, { env = '),
    'use = "ntfy"\ntopic = "a b"': (3, "topic: should be at most 64 letters, digits, - and _"),
    f'use = "ntfy"\ntopic = "{"x" * 65}"': (3, "topic: should be at most 64 letters, digits, - and _"),
    'use = "ntfy"\ntopic = 5': (3, "topic: is a whole number, should be text"),
    f'{NTFY}token = "tk_1"': (4, "token: a secret may not stand here in clear; write { env = "),
    f'{NTFY}server = "ntfy.sh"': (4, 'server: should start with https://; such as "https://ntfy.sh"'),
    f'{NTFY}server = "https://ntfy.sh/knicks"': (4, "server: should end after the host and port; such as "),
    f'{NTFY}server = "https://me:x@ntfy.sh"': (4, "server: may hold no user name or password; such as "),
    f'{NTFY}server = "https://:80"': (4, "server: should have a host and, if any, a port from 1 to 65535; such as "),
    f'{NTFY}server = "https://x:99999"': (4, "server: should have a host and, if any, a port from 1 to 65535; such "),
    'use = "webhook"\nurl = "https://a b"': (3, "url: should hold plain characters only and no space"),
    'use = "webhook"\nurl = "ftp://example.org"': (3, "url: should start with https://"),
    'use = "webhook"\nurl = "https://"': (3, "url: should have a host and, if any, a port from 1 to 65535"),
    'use = "webhook"\nurl = "https://[::1"': (3, "url: should have a host and, if any, a port from 1 to 65535"),
    'use = "webhook"\nurl = "https://hooks..example/x"': (3, f"url: {HOST}"),
    'use = "webhook"\nurl = "https://.example/x"': (3, f"url: {HOST}"),
    f'use = "webhook"\nurl = "https://{"x" * 64}.example/x"': (3, f"url: {HOST}"),
    f'use = "webhook"\nurl = "https://{"x." * 127}x/x"': (3, f"url: {HOST}"),
    'use = "webhook"\nurl = "https://a%20b/x"': (3, f"url: {HOST}"),
    'use = "webhook"\nurl = "https://999.1.1.1/x"': (3, f"url: {NO_IP}"),
    'use = "webhook"\nurl = "https://[v1.x]/x"': (3, f"url: {NO_IP}"),
    f'{NTFY}server = "https://ntfy..sh"': (4, f"server: {HOST}; such as "),
    f'{HOOK}headers = {{ Authorization = "Bearer abc" }}': (
        4,
        f'headers.Authorization: {CLEAR}, or write token = {{ env = "NAME" }} for "Bearer TOKEN"',
    ),
    f'{HOOK}headers = {{ proxy-authorization = "x" }}': (4, f"headers.proxy-authorization: {CLEAR}"),
    f'{HOOK}headers = {{ COOKIE = "x=y" }}': (4, f"headers.COOKIE: {CLEAR}"),
    f'{HOOK}headers = {{ X-Api-Key = "x" }}': (4, f"headers.X-Api-Key: {CLEAR}"),
    f'{HOOK}headers = {{ x-auth-token = "x" }}': (4, f"headers.x-auth-token: {CLEAR}"),
    f'{HOOK}headers = {{ X = " x" }}': (4, "headers.X: should hold plain characters only, and no space at its ends"),
    f'{HOOK}headers = {{ "a b" = "x" }}': (4, 'headers."a b": is not the name of a header'),
    f'{HOOK}headers = {{ Host = "x" }}': (4, "headers.Host: is set by actionbus"),
    f'{HOOK}headers = {{ X = "a\\nb" }}': (4, "headers.X: should hold plain characters only"),
    f"{HOOK}headers = {{ X = 5 }}": (4, "headers.X: is a whole number, should be text"),
    f"{NTFY}delay = 35": (4, 'delay: is a whole number, should be a duration such as "35s"'),
    f'{NTFY}delay = "35"': (4, 'delay: should be a duration such as "35s"'),
    f'{NTFY}deadline = "0s"': (4, 'deadline: should be a duration above 0 such as "10s"'),
    f'{NTFY}timeout = "0s"': (4, 'timeout: should be a duration above 0 such as "10s"'),
    f'{NTFY}rate = "10"': (4, f"rate: {RATE}"),
    f'{NTFY}rate = "0/1m"': (4, f"rate: {RATE}"),
    f'{NTFY}rate = "10/0s"': (4, f"rate: {RATE}"),
    f'{NTFY}rate = "-1/1m"': (4, f"rate: {RATE}"),
    f'{NTFY}rate = "1.5/1m"': (4, f"rate: {RATE}"),
    f'{NTFY}rate = "ten/minute"': (4, f"rate: {RATE}"),
    f'{NTFY}quiet = {{ from = "25:00", to = "07:00" }}': (4, 'quiet.from: should be a time of day such as "23:30"'),
    f'{NTFY}quiet = {{ from = "23:30", to = "07:00Z" }}': (
        4,
        "quiet.to: should be a time of day alone: its time zone is that of [defaults]",
    ),
    f'{NTFY}ca_file = "gone.pem"': (4, "ca_file: there is no file "),
    f'{NTFY}ca_file = "plugins.toml"': (4, "ca_file: holds no certificates (PEM)"),
    f'{NTFY}ca_file = "."': (4, "ca_file: cannot be read (Is a directory)"),
    'use = "slack"\nchannel = "C0123"': (
        1,
        ' token is missing; write token = { env = "NAME" }: the bot token of an app',
    ),
    'use = "slack"\ntoken = { env = "SLACK_TOKEN" }': (1, ' channel is missing; write channel = "C0123456789"'),
    f"{SLACK}chat = 5": (5, 'chat: belongs to use = "telegram"; remove it: this is a channel of slack'),
    SLACK.replace("#knicks", "a b"): (3, 'channel: should be an id such as "C0123456789", or a name'),
    SLACK.replace("SLACK_TOKEN", "DISCORD_URL"): (
        4,
        "token: what it names should be a bot token, which begins with xoxb-",
    ),
    SLACK.replace('{ env = "SLACK_TOKEN" }', '"xoxb-1"'): (4, f"token: {KEPT}"),
    'use = "discord"': (1, ' url is missing; write url = { env = "NAME" }: the address of a webhook of the channel'),
    'use = "discord"\nurl = "https://discord.com/api/webhooks/1/x"': (3, f"url: {KEPT}"),
    f'{DISCORD}token = {{ env = "SLACK_TOKEN" }}': (
        4,
        'token: belongs to use = "ntfy", "webhook", "slack" or "telegram"; remove it: this is a channel of discord',
    ),
    DISCORD.replace("DISCORD_URL", "HOOK"): (
        3,
        "url: what it names should be the address of a webhook, https://discord.com/api/webhooks/NUMBER/TOKEN",
    ),
    'use = "telegram"\nchat = 5': (
        1,
        ' token is missing; write token = { env = "NAME" }: the one that BotFather gives',
    ),
    'use = "telegram"\ntoken = { env = "TELEGRAM_TOKEN" }': (1, " chat is missing; write chat = NUMBER, or chat = "),
    TELEGRAM.replace("-100123", '"knicks"'): (3, 'chat: should be a number such as -1001234567890, or "@NAME"'),
    TELEGRAM.replace("-100123", "true"): (3, "chat: is true or false, should be "),
    TELEGRAM.replace("TELEGRAM_TOKEN", "HOOK"): (
        4,
        "token: what it names should be a bot token as BotFather gives it, NUMBER:LETTERS",
    ),
    'use = "file"': (1, ' path is missing; write path = "alerts.jsonl"'),
    'use = "file"\npath = "."': (3, "path: is a folder, should be a file"),
    'use = "file"\npath = "nowhere/alerts.jsonl"': (3, "path: there is no folder nowhere"),
    'use = "file"\npath = "/dev/null"': (3, "path: is no file that lines can be appended to"),
    f'{FILE}format = "csv"': (4, 'format: should be "jsonl" or "text"'),
    f'{FILE}server = "https://x.example"': (4, "server: belongs to use = "),
    'use = "apprise"': (1, ' url is missing; write url = { env = "NAME" }: an address of Apprise'),
    'use = "apprise"\nurl = "pover://x"': (3, f"url: {KEPT}"),
    'use = "apprise"\nurls = ["pover://x"]': (3, f"urls[0]: {KEPT}"),
    'use = "apprise"\nurl = { env = "HOOK" }': (
        3,
        'url: what it names begins with https://: for an address of your own write use = "webhook"',
    ),
}

HOSTS = ("[::1]:9", "127.0.0.1", "1.2.3.4.5", "example.", "xn--bcher-kva.example", f"{'x' * 63}.a_b.example")


async def told(config: str) -> list[str]:
    try:
        async with benching(config):
            return []
    except ConfigError as error:
        return str(error).splitlines()


@pytest.mark.parametrize("text", WRONG)
async def test_what_is_wrong_is_told_with_its_line(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = f"[notify.phone]\n{text}\n"
    (tmp_path / "plugins.toml").write_text(config, encoding="utf-8")
    monkeypatch.setenv("HOOK", "https://example.org/x")
    (line,) = await told(config)
    number, what = WRONG[text]
    dot = "" if what.startswith(" ") else "."
    start = f"plugins.toml:{number}: notify.phone{dot or ':'}{what}"
    assert line.startswith(start)


@pytest.mark.parametrize(
    "text",
    [
        CONSOLE,
        f'{CONSOLE}delay = "35s"\nrate = "10/1m"\nquiet = {{ from = "23:30", to = "07:00" }}\ndeadline = "1h"',
        NTFY,
        f'{NTFY}server = "http://192.168.1.5:8080/"\nrate = "none"\ntimeout = "30s"',
        SLACK,
        SLACK.replace("#knicks", "C0123456789"),
        f'{DISCORD}server = "http://127.0.0.1:1"',
        TELEGRAM,
        TELEGRAM.replace("-100123", '"@knicks_news"'),
        FILE,
        f'{FILE}format = "text"\ntimeout = "1s"\nrate = "5/1m"',
        HOOK,
        f'{HOOK}server = "http://127.0.0.1:1"\nheaders = {{ X-Name = "", x-api-key = {{ file = "key" }} }}',
        *(f'use = "webhook"\nurl = "http://{host}/x"' for host in HOSTS),
    ],
)
async def test_what_is_right_is_taken(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key").write_text("abc", encoding="utf-8")
    assert await told(f"[notify.phone]\n{text}\n") == []


async def test_all_that_is_wrong_with_all_channels_is_told_at_once() -> None:
    config = f'[notify.a]\n{NTFY}url = "x"\nserver = "x"\n[notify.b]\nuse = "webhook"\n'
    assert [line.split(": ")[1] for line in await told(config)] == ["notify.a.url", "notify.a.server", "notify.b"]


async def test_the_second_address_of_a_channel_has_a_name_that_no_other_may_have(
    clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOTIFY", "gotify://127.0.0.1:9/canary-Axyz1")
    both = '[notify.a]\nuse = "apprise"\nurls = [{ env = "GOTIFY" }, { env = "GOTIFY" }]\n'
    assert await told(f'{both}[notify."a#2"]\nuse = "console"\n') == [
        "plugins.toml:4: notify.\"a#2\": the name is that of another of the urls of 'a'"
    ]


async def test_a_replay_reads_no_secret_and_looks_at_no_place() -> None:
    tables = "".join(f"[notify.{number}]\n{each}" for number, each in enumerate((SLACK, DISCORD, TELEGRAM)))
    config = f'{tables}[notify.file]\nuse = "file"\npath = "/nowhere/at/all"\n'
    async with benching(config.replace("_TOKEN", "_GONE").replace("_URL", "_GONE"), replaying=True):
        pass
