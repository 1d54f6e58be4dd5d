"""What can be wrong with the addresses of services and the names of places, said without showing them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from actionbus_plugins.addresses import wrong_url

_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}", re.ASCII)
_DISCORD = re.compile(r"/api(/v\d{1,2})?/webhooks/\d{1,20}/[-_A-Za-z0-9]{1,200}/?", re.ASCII)
_TELEGRAM_TOKEN = re.compile(r"\d{1,20}:[-_A-Za-z0-9]{1,200}", re.ASCII)
_TELEGRAM_CHAT = re.compile(r"@[A-Za-z]\w{3,}|-?\d{1,20}", re.ASCII)
_SLACK_CHANNEL = re.compile(r"#?[^\s#@<>&:]{1,80}")


def wrong_topic(topic: str) -> str | None:
    """Say what is wrong with a topic of ntfy."""
    return None if _TOPIC.fullmatch(topic) else "should be at most 64 letters, digits, - and _"


def wrong_webhook(url: str) -> str | None:
    """Say what is wrong with the address of a webhook of Discord."""
    said = wrong_url(url)
    if said is None and not _DISCORD.fullmatch(urlsplit(url).path):
        return "should be the address of a webhook, https://discord.com/api/webhooks/NUMBER/TOKEN"
    return said


def wrong_slack_token(token: str) -> str | None:
    """Say what is wrong with a bot token of Slack."""
    return None if token.startswith("xox") else "should be a bot token, which begins with xoxb-"


def wrong_slack_channel(channel: str) -> str | None:
    """Say what is wrong with a channel of Slack."""
    return None if _SLACK_CHANNEL.fullmatch(channel) else 'should be an id such as "C0123456789", or a name'


def wrong_telegram_token(token: str) -> str | None:
    """Say what is wrong with a bot token of Telegram; it becomes a part of addresses."""
    return None if _TELEGRAM_TOKEN.fullmatch(token) else "should be a bot token as BotFather gives it, NUMBER:LETTERS"


def wrong_telegram_chat(chat: str) -> str | None:
    """Say what is wrong with a chat of Telegram."""
    return None if _TELEGRAM_CHAT.fullmatch(chat) else 'should be a number such as -1001234567890, or "@NAME"'


def wrong_place(path: Path) -> str | None:
    """Say why nothing can be appended to a file, without making it."""
    folder = path.parent
    if path.is_dir():
        return "is a folder, should be a file"
    if path.exists():
        if not path.is_file():
            return "is no file that lines can be appended to"
        return None if os.access(path, os.R_OK | os.W_OK) else f"{path} cannot be written"
    if not folder.is_dir():
        return f"there is no folder {folder}"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"no file can be made in {folder}"
