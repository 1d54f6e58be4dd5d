"""What everything here that speaks HTTP has in common: trust, limits, and no secret in what is said of it."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import AsyncIterable, Iterable
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import trio

MOST_READ = 65_536  # bytes of an answer
MOST_WORDS = 200  # characters of it that are shown
LONGEST_WAIT = 3_600.0  # seconds, whatever a server asks for
USER_AGENT = "actionbus"
_SHORTEST = 8  # characters of a part of a secret address that is hidden by itself: shorter ones are words
_LOOKED_AT = 4_096  # characters of an answer, of which many may be blanks
_KEY = "whsec_"  # what the secrets of Standard Webhooks begin with

for _name in ("httpx2", "httpcore2"):  # they log addresses and headers, in which there are secrets
    logging.getLogger(_name).setLevel(logging.WARNING)


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Trust the system's authorities, and those of a file. Raises OSError where that cannot be used."""
    context = httpx2.create_ssl_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def clean(text: str, hidden: Iterable[str]) -> str:
    """Return a server's words on one line, short, without what must not be shown: that is what ``parts`` gives."""
    for each in hidden:
        text = text.replace(each, "***")
    plain = "".join(each if each.isprintable() else " " for each in text[:_LOOKED_AT])
    return " ".join(plain.split())[:MOST_WORDS]


def parts(hidden: Iterable[str]) -> tuple[str, ...]:
    """Return what must not be shown of secrets, the longest first: each as a whole, and of an address what is in it."""
    found: set[str] = set()
    for secret in hidden:
        found.update((secret, secret.removeprefix(_KEY)))
        if "://" in secret:
            split = urlsplit(secret)
            tail = secret.partition("://")[2].partition("/")[2]
            pieces = [*split.path.split("/"), *split.query.split("&"), split.query, tail]
            found.update(each for each in pieces if len(each) >= _SHORTEST)
    return tuple(sorted(found - {""}, key=len, reverse=True))


def why(error: BaseException) -> str:
    """Return the words of an error, or of what has led to it: the HTTP library passes many on without."""
    cause: BaseException | None = error
    while cause is not None:
        if said := str(cause):
            return said
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


async def read(chunks: AsyncIterable[bytes]) -> bytes:
    """Read an answer, of one that is longer than ``MOST_READ`` the beginning."""
    said = b""
    with trio.CancelScope() as enough:
        async for chunk in chunks:
            said = (said + chunk)[:MOST_READ]
            if len(said) == MOST_READ:
                enough.cancel()  # leaving the loop would leave the library's generators to the garbage collector
    return said


def wait_for(after: str) -> float:
    """Read a header Retry-After, seconds or a date: return seconds, 0 where it says nothing."""
    if after.isascii() and after.isdigit():
        return min(float(after[:9]), LONGEST_WAIT)
    try:
        seconds = parsedate_to_datetime(after).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(0.0, seconds), LONGEST_WAIT)
