"""What the rules write to and speak through: the plugin's store and timers, or a backtest's memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from actionbus_plugins.notifier.notice import Notice


class Desk(Protocol):
    """Of one fixture. All that happens to it while an event is heard belongs together."""

    def held(self, prefix: str) -> list[tuple[str, object]]:
        """Return what is kept under keys that begin with ``prefix``, as ``keep`` got it, sorted by key."""
        ...

    def keep(self, key: str, value: Callable[[], object]) -> None:
        """Keep a JSON value; ``value`` makes it, where it is needed beyond this process."""
        ...

    def drop(self, key: str) -> None:
        """Keep a key no longer."""
        ...

    def wake(self, due: float, key: str) -> None:
        """Call ``Engine.due`` with this key at a time of the fixture clock, in Unix seconds."""
        ...

    def let_sleep(self, key: str) -> None:
        """Do not wake for this key any more."""
        ...

    def say(self, notice: Notice, channels: Sequence[str]) -> None:
        """Tell the channels."""
        ...

    def is_muted(self, rule: str, who: Collection[str], key: str) -> bool:
        """Whether nobody wants to hear of a rule now, or of the players and teams with these ids and names.

        ``key`` is that under which the alert is kept.
        """
        ...

    def failed(self, rule: str, what: str) -> None:
        """Report that a condition or a message failed, which no check could see."""
        ...
