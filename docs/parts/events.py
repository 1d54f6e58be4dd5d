"""The event classes and what they say: events.md and moments.md."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from docs.parts.text import documented, first, table

from actionbus import Action, Due, Event, FeedStatus, Moment, snake_name
from actionbus.events.catalogue import ENTRIES
from actionbus.schema.docstrings import fields_say
from actionbus_plugins import notifier, score_tracker, webhook

OURS = (*(plugin.__name__ for plugin in (notifier, score_tracker, webhook)), "actionbus.events.")


def below(kind: type[Event], depth: int = 0) -> Iterator[tuple[int, type[Event]]]:
    """A class and those that belong below it, in the source's order; one with two bases belongs below the first."""
    yield depth, kind
    for each in kind.__subclasses__():
        if each.__bases__[0] is kind and each.__module__.startswith(OURS):
            yield from below(each, depth + 1)


def event_rows(root: type[Event]) -> Iterator[tuple[str, ...]]:
    """The rows of a class and those below it."""
    for depth, kind in below(root):
        also = [f"Also a `{snake_name(base)}`." for base in kind.__bases__[1:]]
        yield f"{'· ' * depth}`{snake_name(kind)}`", f"`{kind.__name__}`", " ".join([first(kind), *also])


def actions() -> Iterator[str]:
    """All action classes."""
    yield from table("| in plugins.toml | in Python | what it is |", event_rows(Action))


def other_events() -> Iterator[str]:
    """All event classes that are no actions."""

    def rows() -> Iterator[tuple[str, ...]]:
        yield from event_rows(FeedStatus)
        yield from event_rows(Moment)
        for kind in (Due, Event):
            yield "(none)", f"`{kind.__name__}`", first(kind)

    yield from table("| in plugins.toml | in Python | what it is |", rows())


def feed_names() -> Iterator[str]:
    """What the feed calls the action types."""

    def rows() -> Iterator[tuple[str, ...]]:
        for entry in ENTRIES:
            names = ", ".join(f'"{name}"' for name in entry.names)
            yield f"`{snake_name(entry.type)}`", names, ", ".join(map(str, entry.ids))

    yield from table("| action type | the feed's names | its ids |", rows())


def moments_of() -> list[type[Moment]]:
    """The moments of the plugins that come with it."""
    return [kind for _, kind in below(Moment) if issubclass(kind, Moment) and kind is not Moment]


def moments() -> Iterator[str]:
    """All their moments and their fields."""
    kinds = moments_of()
    for kind in kinds:
        above = [base for base in kind.__mro__[1:] if base in kinds]
        yield f"## {snake_name(kind)}\n"
        yield f"In Python `{kind.__name__}`. {documented(kind)}\n"
        inherited = {each.name for base in kind.__bases__ for each in attrs.fields(base)}
        own = [each for each in attrs.fields(kind) if each.name not in inherited]
        texts = fields_say(kind)
        rows = ((f"`{each.name}`", f"`{kind.__annotations__[each.name]}`", texts.get(each.name, "")) for each in own)
        if own:
            yield from table("| field | type | what it is |", rows)
        if above:
            others = " and ".join(f"[{snake_name(base)}](#{snake_name(base)})" for base in above)
            yield f"\nIt has the fields of {others}, too." if own else f"It has the fields of {others}."
        yield ""
