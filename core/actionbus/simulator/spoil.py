"""Packets that nobody can use, made from good ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from uuid import uuid5

import orjson

from actionbus.recording import fixture_of
from actionbus.simulator.teams import NAMESPACE

if TYPE_CHECKING:
    from random import Random


class NotText(str):
    """A text whose bytes are not UTF-8, to be sent in a text frame all the same."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> bytes:
        """Return the bytes; wsproto asks for them when it builds the frame."""
        return super().encode(encoding, "surrogateescape")


class _Spoil(Protocol):
    def __call__(self, packet: str, rng: Random) -> str: ...


def spoil(packet: str, number: int, rng: Random) -> str:
    """Return a packet like this one that cannot be used; ``number`` goes round the ways to spoil one.

    What cannot be decoded, and what is another fixture's, is certain to be of no use; a packet with a digit changed
    would be a good packet that lies.
    """
    return _WAYS[number % len(_WAYS)](packet, rng)


def _cut_short(packet: str, rng: Random) -> str:
    return packet[: rng.randrange(1, max(2, len(packet)))]


def _flip_bits(packet: str, rng: Random) -> str:
    """Flip bits until it is no JSON any more; what is not UTF-8 then is the other ways' business."""
    content = bytearray(packet.encode(errors="surrogateescape"))
    while True:
        place = rng.randrange(len(content))
        flipped = content[place] ^ 1 << rng.randrange(7)
        if content[place] < 128 and flipped >= 32:
            content[place] = flipped
        text = content.decode(errors="surrogateescape")
        if not _is_json(text):
            return text


def _wrong_types(packet: str, rng: Random) -> str:
    """Put something else where an object or an id must be."""
    wrong = rng.choice((b"7", b'"goal"', b"[]", b"null", b"true"))
    key = rng.choice(("fixtureAction", "actionId"))
    if key == "fixtureAction":
        return orjson.dumps({"fixtureAction": orjson.Fragment(wrong), "version": 3}).decode()
    wrong = rng.choice((b"{}", b"[1]", b"null", b"false"))
    fixture = fixture_of(packet)
    action = {"actionId": orjson.Fragment(wrong), "fixtureId": fixture, "sendTypeId": 5, "fixtureActionTypeId": 201}
    return orjson.dumps({"fixtureAction": action, "version": 3}).decode()


def _too_big(packet: str, rng: Random) -> str:
    """A number that no double holds."""
    return f'{{"version":{rng.randint(1, 9)}e999,{packet.lstrip()[1:]}'


def _not_utf8(packet: str, rng: Random) -> str:
    """Latin-1 in the middle: it goes out in a binary frame."""
    place = rng.randrange(1, max(2, len(packet) - 1))
    return f"{packet[:place]}\udce9\udcff{packet[place:]}"


def _not_utf8_text(packet: str, rng: Random) -> str:
    return NotText(_not_utf8(packet, rng))


def _of_another_fixture(packet: str, rng: Random) -> str:
    fixture = fixture_of(packet)
    other = str(uuid5(NAMESPACE, f"another/{rng.random()}"))
    return packet.replace(fixture, other) if fixture else _cut_short(packet, rng)


def _nested(packet: str, rng: Random) -> str:
    """Deeper than any parser's stack wants to go."""
    depth = rng.randint(1500, 5000)
    return '{"fixtureAction":' * depth + packet + "}" * depth


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


_WAYS: tuple[_Spoil, ...] = (
    _cut_short,
    _flip_bits,
    _wrong_types,
    _of_another_fixture,
    _too_big,
    _not_utf8,
    _nested,
    _not_utf8_text,
)
