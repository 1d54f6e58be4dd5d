"""What is usually done wrong where webhooks are signed and verified, each as the bytes that come of it."""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import cast
from urllib.parse import quote, unquote

from attrs import frozen

from actionbus.signing.flaws import Flaw, Kind
from actionbus.signing.keys import DIGEST, PREFIX, VERSION, decoded
from actionbus.signing.rewriting import rewritten

_SIGNATURE = re.compile(rf"{VERSION},([A-Za-z0-9+/]{{43}}=)")
_HINTS: dict[Kind, str] = {
    "secret": f"cut {PREFIX} off, decode the rest as base64, and take the bytes as the key",
    "id": "sign and hand on webhook-id as it came",
    "signature": 'sign webhook-id + "." + webhook-timestamp + "." + body',
    "body": "verify the bytes as they came, before anything parses, prints or saves them as text",
    "header": 'write "v1," and the base64 of the 32 bytes, with a blank between several',
}


@frozen
class Guess:
    """What may have been taken, and the mistake that it would be; no flaw: it is what should be taken."""

    value: bytes
    flaw: Flaw | None = None


def guess_keys(secrets: Mapping[str, str]) -> Iterator[Guess]:
    """Yield what the texts of secrets, by their names, may have been taken for."""
    for text in secrets.values():
        try:
            yield Guess(decoded(text.removeprefix(PREFIX)))
        except ValueError:
            continue  # the secret itself is wrong, which is told as such
    for name, text in secrets.items():
        bare = text.removeprefix(PREFIX)
        yield _mistake("secret", f"the key that was used is the text of {name}, not decoded", bare.encode())
        if bare == text:
            continue
        yield _mistake("secret", f"the key that was used is the text of {name}, {PREFIX} included", text.encode())
        for lenient in (text, text.replace("_", "/")):  # Python leaves _ out, Node takes it for a /
            try:
                undone = binascii.a2b_base64(lenient + "==")
            except ValueError:
                continue
            yield _mistake("secret", f"{PREFIX} was decoded along with the base64 of {name}", undone)


def guess_ids(header: str, body: bytes) -> Iterator[Guess]:
    """Yield the ids that may have been signed."""
    yield Guess(header.encode())
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    inside = cast("dict[str, object]", parsed).get("id") if isinstance(parsed, dict) else None
    others = {unquote(header), quote(header, safe=":"), quote(header, safe=""), header.partition(".")[0]}
    if isinstance(inside, str):
        others.add(inside)
    for other in sorted(others - {header}):
        yield _mistake("id", f"webhook-id was changed on its way: {other!r} was signed", other.encode(errors="replace"))


def guess_contents(message_id: bytes, timestamp: bytes, body: bytes) -> Iterator[Guess]:
    """Yield what of a request may have been signed."""
    yield Guess(b"%b.%b.%b" % (message_id, timestamp, body))
    yield _mistake("signature", "the body alone was signed", body)
    yield _mistake("signature", "webhook-id was left out of what was signed", b"%b.%b" % (timestamp, body))
    yield _mistake("signature", "webhook-timestamp was left out of what was signed", b"%b.%b" % (message_id, body))
    swapped = b"%b.%b.%b" % (timestamp, message_id, body)
    yield _mistake("signature", "webhook-timestamp was signed before webhook-id", swapped)
    yield _mistake("signature", "what was signed has no dots between its parts", message_id + timestamp + body)


def guess_bodies(body: bytes) -> Iterator[Guess]:
    """Yield what the body may have been before somebody parsed it and wrote it anew."""
    yield Guess(body)
    for what, value in rewritten(body):
        yield _mistake("body", f"what was signed is not this body, but this body {what}", value)


def told_signatures(header: str) -> Iterator[Guess]:
    """Yield the signatures that ``webhook-signature`` holds, also those that are not written as they should be."""
    for part in header.split():
        version, comma, text = part.partition(",")
        if not comma:
            for value in _read(part, part.rpartition("=")[2]):
                yield _mistake("header", "a signature in webhook-signature has no version before it", value)
        elif version == VERSION:
            try:
                value = decoded(text)
            except ValueError:
                value = b""
            if len(value) == DIGEST:
                yield Guess(value)
            else:
                for value in _read(text):
                    yield _mistake("header", "a signature in webhook-signature is not plain base64", value)
    for text in _SIGNATURE.findall(header.replace(" ", "+")):
        what = "webhook-signature has a blank in the place of a +, or commas between signatures"
        yield _mistake("header", what, decoded(text))


def _read(*texts: str) -> Iterator[bytes]:
    """Yield the signatures that are written in hex or in some base64."""
    for text in texts:
        try:
            value = bytes.fromhex(text) if len(text) == 2 * DIGEST else decoded(text.translate({45: "+", 95: "/"}))
        except ValueError:
            continue
        if len(value) == DIGEST:
            yield value


def _mistake(kind: Kind, what: str, value: bytes) -> Guess:
    return Guess(value, Flaw(kind=kind, what=what, hint=_HINTS[kind]))
