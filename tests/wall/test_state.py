"""Newest values, silence, key figures and badges of the small city."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import DOMAINS, Quality
from devices.record import columns
from ioc_dashboard.figures import Badges, Figures, freshness
from ioc_dashboard.state import LatestValues
from tests.small_city import city

CITY = city()

NOW_US = 1_795_492_800_000_000
SECOND = 1_000_000
S = len(CITY.datastreams)


def state_with(*rows):
    state = LatestValues(CITY)
    state.apply(columns(list(rows)))
    return state


def slots_of(name):
    return [one.slot for one in CITY.datastreams if one.observed_property == name]


readings = st.lists(st.tuples(st.integers(0, S - 1), st.integers(1, 20), st.floats(-5, 5)))


@given(readings, st.integers(0, 30))
def test_newest_wins_however_the_readings_are_split(rows, at):
    whole, split = LatestValues(CITY), LatestValues(CITY)
    # One result for each slot and time: which of two different ones wins is a matter of order.
    told = [(slot, time, float(slot * 100 + time), 0) for slot, time, _ in rows]
    whole.apply(columns(told))
    split.apply(columns(told[at:]))
    split.apply(columns(told[:at]))
    slow = {}
    for slot, time, result, _ in told:
        if slot not in slow or time >= slow[slot][0]:
            slow[slot] = (time, result)
    for state in (whole, split):
        got = {
            int(slot): (int(state.time_us[slot]), float(state.result[slot]))
            for slot in np.flatnonzero(state.time_us)
        }
        assert got == slow
        assert state.received.sum() == len(told)


def test_of_two_readings_of_one_time_the_later_row_wins():
    state = state_with((0, NOW_US, 1.0, 0), (0, NOW_US, 2.0, 0))
    assert state.result[0] == 2.0


def test_an_older_reading_changes_nothing_but_is_counted():
    state = state_with((0, NOW_US, 1.0, 0))
    assert state.take_changed().tolist() == [0]
    state.apply(columns([(0, NOW_US - 1, 9.0, 0)]))
    assert state.result[0] == 1.0
    assert state.take_changed().tolist() == []
    assert state.received.sum() == 2


def test_a_slot_the_catalogue_does_not_have_is_counted_apart():
    state = state_with((S, NOW_US, 1.0, 0), (-1, NOW_US, 1.0, 0))
    assert state.unknown == 2
    assert state.received.sum() == 0


def test_what_the_database_remembers_is_not_counted_as_received():
    state = LatestValues(CITY)
    state.apply(columns([(0, NOW_US, 1.0, 0)]), live=False)
    assert state.result[0] == 1.0
    assert state.received.sum() == 0


@pytest.mark.parametrize("slot", range(S))
def test_silent_after_three_periods_and_never_before_thirty_seconds(slot):
    limit_us = int(max(3 * CITY.datastreams[slot].period_s, 30) * SECOND)
    state = state_with((slot, NOW_US, 1.0, 0))
    assert state.heard(NOW_US + limit_us)[slot]
    assert not state.heard(NOW_US + limit_us + 1)[slot]


def test_a_device_is_silent_only_when_all_its_datastreams_are():
    silent = state_with((0, NOW_US, 1.0, 0)).silent_devices(NOW_US)
    device = list(CITY.devices).index(CITY.datastreams[0].device)
    assert not silent[device]
    assert silent.sum() == len(CITY.devices) - 1


@pytest.mark.parametrize("quality", [one for one in Quality if one is not Quality.GOOD])
def test_a_reading_that_is_not_good_stands_behind_no_figure(quality):
    slot = slots_of("water_level")[0]
    state = state_with((slot, NOW_US, 9.0, int(quality)))
    assert Figures(CITY).compute(state, NOW_US)["level_margin"].value is None


def test_level_is_shown_against_the_stations_own_warning_level():
    rows = [
        (slot, NOW_US, CITY.datastreams[slot].limits["warning"] + margin, 0)
        for slot, margin in zip(slots_of("water_level"), (-0.4, -0.3), strict=False)
    ]
    figure = Figures(CITY).compute(state_with(*rows), NOW_US)["level_margin"]
    assert figure.value == pytest.approx(max(margin for margin in (-0.4, -0.3)[: len(rows)]))
    assert figure.slot == rows[-1][0]
    assert figure.time_ms == NOW_US // 1000


def test_a_figure_has_no_value_once_its_readings_are_too_old():
    slot = slots_of("speed")[0]
    state = state_with((slot, NOW_US, 40.0, 0))
    figures = Figures(CITY)
    assert figures.compute(state, NOW_US)["speed_mean"].value == 40.0
    later_us = NOW_US + int(max(3 * CITY.datastreams[slot].period_s, 30) * SECOND) + 1
    assert figures.compute(state, later_us)["speed_mean"].value is None


@pytest.mark.parametrize(
    ("period_s", "age_s", "state"),
    [
        pytest.param(1, 4.0, "fresh", id="fast_domain_at_4s"),
        pytest.param(1, 4.01, "late", id="fast_domain_after_4s"),
        pytest.param(1, 30.01, "silent", id="fast_domain_after_30s"),
        pytest.param(60, 180.0, "fresh", id="minute_domain_after_three"),
        pytest.param(60, 180.01, "late", id="minute_domain_after_more"),
        pytest.param(60, 600.01, "silent", id="minute_domain_after_ten"),
    ],
)
def test_freshness_follows_the_period_of_the_domain(period_s, age_s, state):
    assert freshness(period_s, age_s) == state


def test_badges_count_devices_and_readings_of_their_own_domain():
    badges, state = Badges(CITY), LatestValues(CITY)
    nobody = [0] * len(DOMAINS)
    badges.compute(state, NOW_US, state.silent_devices(NOW_US), nobody)
    slot = slots_of("speed")[0]
    state.apply(columns([(slot, NOW_US, 40.0, 0)] * 8))
    later_us = NOW_US + 4 * SECOND
    got = badges.compute(state, later_us, state.silent_devices(later_us), [0, 0, 2, 0])
    traffic = got[DOMAINS.index("traffic")]
    assert (traffic.rate, traffic.state, traffic.worst) == (2.0, "fresh", 2)
    assert traffic.newest_ms == NOW_US // 1000
    assert traffic.silent == traffic.devices - 1
    water = got[DOMAINS.index("water")]
    assert (water.rate, water.state, water.newest_ms) == (0.0, "silent", None)
    assert water.silent == water.devices > 0
