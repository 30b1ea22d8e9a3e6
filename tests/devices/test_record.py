"""The record keeps what it was given, and refuses everything that is no record."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import Batch, BatchError, Tick
from devices.batch import DTYPES
from devices.record import Pack, Record, RecordError, columns, decode, encode

rows = st.tuples(
    st.integers(0, 2**31 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(0, 7),
)
# A short alphabet: the whole of Unicode costs a second to prepare on a fresh machine.
names = st.text(st.sampled_from('ab-0/ "\\站é😀'), min_size=1, max_size=12)


@st.composite
def records(draw):
    content = draw(st.lists(rows, max_size=20))
    packs = []
    left = len(content)
    while left:
        count = draw(st.integers(1, left))
        packs.append(
            Pack(draw(names), draw(names), draw(st.integers(0, 2**53)), count, "gw-0:a", 1_764_000)
        )
        left -= count
    return Record(columns(content), tuple(packs))


def assert_same(one, other):
    for name, dtype in DTYPES.items():
        column = getattr(one.batch, name)
        assert column.dtype == dtype
        np.testing.assert_array_equal(column, getattr(other.batch, name))
    assert one.packs == other.packs


@given(records())
def test_a_record_survives_writing_and_reading(record):
    assert_same(decode(encode(record)), record)


@given(st.integers(-(2**63), 2**63 - 1), st.booleans())
def test_a_tick_survives_writing_and_reading(time_us, hears):
    assert decode(encode(Tick(time_us, hears))) == Tick(time_us, hears)


TWO = encode(Record(columns([(3, 0, 1.5, 0), (4, 7, 2.5, 0)]), (Pack("gw", "boot", 0, 2, "c", 0),)))


def test_a_record_cut_anywhere_is_refused_or_whole():
    whole = decode(TWO)
    for length in range(len(TWO)):
        try:
            read = decode(TWO[:length])
        except RecordError:
            continue
        # Only Arrow's end mark may be missing.
        assert len(TWO) - length <= 8
        assert_same(read, whole)


@pytest.mark.parametrize("flip", [0x01, 0x08, 0x80, 0xFF])
def test_a_flipped_byte_anywhere_never_escapes_as_another_error(flip):
    for position in range(len(TWO)):
        value = bytearray(TWO)
        value[position] ^= flip
        try:
            read = decode(bytes(value))
        except RecordError:
            continue
        assert isinstance(read, Record | Tick)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00", id="one_byte"),
        pytest.param(b"\xff\xff\xff\xff", id="only_the_mark"),
        pytest.param(b"\xff\xff\xff\xff\x10\x00", id="half_a_length"),
        pytest.param(b"{}", id="two_letters"),
        pytest.param(b'[{"bn":"g/","v":1}]', id="json"),
        pytest.param(b"\xff\xff\xff\xff\x08\x00\x00\x00garbage!", id="no_flatbuffer"),
    ],
)
def test_garbage_is_refused(value):
    with pytest.raises(RecordError):
        decode(value)


ONE = columns([(3, 0, 1.5, 0)])


def arrow(metadata, batch=ONE):
    schema = pa.schema([(name, pa.from_numpy_dtype(dtype)) for name, dtype in DTYPES.items()])
    schema = schema.with_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        arrays = [pa.array(getattr(batch, name)) for name in DTYPES]
        writer.write_batch(pa.record_batch(arrays, schema=schema))
    return sink.getvalue().to_pybytes()


def packs(*counts):
    return msgspec.json.encode(
        [Pack("gw", "boot", n, rows, "c", 0) for n, rows in enumerate(counts)]
    )


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        pytest.param(
            {"version": "2", "packs": packs(1)},
            r"record has schema version b'2'; this reader knows 1",
            id="a_later_version",
        ),
        pytest.param({"packs": packs(1)}, r"schema version None", id="no_version"),
        pytest.param(
            {"version": "1"}, r"not a record of schema version 1: b'packs'", id="no_packs"
        ),
        pytest.param(
            {"version": "1", "packs": b"[[1]]"}, r"not a record of schema version 1", id="bad_packs"
        ),
        pytest.param(
            {"version": "1", "packs": packs(2)}, r"packs cover 2 rows of 1", id="too_many_rows"
        ),
        pytest.param({"version": "1", "packs": packs()}, r"packs cover 0 rows of 1", id="no_rows"),
    ],
)
def test_what_is_no_record_of_this_version_is_refused(metadata, message):
    with pytest.raises(RecordError, match=message):
        decode(arrow(metadata))


def test_the_handmade_record_would_be_taken_with_the_right_packs():
    assert_same(decode(arrow({"version": "1", "packs": packs(1)})), decode(encode(
        Record(ONE, (Pack("gw", "boot", 0, 1, "c", 0),))
    )))  # fmt: skip


@pytest.mark.parametrize("name", DTYPES)
def test_a_column_of_another_type_makes_no_batch(name):
    good = {key: np.zeros(2, dtype) for key, dtype in DTYPES.items()}
    with pytest.raises(BatchError, match=f"batch column {name} is float16"):
        Batch(**good | {name: np.zeros(2, np.float16)})


def test_columns_of_two_lengths_make_no_batch():
    good = {key: np.zeros(2, dtype) for key, dtype in DTYPES.items()}
    with pytest.raises(BatchError, match=r"batch column result has shape \(3,\)"):
        Batch(**good | {"result": np.zeros(3)})
