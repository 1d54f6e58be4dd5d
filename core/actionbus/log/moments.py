"""Moments as JSON, to be kept, and back."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

import attrs
import orjson
import structlog
from cattrs.preconf.orjson import make_converter

from actionbus.events.base import Change, Event, Moment
from actionbus.events.catalogue import snake_name
from actionbus.events.contents import own_fields

logger = structlog.get_logger()


def _decimal(text: Any, _: object) -> Decimal:
    return Decimal(str(text))


_converter = make_converter()
_converter.register_unstructure_hook(Decimal, str)
_converter.register_structure_hook(Decimal, _decimal)


def unkeepable(kind: type[Moment]) -> str | None:
    """Say why moments of a class cannot be kept in the log, None where they can.

    Each field has a type that JSON has a form for, is an attrs class of such, or a list, tuple or dict of them.
    """
    try:
        types = {each.name: each.type for each in attrs.fields(attrs.resolve_types(kind))}
    except NameError as error:
        return f"the types of its fields cannot be looked up: {error}"
    for name in own_fields[kind]:
        if types[name] is None:
            return f"its field {name} has no type"
        try:
            holds_event = isinstance(types[name], type) and issubclass(cast("type", types[name]), Event)
            _converter.get_structure_hook(types[name])
        except Exception as error:  # cattrs raises several kinds for a type that it has no rule for
            return f"its field {name} has a type that cannot be kept: {error}"
        if holds_event:
            return f"its field {name} holds an event, which cannot be kept: hold its id, and what is told of it"
    return None


def unkept(moment: Moment) -> str | None:
    """Say why this moment could not be read back from the log, None where it could: its class alone does not tell."""
    try:
        moment.key.encode()
        _structured(attrs.resolve_types(type(moment)), orjson.loads(orjson.dumps(_says(moment))))
    except Exception as error:  # of cattrs several kinds, and whatever a class does to refuse values
        return f"what it says cannot be kept: {error}"
    return None


class Moments:
    """The moment classes of the plugins that run, by snake_case name.

    ``warn`` of classes that are in the log and that no plugin has; not where no plugins run at all.
    """

    def __init__(self, *, warn: bool = True) -> None:
        self._kinds: dict[str, type[Moment]] = {}
        self._warn = warn
        self._missing: set[str] = set()

    def know(self, kinds: Iterable[type[Moment]]) -> None:
        """Learn classes. Each is one that ``unkeepable`` has nothing to say of."""
        self._kinds.update((snake_name(kind), attrs.resolve_types(kind)) for kind in kinds)

    def encode(self, moment: Moment) -> bytes:
        """Return a moment as JSON, with what it replaces."""
        before = moment.previous
        return orjson.dumps(
            {
                "id": moment.id,
                "change": moment.change,
                "hops": moment.hops,
                "says": _says(moment),
                "previous": _says(before) if isinstance(before, Moment) else None,
            }
        )

    def decode(self, name: str, body: bytes, envelope: dict[str, Any]) -> Moment | None:
        """Return the moment that ``encode`` was given; ``envelope`` has fixture, position, at and origin.

        None, and a warning, where no plugin that runs has the class, or the class no longer reads this.
        """
        kind = self._kinds.get(name)
        if kind is None:
            if self._warn and name not in self._missing:
                self._missing.add(name)
                logger.warning("the log has moments that no plugin makes any more: nobody hears of them", moment=name)
            return None
        raw: dict[str, Any] = orjson.loads(body)
        try:
            says = _structured(kind, raw["says"])
            previous = raw["previous"] and kind(fixture=envelope["fixture"], **_structured(kind, raw["previous"]))
            change = Change(raw["change"])
            return kind(id=raw["id"], change=change, hops=raw["hops"], previous=previous or None, **says, **envelope)
        except Exception as error:  # of cattrs several kinds, and whatever a class does to refuse values
            logger.warning("a moment in the log is not what its class reads now", moment=name, reason=str(error))
            return None


def _says(moment: Moment) -> dict[str, Any]:
    return {name: _converter.unstructure(getattr(moment, name)) for name in own_fields[type(moment)]}


def _structured(kind: type[Moment], raw: dict[str, Any]) -> dict[str, Any]:
    types = {each.name: each.type for each in attrs.fields(kind)}
    return {name: _converter.structure(raw[name], types[name]) for name in own_fields[kind] if name in raw}
