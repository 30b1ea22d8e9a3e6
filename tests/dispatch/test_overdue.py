"""The timers of a plan's items: who is told, when, and never twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.plans.overdue import due, tell
from tests.dispatch.test_plan_machine import MINUTE, after, do, reopen, skip, start

US = 1


def run(*commands):
    return after(None, start(), *commands)


def told(one, at_us):
    for overdue in due([one], at_us):
        one = tell(one, overdue)
    return one


@pytest.mark.parametrize(
    ("one", "at_us", "items"),
    [
        pytest.param(run(), 2 * MINUTE, [], id="at_its_very_end_it_is_in_time"),
        pytest.param(run(), 2 * MINUTE + US, ["look"], id="a_microsecond_after"),
        pytest.param(run(), 90 * MINUTE, ["look", "close"], id="all_after_an_outage"),
        pytest.param(run(do("look")), 90 * MINUTE, ["close"], id="done"),
        pytest.param(run(skip("look")), 90 * MINUTE, ["close"], id="skipped"),
        pytest.param(run(do("look"), reopen("look", 2)), 3 * MINUTE, ["look"], id="opened_again"),
        pytest.param(told(run(), 3 * MINUTE), 4 * MINUTE, [], id="told_already"),
        pytest.param(told(run(), 3 * MINUTE), 6 * MINUTE, ["close"], id="the_next_one"),
        pytest.param(after(told(run(), 3 * MINUTE), do("look"), reopen("look", 2)), 4 * MINUTE, [],
                     id="told_before_it_was_opened_again"),
        pytest.param(run(), -MINUTE, [], id="a_clock_that_went_back"),
    ],
)  # fmt: skip
def test_items_fall_due(one, at_us, items):
    found = due([one], at_us)
    assert [overdue.item for overdue in found] == items


def test_the_owner_is_told_with_the_time_that_was_missed():
    (first, second) = due([run()], 60 * MINUTE)
    assert (first.to, first.due_us, first.incident) == ("dispatcher", 2 * MINUTE, "i-1")
    assert (second.to, second.due_us) == ("police", 5 * MINUTE)


def test_what_is_not_waited_for_cannot_be_told():
    (first,) = due([run()], 3 * MINUTE)
    with pytest.raises(ValueError, match="item look of r-1 is not waited for in r-1"):
        tell(tell(run(), first), first)


@given(st.lists(st.integers(0, 20 * MINUTE), max_size=20))
def test_each_item_is_told_exactly_once_however_often_one_asks(times):
    one, found = run(), []
    for at_us in sorted(times):
        for overdue in due([one], at_us):
            one = tell(one, overdue)
            found.append(overdue.item)
    latest = max(times, default=-1)
    assert sorted(found) == sorted(
        own.item.id for own in one.items
        if own.item.within_us is not None and own.item.within_us < latest
    )  # fmt: skip
