"""Alerts as events: what webhooks and other plugins hear of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from actionbus import Moment, period_text
from actionbus_plugins.notifier.notice import Kind, Notice, Priority

AlertState = Literal["sent", "updated", "withdrawn", "restored"]
_STATES: Mapping[Kind, AlertState] = {
    Kind.SENT: "sent",
    Kind.UPDATED: "updated",
    Kind.CORRECTED: "updated",
    Kind.WITHDRAWN: "withdrawn",
    Kind.RESTORED: "restored",
}


@frozen(kw_only=True, slots=False, eq=False)
class Alert(Moment):
    """An alert of a rule is told, or what was told of it has changed: each time it is another moment, always ADDED.

    It says how the alert stands from now on, at once: the delays, quiet hours and rates of channels are not waited for.
    What is muted, held back by its rule or passed over is no alert.
    """

    rule: str
    """The rule, `[alert.NAME]`."""
    alert_id: str
    """The same over the alert's whole life."""
    version: int
    """Grows with each that is told of the alert; not every number comes."""
    state: AlertState
    """`updated` whether it has grown or was wrong: `before` says what it said until now."""
    text: str
    """What it says now; what it said last, where it is withdrawn."""
    before: str = ""
    """What it said until now; "" where it is new."""
    priority: Priority = "default"
    """The rule's."""
    action_ids: tuple[str, ...] = ()
    """The actions that it is made of."""
    period: int | None = None
    """Of what it is about: 1 to 4, then 5 for the first overtime; None where it is about none."""
    clock: str = ""
    """As the feed writes it, ``mm:ss`` left in the period; "" where there is none."""

    def __str__(self) -> str:
        when = f"{period_text(self.period)} {self.clock} ".replace("  ", " ") if self.period else ""
        return f"{when}{self.rule} {self.state}: {self.text}"


def as_event(notice: Notice) -> Alert | None:
    """Return the event that a notice is; None for what only channels need to know."""
    state = _STATES.get(notice.kind)
    if state is None:
        return None
    return Alert(
        fixture=notice.fixture,
        key=f"{notice.id}:{notice.version}",
        rule=notice.rule,
        alert_id=notice.id,
        version=notice.version,
        state=state,
        text=notice.text,
        before=notice.before,
        priority=notice.priority,
        action_ids=notice.action_ids,
        period=notice.period,
        clock=notice.clock,
    )
