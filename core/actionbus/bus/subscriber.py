"""A plugin as its lanes see it, and what they report of it."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field, frozen

from actionbus.bus.subscription import HandlerTable
from actionbus.events.base import Event

PAUSE_AFTER = 5  # failures in a row, over all fixtures of a plugin


@frozen(kw_only=True)
class HandlerFailure:
    """A handler raised: its writes are dropped and its lane goes on with the next row, unless the plugin is paused."""

    plugin: str
    fixture: str
    event: Event
    error: BaseException
    paused: bool


@define(eq=False, repr=False)
class Subscriber:
    """A plugin as the lanes see it: its handlers, and how it fares."""

    name: str
    handlers: HandlerTable
    report: Callable[[HandlerFailure], None]
    publishes: bool = False
    """Whether its handlers may publish moments."""
    settings: str = ""
    """What it is set to, to be told apart from other settings."""
    from_start: bool = False
    """Whether it begins a fixture that runs when it is first seen at the fixture's start, and not at the present."""
    history: HandlerTable | None = field(init=False)
    """The handlers that want to hear history."""
    failures: int = 0
    """Failures in a row."""
    paused: bool = False
    on_pause: list[Callable[[], None]] = field(init=False, factory=list[Callable[[], None]])
    """What its lanes do when it is paused."""

    def __attrs_post_init__(self) -> None:
        self.history = self.handlers.history

    def succeeded(self) -> None:
        """Take note that a handler run ended well."""
        self.failures = 0

    def failed(self) -> bool:
        """Take note that a handler run failed; return whether that was one too many and the plugin is paused."""
        self.failures += 1
        if self.failures >= PAUSE_AFTER:
            self.pause()
        return self.paused

    def pause(self) -> None:
        """Give the plugin no more to do; its cursors stay where they are."""
        if not self.paused:
            self.paused = True
            for lane_pauses in tuple(self.on_pause):
                lane_pauses()
