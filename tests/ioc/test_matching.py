"""Matching against the slow and obvious way: one dictionary for each side."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ioc.matching import match
from simulators.journal_reader import BAD, MAY, MUST, ROW
from storage.audit import Readings

keys = st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from([0.5, 1.5]))


def columns(rows):
    return Readings(
        np.array([row[0] for row in rows], np.int32),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.float64),
    )


@given(st.lists(st.tuples(keys, st.sampled_from([MUST, MAY, BAD]))), st.lists(keys, max_size=12))
def test_everything_is_paired_as_often_as_both_sides_have_it(expected, stored):
    rows = np.array([(*key, fate, n) for n, (key, fate) in enumerate(expected)], ROW)
    found = match(rows, columns(stored))
    sent, there = Counter(key for key, _ in expected), Counter(stored)

    absent = [*found.missing.tolist(), *found.changed.tolist()]
    assert len(set(absent)) == len(absent)
    assert Counter(expected[row][0] for row in absent) == sent - there
    for row in absent:  # what must be stored is paired before what may be
        key, fate = expected[row]
        paired = [
            other for at, (one, other) in enumerate(expected) if one == key and at not in absent
        ]
        assert all(other <= fate for other in paired)
    surplus = there - sent
    doubled = Counter(stored[row] for row in found.doubled.tolist())
    strange = Counter(stored[row] for row in [*found.unknown.tolist(), *found.changed_to.tolist()])
    assert doubled + strange == surplus
    assert all(key in sent for key in doubled)
    assert not any(key in sent for key in strange)
    for row, to in zip(found.changed.tolist(), found.changed_to.tolist(), strict=True):
        key, fate = expected[row]
        assert fate != BAD
        assert stored[to][:2] == key[:2]
        assert stored[to][2] != key[2]
    # Nothing that could be told as changed is told as missing and unknown.
    missing = {expected[row][0][:2] for row in found.missing.tolist() if expected[row][1] != BAD}
    assert not missing & {stored[row][:2] for row in found.unknown.tolist()}
