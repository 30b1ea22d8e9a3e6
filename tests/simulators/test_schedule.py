"""What is due: each datastream at its period, every reading once, evenly spread."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.schedule import CityClock, Schedule

START_S = 1_764_000_000.0


@pytest.fixture(scope="module")
def schedule(jiangyan):
    return Schedule(jiangyan, seed=1)


def slow(jiangyan, schedule, begin_s, end_s):
    """Every multiple of the period, one by one."""
    due = []
    for one in jiangyan.datastreams:
        phase_s = schedule._phase_s[one.slot]
        number = int((begin_s - phase_s) // one.period_s) - 1
        while (at := phase_s + number * one.period_s) < end_s:
            if at >= begin_s:
                due.append((at, one.slot))
            number += 1
    return sorted(due)


def test_equals_the_slow_reading(jiangyan, schedule):
    slot, time_s = schedule.due(START_S, START_S + 47.3)
    expected = slow(jiangyan, schedule, START_S, START_S + 47.3)
    assert sorted(zip(time_s.tolist(), slot.tolist(), strict=True)) == expected


@settings(max_examples=30)
@given(st.lists(st.floats(0, 300), min_size=1, max_size=6))
def test_touching_windows_give_every_reading_once(schedule, cuts):
    edges = [START_S, *(START_S + cut for cut in sorted(cuts)), START_S + 300]
    pieces = [schedule.due(*window) for window in itertools.pairwise(edges)]
    whole = schedule.due(START_S, START_S + 300)
    for index in (0, 1):
        joined = np.concatenate([piece[index] for piece in pieces])
        np.testing.assert_array_equal(joined, whole[index])


def test_every_datastream_is_read_at_its_own_period(jiangyan, schedule):
    slot, time_s = schedule.due(START_S, START_S + 3600)
    for one in jiangyan.datastreams[::37]:
        mine = time_s[slot == one.slot]
        assert len(mine) == 3600 / one.period_s
        np.testing.assert_allclose(np.diff(mine), one.period_s, atol=1e-6)


def test_traffic_is_smooth(schedule):
    _, time_s = schedule.due(START_S, START_S + 600)
    per_second = np.bincount((time_s - START_S).astype(int), minlength=600)
    assert per_second.max() < 3 * per_second.mean()
    assert per_second.min() > 0


def test_the_earliest_comes_first(schedule):
    _, time_s = schedule.due(START_S, START_S + 100)
    assert (np.diff(time_s) >= 0).all()


@pytest.mark.parametrize("end_s", [START_S, START_S - 5])
def test_an_empty_window_gives_nothing(schedule, end_s):
    slot, time_s = schedule.due(START_S, end_s)
    assert len(slot) == len(time_s) == 0


@given(st.floats(0.01, 2000), st.floats(0, 1e6))
def test_city_and_wall_clock_are_each_others_inverse(speed, after_s):
    clock = CityClock(START_S, speed)
    wall_s = clock.wall(np.array([clock.city(START_S + after_s)]))[0]
    # A city second at speed 0.01 is a hundred wall seconds: so is its rounding.
    assert wall_s == pytest.approx(START_S + after_s, abs=1e-4)


def test_a_day_passes_sixty_times_as_fast():
    clock = CityClock(START_S, 60.0)
    assert clock.city(START_S) == START_S
    assert clock.city(START_S + 1440) == START_S + 86_400
