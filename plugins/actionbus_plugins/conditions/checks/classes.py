"""The check of the event classes that are asked for, and what may be named of them."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping, Sequence

from actionbus import Event, Moment
from actionbus_plugins.conditions.checks.asked import Wrong
from actionbus_plugins.conditions.checks.scope import Complaint, Scope, as_list, did_you_mean
from actionbus_plugins.conditions.classes import Names, listed
from actionbus_plugins.conditions.fields import Sort, choices_for

FindPublisher = Callable[[str], str | None]
"""See ``PluginContext.missing_publisher``."""


def wrong_classes(
    keys: Sequence[str], names: Names, missing: FindPublisher, known: Mapping[str, type[Event]]
) -> Iterator[Wrong]:
    """Say which names are no event classes, or are of moments that nobody announces."""
    for place, name in enumerate(listed(names)):
        at: tuple[str | int, ...] = (*keys, place) if not isinstance(names, str) else tuple(keys)
        plugin = lacks_publisher(name, known, missing)
        if plugin is not None:
            yield at, f"{name} is announced by the plugin {plugin}, which is not configured", f"add [plugin.{plugin}]"
        elif name not in known:
            advice = "docs/events.md lists them; moments need their plugin in this file"
            hint = as_list(name, known) or did_you_mean(name, known) or advice
            yield at, f"there is no event class '{name}'", hint


def lacks_publisher(name: str, known: Mapping[str, type[Event]], missing: FindPublisher) -> str | None:
    """Name the plugin that announces moments of a class and is not configured; None for what has none."""
    return missing(name) if issubclass(known.get(name, Moment), Moment) else None


def scope_of(
    kinds: Mapping[str, type[Event]],
    names: Callable[[type[Event]], Mapping[str, Sort]],
    rule: Mapping[str, Sort] = types.MappingProxyType({}),
    elsewhere: Mapping[str, Complaint] = types.MappingProxyType({}),
) -> Scope:
    """Return what may be named of events of these classes; ``names`` says it of each class."""
    classes = {name: names(kind) for name, kind in kinds.items()}
    choices = {name: choices_for(kind) for name, kind in kinds.items()}
    return Scope(classes=classes, choices=choices, rule=rule, elsewhere=elsewhere)
