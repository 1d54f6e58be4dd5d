"""Which event classes people may name."""

from __future__ import annotations

from collections.abc import Collection

from actionbus import Due, Event, event_classes

Names = str | tuple[str, ...]
"""A name, or several."""

UNHEARD = (Event, Due)  # classes that nobody can ask for: all there is, and other plugins' timers


def heard_classes() -> dict[str, type[Event]]:
    """Return the event classes that people may ask for, by the names that they have in plugins.toml."""
    return {name: kind for name, kind in event_classes().items() if kind not in UNHEARD}


def listed(value: Names) -> tuple[str, ...]:
    """Return the names, of one or of a list."""
    return (value,) if isinstance(value, str) else value


def widest(kinds: Collection[type[Event]]) -> list[type[Event]]:
    """Return the classes that are no subclass of another of them: to hear these is to hear all, and once."""
    return [kind for kind in kinds if not any(kind is not other and issubclass(kind, other) for other in kinds)]
