"""The keys of webhooks, and what they sign: Standard Webhooks, version v1 (HMAC-SHA256)."""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Sequence

from attrs import field, frozen

PREFIX = "whsec_"
LEAST, MOST = 24, 64  # bytes of a key, as the specification has it
VERSION = "v1"
DIGEST = 32  # bytes of a signature


@frozen(eq=False)
class Key:
    """A key; its bytes are not in the ``repr``."""

    secret: bytes = field(repr=lambda _: "***")


def read_key(text: str) -> Key:
    """Read a secret, ``whsec_`` and the base64 of 24 to 64 bytes; padding may be left out.

    Raises ValueError with the end of a sentence that starts with where the secret is kept, and never shows it.
    """
    if not text.startswith(PREFIX):
        raise ValueError(f"should begin with {PREFIX}")
    encoded = text.removeprefix(PREFIX)
    if not encoded.isascii() or set(encoded) & set("-_"):
        raise ValueError(f"should be plain base64 behind {PREFIX}, with + and / where it has other characters")
    try:
        secret = decoded(encoded)
    except ValueError:
        raise ValueError(f"should be base64 behind {PREFIX}, and is not (cut off?)") from None
    if not LEAST <= len(secret) <= MOST:
        raise ValueError(f"should hold {LEAST} to {MOST} bytes behind {PREFIX}, and holds {len(secret)}")
    return Key(secret)


def write_key(secret: bytes) -> str:
    """Return the text that ``read_key`` reads."""
    return f"{PREFIX}{encoded(secret)}"


def sign(keys: Sequence[Key], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the header ``webhook-signature``: one signature for each key, several while a secret is changed.

    ``timestamp`` is the attempt's time in Unix seconds. Raises ValueError for an id with a dot, which would make it
    unclear where the id ends, and where there is no key.
    """
    if not keys or not message_id or "." in message_id:
        raise ValueError("a signature needs a key, and an id without a dot")
    content = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return " ".join([f"{VERSION},{encoded(digest(key.secret, content))}" for key in keys])


def digest(secret: bytes, content: bytes) -> bytes:
    """Return the 32 bytes of a signature."""
    return hmac.digest(secret, content, "sha256")


def encoded(data: bytes) -> str:
    """Return base64, with padding."""
    return binascii.b2a_base64(data, newline=False).decode()


def decoded(text: str) -> bytes:
    """Read base64 strictly, but for padding that is missing. Raises ValueError (binascii.Error is one)."""
    return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
