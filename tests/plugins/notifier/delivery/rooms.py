"""Chats on loopback that give messages ids of their own, and refuse what the real ones refuse."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from attrs import define, field
from tests.plugins.notifier.delivery.services import Answer, Ask, Service

WORD_JOINER = "\u2060"


@define(eq=False)
class Room(Service):
    """Messages by the ids that the service has given them, as a person sees them."""

    messages: dict[str, str] = field(factory=dict[str, str])
    silent: list[str] = field(factory=list[str])
    """Texts that made no sound when they came."""
    called: list[str] = field(factory=list[str])
    """Texts that somebody was called by, or that were read as markup."""
    fixed: bool = False
    """Whether nothing can be edited or deleted any more."""
    _number: int = field(init=False, default=0)

    @property
    def screen(self) -> list[str]:
        """The texts from top to bottom."""
        return list(self.messages.values())

    def show(self, text: str, *, silent: bool = False) -> str:
        """Show a message under a new id."""
        self._number += 1
        name = f"{1_767_290_400 + self._number}.000100"
        self.messages[name] = text
        if silent:
            self.silent.append(text)
        return name


def _json(status: int = 200, **values: Any) -> Answer:
    return Answer(status, json.dumps(values).encode())


@define(eq=False)
class SlackServer(Room):
    """Slack: what is wrong is told with 200; messages are edited by the channel's id and their ``ts``."""

    token: str = "xoxb-1-canary"
    channel: str = "C0KNICKS"

    def do(self, ask: Ask) -> Answer:
        """Post, update or delete."""
        if ask.headers.get("authorization") != f"Bearer {self.token}":
            return _json(ok=False, error="invalid_auth")
        body, method = ask.json, ask.path.removeprefix("/api/")
        if body["channel"] != self.channel and (method != "chat.postMessage" or body["channel"] != "#knicks"):
            return _json(ok=False, error="channel_not_found")
        if method == "chat.postMessage":
            return self._content(body) or _json(ok=True, channel=self.channel, ts=self.show(_literal(body)))
        if body["ts"] not in self.messages:
            return _json(ok=False, error="message_not_found")
        if self.fixed:
            return _json(ok=False, error="edit_window_closed" if method == "chat.update" else "cant_delete_message")
        if method == "chat.delete":
            del self.messages[body["ts"]]
            return _json(ok=True, channel=self.channel, ts=body["ts"])
        refused = self._content(body)
        self.messages[body["ts"]] = self.messages[body["ts"]] if refused else _literal(body)
        return refused or _json(ok=True, channel=self.channel, ts=body["ts"], text=body["text"])

    def _content(self, body: dict[str, Any]) -> Answer | None:
        if len(body["text"]) > 4_000 or len(_literal(body)) > 3_000:
            return _json(ok=False, error="msg_too_long")
        if not _literal(body).strip():
            return _json(ok=False, error="no_text")
        if re.search(r"[<>]|&(?!amp;|lt;|gt;)", body["text"]) or body["parse"] != "none":
            self.called.append(body["text"])
        assert _literal(body).startswith(html.unescape(body["text"]).removesuffix(" \N{HORIZONTAL ELLIPSIS}"))
        return None


def _literal(body: dict[str, Any]) -> str:
    """What a block of rich text shows: its texts as they are."""
    ((block,),) = (body["blocks"],)
    ((section,),) = (block["elements"],)
    return "".join(each["text"] for each in section["elements"] if each["type"] == "text" and block)


@define(eq=False)
class DiscordServer(Room):
    """Discord: a webhook in a channel; it shows Markdown."""

    path: str = "/api/webhooks/123456/canary-token_1"

    def do(self, ask: Ask) -> Answer:
        """Execute the webhook, or edit or delete one of its messages."""
        path, _, query = ask.path.partition("?")
        if not path.startswith(self.path):
            return _json(404, message="Unknown Webhook", code=10_015)
        name = path.removeprefix(self.path).removeprefix("/messages/")
        if not name:
            refused = self._content(ask.json)
            shown = refused or self.show(_rendered(ask.json["content"]), silent=bool(ask.json["flags"] & 1 << 12))
            return shown if isinstance(shown, Answer) else _json(id=shown) if "wait=true" in query else Answer(204, b"")
        if name not in self.messages:
            return _json(404, message="Unknown Message", code=10_008)
        if self.fixed:
            return _json(403, message="This thread is archived", code=50_083)
        if ask.method == "DELETE":
            del self.messages[name]
            return Answer(204, b"")
        assert ask.method == "PATCH"
        refused = self._content(ask.json)
        self.messages[name] = self.messages[name] if refused else _rendered(ask.json["content"])
        return refused or _json(id=name)

    def _content(self, body: dict[str, Any]) -> Answer | None:
        content = str(body["content"])
        if not content.strip() or len(content.encode("utf-16-le", "surrogatepass")) // 2 > 2_000:
            return _json(400, message="Invalid Form Body", code=50_035, errors={"content": {}})
        bare = re.sub(r"\\[^0-9A-Za-z\s]", "\0", content)  # no word: ":x:" would name an emoji
        marks = re.search(r"[\\*_~`|<>\[\]]|:\w+:|://|^[ \t]*(#|[-+] |\d+\. )", bare, re.MULTILINE)
        if marks or body.get("allowed_mentions") != {"parse": []}:
            self.called.append(content)
        return None


def _rendered(content: str) -> str:
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", content)


@define(eq=False)
class TelegramServer(Room):
    """Telegram: the token is in the path; an edit that changes nothing is an error."""

    token: str = "123456:canary-AAE_x"
    chat: int = -1001234567890

    def do(self, ask: Ask) -> Answer:
        """Send, edit or delete a message."""
        if not ask.path.startswith(f"/bot{self.token}/"):
            return self._wrong("Unauthorized", 401)
        method, body = ask.path.rpartition("/")[2], ask.json
        if body["chat_id"] not in (self.chat, "@knicks"):
            return self._wrong("Bad Request: chat not found")
        if method == "sendMessage":
            refused = self._content(body)
            shown = refused or self.show(_plain(body), silent=body["disable_notification"])
            number = int(float(shown)) if isinstance(shown, str) else 0
            return refused or _json(ok=True, result={"message_id": number, "chat": {"id": self.chat}})
        name = f"{body['message_id']}.000100"
        what = "edit" if method == "editMessageText" else "delete"
        if name not in self.messages:
            return self._wrong(f"Bad Request: message to {what} not found")
        if self.fixed:
            return self._wrong(f"Bad Request: message can't be {what}{'d' if what == 'delete' else 'ed'}")
        if what == "delete":
            del self.messages[name]
            return _json(ok=True, result=True)
        if self.messages[name] == _plain(body):
            return self._wrong("Bad Request: message is not modified: specified new message content and reply markup")
        refused = self._content(body)
        self.messages[name] = self.messages[name] if refused else _plain(body)
        return refused or _json(ok=True, result={"message_id": body["message_id"]})

    def _content(self, body: dict[str, Any]) -> Answer | None:
        text = str(body["text"])
        if len(text.encode("utf-16-le", "surrogatepass")) // 2 > 4_096:
            return self._wrong("Bad Request: message is too long")
        if not text.strip():
            return self._wrong("Bad Request: message text is empty")
        if "parse_mode" in body or re.search(r"(?<!\w)[@#/]\w", text):
            self.called.append(text)
        return None

    def _wrong(self, description: str, code: int = 400) -> Answer:
        return _json(code, ok=False, error_code=code, description=description)


def _plain(body: dict[str, Any]) -> str:
    return str(body["text"]).replace(WORD_JOINER, "")


@define(eq=False)
class GotifyServer(Room):
    """Gotify, which Apprise sends to: nothing can be edited."""

    token: str = "canary-Axyz1"

    def do(self, ask: Ask) -> Answer:
        """Take in a message."""
        if ask.headers.get("x-gotify-key") != self.token:
            return _json(401, error="Unauthorized", errorCode=401, errorDescription="you need a valid token")
        if ask.method != "POST" or ask.path != "/message":
            return _json(404, error="Not Found", errorCode=404)
        return _json(id=self.show(ask.json["message"]))
