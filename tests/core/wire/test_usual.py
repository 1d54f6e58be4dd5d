"""Packets of the usual shape are read in one go, all others field by field: both readings have to mean the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import RealGame
from tests.core.wire.packets import ACTION, GONE, PLAYER, SUMMARY, TEAM, changed

from actionbus.errors import BadPacket
from actionbus.simulator import generate_match
from actionbus.wire import Decoder, usual


def unusual(packet: str) -> str:
    """Say the same in an unusual way: of two values with one key the last counts. So it is read field by field."""
    assert packet.startswith("{")
    text = '{"fixtureAction": 0, ' + packet[1:]
    with pytest.raises(usual.UNUSUAL):
        usual.read(text)
    return text


def meaning(decoder: Decoder, packet: str) -> object:
    """Return all that was read, with the types of values, or why it cannot be."""
    try:
        action = decoder.decode(packet)
    except BadPacket as reason:
        return str(reason)
    return type(action), repr(action.__dict__)


def assert_the_same(packets: list[str]) -> None:
    one, other, mixed = Decoder(), Decoder(), Decoder()
    for number, packet in enumerate(packets):
        read = meaning(one, packet)
        assert read == meaning(other, unusual(packet)), packet
        assert read == meaning(mixed, unusual(packet) if number % 3 else packet), packet


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_generated_match_means_the_same(seed: int) -> None:
    packets = list(generate_match(seed).packets)
    assert_the_same(packets)
    for packet in packets:
        usual.read(packet)


def test_a_real_game_is_usual_and_means_the_same(some_real_game: RealGame) -> None:
    assert_the_same(some_real_game.packets)
    for packet in some_real_game.packets:
        usual.read(packet)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 101),
    st.sampled_from([2**63 - 1, 2**63, 2**64, -(2**63), -(2**63) - 1, 10**25]),
    st.sampled_from([0.0, 1.0, 1.5, 2.0001630015293059, 5e-324, 1e22, 1e300]),
    st.sampled_from(["", "1", "1.5", "true", "False", "Steal", "Confirmed", "Running", "2026-01-01T18:07:54.527394Z"]),
    st.sampled_from(["2026-01-01", "1969-01-01T00:00:00Z", "05:12", "nan", "\u00e9", "\ud7ff"]),
)
VALUES = st.one_of(
    SCALARS, st.just(GONE), st.lists(SCALARS, max_size=2), st.dictionaries(st.sampled_from(["id", "x"]), SCALARS)
)
PERIOD: dict[str, Any] = SUMMARY["periods"][0]


def changes(names: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from([*names, "metadata", "finished", "delayStatus"]), VALUES, max_size=2)


@st.composite
def packets(draw: st.DrawFn) -> str:
    """Write a packet that has something wrong with it, or nothing."""
    action = changed(ACTION, draw(changes(ACTION)))
    for name, inner in (("team", TEAM), ("player", PLAYER)):
        if action.get(name) is inner:
            action[name] = changed(inner, draw(changes(inner)))
    summary = changed(SUMMARY, draw(changes(SUMMARY)))
    if summary.get("periods") is SUMMARY["periods"]:
        summary["periods"] = [changed(PERIOD, draw(changes(PERIOD)))]
    wrapper = changed({"fixtureAction": action, "fixtureSummary": summary}, draw(changes({})))
    return json.dumps(wrapper, ensure_ascii=draw(st.booleans()))


@settings(max_examples=400)
@given(packets())
def test_whatever_is_wrong_with_a_packet_both_readings_mean_the_same(packet: str) -> None:
    assert_the_same([packet])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1", "1"),
        ("0", "0"),
        ("-0", "0"),
        ("-1.5", "-1.5"),
        ("2.0001630015293059", "2.0001630015293059"),
        ("1.50", "1.50"),
        ("1e2", "1E+2"),
        ("1E-7", "1E-7"),
        ("12345678901234567890", "12345678901234567890"),
        ('"2.25"', "2.25"),
        ("null", "0"),
    ],
)
def test_a_sequence_is_read_to_its_last_digit_whichever_way(written: str, read: str) -> None:
    packet = json.dumps({"fixtureAction": ACTION}).replace('"timelineSequence": 1.5', f'"timelineSequence": {written}')
    assert str(Decoder().decode(packet).sequence) == read
    assert str(Decoder().decode(unusual(packet)).sequence) == read


@pytest.mark.parametrize("written", ["01", "1.", ".5", "1e999", "-", "123456789012345678901", "NaN", "true", "[1]"])
def test_what_is_no_sequence_is_refused_whichever_way(written: str) -> None:
    packet = json.dumps({"fixtureAction": ACTION}).replace('"timelineSequence": 1.5', f'"timelineSequence": {written}')
    read = meaning(Decoder(), packet)
    assert isinstance(read, str)
    assert read.split(":")[0] == str(meaning(Decoder(), unusual(packet))).split(":")[0]


@pytest.mark.parametrize(
    ("own", "wrapper", "finished"),
    [
        ({}, {}, False),
        ({"finished": True}, {}, True),
        ({}, {"finished": True}, True),
        ({"finished": True}, {"finished": False}, False),
        ({"finished": True}, {"finished": None}, False),
        ({"finished": None}, {"finished": "true"}, True),
    ],
)
def test_the_wrapper_decides_whether_it_is_the_last_packet(
    own: dict[str, Any], wrapper: dict[str, Any], finished: bool
) -> None:
    packet = json.dumps({"fixtureAction": ACTION | own, **wrapper})
    assert Decoder().decode(packet).finished is finished


def test_bytes_that_are_not_utf_8_are_refused_wherever_they_are() -> None:
    packet = json.dumps({"fixtureAction": ACTION, "traceId": "@"}).encode().replace(b"@", b"\xff")
    with pytest.raises(BadPacket, match="is not JSON"):
        Decoder().decode(packet)


def test_periods_that_change_are_read_anew_whichever_way_they_come() -> None:
    decoder = Decoder()
    for number, home in enumerate([10, 10, 12, 12, 10, 14]):
        summary = SUMMARY | {"periods": [PERIOD | {"homeTeamScore": home}]}
        packet = json.dumps({"fixtureAction": ACTION, "fixtureSummary": summary})
        read = decoder.decode(unusual(packet) if number % 2 else packet).summary
        assert read is not None
        assert read.periods[0].running.home == home
