"""Working hours forwards and backwards, against a count of minutes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.calendar import MINUTE_US, WEEKDAYS_ONLY, read
from devices.working_hours import WorkingHours

FOLDER = Path(__file__).parents[2] / "cities" / "jiangyan" / "calendar"
M = 60
SPANS = ((510 * M, 720 * M), (840 * M, 1080 * M))
OFFICE = WorkingHours(read((FOLDER / "2026.yaml").read_text(), "2026.yaml"), SPANS)
"""08:30 to 12:00 and 14:00 to 18:00."""


def us(text):
    return round(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1e6)


@pytest.mark.parametrize(
    ("time", "is_worked"),
    [
        pytest.param("2026-03-02T08:29:59.999999", False, id="just_before"),
        pytest.param("2026-03-02T08:30", True, id="begin_is_inclusive"),
        pytest.param("2026-03-02T12:00", False, id="end_is_exclusive"),
        pytest.param("2026-03-02T13:00", False, id="midday"),
        pytest.param("2026-03-01T10:00", False, id="sunday"),
        pytest.param("2026-02-28T10:00", True, id="saturday_that_is_worked"),
        pytest.param("2026-02-17T10:00", False, id="chunjie"),
    ],
)
def test_time_of_the_year(time, is_worked):
    assert OFFICE.is_worked(us(time)) is is_worked


@pytest.mark.parametrize(
    ("from_", "until", "minutes"),
    [
        pytest.param("2026-03-02T09:00", "2026-03-02T09:00", 0, id="no_time"),
        pytest.param("2026-03-02T11:50", "2026-03-02T14:10", 20, id="over_midday"),
        pytest.param("2026-03-06T17:50", "2026-03-09T08:40", 20, id="over_a_weekend"),
        pytest.param("2026-02-14T17:50", "2026-02-24T08:40", 20, id="over_chunjie"),
        pytest.param("2026-02-15T00:00", "2026-02-24T00:00", 0, id="all_of_chunjie"),
        pytest.param("2026-10-08T00:00", "2026-10-12T00:00", 1350, id="three_days_with_a_saturday"),
    ],
)
def test_worked_between(from_, until, minutes):
    assert OFFICE.worked_us(us(from_), us(until)) == minutes * MINUTE_US


def test_what_fills_a_span_ends_with_it():
    nine, five = us("2026-03-02T09:00"), us("2026-03-02T17:00")
    assert OFFICE.after_us(nine, 180 * MINUTE_US) == us("2026-03-02T12:00")
    assert OFFICE.after_us(five, 60 * MINUTE_US) == us("2026-03-02T18:00")
    assert OFFICE.after_us(five, 60 * MINUTE_US + 1) == us("2026-03-03T08:30") + 1


spans = st.lists(
    st.integers(0, 1440), min_size=2, max_size=8, unique=True
).map(sorted).map(
    lambda edges: tuple((a * M, b * M) for a, b in zip(edges[::2], edges[1::2], strict=False))
)  # fmt: skip
starts = st.integers(us("2026-01-01T00:00"), us("2026-12-01T00:00"))


@given(spans, starts, st.integers(0, 40 * 3_600_000_000))
def test_what_is_counted_forwards_is_counted_backwards(of_day, start_us, length_us):
    hours = WorkingHours(OFFICE.calendar, of_day)
    end_us = hours.after_us(start_us, length_us)
    assert hours.worked_us(start_us, end_us) == length_us
    if length_us:  # and no earlier time would do
        assert hours.worked_us(start_us, end_us - 1) == length_us - 1


@given(spans, starts, st.integers(0, 10 * 1440), st.integers(0, 1439))
def test_worked_equals_a_count_of_minutes(of_day, start_us, minutes, at):
    hours = WorkingHours(OFFICE.calendar, of_day)
    start_us = start_us // MINUTE_US * MINUTE_US
    end_us = start_us + minutes * MINUTE_US
    count = sum(hours.is_worked(one) for one in range(start_us, end_us, MINUTE_US))
    assert hours.worked_us(start_us, end_us) == count * MINUTE_US


@pytest.mark.parametrize(
    ("of_day", "why"),
    [
        pytest.param((), "there are none; a working day needs at least one span", id="none"),
        pytest.param(((30, 60),), "30–60 s are no whole minutes", id="seconds"),
        pytest.param(((720 * M, 510 * M),), "12:00-08:30 ends before it begins", id="backwards"),
        pytest.param(((510 * M, 1500 * M),), "08:30-25:00 ends before it begins", id="two_days"),
        pytest.param(
            ((510 * M, 720 * M), (700 * M, 800 * M)),
            "11:40-13:20 begins before 12:00, where the span before it ends", id="overlap",
        ),
    ],
)  # fmt: skip
def test_hours_that_are_none_are_told(of_day, why):
    with pytest.raises(ValueError, match=why):
        WorkingHours(WEEKDAYS_ONLY, of_day)


def test_a_time_before_its_start_is_refused():
    with pytest.raises(ValueError, match="is before from_us"):
        OFFICE.worked_us(1, 0)
    with pytest.raises(ValueError, match="is below 0"):
        OFFICE.after_us(0, -1)
