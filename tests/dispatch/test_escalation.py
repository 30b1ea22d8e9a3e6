"""The accept timer: who is told, when, and never twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.crew import Step
from dispatch.crews.escalation import Pending, due, next_due_us, tell

MINUTE = 60_000_000
CHAIN = (
    Step("crew-leader", ("队长", "crew leader"), 3 * MINUTE),
    Step("duty-leader", ("值班长", "duty leader"), 5 * MINUTE),
    Step("director", ("中心主任", "director"), 10 * MINUTE),
)


def pending(told=0, assigned_us=0, name="a-1"):
    return Pending(name, "pumps", "i-1", assigned_us, CHAIN, told)


@pytest.mark.parametrize(
    ("at_us", "told", "expected"),
    [
        pytest.param(3 * MINUTE - 1, 0, [], id="a_microsecond_before"),
        pytest.param(3 * MINUTE, 0, ["crew-leader"], id="at_its_very_time"),
        pytest.param(4 * MINUTE, 1, [], id="told_already"),
        pytest.param(5 * MINUTE, 1, ["duty-leader"], id="the_next_step"),
        pytest.param(60 * MINUTE, 0, ["crew-leader", "duty-leader", "director"],
                     id="all_after_an_outage"),
        pytest.param(60 * MINUTE, 3, [], id="the_chain_is_at_its_end"),
        pytest.param(-MINUTE, 0, [], id="a_clock_that_went_back"),
    ],
)  # fmt: skip
def test_steps_fall_due(at_us, told, expected):
    assert [one.to for one in due([pending(told)], at_us)] == expected


def test_the_earliest_is_told_first_and_ties_go_by_assignment():
    waiting = [pending(name="b"), pending(name="a"), pending(name="c", assigned_us=-MINUTE)]
    assert [one.assignment for one in due(waiting, 3 * MINUTE)] == ["c", "a", "b"]


def test_the_next_time_is_that_of_the_next_step_of_all():
    assert next_due_us([pending(1), pending(3), pending(2, -MINUTE)]) == 5 * MINUTE
    assert next_due_us([pending(3)]) is None
    assert next_due_us([]) is None


def test_a_step_that_is_not_the_next_is_a_broken_assumption():
    (first,) = due([pending()], 3 * MINUTE)
    with pytest.raises(ValueError, match="step 0 of a-1 is not step 1 of a-1"):
        tell(tell(pending(), first), first)


@given(
    st.lists(st.integers(0, 20 * MINUTE), max_size=20),
    st.lists(st.integers(0, 5 * MINUTE), min_size=1, max_size=4),
)
def test_each_step_is_told_exactly_once_however_often_one_asks(times, assigned):
    waiting = {str(n): pending(0, at, str(n)) for n, at in enumerate(assigned)}
    told = []
    for at_us in sorted(times):
        for one in due(waiting.values(), at_us):
            waiting[one.assignment] = tell(waiting[one.assignment], one)
            told.append((one.assignment, one.number))
    latest = max(times, default=-1)
    assert sorted(told) == sorted(
        (name, number)
        for name, one in waiting.items()
        for number, step in enumerate(CHAIN)
        if one.assigned_us + step.after_us <= latest
    )
    following = next_due_us(waiting.values())
    assert following is None or following > latest
