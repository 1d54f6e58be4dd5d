"""Why a connection failed, in one sentence for people, and whether it makes sense to try again soon."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterable
from http import HTTPStatus
from typing import cast

import orjson
import trio
from trio_websocket import CloseReason, ConnectionRejected

from actionbus.errors import FeedError, FeedRefused
from actionbus.secrets import Secret
from actionbus.session import FeedProfile

LONGEST_PAUSE = 300.0  # seconds that we wait at most because a server says so
_MOST_WORDS = 300  # characters of a server's own words
_TELLING = 12  # characters of a token in a row that tell something of it
_TRY_AGAIN = (408, 425, 429)  # of the 4xx, those that are about the moment, not about us

# OpenSSL's X509_V_ERR_*: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_NOT_YET_VALID = 9
_EXPIRED = 10
_WRONG_NAME = (62, 64)  # host, IP address


class Unavailable(FeedError):
    """The server cannot serve us now; ``wait`` are the seconds that it asks for, 0 where it names none."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        self.wait = wait
        super().__init__(reason)


def from_opening(error: BaseException, profile: FeedProfile) -> FeedError:
    """Say why there is no connection, or no TLS."""
    cause = error.__cause__ if isinstance(error, trio.BrokenResourceError) else error
    where = f"{profile.host} port {profile.port}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return FeedError(_certificate(cause, profile.host))
    if isinstance(cause, ssl.SSLError):
        said = (cause.reason or str(cause)).replace("_", " ").lower()
        return FeedError(f"TLS with {where} failed: {said}")
    if isinstance(cause, socket.gaierror | UnicodeError):
        return FeedError(f"no address is known for {profile.host}: check the name, and whether this machine is online")
    if isinstance(cause, OSError):
        return FeedError(f"cannot connect to {where}: {_first_error(cause)}")
    return FeedError(f"{where} broke the connection before it was up")


def _certificate(error: ssl.SSLCertVerificationError, host: str) -> str:
    if error.verify_code == _EXPIRED:
        return f"the certificate of {host} has expired"
    if error.verify_code == _NOT_YET_VALID:
        return f"the certificate of {host} is not valid yet: check this machine's clock"
    if error.verify_code in _WRONG_NAME:
        return f"the certificate that {host} shows is for another host: check the address"
    said = error.verify_message
    return f"the certificate of {host} is not trusted ({said}): if its authority is your own, name it with ca_file"


def _first_error(error: OSError) -> str:
    """Return what went wrong at the first of the addresses that were tried."""
    cause: BaseException | None = error.__cause__
    while isinstance(cause, BaseExceptionGroup):
        cause = cast("BaseExceptionGroup[BaseException]", cause).exceptions[0]
    inner = cause if isinstance(cause, OSError) else error
    return (os.strerror(inner.errno) if inner.errno else str(inner)).lower()


def from_handshake(error: Exception, profile: FeedProfile) -> FeedError:
    """Say why there is a connection, but no websocket; what trio-websocket raises is not all documented."""
    while isinstance(error, ExceptionGroup):
        error = cast("ExceptionGroup[Exception]", error).exceptions[0]
    if isinstance(error, FeedError):
        return error
    if isinstance(error, ConnectionRejected):
        return _rejected(error)
    return FeedError(f"{profile.host} does not answer as a websocket server does ({type(error).__name__})")


def _rejected(error: ConnectionRejected) -> FeedError:
    status = error.status_code
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    said = own_words(error.body or b"")
    reason = f"the server answered {status} {phrase}".rstrip() + (f": {said}" if said else "")
    if 400 <= status < 500 and status not in _TRY_AGAIN:
        return FeedRefused(reason)
    return Unavailable(reason, _retry_after(error.headers))


def own_words(body: bytes) -> str:
    """Return what a server wrote, on one line; the vendor prints its texts in braces though they are no JSON."""
    text = " ".join(body.decode(errors="replace").split())
    try:
        said: object = orjson.loads(text)
    except ValueError:
        said = text.strip("{} ")
    if isinstance(said, dict):
        found = cast("dict[str, object]", said)
        said = found.get("errorMessage") or found.get("message") or text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(said))


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> float:
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit():
            return min(float(value), LONGEST_PAUSE)
    return 0.0


def of_close(reason: CloseReason | None) -> str:
    """Say how a connection ended."""
    if reason is None or reason.code == 1006:
        return "the connection broke"
    said = own_words((reason.reason or reason.name.replace("_", " ").lower()).encode())
    return f"the server closed the connection: {reason.code} {said}"


def without(secret: Secret, text: str) -> str:
    """Return a server's words, cut to a readable length, with our token blotted out where they repeat it or a part."""
    token, said = secret.reveal(), text[:_MOST_WORDS]
    length = min(_TELLING, len(token))
    parts = {token[start : start + length] for start in range(len(token) - length + 1)}
    blot = [any(said[at : at + length] in parts for at in range(max(0, here - length + 1), here + 1))
            for here in range(len(said))]  # fmt: skip
    kept = "".join("\0" if black else letter for letter, black in zip(said, blot, strict=True))
    return re.sub("\0+", "***", kept)
