"""Corrections, growth and the spoiler delay: what a person sees, in every service that can edit."""

from __future__ import annotations

import pytest
import trio
from tests.plugins.notifier.delivery.outboxes import benching, lives, notice
from tests.plugins.notifier.delivery.places import Place, told, where_edited
from tests.plugins.notifier.delivery.services import serving
from trio.testing import MockClock


@where_edited
async def test_corrections_edit_what_is_shown(place: Place, clock: MockClock) -> None:
    notices = lives("a", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B"), ("corrected", "C"))
    assert await told(place, service := place.make(), *notices) == [["A"], ["B"], ["taken back: B"], ["B"], ["C"]]
    assert len(service.asked) == 5


@where_edited
async def test_what_is_to_be_retracted_is_deleted_and_shown_again_when_it_stands_again(
    place: Place, clock: MockClock
) -> None:
    steps = ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B"), ("withdrawn", "B")
    notices = lives("a", *steps, on_correction="retract")
    assert await told(place, place.make(), *notices) == [["A"], ["B"], [], ["B"], []]


@where_edited
async def test_follow_ups_leave_what_was_said(place: Place, clock: MockClock) -> None:
    steps = ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B"), ("updated", "B!")
    screens = await told(place, place.make(), *lives("a", *steps, on_correction="followup"))
    said = ["A", "corrected: B (was: A)", "taken back: B", "stands again: B"]
    assert screens == [said[:1], said[:2], said[:3], said, said]


@where_edited
async def test_what_grows_before_it_is_followed_up_is_edited(place: Place, clock: MockClock) -> None:
    steps = ("sent", "3"), ("updated", "4"), ("corrected", "X")
    screens = await told(place, place.make(), *lives("a", *steps, on_correction="followup"))
    assert screens == [["3"], ["4"], ["4", "corrected: X (was: 4)"]]


@where_edited
async def test_corrections_that_are_to_be_ignored_are_while_growth_is_not(place: Place, clock: MockClock) -> None:
    steps = ("sent", "3"), ("updated", "4"), ("corrected", "X"), ("withdrawn", "X"), ("restored", "X")
    screens = await told(place, service := place.make(), *lives("a", *steps, on_correction="ignore"))
    assert screens == [["3"], ["4"], ["4"], ["4"], ["4"]]
    assert len(service.asked) == 2


@where_edited
async def test_an_alert_that_lapses_after_it_was_told_stays(place: Place, clock: MockClock) -> None:
    assert await told(place, place.make(), *lives("a", ("sent", "A"), ("lapsed", "A"), ("corrected", "B"))) == [
        ["A"],
        ["A"],
        ["B"],
    ]


# --- the spoiler delay ---


@where_edited
async def test_nothing_is_told_before_the_delay_and_corrections_neither(place: Place, clock: MockClock) -> None:
    service = place.make()
    await told(
        place,
        service,
        *lives("a", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B")),
        more='delay = "35s"',
        pause=40,
    )
    assert [round(ask.at) for ask in service.asked] == [35, 75, 115]


@where_edited
async def test_what_is_taken_back_within_the_delay_is_never_sent(place: Place, clock: MockClock) -> None:
    service = place.make()
    await told(place, service, *lives("a", ("sent", "A"), ("withdrawn", "A")), more='delay = "35s"', pause=20)
    assert not service.asked


@where_edited
@pytest.mark.parametrize(("delay", "hold", "at"), [(15, 0.0, [15]), (15, 19.0, [34]), (15, 21.0, []), (0, 21.0, [])])
async def test_what_lapses_is_not_told_where_the_rule_and_not_merely_the_channel_holds_it_back(
    place: Place, delay: int, hold: float, at: list[int], clock: MockClock
) -> None:
    service = place.make()
    await told(
        place, service, *lives("a", ("sent", "A"), ("lapsed", "A"), hold=hold), more=f'delay = "{delay}s"', pause=20
    )
    assert [round(ask.at) for ask in service.asked] == at


@where_edited
async def test_what_changes_within_the_delay_is_told_as_it_stands_then(place: Place, clock: MockClock) -> None:
    service = place.make()
    steps = ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"), ("restored", "B"), ("updated", "B!")
    async with serving(service) as server, benching(place.config(server, 'delay = "35s"')) as bench:
        for each in lives("a", *steps):
            await bench.put(each)
            await trio.sleep(5)
        await trio.sleep(100)
    assert (service.screen, len(service.asked)) == (["B!"], 1)


@where_edited
async def test_corrections_that_cancel_out_within_the_delay_are_never_sent(place: Place, clock: MockClock) -> None:
    service = place.make()
    async with serving(service) as server, benching(place.config(server, 'delay = "35s"')) as bench:
        first, *others = lives("a", ("sent", "A"), ("withdrawn", "A"), ("corrected", "B"), ("restored", "A"))
        await bench.put(first)
        await trio.sleep(40)
        await bench.put(*others)
        await trio.sleep(100)
    assert (service.screen, len(service.asked)) == (["A"], 1)


@where_edited
async def test_a_correction_is_not_put_off_by_growth(place: Place, clock: MockClock) -> None:
    service = place.make()
    async with serving(service) as server, benching(place.config(server, 'delay = "35s"')) as bench:
        first, *others = lives("a", ("sent", "A"), ("corrected", "B"), ("updated", "B2"), ("updated", "B3"))
        await bench.put(first)
        await trio.sleep(100)
        for told in others:
            await bench.put(told)
            await trio.sleep(20)
        assert service.screen == ["B2"]
    assert [round(ask.at) for ask in service.asked] == [35, 135]


@where_edited
async def test_a_notice_may_hold_the_first_telling_back_longer(place: Place, clock: MockClock) -> None:
    service = place.make()
    await told(place, service, notice("a", hold=20.0), more='delay = "35s"', pause=60)
    assert round(service.asked[0].at) == 55
