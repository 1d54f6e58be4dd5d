"""The feed's JSON to actions: with ``fields``, all that knows the names of the feed's fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import cattrs
import orjson
from cattrs.gen import make_dict_structure_fn, override

from actionbus.errors import BadPacket
from actionbus.events.base import Action, Player, Team
from actionbus.events.catalogue import Catalogue
from actionbus.wire import fields
from actionbus.wire.fields import Raw
from actionbus.wire.summary import SummaryReader

T = TypeVar("T")

FAST = cattrs.Converter(detailed_validation=False)
DETAILED = cattrs.Converter(detailed_validation=True)  # names the field that is wrong: for the reason of a bad packet


def _named(name: str, hook: Callable[[Any, Any], Any]) -> Any:
    return override(rename=name, struct_hook=hook)


TEAM = {
    "id": _named("id", fields.text),
    "name": _named("name", fields.text),
    "home": _named("homeTeam", fields.flag),
}
PLAYER = {"id": _named("id", fields.text), "name": _named("name", fields.text)}
OURS = dict.fromkeys(("id", "position", "at", "change", "previous"), override(omit=True))
ACTION = OURS | {
    "fixture": _named("fixtureId", fields.text),
    "action_id": _named("actionId", fields.text),
    "type_name": _named("fixtureActionType", fields.text),
    "type_id": _named("fixtureActionTypeId", fields.maybe_whole),
    "period": _named("period", fields.period),
    "clock": _named("clockTime", fields.maybe_text),
    "sequence": _named("timelineSequence", fields.decimal),
    "fixture_seq": _named("fixtureSeqNum", fields.maybe_whole),
    "timestamp": _named("timestamp", fields.seconds),
    "subtype": _named("fixtureActionSubType", fields.maybe_text),
    "subtype_id": _named("fixtureActionSubTypeId", fields.maybe_whole),
    "metadata": _named("metadata", fields.mapping),
    "related": _named("relatedFixtureActionIds", fields.texts),
    "delay_status": _named("delayStatus", fields.maybe_text),
    "finished": _named("finished", fields.true),
    # Decoder has resolved these before the hook runs.
    "send_type": _named("sendType", fields.as_it_is),
    "team": _named("team", fields.as_it_is),
    "player": _named("player", fields.as_it_is),
    "summary": _named("fixtureSummary", fields.as_it_is),
}


def _hook(kind: type[T], plan: dict[str, Any], converter: cattrs.Converter) -> Callable[[Any, Any], T]:
    return make_dict_structure_fn(kind, converter, _cattrs_detailed_validation=converter.detailed_validation, **plan)


_team = _hook(Team, TEAM, FAST)
_player = _hook(Player, PLAYER, FAST)
_actions: dict[type[Action], Callable[[Any, Any], Action]] = {}  # made when a type is first met: 2 ms each


def _ignore(_: str) -> None:
    pass


class Decoder:
    """Decodes the packets of one fixture. Teams, players and summaries that come again are the same objects again.

    ``report`` is told, once for each kind, where the feed's ids and names disagree or mean nothing to us.
    """

    def __init__(self, catalogue: Catalogue | None = None, report: Callable[[str], None] = _ignore) -> None:
        self._catalogue = catalogue if catalogue is not None else Catalogue()
        self._report = report
        self._reported: set[str] = set()
        self._teams: dict[str, tuple[Raw, Team]] = {}
        self._players: dict[str, tuple[Raw, Player]] = {}
        self._summaries = SummaryReader()

    def decode(self, packet: str | bytes) -> Action:
        """Decode one packet into the action that it describes, not announced yet: ``id`` and ``position`` are unset.

        Raises BadPacket with a reason that names the field.
        """
        try:
            text = packet if isinstance(packet, str) else packet.decode()
            wrapper: Any = orjson.loads(text)
        except ValueError as error:  # both JSON and UTF-8 errors are ValueErrors
            raise BadPacket(f"is not JSON: {error}") from None
        raw: Any = cast("Raw", wrapper).get("fixtureAction") if type(wrapper) is dict else None
        if type(raw) is not dict:
            raise BadPacket("has no fixtureAction")
        kind = self._resolve_type(cast("Raw", raw))
        hook = _actions.get(kind)
        if hook is None:
            hook = _actions[kind] = _hook(kind, ACTION, FAST)
        try:
            return hook(self._resolve_rest(cast("Raw", raw), cast("Raw", wrapper), text), kind)
        except (TypeError, ValueError, KeyError):
            raise BadPacket(_reason(cast("Raw", raw))) from None

    def _resolve_type(self, raw: Raw) -> type[Action]:
        type_id, type_name = raw.get("fixtureActionTypeId"), raw.get("fixtureActionType")
        try:
            kind = self._catalogue.action_type(type_id, type_name)
            send_type = self._catalogue.send_type(raw.get("sendTypeId"), raw.get("sendType"))
        except TypeError:  # a list or an object in the place of a name or an id
            raise BadPacket("fixtureActionType, sendType: should be names with whole numbers as ids") from None
        if type_id is None and type_name is None:
            raise BadPacket("fixtureActionType: has neither a name nor an id")
        if send_type.value is None:
            raise BadPacket(f"sendType: {raw.get('sendType')!r} (id {raw.get('sendTypeId')!r}) is none that is known")
        raw["sendType"] = send_type.value
        if kind.oddity is not None or send_type.oddity is not None:
            self._tell(kind.oddity)
            self._tell(send_type.oddity)
        return kind.value

    def _resolve_rest(self, raw: Raw, wrapper: Raw, text: str) -> Raw:
        """Put values in the place of nested objects, and the wrapper's fields beside the action's."""
        field = ""
        try:
            if (value := raw.get(field := "team")) is not None:
                raw[field] = _interned(self._teams, _team, value)
            if (value := raw.get(field := "player")) is not None:
                raw[field] = _interned(self._players, _player, value)
            if (value := wrapper.get(field := "fixtureSummary")) is not None:
                raw[field] = self._summaries.read(value)
            if (value := raw.get(field := "timelineSequence")) is not None:
                raw[field] = fields.digits(value, text)
        except KeyError as missing:
            raise BadPacket(f"{field}: has no {missing.args[0]}") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise BadPacket(f"{field}: {error}") from None
        if "finished" in wrapper:
            raw["finished"] = wrapper["finished"]
        return raw

    def _tell(self, oddity: str | None) -> None:
        if oddity is not None and oddity not in self._reported:
            self._reported.add(oddity)
            self._report(oddity)


def _interned(known: dict[str, tuple[Raw, T]], structure: Callable[[Any, Any], T], raw: Raw) -> T:
    """Return the value of a team or player that was seen in the same words before, or read and remember it."""
    seen = known.get(raw["id"])
    if seen is not None and seen[0] == raw:
        return seen[1]
    value = structure(raw, None)
    known[raw["id"]] = (raw, value)
    return value


def _reason(raw: Raw) -> str:
    """Say which field of a packet is wrong and why, by a second, slow reading."""
    try:
        _hook(Action, ACTION, DETAILED)(raw, Action)
    except cattrs.ClassValidationError as group:
        return "; ".join(_problems(group)[:3])
    raise AssertionError("the slow reading accepts what the fast one refused")


def _problems(group: cattrs.ClassValidationError) -> list[str]:
    noted, other = group.group_exceptions()
    names = {name: override.rename or name for name, override in ACTION.items()}
    return [
        f"{names[note.name]}: {'is missing' if isinstance(error, KeyError) else error}" for error, note in noted
    ] + [str(error) for error in other]
