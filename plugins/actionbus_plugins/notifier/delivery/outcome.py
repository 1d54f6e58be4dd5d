"""What a sender is asked, and what can come of it."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from actionbus_plugins.notifier.delivery.steps import Ability, Step
from actionbus_plugins.notifier.notice import Notice


@frozen
class Arrived:
    """The service has it; ``ref`` is the service's own id of a new message, where it gives one."""

    ref: str = ""


@frozen(kw_only=True)
class Refused:
    """The service does not want it, and never will; ``words`` hold no secret."""

    words: str
    status: int = 0
    stuck: bool = False
    """Whether it is the message to be edited or deleted that is gone, or cannot be changed any more."""


@frozen(kw_only=True)
class Lost:
    """The service could not be reached, or not just now. ``sure``: it has nothing of it."""

    words: str
    sure: bool
    wait: float = 0.0
    """Seconds that the service asks us to wait."""


Outcome = Arrived | Refused | Lost


@frozen(kw_only=True)
class Sheet:
    """Several alerts of a fixture in one message: ``lines`` is what is to be read of each, in order."""

    name: str
    ref: str = ""
    """The service's own id of it, where it gives one and has shown it."""
    fixture: str
    head: str
    lines: tuple[str, ...]
    parts: tuple[tuple[Step, Notice], ...]
    """What is new in it."""

    @property
    def text(self) -> str:
        """The whole message."""
        return "\n".join((self.head, *self.lines))


class Sender(Protocol):
    """A service that is open."""

    @property
    def ability(self) -> Ability:
        """What it can do about a message that it has shown."""
        ...

    @property
    def joins(self) -> bool:
        """Whether the correction of a line goes into the sheet, and not into a message of its own."""
        ...

    async def send(self, step: Step, notice: Notice) -> Outcome:
        """Send one message."""
        ...

    async def send_sheet(self, sheet: Sheet) -> Outcome:
        """Send a sheet, or what it has become; without lines it is to be removed."""
        ...
