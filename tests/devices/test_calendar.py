"""Which days are worked: the notice of 2026, the zone's midnight, and files that are wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.calendar import DAY_US, WEEKDAYS_ONLY, Calendar, merge, read
from devices.mistakes import CatalogueError

FOLDER = Path(__file__).parents[2] / "cities" / "jiangyan" / "calendar"


def us(text):
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


@pytest.fixture(scope="module")
def of_2026() -> Calendar:
    return read((FOLDER / "2026.yaml").read_text(), "2026.yaml")


def test_2026_has_the_public_holidays_of_the_notice(of_2026):
    """国办发明电〔2025〕7号: 3 + 9 + 3 + 5 + 3 + 3 + 7 days off, six weekend days worked."""
    assert len(of_2026.holidays) == 33
    assert len(of_2026.workdays) == 6
    # 248 = 261 Mondays to Fridays, less 19 of them off, and 6 weekend days.
    days = [date(2026, 1, 1) + timedelta(days=after) for after in range(365)]
    assert sum(map(of_2026.is_workday, days)) == 248


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        pytest.param("2025-12-31", True, id="wednesday_before"),
        pytest.param("2026-01-01", False, id="yuandan"),
        pytest.param("2026-01-03", False, id="last_day_of_yuandan"),
        pytest.param("2026-01-04", True, id="sunday_that_is_worked"),
        pytest.param("2026-01-10", False, id="common_saturday"),
        pytest.param("2026-02-14", True, id="saturday_before_chunjie"),
        pytest.param("2026-02-15", False, id="chunjie_begins"),
        pytest.param("2026-02-23", False, id="chunjie_ends"),
        pytest.param("2026-02-24", True, id="tuesday_after_chunjie"),
        pytest.param("2026-02-28", True, id="saturday_after_chunjie"),
        pytest.param("2026-04-06", False, id="qingming_monday"),
        pytest.param("2026-05-05", False, id="laodongjie_tuesday"),
        pytest.param("2026-05-09", True, id="saturday_after_laodongjie"),
        pytest.param("2026-06-19", False, id="duanwu_friday"),
        pytest.param("2026-09-20", True, id="sunday_before_guoqing"),
        pytest.param("2026-09-25", False, id="zhongqiu_friday"),
        pytest.param("2026-10-07", False, id="guoqing_ends"),
        pytest.param("2026-10-08", True, id="thursday_after_guoqing"),
        pytest.param("2026-10-10", True, id="saturday_after_guoqing"),
        pytest.param("2027-03-06", False, id="saturday_of_a_year_without_file"),
        pytest.param("2027-03-08", True, id="monday_of_a_year_without_file"),
    ],
)
def test_day_of_2026(of_2026, day, worked):
    assert of_2026.is_workday(date.fromisoformat(day)) is worked


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2026-10-01T15:59:59.999999+00:00", "2026-10-01"),
        ("2026-10-01T16:00:00+00:00", "2026-10-02"),
        ("2026-10-01T00:00:00+08:00", "2026-10-01"),
        ("1969-12-31T15:59:59+00:00", "1969-12-31"),
    ],
)
def test_day_begins_at_the_midnight_of_the_zone(time, day):
    assert WEEKDAYS_ONLY.local_day(us(time)) == date.fromisoformat(day)


@given(
    st.integers(-(10**15), 4 * 10**15),
    st.integers(-720, 840).map(lambda minutes: timedelta(minutes=minutes)),
)
def test_local_day_equals_the_datetime_of_the_zone(time_us, offset):
    calendar = Calendar(frozenset(), frozenset(), offset)
    day = calendar.local_day(time_us)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us) + offset
    assert day == moment.date()
    assert calendar.start_us(day) <= time_us < calendar.start_us(day) + DAY_US
    assert calendar.start_us(day + timedelta(days=1)) == calendar.start_us(day) + DAY_US


def test_files_of_several_years_are_merged():
    both = merge({
        "2026.yaml": read("holidays: [2026-10-01]\nworkdays: []", "2026.yaml"),
        "2027.yaml": read("holidays: ['2026-12-31/2027-01-02']\nworkdays: [2027-01-03]", "b"),
    })  # fmt: skip
    assert sorted(both.holidays) == [
        date(2026, 10, 1), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2),
    ]  # fmt: skip
    assert both.workdays == {date(2027, 1, 3)}


def test_merged_of_none_knows_no_holiday():
    assert merge({}) == WEEKDAYS_ONLY


def test_files_that_contradict_each_other_are_told():
    with pytest.raises(CatalogueError) as told:
        merge({
            "a.yaml": read("holidays: [2026-10-10]\nworkdays: []", "a.yaml"),
            "b.yaml": read("holidays: []\nworkdays: [2026-10-10]", "b.yaml"),
        })  # fmt: skip
    assert str(told.value) == (
        "b.yaml: workdays: 2026-10-10 is a holiday in a.yaml; it can only be one of them"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "c.yaml: must be a mapping with holidays and workdays", id="empty"),
        pytest.param("- 2026-10-01", "c.yaml:1: must be a mapping", id="list"),
        pytest.param("holidays: [", "c.yaml:1: is not YAML: ", id="not_yaml"),
        pytest.param("a\x01", "c.yaml:1: is not YAML: ", id="control_character"),
        pytest.param("[" * 5000, "c.yaml: is nested too deeply", id="depth_bomb"),
        pytest.param(
            "holidays: []", "c.yaml:1: workdays: is missing; write workdays: [] for none",
            id="missing",
        ),
        pytest.param(
            "holidays: []\nworkday: []",
            "c.yaml:2: workday: is not known here; did you mean 'workdays'?", id="field",
        ),
        pytest.param(
            "holidays: []\nworkdays: []\nholidays: []",
            "c.yaml:3: holidays: stands twice; the first is in line 1", id="field_twice",
        ),
        pytest.param("[a]: 1", "c.yaml:1: this: is not known here", id="field_is_a_list"),
        pytest.param(
            "holidays: 2026-10-01", "c.yaml:1: holidays: must be a list, e.g.", id="no_list"
        ),
        pytest.param(
            "holidays:\n  - 2026-10-01\n  - 10-02",
            "c.yaml:3: holidays: '10-02' is no day; write 2026-10-01, or", id="no_year",
        ),
        pytest.param("holidays: [[]]", "c.yaml:1: holidays: 'a list' is no day", id="list_inside"),
        pytest.param("holidays: [２０２６-10-01]", "'２０２６-10-01' is no day", id="wide_digits"),
        pytest.param(
            "holidays:\n- 2026-02-30",
            "c.yaml:2: holidays: 2026-02-30 is no day of any calendar: day ", id="30_february",
        ),
        pytest.param(
            "holidays: [2026-10-07/2026-10-01]",
            "c.yaml:1: holidays: 2026-10-07/2026-10-01 ends before it begins", id="backwards",
        ),
        pytest.param(
            "holidays: [2026-10-01/2027-10-07]", "has 372 days; a range has at most 31", id="long"
        ),
        pytest.param(
            "holidays:\n- 2026-10-01/2026-10-07\n- 2026-10-03",
            "c.yaml:3: holidays: 2026-10-03 is there twice; first in c.yaml:2", id="day_twice",
        ),
        pytest.param(
            "workdays:\n- 2026-10-09",
            "c.yaml:2: workdays: 2026-10-09 is a Friday and worked anyway; list only Saturdays",
            id="worked_friday",
        ),
        pytest.param(
            "holidays: [2026-10-10]\nworkdays:\n- 2026-10-10",
            "c.yaml:3: workdays: 2026-10-10 is a holiday in c.yaml:1; it can only be one of them",
            id="both",
        ),
    ],
)  # fmt: skip
def test_file_that_is_wrong_is_told(text, message):
    with pytest.raises(CatalogueError) as told:
        read(text, "c.yaml")
    assert message in str(told.value)
