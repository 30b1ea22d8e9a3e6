"""Packs are RFC 8428, and the line's own reader finds in them what was put in."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import PROPERTIES
from ingest.codecs import Heard, senml
from simulators.senml_packs import MAX_READINGS, PackBuilder, PackDraft, Record

BASE_US = 1_764_000_000_000_000


@pytest.fixture(scope="module")
def builder(jiangyan):
    return PackBuilder(jiangyan)


def draft_of(jiangyan, *readings):
    """Readings of (datastream id, µs after the base, value)."""
    return PackDraft(
        "gw-luotang-water",
        np.array([jiangyan.slot_of[name] for name, _, _ in readings], dtype=np.int32),
        np.array([BASE_US + after_us for _, after_us, _ in readings], dtype=np.int64),
        np.array([value for _, _, value in readings]),
    )


def test_a_pack_is_written_as_the_rfc_has_it(jiangyan, builder):
    draft = draft_of(
        jiangyan,
        ("luotang-river-1-gauge/water_level", 0, 3.05),
        ("luotang-river-1-gauge/rain_1h", 250_000, 0.0),
        ("luotang-river-1-quality/ph", 999_999, 7.6),
    )
    assert json.loads(builder.encode(builder.records(draft))) == [
        {"bn": "luotang-river-1-gauge/", "bt": 1_764_000_000, "n": "water_level", "u": "m",
         "v": 3.05},
        {"n": "rain_1h", "u": "mm", "v": 0.0, "t": 0.25},
        {"bn": "luotang-river-1-quality/", "n": "ph", "u": "pH", "v": 7.6, "t": 0.999999},
    ]  # fmt: skip


@given(data=st.data())
def test_the_reader_of_the_line_finds_every_reading_to_the_microsecond(jiangyan, builder, data):
    readings = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from([one.id for one in jiangyan.datastreams[:40]]),
                st.integers(0, 10_000_000),
                st.floats(-1e6, 1e6),
            ),
            min_size=1,
            max_size=12,
        )
    )
    readings.sort(key=lambda one: one[1])
    payload = builder.encode(builder.records(draft_of(jiangyan, *readings)))
    found = senml.decode(payload, Heard()).measurements
    told = zip(found.key, (found.time_us - BASE_US).tolist(), found.value.tolist(), strict=True)
    assert list(told) == readings
    assert list(found.unit) == [PROPERTIES[key.split("/")[1]].unit for key in found.key]
    assert not found.problem


def test_a_broken_driver_writes_null(builder):
    record = Record(bn="a/", bt=1, n="pm25", u="ug/m3", v=None)
    assert json.loads(builder.encode([record])) == [
        {"bn": "a/", "bt": 1, "n": "pm25", "u": "ug/m3", "v": None}
    ]


def test_readings_are_grouped_by_gateway_in_order(jiangyan, builder):
    slot = np.arange(2000, dtype=np.int32)
    time_us = BASE_US + np.arange(2000)
    drafts = list(builder.group(slot, time_us, slot.astype(float)))
    assert [one.gateway for one in drafts] == list(jiangyan.gateways)
    for one in drafts:
        assert {jiangyan.gateway_of[index] for index in one.slot.tolist()} == {one.gateway}
        assert (np.diff(one.time_us) > 0).all()
    assert sorted(np.concatenate([one.slot for one in drafts]).tolist()) == slot.tolist()


def test_a_long_silence_is_told_in_several_packs(jiangyan, builder):
    n = 2 * MAX_READINGS + 1
    slot = np.zeros(n, dtype=np.int32)
    drafts = list(builder.group(slot, BASE_US + np.arange(n), np.arange(n, dtype=float)))
    assert [len(one.slot) for one in drafts] == [MAX_READINGS, MAX_READINGS, 1]
    assert np.concatenate([one.value for one in drafts]).tolist() == list(range(n))


def test_nothing_due_makes_no_pack(builder):
    empty = np.array([], dtype=np.int32)
    assert list(builder.group(empty, empty.astype(np.int64), empty.astype(float))) == []
