"""Sparkplug B payloads by themselves: vectors by hand, datatypes, and the dirt of the field."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import Quality
from ingest.codecs import Heard
from ingest.codecs.decoded import Event
from ingest.codecs.sparkplug import decode
from ingest.codecs.sparkplug_encode import Metric, birth_or_death, encode
from ingest.codecs.sparkplug_proto import Datatype, Payload
from ingest.codecs.sparkplug_topic import address
from tests.codecs.bad_bytes import RECEIVED_US, fuzz, hunt, keeps_its_promises

DDATA = "spBv1.0/water/DDATA/pump-1/gauge"
NDATA = "spBv1.0/water/NDATA/pump-1"
NBIRTH, NDEATH = "spBv1.0/water/NBIRTH/pump-1", "spBv1.0/water/NDEATH/pump-1"
T_MS = 1_483_228_800_000
T_US = T_MS * 1000
KEY = "water/pump-1/gauge/x"


def heard(topic=DDATA):
    return Heard(topic, RECEIVED_US)


def payload(*metrics, time_ms=T_MS, seq=0):
    return encode(metrics, time_ms, seq)


def raw(datatype, **field):
    """Write a metric x whose value field need not fit its datatype."""
    message = Payload(timestamp=T_MS, seq=0)
    metric = message.metrics.add(name="x", **field)
    if datatype is not None:
        metric.datatype = datatype
    return message.SerializeToString()


def rows(decoded):
    told = decoded.measurements
    return list(zip(told.key, told.time_us.tolist(), told.value.tolist(), strict=True))


def codes(decoded):
    return [one.code for one in decoded.findings]


def by_hand(datatype, field):
    """Write the bytes of one metric as the protobuf encoding has them, without our encoder.

    08 timestamp, 12 metric of (0a name, 20 datatype, value field), 18 seq.
    """
    metric = bytes.fromhex("0a017820") + bytes([datatype]) + bytes.fromhex(field)
    time = bytes.fromhex("0880c8cdba952b")  # 1483228800000, seven bits a byte, lowest first
    return time + b"\x12" + bytes([len(metric)]) + metric + b"\x18\x00"


VECTORS = {
    "6.4.16-Int8 -1, extended to 32 bits": (1, "50ffffffff0f", -1.0),
    "6.4.16-Int8 -1 in 8 bits": (1, "50ff01", -1.0),
    "6.4.16-Int16 -87, extended to 32 bits": (2, "50a9ffffff0f", -87.0),
    "6.4.16-Int16 -87 in 16 bits": (2, "50a9ff03", -87.0),
    "6.4.16-Int32 -2^31": (3, "508080808008", -(2.0**31)),
    "6.4.16-Int64 -2": (4, "58feffffffffffffffff01", -2.0),
    "6.4.16-UInt8 255": (5, "50ff01", 255.0),
    "6.4.16-UInt16 65535": (6, "50ffff03", 65535.0),
    "6.4.16-UInt32 2^32-1": (7, "50ffffffff0f", 2.0**32 - 1),
    "6.4.16-UInt32 as long, as Tahu sends it": (7, "58ffffffff0f", 2.0**32 - 1),
    "6.4.16-UInt64 2^64-1": (8, "58ffffffffffffffffff01", 2.0**64),
    "6.4.16-Float 2.5": (9, "6500002040", 2.5),
    "6.4.16-Double 1.42": (10, "69" + struct.pack("<d", 1.42).hex(), 1.42),
    "6.4.16-Boolean true": (11, "7001", 1.0),
    "6.4.16-Boolean false": (11, "7000", 0.0),
    "6.4.16-DateTime": (13, "5880c8cdba952b", float(T_MS)),
}


@pytest.mark.parametrize(("datatype", "field", "value"), VECTORS.values(), ids=VECTORS)
def test_datatypes(datatype, field, value):
    found = decode(by_hand(datatype, field), heard())
    assert rows(found) == [(KEY, T_US, value)]
    assert not found.findings


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("spBv1.0/water/NDATA/pump-1", "water/pump-1"),
        ("spBv1.0/water/DDATA/pump-1/gauge", "water/pump-1/gauge"),
        ("spBv1.0/水务/DDATA/泵站/水位计", "水务/泵站/水位计"),
    ],
)
def test_4_1_topics(topic, name):
    assert address(topic).name == name


@pytest.mark.parametrize(
    "topic",
    [
        "spBv1.0", "spBv1.0/water/NDATA", "spBv1.0/water/NDATA/pump-1/gauge",
        "spBv1.0/water/DDATA/pump-1", "spBv1.0/water/DDATA/pump-1/gauge/x",
        "spBv1.0/water/DDATA//x",
        "spAv1.0/water/NDATA/pump-1", "up/g/sparkplug", "spBv1.0/water/XDATA/pump-1",
    ],
)  # fmt: skip
def test_topics_that_are_none(topic):
    assert address(topic) is None
    assert "is not spBv1.0/" in decode(b"", Heard(topic)).unusable


@pytest.mark.parametrize(
    "topic",
    ["spBv1.0/water/NCMD/pump-1", "spBv1.0/water/DCMD/pump-1/gauge", "spBv1.0/STATE/scada",
     "spBv1.0/water/STATE/scada"],
)  # fmt: skip
def test_commands_and_the_state_of_hosts_are_nothing(topic):
    found = decode(b'{"online":true}', Heard(topic))
    assert not found.unusable
    assert not found.measurements.n
    assert not found.events


def test_without_a_topic_the_values_are_still_shown():
    assert rows(decode(payload(Metric("x", 1.5)), Heard())) == [("/x", T_US, 1.5)]


def test_a_metrics_own_time_counts_before_its_payloads():
    found = decode(payload(Metric("x", 1.5, time_ms=T_MS + 7), Metric("y", 2.5)), heard())
    assert [row[1] for row in rows(found)] == [T_US + 7000, T_US]


def test_a_historical_value_is_a_value():
    found = decode(payload(Metric("x", 1.5, is_historical=True)), heard())
    assert rows(found) == [(KEY, T_US, 1.5)]
    assert not found.findings


def test_the_unit_is_the_property_engunit():
    assert decode(payload(Metric("x", 1.5, unit="mm")), heard()).measurements.unit == ("mm",)


QUALITIES = {
    "6.4.9-0 bad": (0, Quality.FAULT, []), "6.4.9-192 good": (192, Quality.GOOD, []),
    "6.4.9-500 stale": (500, Quality.COMMUNICATION_FAULT, []),
    "another": (64, Quality.SUSPECT, ["quality-unknown"]),
}  # fmt: skip


@pytest.mark.parametrize(("code", "quality", "told"), QUALITIES.values(), ids=QUALITIES)
def test_quality(code, quality, told):
    found = decode(payload(Metric("x", 1.5, quality=code)), heard())
    assert found.measurements.quality.tolist() == [quality]
    assert codes(found) == told


DIRT = {
    "null": (payload(Metric("x")), math.nan, [], "is null"),
    "no value": (raw(10), math.nan, [], "has no value"),
    "text": (payload(Metric("x", "on", Datatype.STRING)), math.nan, [], "is the text 'on'"),
    "NaN": (payload(Metric("x", math.nan)), math.nan, [], "is no finite number"),
    "infinite": (payload(Metric("x", math.inf)), math.nan, [], "is no finite number"),
    "number as text": (payload(Metric("x", "1.42", Datatype.TEXT)), 1.42, ["number-as-text"], ""),
    "text for a double": (raw(10, string_value="1.42"), 1.42, ["datatype-mismatch"], ""),
    "integer for a double": (raw(10, int_value=7), 7.0, ["datatype-mismatch"], ""),
    "double for an integer": (raw(3, double_value=7.5), 7.5, ["datatype-mismatch"], ""),
    "boolean for an integer": (raw(3, boolean_value=True), 1.0, ["datatype-mismatch"], ""),
    "integer for a boolean": (raw(11, int_value=2), 1.0, ["datatype-mismatch"], ""),
    "beyond UInt8": (raw(5, int_value=256), math.nan, ["datatype-mismatch"], "is no UINT8"),
    "beyond Int8": (raw(1, int_value=300), math.nan, ["datatype-mismatch"], "is no INT8"),
    "bytes for an integer": (
        raw(3, bytes_value=b"1"), math.nan, ["datatype-mismatch"], "bytes_value",
    ),
    "datatype nobody knows": (raw(99, int_value=1), math.nan, ["datatype-mismatch"], "datatype 99"),
    "no datatype": (raw(None, int_value=7), 7.0, ["field-missing"], ""),
    "no time": (encode([Metric("x", 1.5)], None, 0), 1.5, ["time-missing"], ""),
    "time in seconds": (payload(Metric("x", 1.5, time_ms=T_MS // 1000)), 1.5, ["time-in-seconds"],
                        ""),
    "time 0": (payload(Metric("x", 1.5, time_ms=0)), math.nan, ["time-malformed"], "has no time"),
    "time 2^64-1": (
        payload(Metric("x", 1.5, time_ms=2**64 - 1)), math.nan, ["time-malformed"], "has no time",
    ),
    "no seq": (encode([Metric("x", 1.5)], T_MS), 1.5, ["field-missing"], ""),
    "seq 256": (payload(Metric("x", 1.5), seq=256), 1.5, ["field-malformed"], ""),
}  # fmt: skip


@pytest.mark.parametrize(("wire", "value", "told", "problem"), DIRT.values(), ids=DIRT)
def test_dirt_is_read_and_told(wire, value, told, problem):
    found = decode(wire, heard())
    np.testing.assert_array_equal(found.measurements.value, [value])
    assert codes(found) == told
    assert problem in found.measurements.problem.get(0, "")
    assert bool(problem) == math.isnan(value)


NOTHING_TO_MEASURE = {
    "data set": (raw(16, dataset_value=b"\x08\x01"), ["datatype-unsupported"]),
    "bytes": (raw(17, bytes_value=b"\xff"), ["datatype-unsupported"]),
    "file": (raw(18, bytes_value=b"\xff"), ["datatype-unsupported"]),
    "template": (raw(19, template_value=b"\x12\x00" * 9), ["datatype-unsupported"]),
    "array": (raw(24, bytes_value=b"\0" * 8), ["datatype-unsupported"]),
    "control metrics": (payload(Metric("Node Control/Rebirth", False, Datatype.BOOLEAN)), []),
    "no name, no alias": (payload(Metric("", 1.5)), ["field-missing"]),
    "no metrics": (payload(), []),
}


@pytest.mark.parametrize(("wire", "told"), NOTHING_TO_MEASURE.values(), ids=NOTHING_TO_MEASURE)
def test_what_is_no_measurement(wire, told):
    found = decode(wire, heard())
    assert not found.measurements.n
    assert not found.unusable
    assert codes(found) == told


def test_an_alias_without_a_name_stands_for_one():
    found = decode(payload(Metric("", 1.5, alias=12)), heard())
    assert rows(found) == [("water/pump-1/gauge/#12", T_US, 1.5)]
    assert codes(found) == ["alias-unknown"]


def test_names_that_no_database_takes_are_mended():
    wire = payload(Metric("a\0b", 1.5))
    spoiled = wire.replace(b"a\0b", b"a\xffb")
    assert rows(decode(wire, heard()))[0][0].endswith("/a␀b")
    assert codes(decode(wire, heard())) == ["nul"]
    assert rows(decode(spoiled, heard()))[0][0].endswith("/a\ufffdb")
    assert codes(decode(spoiled, heard())) == ["invalid-utf8"]


def test_a_birth_is_an_event_and_measures():
    wire = payload(birth_or_death(3), Metric("x", 1.5, time_ms=T_MS - 5))
    found = decode(wire, heard(NBIRTH))
    assert found.events == [Event("water/pump-1", "online", T_US, 0, {"bd_seq": 3})]
    assert rows(found) == [("water/pump-1/x", T_US - 5000, 1.5)]


def test_a_nodes_death_happens_at_its_receipt():
    # Its timestamp is that of the connection whose will it is.
    found = decode(encode([birth_or_death(3), Metric("x", 1.5)], T_MS), heard(NDEATH))
    assert found.events == [Event("water/pump-1", "offline", RECEIVED_US, 0, {"bd_seq": 3})]
    assert not found.findings
    assert not found.measurements.n


def test_a_death_without_bdseq_is_told():
    assert codes(decode(encode([], T_MS), heard(NDEATH))) == ["field-missing"]


def test_a_devices_birth_and_death():
    for kind, what in (("DBIRTH", "online"), ("DDEATH", "offline")):
        found = decode(payload(), heard(f"spBv1.0/water/{kind}/pump-1/gauge"))
        assert found.events == [Event("water/pump-1/gauge", what, T_US, 0, {})]


UNUSABLE = {
    "truncated": payload(Metric("x", 1.5))[:-3], "NUL": b"\0" * 9, "text": b'{"x":1}',
    "over-long": b"\x12\x00" * (1 << 19) + b"\x12\x00", "too many metrics": b"\x12\x00" * 50_001,
}  # fmt: skip


@pytest.mark.parametrize("wire", UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_payloads_say_why(wire):
    assert decode(wire, heard()).unusable.startswith("not Sparkplug B: ")


def test_templates_are_carried_however_deep():
    deep = b""
    for _ in range(2000):
        size = len(deep)
        deep = b"\x12" + bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + deep
    assert codes(decode(raw(19, template_value=deep), heard())) == ["datatype-unsupported"]


RANGES = {
    Datatype.INT8: (-128, 127), Datatype.INT16: (-(2**15), 2**15 - 1),
    Datatype.INT32: (-(2**31), 2**31 - 1), Datatype.INT64: (-(2**53), 2**53),
    Datatype.UINT8: (0, 255), Datatype.UINT16: (0, 2**16 - 1), Datatype.UINT32: (0, 2**32 - 1),
    Datatype.UINT64: (0, 2**53), Datatype.DATETIME: (0, 2**53),
}  # fmt: skip
typed = st.one_of(
    *(
        st.tuples(st.just(kind), st.integers(low, high).map(float))
        for kind, (low, high) in RANGES.items()
    ),
    st.tuples(st.just(Datatype.DOUBLE), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just(Datatype.FLOAT), st.floats(allow_nan=False, allow_infinity=False, width=32)),
    st.tuples(st.just(Datatype.BOOLEAN), st.sampled_from([0.0, 1.0])),
)
names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), min_size=1,
    max_size=8,
).filter(lambda name: name != "bdSeq")  # fmt: skip
times = st.integers(100_000_000_000, 9_000_000_000_000)


def typed_value(kind, value):
    if kind in RANGES:
        return int(value)
    return bool(value) if kind is Datatype.BOOLEAN else value


@given(st.lists(st.tuples(names, typed, times, st.sampled_from(["", "m"])), max_size=8))
def test_what_is_written_is_read_again(told):
    metrics = [
        Metric(name, typed_value(kind, value), kind, ms, unit=unit)
        for name, (kind, value), ms, unit in told
    ]
    found = decode(encode(metrics, T_MS, 7), heard())
    wanted = [(f"water/pump-1/gauge/{name}", ms * 1000, value) for name, (_, value), ms, _ in told]
    assert rows(found) == wanted
    assert list(found.measurements.unit) == [unit for *_, unit in told]
    assert not found.findings


def test_an_integer_beyond_its_field_is_refused_by_the_writer():
    with pytest.raises(ValueError, match="does not fit 32 bits"):
        encode([Metric("x", 2**32, Datatype.UINT32)])


def test_any_metric_gives_a_result(tried):
    def look(inner):
        wire = b"\x08\x80\xc8\xcd\xba\x95\x2b\x12" + bytes([len(inner)]) + inner
        keeps_its_promises(decode(wire, heard()))

    tried("sparkplug", hunt(st.binary(max_size=64), look))


def test_no_spoiled_payload_raises(tried):
    good = [
        payload(birth_or_death(1), Metric("level", -3, Datatype.INT16, T_MS, 1, "cm", 500)),
        payload(Metric("level", "1.5", Datatype.TEXT), Metric("", 2.5, time_ms=T_MS, alias=9)),
    ]
    tried("sparkplug", fuzz(decode, good, (DDATA, NBIRTH, NDEATH, NDATA, "")))
