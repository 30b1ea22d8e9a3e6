"""The order in which people look at alerts."""

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch import Priority, order


class Entry(NamedTuple):
    id: str
    severity: str = "yellow"
    active: bool = True
    acknowledged: bool = False
    raised_us: int = 0


@pytest.mark.parametrize(
    ("colour", "priority", "zh", "en"),
    [
        ("red", Priority.P1, "特别严重", "Critical"),
        ("orange", Priority.P2, "严重", "Severe"),
        ("yellow", Priority.P3, "较重", "Major"),
        ("blue", Priority.P4, "一般", "Minor"),
    ],
)
def test_every_warning_colour_has_its_priority_and_words(colour, priority, zh, en):
    assert Priority.of_colour(colour) is priority
    assert (priority.colour, priority.zh, priority.en) == (colour, zh, en)


def test_another_colour_is_refused_with_the_right_ones():
    with pytest.raises(ValueError, match="'green' is not known; it must be one of red, orange"):
        Priority.of_colour("green")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(Entry("b", "red", raised_us=9), Entry("a", "orange"), id="priority_first"),
        pytest.param(Entry("b"), Entry("a", acknowledged=True), id="then_unacknowledged"),
        pytest.param(Entry("b", raised_us=1), Entry("a", raised_us=2), id="then_oldest"),
        pytest.param(Entry("a"), Entry("b"), id="then_id"),
        pytest.param(
            Entry("b", "blue"), Entry("a", "red", active=False), id="active_above_cleared"
        ),
    ],
)
def test_the_first_comes_first(first, second):
    assert order([second, first]) == order([first, second]) == [first, second]


entries = st.lists(
    st.builds(
        Entry,
        st.uuids().map(str),
        st.sampled_from(["red", "orange", "yellow", "blue"]),
        st.booleans(),
        st.booleans(),
        st.integers(0, 5),
    ),
    unique_by=lambda one: one.id,
)


@given(entries, st.randoms())
def test_order_does_not_depend_on_how_entries_arrive(waiting, random):
    shuffled = waiting[:]
    random.shuffle(shuffled)
    assert order(shuffled) == order(waiting)


@given(entries)
def test_no_active_entry_stands_below_a_less_urgent_one(waiting):
    active = [one for one in order(waiting) if one.active]
    for above, below in pairwise(active):
        assert Priority.of_colour(above.severity) <= Priority.of_colour(below.severity)
