"""Slack (https://docs.slack.dev/reference/methods/chat.postMessage): a bot's messages in a channel.

Slack documents nothing by which a message that was sent twice is shown once.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, frozen

from actionbus_plugins.notifier.delivery.http import Reply, Web
from actionbus_plugins.notifier.delivery.outcome import Arrived, Lost, Outcome, Refused
from actionbus_plugins.notifier.delivery.texts import fit
from actionbus_plugins.web import LONGEST_WAIT

SLACK = "https://slack.com"
LONGEST = 3_000  # as of texts in a block
LONGEST_FALLBACK = 4_000  # beyond it chat.update refuses the text
_UNDONE = {"ratelimited", "rate_limited", "service_unavailable"}  # it has done nothing, and may later
_UNSURE = {"internal_error", "fatal_error", "request_timeout"}
_GONE = {"message_not_found"}
_FIXED = {"cant_update_message", "cant_delete_message", "edit_window_closed", "compliance_exports_prevent_deletion"}
_TO_DO = {
    "not_in_channel": "invite the bot to the channel",
    "channel_not_found": "there is no such channel, or it is private and the bot has to be invited to it",
    "missing_scope": "give the bot the scope chat:write and install it again",
    "invalid_auth": "the token is wrong",
    "not_authed": "the token is wrong",
    "account_inactive": "the token belongs to a bot that was removed",
    "token_revoked": "the token was revoked",
    "token_expired": "the token has expired",
}
_HEADERS = {"content-type": "application/json; charset=utf-8"}


@frozen(kw_only=True)
class Slack:
    """A channel; ``web`` sends the bot's token. The id of a message is ``CHANNEL:TS``."""

    web: Web
    server: str
    channel: str
    longest: int = LONGEST

    def escape(self, text: str) -> str:
        """Return the text as it is: a block of rich text says what is markup, and this one says that nothing is."""
        return text

    async def post(self, text: str, *, silent: bool) -> Outcome:
        """Post a message; Slack leaves it to who reads whether it makes a sound."""
        body = {"channel": self.channel, **_content(text), "unfurl_links": False, "unfurl_media": False}
        return await self._call("chat.postMessage", body)

    async def edit(self, ref: str, text: str) -> Outcome:
        """Let a message say something else."""
        channel, _, number = ref.partition(":")
        return await self._call("chat.update", {"channel": channel, "ts": number, **_content(text)})

    async def delete(self, ref: str) -> Outcome:
        """Take a message away."""
        channel, _, number = ref.partition(":")
        outcome = await self._call("chat.delete", {"channel": channel, "ts": number})
        return Arrived() if isinstance(outcome, Refused) and outcome.words in _GONE else outcome

    async def _call(self, method: str, body: Mapping[str, object]) -> Outcome:
        reply = await self.web.get("POST", f"{self.server}/api/{method}", headers=_HEADERS, body=body)
        if not isinstance(reply, Reply) or not reply.is_good:
            return reply.outcome if isinstance(reply, Reply) else reply
        if reply.body.get("ok") is True:
            channel, number = reply.body.get("channel"), reply.body.get("ts")
            known = method == "chat.postMessage" and isinstance(channel, str) and isinstance(number, str)
            return Arrived(ref=f"{channel}:{number}" if known else "")
        return _refusal(reply)


def _refusal(reply: Reply) -> Outcome:
    """Return what comes of an answer that is 200 and says that it is none."""
    error = reply.body.get("error")
    if not isinstance(error, str):
        return Lost(words="an answer that is not Slack's", sure=False)
    if error in _UNDONE or error in _UNSURE:
        return Lost(words=reply.words, sure=error in _UNDONE, wait=min(reply.wait, LONGEST_WAIT))
    refused = Refused(words=reply.words, stuck=error in _GONE or error in _FIXED)
    return evolve(refused, words=f"{reply.words}: {_TO_DO[error]}") if error in _TO_DO else refused


def _content(text: str) -> dict[str, object]:
    """Return a message that says just this: literally in the block, and escaped in what notifications show."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {
        "text": fit(text, LONGEST_FALLBACK, _escape),
        "blocks": [{"type": "rich_text", "elements": [section]}],
        "parse": "none",
        "link_names": False,
    }


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
