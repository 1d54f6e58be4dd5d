"""Facts about generated matches, over many seeds."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from actionbus.recording import Recording
from actionbus.simulator.match import generate_match
from actionbus.simulator.play import play_match
from actionbus.simulator.teams import FOULS_TO_LEAVE

SEEDS = range(30)
SENDS = {1: "Pending", 2: "Updated", 3: "Cancelled", 4: "Deleted", 5: "Confirmed", 6: "Restored"}
POINTS = {"2 Points Made": 2, "2PT Made": 2, "3 Points Made": 3, "3PT Made": 3, "Free Throw Made": 1}

type_of = "fixtureActionType"
Packet = dict[str, Any]


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    return [generate_match(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def matches(recordings: list[Recording]) -> list[list[Packet]]:
    return [[json.loads(packet, parse_float=Decimal) for packet in game.packets] for game in recordings]


def standing(packets: list[Packet]) -> dict[str, Packet]:
    """By brute force: the last word on each action that counts, in the order of the game."""
    last = {packet["fixtureAction"]["actionId"]: packet["fixtureAction"] for packet in packets}
    counts = [action for action in last.values() if action["sendType"] in ("Confirmed", "Updated", "Restored")]
    return {a["actionId"]: a for a in sorted(counts, key=lambda a: (a["period"], a["timelineSequence"]))}


def score(actions: list[Packet], home: bool) -> int:
    return sum(POINTS.get(a[type_of], 0) for a in actions if a.get("team", {}).get("homeTeam") is home)


def histories(packets: list[Packet]) -> list[list[Packet]]:
    found: dict[str, list[Packet]] = {}
    for packet in packets:
        found.setdefault(packet["fixtureAction"]["actionId"], []).append(packet["fixtureAction"])
    return list(found.values())


def test_the_same_seed_gives_the_same_match_and_another_seed_another() -> None:
    assert generate_match(7) == generate_match(7)
    assert generate_match(7).fixture != generate_match(8).fixture
    ids = [set(re.findall(r'"actionId":"([^"]+)"', "".join(generate_match(s).packets))) for s in (7, 8)]
    assert not ids[0] & ids[1]


def test_a_match_has_about_900_packets_in_the_form_of_the_wire(
    recordings: list[Recording], matches: list[list[Packet]]
) -> None:
    assert 850 <= sum(map(len, matches)) / len(matches) <= 950
    for recording, packets in zip(recordings, matches, strict=True):
        assert 700 <= len(packets) <= 1200
        for text, packet in zip(recording.packets, packets, strict=True):
            action = packet["fixtureAction"]
            assert ": " not in re.sub(r'"[^"]*"', "", text)
            assert re.search(r'"timelineSequence":\d\.\d{16},', text)
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", action["timestamp"])
            assert re.fullmatch(r"(0\d|10):[0-5]\d", action["clockTime"])
            assert action["fixtureId"] == recording.fixture
            assert SENDS[action["sendTypeId"]] == action["sendType"]
            assert re.fullmatch("[0-9a-f]{32}", packet["traceId"])
            assert packet["version"] == 3


def test_keys_come_in_the_order_of_the_wire() -> None:
    for text in generate_match(1).packets:
        packet = json.loads(text)
        assert list(packet) == ["fixtureAction", "fixtureSummary", "traceId", "version"]
        assert list(packet["fixtureAction"])[:12] == [
            "actionId", "clockTime", "fixtureActionType", "fixtureActionTypeId", "fixtureId", "fixtureSeqNum",
            "period", "relatedFixtureActionIds", "sendType", "sendTypeId", "timelineSequence", "timestamp",
        ]  # fmt: skip
        assert list(packet["fixtureSummary"]) == sorted(packet["fixtureSummary"])


def test_rates_are_those_of_basketball(matches: list[list[Packet]]) -> None:
    teams: list[Counter[str]] = []
    for packets in matches:
        for home in (True, False):
            mine = [a for a in standing(packets).values() if a.get("team", {}).get("homeTeam") is home]
            counted = Counter[str](a[type_of].replace("PT", " Points") for a in mine)
            counted["points"] = score(mine, home)
            counted["rebounds"] = counted["Offensive Rebound"] + counted["Defensive Rebound"]
            teams.append(counted)
    for what, low, high in (
        ("points", 76, 90),
        ("3 Points Made", 8, 12),
        ("Steal", 4.5, 7.5),
        ("Turnover", 9, 14),
        ("Foul", 15, 24),
        ("Assist", 13, 24),
        ("rebounds", 25, 40),
        ("Block", 1, 4),
        ("Free Throw Made", 10, 20),
        ("Timeout", 1, 6),
        ("Substitution In", 20, 45),
    ):
        assert low <= sum(team[what] for team in teams) / len(teams) <= high, what
    assert all(45 <= team["points"] <= 125 for team in teams)


def test_the_summary_is_what_stands_after_each_packet(matches: list[list[Packet]]) -> None:
    for packets in matches[:4]:
        counting: dict[str, Packet] = {}
        for packet in packets:
            action, summary = packet["fixtureAction"], packet["fixtureSummary"]
            if action["sendType"] in ("Confirmed", "Updated", "Restored"):
                counting[action["actionId"]] = action
            else:
                counting.pop(action["actionId"], None)
            for key, home in (("home", True), ("away", False)):
                total = 0
                for period in summary["periods"]:
                    own = [a for a in counting.values() if a["period"] == period["id"]]
                    assert period[f"{key}TeamPeriodScore"] == score(own, home)
                    total += period[f"{key}TeamPeriodScore"]
                    assert period[f"{key}TeamScore"] == total
                assert summary[f"{key}TeamScore"] == total == score(list(counting.values()), home)
            assert summary["isTied"] == (summary["homeTeamScore"] == summary["awayTeamScore"])


def test_a_recount_of_what_stands_gives_the_last_summary_and_a_winner(matches: list[list[Packet]]) -> None:
    for packets in matches:
        actions, summary = list(standing(packets).values()), packets[-1]["fixtureSummary"]
        assert score(actions, True) == summary["homeTeamScore"]
        assert score(actions, False) == summary["awayTeamScore"]
        assert not summary["isTied"]


def test_what_stands_at_the_end_is_the_match_as_it_was_played(matches: list[list[Packet]]) -> None:
    for seed, packets in zip(SEEDS, matches, strict=True):
        truth, told = play_match(seed), standing(packets)
        assert list(told) == [action.id for action in truth.actions]
        for action in truth.actions:
            said = told[action.id]
            assert said.get("player", {}).get("id") == (action.player.id if action.player else None)
            assert said.get("team", {}).get("homeTeam") == action.home
            assert said.get("fixtureActionSubType") == action.subtype
            assert said["relatedFixtureActionIds"] == list(action.related)


def test_the_match_is_finished_with_its_last_packet_and_not_before(matches: list[list[Packet]]) -> None:
    for packets in matches:
        assert [packet["fixtureSummary"]["finished"] for packet in packets] == [False] * (len(packets) - 1) + [True]
        last = packets[-1]
        assert last["fixtureAction"][type_of] == "End match"
        assert last["fixtureSummary"]["collectionStatus"] == "CollectionCompleted"
        assert last["fixtureSummary"]["currentStatus"] == "Completed"
        assert all(period["end"] for period in last["fixtureSummary"]["periods"])
        assert [packet["fixtureAction"][type_of] for packet in packets[:6]] == [
            "Match conditions", "Team Colours", "Lineups", "Lineups", "Start Fixture", "Start period",
        ]  # fmt: skip


def test_sequences_are_unique_to_an_action_and_lose_digits_as_floats(matches: list[list[Packet]]) -> None:
    lossy = 0
    for packets in matches:
        actions = histories(packets)
        sequences: list[set[Decimal]] = [{said["timelineSequence"] for said in action} for action in actions]
        assert all(len(one) == 1 for one in sequences)
        assert len({one for some in sequences for one in some}) == len(actions)
        for action in actions:
            assert int(action[0]["timelineSequence"]) == action[0]["period"]
            lossy += Decimal(repr(float(action[0]["timelineSequence"]))) != action[0]["timelineSequence"]
        in_play = [a for a in standing(packets).values() if a["period"] > 0]
        for before, after in pairwise(in_play):
            assert before["period"] < after["period"] or before["clockTime"] >= after["clockTime"]
    assert lossy > 1000


def test_numbers_rise_with_gaps_and_time_goes_on(matches: list[list[Packet]]) -> None:
    for packets in matches:
        numbers = [packet["fixtureAction"]["fixtureSeqNum"] for packet in packets]
        steps = {after - before for before, after in pairwise(numbers)}
        assert min(steps) == 1 < max(steps) <= 4
        times = [datetime.fromisoformat(packet["fixtureAction"]["timestamp"]) for packet in packets]
        assert times == sorted(times)
        quarters = len(packets[-1]["fixtureSummary"]["periods"])
        assert 70 <= (times[-1] - times[0]).total_seconds() / 60 <= 100 + 12 * (quarters - 3)


def test_some_matches_go_to_overtime(matches: list[list[Packet]]) -> None:
    overtimes = [p[-1]["fixtureSummary"]["periods"][4:] for p in matches if p[-1]["fixtureAction"]["period"] > 4]
    assert 1 <= len(overtimes) <= 10
    assert {(one[0]["id"], one[0]["label"], one[0]["type"]) for one in overtimes} == {(5, "1st overtime", "Overtime")}


def test_corrections_of_every_kind_come_and_about_20_of_them(matches: list[list[Packet]]) -> None:
    seen: Counter[str] = Counter()
    for packets in matches:
        corrections = 0
        for said in histories(packets):
            sends = ">".join(one["sendType"] for one in said)
            seen[sends] += 1
            corrections += len(set(sends.split(">")) - {"Pending", "Confirmed"}) > 0
            if sends == "Confirmed>Updated":
                first, last = said
                was, now = (one[type_of].replace("PT", " Points") for one in said)
                seen[f"{was} was {now}"] += was != now
                seen["subtype"] += was == now and first.get("fixtureActionSubType") != last.get("fixtureActionSubType")
                seen["player"] += "player" in first and first["player"] != last["player"] and was == now
                seen["rebound of nobody"] += "player" not in first and "player" in last
        assert 14 <= corrections <= 24
    for kind in (
        "Confirmed",
        "Pending>Confirmed",
        "Pending>Cancelled",
        "Confirmed>Updated",
        "Confirmed>Deleted",
        "Confirmed>Deleted>Restored",
        "Confirmed>Deleted>Updated",
        "subtype",
        "player",
        "rebound of nobody",
        "Turnover was Steal",
        "Steal was Turnover",
        "Defensive Rebound was Offensive Rebound",
        "Offensive Rebound was Defensive Rebound",
        "2 Points Made was 3 Points Made",
        "3 Points Made was 2 Points Made",
    ):
        assert seen[kind] > 0, kind
    assert {kind for kind in seen if ">" in kind} == {
        "Pending>Confirmed", "Pending>Cancelled", "Confirmed>Updated", "Confirmed>Deleted",
        "Confirmed>Deleted>Restored", "Confirmed>Deleted>Updated",
    }  # fmt: skip
    assert 0.06 < seen["Pending>Confirmed"] / sum(map(len, matches)) < 0.14


def test_some_actions_are_entered_late(matches: list[list[Packet]]) -> None:
    for packets in matches:
        firsts = [said[0] for said in histories(packets)]
        late = 0
        for place, action in enumerate(firsts):
            before = firsts[max(0, place - 12) : place]
            late += sum(one["timelineSequence"] > action["timelineSequence"] for one in before) >= 4
        assert late >= 2


def test_names_and_ids_differ_between_seeds_as_the_feed_does(matches: list[list[Packet]]) -> None:
    said = {
        (packet["fixtureAction"][type_of], packet["fixtureAction"]["fixtureActionTypeId"])
        for packets in matches
        for packet in packets
    }
    assert {("Steal", 222), ("Steal", 22), ("3 Points Made", 2903), ("3PT Made", 2903)} <= said
    steals = Counter(
        next(p["fixtureAction"]["fixtureActionTypeId"] for p in m if p["fixtureAction"][type_of] == "Steal")
        for m in matches
    )
    assert steals[222] > steals[22] > 0


def test_a_stolen_turnover_has_its_steal(matches: list[list[Packet]]) -> None:
    for packets in matches:
        actions = standing(packets)
        stolen = {a["actionId"] for a in actions.values() if a.get("fixtureActionSubTypeId") == 20001}
        assert stolen == {a["relatedFixtureActionIds"][0] for a in actions.values() if a[type_of] == "Steal"}


def test_only_who_is_on_the_floor_plays_and_five_fouls_are_the_end(matches: list[list[Packet]]) -> None:
    for packets in matches:
        floor: dict[bool, set[str]] = {}
        squad: dict[bool, set[str]] = {}
        fouls: Counter[str] = Counter()
        for action in standing(packets).values():
            home = action.get("team", {}).get("homeTeam")
            if action[type_of] == "Lineups":
                lineup = action["metadata"]
                floor[home] = {player["id"] for player in lineup["startingLineup"]}
                squad[home] = floor[home] | {player["id"] for player in lineup["substitutes"]}
                assert len(floor[home]) == 5
                assert 10 <= len(squad[home]) <= 12
            player = action.get("player", {}).get("id")
            if player is None:
                continue
            if action[type_of] == "Substitution In":
                assert player in squad[home] - floor[home]
                assert fouls[player] < FOULS_TO_LEAVE
                floor[home].add(player)
            else:
                assert player in floor[home]
            if action[type_of] == "Substitution Out":
                floor[home].remove(player)
            fouls[player] += action[type_of] == "Foul"
        assert max(fouls.values()) <= FOULS_TO_LEAVE


def test_no_name_is_a_placeholder_and_none_is_given_twice(matches: list[list[Packet]]) -> None:
    teams: set[str] = set()
    for packets in matches:
        lineups = [p["fixtureAction"] for p in packets if p["fixtureAction"][type_of] == "Lineups"]
        people = [
            player for one in lineups for player in one["metadata"]["startingLineup"] + one["metadata"]["substitutes"]
        ]
        names = [player["fullName"] for player in people]
        assert len(set(names)) == len(names)
        for player in people:
            assert player["fullName"] == f"{player['firstName']} {player['lastName']}"
            assert len(player["firstName"]) > 2
            assert len(player["lastName"]) > 3
            assert not re.search(r"(?i)player|test|unknown|\d", player["fullName"])
        teams |= {one["team"]["name"] for one in lineups}
    assert len(teams) > 40
