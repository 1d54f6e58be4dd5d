"""The list of the feed that the fault matrix plays: each packet, and what a person works out that it announces."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from attrs import frozen
from tests.core.feed.packets import FIXTURE

SEND_TYPES = {"Pending": 1, "Updated": 2, "Cancelled": 3, "Deleted": 4, "Confirmed": 5, "Restored": 6}
FOREIGN = "foreign"

# action, send type, type and player | its announcements; behind "!" a packet that is bad
_BEFORE = """
s1 Confirmed Steal p1               | s1:1 added
s2 Confirmed Steal p1               | s2:1 added
s3 Confirmed Steal p1               | s3:1 added
t1 Pending 3PT_Made p2              | t1:1 tentative
t1 Confirmed 3PT_Made p2            | t1:2 added
t2 Pending 3PT_Made p2              | t2:1 tentative
t2 Cancelled 3PT_Made p2            | t2:2 dismissed
! {
r1 Confirmed Defensive_Rebound -    | r1:1 added
r1 Updated Defensive_Rebound p3     | r1:2 amended
r1 Updated Offensive_Rebound p3     | r1:3 withdrawn, r1:4 added
o1 Confirmed Turnover p4            | o1:1 added
o1 Deleted Turnover p4              | o1:2 withdrawn
o1 Restored Turnover p4             | o1:3 added
o2 Confirmed Turnover p5            | o2:1 added
o2 Deleted Turnover p5              | o2:2 withdrawn
o2 Updated Turnover p6              | o2:3 added
x1 Cancelled Steal p7               |
x1 Confirmed Steal p7               | x1:1 added
x2 Deleted Steal p8                 |
! foreign
p1 Pending Steal p1                 | p1:1 tentative
p1 Pending Steal p2                 | p1:2 tentative
p1 Pending Block p2                 | p1:3 dismissed, p1:4 tentative
p1 Confirmed Block p2               | p1:5 added
s1 Pending Steal p1                 |
w1 Pending 2PT_Made p3              | w1:1 tentative
w2 Confirmed 2PT_Made p4            | w2:1 added
w3 Confirmed Steal p9               | w3:1 added
w4 Pending Steal p9                 | w4:1 tentative
q1 Confirmed Steal p1               | q1:1 added
q1 Confirmed Steal p1               |
q1 Confirmed Steal p1               |
! [1, 2]
q2 Confirmed Block p2               | q2:1 added
q2 Updated Block p2                 |
q2 Deleted Block p2                 | q2:2 withdrawn
q2 Restored Block p2                | q2:3 added
q2 Confirmed Block p2               |
"""
_DURING = """
w1 Confirmed 2PT_Made p3            | w1:2 added
w2 Deleted 2PT_Made p4              | w2:2 withdrawn
w3 Updated Turnover p9              | w3:2 withdrawn, w3:3 added
d1 Confirmed Steal p1               | d1:1 added
d1 Updated Steal p2                 | d1:2 amended
d2 Pending Block p3                 | d2:1 tentative
! <html>
d2 Cancelled Block p3               | d2:2 dismissed
d2 Pending Block p3                 | d2:3 tentative
d3 Confirmed Steal p4               | d3:1 added
d3 Confirmed Steal p4               |
d3 Deleted Steal p4                 | d3:2 withdrawn
d4 Pending 3PT_Made p5              | d4:1 tentative
d4 Confirmed 2PT_Made p5            | d4:2 dismissed, d4:3 added
s1 Updated Steal p9                 | s1:2 amended
d5 Confirmed 2PT_Made p6            | d5:1 added
d5 Deleted 2PT_Made p6              | d5:2 withdrawn
d5 Updated 2PT_Made p6              | d5:3 added
r1 Deleted Offensive_Rebound p3     | r1:5 withdrawn
"""
_AFTER = """
w2 Restored 2PT_Made p4             | w2:3 added
w4 Confirmed Block p9               | w4:2 dismissed, w4:3 added
d2 Confirmed Block p3               | d2:4 added
! {"fixtureAction": 7}
d3 Updated Steal p5                 | d3:3 added
q1 Deleted Steal p1                 | q1:2 withdrawn
r1 Restored Offensive_Rebound p3    | r1:6 added
e1 Confirmed Steal p1               | e1:1 added
e1 Confirmed Steal p1               |
e2 Pending 3PT_Made p2              | e2:1 tentative
e2 Confirmed 3PT_Made p2            | e2:2 added
"""

# What the feed makes of the first part when it rewrites its list: x1 is gone, the last word on p1 too, three are new.
_REWRITTEN = (
    _BEFORE.replace("x1 Cancelled Steal p7               |\n", "")
    .replace("x1 Confirmed Steal p7               | x1:1 added\n", "")
    .replace("p1 Confirmed Block p2               | p1:5 added\n", "")
    .replace(
        "r1 Confirmed",
        "n1 Confirmed Steal p1               | n1:1 added\n"
        "n2 Pending Block p1                 | n2:1 tentative\n"
        "n2 Confirmed Block p1               | n2:2 added\n"
        "n3 Confirmed Turnover p1            | n3:1 added\n"
        "n3 Deleted Turnover p1              | n3:2 withdrawn\n"
        "n3 Restored Turnover p1             | n3:3 added\n"
        "r1 Confirmed",
        1,
    )
)


@frozen
class Line:
    """One packet of the list: its text, what it says (None: it is bad), and what it announces."""

    text: str
    action: str = ""
    send_type: str = ""
    content: tuple[str, str] | None = None
    """Type and player."""
    announced: tuple[tuple[str, str], ...] = ()


def _read(script: str, first: int = 0, *, finished: bool = False) -> list[Line]:
    """Make lines of a script; their timelineSequences are those of the actions' first packets."""
    rows = script.strip().splitlines()
    return [_line(row, first + number, finished and number == len(rows) - 1) for number, row in enumerate(rows)]


def _line(row: str, number: int, finished: bool) -> Line:
    if row.startswith("!"):
        bad = row[1:].strip()
        return Line(_packet("x9", "Confirmed", "Steal", "p1", 0, False, "fixture-2") if bad == FOREIGN else bad)
    said, _, announced = row.partition("|")
    action, send_type, kind, player = said.split()
    told = [each.split() for each in announced.split(",") if each.strip()]
    return Line(
        text=_packet(action, send_type, kind, player, number, finished),
        action=action,
        send_type=send_type,
        content=(kind, player),
        announced=tuple((event_id, change) for event_id, change in told),
    )


def _packet(
    action: str, send_type: str, kind: str, player: str, number: int, finished: bool, fixture: str = FIXTURE
) -> str:
    order = sum(ord(letter) << 8 * place for place, letter in enumerate(action))
    said: dict[str, Any] = {
        "actionId": action,
        "fixtureId": fixture,
        "fixtureActionType": kind.replace("_", " "),
        "fixtureSeqNum": number + 1,
        "period": 1,
        "sendType": send_type,
        "sendTypeId": SEND_TYPES[send_type],
        "team": {"homeTeam": True, "id": "home"},
        "timelineSequence": order,
    }
    if player != "-":
        said["player"] = {"id": player}
    summary = {"fixtureSummary": {"finished": True}} if finished else {}
    return json.dumps({"fixtureAction": said} | summary, separators=(",", ":"))


BEFORE = _read(_BEFORE)
DURING = _read(_DURING, 100)
AFTER = _read(_AFTER, 200, finished=True)
REWRITTEN = _read(_REWRITTEN)


def announced(lines: Iterable[Line]) -> list[tuple[str, str]]:
    """What a person works out that these lines announce, one after the other."""
    return [each for line in lines for each in line.announced]
