from __future__ import annotations

import json

import pytest

from actionbus.session import Accepted, Heartbeat, Notice, Packet, Refused, Session

ACCEPTED = '{"message":"Authorisation accepted","level":"INFO"}'
HEARTBEAT = '{"message":"Heartbeat sent at 2026-01-01T18:07:54Z","level":"INFO"}'
PACKET = '{"fixtureAction":{"actionId":"a"},"version":3}'


def accepted() -> Session:
    session = Session()
    assert session.receive(ACCEPTED) == Accepted("Authorisation accepted")
    return session


def test_the_first_info_is_the_acknowledgement_whatever_its_words() -> None:
    session = Session()
    assert session.receive('{"level":"info","message":"Welcome"}') == Accepted("Welcome")
    assert session.receive('{"level":"info","message":"Welcome"}') == Notice("INFO", "Welcome")


def test_a_heartbeat_is_no_acknowledgement() -> None:
    session = Session()
    assert session.receive(HEARTBEAT) == Heartbeat()
    assert not session.accepted
    assert accepted().receive(HEARTBEAT) == Heartbeat()


def test_a_packet_before_the_acknowledgement_counts_as_one() -> None:
    session = Session()
    assert session.receive(PACKET) == Packet(PACKET)
    assert session.accepted


def test_an_error_before_the_acknowledgement_is_a_refusal_in_the_server_s_words() -> None:
    said = '{"message":"Authentication message had incorrect format","level":"ERROR"}'
    assert Session().receive(said) == Refused("Authentication message had incorrect format")
    assert accepted().receive(said) == Notice("ERROR", "Authentication message had incorrect format")


def test_an_error_message_is_a_refusal_at_any_time() -> None:
    said = '{"errorMessage":"Supplied token could not be authenticated"}'
    for session in (Session(), accepted()):
        assert session.receive(said) == Refused("Supplied token could not be authenticated")


def test_a_warning_is_a_notice_and_no_acknowledgement() -> None:
    session = Session()
    said = '{"message":"Could not find fixture topic x","level":"WARN"}'
    assert session.receive(said) == Notice("WARN", "Could not find fixture topic x")
    assert not session.accepted


def test_statistics_take_no_place_in_the_list() -> None:
    assert accepted().receive('{"seqNum":1,"teamActionAggregates":[]}') == Notice("STATISTICS", "")


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[1,2]",
        "null",
        "7",
        '{"fixtureActio":{"actionId":"a"}}',
        '{"traceId":"a"}',
        '{"message":"no level"}',
        '{"message":null,"level":null}',
        '{"message":{"a":1},"level":"INFO"}',
        '{"errorMessage":7}',
        '{"a":' * 5000 + "1" + "}" * 5000,
        '{"fixtureAction":{"actionId":"a"',
        b"\xff\xfe",
        b"\x00",
        PACKET.encode(),
    ],
)
def test_whatever_is_nothing_else_takes_a_place_in_the_list(frame: str | bytes) -> None:
    assert accepted().receive(frame) == Packet(frame)


def test_a_packet_is_told_by_its_shape_also_where_it_speaks_like_a_control_frame() -> None:
    frame = json.dumps({"message": "Heartbeat", "level": "ERROR", "errorMessage": "x", "fixtureAction": {}})
    assert accepted().receive(frame) == Packet(frame)


def test_a_control_frame_may_quote_the_name_of_the_action() -> None:
    frame = json.dumps({"message": 'no "fixtureAction" here', "level": "WARN"})
    assert accepted().receive(frame) == Notice("WARN", 'no "fixtureAction" here')


@pytest.mark.parametrize(
    ("frame", "keys"),
    [
        ('{"dataType":"connectionState","state":{"connected":true}}', "dataType, state"),
        ("{}", "(none)"),
    ],
)
def test_an_object_of_unknown_shape_is_passed_over_and_takes_no_place(frame: str, keys: str) -> None:
    assert accepted().receive(frame) == Notice("UNKNOWN", f"a frame with the keys {keys}")
    assert not Session().accepted
