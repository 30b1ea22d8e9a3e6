"""SenML in CBOR: the example of RFC 8428, its labels, and the dirt of the field."""

import math

import cbor2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs import Heard, senml, senml_cbor
from ingest.codecs.decoded import Value, measurements
from ingest.codecs.senml_cbor import decode
from ingest.codecs.senml_encode import encode_cbor, encode_json
from tests.codecs.bad_bytes import RECEIVED_US, fuzz, hunt, keeps_its_promises

HEARD = Heard("up/g/senml-cbor", RECEIVED_US)

RFC8428_FIGURE_1 = bytes.fromhex(
    "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363322fb41d303a15b0010622361412005"
    "0067766f6c7461676501615602fb405e066666666666a3006763757272656e74062402fb3ff3333333333333a30067"
    "63757272656e74062302fb3ff4cccccccccccda3006763757272656e74062202fb3ff6666666666666a30067637572"
    "72656e74062102f93e00a3006763757272656e74062002fb3ff999999999999aa3006763757272656e74060002fb3f"
    "fb333333333333"
)
RFC8428_5_1_3 = (
    b'[{"bn":"urn:dev:ow:10e2073a01080063","bt":1.276020076001e+09,"bu":"A","bver":5,'
    b'"n":"voltage","u":"V","v":120.1},'
    b'{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","t":-3,"v":1.4},'
    b'{"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},{"n":"current","v":1.7}]'
)


def rows(decoded):
    told = decoded.measurements
    return list(zip(told.key, told.time_us.tolist(), told.value.tolist(), told.unit, strict=True))


def pack(*records):
    return cbor2.dumps(list(records))


def test_rfc8428_6_figure_1_says_what_the_json_example_says():
    found = decode(RFC8428_FIGURE_1, HEARD)
    assert not found.findings
    assert rows(found)[0][2:] == (120.1, "V")
    assert [row[2] for row in rows(found)[1:]] == [1.2, 1.3, 1.4, 1.5, 1.6, 1.7]
    assert [row[1] for row in rows(found)[1:3]] == [1_276_020_071_001_000, 1_276_020_072_001_000]
    assert rows(found)[1][3] == "A"
    assert rows(found) == rows(senml.decode(RFC8428_5_1_3, HEARD))


LABELLED = {
    "4.1-bn -2, n 0": ({-2: "a/", 0: "x", 2: 1}, ("a/x", RECEIVED_US, 1.0, "")),
    "4.1-bt -3, t 6": ({-3: 1.7e9, 0: "x", 6: 1.5, 2: 1}, ("x", 1_700_000_001_500_000, 1.0, "")),
    "4.1-bu -4": ({-4: "Cel", 0: "x", 2: 1}, ("x", RECEIVED_US, 1.0, "Cel")),
    "4.1-bv -5": ({-5: 20, 0: "x", 2: 1.5}, ("x", RECEIVED_US, 21.5, "")),
    "4.2-u 1": ({0: "x", 1: "m", 2: 1}, ("x", RECEIVED_US, 1.0, "m")),
    "4.2-vb 4": ({0: "x", 4: True}, ("x", RECEIVED_US, 1.0, "")),
    "4.4-unknown labels are ignored": ({0: "x", 2: 1, 99: "?"}, ("x", RECEIVED_US, 1.0, "")),
    "6-decimal fraction": (
        {0: "x", 2: cbor2.CBORTag(4, [-2, 27315])}, ("x", RECEIVED_US, 273.15, ""),
    ),
    "6-bignum": ({0: "x", 2: 2**70}, ("x", RECEIVED_US, 2.0**70, "")),
    "6-time as decimal fraction": (
        {0: "x", 6: cbor2.CBORTag(4, [3, 1_700_000]), 2: 1},
        ("x", 1_700_000_000_000_000, 1.0, ""),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("record", "row"), LABELLED.values(), ids=LABELLED)
def test_rfc8428_table_4(record, row):
    assert rows(decode(pack(record), HEARD)) == [row]


def test_indefinite_lengths_are_read():
    payload = b"\x9f\xbf\x00\x61x\x02\x01\xff\xff"
    assert rows(decode(payload, HEARD)) == [("x", RECEIVED_US, 1.0, "")]


def test_self_described_cbor_is_read():
    assert decode(b"\xd9\xd9\xf7" + pack({0: "x", 2: 1}), HEARD).measurements.n == 1


NO_NUMBER = {
    "NaN": {0: "x", 2: math.nan},
    "infinity": {0: "x", 2: math.inf},
    "integer of 400 digits": {0: "x", 2: 10**400},
    "decimal fraction beyond": {0: "x", 2: cbor2.CBORTag(4, [999_999_999, 1])},
    "decimal fraction of text": {0: "x", 2: cbor2.CBORTag(4, ["a", "b"])},
    "bigfloat": {0: "x", 2: cbor2.CBORTag(5, [999_999_999, 1])},
    "null": {0: "x", 2: None},
    "undefined": {0: "x", 2: cbor2.undefined},
    "array": {0: "x", 2: [1]},
    "text": {0: "x", 3: "on"},
    "bytes": {0: "x", 8: b"\xff"},
    "boolean under v": {0: "x", 2: True},
    "two values": {0: "x", 2: 1, 4: True},
    "huge integer under vs": {0: "x", 3: 2**80},
    "nothing": {0: "x"},
}


@pytest.mark.parametrize("record", NO_NUMBER.values(), ids=NO_NUMBER)
def test_a_value_that_is_no_number_leaves_its_neighbours_alone(record):
    found = decode(pack(record, {0: "y", 2: 5}), HEARD)
    assert math.isnan(found.measurements.value[0])
    assert found.measurements.problem[0]
    assert rows(found)[1] == ("y", RECEIVED_US, 5.0, "")


def test_json_names_for_labels_are_taken_and_told():
    found = decode(pack({"n": "x", "v": 1}, {"n": "y", "v": 2}), HEARD)
    assert [row[0] for row in rows(found)] == ["x", "y"]
    assert [one.code for one in found.findings] == ["label-as-text"]


def test_bytes_after_the_pack_are_told():
    found = decode(pack({0: "x", 2: 1}) + b"\x80\x80", HEARD)
    assert [one.code for one in found.findings] == ["garbage"]
    assert "2 bytes" in found.findings[0].detail


UNUSABLE = {
    "empty": b"",
    "truncated": RFC8428_FIGURE_1[:-1],
    "map instead of array": cbor2.dumps({0: "x"}),
    "numbers instead of maps": b"\x82\x01\x02",
    "duplicate label": bytes.fromhex("81a40061780201026106026105"),
    "array of 2^64-1": bytes.fromhex("9bffffffffffffffff"),
    "text of 2^44 bytes": bytes.fromhex("81a1007b00000fffffffffff"),
    "deep arrays": b"\x81" * 100_000,
    "deep tags": b"\xc1" * 100_000,
    "deep without length": b"\x9f" * 100_000,
    "a pack within itself": bytes.fromhex("d81c81d81d00"),
    "invalid UTF-8": bytes.fromhex("81a20061ff0201"),
    "NUL in a name": bytes.fromhex("81a20063610062 0201".replace(" ", "")),
    "name as number": bytes.fromhex("81a200050201"),
    "time NaN": pack({0: "x", 6: math.nan, 2: 1}),
    "time of 400 digits": pack({0: "x", 6: 10**400, 2: 1}),
    "time long before the receipt": pack({0: "x", 6: -(2**28), 2: 1}),
    "newer version": pack({-1: 11, 0: "x", 2: 1}),
    "4.4-must be understood": pack({0: "x", 2: 1, "key_": 1}),
    "over-long": pack({0: "x", 2: 1}, {0: "y", 8: bytes(1 << 20)}),
}


@pytest.mark.parametrize("payload", UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_packs_say_why(payload):
    found = decode(payload, HEARD)
    assert found.unusable.startswith("not a SenML pack (RFC 8428): ")
    assert not found.measurements.n


def test_a_decimal_fraction_with_a_huge_mantissa_is_not_worked_out():
    # cbor2 by itself works 100 s on it.
    mantissa = b"\xc2\x5a" + (1_000_000).to_bytes(4, "big") + b"\xff" * 1_000_000
    found = decode(b"\x81\xa2\x00\x61x\x02\xc4\x82\x00" + mantissa, HEARD)
    assert found.measurements.problem[0]


names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9\-:._]{0,8}", fullmatch=True)
values = st.lists(
    st.builds(
        Value,
        st.lists(names, min_size=1, max_size=3).map("/".join),
        st.integers(300_000_000_000_000, 2**51),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["", "m", "Cel", "%RH"]),
        st.just(0),
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("write", "read"),
    [(encode_json, senml.decode), (encode_cbor, senml_cbor.decode)],
    ids=["json", "cbor"],
)
@given(told=values)
def test_what_is_written_is_read_again(write, read, told):
    before = measurements(told)
    after = read(write(before), HEARD)
    assert not after.unusable
    keys, units = list(before.key), list(before.unit)
    assert (list(after.measurements.key), list(after.measurements.unit)) == (keys, units)
    np.testing.assert_array_equal(after.measurements.time_us, before.time_us)
    np.testing.assert_array_equal(after.measurements.value, before.value)


def test_a_time_that_senml_cannot_say_is_refused_by_the_writer():
    with pytest.raises(ValueError, match="before 1978"):
        encode_cbor(measurements([Value("x", 5, 1.0, "", 0)]))


def test_a_value_that_is_nan_is_written_as_null():
    written = encode_cbor(measurements([Value("x", RECEIVED_US, math.nan, "", 0, "broken")]))
    assert decode(written, HEARD).measurements.problem[0] == "v is null; a number belongs into v"


@pytest.mark.parametrize("field", ["u", "bu"])
def test_a_nul_in_a_unit_does_not_get_through(field):
    in_cbor = pack({0: "x", senml_cbor.LABELS[field]: "m\0", 2: 1.5})
    in_json = b'[{"n":"x","%b":"m\\u0000","v":1.5}]' % field.encode()
    for found in (decode(in_cbor, HEARD), senml.decode(in_json, HEARD)):
        assert (list(found.measurements.unit), found.measurements.value) == (["m␀"], [1.5])


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
ITEMS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.integers(-9, 9) | st.text(), inner),
    max_leaves=20,
)
RECORDS = st.dictionaries(st.sampled_from(sorted(senml_cbor.LABELS.values())), SCALARS)


def test_any_cbor_item_gives_a_result(tried):
    items = ITEMS | ITEMS.map(lambda item: [item]) | st.lists(RECORDS, max_size=4)
    tried(
        "senml-cbor", hunt(items, lambda one: keeps_its_promises(decode(cbor2.dumps(one), HEARD)))
    )


def test_no_spoiled_payload_raises(tried):
    good = [RFC8428_FIGURE_1, pack({-2: "g/", -3: 1.7e9, 0: "level", 1: "m", 2: 3.5, 6: 0.5})]
    tried("senml-cbor", fuzz(decode, good))


def test_no_spoiled_json_raises(tried):
    good = [
        RFC8428_5_1_3,
        b'[{"n":"x","v":99999999999999999999999}]',
        b'[{"n":"x","vs":' + b"9" * 400 + b"}]",
    ]
    tried("senml", fuzz(senml.decode, good))
