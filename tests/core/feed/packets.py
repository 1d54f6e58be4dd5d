"""Packets and frames as a server sends them, and what a client should announce for them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

FIXTURE = "fixture-1"
TOKEN = "canary-7f3a9c"
ACCEPTED = '{"message":"Authorisation accepted","level":"INFO"}'
HEARTBEAT = '{"message":"Heartbeat sent at 2026-01-01T18:07:54Z","level":"INFO"}'
EPOCH = 1_767_290_400.0  # Unix seconds


def make_packet(number: int, *, finished: bool = False, action: str | None = None, **fields: Any) -> str:
    """Packet ``number`` of a list: a steal by a player of its own."""
    said: dict[str, Any] = {
        "actionId": action or f"a{number}",
        "fixtureId": FIXTURE,
        "fixtureActionType": "Steal",
        "fixtureActionTypeId": 222,
        "fixtureSeqNum": number + 1,
        "period": 1,
        "clockTime": "09:00",
        "player": {"id": f"p{number}", "name": f"Player {number}"},
        "sendType": "Confirmed",
        "sendTypeId": 5,
        "team": {"homeTeam": True, "id": "home", "name": "Home"},
        "timelineSequence": number + 1,
        "timestamp": f"2026-01-01T18:{number // 60:02}:{number % 60:02}.000000Z",
    }
    return json.dumps({"fixtureAction": said | fields, "fixtureSummary": {"finished": finished}, "version": 3})


def make_list(count: int, *, finished: bool = False) -> list[str]:
    """A list of so many steals; the last packet may say that the fixture is finished."""
    return [make_packet(number, finished=finished and number == count - 1) for number in range(count)]


def added(numbers: Iterable[int]) -> list[tuple[str, str]]:
    """The announcements of these packets of ``make_list``."""
    return [(f"a{number}:1", "added") for number in numbers]


def text_frame(payload: bytes, *, opcode: int = 0x81) -> bytes:
    """A frame as a server sends it, whatever is in it."""
    size = len(payload)
    if size < 126:
        return bytes([opcode, size]) + payload
    if size < 2**16:
        return bytes([opcode, 126]) + size.to_bytes(2, "big") + payload
    return bytes([opcode, 127]) + size.to_bytes(8, "big") + payload
