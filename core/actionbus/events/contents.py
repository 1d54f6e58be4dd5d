"""What a moment says: its own fields, without what announcing it adds."""

from __future__ import annotations

import attrs

from actionbus.events.base import Event, Moment

_ENVELOPE = frozenset(each.name for each in attrs.fields(Event)) | {"hops"}


class _OwnFields(dict[type[Moment], tuple[str, ...]]):
    def __missing__(self, kind: type[Moment]) -> tuple[str, ...]:
        self[kind] = names = tuple(each.name for each in attrs.fields(kind) if each.name not in _ENVELOPE)
        return names


own_fields = _OwnFields()
"""The names of a moment class's own fields, ``key`` included; worked out once for each."""


def contents(moment: Moment) -> list[object]:
    """Return what a moment says, in the order of ``own_fields``."""
    return [getattr(moment, name) for name in own_fields[type(moment)]]
