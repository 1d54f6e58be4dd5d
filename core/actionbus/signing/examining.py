"""Whether a request is signed as it should be and, where it is not, what is wrong with it and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from actionbus.signing.flaws import Flaw, Verdict
from actionbus.signing.guesses import Guess, guess_bodies, guess_contents, guess_ids, guess_keys, told_signatures
from actionbus.signing.keys import PREFIX, VERSION, decoded, digest, read_key
from actionbus.signing.rewriting import looks_rewritten

ID, TIMESTAMP, SIGNATURE = HEADERS = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300.0  # seconds that a timestamp may differ from the receiver's clock: as the reference libraries have it

_MOST_MISTAKES = 2  # that are tried together
_SECONDS, _MILLISECONDS = re.compile(r"\d{1,12}", re.ASCII), re.compile(r"\d{13,15}", re.ASCII)
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_ASYMMETRIC = "v1a"
_MAKE_ONE = "actionbus webhook secret prints one"


def examine(
    headers: Sequence[tuple[str, str]],
    body: bytes,
    secrets: Mapping[str, str],
    *,
    now: float,
    tolerance: float = TOLERANCE,
) -> Verdict:
    """Say of a request whether one of the ``secrets`` has signed it, and otherwise all that is wrong.

    ``secrets`` are texts, ``whsec_...``, by the names that people know them by. ``now`` is the receiver's clock in
    Unix seconds, ``tolerance`` how many seconds a timestamp may differ from it.
    """
    flaws = [*_wrong_secrets(secrets), *_wrong_headers(headers)]
    message_id, timestamp, signature = (next(iter(_values(headers, name)), "") for name in HEADERS)
    if timestamp:
        flaws += _wrong_clock(timestamp, now, tolerance)
    if "." in message_id:
        what = f"webhook-id {message_id!r} holds a dot, where it is a dot that ends it in what is signed"
        flaws.append(Flaw(kind="id", what=what, hint="hand ids without dots on; actionbus makes no others"))
    if not (message_id and timestamp and signature):
        return Verdict(flaws=tuple(flaws), signed_by=None)
    content = b"%b.%b.%b" % (message_id.encode(), timestamp.encode(), body)
    told = {each.value for each in told_signatures(signature) if each.flaw is None}
    signed_by = next((name for name, key in _keys(secrets) if digest(key, content) in told), None)
    if signed_by is None:
        found = explain(message_id, timestamp, signature, body, secrets)
        if found is None and any(_keys(secrets)):
            found = tuple(_unexplained(signature, headers, body))
        flaws += found or ()
    return Verdict(flaws=tuple(flaws), signed_by=signed_by)


def explain(
    message_id: str, timestamp: str, signature: str, body: bytes, secrets: Mapping[str, str]
) -> tuple[Flaw, ...] | None:
    """Return the mistakes by which somebody comes to ``signature``: none if it is right; None if no guess fits."""
    told: dict[bytes, Guess] = {}
    for each in told_signatures(signature):
        told.setdefault(each.value, each)
    for key, content, mistakes in _tries(message_id, timestamp, body, secrets):
        if (found := told.get(digest(key, content))) is not None:
            return (*mistakes, *_mistakes(found))
    return None


def _tries(
    message_id: str, timestamp: str, body: bytes, secrets: Mapping[str, str]
) -> Iterator[tuple[bytes, bytes, tuple[Flaw, ...]]]:
    """Yield keys and what they may have signed, the fewest mistakes first."""
    named, written = list(guess_ids(message_id, body)), list(guess_bodies(body))
    keys = list(guess_keys(secrets))
    for most in range(_MOST_MISTAKES + 1):
        for key, by_id, by_body in product(keys, named, written):
            if len(_mistakes(key, by_id, by_body)) > most:
                continue
            for content in guess_contents(by_id.value, timestamp.encode(), by_body.value):
                mistakes = _mistakes(key, by_id, content, by_body)
                if len(mistakes) == most:
                    yield key.value, content.value, mistakes


def _mistakes(*guesses: Guess) -> tuple[Flaw, ...]:
    return tuple(each.flaw for each in guesses if each.flaw is not None)


def _keys(secrets: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield the keys as the reference libraries read them: without ``whsec_`` too, and of any length."""
    for name, text in secrets.items():
        try:
            yield name, decoded(text.removeprefix(PREFIX))
        except ValueError:
            continue


def _values(headers: Sequence[tuple[str, str]], name: str) -> list[str]:
    return [value.strip() for given, value in headers if given.strip().lower() == name]


def _wrong_secrets(secrets: Mapping[str, str]) -> Iterator[Flaw]:
    for name, text in secrets.items():
        try:
            read_key(text)
        except ValueError as error:
            yield Flaw(kind="secret", what=f"{name} {error}", hint=_MAKE_ONE)


def _wrong_headers(headers: Sequence[tuple[str, str]]) -> Iterator[Flaw]:
    given = {name.strip().lower() for name, _ in headers}
    for name in HEADERS:
        values = _values(headers, name)
        if len(values) > 1:
            same = "the same" if len(set(values)) == 1 else "another"
            what = f"the header {name} is there {len(values)} times, each time with {same} value"
            yield Flaw(kind="header", what=what, hint="find what adds it on the way; the first was taken here")
        elif not "".join(values):
            other = next((each for each in _other_names(name) if each in given), None)
            what = f"the header {name} is {'empty' if values else 'missing'}"
            hint = f"there is {other}, which another sender sets" if other else "is this a webhook, as it came?"
            yield Flaw(kind="header", what=what, hint=hint)


def _other_names(name: str) -> tuple[str, ...]:
    return name.replace("webhook-", "svix-"), name.replace("-", "_"), f"http_{name.replace('-', '_')}", f"x-{name}"


def _wrong_clock(timestamp: str, now: float, tolerance: float) -> Iterator[Flaw]:
    if not _SECONDS.fullmatch(timestamp):
        unit = "milliseconds" if _MILLISECONDS.fullmatch(timestamp) else f"{timestamp!r}"
        what = f"webhook-timestamp is {unit}, should be whole Unix seconds"
        yield Flaw(kind="clock", what=what, hint="hand it on as it came")
        return
    age = now - int(timestamp)
    if abs(age) > tolerance:
        which, where = ("old", "behind") if age > 0 else ("new", "ahead of")
        told = f"{_length(abs(age))} {where} the clock here, and at most {_length(tolerance)} are tolerated"
        what = f"webhook-timestamp is too {which}: {told}"
        hint = "set the clocks of both machines; for a request that was kept for a while allow more"
        yield Flaw(kind="clock", what=what, hint=hint)


def _unexplained(signature: str, headers: Sequence[tuple[str, str]], body: bytes) -> Iterator[Flaw]:
    """Say what is wrong with a signature that nothing explains, the likeliest only."""
    versions = [part.partition(",")[0] for part in signature.split()]
    length = next(iter(_values(headers, "content-length")), "")
    if versions and VERSION not in versions and "," in signature:
        asymmetric = " (a public key is needed for it)" if _ASYMMETRIC in versions else ""
        what = f"webhook-signature holds no signature of version {VERSION}, but of {', '.join(versions)}{asymmetric}"
        yield Flaw(kind="version", what=what, hint="was it sent by actionbus, and handed on whole?")
    elif not any(each.flaw is None for each in told_signatures(signature)):
        what = 'webhook-signature holds no signature: "v1," and the base64 of 32 bytes'
        yield Flaw(kind="signature", what=what, hint="was it cut off on its way?")
    elif length.isdecimal() and int(length) != len(body):
        what = f"the body has {len(body)} bytes, where Content-Length says {length}"
        rewritten = looks_rewritten(body) if len(body) > int(length) else None
        hint = (
            "keep all of the body, and its bytes as they come" if rewritten is None else "verify the bytes as they come"
        )
        yield Flaw(kind="body", what=what if rewritten is None else f"{what}, and {rewritten}", hint=hint)
    elif (said := looks_rewritten(body)) is not None:
        yield Flaw(kind="body", what=f"no signature fits the body, and {said}", hint="verify the bytes as they come")
    else:
        what = "no signature fits: the secret is another one than the sender's, or the body was changed"
        yield Flaw(kind="signature", what=what, hint="compare the secret with that of the endpoint in plugins.toml")


def _length(seconds: float) -> str:
    """Write a length of time in its two largest units."""
    left, said = round(seconds), list[str]()
    for size, unit in _UNITS:
        if (number := left // size) or (unit == "s" and not said):
            said.append(f"{number} {unit}")
        left %= size
    return " ".join(said[:2])
