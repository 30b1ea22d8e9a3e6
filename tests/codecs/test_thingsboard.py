"""ThingsBoard's gateway API: the examples of its documentation, and the dirt of the field."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs import Heard
from ingest.codecs.decoded import Event, Value, measurements
from ingest.codecs.thingsboard import decode
from ingest.codecs.thingsboard_encode import encode
from tests.codecs.bad_bytes import RECEIVED_US, fuzz, hunt, keeps_its_promises

TELEMETRY = "v1/gateway/telemetry"
HEARD = Heard(TELEMETRY, RECEIVED_US)
DOCUMENTED = b"""{
  "Device A": [
    {"ts": 1483228800000, "values": {"temperature": 42, "humidity": 80}},
    {"ts": 1483228801000, "values": {"temperature": 43, "humidity": 82}}
  ],
  "Device B": [{"ts": 1483228800000, "values": {"temperature": 42, "humidity": 80}}]
}"""
T0_US = 1_483_228_800_000_000


def rows(decoded):
    told = decoded.measurements
    return list(zip(told.key, told.time_us.tolist(), told.value.tolist(), strict=True))


def codes(decoded):
    return [one.code for one in decoded.findings]


def test_telemetry_upload_as_documented():
    found = decode(DOCUMENTED, HEARD)
    assert rows(found) == [
        ("Device A/temperature", T0_US, 42.0),
        ("Device A/humidity", T0_US, 80.0),
        ("Device A/temperature", T0_US + 1_000_000, 43.0),
        ("Device A/humidity", T0_US + 1_000_000, 82.0),
        ("Device B/temperature", T0_US, 42.0),
        ("Device B/humidity", T0_US, 80.0),
    ]
    assert not found.findings


def one(values, ts='"ts":1483228800000,'):
    return f'{{"A":[{{{ts}"values":{values}}}]}}'.encode()


DIRT = {
    "no ts": (b'{"A":[{"values":{"l":1}}]}', [("A/l", RECEIVED_US, 1.0)], ["time-missing"]),
    "flat object": (b'{"A":[{"l":1}]}', [("A/l", RECEIVED_US, 1.0)], ["time-missing"]),
    "flat object with ts": (
        b'{"A":[{"ts":1483228800000,"l":1}]}', [("A/l", T0_US, 1.0)], ["field-malformed"],
    ),
    "object instead of list": (
        b'{"A":{"ts":1483228800000,"values":{"l":1}}}', [("A/l", T0_US, 1.0)], ["field-malformed"],
    ),
    "ts in seconds": (
        one('{"l":1}', '"ts":1483228800,'), [("A/l", T0_US, 1.0)], ["time-in-seconds"],
    ),
    "ts in seconds with a fraction": (
        one('{"l":1}', '"ts":1483228800.5,'), [("A/l", T0_US + 500_000, 1.0)], ["time-in-seconds"],
    ),
    "ts as text": (one('{"l":1}', '"ts":"1483228800000",'), [("A/l", T0_US, 1.0)],
                   ["number-as-text"]),
    "ts with a fraction": (one('{"l":1}', '"ts":1483228800000.5,'), [("A/l", T0_US + 500, 1.0)],
                           []),
    "number as text": (one('{"l":"1.42"}'), [("A/l", T0_US, 1.42)], ["number-as-text"]),
    "booleans": (one('{"a":true,"b":false}'), [("A/a", T0_US, 1.0), ("A/b", T0_US, 0.0)], []),
    "duplicate name, the first counts": (
        one('{"l":1,"l":2}'), [("A/l", T0_US, 1.0)], ["duplicate-key"],
    ),
    "duplicate device, the first counts": (
        b'{"A":[{"ts":1483228800000,"values":{"l":1}}],"A":[{"ts":1483228800000,"values":{"l":2}}]}',
        [("A/l", T0_US, 1.0)], ["duplicate-key"],
    ),
    "duplicate name behind an escape": (
        one('{"l":1,"\\u006c":2}'), [("A/l", T0_US, 1.0)], ["duplicate-key"],
    ),
    "duplicate ts": (
        one('{"l":1}', '"ts":1483228800000,"ts":7,'), [("A/l", T0_US, 1.0)], ["duplicate-key"],
    ),
    "quotes and slashes in names": (
        b'{"A/\\"1\\"":[{"ts":1483228800000,"values":{"x/y":1}}]}', [('A/"1"/x/y', T0_US, 1.0)], [],
    ),
    "byte order mark": (b"\xef\xbb\xbf" + one('{"l":1}'), [("A/l", T0_US, 1.0)], []),
    "Chinese names": (
        '{"水位站":[{"ts":1483228800000,"values":{"水位":1}}]}'.encode(),
        [("水位站/水位", T0_US, 1.0)], [],
    ),
    "NUL and a lone surrogate in names": (
        one('{"l\\u0000":1,"\\ud800":2}'), [("A/l␀", T0_US, 1.0), ("A/\ufffd", T0_US, 2.0)],
        ["nul"],
    ),
    "NUL in a name": (one('{"l\\u0000":1}'), [("A/l␀", T0_US, 1.0)], ["nul"]),
    "NUL in a device": (
        b'{"A\\u0000":[{"ts":1483228800000,"values":{"l":1}}]}', [("A␀/l", T0_US, 1.0)], ["nul"],
    ),
    "a device with a word": (
        b'{"B":"on","A":[{"ts":1483228800000,"values":{"l":1}}]}', [("A/l", T0_US, 1.0)],
        ["field-malformed"],
    ),
    "a list of words": (
        b'{"A":["on",{"ts":1483228800000,"values":{"l":1}}]}', [("A/l", T0_US, 1.0)],
        ["field-malformed"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("payload", "wanted", "found_codes"), DIRT.values(), ids=DIRT)
def test_dirt_is_read_and_told(payload, wanted, found_codes):
    found = decode(payload, HEARD)
    assert rows(found) == wanted
    assert codes(found) == found_codes
    assert not found.measurements.problem


NO_NUMBER = {
    "text": '"on"', "empty text": '""', "null": "null", "object": '{"x":1}', "list": "[1]",
    "1e999": "1e999", "text of 1e999": '"1e999"', "NaN": "NaN", "Infinity": "-Infinity",
    "400 digits": "9" * 400, "hexadecimal text": '"0x10"', "nan as text": '"nan"',
    "comma": '"1,5"',
}  # fmt: skip


@pytest.mark.parametrize("value", NO_NUMBER.values(), ids=NO_NUMBER)
def test_what_is_no_number_leaves_its_neighbours_alone(value):
    found = decode(one(f'{{"l":{value},"m":5}}'), HEARD)
    assert [row[0] for row in rows(found)] == ["A/l", "A/m"]
    assert math.isnan(found.measurements.value[0])
    assert found.measurements.problem[0].startswith("is ")
    assert found.measurements.value[1] == 5.0


NO_TIME = {
    "before 1970-01-02": "7", "negative": "-1483228800000", "µs": "1483228800000000",
    "null text": '"now"', "object": "{}", "true": "true", "NaN": "NaN", "1e999": "1e999",
    "400 digits": "9" * 400,
}  # fmt: skip


@pytest.mark.parametrize("ts", NO_TIME.values(), ids=NO_TIME)
def test_a_value_with_a_wrong_time_is_not_dated_by_us(ts):
    found = decode(one('{"l":1}', f'"ts":{ts},'), HEARD)
    assert codes(found) == ["time-malformed"]
    assert math.isnan(found.measurements.value[0])
    assert "milliseconds" in found.measurements.problem[0]


UNUSABLE = {
    "empty": b"", "truncated": DOCUMENTED[:-1], "list": b"[]", "no device": b"{}",
    "no value": b'{"A":[]}', "no value in values": one("{}"), "deep": b'{"a":' * 150_000,
    "deep lists": b"[" * 500_000, "GBK": '{"雨量":[{"l":1}]}'.encode("gbk"), "NUL": b"\0" * 20,
    "glued": DOCUMENTED + DOCUMENTED, "over-long": b" " * (1 << 20) + b"{}",
    "number of 100 kB as a device": b'{"A":' + b"9" * 100_000 + b"}",
}  # fmt: skip


@pytest.mark.parametrize("payload", UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_messages_say_why(payload):
    found = decode(payload, HEARD)
    assert found.unusable.startswith("not ThingsBoard gateway JSON: ")
    assert len(found.unusable) < 400


@pytest.mark.parametrize(
    ("topic", "kind"),
    [("v1/gateway/connect", "online"), ("v1/gateway/disconnect", "offline"), ("", "online")],
)
def test_devices_connect_and_disconnect(topic, kind):
    found = decode(b'{"device":"Device A","type":"gauge"}', Heard(topic, RECEIVED_US))
    assert found.events == [Event("Device A", kind, RECEIVED_US, 0, {})]
    assert not found.unusable


@pytest.mark.parametrize("last", ["attributes", "rpc"])
def test_attributes_and_answers_to_calls_are_nothing(last):
    found = decode(b'{"Device A":{"firmware":"1.2"}}', Heard(f"v1/gateway/{last}", RECEIVED_US))
    assert not found.unusable
    assert not found.measurements.n


def test_findings_are_bounded():
    payload = json.dumps({"A": [{"l": "1"}] * 500}).encode()
    found = decode(payload, HEARD)
    assert found.measurements.n == 500
    assert len(found.findings) == 50


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0/"), max_size=8
)
telemetry = st.dictionaries(
    texts,
    st.lists(
        st.tuples(
            texts,
            st.integers(100_000_000_000, 9_000_000_000_000),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=6,
    ),
    max_size=4,
)


@given(telemetry)
def test_what_is_written_is_read_again(devices):
    before = measurements([
        Value(f"{device}/{name}", ms * 1000, value, "", 0)
        for device, items in devices.items()
        for name, ms, value in items
    ])  # fmt: skip
    after = decode(encode(before), HEARD)
    assert list(after.measurements.key) == list(before.key)
    np.testing.assert_array_equal(after.measurements.time_us, before.time_us)
    np.testing.assert_array_equal(after.measurements.value, before.value)
    assert not after.findings or not before.n


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["ts", "values", "l"]), inner),
    max_leaves=12,
)


def test_any_object_gives_a_result(tried):
    trees = st.dictionaries(st.text(max_size=3) | st.just("device"), anything, max_size=3)
    payloads = trees.map(lambda tree: json.dumps(tree).encode())
    tried("thingsboard", hunt(payloads, lambda one: keeps_its_promises(decode(one, HEARD))))


def test_no_spoiled_payload_raises(tried):
    good = [DOCUMENTED, one('{"l":"1.5","m":1e999,"m":1}'), b'{"device":"Device A"}']
    tried("thingsboard", fuzz(decode, good, (TELEMETRY, "v1/gateway/disconnect")))
