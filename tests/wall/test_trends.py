"""Trend lines: history first, live points after, one statistic each."""

import asyncio

import numpy as np
import pytest

from devices.record import columns
from ioc_dashboard.state import LatestValues
from ioc_dashboard.trends import EVERY_US, Trends, series_of
from tests.small_city import city

CITY = city()

NOW_US = 1_795_492_800_000_000
LINES = {line.id: line for line in series_of(CITY)}


class Remembered:
    """A history that knows the same buckets of every datastream it is asked for."""

    def __init__(self, *buckets):
        self.buckets = buckets

    async def trend(self, _slots, since_us, _bucket_s):
        known = [one for one in self.buckets if one[0] >= since_us]
        return tuple(np.array([one[at] for one in known], dtype=float) for at in range(3))


def loaded(trends, *buckets):
    asyncio.run(trends.load(Remembered(*buckets), NOW_US))
    return {one.id: one for one in trends.columns()}


def test_a_line_stands_only_where_a_city_has_its_datastreams():
    properties = {one.observed_property for one in CITY.datastreams}
    assert ("pm25_mean" in LINES) == ("pm25" in properties)
    assert "speed_mean" in LINES


def test_history_of_levels_is_measured_from_the_warning_level():
    name, line = next((k, v) for k, v in LINES.items() if k.startswith("level_"))
    warning = float(line.offset[0])
    at_us = NOW_US - 60_000_000
    got = loaded(Trends([line], 2), (at_us, 1.0, warning + 0.25))[name]
    assert got.time_ms == [at_us // 1000]
    assert got.value == [pytest.approx(0.25)]


def test_a_live_point_comes_every_ten_seconds():
    trends, state = Trends(list(LINES.values()), 2), LatestValues(CITY)
    assert trends.sample(state, NOW_US)
    assert not trends.sample(state, NOW_US + EVERY_US - 1)
    assert trends.sample(state, NOW_US + EVERY_US)


def test_a_line_without_believable_reading_has_a_gap():
    trends = Trends([LINES["speed_mean"]], 2)
    (point,) = trends.sample(LatestValues(CITY), NOW_US)
    assert point.value == [None]


def test_mean_is_over_what_is_believable():
    line = LINES["speed_mean"]
    state = LatestValues(CITY)
    slot = int(line.slots[0])
    state.apply(columns([(slot, NOW_US, 40.0, 0)]))
    (point,) = Trends([line], 2).sample(state, NOW_US)
    assert point.value == [40.0]


def test_history_that_arrives_late_goes_before_the_live_points():
    line = LINES["speed_mean"]
    trends = Trends([line], 2)
    trends.sample(LatestValues(CITY), NOW_US)
    minute = 60_000_000
    got = loaded(trends, (NOW_US - 2 * minute, 30, 30), (NOW_US - minute, 31, 31), (NOW_US, 9, 9))
    assert got[line.id].value == [30.0, 31.0, None]
    assert got[line.id].time_ms == sorted(got[line.id].time_ms)


def test_points_leave_with_the_window():
    line = LINES["speed_mean"]
    trends, state = Trends([line], 0.1), LatestValues(CITY)
    for n in range(100):
        trends.sample(state, NOW_US + n * EVERY_US)
    (kept,) = trends.columns()
    assert kept.time_ms[-1] - kept.time_ms[0] <= trends.window_ms
    assert len(kept.time_ms) == trends.window_ms * 1000 // EVERY_US + 1
