"""The feed's JSON to actions: with ``summary``, all that knows the names of the feed's fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import cattrs
import orjson
from cattrs import gen
from msgspec import UNSET

from actionbus.errors import BadPacket
from actionbus.events.base import Action, Player, Team, ready
from actionbus.events.catalogue import Catalogue
from actionbus.wire import fields, usual
from actionbus.wire.fields import Plan, Raw, refusal
from actionbus.wire.summary import SummaryReader

# The fields whose values come in few combinations, each of which is read once.
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

Heading = tuple[object, ...]  # the values of HEADING, in its order

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
        self._headings: dict[Heading, tuple[type[Action], dict[str, object]]] = {}
        self._teams: dict[str, Team] = {}
        self._players: dict[str, Player] = {}
        self._summaries = SummaryReader()

    def decode(self, packet: str | bytes) -> Action:
        """Decode one packet into the action that it describes, not announced yet: ``id`` and ``position`` are unset.

        Raises BadPacket with a reason that names the field.
        """
        try:
            return self._usual(usual.read(packet if isinstance(packet, str) else packet.decode()))
        except usual.UNUSUAL:
            return self._unusual(packet)

    def _usual(self, packet: usual.Packet) -> Action:
        """Make the action of a packet that is as usual. Raises one of UNUSUAL where a value of it is not."""
        said = packet.fixtureAction
        kind, recurring = self._heading(
            (
                said.fixtureActionTypeId,
                said.fixtureActionType,
                said.fixtureActionSubTypeId,
                said.fixtureActionSubType,
                said.sendTypeId,
                said.sendType,
            )
        )
        values = recurring.copy()
        values["fixture"] = said.fixtureId
        values["action_id"] = said.actionId
        values["period"] = said.period or 0
        values["clock"] = said.clockTime
        values["sequence"] = usual.sequence(said.timelineSequence)
        values["fixture_seq"] = said.fixtureSeqNum
        values["timestamp"] = fields.seconds(said.timestamp)
        values["metadata"] = fields.mapping(usual.loaded(said.metadata))
        values["related"] = tuple(said.relatedFixtureActionIds or ())
        values["delay_status"] = said.delayStatus
        values["finished"] = (said.finished if packet.finished is UNSET else packet.finished) is True
        if (team := said.team) is not None:
            values["team"] = self._team_of(team.id, team.name, team.homeTeam)
        if (player := said.player) is not None:
            values["player"] = self._player_of(player.id, player.name)
        if packet.fixtureSummary is not None:
            values["summary"] = self._summaries.read_usual(packet.fixtureSummary)
        return ready(kind, values)

    def _unusual(self, packet: str | bytes) -> Action:
        """Read a packet field by field. Raises BadPacket."""
        try:
            text = packet if isinstance(packet, str) else packet.decode()
            wrapper: Raw = orjson.loads(text)
        except ValueError as error:  # both JSON and UTF-8 errors are ValueErrors
            raise BadPacket(f"is not JSON: {error}") from None
        raw: Raw | None = wrapper.get("fixtureAction") if type(wrapper) is dict else None
        if type(raw) is not dict:
            raise BadPacket(f"fixtureAction: {fields.wrong(raw, 'an object')}")
        try:
            kind, recurring = self._heading(tuple([raw.get(name) for name in HEADING]))
        except TypeError:  # also for a list or an object in the place of a name or an id
            raise refusal("", HEADING, raw) from None
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

    def _heading(self, said: Heading) -> tuple[type[Action], dict[str, object]]:
        """Return the action type and the values that recur: those of HEADING, and a default for each other field.

        Raises BadPacket, and TypeError for values of other types.
        """
        known = self._headings.get(said)
        if known is None:
            known = self._headings[said] = self._read_heading(*said)
        return known

    def _read_heading(
        self, type_id: object, type_name: object, subtype_id: object, subtype: object, send_id: object, send: object
    ) -> tuple[type[Action], dict[str, object]]:
        number, name = fields.maybe_whole(type_id), fields.maybe_text(type_name)
        if number is None and name is None:
            raise BadPacket("fixtureActionType: has neither a name nor an id")
        kind = self._catalogue.action_type(number, name)
        send_number, send_name = fields.maybe_whole(send_id), fields.maybe_text(send)
        send_type = self._catalogue.send_type(send_number, send_name)
        if send_type.value is None:
            raise BadPacket(f"sendType: {send_name!r} (id {send_number}) is none that is known")
        values: dict[str, object] = {
            "type_name": name or "",
            "type_id": number,
            "subtype": fields.maybe_text(subtype),
            "subtype_id": fields.maybe_whole(subtype_id),
            "send_type": send_type.value,
        }
        for oddity in (kind.oddity, send_type.oddity):
            if oddity is not None and oddity not in self._reported:
                self._reported.add(oddity)
                self._report(oddity)
        return kind.value, _DEFAULTS | values

    def _team(self, raw: Any) -> Team:
        try:
            return self._team_of(
                fields.text(raw["id"]), fields.maybe_text(raw.get("name")), fields.flag(raw.get("homeTeam"))
            )
        except (TypeError, KeyError, AttributeError):
            raise refusal("team.", TEAM, raw) from None

    def _team_of(self, number: str, name: str | None, home: bool | None) -> Team:
        """Return a team: the same object for as long as the feed says the same of it."""
        seen = self._teams.get(number)
        if seen is None or seen.home is not home or seen.name != (name or ""):
            seen = self._teams[number] = Team(id=number, name=name or "", home=home)
        return seen

    def _player(self, raw: Any) -> Player:
        try:
            return self._player_of(fields.text(raw["id"]), fields.maybe_text(raw.get("name")))
        except (TypeError, KeyError, AttributeError):
            raise refusal("player.", PLAYER, raw) from None

    def _player_of(self, number: str, name: str | None) -> Player:
        """Return a player: the same object for as long as the feed says the same of them."""
        seen = self._players.get(number)
        if seen is None or seen.name != (name or ""):
            seen = self._players[number] = Player(id=number, name=name or "")
        return seen
