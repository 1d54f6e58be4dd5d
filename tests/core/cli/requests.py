"""Webhooks as actionbus sends them, signed by the reference library."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from attrs import frozen
from standardwebhooks import Webhook

SECRET = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="


@frozen(kw_only=True)
class Sent:
    """A request."""

    headers: dict[str, str]
    body: bytes

    @property
    def raw(self) -> bytes:
        """As it goes over the wire."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return f"POST /hooks HTTP/1.1\r\nHost: example.com\r\n{lines}\r\n".encode() + self.body


def message(subject: str, version: int, *, stands: bool = True, fixture: str = "7f3a") -> dict[str, object]:
    """The body of a message, before it is written."""
    return {
        "schema": 1,
        "type": "action.confirmed" if stands else "action.withdrawn",
        "id": f"{subject}:{version}",
        "timestamp": "2024-12-16T21:03:34.000Z",
        "data": {"fixture": fixture, "subject": subject, "version": version, "stands": stands, "kind": "steal"},
    }


def request(body: dict[str, object], secret: str = SECRET, *, age: float = 0.0) -> Sent:
    """Sign a message."""
    text = json.dumps(body, separators=(",", ":"))
    at = datetime.now(UTC) - timedelta(seconds=age)
    message_id = str(body["id"])
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, text),
    }
    return Sent(headers=headers, body=text.encode())
