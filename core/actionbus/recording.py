"""A recording: the packets of one fixture, one a line, as they come on the wire."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import orjson
from attrs import frozen

from actionbus.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_BLANK = " \t\r\n"  # what JSON takes for blank, no more: a recording keeps everything else


@frozen
class Recording:
    """The packets of one fixture in the order of delivery, each as the text that came on the wire.

    A packet need not be good JSON: mutated recordings are replayed on purpose. Bytes that are not UTF-8 are
    kept as lone surrogates (``surrogateescape``), so that ``packet.encode(errors="surrogateescape")`` gives
    the line back.
    """

    fixture: str
    packets: tuple[str, ...]


def read_recording(path: Path) -> Recording:
    """Read a recording: JSON lines, or one JSON array of packets (the answer of REST ``/actions``).

    Blank lines are skipped, bad lines are kept. The fixture is that of the first packet that names one.
    Raises ConfigError, in one sentence, when the file cannot be read or holds no packet.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; name a recording, one JSON packet a line") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a directory; name a recording inside it") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from None
    text = content.decode("utf-8-sig", errors="surrogateescape")
    packets = _array(text) or tuple(line for raw in text.split("\n") if (line := raw.strip(_BLANK)))
    if not packets:
        raise ConfigError(f"{path} is empty; a recording has one JSON packet a line")
    fixture = _first_fixture(packets)
    if fixture is None:
        raise ConfigError(f"{path}: no line of it is a Live Actions packet; a recording has one JSON packet a line")
    return Recording(fixture, packets)


def fixture_of(packet: str) -> str | None:
    """Return the fixture id that a packet names, or None where it is no packet that names one."""
    try:
        found: object = orjson.loads(packet)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    action = cast("dict[str, object]", found).get("fixtureAction")
    if not isinstance(action, dict):
        return None
    fixture = cast("dict[str, object]", action).get("fixtureId")
    return fixture if isinstance(fixture, str) and fixture else None


def _first_fixture(packets: Iterable[str]) -> str | None:
    return next((fixture for packet in packets if (fixture := fixture_of(packet)) is not None), None)


def _array(text: str) -> tuple[str, ...] | None:
    """Cut the elements of one JSON array out of ``text``, each exactly as it is written there.

    None where ``text`` is not one whole JSON array. Line breaks inside an element are left out: between
    tokens they mean nothing, and inside a string JSON does not allow them.
    """
    if not text.lstrip().startswith("["):
        return None
    decoder = json.JSONDecoder()
    elements: list[str] = []
    place = _skip(text, text.index("[") + 1)
    try:
        while text[place] != "]":
            end: int = decoder.raw_decode(text, place)[1]
            elements.append("".join(line.strip(_BLANK) for line in text[place:end].split("\n")))
            place = _skip(text, end)
            if text[place] == ",":
                place = _skip(text, place + 1)
            elif text[place] != "]":
                return None
    except (ValueError, IndexError, RecursionError):
        return None
    return tuple(elements) if not text[place + 1 :].strip() else None


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _BLANK:
        place += 1
    return place
