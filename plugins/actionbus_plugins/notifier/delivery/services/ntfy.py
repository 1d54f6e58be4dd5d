"""ntfy (https://docs.ntfy.sh/publish/): an alert is a message by its sequence id, edited and deleted by it.

Needs ntfy 2.16 or newer for edits: an older server shows them as further messages.
"""

from __future__ import annotations

from attrs import frozen

from actionbus import Secret
from actionbus_plugins.notifier.delivery.http import Web
from actionbus_plugins.notifier.delivery.outcome import Outcome, Refused, Sheet
from actionbus_plugins.notifier.delivery.steps import Ability, Step
from actionbus_plugins.notifier.notice import Notice
from actionbus_plugins.notifier.settings import rank

NTFY = "https://ntfy.sh"
LONGEST = 3_500  # bytes of a message: beyond 4,096 it becomes a file, and all of the JSON has to fit into 8,192
UNOBTRUSIVE = 2  # priority without sound: what has only grown need not be looked at
ABILITY = Ability(edits=True, deletes=True, names=True)
_NO_SUCH_THING = (404, 405)


@frozen(kw_only=True)
class Ntfy:
    """A topic on a server."""

    web: Web
    server: str
    topic: Secret
    ability: Ability = ABILITY
    joins: bool = True

    async def send(self, step: Step, notice: Notice) -> Outcome:
        """Publish, edit or delete one message."""
        if step.verb == "delete":
            outcome = await self._delete(step.name)
            if not (isinstance(outcome, Refused) and outcome.status in _NO_SUCH_THING and step.text):
                return outcome  # else a server that cannot delete: it is edited to say so
        urgency = rank(notice.priority)
        urgency = min(urgency, UNOBTRUSIVE) if step.state == "updated" else urgency
        tag = "basketball" if step.result.form == "plain" else "x"
        return await self._publish(step.name, in_words(notice.rule), step.text, urgency, tag)

    async def send_sheet(self, sheet: Sheet) -> Outcome:
        """Publish, edit or delete several alerts in one message."""
        if not sheet.lines:
            return await self._delete(sheet.name)
        first = [rank(notice.priority) for step, notice in sheet.parts if step.verb == "show"]
        urgency = max(first, default=UNOBTRUSIVE if all(step.state == "updated" for step, _ in sheet.parts) else 3)
        return await self._publish(sheet.name, f"{len(sheet.lines)} alerts", sheet.text, urgency, "basketball")

    async def _publish(self, name: str, title: str, text: str, urgency: int, tag: str) -> Outcome:
        body = {
            "topic": self.topic.reveal(),
            "sequence_id": name,
            "title": title,
            "message": cut(text),
            "priority": urgency,
            "tags": [tag],
        }
        return await self.web.ask("POST", f"{self.server}/", body=body)

    async def _delete(self, name: str) -> Outcome:
        return await self.web.ask("DELETE", f"{self.server}/{self.topic.reveal()}/{name}")


def in_words(rule: str) -> str:
    """Return a rule's name as a title: ``heat_check`` is "Heat check"."""
    words = rule.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def cut(text: str) -> str:
    """Return as much of a text as fits into a message."""
    content = text.encode(errors="replace")
    if len(content) <= LONGEST:
        return text
    return content[:LONGEST].decode(errors="ignore") + " \N{HORIZONTAL ELLIPSIS}"
