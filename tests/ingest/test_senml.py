"""SenML packs: vectors of RFC 8428, and the dirt of the field."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs import Heard, senml
from tests.codecs.bad_bytes import hunt, keeps_its_promises

NOW_US = 1_800_000_000_000_000


def decode(payload):
    return senml.decode(payload, Heard(received_us=NOW_US))


def told(payload):
    found = decode(payload)
    assert not found.unusable
    columns = found.measurements
    return list(
        zip(
            columns.key, columns.time_us.tolist(), columns.value.tolist(), columns.unit, strict=True
        )
    )


def test_rfc8428_5_1_1_single_datapoint():
    payload = b'[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]'
    assert told(payload) == [("urn:dev:ow:10e2073a01080063", NOW_US, 23.1, "Cel")]


def test_rfc8428_5_1_2_multiple_datapoints():
    payload = b"""[
      {"bn":"urn:dev:ow:10e2073a01080063:","bt":1.276020076001e+09,
       "bu":"A","bver":5,
       "n":"voltage","u":"V","v":120.1},
      {"n":"current","t":-5,"v":1.2},
      {"n":"current","t":-4,"v":1.3}]"""
    base = "urn:dev:ow:10e2073a01080063:"
    assert told(payload) == [
        (f"{base}voltage", 1_276_020_076_001_000, 120.1, "V"),
        (f"{base}current", 1_276_020_071_001_000, 1.2, "A"),
        (f"{base}current", 1_276_020_072_001_000, 1.3, "A"),
    ]


def test_rfc8428_4_5_3_times_below_2_to_28_count_from_receipt():
    assert told(b'[{"n":"a","t":-2.5,"v":1}]')[0][1] == NOW_US - 2_500_000
    assert told(b'[{"n":"a","t":268435455,"v":1}]')[0][1] == NOW_US + 268_435_455_000_000
    assert told(b'[{"n":"a","t":268435456,"v":1}]')[0][1] == 268_435_456_000_000


def test_rfc8428_4_1_base_value_is_added_and_a_new_base_replaces_the_old():
    payload = (
        b'[{"bn":"a/","bv":20,"n":"x","v":1},{"n":"y","v":2},{"bn":"b/","bv":0,"n":"x","v":3}]'
    )
    assert [(name, value) for name, _, value, _ in told(payload)] == [
        ("a/x", 21.0), ("a/y", 22.0), ("b/x", 3.0),
    ]  # fmt: skip


def test_rfc8428_5_1_4_a_base_name_alone_is_a_name():
    assert told(b'[{"bn":"a","v":1}]')[0][0] == "a"


def test_a_record_that_only_sets_bases_is_no_measurement():
    assert told(b'[{"bn":"a/","bt":1800000000},{"n":"x","v":1}]') == [("a/x", NOW_US, 1.0, "")]


def test_booleans_become_one_and_zero():
    assert [one[2] for one in told(b'[{"n":"a","vb":true},{"n":"a","vb":false}]')] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("record", "finding"),
    [
        pytest.param(b'{"n":"a","v":null}', "v is null", id="null"),
        pytest.param(b'{"n":"a","v":"3.8"}', 'v is "3.8"; a number belongs into v', id="text"),
        pytest.param(b'{"n":"a","v":true}', "v is true", id="boolean_in_v"),
        pytest.param(b'{"n":"a","vs":"high"}', 'vs is "high"', id="string_value"),
        pytest.param(b'{"n":"a"}', "has no value", id="no_value"),
        pytest.param(b'{"n":"a","v":1,"vb":true}', "has v and vb", id="two_values"),
    ],
)
def test_a_record_without_a_number_spoils_only_itself(record, finding):
    columns = decode(b"[" + record + b',{"n":"b","v":2}]').measurements
    assert math.isnan(columns.value[0])
    assert finding in columns.problem[0]
    assert (columns.key[1], columns.value[1], list(columns.problem)) == ("b", 2.0, [0])


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        pytest.param(b"", "not a SenML pack", id="empty"),
        pytest.param(b"\xff\xfe", "", id="not_utf8"),
        pytest.param(b'[{"n":"a","v":1}', "not a SenML pack", id="cut_off"),
        pytest.param(b'[{"n":"a","v":NaN}]', "not a SenML pack", id="nan_is_not_json"),
        pytest.param(b'{"n":"a","v":1}', "Expected `array`", id="no_list"),
        pytest.param(b"[1,2]", "Expected `object`", id="no_records"),
        pytest.param(b'[{"n":7,"v":1}]', "$[0].n", id="numeric_name"),
        pytest.param(b'[{"bver":11,"n":"a","v":1}]', "record 0: bver 11", id="newer_version"),
        pytest.param(b'[{"v":1}]', "record 0: name ''", id="no_name"),
        pytest.param(b'[{"n":"a b","v":1}]', "record 0: name 'a b'", id="blank_in_name"),
        pytest.param(
            b'[{"n":"a","v":1,"secret_":1}]', "'secret_' must be understood", id="must_understand"
        ),
        pytest.param(b'[{"n":"a","t":1e300,"v":1}]', "no instant", id="time_beyond_all"),
    ],
)
def test_what_is_no_pack_is_refused_as_a_whole(payload, message):
    found = decode(payload)
    assert message in found.unusable
    assert found.unusable
    assert found.measurements.n == 0


def test_any_bytes_either_decode_or_are_refused(tried):
    def look(payload):
        found = decode(payload)
        keeps_its_promises(found)
        assert not (found.unusable and found.measurements.n)

    tried("senml", hunt(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), look))


numbers = st.floats(-1e6, 1e6) | st.integers(-(10**6), 10**6)
names = st.text("abc/:", max_size=3)
plain = st.fixed_dictionaries(
    {"v": numbers},
    optional={
        "n": names, "t": numbers, "u": st.sampled_from(["m", "Cel"]), "bn": names,
        "bt": st.sampled_from([0, -5.5, 1.8e9]), "bu": st.sampled_from(["m", ""]),
    },
)  # fmt: skip


@given(st.lists(plain, max_size=8))
def test_by_column_or_record_by_record_a_pack_says_the_same(records):
    by_column = decode(json.dumps(records).encode())
    # A field that only the slower way knows, and that changes nothing.
    slower = [{**one, "unheard_of": 1} for one in records]
    by_record = decode(json.dumps(slower).encode())
    assert bool(by_column.unusable) == bool(by_record.unusable)
    columns, wanted = by_column.measurements, by_record.measurements
    assert list(columns.key) == list(wanted.key)
    assert list(columns.unit) == list(wanted.unit)
    assert columns.value.tolist() == wanted.value.tolist()
    assert columns.time_us.tolist() == wanted.time_us.tolist()
