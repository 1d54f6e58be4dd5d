"""What can be wrong with addresses, headers and names of places, said without showing them: they may be secrets."""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from urllib.parse import urlsplit

_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}", re.ASCII)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)  # RFC 9110: token
_OURS = {"host", "content-length", "content-type", "transfer-encoding", "connection", "idempotency-key"}
_LABEL = re.compile(r"[-_A-Za-z0-9]{1,63}", re.ASCII)  # RFC 1035; _ is in use all the same
_LONGEST_HOST = 253  # characters of a name that can be looked up
_NO_NAME = "should have a host with 1 to 63 letters, digits, - or _ between dots, 253 characters in all"
_DISCORD = re.compile(r"/api(/v\d{1,2})?/webhooks/\d{1,20}/[-_A-Za-z0-9]{1,200}/?", re.ASCII)
_TELEGRAM_TOKEN = re.compile(r"\d{1,20}:[-_A-Za-z0-9]{1,200}", re.ASCII)
_TELEGRAM_CHAT = re.compile(r"@[A-Za-z]\w{3,}|-?\d{1,20}", re.ASCII)
_SLACK_CHANNEL = re.compile(r"#?[^\s#@<>&:]{1,80}")


def wrong_topic(topic: str) -> str | None:
    """Say what is wrong with a topic of ntfy."""
    return None if _TOPIC.fullmatch(topic) else "should be at most 64 letters, digits, - and _"


def wrong_url(url: str, *, path: bool = True) -> str | None:
    """Say what is wrong with an address, without showing it: it may be a secret."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # of a port that is no number, or brackets without an address in them
        return "should have a host and, if any, a port from 1 to 65535"
    if parts.scheme not in ("http", "https"):
        return "should start with https://"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "should hold plain characters only and no space"
    if "@" in parts.netloc:
        return "may hold no user name or password"
    if not parts.hostname or port == 0:
        return "should have a host and, if any, a port from 1 to 65535"
    if not path and (parts.path not in ("", "/") or parts.query or parts.fragment):
        return "should end after the host and port"
    return _wrong_host(parts.hostname, bracketed="[" in parts.netloc)


def _wrong_host(host: str, *, bracketed: bool) -> str | None:
    digits = host.replace(".", "")
    try:
        if bracketed:
            IPv6Address(host)
        elif digits.isdigit() and host.count(".") == 3:
            IPv4Address(host)
        elif len(host) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, host.removesuffix(".").split("."))):
            return _NO_NAME
    except ValueError:
        return "should have a host: what stands there looks like an IP address and is none"
    return None


def wrong_header(header: str, value: object) -> str | None:
    """Say what is wrong with a header of the user's; a value that is no text is looked at elsewhere."""
    if not _HEADER.fullmatch(header):
        return "is not the name of a header"
    if header.lower() in _OURS:
        return "is set by actionbus"
    if isinstance(value, str) and not (value.isascii() and value.isprintable() and value == value.strip()):
        return "should hold plain characters only, and no space at its ends"
    return None


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
