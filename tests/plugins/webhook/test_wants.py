"""Which events an endpoint gets, and as what."""

from __future__ import annotations

from typing import Any

import pytest

from actionbus import Action, Change, FeedStatus, Player, SecretSource, Steal, ThreePointerMade, TwoPointerMade
from actionbus.testing import make
from actionbus_plugins.conditions.classes import widest
from actionbus_plugins.webhook.settings import Endpoint
from actionbus_plugins.webhook.wants import Wants, make_wants, named

CLYBURN, MICIC = Player(id="p1", name="Will Clyburn"), Player(id="p2", name="Vasilije Micic")
OF_CLYBURN: dict[str, Any] = {"where": {"player": "Clyburn"}}


def wants(on: str | tuple[str, ...] = "three_pointer_made", **keys: Any) -> Wants:
    endpoint = Endpoint(url="https://example.org", secret=SecretSource(kind="env", name="SECRET"), on=on, **keys)
    return make_wants(endpoint, {"stars": ("Clyburn",)})


def three(player: Player, change: Change = Change.ADDED, before: Action | None = None) -> Action:
    return make(ThreePointerMade, player=player, change=change, previous=before)


def test_patterns_name_classes_and_the_widest_are_heard_once() -> None:
    assert set(named(["three_pointer_*", "steal"])) == {"three_pointer_made", "three_pointer_missed", "steal"}
    assert set(widest([Action, Steal, ThreePointerMade, FeedStatus])) == {Action, FeedStatus}


def test_subclasses_of_what_is_named_are_wanted_and_nothing_else() -> None:
    assert wants("three_pointer").change(three(MICIC)) is Change.ADDED
    assert wants("three_pointer").change(make(TwoPointerMade)) is None


@pytest.mark.parametrize("change", [Change.TENTATIVE, Change.ADDED, Change.WITHDRAWN, Change.DISMISSED])
def test_where_lets_through_what_it_fits_whatever_the_change(change: Change) -> None:
    assert wants(**OF_CLYBURN).change(three(CLYBURN, change)) is change
    assert wants(**OF_CLYBURN).change(three(MICIC, change)) is None
    assert wants(where={"player": "@stars"}).change(three(CLYBURN, change)) is change


def test_an_amendment_out_of_where_takes_back_and_one_into_it_is_news() -> None:
    of_clyburn = wants(**OF_CLYBURN)
    assert of_clyburn.change(three(MICIC, Change.AMENDED, three(CLYBURN))) is Change.WITHDRAWN
    assert of_clyburn.change(three(CLYBURN, Change.AMENDED, three(MICIC))) is Change.ADDED
    assert of_clyburn.change(three(CLYBURN, Change.AMENDED, three(CLYBURN))) is Change.AMENDED
    assert of_clyburn.change(three(MICIC, Change.AMENDED, three(MICIC))) is None


def test_what_was_tentative_and_no_longer_fits_is_dismissed() -> None:
    for change in (Change.TENTATIVE, Change.ADDED):
        assert wants(**OF_CLYBURN).change(three(MICIC, change, three(CLYBURN))) is Change.DISMISSED


def test_what_was_of_another_type_was_taken_back_by_itself() -> None:
    both = wants(("three_pointer_made", "two_pointer_made"), **OF_CLYBURN)
    before = make(TwoPointerMade, player=CLYBURN)
    assert both.change(three(MICIC, Change.ADDED, before)) is None
    assert both.change(three(CLYBURN, Change.ADDED, before)) is Change.ADDED


def test_when_sees_what_alerts_see_and_the_lists() -> None:
    event = make(ThreePointerMade, player=CLYBURN, period=4, clock="01:30")
    assert wants(when="period >= 4 and clock <= 120").holds(event)
    assert not wants(when="period >= 4 and clock <= 60").holds(event)
    assert wants(when='"Clyburn" in lists.stars').holds(event)
