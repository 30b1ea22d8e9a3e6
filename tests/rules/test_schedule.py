"""When alerts are told: hours and days, over midnight, on holidays and days of 调休."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devices.calendar import WEEKDAYS_ONLY, Calendar
from rules.schedule import DAYS, Schedule

GUOQING = Calendar(
    frozenset(date(2026, 10, day) for day in range(1, 8)),
    frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
)
"""国庆节 of 2026 is Thursday 1 to Wednesday 7 October; two weekend days are worked for it."""

H = 3600


def us(text):
    return round(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1e6)


def schedule(days, from_s, to_s, calendar=GUOQING):
    return Schedule(frozenset(days.split()), from_s, to_s, calendar)


DAY, NIGHT = (7 * H, 22 * H), (22 * H, 6 * H)


@pytest.mark.parametrize(
    ("days", "hours", "time", "is_open"),
    [
        pytest.param("workdays", DAY, "2026-09-30T06:59:59.999999", False, id="just_before"),
        pytest.param("workdays", DAY, "2026-09-30T07:00", True, id="from_is_inclusive"),
        pytest.param("workdays", DAY, "2026-09-30T21:59:59.999999", True, id="just_before_the_end"),
        pytest.param("workdays", DAY, "2026-09-30T22:00", False, id="to_is_exclusive"),
        pytest.param("workdays", DAY, "2026-10-01T12:00", False, id="public_holiday"),
        pytest.param("workdays", DAY, "2026-10-03T12:00", False, id="saturday_within_it"),
        pytest.param("workdays", DAY, "2026-10-10T12:00", True, id="saturday_that_is_worked"),
        pytest.param("holidays", DAY, "2026-10-01T12:00", True, id="holidays_on_thursday"),
        pytest.param(
            "holidays", DAY, "2026-10-10T12:00", False, id="holidays_on_a_worked_saturday"
        ),
        pytest.param("holidays", DAY, "2026-10-11T12:00", True, id="holidays_on_a_common_sunday"),
        pytest.param("sat", DAY, "2026-10-10T12:00", True, id="saturday_by_its_name"),
        pytest.param("thu", DAY, "2026-10-01T12:00", True, id="thursday_though_it_is_a_holiday"),
        pytest.param("mon workdays", DAY, "2026-10-05T12:00", True, id="one_of_two_words"),
        pytest.param("all", (0, 24 * H), "2026-10-01T23:59:59.999999", True, id="always"),
        pytest.param("thu", (0, 24 * H), "2026-10-02T00:00", False, id="whole_day_ends"),
        pytest.param("wed", NIGHT, "2026-09-30T05:00", False, id="night_before_belongs_to_tuesday"),
        pytest.param("wed", NIGHT, "2026-09-30T22:00", True, id="night_begins"),
        pytest.param("wed", NIGHT, "2026-10-01T05:59:59.999999", True, id="night_of_wednesday"),
        pytest.param("wed", NIGHT, "2026-10-01T06:00", False, id="night_ends"),
        pytest.param("workdays", NIGHT, "2026-10-01T03:00", True, id="night_into_a_holiday"),
        pytest.param("workdays", NIGHT, "2026-10-08T03:00", False, id="night_out_of_a_holiday"),
        pytest.param("wed", (22 * H, 0), "2026-09-30T23:59:59.999999", True, id="until_midnight"),
        pytest.param("wed", (22 * H, 0), "2026-10-01T00:00", False, id="midnight_is_the_end"),
        pytest.param("wed", (8 * H, 8 * H), "2026-10-01T07:59", True, id="a_whole_day_from_eight"),
        pytest.param("wed", (8 * H, 8 * H), "2026-10-01T08:00", False, id="its_end"),
    ],
)
def test_is_open(days, hours, time, is_open):
    assert schedule(days, *hours).is_open(us(time)) is is_open


@pytest.mark.parametrize(
    ("hours", "time", "change"),
    [
        pytest.param(DAY, "2026-09-30T00:00", "2026-09-30T07:00", id="beginning_is_next"),
        pytest.param(DAY, "2026-09-30T07:00", "2026-09-30T22:00", id="at_the_beginning"),
        pytest.param(DAY, "2026-09-30T22:00", "2026-10-01T07:00", id="at_the_end"),
        pytest.param(NIGHT, "2026-09-30T23:00", "2026-10-01T06:00", id="over_midnight"),
        pytest.param((0, 24 * H), "2026-09-30T00:00", "2026-10-01T00:00", id="midnight"),
    ],
)
def test_next_change(hours, time, change):
    assert schedule("workdays", *hours).next_change_us(us(time)) == us(change)


@pytest.mark.parametrize(
    ("days", "from_s", "to_s", "told"),
    [
        ("workday", 0, 1, "days: 'workday' is not known; did you mean 'workdays'?"),
        ("", 0, 1, "days: there are none"),
        ("all", -1, 1, "from: -1 s is no second of a day"),
        ("all", 24 * H, 1, "from: 86400 s is no second of a day"),
        ("all", 0, 24 * H + 1, "to: 86401 s is no end within a day"),
    ],
)
def test_wrong_schedule_is_told(days, from_s, to_s, told):
    with pytest.raises(ValueError, match=rf"^{told.replace('?', '[?]')}"):
        schedule(days, from_s, to_s)


# The oracle lists every stretch of opening around a time, day by day.

SECONDS = st.one_of(st.sampled_from([0, 1, H, 12 * H, 24 * H - 1]), st.integers(0, 24 * H - 1))
OFFSETS = st.sampled_from([8 * 60, 0, -5 * 60, 5 * 60 + 45]).map(lambda m: timedelta(minutes=m))
FIRST = date(2026, 9, 14)


def days_of_four_weeks():
    return st.sets(st.integers(0, 27).map(lambda after: FIRST + timedelta(days=after)), max_size=8)


@st.composite
def schedules(draw):
    holidays = draw(days_of_four_weeks())
    calendar = Calendar(
        frozenset(holidays), frozenset(draw(days_of_four_weeks()) - holidays), draw(OFFSETS)
    )
    days = draw(st.sets(st.sampled_from(DAYS), min_size=1, max_size=4))
    return Schedule(
        frozenset(days), draw(SECONDS), draw(SECONDS | st.just(24 * H)), calendar
    )  # fmt: skip


def is_covered(day, one):
    works = day.weekday() < 5
    if day in one.calendar.holidays:
        works = False
    if day in one.calendar.workdays:
        works = True
    words = {"all", f"{day:%a}".lower()}
    return bool(one.days & (words | {"workdays" if works else "holidays"}))


def stretches(one):
    """Every stretch, first and last µs + 1."""
    for after in range(-3, 31):
        day = FIRST + timedelta(days=after)
        if is_covered(day, one):
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - one.calendar.offset
            start = midnight + timedelta(seconds=one.from_s)
            end = midnight + timedelta(seconds=one.to_s, days=one.to_s <= one.from_s)
            yield round(start.timestamp() * 1e6), round(end.timestamp() * 1e6)


EDGE = st.sampled_from([-1, 0, 1])
START_US = us("2026-09-15T00:00")


@given(schedules(), st.integers(0, 25 * 24 * H * 1_000_000), st.integers(-1, 80), EDGE)
@example(Schedule(frozenset({"all"}), 0, 24 * H, WEEKDAYS_ONLY), 0, -1, 0)
def test_answer_holds_until_the_next_change(one, after_us, at_edge, beside_us):
    opened = list(stretches(one))
    edges = sorted({edge for stretch in opened for edge in stretch})
    inner = [edge for edge in edges if START_US <= edge < START_US + 25 * 24 * H * 1_000_000]
    # Half of the times stand at an edge or one µs beside it.
    time_us = START_US + after_us
    if at_edge >= 0 and inner:
        time_us = inner[at_edge % len(inner)] + beside_us

    def slow(at_us):
        return any(start <= at_us < end for start, end in opened)

    assert one.is_open(time_us) is slow(time_us)
    change_us = one.next_change_us(time_us)
    assert change_us > time_us
    probes = [edge for edge in edges if time_us < edge < change_us]
    probes += [(time_us + change_us) // 2, change_us - 1]
    assert {slow(probe) for probe in probes} == {slow(time_us)}
    assert {one.is_open(probe) for probe in probes} == {slow(time_us)}
