from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import RealGame
from tests.core.wire.packets import ACTION, GONE, PLAYER, SUMMARY, TEAM, packet

from actionbus.errors import BadPacket
from actionbus.simulator import generate_match
from actionbus.wire import Decoder

PERIOD = SUMMARY["periods"][0]


def reason(text: str | bytes) -> str:
    with pytest.raises(BadPacket) as caught:
        Decoder().decode(text)
    assert caught.value.__cause__ is None
    return str(caught.value)


BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"actionId": GONE}, "actionId: is missing, should be text"),
    ({"actionId": 7}, "actionId: is a number, should be text"),
    ({"fixtureId": None}, "fixtureId: is missing, should be text"),
    ({"fixtureId": ["f"]}, "fixtureId: is a list, should be text"),
    ({"period": "1"}, "period: is text, should be a whole number of at most 64 bits"),
    ({"period": 1.5}, "period: is a number, should be a whole number of at most 64 bits"),
    ({"period": True}, "period: is a flag, should be a whole number of at most 64 bits"),
    ({"period": -1}, "period: is -1, should be from 0 to 99"),
    ({"period": 1000}, "period: is 1000, should be from 0 to 99"),
    ({"clockTime": 802}, "clockTime: is a number, should be text"),
    ({"timestamp": 1767290874}, "timestamp: is a number, should be a time"),
    ({"timestamp": "yesterday"}, "timestamp: Invalid isoformat string: 'yesterday'"),
    ({"timestamp": "1066-10-14T09:00:00Z"}, "should be a time between 1970 and 9999"),
    ({"timestamp": "0001-01-01T00:00:00+23:59"}, "timestamp: "),
    ({"fixtureSeqNum": "161"}, "fixtureSeqNum: is text, should be a whole number"),
    ({"fixtureSeqNum": 10**30}, "fixtureSeqNum: is a number, should be a whole number of at most 64 bits"),
    ({"fixtureSeqNum": 2**64 - 1}, "fixtureSeqNum: is a number, should be a whole number of at most 64 bits"),
    ({"timelineSequence": "first"}, "timelineSequence: should be a decimal number"),
    ({"timelineSequence": True}, "timelineSequence: should be a decimal number"),
    ({"timelineSequence": []}, "timelineSequence: should be a decimal number"),
    ({"timelineSequence": 1e300}, "timelineSequence: should be a decimal number"),
    ({"timelineSequence": "1" * 50}, "timelineSequence: should be a decimal number"),
    ({"timelineSequence": "NaN"}, "timelineSequence: should be a decimal number"),
    ({"fixtureActionType": 3}, "fixtureActionType: is a number, should be text"),
    ({"fixtureActionType": ["Steal"]}, "fixtureActionType: is a list, should be text"),
    ({"fixtureActionTypeId": "201"}, "fixtureActionTypeId: is text, should be a whole number"),
    ({"fixtureActionTypeId": {}}, "fixtureActionTypeId: is an object, should be a whole number"),
    ({"fixtureActionType": None, "fixtureActionTypeId": None}, "fixtureActionType: has neither a name nor an id"),
    ({"fixtureActionSubType": 4}, "fixtureActionSubType: is a number, should be text"),
    ({"fixtureActionSubTypeId": "x"}, "fixtureActionSubTypeId: is text, should be a whole number"),
    ({"sendType": 5}, "sendType: is a number, should be text"),
    ({"sendTypeId": "5"}, "sendTypeId: is text, should be a whole number"),
    ({"sendType": "Perhaps", "sendTypeId": 9}, "sendType: 'Perhaps' (id 9) is none that is known"),
    ({"sendType": GONE, "sendTypeId": GONE}, "sendType: None (id None) is none that is known"),
    ({"relatedFixtureActionIds": "a"}, "relatedFixtureActionIds: is text, should be a list"),
    ({"relatedFixtureActionIds": [1]}, "relatedFixtureActionIds: is a number, should be text"),
    ({"relatedFixtureActionIds": {}}, "relatedFixtureActionIds: is an object, should be a list"),
    ({"metadata": [1]}, "metadata: is a list, should be an object"),
    ({"delayStatus": True}, "delayStatus: is a flag, should be text"),
    ({"team": "Home"}, "team: is text, should be an object"),
    ({"team": []}, "team: is a list, should be an object"),
    ({"team": {"name": "Home"}}, "team.id: is missing, should be text"),
    ({"team": {"id": ["t"]}}, "team.id: is a list, should be text"),
    ({"team": TEAM | {"name": 1}}, "team.name: is a number, should be text"),
    ({"team": TEAM | {"homeTeam": "yes"}}, "team.homeTeam: is text, should be true or false"),
    ({"team": TEAM | {"homeTeam": 1}}, "team.homeTeam: is a number, should be true or false"),
    ({"player": 23}, "player: is a number, should be an object"),
    ({"player": {"id": None}}, "player.id: is missing, should be text"),
    ({"player": PLAYER | {"name": {}}}, "player.name: is an object, should be text"),
]
BAD_SUMMARIES: list[tuple[dict[str, Any], str]] = [
    ({"homeTeamScore": "10"}, "fixtureSummary.homeTeamScore: is text, should be a whole number"),
    ({"awayTeamScore": 1.5}, "fixtureSummary.awayTeamScore: is a number, should be a whole number"),
    ({"awayTeamScore": 10**30}, "fixtureSummary.awayTeamScore: is a number, should be a whole number"),
    ({"currentPeriod": []}, "fixtureSummary.currentPeriod: is a list, should be a whole number"),
    ({"currentStatus": 1}, "fixtureSummary.currentStatus: is a number, should be text"),
    ({"collectionStatus": {}}, "fixtureSummary.collectionStatus: is an object, should be text"),
    ({"currentClockState": 1}, "fixtureSummary.currentClockState: is a number, should be text"),
    ({"isHomeTeamInPossesion": "maybe"}, "fixtureSummary.isHomeTeamInPossesion: is text, should be true or false"),
    ({"finished": 0}, "fixtureSummary.finished: is a number, should be true or false"),
    ({"periods": {}}, "fixtureSummary.periods: is an object, should be a list"),
    ({"periods": [1]}, "fixtureSummary.periods[0]: is a number, should be an object"),
    ({"periods": [PERIOD, []]}, "fixtureSummary.periods[1]: is a list, should be an object"),
    ({"periods": [PERIOD | {"label": 1}]}, "fixtureSummary.periods[0].label: is a number, should be text"),
    ({"periods": [PERIOD | {"start": "noon"}]}, "fixtureSummary.periods[0].start: Invalid isoformat string"),
    ({"periods": [PERIOD | {"homeTeamScore": "x"}]}, "fixtureSummary.periods[0].homeTeamScore: is text"),
]


@pytest.mark.parametrize(("changes", "said"), BAD_FIELDS)
def test_the_reason_names_the_field_of_the_action(changes: dict[str, Any], said: str) -> None:
    assert said in reason(packet(**changes))


@pytest.mark.parametrize(("changes", "said"), BAD_SUMMARIES)
def test_the_reason_names_the_field_of_the_summary(changes: dict[str, Any], said: str) -> None:
    assert said in reason(packet(summary=changes))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON: "),
        (packet()[:100], "is not JSON: "),
        (packet().replace("1.5", "NaN"), "is not JSON: "),
        (packet().replace("1.5", "Infinity"), "is not JSON: "),
        (packet().replace("1.5", "1e999"), ""),
        (packet().replace("Turnover", "\ud800"), "is not JSON: "),
        (packet().replace("Turnover", "\\ud800"), "is not JSON: "),
        (packet().encode().replace(b"Turnover", b"Turn\xffover"), "is not JSON: 'utf-8' codec can't decode byte 0xff"),
        ("[" * 100_000, "is not JSON: "),
        ('{"fixtureAction":' * 2_000 + "1" + "}" * 2_000, "is not JSON: "),
        ("7", "fixtureAction: is missing, should be an object"),
        ("[]", "fixtureAction: is missing, should be an object"),
        ("{}", "fixtureAction: is missing, should be an object"),
        ('{"fixtureAction":[]}', "fixtureAction: is a list, should be an object"),
        ('{"message":"Authorisation accepted","level":"INFO"}', "fixtureAction: is missing"),
        (packet(wrapper={"finished": "soon"}), "finished: is text, should be true or false"),
        (packet(wrapper={"fixtureSummary": []}), "fixtureSummary: is a list, should be an object"),
    ],
)
def test_what_is_no_packet_is_refused_with_a_reason(text: str | bytes, said: str) -> None:
    assert said in reason(text)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [{"a": value}]
    return value


def test_metadata_may_be_nested_but_not_without_end() -> None:
    metadata = {"startingLineup": [{"id": "p", "tags": [["x"]]}]}
    assert Decoder().decode(packet(metadata=metadata)).metadata == metadata
    assert reason(packet(metadata={"a": nested(30)})) == "metadata: is nested deeper than 32 levels"


@pytest.mark.parametrize("levels", [100, 450])
def test_deep_nesting_where_nobody_looks_ends_in_an_action_or_a_reason(levels: int) -> None:
    """Twice, since what came before is compared."""
    deep = nested(levels)
    decoder = Decoder()
    texts = [
        packet(unknown=deep),
        packet(team=TEAM | {"x": deep}),
        packet(player=PLAYER | {"x": deep}),
        packet(summary={"x": deep}),
        packet(summary={"periods": [PERIOD | {"x": deep}]}),
    ]
    for text in texts * 2:
        assert outcome(decoder, text) in ("", "fixtureSummary.periods: is nested too deeply")


def test_a_bad_packet_leaves_no_trace_in_the_decoder() -> None:
    decoder = Decoder()
    good = decoder.decode(packet())
    bad = [
        packet(team=TEAM | {"name": 1}),
        packet(player={"id": 5}),
        packet(summary={"periods": [PERIOD, PERIOD | {"label": 2}]}),
        packet(summary={"homeTeamScore": "x"}),
        packet(fixtureActionType=5),
    ]
    for text in bad:
        with pytest.raises(BadPacket):
            decoder.decode(text)
    assert decoder.decode(packet()).__dict__ == good.__dict__


ODD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["true", "1.0000016713502460", "2026-01-01T18:07:54Z", "0001-01-01T00:00:00+23:59", "Steal"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def outcome(decoder: Decoder, text: str | bytes) -> str:
    """Return the reason, or "" for an action; anything else that is raised fails the test."""
    try:
        action = decoder.decode(text)
    except BadPacket as refused:
        return str(refused) or "no reason"
    return "" if action.sequence.is_finite() and type(action.fixture) is str else "not an action"


def survives(decoder: Decoder, text: str | bytes) -> None:
    assert outcome(decoder, text) not in ("no reason", "not an action")


@given(
    action=st.dictionaries(st.sampled_from([*ACTION, "metadata", "delayStatus"]), ODD, max_size=3),
    summary=st.dictionaries(st.sampled_from([*SUMMARY]), ODD, max_size=2),
    period=st.dictionaries(st.sampled_from([*PERIOD]), ODD, max_size=2),
    team=st.dictionaries(st.sampled_from([*TEAM]), ODD, max_size=2),
)
def test_fields_of_any_type_and_size_end_in_an_action_or_a_reason(
    action: dict[str, Any], summary: dict[str, Any], period: dict[str, Any], team: dict[str, Any]
) -> None:
    text = packet(summary={"periods": [PERIOD | period]} | summary, **({"team": TEAM | team} | action))
    decoder = Decoder()
    survives(decoder, packet())
    survives(decoder, text)
    survives(decoder, text)


INSERTED = [b"[", b"{", b'"', b"9" * 40, b"-", b"\xff", b"null", b"e9"]
GENERATED = generate_match(7).packets


@settings(max_examples=300)
@given(number=st.integers(0, len(GENERATED) - 1), data=st.data())
def test_generated_packets_with_broken_bytes_end_in_an_action_or_a_reason(number: int, data: st.DataObject) -> None:
    broken = bytearray(GENERATED[number].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(broken) - 1))
        kind = data.draw(st.sampled_from(["flip", "cut", "insert", "end"]))
        if kind == "flip":
            broken[place] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "cut":
            del broken[place : place + data.draw(st.integers(1, 30))]
        elif kind == "insert":
            broken[place:place] = data.draw(
                st.sampled_from([b"[", b"{", b'"', b"9" * 40, b"-", b"\xff", b"null", b"e9"])
            )
        else:
            del broken[place + 1 :]
        broken = broken or bytearray(b" ")
    decoder = Decoder()
    survives(decoder, GENERATED[number])
    survives(decoder, bytes(broken))


def test_swapped_fields_of_real_packets_end_in_an_action_or_a_reason(some_real_game: RealGame) -> None:
    """Each field of the action in turn with the value of each other one."""
    decoder = Decoder()
    for text in some_real_game.packets[::40]:
        whole = json.loads(text)
        action = whole["fixtureAction"]
        for name in action:
            for other in action.values():
                survives(decoder, json.dumps(whole | {"fixtureAction": action | {name: other}}))
