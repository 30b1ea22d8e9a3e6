"""The balance counts every reading once, and says how many are still under way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc import balance
from storage.commit import Counted

counts = st.integers(0, 10**9)
accounts = st.dictionaries(st.sampled_from(["air", "camera", "traffic", "unknown", "water"]),
                           st.builds(Counted, counts, counts, counts))  # fmt: skip


@given(accounts)
def test_nothing_is_in_flight_when_all_became_something(counted):
    received = {name: one.stored + one.quarantined + one.duplicate for name, one in counted.items()}
    lines = balance.compare(received, counted)
    assert list(lines) == sorted(counted)
    assert all(line.in_flight == 0 for line in lines.values())


@pytest.mark.parametrize(
    ("received", "counted", "in_flight"),
    [
        pytest.param({"water": 5}, {"water": Counted(3, 1, 0)}, {"water": 1}, id="under way"),
        pytest.param({"air": 5}, {}, {"air": 5}, id="nothing stored yet"),
        pytest.param({}, {"air": Counted(2, 0, 0)}, {"air": -2}, id="stored, never received"),
        pytest.param({}, {}, {}, id="nothing at all"),
    ],
)
def test_difference_is_in_flight(received, counted, in_flight):
    lines = balance.compare(received, counted)
    assert {name: line.in_flight for name, line in lines.items()} == in_flight
