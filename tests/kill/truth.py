"""What a recording must come to, worked out from its packets by a small model of the protocol; no part of actionbus."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

Packet = dict[str, Any]

# The types whose events are counted one by one, by what is left of their names when spellings are made alike.
COUNTED = {
    "2pt made": "two_pointer_made",
    "2pt missed": "two_pointer_missed",
    "3pt made": "three_pointer_made",
    "3pt missed": "three_pointer_missed",
    "free throw made": "free_throw_made",
    "free throw missed": "free_throw_missed",
    "offensive rebound": "offensive_rebound",
    "defensive rebound": "defensive_rebound",
    "assist": "assist",
    "steal": "steal",
    "block": "block",
    "turnover": "turnover",
}
THREE = "three_pointer_made"
_VOID = ("cancelled", "deleted")
_SPELLING = re.compile(r"\b([23]) ?(?:pts?|points?)\b")


@frozen(kw_only=True)
class Expected:
    """One announcement that a listener must hear: its id, what it changes, and its class (empty: any will do)."""

    id: str
    change: str
    kind: str = ""


@frozen(kw_only=True)
class Truth:
    """One fixture: what is announced of its actions and of the moments made of them, in order, and the stores."""

    fixture: str
    actions: tuple[Expected, ...]
    moments: tuple[Expected, ...]
    store: dict[str, object]


@define
class _Held:
    """One action: its latest content that counted, how it stands, and how often it was announced."""

    kind: str
    content: object
    pending: bool = False
    stands: bool = False
    announced: int = 0


def read_truth(recording: Path) -> Truth:
    """Work out what a recording, one packet a line, must come to."""
    lines = (line for line in recording.read_text(encoding="utf-8").split("\n") if line.strip())
    packets: list[Packet] = [json.loads(line, parse_float=Decimal)["fixtureAction"] for line in lines]
    actions = tuple(_announce(packets))
    fixture: str = packets[0]["fixtureId"]
    return Truth(fixture=fixture, actions=actions, moments=tuple(_moments(fixture, actions)), store=_store(actions))


def _announce(packets: Iterable[Packet]) -> Iterable[Expected]:
    held: dict[str, _Held] = {}
    for packet in packets:
        yield from _apply(packet, held)


def _apply(packet: Packet, held: dict[str, _Held]) -> Iterable[Expected]:
    """Yield what a packet announces: the table of changes, which goes by how the action stood until then."""
    action_id, send_type = packet["actionId"], packet["sendType"].casefold()
    kind, content = _kind(packet), _content(packet)
    known = held.setdefault(action_id, _Held(kind, content))
    tentative = send_type == "pending"

    def announce(change: str, what: str) -> Expected:
        known.announced += 1
        return Expected(id=f"{action_id}:{known.announced}", change=change, kind=COUNTED.get(what, ""))

    if send_type in _VOID:
        if known.pending or known.stands:
            yield announce("withdrawn" if known.stands else "dismissed", known.kind)
        known.pending = known.stands = False
        return
    if known.stands and tentative:
        return
    alike = known.kind == kind and known.content == content
    if alike and (known.stands or (known.pending and tentative)):
        return
    if (known.stands or known.pending) and known.kind != kind:
        yield announce("withdrawn" if known.stands else "dismissed", known.kind)
        known.stands = False
    yield announce("tentative" if tentative else "amended" if known.stands else "added", kind)
    known.kind, known.content = kind, content
    known.pending, known.stands = tentative, not tentative


def _kind(packet: Packet) -> str:
    return _SPELLING.sub(r"\1pt", packet["fixtureActionType"].casefold())


def _content(packet: Packet) -> object:
    """Return what says whether two revisions of an action are the same, but for the kind."""
    who = [_part(packet.get(key), names) for key, names in _WHO]
    related: object = packet.get("relatedFixtureActionIds") or []
    return [packet.get(key) for key in _PLAIN], packet.get("period", 0), related, who


def _part(part: Packet | None, names: Iterable[str]) -> object:
    return [part.get(name) for name in names] if part is not None else None


_PLAIN = ("clockTime", "fixtureActionSubType", "timelineSequence", "metadata")
_WHO = (("team", ("id", "name", "homeTeam")), ("player", ("id", "name")))


def _moments(fixture: str, actions: Iterable[Expected]) -> Iterable[Expected]:
    """Yield what the publisher's moments are announced as: one for each action that was a made three, once."""
    threes = (each.id.rpartition(":")[0] for each in actions if each.kind == THREE and each.change == "added")
    for key in dict.fromkeys(threes):
        yield Expected(id=f"{fixture}:three_seen:{key}:1", change="added", kind="three_seen")


@define
class _Chain:
    """A hash over all events in order: one too many, too few or in another place gives another."""

    value: str = ""
    length: int = 0
    counts: dict[str, int] = field(factory=dict[str, int])

    def add(self, event: Expected) -> None:
        self.value = hashlib.sha256(f"{self.value}|{event.id}|{event.change}".encode()).hexdigest()
        self.length += 1
        by = {"added": 1, "withdrawn": -1}.get(event.change)
        if event.kind and by is not None:
            self.counts[event.kind] = self.counts.get(event.kind, 0) + by


def _store(actions: Iterable[Expected]) -> dict[str, object]:
    """Return what the counter's store must hold in the end, but for the counts of types that are not COUNTED."""
    chain = _Chain()
    for event in actions:
        chain.add(event)
    counts = {f"count:{kind}": count for kind, count in chain.counts.items()}
    return {"chain": chain.value, "events": chain.length, **counts}
