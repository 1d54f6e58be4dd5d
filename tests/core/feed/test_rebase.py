"""A list that has changed, folded aside: without a socket, a clock or an await."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actionbus.bus import FixtureClock
from actionbus.events.base import Action, Change, FeedState
from actionbus.feed.intake import Intake
from actionbus.feed.rebase import Step, difference
from actionbus.pipeline import Pipeline
from actionbus.session import FeedProfile, Mismatch
from actionbus.timeline import State

if TYPE_CHECKING:
    from tests.core.feed.conftest import Kit
    from tests.core.feed.rig import Rewound

SEND_TYPES = {"Pending": 1, "Updated": 2, "Cancelled": 3, "Deleted": 4, "Confirmed": 5, "Restored": 6}
NOW = 1_767_290_400.0  # Unix seconds
PROFILE = FeedProfile(url="ws://feed.test")


def packet(kit: Kit, action: str, send_type: str, player: int = 0, kind: str = "Steal") -> str:
    return kit.packet(
        0,
        action=action,
        sendType=send_type,
        sendTypeId=SEND_TYPES[send_type],
        player={"id": f"p{player}", "name": f"P{player}"},
        fixtureActionType=kind,
        fixtureActionTypeId=None,
    )


def open_intake(kit: Kit, log: Rewound) -> Intake:
    return Intake(Pipeline(kit.fixture, log, FixtureClock(lambda: 0.0)), PROFILE)


def serve(intake: Intake, packets: list[str]) -> None:
    """One connection that brings these packets from the start of the list."""
    intake.resume()
    intake.accepted(NOW)
    for each in packets:
        intake.receive(each, NOW)


def change_list(intake: Intake, packets: list[str]) -> None:
    intake.begin_anew()
    serve(intake, packets)
    if intake.collecting:
        intake.run_out(NOW)


def standing(pipeline: Pipeline) -> dict[str, tuple[State, type[Action], str]]:
    return {
        revision.action.action_id: (revision.state, type(revision.action), str(revision.action.player))
        for revision in pipeline.timeline
        if revision.state in (State.PENDING, State.STANDS)
    }


def heard(log: Rewound) -> list[Action]:
    return [event for row in log.rows for event in row.events if isinstance(event, Action)]


def assert_fair(events: list[Action]) -> None:
    """Each id once; for every action ADDED and WITHDRAWN alternate, beginning with ADDED."""
    ids = [event.id for event in events]
    assert len(set(ids)) == len(ids)
    counted = [event for event in events if event.change in (Change.ADDED, Change.WITHDRAWN)]
    by_action = sorted(counted, key=lambda event: event.action_id)
    for _, each in groupby(by_action, key=lambda event: event.action_id):
        changes = [event.change for event in each]
        assert changes == [Change.ADDED, Change.WITHDRAWN] * (len(changes) // 2) + [Change.ADDED] * (len(changes) % 2)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ([("a", "Confirmed")], [], ["a:2 withdrawn"]),
        ([("a", "Pending")], [], ["a:2 dismissed"]),
        ([("a", "Confirmed"), ("a", "Deleted")], [], []),
        ([("a", "Confirmed")], [("a", "Confirmed")], []),
        ([("a", "Confirmed")], [("a", "Pending"), ("a", "Confirmed")], []),
        ([("a", "Confirmed")], [("a", "Confirmed", 2)], ["a:2 amended"]),
        ([("a", "Confirmed")], [("a", "Confirmed", 0, "Block")], ["a:2 withdrawn", "a:3 added"]),
        ([("a", "Confirmed")], [("a", "Pending")], ["a:2 withdrawn", "a:3 tentative"]),
        ([("a", "Confirmed")], [("a", "Confirmed"), ("a", "Deleted")], ["a:2 withdrawn"]),
        ([("a", "Pending")], [("a", "Confirmed")], ["a:2 added"]),
        ([("a", "Pending")], [("a", "Cancelled")], ["a:2 dismissed"]),
        ([("a", "Confirmed"), ("a", "Deleted")], [("a", "Confirmed")], ["a:3 added"]),
        ([], [("a", "Confirmed"), ("a", "Deleted")], []),
        ([], [("a", "Confirmed"), ("a", "Deleted"), ("a", "Restored", 3)], ["a:1 added"]),
        ([("a", "Confirmed"), ("b", "Confirmed")], [("b", "Confirmed"), ("c", "Confirmed")],
         ["a:2 withdrawn", "c:1 added"]),
    ],
)  # fmt: skip
def test_only_the_difference_is_told(
    kit: Kit, log: Rewound, old: list[tuple[str, str]], new: list[tuple[str, str]], said: list[str]
) -> None:
    intake = open_intake(kit, log)
    # one that stays, so that no list is empty
    serve(intake, [packet(kit, "z", "Confirmed"), *(packet(kit, *each) for each in old)])
    before = len(heard(log))
    change_list(intake, [packet(kit, "z", "Confirmed"), *(packet(kit, *each) for each in new)])
    assert [f"{event.id} {event.change}" for event in heard(log)[before:]] == said
    assert_fair(heard(log))
    assert intake.live


REVISION = st.tuples(
    st.sampled_from("abcdef"),
    st.sampled_from(sorted(SEND_TYPES)),
    st.integers(0, 2),
    st.sampled_from(["Steal", "Block"]),
)


@settings(deadline=None, max_examples=200)
@given(old=st.lists(REVISION, min_size=1, max_size=25), new=st.lists(REVISION, min_size=1, max_size=25))
def test_what_stands_then_is_what_the_new_list_says(
    fresh_log: type[Rewound], a_kit: Kit, old: list[tuple[str, str, int, str]], new: list[tuple[str, str, int, str]]
) -> None:
    log = fresh_log()
    intake = open_intake(a_kit, log)
    serve(intake, [packet(a_kit, *each) for each in old])
    change_list(intake, packets := [packet(a_kit, *each) for each in new])
    expected = open_intake(a_kit, fresh_log()).pipeline
    for text in packets:
        expected.accept(text)
    assert standing(intake.pipeline) == standing(expected)
    assert intake.pipeline.game.home.line == expected.game.home.line
    assert intake.place.n == len(packets)
    assert_fair(heard(log))


def test_what_vanished_goes_first_and_the_rest_in_the_list_s_order(kit: Kit, log: Rewound) -> None:
    intake = open_intake(kit, log)
    serve(intake, [packet(kit, name, "Confirmed") for name in "abcd"])
    decode = intake.pipeline.decode
    new = [decode(packet(kit, name, "Confirmed", 1)) for name in "ecb"]
    assert difference(intake.pipeline.timeline, [new[0], None, *new[1:]]) == [
        Step("a", vanishes=True),
        Step("d", vanishes=True),
        Step("e", index=0),
        Step("c", index=2),
        Step("b", index=3),
    ]


def test_the_newest_packet_says_how_the_fixture_stands(kit: Kit, log: Rewound) -> None:
    """Also where an older one is taken for what it changes."""

    def scored(number: int, home: int, player: int = 0) -> str:
        content = json.loads(packet(kit, f"a{number}", "Confirmed", player))
        content["fixtureSummary"] = {"homeTeamScore": home, "awayTeamScore": 0, "finished": number == 9}
        return json.dumps(content)

    intake = open_intake(kit, log)
    serve(intake, [scored(number, number) for number in range(10)])
    change_list(intake, [scored(number, number, player=number == 3) for number in range(1, 10)])
    assert intake.pipeline.game.score.home == 9
    assert intake.pipeline.game.finished


def test_a_list_that_is_fetched_anew_and_stays_empty_is_a_mismatch_again(kit: Kit, log: Rewound) -> None:
    intake = open_intake(kit, log)
    serve(intake, [packet(kit, "a", "Confirmed")])
    intake.begin_anew()
    serve(intake, [])
    assert intake.patience == PROFILE.owed
    with pytest.raises(Mismatch):
        intake.run_out(NOW)
    assert len(heard(log)) == 1


def test_a_list_that_is_fetched_anew_is_complete_after_2_s(kit: Kit, log: Rewound) -> None:
    intake = open_intake(kit, log)
    serve(intake, [packet(kit, name, "Confirmed") for name in "abc"])
    intake.begin_anew()
    serve(intake, [packet(kit, "a", "Confirmed")])
    assert intake.collecting
    assert intake.patience == 2.0
    assert intake.pipeline.status is not None
    intake.run_out(NOW)
    assert intake.live
    assert intake.pipeline.status.state is FeedState.LIVE


def test_a_list_that_grew_at_its_front_takes_nothing_back_for_a_moment(kit: Kit, log: Rewound) -> None:
    intake = open_intake(kit, log)
    serve(intake, [packet(kit, name, "Confirmed") for name in "abc"])
    intake.begin_anew()
    serve(intake, [packet(kit, name, "Confirmed") for name in "xyabc"])
    assert intake.patience == 0.25
    intake.run_out(NOW)
    assert [event.id for event in heard(log)] == ["a:1", "b:1", "c:1", "x:1", "y:1"]


def test_a_list_that_never_pauses_is_not_collected_for_ever(kit: Kit, log: Rewound) -> None:
    intake = open_intake(kit, log)
    serve(intake, [packet(kit, "a", "Confirmed")])
    intake.begin_anew()
    serve(intake, [packet(kit, f"a{number}", "Confirmed") for number in range(1500)])
    assert intake.live
    assert intake.place.n == 1500
    assert_fair(heard(log))
