"""Camera events in JSON: our own form, the vendors' shapes, dirt, and anything at all."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import PROPERTIES, Quality
from devices.events import KINDS
from ingest.codecs import CODECS, Event, Heard
from ingest.codecs.camera_encode import encode
from ingest.codecs.camera_words import COUNTED, FIELDS, MEASURED, WORDS, normal
from ingest.units import scale
from tests.codecs.bad_bytes import hunt
from tests.codecs.hostile import check, hostile

decode = CODECS["camera"]
NOON = 1_790_222_400_000_000  # 2026-09-24T12:00:00+08:00
HEARD = Heard("up/gw-video/camera", NOON + 5_000_000)
PLAIN = {"device": "east-1", "kind": "intrusion", "time": "2026-09-24T12:00:00+08:00"}


def decoded(told):
    return decode(json.dumps(told, ensure_ascii=False).encode(), HEARD)


def only(told):
    found = decoded(told)
    assert found.unusable == ""
    (event,) = found.events
    return event, [finding.code for finding in found.findings]


def test_our_own_form_says_all_there_is():
    told = {
        "device": "east-1", "kind": "ponding", "time": "2026-09-24T12:00:00+08:00", "priority": 2,
        "confidence": 0.93, "lon": 120.1276, "lat": 32.5092, "snapshot": "s-17",
        "text": "积水约20厘米",
    }  # fmt: skip
    found = decoded(told)
    assert found.findings == []
    assert found.events == [
        Event(
            "east-1", "ponding", NOON, 2,
            {"confidence": 0.93, "lon": 120.1276, "lat": 32.5092, "text": "积水约20厘米",
             "snapshot": "s-17"},
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "field", "key", "unit"),
    [
        ("ponding", "confidence", "east-1/ponding", "/"),
        ("obstruction", "confidence", "east-1/obstruction", "/"),
        ("count", "count", "east-1/crowd", "count"),
        ("density", "count", "east-1/crowd", "count"),
    ],
)
def test_what_there_is_a_property_for_is_a_measurement_too(kind, field, key, unit):
    told = decoded({**PLAIN, "kind": kind, field: 1}).measurements
    assert (told.key, told.value.tolist(), told.unit) == ((key,), [1.0], (unit,))
    assert (told.time_us.tolist(), told.quality.tolist()) == ([NOON], [Quality.GOOD])
    assert scale(unit, PROPERTIES[key.partition("/")[2]].unit) is not None


@pytest.mark.parametrize(
    ("kind", "field"), [("intrusion", "confidence"), ("motion", "count"), ("ponding", "count")]
)
def test_what_there_is_no_property_for_stays_with_the_event(kind, field):
    found = decoded({**PLAIN, "kind": kind, field: 0.5})
    assert found.measurements.n == 0
    assert found.events[0].attributes == {field: 0.5}


@pytest.mark.parametrize(
    ("told", "event"),
    [
        pytest.param(
            {"ipAddress": "10.1.2.3", "macAddress": "", "channelID": 3,
             "eventType": "fielddetection", "activePostCount": 1,
             "dateTime": "2026-09-24T12:00:00+08:00",
             "eventState": "active", "eventDescription": "区域入侵"},
            Event("10.1.2.3#3", "intrusion", NOON, 0, {"text": "区域入侵"}),
            id="hikvision_isapi_alert",
        ),
        pytest.param(
            {"EventNotificationAlert": {"deviceID": "32120401001320000001",
             "eventType": "videoloss",
             "dateTime": "2026-09-24T12:00:00+08:00", "eventState": "inactive"}},
            Event("32120401001320000001", "heartbeat", NOON, 0, {"state": "ended"}),
            id="hikvision_isapi_heartbeat",
        ),
        pytest.param(
            {"method": "OnEventNotify", "params": {"ability": "event_vss", "events": [
             {"srcIndex": "c-9", "eventType": "VMD", "happenTime": "2026-09-24T12:00:00.000+08:00",
              "data": {"confidence": 0.4}}]}},
            Event("c-9", "motion", NOON, 0, {"confidence": 0.4}),
            id="hikvision_isecure",
        ),
        pytest.param(
            {"Code": "CrossLineDetection", "Action": "Start", "Index": 0, "serialNo": "4K0A",
             "Data": {"UTC": "2026-09-24T12:00:00+08:00"}},
            Event("4K0A#0", "line_crossing", NOON, 0, {}),
            id="dahua_event_manager",
        ),
        pytest.param(
            {"device_id": "d", "event_type": "积水识别", "timestamp": NOON // 1000, "score": "0.5"},
            Event("d", "ponding", NOON, 0, {"confidence": 0.5}),
            id="snake_case_and_chinese",
        ),
        pytest.param(
            {"DEVICE": "d", "Kind": "INTRUSION", "TS": str(NOON // 1000), "LNG": "120.1",
             "LAT": "32.5"},
            Event("d", "intrusion", NOON, 0, {"lon": 120.1, "lat": 32.5}),
            id="upper_case_and_text",
        ),
    ],
)  # fmt: skip
def test_shapes_of_vendors(told, event):
    assert only(told) == (event, [])


@pytest.mark.parametrize(
    ("change", "expected", "codes"),
    [
        pytest.param({"time": NOON // 1000}, {}, [], id="milliseconds"),
        pytest.param({"time": "2026-09-24T04:00:00Z"}, {}, [], id="zulu"),
        pytest.param({"time": NOON // 10**6}, {}, ["time-in-seconds"], id="seconds"),
        pytest.param({"time": "2026-09-24T12:00:00"}, {}, ["zone-missing"], id="no_zone"),
        pytest.param({"time": "20260924120000"}, {}, ["zone-missing"], id="fourteen_digits"),
        pytest.param(
            {"time": "2026-09-24 12:00:00+08:00"}, {}, ["time-malformed"], id="blank_for_T"
        ),
        pytest.param({"time": 1e30}, {"time_us": 5}, ["time-malformed"], id="beyond_all_time"),
        pytest.param({"time": -5}, {"time_us": 5}, ["time-malformed"], id="before_1970"),
        pytest.param({"time": None}, {"time_us": 5}, ["time-missing"], id="no_time"),
        pytest.param({"time": [1]}, {"time_us": 5}, ["time-missing"], id="time_is_a_list"),
        pytest.param({"priority": 7}, {"priority": 0}, ["field-malformed"], id="priority_7"),
        pytest.param({"priority": "2"}, {"priority": 2}, [], id="priority_as_text"),
        pytest.param({"snapshot": "a/b"}, {}, ["field-malformed"], id="snapshot_is_a_path"),
        pytest.param({"lon": 120.1}, {}, ["field-malformed"], id="half_a_position"),
        pytest.param({"lon": 0, "lat": 0.0}, {}, [], id="zero_is_unknown"),
        pytest.param(
            {"kind": "flying_saucer"}, {"kind": "other_alarm", "sent_kind": "flying_saucer"},
            ["code-unknown"], id="unknown_kind",
        ),
        pytest.param(
            {"confidence": 87}, {"confidence": 0.87}, ["confidence-percent"], id="per_cent"
        ),
        pytest.param({"confidence": 101}, {}, ["no-number"], id="confidence_beyond_100"),
        pytest.param({"count": -1}, {}, ["no-number"], id="negative_count"),
        pytest.param({"count": "37"}, {"count": 37}, [], id="count_as_text"),
        pytest.param({"text": "a\0b"}, {"text": "a␀b"}, ["nul"], id="nul"),
        pytest.param({"text": {"a": 1}}, {}, [], id="text_is_an_object"),
    ],
)  # fmt: skip
def test_dirt_is_a_finding_and_the_event_is_taken(change, expected, codes):
    event, found = only({**PLAIN, **change})
    time_us = NOON + 1_000_000 * expected.pop("time_us", 0)
    kind, priority = expected.pop("kind", "intrusion"), expected.pop("priority", 0)
    assert event == Event("east-1", kind, time_us, priority, expected)
    assert found == codes


@pytest.mark.parametrize("text", [b"1e999", b"NaN", b"-Infinity", b'"many"', b"1" * 5000])
def test_a_number_that_is_none_is_told_as_such(text):
    payload = (
        b'{"device":"d","kind":"ponding","time":"2026-09-24T12:00:00Z","confidence":%s}' % text
    )
    found = decode(payload, HEARD)
    assert math.isnan(found.measurements.value[0])
    assert set(found.measurements.problem) == {0}
    assert found.events[0].attributes == {}
    assert [finding.code for finding in found.findings] == ["no-number"]


@pytest.mark.parametrize(
    ("payload", "codes"),
    [
        pytest.param(encode([Event("d", "motion", NOON, 0, {})] * 2), [], id="a_list"),
        pytest.param(
            b'{"device":"d","kind":"motion","time":1790222400000}\n'
            b'{"device":"d","kind":"motion","time":1790222400000}\n', [], id="line_by_line",
        ),
        pytest.param(
            b'{"events":[{"device":"d","kind":"motion","time":1790222400000},'
            b'{"device":"d","kind":"motion","time":1790222400000}]}', [], id="events",
        ),
        pytest.param(
            b'[{"device":"d","kind":"motion","time":1790222400000}, 7,'
            b'{"device":"d","kind":"motion","time":1790222400000}]', ["not-decodable"],
            id="with_a_stranger",
        ),
        pytest.param(
            b'[{"device":"d","kind":"motion","time":1790222400000},{"kind":"motion"},'
            b'{"device":"d","kind":"motion","time":1790222400000}]',
            ["field-missing", "not-decodable"], id="with_one_of_nobody",
        ),
    ],
)  # fmt: skip
def test_several_events_in_one_payload(payload, codes):
    found = decode(payload, HEARD)
    assert found.events == [Event("d", "motion", NOON, 0, {})] * 2
    assert [finding.code for finding in found.findings] == codes


def test_gbk_is_read_and_told():
    found = decode(json.dumps({**PLAIN, "text": "积水"}, ensure_ascii=False).encode("gbk"), HEARD)
    assert found.events[0].attributes == {"text": "积水"}
    assert [finding.code for finding in found.findings] == ["charset-gb2312"]


def test_half_a_surrogate_pair_is_no_text():
    payload = json.dumps({**PLAIN, "device": "e\ud800", "text": "a\udfffb"}).encode()
    found = decode(payload, HEARD)
    check(found)
    assert (found.events[0].device, found.events[0].attributes) == ("e�", {"text": "a�b"})


def test_a_name_twice_counts_once():
    found = decode(b'{"device":"d","device":"e","kind":"motion","time":1790222400000}', HEARD)
    assert found.events[0].device == "d"
    assert [finding.code for finding in found.findings] == ["duplicate-key"]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        pytest.param(b"", "no event", id="empty"),
        pytest.param(b"[]", "no event", id="empty_list"),
        pytest.param(b"hello", "character 0", id="words"),
        pytest.param(b'{"device":"d"', "character 13", id="cut_off"),
        pytest.param(b"7", "'7' is no object", id="a_number"),
        pytest.param(b'{"kind":"motion"}', "an event without device", id="nobody"),
        pytest.param(b'{"device":"d"}', "an event without kind", id="nothing_happened"),
        pytest.param(b"[" + b"{}," * 1000 + b"{}]", "1001 events", id="too_many"),
        pytest.param(b"[" * 100_000, "nested deeper", id="depth_bomb"),
        pytest.param(b" " * ((1 << 20) + 1), "at most 1048576", id="too_long"),
    ],
)
def test_what_is_no_event_is_said_to_be_none(payload, why):
    found = decode(payload, HEARD)
    assert found.events == ()
    assert why in found.unusable


def test_the_tables_agree_with_themselves():
    names = [name for several in FIELDS.values() for name in several]
    assert sorted({name for name in names if names.count(name) > 1}) == []
    assert all(name == normal(name) for name in names)
    assert set(WORDS.values()) <= set(KINDS)
    assert all(WORDS[normal(name)] == name for name in KINDS)
    assert {*MEASURED.values(), *COUNTED.values()} <= set(PROPERTIES)


TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cn"]), min_size=1, max_size=40
)


@st.composite
def events(draw):
    attributes = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "confidence": st.floats(0, 1), "count": st.integers(0, 10**6), "text": TEXTS,
                "snapshot": st.from_regex(r"[A-Za-z0-9._-]{1,128}", fullmatch=True),
            },
        )
    )  # fmt: skip
    if draw(st.booleans()):
        attributes |= {"lon": draw(st.floats(0.001, 180)), "lat": draw(st.floats(-90, 90))}
    kind = draw(st.sampled_from(sorted(KINDS)))
    return Event(
        draw(TEXTS), kind, draw(st.integers(0, 2**53)), draw(st.integers(0, 4)), attributes
    )


@settings(deadline=None)
@given(st.lists(events(), min_size=1, max_size=4))
def test_what_is_written_is_read_again(several):
    found = decode(encode(several), HEARD)
    assert (found.events, found.findings, found.unusable) == (several, [], "")
    told = dict(zip(found.measurements.key, found.measurements.value.tolist(), strict=True))
    for one in several:
        for name, properties in (("confidence", MEASURED), ("count", COUNTED)):
            if name in one.attributes and one.kind in properties:
                assert f"{one.device}/{properties[one.kind]}" in told


def test_hostile_payloads_never_raise(tried):
    sample = encode(
        [
            Event("east-1", "ponding", NOON, 1, {"confidence": 0.31, "text": "积水", "lon": 120.1,
                                                 "lat": 32.5}),
            Event("east-1", "density", NOON, 1, {"count": 31, "snapshot": "s-1"}),
        ]
    )  # fmt: skip
    count = 0
    for payload in hostile(sample):
        check(decode(payload, HEARD))
        count += 1
    tried("camera", count)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from([*(name for names in FIELDS.values() for name in names), "data", "events"]),
        inner, max_size=8,
    ),
)  # fmt: skip


ANYTHING = (
    st.binary(max_size=300)
    | JSON.map(json.dumps).map(str.encode)
    | JSON.map(lambda one: json.dumps({"device": "d", "kind": "count", **{"data": one}}).encode())
)


def test_any_bytes_give_events_or_a_reason(tried):
    tried("camera", hunt(ANYTHING, lambda payload: check(decode(payload, HEARD))))
