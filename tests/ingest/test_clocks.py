"""Clocks of field gateways, from nothing but receipts and time stamps."""

import numpy as np
import pytest

from ingest.clocks import LEAST_MINUTES, Clocks, newest_us
from ingest.codecs import Measurements
from ingest.codecs.decoded import NOTHING

NOON_US = 1_790_000_000_000_000
WAY_US = 20_000


def heard(behind_s, minutes=10, each_minute=3, clocks=None, gateway="g"):
    """Let a gateway send some messages a minute; `behind_s(minute, n)` is the age of the n-th."""
    clocks = clocks or Clocks()
    for minute in range(minutes):
        for n in range(each_minute):
            received_us = NOON_US + minute * 60_000_000 + n * 10_000_000
            clocks.heard(gateway, received_us, received_us - round(behind_s(minute, n) * 1e6))
    return clocks


def test_a_clock_that_is_right_shows_the_way_of_a_message():
    assert heard(lambda *_: WAY_US / 1e6).offset_s("g") == pytest.approx(-0.02)


@pytest.mark.parametrize("ahead_s", [-28_800.0, -7.0, 7.0, 28_800.0])
def test_a_clock_is_ahead_or_behind_whatever_some_messages_wait(ahead_s):
    found = heard(lambda minute, n: -ahead_s + (0, 35, 50)[n] + 0.01 * minute)
    assert found.offset_s("g") == pytest.approx(ahead_s, abs=0.1)


@pytest.mark.parametrize(
    "age_s",
    [
        pytest.param(lambda minute, _: 7200 - 1500 * minute if minute < 4 else 0.0, id="stored"),
        pytest.param(lambda minute, n: -9e9 if (minute, n) == (5, 1) else 0.0, id="wild_stamp"),
    ],
)
def test_stored_readings_and_a_wild_stamp_move_nothing(age_s):
    assert heard(age_s).offset_s("g") == 0.0


def test_a_clock_that_was_set_right_is_right_some_minutes_later():
    clocks = heard(lambda *_: 60.0)
    for minute in range(10, 20):
        clocks.heard("g", NOON_US + minute * 60_000_000, NOON_US + minute * 60_000_000)
    assert clocks.offset_s("g") == 0.0


def test_few_minutes_say_nothing():
    assert heard(lambda *_: 60.0, minutes=LEAST_MINUTES - 1).offset_s("g") is None
    assert heard(lambda *_: 60.0, minutes=LEAST_MINUTES).offset_s("g") == -60.0
    assert Clocks().offset_s("nobody") is None


def test_the_worst_are_told_first_and_no_more_than_asked_for():
    clocks = Clocks()
    for gateway, ahead_s in {"right": 0.0, "ahead": 9.0, "behind": -30.0, "new": 99.0}.items():
        minutes = 1 if gateway == "new" else 10
        heard(lambda *_, a=ahead_s: -a, minutes, clocks=clocks, gateway=gateway)
    assert list(clocks.worst().items()) == [("behind", -30.0), ("ahead", 9.0), ("right", 0.0)]
    assert list(clocks.worst(1)) == ["behind"]


@pytest.mark.parametrize(
    ("keys", "times", "newest"),
    [
        pytest.param(["d/level", "d/rain"], [5, 9], 9, id="instants"),
        pytest.param(["d/level", "d/rain:sum_1h"], [9, 5], 9, id="instant_after_a_period"),
        pytest.param(["d/level:mean_1h"], [5], None, id="a_period_began_long_ago"),
        pytest.param(["urn:dev:mac:1"], [5], 5, id="a_colon_is_no_statistic"),
    ],
)
def test_only_instants_tell_the_time(keys, times, newest):
    n = len(keys)
    told = Measurements(keys, np.array(times), np.zeros(n), [""] * n, np.zeros(n, np.int16))
    assert newest_us(told) == newest


def test_a_message_without_values_tells_no_time():
    assert newest_us(NOTHING) is None
