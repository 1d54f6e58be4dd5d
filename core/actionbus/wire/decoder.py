"""The feed's JSON to actions: with ``summary``, all that knows the names of the feed's fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import cattrs
import orjson
from cattrs import gen

from actionbus.errors import BadPacket
from actionbus.events.base import Action, Player, Team, ready
from actionbus.events.catalogue import Catalogue
from actionbus.wire import fields
from actionbus.wire.fields import Plan, Raw, refusal
from actionbus.wire.summary import SummaryReader

# The fields whose values come in few combinations, each of which is read once. Decoder._heading has this order.
HEADING: Plan = {
    "fixtureActionTypeId": fields.maybe_whole,
    "fixtureActionType": fields.label,
    "fixtureActionSubTypeId": fields.maybe_whole,
    "fixtureActionSubType": fields.maybe_text,
    "sendTypeId": fields.maybe_whole,
    "sendType": fields.label,
}
# The others but for the nested ones, by the attribute of Action that each becomes.
PLAIN: dict[str, tuple[str, fields.Reader]] = {
    "fixture": ("fixtureId", fields.text),
    "action_id": ("actionId", fields.text),
    "period": ("period", fields.period),
    "clock": ("clockTime", fields.maybe_text),
    "fixture_seq": ("fixtureSeqNum", fields.maybe_whole),
    "timestamp": ("timestamp", fields.seconds),
    "metadata": ("metadata", fields.mapping),
    "related": ("relatedFixtureActionIds", fields.texts),
    "delay_status": ("delayStatus", fields.maybe_text),
    "finished": ("finished", fields.true),  # of the wrapper
}
TEAM: Plan = {"id": fields.text, "name": fields.label, "homeTeam": fields.flag}
PLAYER: Plan = {"id": fields.text, "name": fields.label}

_DEFAULTS = {each.name: each.default for each in attrs.fields(Action)}  # the two that have none are always said


def _plain_hook() -> Callable[[Raw, None], dict[str, Any]]:
    """Let cattrs write the function that reads the plain fields of every action type: once, it takes 2 ms."""
    attributes: list[attrs.Attribute[Any]] = list(attrs.fields(Action))
    plan: dict[str, Any] = {each.name: gen.override(omit=True) for each in attributes}
    plan |= {name: gen.override(rename=key, struct_hook=read) for name, (key, read) in PLAIN.items()}
    kind: type[dict[str, Any]] = dict
    converter = cattrs.Converter(detailed_validation=False)
    return gen.make_dict_structure_fn_from_attrs(  # pyright: ignore[reportUnknownMemberType]
        attributes, kind, converter, **plan
    )


_plain = _plain_hook()


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
        self._headings: dict[tuple[object, ...], tuple[type[Action], dict[str, object]]] = {}
        self._teams: dict[str, Team] = {}
        self._players: dict[str, Player] = {}
        self._summaries = SummaryReader()

    def decode(self, packet: str | bytes) -> Action:
        """Decode one packet into the action that it describes, not announced yet: ``id`` and ``position`` are unset.

        Raises BadPacket with a reason that names the field.
        """
        try:
            text = packet if isinstance(packet, str) else packet.decode()
            wrapper: Raw = orjson.loads(text)
        except ValueError as error:  # both JSON and UTF-8 errors are ValueErrors
            raise BadPacket(f"is not JSON: {error}") from None
        raw: Raw | None = wrapper.get("fixtureAction") if type(wrapper) is dict else None
        if type(raw) is not dict:
            raise BadPacket(f"fixtureAction: {fields.wrong(raw, 'an object')}")
        kind, recurring = self._heading(raw)
        if "finished" in wrapper:
            raw["finished"] = wrapper["finished"]
        try:
            values = _plain(raw, None)
        except (TypeError, ValueError, KeyError):
            raise refusal("", dict(PLAIN.values()), raw) from None
        try:
            values["sequence"] = fields.sequence(raw.get("timelineSequence"), text)
        except ValueError as error:
            raise BadPacket(f"timelineSequence: {error}") from None
        if (team := raw.get("team")) is not None:
            values["team"] = self._team(team)
        if (player := raw.get("player")) is not None:
            values["player"] = self._player(player)
        if (summary := wrapper.get("fixtureSummary")) is not None:
            values["summary"] = self._summaries.read(summary)
        return ready(kind, recurring | values)

    def _heading(self, raw: Raw) -> tuple[type[Action], dict[str, object]]:
        """Return the action type and the values that recur: those of HEADING, and a default for each other field."""
        get = raw.get
        said = (
            get("fixtureActionTypeId"),
            get("fixtureActionType"),
            get("fixtureActionSubTypeId"),
            get("fixtureActionSubType"),
            get("sendTypeId"),
            get("sendType"),
        )
        try:
            known = self._headings.get(said)
            if known is None:
                known = self._headings[said] = self._read_heading(raw)
        except TypeError:  # also for a list or an object in the place of a name or an id
            raise refusal("", HEADING, raw) from None
        return known

    def _read_heading(self, raw: Raw) -> tuple[type[Action], dict[str, object]]:
        number = fields.maybe_whole(raw.get("fixtureActionTypeId"))
        name = fields.maybe_text(raw.get("fixtureActionType"))
        if number is None and name is None:
            raise BadPacket("fixtureActionType: has neither a name nor an id")
        kind = self._catalogue.action_type(number, name)
        send_number = fields.maybe_whole(raw.get("sendTypeId"))
        send_name = fields.maybe_text(raw.get("sendType"))
        send_type = self._catalogue.send_type(send_number, send_name)
        if send_type.value is None:
            raise BadPacket(f"sendType: {send_name!r} (id {send_number}) is none that is known")
        values: dict[str, object] = {
            "type_name": name or "",
            "type_id": number,
            "subtype": fields.maybe_text(raw.get("fixtureActionSubType")),
            "subtype_id": fields.maybe_whole(raw.get("fixtureActionSubTypeId")),
            "send_type": send_type.value,
        }
        for oddity in (kind.oddity, send_type.oddity):
            if oddity is not None and oddity not in self._reported:
                self._reported.add(oddity)
                self._report(oddity)
        return kind.value, _DEFAULTS | values

    def _team(self, raw: Any) -> Team:
        """Return a team: the same object for as long as the feed says the same of it."""
        try:
            seen = self._teams.get(raw["id"])
            if seen is not None and seen.name == raw.get("name") and seen.home is raw.get("homeTeam"):
                return seen
            team = Team(
                id=fields.text(raw["id"]), name=fields.label(raw.get("name")), home=fields.flag(raw.get("homeTeam"))
            )
        except (TypeError, KeyError, AttributeError):
            raise refusal("team.", TEAM, raw) from None
        if team != seen:
            self._teams[team.id] = team
        return self._teams[team.id]

    def _player(self, raw: Any) -> Player:
        """Return a player: the same object for as long as the feed says the same of them."""
        try:
            seen = self._players.get(raw["id"])
            if seen is not None and seen.name == raw.get("name"):
                return seen
            player = Player(id=fields.text(raw["id"]), name=fields.label(raw.get("name")))
        except (TypeError, KeyError, AttributeError):
            raise refusal("player.", PLAYER, raw) from None
        if player != seen:
            self._players[player.id] = player
        return self._players[player.id]
