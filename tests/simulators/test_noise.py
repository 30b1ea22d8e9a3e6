"""Noise: a pure function, continuous, bounded, and different for every key."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.noise import scramble, share, smooth

START_S = 1_764_000_000.0


def key(number):
    return np.array([number], dtype=np.uint64)


@pytest.mark.parametrize(
    ("number", "expected"),
    # The first numbers of Vigna's splitmix64.c from state 0: state k gives scramble(k * golden).
    [(0, 0xE220A8397B1DCDAF), (1, 0x6E789E6AA1B965F4), (2, 0x06C45D188009454F)],
)
def test_scramble_is_splitmix64(number, expected):
    state = key(number) * np.uint64(0x9E3779B97F4A7C15)
    assert int(scramble(state)[0]) == expected


@given(st.integers(0, 2**64 - 1), st.floats(0, 4e9), st.sampled_from([40, 900, 86_400]))
def test_smooth_noise_stays_between_minus_one_and_one(number, time_s, correlation_s):
    assert -1 <= smooth(key(number), np.array([time_s]), correlation_s)[0] <= 1


def test_smooth_noise_has_no_steps():
    time_s = START_S + np.arange(0, 3600, 0.5)
    values = smooth(np.full(len(time_s), 7, np.uint64), time_s, 60)
    # Between two knots it moves by at most 2, and nowhere faster than 1.5 times the mean slope.
    assert np.abs(np.diff(values)).max() <= 2 * 1.5 * 0.5 / 60 + 1e-9
    assert values.std() > 0.2


def test_two_keys_are_independent():
    time_s = START_S + np.arange(0, 600_000, 60.0)
    one, other = (smooth(np.full(len(time_s), n, np.uint64), time_s, 60) for n in (1, 2))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05


def test_shares_are_evenly_spread():
    shares = share(np.arange(10_000, dtype=np.uint64))
    assert np.histogram(shares, 10, (0, 1))[0] == pytest.approx(np.full(10, 1000), rel=0.12)
