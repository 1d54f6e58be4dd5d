"""HTTP to the services: one client for each channel, limits on time and bytes, and no secret in what is said of it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import cast

import httpx2
import trio
from attrs import frozen

from actionbus import Secret
from actionbus_plugins.notifier.delivery.outcome import Arrived, Lost, Outcome, Refused
from actionbus_plugins.web import LONGEST_WAIT, USER_AGENT, clean, parts, read, trusting, wait_for, why

UNAVAILABLE = 503  # of the 5xx the one that says that nothing was done
AGAIN = (408, 425, 429)  # of the 4xx: asking again makes sense


@frozen(kw_only=True)
class Reply:
    """What a server has answered."""

    status: int
    body: Mapping[str, object]
    """The JSON object; empty where it is none."""
    words: str
    """What it says, short and without secrets."""
    wait: float
    """Seconds that it asks us to wait."""

    @property
    def is_good(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def outcome(self) -> Outcome:
        """What comes of it, by its status alone."""
        if self.is_good:
            return Arrived()
        words = f"status {self.status} {self.words}".strip()
        if self.status >= 500 or self.status in AGAIN:
            return Lost(words=words, sure=self.status < 500 or self.status == UNAVAILABLE, wait=self.wait)
        return Refused(words=words, status=self.status)

    def inner(self, key: str) -> Mapping[str, object]:
        """Return an object within the body; an empty one where there is none."""
        value = self.body.get(key)
        return cast("dict[str, object]", value) if isinstance(value, dict) else {}


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
        """Send one request, with a JSON body if there is one; what comes of it is in the status."""
        reply = await self.get(method, url, headers=headers, body=body)
        return reply.outcome if isinstance(reply, Reply) else reply

    async def get(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: object = None
    ) -> Reply | Lost | Refused:
        """Send one request, with a JSON body if there is one, and return the answer, whatever its status."""
        content = json.dumps(body, ensure_ascii=False).encode(errors="replace") if body is not None else None
        own = {"content-type": "application/json"} if content is not None else {}
        if self._token is not None:
            own["authorization"] = f"Bearer {self._token.reveal()}"
        try:
            with trio.fail_after(self._patience):
                request = self._client.stream(method, url, headers={**own, **(headers or {})}, content=content)
                async with request as response:
                    said = await read(response.aiter_raw())
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            return Lost(words=self._clean(why(error)), sure=True)
        except trio.TooSlowError:
            return Lost(words=f"no answer within {self._patience:g} s", sure=False)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            return Refused(words=self._clean(why(error)))
        except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError) as error:  # ValueError: of odd headers
            words = self._clean(why(error))
            if isinstance(error, UnicodeError) and not isinstance(error, UnicodeDecodeError):
                return Refused(words=words)  # of the host's name: nothing was read
            return Lost(words=words, sure=False)
        body_said = _object(said)
        return Reply(
            status=response.status_code,
            body=body_said,
            words=self._clean(_words(body_said) or said.decode(errors="replace")),
            wait=max(wait_for(response.headers.get("retry-after", "")), _wait_within(body_said)),
        )

    def _clean(self, text: str) -> str:
        return clean(text, self._hidden)


@asynccontextmanager
async def open_web(
    patience: float, ca_file: Path | None, token: Secret | None, hidden: Iterable[str]
) -> AsyncGenerator[Web]:
    """Open a client. Raises OSError where ``ca_file`` cannot be used."""
    client = httpx2.AsyncClient(
        verify=trusting(ca_file),
        timeout=httpx2.Timeout(None, connect=patience / 2),
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # none are kept
        headers={"user-agent": USER_AGENT, "accept-encoding": "identity"},
    )
    async with client:
        yield Web(client, patience, token, parts(hidden))


def _object(said: bytes) -> Mapping[str, object]:
    """Read a JSON object; an empty one where it is none."""
    try:
        value: object = json.loads(said.decode(errors="replace"))
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _words(body: Mapping[str, object]) -> str:
    """Return what a server says in words; empty where that is not known."""
    said = (body.get(key) for key in ("error", "message", "detail", "description"))
    return next((words for words in said if isinstance(words, str)), "")


def _wait_within(body: Mapping[str, object]) -> float:
    """Read how many seconds to wait where it stands in the body: Discord's and Telegram's."""
    parameters = body.get("parameters")
    for place in (body, cast("dict[str, object]", parameters) if isinstance(parameters, dict) else {}):
        after = place.get("retry_after")
        if isinstance(after, int | float) and after > 0:
            return float(min(after, LONGEST_WAIT))  # of an int of any size
    return 0.0
