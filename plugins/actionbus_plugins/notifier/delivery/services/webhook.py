"""A generic webhook: each state of an alert as JSON, to be upserted by its id."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from attrs import field, frozen

from actionbus import Secret
from actionbus_plugins.notifier.delivery.http import Web
from actionbus_plugins.notifier.delivery.outcome import Outcome, Sheet
from actionbus_plugins.notifier.delivery.steps import Ability, Step
from actionbus_plugins.notifier.notice import Notice

ABILITY = Ability(edits=True, follows=False, names=True)


@frozen(kw_only=True)
class Webhook:
    """An address. Whoever listens there sees from id and state what a message is about."""

    web: Web
    url: Secret
    headers: Mapping[str, Secret] = field(factory=dict[str, Secret])
    ability: Ability = ABILITY
    joins: bool = False

    async def send(self, step: Step, notice: Notice) -> Outcome:
        """Post one state of one alert."""
        return await self._post(as_body(step, notice), f"{notice.id}:{step.version}")

    async def send_sheet(self, sheet: Sheet) -> Outcome:
        """Post several alerts at once."""
        version = sum(step.version for step, _ in sheet.parts)
        body = {
            "id": sheet.name,
            "version": version,
            "state": "digest",
            "fixture": sheet.fixture,
            "text": sheet.text,
            "alerts": [as_body(step, notice) for step, notice in sheet.parts],
        }
        return await self._post(body, f"{sheet.name}:{version}")

    async def _post(self, body: object, key: str) -> Outcome:
        headers = {name: value.reveal() for name, value in self.headers.items()}
        return await self.web.ask("POST", self.url.reveal(), headers={**headers, "idempotency-key": key}, body=body)


def as_body(step: Step, notice: Notice) -> dict[str, object]:
    """Return what a receiver is told of an alert."""
    return {
        "id": notice.id,
        "version": step.version,
        "state": step.state,
        "rule": notice.rule,
        "fixture": notice.fixture,
        "text": step.result.text,
        "before": step.before,
        "at": notice.at,
        "period": notice.period,
        "clock": notice.clock,
        "action_ids": list(notice.action_ids),
        "priority": notice.priority,
    }


def at_server(url: str, server: str | None) -> str:
    """Return an address at another server, if there is one."""
    if server is None:
        return url
    other, parts = urlsplit(server), urlsplit(url)
    return urlunsplit((other.scheme, other.netloc, parts.path, parts.query, ""))
