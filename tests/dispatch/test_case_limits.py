"""Time limits of cases: by hand, and against an oracle that counts minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devices.calendar import BEIJING, HOUR_US, MINUTE_US
from devices.working_hours import WorkingHours
from dispatch.cases import ClockName, Light, Limit, Unit, due_us, parse_limit
from dispatch.cases import clock as clocks
from tests.dispatch.case_desk import OFFICE, local, us

CALENDAR = OFFICE.calendar


# Working days have 7.5 h: 08:30 to 12:00 and 14:00 to 18:00.
@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        pytest.param("2026-03-02T09:00", "4 工作时", "2026-03-02T15:00", id="over_midday"),
        pytest.param("2026-03-02T13:00", "4 工作时", "2026-03-02T18:00", id="start_at_midday"),
        pytest.param("2026-03-02T07:00", "5 工作时", "2026-03-02T15:30", id="start_before_work"),
        pytest.param("2026-03-02T21:00", "1 工作时", "2026-03-03T09:30", id="start_after_work"),
        pytest.param("2026-03-02T17:00", "1 工作时", "2026-03-02T18:00", id="to_the_very_end"),
        pytest.param("2026-03-02T18:00", "1 工作时", "2026-03-03T09:30", id="start_at_the_end"),
        pytest.param("2026-03-02T17:59", "1 工作时", "2026-03-03T09:29", id="a_minute_before_it"),
        pytest.param("2026-03-02T11:00", "1 工作时", "2026-03-02T12:00", id="to_midday"),
        pytest.param("2026-03-02T08:30", "0.5 工作日", "2026-03-02T14:15", id="half_a_workday"),
        pytest.param("2026-03-02T08:30", "1 工作日", "2026-03-02T18:00", id="whole_workday"),
        pytest.param("2026-03-06T15:00", "1 工作日", "2026-03-09T15:00", id="over_a_weekend"),
        pytest.param("2026-03-06T18:00", "1 工作日", "2026-03-09T18:00", id="friday_at_the_end"),
        pytest.param("2026-03-07T10:00", "1 工作日", "2026-03-09T18:00", id="start_on_saturday"),
        pytest.param("2026-03-06T17:00", "5 工作时", "2026-03-09T14:30", id="hours_over_a_weekend"),
        pytest.param("2026-02-14T17:00", "4 工作时", "2026-02-24T11:30", id="over_chunjie"),
        pytest.param("2026-02-13T08:30", "2 工作日", "2026-02-14T18:00", id="saturday_before_it"),
        pytest.param("2026-02-18T10:00", "1 工作日", "2026-02-24T18:00", id="start_within_chunjie"),
        pytest.param("2026-02-27T17:30", "1 工作日", "2026-02-28T17:30", id="saturday_after_it"),
        pytest.param("2026-09-30T16:00", "5 工作时", "2026-10-08T11:30", id="over_guoqing"),
        pytest.param("2026-10-09T17:30", "1 工作日", "2026-10-10T17:30", id="saturday_worked"),
        pytest.param("2026-09-19T12:00", "4 工作时", "2026-09-20T14:30", id="sunday_worked"),
        pytest.param("2026-09-24T18:00", "1 工作日", "2026-09-28T18:00", id="over_zhongqiu"),
        pytest.param("2026-09-21T08:30", "10 工作日", "2026-10-10T18:00", id="two_weeks"),
        pytest.param("2026-01-01T09:00", "1 工作时", "2026-01-04T09:30", id="after_yuandan"),
        pytest.param("2026-12-31T17:00", "2 工作时", "2027-01-01T09:30", id="year_without_file"),
        pytest.param("2026-02-14T22:00", "6 紧急工作时", "2026-02-15T04:00", id="urgent_holiday"),
        pytest.param("2026-10-03T23:30", "0.5 紧急工作时", "2026-10-04T00:00", id="holidays"),
    ],
)  # fmt: skip
def test_limit_is_over(start, limit, due):
    assert local(due_us(us(start), parse_limit(limit), OFFICE)) == due


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        pytest.param([("03-02T10:00", "03-04T15:00")], "2026-03-04T18:00", id="two_days"),
        pytest.param([("03-02T12:00", "03-02T14:00")], "2026-03-02T15:00", id="midday_is_free"),
        pytest.param([("03-02T09:00", "03-02T10:00")], "2026-03-02T16:00", id="from_the_start"),
        pytest.param([("03-02T10:00", "03-02T10:00")], "2026-03-02T15:00", id="no_time_at_all"),
        pytest.param([("03-02T15:00", "03-05T09:00")], "2026-03-02T15:00", id="at_the_last_moment"),
        pytest.param([("03-02T16:00", "03-05T09:00")], "2026-03-02T15:00", id="once_it_is_over"),
        pytest.param(
            [("03-02T09:30", "03-02T10:00"), ("03-02T11:00", "03-02T11:30")],
            "2026-03-02T16:00", id="two_pauses",
        ),
        pytest.param([("03-06T10:00", "03-09T10:00")], "2026-03-02T15:00", id="much_later"),
        pytest.param([("03-02T14:30", "03-07T10:00")], "2026-03-09T09:00", id="ends_on_saturday"),
    ],
)  # fmt: skip
def test_pauses_do_not_count(pauses, due):
    spans = [(us(f"2026-{one}"), us(f"2026-{other}")) for one, other in pauses]
    found = due_us(us("2026-03-02T09:00"), parse_limit("4 工作时"), OFFICE, spans)
    assert local(found) == due


def test_while_a_pause_goes_on_there_is_no_end():
    start, limit = us("2026-03-02T09:00"), parse_limit("4 工作时")
    assert due_us(start, limit, OFFICE, [(us("2026-03-02T10:00"), None)]) is None
    over = due_us(start, limit, OFFICE, [(us("2026-03-02T15:01"), None)])
    assert local(over) == "2026-03-02T15:00"


def test_extensions_are_counted_in_the_limits_own_time():
    start, limit = us("2026-03-02T09:00"), parse_limit("4 工作时")
    more = [parse_limit("1 工作日"), parse_limit("1 工作时")]
    assert local(due_us(start, limit, OFFICE, extensions=more)) == "2026-03-03T16:00"
    urgent = parse_limit("6 紧急工作时")
    more = [parse_limit("24 紧急工作时")]
    found = due_us(us("2026-10-01T20:00"), urgent, OFFICE, extensions=more)
    assert local(found) == "2026-10-03T02:00"


YEAR = [us("2026-01-01T00:00") + minute * MINUTE_US for minute in range(420 * 1440)]
HOURS = [
    OFFICE,
    WorkingHours(CALENDAR, ((0, 86_400),)),
    WorkingHours(CALENDAR, ((540 * 60, 1020 * 60),)),
    WorkingHours(CALENDAR, ((0, 60), (600 * 60, 700 * 60), (1400 * 60, 1440 * 60))),
]


def minutes_of(hours):
    """Return for each minute from 2026 on whether it is worked, the slow and obvious way."""
    worked = []
    for minute in range(420 * 1440):
        moment = datetime(2026, 1, 1, tzinfo=BEIJING) + timedelta(minutes=minute)
        day, second = moment.date(), (moment.hour * 60 + moment.minute) * 60
        is_day = day in CALENDAR.workdays or (day.weekday() < 5 and day not in CALENDAR.holidays)
        worked.append(is_day and any(a <= second < b for a, b in hours.spans))
    return worked


WORKED = [minutes_of(hours) for hours in HOURS]


def oracle(which, start, length, is_working, pauses):
    """Return the minute by whose end so many have counted; None if a pause is in the way."""
    if length == 0:
        return start
    for minute in range(start, len(YEAR)):
        paused = any(a <= minute and (b is None or minute < b) for a, b in pauses)
        if paused and any(b is None and a <= minute for a, b in pauses):
            return None
        if not paused and (not is_working or WORKED[which][minute]):
            length -= 1
            if length == 0:
                return minute + 1
    return pytest.fail("the oracle's year is too short")


@st.composite
def pauses_after(draw, start):
    edges = draw(st.lists(st.integers(0, 6000), max_size=6, unique=True).map(sorted))
    spans = [
        (start + a, start + b) for a, b in zip(edges[::2], edges[1::2], strict=False)
    ]  # fmt: skip
    if len(edges) % 2:
        spans.append((start + edges[-1], None))
    return spans


@given(
    st.data(),
    st.sampled_from(range(len(HOURS))),
    st.integers(0, 330 * 1440),
    st.sampled_from(Unit),
    st.integers(1, 400),
    st.lists(st.integers(1, 100), max_size=2),
)
def test_limit_equals_a_count_of_minutes(data, which, start, unit, twentieths, more):
    hours = HOURS[which]
    if unit is Unit.WORKDAY:
        twentieths, more = max(1, twentieths // 20), [max(1, one // 20) for one in more]
        in_minutes = hours.day_us // MINUTE_US
        if in_minutes % 20:  # a twentieth of a day is no whole minute
            twentieths, more = 20, [20 for _ in more]
    else:
        in_minutes = 60
    pauses = data.draw(pauses_after(start))

    def limit(count):
        return Limit(Decimal(count) / 20, unit)

    found = due_us(
        YEAR[start],
        limit(twentieths),
        hours,
        [(YEAR[a], None if b is None else YEAR[b]) for a, b in pauses],
        [limit(one) for one in more],
    )
    length = (twentieths + sum(more)) * in_minutes // 20
    expected = oracle(which, start, length, unit.is_working, pauses)
    assert found == (None if expected is None else YEAR[expected])


@given(st.integers(0, 300 * 1440), st.integers(1, 60), st.floats(0.1, 1.0))
@example(start=0, hours=1, share=1.0)
def test_lights_go_on_in_their_order_and_never_back(start, hours, share):
    limit = Limit(Decimal(hours), Unit.WORK_HOUR)
    one = clocks.start(ClockName.HANDLING, limit, share, YEAR[start], OFFICE)
    assert one.due_us == due_us(YEAR[start], limit, OFFICE)
    assert YEAR[start] <= one.amber_at_us <= one.due_us
    assert one.light(one.amber_at_us - 1) is Light.GREEN
    assert one.light(one.amber_at_us) is Light.AMBER
    assert one.light(one.due_us) is Light.AMBER  # done at that very instant is in time
    assert one.light(one.due_us + 1) is Light.RED
    assert one.left_us(one.due_us, OFFICE) == 0
    assert one.left_us(one.amber_at_us, OFFICE) == one.length_us - one.amber_us


def test_paused_clock_keeps_what_is_left_and_a_red_one_stays_red():
    one = clocks.start(
        ClockName.HANDLING, parse_limit("4 工作时"), 0.75, us("2026-03-02T09:00"), OFFICE
    )
    paused = clocks.pause(one, us("2026-03-02T10:00"), OFFICE)
    later = us("2026-03-20T10:00")
    assert (paused.due_us, paused.light(later)) == (None, Light.PAUSED)
    assert paused.left_us(later, OFFICE) == 3 * HOUR_US
    again = clocks.resume(paused, us("2026-03-04T15:00"), OFFICE)
    assert (local(again.amber_at_us), local(again.due_us)) == (
        "2026-03-04T17:00",
        "2026-03-04T18:00",
    )
    red = clocks.pause(one, us("2026-03-02T15:01"), OFFICE)
    assert red.light(later) is Light.RED
    assert clocks.resume(red, later, OFFICE).due_us == one.due_us
    for work, clock, why in (
        (clocks.pause, paused, "is paused already"), (clocks.resume, one, "the clock runs"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=why):
            work(clock, later, OFFICE)


def test_extension_moves_amber_and_red_also_once_it_is_over():
    start = us("2026-03-02T09:00")
    one = clocks.start(ClockName.HANDLING, parse_limit("4 工作时"), 0.75, start, OFFICE)
    longer = clocks.extend(one, parse_limit("1 工作日"), OFFICE)
    assert (local(longer.amber_at_us), local(longer.due_us)) == (
        "2026-03-03T12:00",
        "2026-03-03T15:00",
    )
    assert one.light(us("2026-03-02T16:00")) is Light.RED
    assert longer.light(us("2026-03-02T16:00")) is Light.GREEN
    with pytest.raises(ValueError, match="6 urgent hours is not of this clock's time"):
        clocks.extend(one, parse_limit("6 紧急工作时"), OFFICE)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("1 工作日", "1 工作日", "1 workday"),
        ("4工作时", "4 工作时", "4 work hours"),
        (" 6 紧急工作时 ", "6 紧急工作时", "6 urgent hours"),
        ("0.25 workdays", "0.25 工作日", "0.25 workdays"),
        ("1 urgent hour", "1 紧急工作时", "1 urgent hour"),
    ],
)
def test_limit_is_read_and_written(text, zh, en):
    one = parse_limit(text)
    assert (one.zh, one.en) == (zh, en)
    assert parse_limit(zh) == parse_limit(en) == one


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("4", "is no time limit; write a number and 工作日, 工作时, 紧急工作时"),
        ("四 工作时", "is no time limit"),
        ("4 小时", "is no time limit"),
        ("-1 工作日", "is no time limit"),
        ("1.234 工作日", "is no time limit"),
        ("４ 工作时", "is no time limit"),
        ("0.00 工作时", "is no time at all; write a limit above 0"),
    ],
)
def test_what_is_no_limit_is_told(text, why):
    with pytest.raises(ValueError, match=why):
        parse_limit(text)
