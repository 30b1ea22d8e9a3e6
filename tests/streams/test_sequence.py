"""Readings out of order and said twice, judged by what is stored."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devices import Quality
from devices.record import columns
from storage.latest import NOTHING, Newest
from streams.sequence import judge

GOOD, OLD, TWICE, SUSPECT = (
    Quality.GOOD, Quality.OUT_OF_ORDER, Quality.DUPLICATE, Quality.SUSPECT
)  # fmt: skip


def judged(rows, known=None):
    slots = {row[0] for row in rows}
    return judge(columns(rows), dict.fromkeys(slots, NOTHING) | (known or {}))


def test_the_first_reading_of_a_datastream_is_good_and_becomes_the_newest():
    batch, after = judged([(7, 100, 1.5, GOOD)])
    assert batch.quality.tolist() == [GOOD]
    assert after == {7: Newest(100, 1.5)}


def test_a_reading_older_than_the_stored_one_is_out_of_order_and_moves_nothing():
    batch, after = judged([(7, 99, 1.5, GOOD)], {7: Newest(100, 1.0)})
    assert batch.quality.tolist() == [OLD]
    assert after == {}


def test_the_same_time_and_result_is_a_duplicate_another_result_a_correction():
    batch, after = judged([(7, 100, 1.0, GOOD), (7, 100, 2.0, GOOD)], {7: Newest(100, 1.0)})
    assert batch.quality.tolist() == [TWICE, GOOD]
    assert after == {7: Newest(100, 2.0)}


def test_what_the_device_says_counts_more_and_still_moves_the_newest():
    batch, after = judged(
        [(7, 90, 1.0, SUSPECT), (7, 110, 1.0, SUSPECT), (7, 105, 2.0, GOOD)], {7: Newest(100, 1.0)}
    )
    assert batch.quality.tolist() == [SUSPECT, SUSPECT, OLD]
    assert after == {7: Newest(110, 1.0)}


readings = st.tuples(
    st.integers(0, 2), st.integers(-3, 3), st.sampled_from([0.0, 1.0, math.nan]),
    st.sampled_from([GOOD, GOOD, SUSPECT]),
)  # fmt: skip
before = st.dictionaries(
    st.integers(0, 2), st.builds(Newest, st.integers(-3, 3), st.sampled_from([0.0, 1.0]))
)


@given(st.lists(readings, min_size=1, max_size=12), before, st.integers(0, 12))
def test_one_at_a_time_or_together_the_verdict_is_the_same(rows, known, cut):
    # The obvious way: one reading after the other.
    newest = dict.fromkeys(range(3), NOTHING) | known
    qualities, moved = [], {}
    for slot, time_us, result, quality in rows:
        last = newest[slot]
        if quality == GOOD and time_us < last.time_us:
            quality = OLD
        elif quality == GOOD and time_us == last.time_us and result == last.result:
            quality = TWICE
        qualities.append(quality)
        if time_us >= last.time_us:
            moved[slot] = newest[slot] = Newest(time_us, result)
    known = dict.fromkeys(range(3), NOTHING) | known
    whole, after = judge(columns(rows), known)
    assert whole.quality.tolist() == qualities
    assert repr(sorted(after.items())) == repr(sorted(moved.items()))
    first, between = judge(columns(rows[:cut]), known)
    second, _ = judge(columns(rows[cut:]), known | between)
    assert np.r_[first.quality, second.quality].tolist() == qualities
