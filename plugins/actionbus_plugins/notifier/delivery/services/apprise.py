"""Apprise (https://appriseit.com): a hundred services more, in worker threads; nothing of what is sent can be edited.

The only module that imports it, and not before a channel needs it: it is an extra, and slow to import.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import unquote

import trio
from attrs import field, frozen

from actionbus import Secret
from actionbus_plugins.notifier.delivery.http import AGAIN, UNAVAILABLE
from actionbus_plugins.notifier.delivery.outcome import Arrived, Lost, Outcome, Refused, Sheet
from actionbus_plugins.notifier.delivery.services.ntfy import in_words
from actionbus_plugins.notifier.delivery.services.schemes import ALLOWED, ANYWHERE
from actionbus_plugins.notifier.delivery.steps import Ability, Step
from actionbus_plugins.notifier.notice import Notice
from actionbus_plugins.web import clean

if TYPE_CHECKING:
    from apprise.plugins.base import NotifyBase

ABILITY = Ability(edits=False)
MISSING = 'needs Apprise, which is not installed: pip install "actionbus[apprise]"'
REQUESTS = 3  # that a service may need for one message: it logs in, looks something up, and posts
SHORTEST = 6  # characters of a part of an address that is hidden by itself: shorter ones are words
_STATUS = re.compile(r"\berror=(\d{3})\b")
_QUIET = ("apprise", "requests", "urllib3")  # they log addresses and headers, in which there are secrets


@frozen(kw_only=True)
class Apprise:
    """One address, which is one target: what is sent again goes to nobody who has it."""

    url: Secret
    patience: float
    """Seconds that one request may take; a message may take ``REQUESTS`` times as long."""
    service: NotifyBase
    ability: Ability = ABILITY
    joins: bool = False
    _one: trio.CapacityLimiter = field(init=False, factory=lambda: trio.CapacityLimiter(1))

    async def send(self, step: Step, notice: Notice) -> Outcome:
        """Send one message."""
        return await self._notify(in_words(notice.rule), step.text)

    async def send_sheet(self, sheet: Sheet) -> Outcome:
        """Send several alerts in one message."""
        return await self._notify(f"{len(sheet.lines)} alerts", sheet.text)

    async def _notify(self, title: str, text: str) -> Outcome:
        """Send in a thread. One that hangs is left behind, and keeps the next from starting until it ends."""
        limit = self.patience * REQUESTS
        with trio.move_on_after(limit):
            said = await trio.to_thread.run_sync(self._tell, title, text, abandon_on_cancel=True, limiter=self._one)
            return self._judge(said)
        return Lost(words=f"no answer within {limit:g} s", sure=False)

    def _tell(self, title: str, text: str) -> list[str] | None:
        """Send; return what Apprise says where that fails, None where it does not."""
        from apprise import Apprise as Sender
        from apprise import NotifyFormat

        sender = Sender()
        sender.add(self.service)  # pyright: ignore[reportUnknownMemberType]
        result = sender.notify(  # pyright: ignore[reportUnknownMemberType]
            body=text, title=title, body_format=NotifyFormat.TEXT.value
        )
        return None if result else [entry.message for entry in result.logs()]

    def _judge(self, said: list[str] | None) -> Outcome:
        if said is None:
            return Arrived()
        words = clean(" ".join(said[-2:]), _hidden(self.url.reveal())) or "Apprise says no more than that it failed"
        found = _STATUS.search(words)
        status = int(found[1]) if found is not None else 0
        if 400 <= status < 500 and status not in AGAIN:
            return Refused(words=words, status=status)
        return Lost(words=words, sure=status in AGAIN or status == UNAVAILABLE)


def open_apprise(url: Secret, patience: float) -> Apprise:
    """Make a sender. Raises ImportError where Apprise is not installed, and ValueError for an address that is none."""
    service = _instantiate(url.reveal())
    if service is None:
        raise ValueError("no address of Apprise")
    service.socket_connect_timeout = service.socket_read_timeout = patience
    service.request_rate_per_sec = 0.0  # Apprise's own is 5.5 s between two messages: here the channel's rate holds
    return Apprise(url=url, patience=patience, service=service)


def wrong_address(url: str) -> str | None:
    """Say what is wrong with an address for Apprise, without showing it."""
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if scheme in ANYWHERE:
        return f'begins with {scheme}://: for an address of your own write use = "webhook"'
    if scheme not in ALLOWED:
        return "should begin with a scheme of Apprise that is on our list, such as pover://; docs/channels.md has it"
    try:
        service = _instantiate(url)
    except ImportError:
        return MISSING
    if service is None:
        return f"is no address of Apprise's {scheme}://; https://appriseit.com says what it looks like"
    if len(service) > 1:
        return f"names {len(service)} targets: write urls, with one address for each"
    return None


def _instantiate(url: str) -> NotifyBase | None:
    _hush(_QUIET)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it imports all services at once, and what they rely on
        from apprise import Apprise as Sender
        from apprise import AppriseAsset

        asset = AppriseAsset(
            async_mode=False,
            storage_mode="memory",
            http_redirects=False,
            pgp_autogen=False,
            pem_autogen=False,
            allow_templates=False,
            app_id="actionbus",
            app_desc="actionbus",
        )
        return Sender.instantiate(url, asset=asset)  # pyright: ignore[reportUnknownMemberType]


def _hidden(url: str) -> list[str]:
    """Return what must not be shown of an address, the longest first: tokens stand anywhere in it."""
    rest = url.partition("://")[2]
    pieces = [url, *(piece for each in (rest, unquote(rest)) for piece in (each, *re.split(r"[/:@?&=,]+", each)))]
    return sorted({piece for piece in pieces if len(piece) >= SHORTEST}, key=len, reverse=True)


def _hush(names: Iterable[str]) -> None:
    """Keep loggers from telling anybody else: Apprise hands out what it says of a message with what came of it."""
    for name in names:
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
