"""Chats: services that give each message an id of their own, by which it is edited and deleted."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from actionbus_plugins.notifier.delivery.outcome import Arrived, Outcome, Refused, Sheet
from actionbus_plugins.notifier.delivery.steps import Ability, Step
from actionbus_plugins.notifier.delivery.texts import fit, fit_lines
from actionbus_plugins.notifier.notice import Notice, Priority

ABILITY = Ability(edits=True, deletes=True)
SILENT: tuple[Priority, ...] = ("min", "low")


class Room(Protocol):
    """Where messages go. ``ref`` is the service's id of one; what is stuck is refused as such."""

    @property
    def longest(self) -> int:
        """How long a text may be, in UTF-16 units, as it is sent."""
        ...

    def escape(self, text: str) -> str:
        """Return a text so that the service shows it as it is: no markup, and nobody is called."""
        ...

    async def post(self, text: str, *, silent: bool) -> Outcome:
        """Post a message. Its id comes with what has become of it."""
        ...

    async def edit(self, ref: str, text: str) -> Outcome:
        """Let a message say something else."""
        ...

    async def delete(self, ref: str) -> Outcome:
        """Take a message away; one that is not there any more has been taken away."""
        ...


@frozen(kw_only=True)
class Chat:
    """A room in which alerts are told."""

    room: Room
    ability: Ability = ABILITY
    joins: bool = True

    async def send(self, step: Step, notice: Notice) -> Outcome:
        """Post, edit or delete one message."""
        if step.verb == "delete":
            return await self.room.delete(step.ref)
        text = fit(step.text, self.room.longest, self.room.escape)
        if step.verb == "edit":
            return await self.room.edit(step.ref, text)
        return await self.room.post(text, silent=notice.priority in SILENT)

    async def send_sheet(self, sheet: Sheet) -> Outcome:
        """Post, edit or delete several alerts in one message; one that cannot be edited is posted anew."""
        if not sheet.lines:
            return await self.room.delete(sheet.ref) if sheet.ref else Arrived()
        text = fit_lines(sheet.head, sheet.lines, self.room.longest, self.room.escape)
        if sheet.ref:
            outcome = await self.room.edit(sheet.ref, text)
            if not (isinstance(outcome, Refused) and outcome.stuck):
                return Arrived(ref=sheet.ref) if isinstance(outcome, Arrived) else outcome
        return await self.room.post(text, silent=all(notice.priority in SILENT for _, notice in sheet.parts))
