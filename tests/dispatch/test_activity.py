"""What happened in a stretch of time, as numbers."""

from __future__ import annotations

import pytest

from dispatch.handover import activity
from dispatch.handover.activity import Count, Wait, by_domain
from tests.dispatch.shifts import NO_WORK, counted, past, us


def test_alerts_count_by_priority_and_domain_where_they_were_raised_cleared_or_go_on():
    found = counted(
        past("new", "2026-03-02T09:00", "red"),
        past("gone", "2026-03-02T09:00", "red", "2026-03-02T09:30"),
        past("old", "2026-03-01T09:00", "blue", "2026-03-02T12:00", domain="air"),
        past("on", "2026-03-01T09:00", "blue", domain="air"),
        past("over", "2026-03-02T07:00", "blue", "2026-03-02T07:59", domain="air"),
        past("later", "2026-03-02T20:00", "blue", domain="air"),
    )
    assert found.counts == (Count(1, "water", 2, 1, 1), Count(4, "air", 0, 1, 1))
    assert (found.raised, found.cleared, found.active) == (2, 2, 2)
    assert by_domain(found) == {
        "water": (2, 0, 0, 0), "air": (0, 0, 0, 0), "traffic": (0, 0, 0, 0), "camera": (0, 0, 0, 0),
    }  # fmt: skip


def test_edges_count_once_the_begin_within_the_end_without():
    one = past("edge", "2026-03-02T20:00", cleared="2026-03-03T08:00")
    before = counted(one)
    night = counted(one, since="2026-03-02T20:00", until="2026-03-03T08:00")
    after = counted(one, since="2026-03-03T08:00", until="2026-03-03T20:00")
    assert [(each.raised, each.cleared, each.active) for each in (before, night, after)] == [
        (0, 0, 0), (1, 0, 1), (0, 1, 0),
    ]  # fmt: skip


def test_waits_are_of_told_alerts_by_priority():
    found = counted(
        past("a", "2026-03-02T09:00", "red", acknowledged="2026-03-02T09:01"),
        past("b", "2026-03-02T09:00", "red", acknowledged="2026-03-02T09:05"),
        past("c", "2026-03-02T09:00", "red"),
        past("quiet", "2026-03-02T09:00", "red", suppressed=True),
        past("ahead", "2026-03-02T09:00", "orange", acknowledged="2026-03-02T08:59"),
    )
    assert found.waits == (
        Wait(1, 3, 2, 180.0, 300.0), Wait(2, 1, 1, 0.0, 0.0), Wait(3, 0, 0, None, None),
        Wait(4, 0, 0, None, None),
    )  # fmt: skip
    assert found.suppressed == 1


def test_the_load_is_that_of_the_alarm_figures():
    burst = [past(str(n), f"2026-03-02T09:{n:02d}") for n in range(10)]
    load = counted(*burst).load
    assert (load.alarms, load.most_in_a_period, load.floods) == (10, 10, 1)
    assert load.per_ten_minutes == pytest.approx(10 / 72)
    two = activity(burst, us("2026-03-02T08:00"), us("2026-03-02T20:00"), 2, (), NO_WORK)
    assert two.load.per_ten_minutes == pytest.approx(5 / 72)


def test_a_stretch_that_is_too_short_has_no_load():
    assert counted(until="2026-03-02T08:05").load is None


def test_bars_are_hours_of_a_shift_and_days_of_a_week():
    one, two = past("a", "2026-03-02T08:59", "red"), past("b", "2026-03-02T19:00", "blue")
    shift = counted(one, two)
    assert len(shift.bars) == 12
    assert not shift.is_daily
    assert (shift.bars[0].by_priority, shift.bars[11].by_priority) == ((1, 0, 0, 0), (0, 0, 0, 1))
    week = counted(one, two, since="2026-03-02T00:00", until="2026-03-09T00:00")
    assert [sum(bar.by_priority) for bar in week.bars] == [2, 0, 0, 0, 0, 0, 0]
    assert week.is_daily
    assert week.bars[1].start_us == us("2026-03-03T00:00")


def test_a_begun_hour_has_a_bar():
    found = counted(past("a", "2026-03-02T10:10"), until="2026-03-02T10:20")
    assert [sum(bar.by_priority) for bar in found.bars] == [0, 0, 1]
