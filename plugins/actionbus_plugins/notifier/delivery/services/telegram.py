"""Telegram (https://core.telegram.org/bots/api#sendmessage): a bot's messages in a chat.

Telegram has nothing by which a message that was sent twice is shown once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen

from actionbus import Secret
from actionbus_plugins.notifier.delivery.http import Reply, Web
from actionbus_plugins.notifier.delivery.outcome import Arrived, Lost, Outcome, Refused

TELEGRAM = "https://api.telegram.org"
LONGEST = 4_096
WORD_JOINER = "\N{WORD JOINER}"
_CALLS = re.compile(r"(?<!\w)[@#/](?=\w)")  # what would call somebody, or be a tag or a command
_SAME = "message is not modified"
_GONE = ("message to edit not found", "message to delete not found", "message_id_invalid")
_FIXED = ("message can't be edited", "message can't be deleted")


@frozen(kw_only=True)
class Telegram:
    """A chat. The token is part of every address."""

    web: Web
    server: str
    token: Secret
    chat: str | int
    longest: int = LONGEST

    def escape(self, text: str) -> str:
        """Return the text so that nobody is called by it; without a parse mode there is no markup."""
        return _CALLS.sub(rf"\g<0>{WORD_JOINER}", text)

    async def post(self, text: str, *, silent: bool) -> Outcome:
        """Post a message."""
        body = {"chat_id": self.chat, **_content(text), "disable_notification": silent}
        reply = await self._call("sendMessage", body)
        outcome = _outcome(reply)
        if not isinstance(reply, Reply) or not isinstance(outcome, Arrived):
            return outcome
        number = reply.inner("result").get("message_id")
        return Arrived(ref=str(number) if isinstance(number, int) else "")

    async def edit(self, ref: str, text: str) -> Outcome:
        """Let a message say something else; where it says that already, all is well."""
        outcome = _outcome(await self._call("editMessageText", {**self._named(ref), **_content(text)}))
        return Arrived() if isinstance(outcome, Refused) and _SAME in outcome.words else outcome

    async def delete(self, ref: str) -> Outcome:
        """Take a message away; Telegram allows that for 48 hours."""
        outcome = _outcome(await self._call("deleteMessage", self._named(ref)))
        return Arrived() if isinstance(outcome, Refused) and _says(outcome, _GONE) else outcome

    def _named(self, ref: str) -> dict[str, object]:
        return {"chat_id": self.chat, "message_id": int(ref)}

    async def _call(self, method: str, body: Mapping[str, object]) -> Reply | Outcome:
        return await self.web.get("POST", f"{self.server}/bot{self.token.reveal()}/{method}", body=body)


def _outcome(reply: Reply | Outcome) -> Outcome:
    if not isinstance(reply, Reply):
        return reply
    outcome = reply.outcome
    if isinstance(outcome, Arrived) and reply.body.get("ok") is not True:
        return Lost(words="an answer that is not Telegram's", sure=False)
    if not isinstance(outcome, Refused):
        return outcome
    if isinstance(other := reply.inner("parameters").get("migrate_to_chat_id"), int):
        return Refused(words=f"{outcome.words}: write chat = {other}", status=outcome.status)
    stuck = _says(outcome, (*_GONE, *_FIXED))
    return Refused(words=outcome.words, status=outcome.status, stuck=stuck)


def _says(outcome: Refused, words: tuple[str, ...]) -> bool:
    return any(each in outcome.words.lower() for each in words)


def _content(text: str) -> dict[str, object]:
    return {"text": text, "link_preview_options": {"is_disabled": True}}
