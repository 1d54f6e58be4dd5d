from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.core.wire.packets import GONE, packet

from actionbus.events import actions as a
from actionbus.events.base import Action, Change, PeriodScore, Player, Score, SendType, Summary, Team
from actionbus.events.catalogue import Catalogue
from actionbus.wire import Decoder

KICKOFF = datetime(2026, 1, 1, 18, 7, 54, tzinfo=UTC).timestamp()


def decode(text: str | bytes) -> Action:
    return Decoder().decode(text)


def test_a_packet_of_the_vendors_shape_is_read_to_the_last_field() -> None:
    action = decode(packet())
    assert type(action) is a.Turnover
    assert action.action_id == "a-1"
    assert action.fixture == "f-1"
    assert action.period == 1
    assert action.clock == "08:02"
    assert action.clock_seconds == 482.0
    assert action.sequence == Decimal("1.5")
    assert action.fixture_seq == 161
    assert action.timestamp == KICKOFF + 0.527394
    assert action.send_type is SendType.CONFIRMED
    assert (action.type_name, action.type_id) == ("Turnover", 201)
    assert (action.subtype, action.subtype_id) == ("Stolen", 20001)
    assert action.team == Team(id="t-home", name="Home", home=True)
    assert action.player == Player(id="p-1", name="A  Player")
    assert action.related == ("a-2",)
    assert action.metadata is None
    assert action.delay_status is None
    assert action.finished is False
    assert action.score == Score(10, 11)
    start = datetime(2026, 1, 1, 18, 0, 36, tzinfo=UTC).timestamp()
    period = PeriodScore(
        id=1, label="1st quarter", type="Regular", start=start, period=Score(10, 11), running=Score(10, 11)
    )
    assert action.summary == Summary(
        score=Score(10, 11),
        period=1,
        status="Live",
        collection_status="CollectingLive",
        clock_running=False,
        home_has_ball=True,
        periods=(period,),
    )


def test_a_decoded_action_is_not_announced_yet() -> None:
    action = decode(packet())
    assert (action.id, action.position, action.at, action.change) == ("", 0, 0.0, Change.ADDED)
    assert action.previous is None
    assert action.successor is None


def test_bytes_are_decoded_like_text() -> None:
    text = packet(player={"id": "p", "name": "Šarić"})
    assert decode(text.encode()).__dict__ == decode(text).__dict__


def test_ids_alone_make_an_action() -> None:
    """PROTOCOL 0.6: every field is optional except the ids."""
    text = '{"fixtureAction":{"actionId":"a","fixtureId":"f","fixtureActionTypeId":201,"sendTypeId":5}}'
    action = decode(text)
    assert type(action) is a.Turnover
    assert action.send_type is SendType.CONFIRMED
    assert (action.period, action.clock, action.sequence, action.timestamp) == (0, None, Decimal(0), None)
    assert (action.team, action.player, action.summary, action.related) == (None, None, None, ())


OPTIONAL = (
    "clockTime",
    "fixtureActionSubType",
    "fixtureActionSubTypeId",
    "fixtureSeqNum",
    "metadata",
    "period",
    "player",
    "relatedFixtureActionIds",
    "team",
    "timelineSequence",
    "timestamp",
    "delayStatus",
)


@pytest.mark.parametrize("name", OPTIONAL)
def test_null_says_what_a_missing_field_says(name: str) -> None:
    null: dict[str, Any] = {name: None}
    missing: dict[str, Any] = {name: GONE}
    assert decode(packet(**null)).__dict__ == decode(packet(**missing)).__dict__


def test_unknown_fields_are_passed_over() -> None:
    text = packet(
        wrapper={"new": [1, {"deep": True}]},
        summary={"reason": "x", "reasonId": 1},
        courtX=0.5,
        summary_={"a": 1},
        team={"id": "t", "name": "T", "homeTeam": True, "colour": "red"},
    )
    assert decode(text).team == Team(id="t", name="T", home=True)


def test_fields_of_the_action_with_names_of_the_wrappers_mean_nothing() -> None:
    assert decode(packet(wrapper={"fixtureSummary": GONE}, fixtureSummary={"homeTeamScore": 3})).summary is None


def test_version_1_packets_have_no_side_no_related_actions_and_no_trace() -> None:
    """PROTOCOL 2.1, 2.2, 2.5."""
    team = {"id": "t", "name": "T"}
    text = packet(wrapper={"traceId": GONE, "version": 1}, relatedFixtureActionIds=GONE, team=team)
    action = decode(text)
    assert action.team == Team(id="t", name="T", home=None)
    assert action.related == ()


@pytest.mark.parametrize(
    ("said", "home"),
    [("true", True), ("false", False), ("True", True), (True, True), (False, False), (None, None)],
)
def test_the_home_team_may_be_said_in_text(said: object, home: bool | None) -> None:
    team = decode(packet(team={"id": "t", "name": "T", "homeTeam": said})).team
    assert team is not None
    assert team.home is home


def test_finished_may_be_missing_everywhere() -> None:
    action = decode(packet(summary={"finished": GONE}))
    assert action.finished is False
    assert action.summary is not None
    assert action.summary.finished is False


@pytest.mark.parametrize("zone", ["", "Z", "+00:00"])
@pytest.mark.parametrize(
    ("decimals", "seconds"),
    [("", 0.0), (".527394", 0.527394), (".527394999", 0.527394), (".5", 0.5), (".000000000", 0.0)],
)
def test_times_have_a_zone_or_none_and_any_number_of_decimals(zone: str, decimals: str, seconds: float) -> None:
    action = decode(packet(timestamp=f"2026-01-01T18:07:54{decimals}{zone}"))
    assert action.timestamp == pytest.approx(KICKOFF + seconds, abs=1e-6)


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    assert decode(packet(timestamp="2026-01-01T20:07:54+02:00")).timestamp == KICKOFF


def test_a_status_packet_has_period_0_and_its_details_in_the_metadata() -> None:
    metadata = {"coverageLevel": 3, "fixtureStatus": 1, "collectionStatus": 3, "collectionStatusReason": "no signal"}
    action = decode(
        packet(
            fixtureActionType="Status Updated",
            fixtureActionTypeId=22,
            fixtureActionSubType=GONE,
            fixtureActionSubTypeId=GONE,
            period=0,
            clockTime="00:00",
            timelineSequence=0.000001,
            team=GONE,
            player=GONE,
            metadata=metadata,
            summary={"collectionStatus": "CollectionSuspended"},
        )
    )
    assert type(action) is a.StatusUpdate
    assert action.period == 0
    assert action.metadata == metadata
    assert action.summary is not None
    assert action.summary.collection_status == "CollectionSuspended"


def test_delay_and_names_with_double_spaces_are_kept_as_they_are() -> None:
    action = decode(packet(delayStatus="RECONSTRUCTED"))
    assert action.delay_status == "RECONSTRUCTED"
    assert action.player is not None
    assert action.player.name == "A  Player"


def test_a_player_may_have_no_name() -> None:
    for player in ({"id": "p"}, {"id": "p", "name": None}):
        assert decode(packet(player=player)).player == Player(id="p")


def test_what_comes_again_is_the_same_object_again() -> None:
    decoder = Decoder()
    one, other = decoder.decode(packet()), decoder.decode(packet(actionId="a-2", clockTime="07:00"))
    assert one.team is other.team
    assert one.player is other.player
    assert one.summary is other.summary
    text_team = {"id": "t", "name": "T", "homeTeam": "true"}
    assert decoder.decode(packet(team=text_team)).team is decoder.decode(packet(team=text_team)).team


def test_what_changes_is_read_anew() -> None:
    decoder = Decoder()
    decoder.decode(packet())
    renamed = decoder.decode(packet(team={"id": "t-home", "name": "New", "homeTeam": True}))
    assert renamed.team == Team(id="t-home", name="New", home=True)
    assert decoder.decode(packet(player={"id": "p-1", "name": "B"})).player == Player(id="p-1", name="B")
    assert decoder.decode(packet(summary={"homeTeamScore": 12})).score == Score(12, 11)


def test_a_disagreement_of_id_and_name_is_told_once() -> None:
    told: list[str] = []
    decoder = Decoder(report=told.append)
    for number in range(3):
        action = decoder.decode(packet(fixtureActionTypeId=204, actionId=f"a-{number}", sendTypeId=2))
        assert type(action) is a.Turnover
        assert action.type_id == 204
        assert action.send_type is SendType.CONFIRMED
    decoder.decode(packet(fixtureActionTypeId=204, fixtureActionSubType="Travelling", sendTypeId=2))
    assert told == [
        "name 'Turnover' and id 204 disagree; the name decides",
        "send type 'Confirmed' and id 2 disagree; the name decides",
    ]


def test_an_unknown_type_survives_with_its_name_and_id() -> None:
    told: list[str] = []
    action = Decoder(report=told.append).decode(packet(fixtureActionType="Mascot Dance", fixtureActionTypeId=4711))
    assert type(action) is a.UnknownAction
    assert (action.type_name, action.type_id) == ("Mascot Dance", 4711)
    assert told == ["type 'Mascot Dance' (id 4711) is not in the catalogue"]


def test_a_users_mapping_is_followed() -> None:
    decoder = Decoder(Catalogue({"Mascot Dance": a.PlayStopped}))
    assert type(decoder.decode(packet(fixtureActionType="Mascot Dance"))) is a.PlayStopped
