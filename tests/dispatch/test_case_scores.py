"""Scores of departments: by hand, each with its numerator and denominator."""

from __future__ import annotations

import pytest

from dispatch.cases.scores import Share, month_of, scores
from tests.dispatch.case_desk import DISPATCHER, INSPECTOR, OFFICE, ROADS, SANITATION, Desk, us

MARCH = month_of("2026-03", OFFICE.calendar)
END = us("2026-04-01T00:00")
NONE = Share(0, 0)


def handled(start="2026-03-02T10:00", back="2026-03-02T15:00", closed=True, redo=(), **dispatch):
    """Return a case of garbage that was dispatched at a time and reported back at another.

    Its handling limit is over a working day after its start.
    """
    desk = Desk(at=start)
    desk.does(INSPECTOR, "file", start)
    desk.does(DISPATCHER, "dispatch", start, **dispatch)
    who = ROADS if desk.case.department == "roads" else SANITATION
    if "returned" in redo:
        desk.does(who, "return", start, text="非本单位")
        desk.does(DISPATCHER, "dispatch", start, **dispatch)
    desk.does(who, "accept", start)
    if back:
        desk.does(who, "report-back", back, text="已清理")
    if "sent-back" in redo:
        desk.does(INSPECTOR, "send-back", back, text="有残留")
        desk.does(who, "report-back", back, text="已清理")
    if closed and back:
        desk.does(INSPECTOR, "verify", back)
        desk.does(INSPECTOR, "close", back)
    return desk.case


def rejected(start="2026-03-02T10:00"):
    return Desk(at=start).does(INSPECTOR, "reject", start, text="不属城管")


def voided():
    desk = Desk()
    desk.brought_to("handling")
    return desk.does(INSPECTOR, "void", text="误报")


def of(*cases, month=MARCH, at_us=END):
    found = scores(cases, month, at_us)
    return {one.department: (one.filing, one.on_time, one.overdue, one.rework, one.at_once)
            for one in found}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "filing", "on_time", "overdue", "rework", "at_once"),
    [
        pytest.param(handled(), (1, 1), (1, 1), (0, 1), (0, 1), (1, 1), id="all_well"),
        pytest.param(handled(back="2026-03-03T10:01"), (1, 1), (0, 1), (1, 1), (0, 1), (1, 1),
                     id="late_by_a_minute"),
        pytest.param(handled(back="2026-03-03T10:00"), (1, 1), (1, 1), (0, 1), (0, 1), (1, 1),
                     id="at_the_very_end"),
        pytest.param(handled(back=None), (1, 1), (0, 1), (1, 1), (0, 0), (0, 0),
                     id="never_reported_back"),
        pytest.param(handled(closed=False), (1, 1), (0, 1), (0, 1), (0, 0), (0, 0),
                     id="in_time_and_not_verified_yet"),
        pytest.param(handled(redo=("sent-back",)), (1, 1), (1, 1), (0, 1), (1, 1), (0, 1),
                     id="sent_back_and_in_time"),
        pytest.param(handled(redo=("returned",)), (1, 1), (1, 1), (0, 1), (0, 1), (0, 1),
                     id="given_back_once"),
        pytest.param(rejected(), (0, 1), (0, 0), (0, 0), (0, 0), (0, 0), id="rejected"),
    ],
)  # fmt: skip
def test_one_case_counts(case, filing, on_time, overdue, rework, at_once):
    assert of(case) == {
        "sanitation": tuple(Share(*one) for one in (filing, on_time, overdue, rework, at_once))
    }


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(voided(), id="voided"),
        pytest.param(Desk().case, id="undecided"),
        pytest.param(handled("2026-02-10T10:00", "2026-02-10T11:00"), id="of_february"),
        pytest.param(rejected("2026-04-01T00:00"), id="of_april"),
    ],
)
def test_this_one_counts_for_nothing(case):
    assert of(case) == {}


def test_a_limit_that_is_not_over_yet_counts_once_the_case_is_closed():
    goes_on, done = handled(back=None), handled()
    before = us("2026-03-03T09:59")
    assert of(goes_on, at_us=before)["sanitation"][1:3] == (NONE, NONE)
    assert of(done, at_us=before)["sanitation"][1:3] == (Share(1, 1), Share(0, 1))
    # At the very end it is due, and not late.
    assert of(goes_on, at_us=us("2026-03-03T10:00"))["sanitation"][1:3] == (
        Share(0, 1),
        Share(0, 1),
    )
    assert of(goes_on, at_us=us("2026-03-03T10:01"))["sanitation"][1:3] == (
        Share(0, 1),
        Share(1, 1),
    )


def test_months_are_of_the_limit_and_of_the_closing_each_for_itself():
    over = handled("2026-03-31T16:00", "2026-04-02T10:00")
    assert of(over)["sanitation"] == (Share(1, 1), NONE, NONE, NONE, NONE)
    april = month_of("2026-04", OFFICE.calendar)
    assert of(over, month=april, at_us=us("2026-05-01T00:00"))["sanitation"] == (
        NONE, Share(0, 1), Share(1, 1), Share(0, 1), Share(1, 1),
    )  # fmt: skip


def test_departments_are_scored_apart():
    found = of(
        handled(), handled(back="2026-03-09T10:00"), rejected(), handled(department="roads")
    )  # fmt: skip
    assert found == {
        "roads": (Share(1, 1), Share(1, 1), Share(0, 1), Share(0, 1), Share(1, 1)),
        "sanitation": (Share(2, 3), Share(1, 2), Share(1, 2), Share(0, 2), Share(2, 2)),
    }


def test_a_share_of_nothing_is_not_a_number():
    assert (NONE.value, Share(0, 4).value, Share(1, 4).value) == (None, 0.0, 0.25)


def test_a_month_begins_and_ends_at_midnight_of_the_zone():
    december = month_of("2026-12", OFFICE.calendar)
    assert december.has(us("2026-12-01T00:00"))
    assert december.has(us("2026-12-31T23:59:59.999999"))
    assert not december.has(us("2027-01-01T00:00"))
    assert not december.has(us("2026-11-30T23:59"))


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "2026-00", "2026-1", "26-01", "２０２６-01", ""]
)
def test_what_is_no_month_is_told(text):
    with pytest.raises(ValueError, match="is no month; write it like 2026-10"):
        month_of(text, OFFICE.calendar)
