"""The fixture clock: what is stamped, what passes, and when alarms are told."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionbus.bus import FixtureClock


class Watch:
    """Elapsed seconds that tests turn by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_stamp_is_the_packets_own_time() -> None:
    assert FixtureClock(Watch()).stamp(100.0, received=101.5) == 100.0


def test_a_stamp_is_at_most_5_seconds_ahead_of_receipt() -> None:
    assert FixtureClock(Watch()).stamp(9_999_999_999.0, received=100.0) == 105.0


def test_in_a_replay_nothing_is_received_and_nothing_is_cut() -> None:
    assert FixtureClock(Watch()).stamp(9_999_999_999.0) == 9_999_999_999.0


def test_a_packet_without_a_time_has_that_of_the_one_before() -> None:
    clock = FixtureClock(Watch())
    clock.stamp(100.0, received=100.0)
    assert clock.stamp(None, received=200.0) == 100.0


def test_a_first_packet_without_a_time_has_that_of_its_receipt() -> None:
    assert FixtureClock(Watch()).stamp(None, received=200.0) == 200.0
    assert FixtureClock(Watch()).stamp(None) == 0.0


def test_before_the_first_packet_it_is_no_time_at_all() -> None:
    watch = Watch()
    clock = FixtureClock(watch)
    clock.run()
    watch.seconds = 50.0
    assert clock.now() == 0.0


def test_time_passes_only_while_the_clock_runs() -> None:
    watch = Watch()
    clock = FixtureClock(watch)
    clock.stamp(100.0, received=100.0)
    watch.seconds = 3.0
    assert clock.now() == 100.0
    clock.run()
    watch.seconds = 5.0
    assert clock.now() == 102.0
    clock.stop()
    watch.seconds = 50.0
    assert clock.now() == 102.0
    clock.run()
    watch.seconds = 51.0
    assert clock.now() == 103.0


def test_what_passed_while_the_clock_ran_does_not_change_the_stamps() -> None:
    watch = Watch()
    clock = FixtureClock(watch)
    clock.run()
    clock.stamp(100.0, received=100.0)
    watch.seconds = 25.0
    clock.stop()
    assert clock.now() == 125.0
    assert clock.stamp(110.0, received=130.0) == 110.0
    assert clock.now() == 110.0


@pytest.mark.parametrize("timestamp", [99.0, 100.0, None])
def test_a_late_packet_does_not_turn_the_clock_back(timestamp: float | None) -> None:
    watch = Watch()
    clock = FixtureClock(watch)
    clock.run()
    clock.stamp(100.0, received=100.0)
    watch.seconds = 5.0
    assert clock.stamp(timestamp, received=105.0) == 100.0
    assert clock.now() == 105.0


def test_running_twice_and_stopping_twice_change_nothing() -> None:
    watch = Watch()
    clock = FixtureClock(watch)
    clock.stamp(100.0)
    clock.run()
    watch.seconds = 1.0
    clock.run()
    assert clock.now() == 101.0
    clock.stop()
    clock.stop()
    assert clock.now() == 101.0
    assert not clock.running


def test_it_says_whenever_alarms_have_to_be_worked_out_anew() -> None:
    calls: list[float] = []
    clock = FixtureClock(Watch())
    clock.on_set = lambda: calls.append(clock.now())
    clock.stamp(100.0)
    clock.stamp(90.0)
    clock.run()
    clock.stop()
    assert calls == [100.0, 100.0, 100.0]


@given(st.lists(st.tuples(st.none() | st.floats(0, 1e10), st.floats(0, 1e10) | st.just(math.inf))))
def test_stamps_never_fall_and_are_never_far_ahead_of_receipt(packets: list[tuple[float | None, float]]) -> None:
    clock = FixtureClock(Watch())
    newest = latest = 0.0
    for timestamp, received in packets:
        latest = max(latest, received)
        at = clock.stamp(timestamp, received)
        assert newest <= at <= latest + 5.0
        newest = at


@pytest.mark.parametrize("timestamp", [-5.0, 0.0])
def test_times_before_1970_are_no_times(timestamp: float) -> None:
    assert FixtureClock(Watch()).stamp(timestamp) == 0.0
