"""What the journal holds, as lines for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from actionbus.cli.box import fitted
from actionbus.cli.looking import printable
from actionbus.events.actions import UnknownAction
from actionbus.events.base import Action, Player, Team, period_text
from actionbus.events.catalogue import snake_name
from actionbus.log.inspect import Entry
from actionbus.log.rows import RowKind

_TIME = "%m-%d %H:%M:%S"
_TYPE = 22  # columns: the longest that is common, "defensive team rebound"
_QUIET = "-"  # in the place of the change: nothing followed from the packet


def as_line(entry: Entry, length: int) -> str:
    """Return an entry in one line; ``length`` is how many characters of the fixture's id are shown."""
    when = datetime.fromtimestamp(entry.received).strftime(_TIME) if entry.received is not None else ""
    clock = _clock(entry.action) if entry.action is not None else ""
    change = "" if entry.change is None else entry.change.value
    if entry.change is None and entry.kind in (RowKind.PACKET, RowKind.VANISHED):
        change = _QUIET
    shown = "" if change == "added" else change
    line = f"{when:14}  {fitted(printable(entry.fixture[:length]), length)}  {clock:9}  {shown:9}  {_text(entry)}"
    return line.rstrip()


def as_json(entry: Entry) -> str:
    """Return an entry as one JSON object on one line; every key is always there."""
    action = entry.action
    said: dict[str, object] = {
        "position": entry.position,
        "fixture": entry.fixture,
        "kind": entry.kind.name.lower(),
        "at": entry.at or None,
        "received": entry.received,
        "origin": "catch_up" if entry.late else "live",
        "id": entry.id,
        "type": _type(entry),
        "change": entry.change,
        "period": action.period if action is not None else None,
        "clock": action.clock if action is not None else None,
        "team": _named(action.team) if action is not None else None,
        "player": _named(action.player) if action is not None else None,
        "score": str(action.score) if action is not None and action.score is not None else None,
        "state": entry.status,
        "says": entry.says or None,
        "text": " ".join(_text(entry).split()),
        "reason": entry.reason or None,
    }
    return json.dumps(said, ensure_ascii=False)


def _type(entry: Entry) -> str | None:
    if entry.action is not None:
        return snake_name(type(entry.action))
    named = {RowKind.BAD_PACKET: "bad_packet", RowKind.STATUS: "feed_status", RowKind.MOMENT: entry.name}
    return named.get(entry.kind)


def _named(what: Team | Player | None) -> Mapping[str, str] | None:
    return {"id": what.id, "name": what.name} if what is not None else None


def _text(entry: Entry) -> str:
    if entry.status is not None:
        return printable(f"feed {entry.status}: {entry.reason}" if entry.reason else f"feed {entry.status}")
    if entry.kind is RowKind.BAD_PACKET:
        return printable(f"bad packet: {entry.reason}")
    if entry.kind is RowKind.MOMENT:
        return f"{fitted(_words(entry.name), _TYPE)}  {printable(json.dumps(entry.says, ensure_ascii=False))}"
    if entry.action is None:
        return "a packet that was good when it came, and cannot be read now"
    return _action_text(entry.action, vanished=entry.kind is RowKind.VANISHED)


def _action_text(action: Action, *, vanished: bool) -> str:
    words = _words(snake_name(type(action)))
    if isinstance(action, UnknownAction):
        words += f": {action.type_name or action.type_id}"
    who = [f"{action.player} ({action.team})" if action.team is not None else str(action.player)]
    if action.player is None:
        who = [str(action.team)] if action.team is not None else []
    score = [str(action.score)] if action.score is not None else []
    gone = ["no longer in the feed's list"] if vanished else []
    return "  ".join((f"{printable(words):{_TYPE}}", *map(printable, who), *score, *gone)).rstrip()


def _words(name: str) -> str:
    return printable(name.replace("_", " "))


def _clock(action: Action) -> str:
    if action.period < 1:
        return ""
    return printable(f"{period_text(action.period)} {action.clock or ''}").rstrip()
