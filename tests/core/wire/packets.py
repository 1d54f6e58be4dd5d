"""Packets as the vendor's samples have them, with anything changed, added or left out."""

from __future__ import annotations

import json
from typing import Any

GONE = object()  # the field is not there

TEAM = {"homeTeam": True, "id": "t-home", "name": "Home"}
OTHER_TEAM = {"homeTeam": False, "id": "t-away", "name": "Away"}
PLAYER = {"id": "p-1", "name": "A  Player"}
SUMMARY: dict[str, Any] = {
    "awayTeamScore": 11,
    "collectionStatus": "CollectingLive",
    "currentClockState": "stopped",
    "currentClockTime": "00:00",
    "currentPeriod": 1,
    "currentStatus": "Live",
    "finished": False,
    "homeTeamScore": 10,
    "isHomeTeamInPossesion": True,
    "isTied": False,
    "periods": [
        {
            "awayTeamPeriodScore": 11,
            "awayTeamScore": 11,
            "end": None,
            "homeTeamPeriodScore": 10,
            "homeTeamScore": 10,
            "id": 1,
            "label": "1st quarter",
            "start": "2026-01-01T18:00:36",
            "type": "Regular",
        }
    ],
}
ACTION: dict[str, Any] = {
    "actionId": "a-1",
    "clockTime": "08:02",
    "fixtureActionSubType": "Stolen",
    "fixtureActionSubTypeId": 20001,
    "fixtureActionType": "Turnover",
    "fixtureActionTypeId": 201,
    "fixtureId": "f-1",
    "fixtureSeqNum": 161,
    "period": 1,
    "player": PLAYER,
    "relatedFixtureActionIds": ["a-2"],
    "sendType": "Confirmed",
    "sendTypeId": 5,
    "team": TEAM,
    "timelineSequence": 1.5,
    "timestamp": "2026-01-01T18:07:54.527394Z",
}


def changed(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with some changed or, where GONE, left out."""
    return {key: value for key, value in (fields | changes).items() if value is not GONE}


def packet(*, wrapper: dict[str, Any] | None = None, summary: dict[str, Any] | None = None, **action: Any) -> str:
    """Return a packet as text, with these fields of the action, the summary and the wrapper changed."""
    whole = {
        "fixtureAction": changed(ACTION, action),
        "fixtureSummary": changed(SUMMARY, summary or {}),
        "traceId": "0123456789abcdef0123456789abcdef",
        "version": 3,
    }
    return json.dumps(changed(whole, wrapper or {}))
