"""Discord (https://docs.discord.com/developers/resources/webhook): a webhook's messages in a channel.

Webhooks take no nonce, by which Discord would show a message once that was sent twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from attrs import frozen

from actionbus import Secret
from actionbus_plugins.notifier.delivery.http import Reply, Web
from actionbus_plugins.notifier.delivery.outcome import Arrived, Outcome, Refused

LONGEST = 2_000
UNKNOWN_MESSAGE = 10_008
_FIXED = {50_005, 50_083}  # another's message; an archived thread
_NO_EMBEDS, _SILENT = 1 << 2, 1 << 12
_MARKS = re.compile(r"[\\*_~`|<>\[\]]|:(?=//|\w+:)")
_LINE_STARTS = re.compile(r"^([ \t]*)([#+-]|\d+(?=\.))", re.MULTILINE)


@frozen(kw_only=True)
class Discord:
    """A webhook, whose address is all that is needed; a ``thread_id`` in it is kept."""

    web: Web
    url: Secret
    longest: int = LONGEST

    def escape(self, text: str) -> str:
        """Return the text with a backslash before all that Discord would read as markup."""
        return _LINE_STARTS.sub(_begin, _MARKS.sub(r"\\\g<0>", text))

    async def post(self, text: str, *, silent: bool) -> Outcome:
        """Post a message."""
        body = {**_content(text), "flags": _NO_EMBEDS | (_SILENT if silent else 0)}
        reply = await self._call("POST", "", body, wait="true")
        if not isinstance(reply, Reply) or not reply.is_good:
            return reply.outcome if isinstance(reply, Reply) else reply
        number = reply.body.get("id")
        return Arrived(ref=number if isinstance(number, str) else "")

    async def edit(self, ref: str, text: str) -> Outcome:
        """Let a message say something else."""
        return _of_known(await self._call("PATCH", f"/messages/{ref}", _content(text)))

    async def delete(self, ref: str) -> Outcome:
        """Take a message away."""
        reply = await self._call("DELETE", f"/messages/{ref}", None)
        if isinstance(reply, Reply) and reply.body.get("code") == UNKNOWN_MESSAGE:
            return Arrived()
        return _of_known(reply)

    async def _call(self, method: str, tail: str, body: object, **query: str) -> Reply | Outcome:
        address = urlsplit(self.url.reveal())
        asked = urlencode([*parse_qsl(address.query), *query.items()])
        url = urlunsplit((address.scheme, address.netloc, f"{address.path.rstrip('/')}{tail}", asked, ""))
        return await self.web.get(method, url, body=body)


def _of_known(reply: Reply | Outcome) -> Outcome:
    """Return what comes of an answer about a message that there was."""
    if not isinstance(reply, Reply):
        return reply
    outcome, code = reply.outcome, reply.body.get("code")
    if isinstance(outcome, Refused) and (code == UNKNOWN_MESSAGE or code in _FIXED):
        return Refused(words=outcome.words, status=outcome.status, stuck=True)
    return outcome


def _content(text: str) -> Mapping[str, object]:
    return {"content": text, "allowed_mentions": {"parse": []}}


def _begin(found: re.Match[str]) -> str:
    """Escape what begins a heading or a list; of a number it is the dot behind it."""
    space, mark = found[1], found[2]
    return f"{space}{mark}\\" if mark.isdigit() else f"{space}\\{mark}"
