"""Means for the air quality index: how many values they need, and that they are exact."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.indices import IndexInputError
from rules.indices.air_means import (
    day_maximum_1h,
    day_maximum_8h,
    day_mean,
    hour_mean,
    rolling_8h,
    rolling_24h,
)


def some(number, length, value=10.0):
    """Return so many equal values, the others missing."""
    return np.where(np.arange(length) < number, value, np.nan)


@pytest.mark.parametrize(
    ("mean", "number", "length", "is_valid"),
    [
        pytest.param(hour_mean, 44, 60, False, id="GB 3095-表4-1h-44min"),
        pytest.param(hour_mean, 45, 60, True, id="GB 3095-表4-1h-45min"),
        pytest.param(day_mean, 19, 24, False, id="GB 3095-表4-24h-19h"),
        pytest.param(day_mean, 20, 24, True, id="GB 3095-表4-24h-20h"),
        pytest.param(day_maximum_1h, 19, 24, False, id="GB 3095-表4-max1h-19h"),
        pytest.param(day_maximum_1h, 20, 24, True, id="GB 3095-表4-max1h-20h"),
    ],
)
def test_validity(mean, number, length, is_valid):
    found = mean(some(number, length)).item()
    assert found == 10.0 if is_valid else np.isnan(found)


@pytest.mark.parametrize(
    ("mean", "number", "length", "is_valid"),
    [
        pytest.param(rolling_8h, 5, 8, False, id="GB 3095-表4-8h-5h"),
        pytest.param(rolling_8h, 6, 8, True, id="GB 3095-表4-8h-6h"),
        pytest.param(rolling_24h, 19, 24, False, id="GB 3095-表4-24h-19h"),
        pytest.param(rolling_24h, 20, 24, True, id="GB 3095-表4-24h-20h"),
    ],
)
def test_validity_of_rolling_means(mean, number, length, is_valid):
    found = mean(some(number, length))[-1]
    assert found == 10.0 if is_valid else np.isnan(found)


def test_hours_before_the_first_are_missing():
    assert np.isnan(rolling_24h(np.ones(19))).all()
    assert rolling_24h(np.ones(20))[-1] == 1.0


@pytest.mark.parametrize(
    ("gap", "is_valid"),
    [
        pytest.param(slice(0, 0), True, id="HJ 663-2013-17-windows"),
        pytest.param(slice(0, 5), True, id="HJ 663-2013-14-windows"),
        pytest.param(slice(0, 6), False, id="HJ 663-2013-13-windows"),
    ],
)
def test_validity_of_the_largest_eight_hours(gap, is_valid):
    hours = np.full(24, 100.0)
    hours[gap] = np.nan
    found = day_maximum_8h(hours).item()
    assert found == 100.0 if is_valid else np.isnan(found)


def test_an_excess_that_was_measured_stays_one():
    assert day_maximum_8h(some(6, 24, 160.0)).item() != 160.0
    assert day_maximum_8h(some(6, 24, 161.0)).item() == 161.0


def test_the_largest_eight_hours_lie_within_the_day():
    hours = np.full(24, 10.0)
    hours[0] = 90.0
    assert day_maximum_8h(hours).item() == 20.0
    hours[16:24] = 50.0
    assert day_maximum_8h(hours).item() == 50.0


HOURS = st.lists(
    st.one_of(st.just("nan"), st.decimals(0, 900, places=2).map(str)), min_size=24, max_size=60
)


@settings(max_examples=60)
@given(HOURS)
@pytest.mark.parametrize(
    ("rolling", "length", "least"), [(rolling_8h, 8, 6), (rolling_24h, 24, 20)]
)
def test_rolling_means_are_those_of_fractions(rolling, length, least, texts):
    found = rolling(np.array([float(one) for one in texts]))
    for at, mean in enumerate(found.tolist()):
        window = [Fraction(one) for one in texts[max(0, at - length + 1) : at + 1] if one != "nan"]
        if len(window) < least:
            assert np.isnan(mean)
        else:
            assert mean == float(sum(window) / len(window))


@settings(max_examples=60)
@given(st.permutations([0.1, 0.2, 0.3, 61.7, 74.9, 75.1] * 4))
def test_a_mean_does_not_depend_on_the_order_of_its_hours(hours):
    assert day_mean(np.array(hours)) == day_mean(np.sort(hours))


def test_many_stations_at_once():
    hours = np.stack([some(24, 24, 1.0), some(19, 24, 2.0), some(20, 24, 3.0)])
    np.testing.assert_array_equal(day_mean(hours), [1.0, np.nan, 3.0])
    assert rolling_8h(hours).shape == (3, 24)


def test_what_is_wrong_is_told():
    with pytest.raises(ValueError, match=r"\(23,\); the last axis must have 24"):
        day_mean(np.ones(23))
    with pytest.raises(IndexInputError, match=r"hours: -1 at \[3\] is below 0"):
        rolling_8h(np.array([1.0, 1.0, 1.0, -1.0]))
