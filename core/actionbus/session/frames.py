"""What a frame of the feed is: told by its shape, never by its position (PROTOCOL 0.3)."""

from __future__ import annotations

from typing import cast

import orjson
from attrs import define, field, frozen

_KEY = '"fixtureAction"'
_OF_PACKETS = {"fixtureAction", "fixtureSummary", "traceId"}
_CONTROLS = {"errorMessage", "message", "level"}  # what has one of these and is no control frame is a broken packet
_OF_ACTIONS = {"actionId", "fixtureId"}
_KEY_BYTES = _KEY.encode()


@frozen
class Accepted:
    """The server accepts the token; ``text`` are its words."""

    text: str


@frozen
class Refused:
    """The server does not want us, in its own words."""

    reason: str


@frozen
class Heartbeat:
    """Nothing new."""


@frozen
class Packet:
    """One element of the feed's list, as it came: not decoded, and perhaps no good."""

    text: str | bytes = field(repr=False)


@frozen
class Notice:
    """Something else that the server says; ``level`` is its own word (``WARN``), or STATISTICS for a box score."""

    level: str
    text: str


Frame = Accepted | Refused | Heartbeat | Packet | Notice


@define
class Session:
    """One connection's frames, told apart. ``accepted`` from the acknowledgement, or the first packet, on."""

    accepted: bool = False

    def receive(self, frame: str | bytes) -> Frame:
        """Say what a frame is. A packet is not decoded for it: that happens once, where it is used."""
        if (_KEY in frame) if isinstance(frame, str) else (_KEY_BYTES in frame):
            self.accepted = True
            return Packet(frame)
        try:
            content: object = orjson.loads(frame)
        except ValueError:
            content = None
        if isinstance(content, dict):
            said = self._control(cast("dict[str, object]", content))
            if said is not None:
                return said
        self.accepted = True
        return Packet(frame)

    def _control(self, said: dict[str, object]) -> Frame | None:
        """Read what is no packet; None where it is nothing that is known."""
        error, message, level = said.get("errorMessage"), said.get("message"), said.get("level")
        if isinstance(error, str):
            return Refused(error)
        if isinstance(message, str) and isinstance(level, str):
            return self._message(message, level.upper())
        if "teamActionAggregates" in said:
            return Notice("STATISTICS", "")
        if not _is_packet(said) and not _CONTROLS & said.keys():
            return Notice("UNKNOWN", f"a frame with the keys {', '.join(sorted(said)) or '(none)'}")
        return None

    def _message(self, text: str, level: str) -> Frame:
        if text.casefold().startswith("heartbeat"):
            return Heartbeat()
        if not self.accepted:
            if level == "ERROR":
                return Refused(text)
            if level == "INFO":
                self.accepted = True
                return Accepted(text)
        return Notice(level, text)


def _is_packet(said: dict[str, object]) -> bool:
    """Whether an object is a packet, if a broken one: it has a packet's keys, or something in it has an action's."""
    inner = (cast("dict[str, object]", value) for value in said.values() if isinstance(value, dict))
    return not said.keys().isdisjoint(_OF_PACKETS) or any(not each.keys().isdisjoint(_OF_ACTIONS) for each in inner)
