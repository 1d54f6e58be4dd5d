"""HTTP to the services: one client for each channel, limits on time and bytes, and no secret in what is said of it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import trio
from attrs import frozen

from actionbus import Secret
from actionbus_plugins.notifier.delivery.outcome import Arrived, Lost, Outcome, Refused

MOST_READ = 65_536  # bytes of an answer
MOST_WORDS = 200  # characters of it that are shown
LONGEST_WAIT = 3_600.0  # seconds, whatever a server asks for
UNAVAILABLE = 503  # of the 5xx the one that says that nothing was done
AGAIN = (408, 425, 429)  # of the 4xx: asking again makes sense
_SHORTEST = 8  # characters of a part of a secret address that is hidden by itself: shorter ones are words

for _name in ("httpx2", "httpcore2"):  # they log addresses and headers, in which there are secrets
    logging.getLogger(_name).setLevel(logging.WARNING)


@frozen
class Web:
    """A client, and what it must not show."""

    _client: httpx2.AsyncClient
    _patience: float
    _token: Secret | None
    _hidden: tuple[str, ...]

    async def ask(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: object = None
    ) -> Outcome:
        """Send one request, with a JSON body if there is one."""
        content = json.dumps(body, ensure_ascii=False).encode(errors="replace") if body is not None else None
        own = {"content-type": "application/json"} if content is not None else {}
        if self._token is not None:
            own["authorization"] = f"Bearer {self._token.reveal()}"
        try:
            with trio.fail_after(self._patience):
                request = self._client.stream(method, url, headers={**own, **(headers or {})}, content=content)
                async with request as response:
                    said = await _read(response)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            return Lost(words=self._clean(_why(error)), sure=True)
        except trio.TooSlowError:
            return Lost(words=f"no answer within {self._patience:g} s", sure=False)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            return Refused(words=self._clean(_why(error)))
        except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError) as error:  # ValueError: of odd headers
            words = self._clean(_why(error))
            if isinstance(error, UnicodeError) and not isinstance(error, UnicodeDecodeError):
                return Refused(words=words)  # of the host's name: nothing was read
            return Lost(words=words, sure=False)
        status = response.status_code
        if 200 <= status < 300:
            return Arrived()
        words = " ".join((f"status {status}", self._clean(_words(said)))).strip()
        if status >= 500 or status in AGAIN:
            return Lost(
                words=words,
                sure=status < 500 or status == UNAVAILABLE,
                wait=_wait(response.headers.get("retry-after", "")),
            )
        return Refused(words=words, status=status)

    def _clean(self, text: str) -> str:
        """Return a server's words on one line, short, without what must not be shown."""
        for hidden in self._hidden:
            text = text.replace(hidden, "***")
        plain = "".join(each if each.isprintable() else " " for each in text)
        return " ".join(plain.split())[:MOST_WORDS]


@asynccontextmanager
async def open_web(
    patience: float, ca_file: Path | None, token: Secret | None, hidden: Iterable[str]
) -> AsyncGenerator[Web]:
    """Open a client. Raises OSError where ``ca_file`` cannot be used."""
    context = httpx2.create_ssl_context()  # it trusts the system's authorities
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    client = httpx2.AsyncClient(
        verify=context,
        timeout=httpx2.Timeout(None, connect=patience / 2),
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # none are kept
        headers={"user-agent": "actionbus", "accept-encoding": "identity"},
    )
    async with client:
        yield Web(client, patience, token, tuple(sorted(parts(hidden), key=len, reverse=True)))


def parts(hidden: Iterable[str]) -> set[str]:
    """Return what must not be shown of secrets: each as a whole, and of an address its path and what stands in it."""
    found: set[str] = set()
    for secret in hidden:
        found.add(secret)
        if "://" in secret:
            split = urlsplit(secret)
            tail = secret.partition("://")[2].partition("/")[2]
            pieces = [*split.path.split("/"), *split.query.split("&"), split.query, tail]
            found.update(each for each in pieces if len(each) >= _SHORTEST)
    return found - {""}


def _why(error: BaseException) -> str:
    """Return the words of an error, or of what has led to it: httpx2 passes many on without."""
    cause: BaseException | None = error
    while cause is not None:
        if said := str(cause):
            return said
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


async def _read(response: httpx2.Response) -> bytes:
    said = b""
    with trio.CancelScope() as enough:
        async for chunk in response.aiter_raw():
            said = (said + chunk)[:MOST_READ]
            if len(said) == MOST_READ:
                enough.cancel()  # leaving the loop would leave httpx2's generators to the garbage collector
    return said


def _words(said: bytes) -> str:
    """Return what a server says in words, be it within JSON."""
    text = said.decode(errors="replace")
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, dict):
        for key in ("error", "message", "detail"):
            if isinstance(inner := value.get(key), str):  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                return inner
    return text


def _wait(after: str) -> float:
    """Read Retry-After: seconds, or a date."""
    if after.isascii() and after.isdigit():
        return min(float(after[:9]), LONGEST_WAIT)
    try:
        seconds = parsedate_to_datetime(after).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(0.0, seconds), LONGEST_WAIT)
