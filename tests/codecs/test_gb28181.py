"""GB/T 28181 notifications: the standard's fields, the field's dirt, and anything at all."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import Quality
from ingest.codecs import CODECS, Event, Heard, charset
from ingest.codecs.gb28181_encode import encode, encode_json
from ingest.codecs.gb28181_types import METHODS, TYPES
from tests.codecs.bad_bytes import hunt
from tests.codecs.hostile import check, hostile

decode = CODECS["gb28181"]
CAMERA = "32120401001320000001"
NOON = 1_790_222_400_000_000  # 2026-09-24T12:00:00+08:00
HEARD = Heard("up/gw-video/gb28181", NOON + 5_000_000)


def alarm(*lines, priority="1", method="5", time="2026-09-24T12:00:00", device=CAMERA, info=""):
    fields = {
        "CmdType": "Alarm", "SN": "17", "DeviceID": device, "AlarmPriority": priority,
        "AlarmMethod": method, "AlarmTime": time,
    }  # fmt: skip
    inner = "".join(f"<{name}>{value}</{name}>\r\n" for name, value in fields.items() if value)
    outer = "".join(lines) + (f"<Info>{info}</Info>" if info else "")
    return f'<?xml version="1.0"?>\r\n<Notify>\r\n{inner}{outer}</Notify>\r\n'


def decoded(text, charset="utf-8"):
    return decode(text.encode(charset), HEARD)


def only(text):
    found = decoded(text)
    assert found.unusable == ""
    (event,) = found.events
    return event, [finding.code for finding in found.findings]


@pytest.mark.parametrize(
    ("pair", "kind"), TYPES.items(), ids=[f"A.2.5_method_{m}_type_{t}" for m, t in TYPES]
)
def test_each_alarm_type_is_a_kind_of_event(pair, kind):
    method, alarm_type = pair
    event, codes = only(alarm(method=str(method), info=f"<AlarmType>{alarm_type}</AlarmType>"))
    assert (event.kind, codes) == (kind, [])
    assert event == Event(CAMERA, kind, NOON, 1, {"sn": 17, "method": method, "type": alarm_type})


@pytest.mark.parametrize(
    ("method", "kind"), METHODS.items(), ids=[f"A.2.5_method_{m}_without_type" for m in METHODS]
)
def test_a_type_may_be_missing(method, kind):
    assert only(alarm(method=str(method)))[0].kind == kind


def test_an_alarm_says_where_and_what():
    event, codes = only(
        alarm(
            "<AlarmDescription>东门有人翻越</AlarmDescription>",
            "<Longitude>120.1276</Longitude><Latitude>32.5092</Latitude>",
            info="<AlarmType>6</AlarmType><AlarmTypeParam><EventType>1</EventType>"
            "<SnapShotFileID>snap-17.a_B</SnapShotFileID></AlarmTypeParam>",
        )
    )
    assert codes == []
    assert event.attributes == {
        "sn": 17, "method": 5, "type": 6, "event_type": 1, "text": "东门有人翻越",
        "lon": 120.1276, "lat": 32.5092, "snapshot": "snap-17.a_B",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("alarm_type", "element", "kind"),
    [("9", "Count", "count"), ("10", "PeopleNum", "density")],
    ids=["A.2.5_flow", "A.2.5_density"],
)
def test_a_number_of_people_is_a_measurement_too(alarm_type, element, kind):
    info = (
        f"<AlarmType>{alarm_type}</AlarmType>"
        f"<AlarmTypeParam><{element}>137</{element}></AlarmTypeParam>"
    )
    found = decoded(alarm(info=info))
    assert (found.events[0].kind, found.events[0].attributes["count"]) == (kind, 137)
    told = found.measurements
    assert (told.key, told.value.tolist(), told.unit) == ((f"{CAMERA}/crowd",), [137.0], ("count",))
    assert (told.time_us.tolist(), told.quality.tolist()) == ([NOON], [Quality.GOOD])


@pytest.mark.parametrize("text", ["1e999", "-4", "many", "nan"])
def test_a_count_that_is_no_number_is_told_as_such(text):
    info = f"<AlarmType>9</AlarmType><AlarmTypeParam><Count>{text}</Count></AlarmTypeParam>"
    found = decoded(alarm(info=info))
    assert math.isnan(found.measurements.value[0])
    assert text in found.measurements.problem[0]
    assert "count" not in found.events[0].attributes
    assert [finding.code for finding in found.findings] == ["no-number"]


def test_other_alarms_give_no_measurement():
    info = "<AlarmType>6</AlarmType><AlarmTypeParam><Count>3</Count></AlarmTypeParam>"
    assert decoded(alarm(info=info)).measurements.n == 0


@pytest.mark.parametrize(
    ("text", "time_us", "codes"),
    [
        pytest.param("2026-09-24T12:00:00", NOON, [], id="beijing_time_without_zone"),
        pytest.param("2026-09-24T12:00:00.25", NOON + 250_000, [], id="fraction"),
        pytest.param("2026-09-24T04:00:00Z", NOON, [], id="zulu"),
        pytest.param("2026-09-24T05:30:00+01:30", NOON, [], id="other_zone"),
        pytest.param("2026-09-24 12:00:00", NOON, ["time-malformed"], id="blank_for_T"),
        pytest.param("2026/9/24 12:0:0", NOON, ["time-malformed"], id="slashes"),
        pytest.param("20260924120000", NOON, ["time-malformed"], id="fourteen_digits"),
        pytest.param("2026-02-30T12:00:00", None, ["time-malformed"], id="no_such_day"),
        pytest.param("1969-01-01T12:00:00", None, ["time-malformed"], id="before_1970"),
        pytest.param("9999-01-01T12:00:00", None, ["time-malformed"], id="after_2255"),
        pytest.param("yesterday", None, ["time-malformed"], id="words"),
        pytest.param("", None, ["time-missing"], id="missing"),
    ],
)
def test_alarm_time(text, time_us, codes):
    event, found = only(alarm(time=text))
    assert event.time_us == (HEARD.received_us if time_us is None else time_us)
    assert found == codes


@pytest.mark.parametrize(
    ("lon", "lat", "codes"),
    [
        pytest.param("0.0", "0.0", [], id="zero_is_unknown"),
        pytest.param("0", "0.000000", [], id="zero_however_written"),
        pytest.param("", "", [], id="empty"),
        pytest.param("120.1", "", ["field-malformed"], id="half_of_it"),
        pytest.param("181", "32", ["field-malformed"], id="beyond_the_globe"),
        pytest.param("120°7′", "32°30′", ["field-malformed"], id="degrees_and_minutes"),
        pytest.param("1e999", "32", ["field-malformed"], id="infinite"),
    ],
)
def test_a_position_that_is_none_is_left_out(lon, lat, codes):
    event, found = only(alarm(f"<Longitude>{lon}</Longitude><Latitude>{lat}</Latitude>"))
    assert {"lon", "lat"} & set(event.attributes) == set()
    assert found == codes


@pytest.mark.parametrize(
    ("text", "kind", "codes"),
    [
        pytest.param(
            alarm("<AlarmType>2</AlarmType>"), "motion", ["alarm-type-misplaced"], id="top_level"
        ),
        pytest.param(
            alarm("<AlarmType>2</AlarmType>", info="<AlarmType>6</AlarmType>"), "intrusion",
            ["alarm-type-misplaced"], id="info_wins",
        ),
        pytest.param(
            alarm(info="<AlarmType>6</AlarmType></Info><Info><AlarmType>2</AlarmType>"),
            "intrusion", ["duplicate-key"], id="two_infos",
        ),
        pytest.param(
            alarm(info="<AlarmType>99</AlarmType>"), "video_alarm", ["code-unknown"],
            id="type_of_a_vendor",
        ),
        pytest.param(
            alarm(info="<AlarmType>motion</AlarmType>"), "video_alarm", ["field-malformed"],
            id="type_in_words",
        ),
        pytest.param(alarm(method="8"), "other_alarm", ["code-unknown"], id="method_of_a_vendor"),
        pytest.param(alarm(method="5/6"), "other_alarm", ["field-malformed"], id="two_methods"),
        pytest.param(alarm(method=""), "other_alarm", ["field-missing"], id="no_method"),
        pytest.param(alarm(priority="0"), "video_alarm", ["field-malformed"], id="priority_0"),
        pytest.param(alarm(priority=""), "video_alarm", ["field-missing"], id="no_priority"),
        pytest.param(
            alarm(device="3212040100132000001"), "video_alarm", ["device-id-malformed"],
            id="nineteen_digits",
        ),
        pytest.param(
            alarm(device="camera-东门"), "video_alarm", ["device-id-malformed"], id="a_name"
        ),
        pytest.param(
            alarm("<SN>18</SN>"), "video_alarm", ["duplicate-key"], id="element_twice"
        ),
        pytest.param(
            alarm("<AlarmDescription>A&B ?a=1&b=2 &lt;</AlarmDescription>"), "video_alarm",
            ["xml-unescaped"], id="bare_ampersand",
        ),
        pytest.param(
            alarm().replace("<?xml", "<? xml"), "video_alarm", [], id="declaration_as_printed"
        ),
        pytest.param(
            "MESSAGE sip:3212 SIP/2.0\r\n\r\n" + alarm(), "video_alarm", ["garbage"],
            id="sip_headers_before",
        ),
        pytest.param(alarm() + "trailing", "video_alarm", ["garbage"], id="text_behind"),
        pytest.param(alarm() + alarm()[:90], "video_alarm", ["not-decodable"], id="second_cut_off"),
        pytest.param(
            alarm("<AlarmDescription>a\0b</AlarmDescription>"), "video_alarm", ["nul"], id="nul"
        ),
        pytest.param(
            alarm("<AlarmDescription>a\x01b</AlarmDescription>"), "video_alarm",
            ["field-malformed"], id="control_character",
        ),
    ],
)  # fmt: skip
def test_dirt_is_a_finding_and_the_alarm_is_taken(text, kind, codes):
    event, found = only(text)
    assert (event.kind, found) == (kind, codes)


@pytest.mark.parametrize(
    ("declared", "sent", "codes"),
    [
        pytest.param("GB2312", "gb2312", [], id="gb2312"),
        pytest.param("GB18030", "gb18030", [], id="gb18030"),
        pytest.param("gbk", "gbk", [], id="lower_case_gbk"),
        pytest.param("UTF-8", "utf-8", [], id="utf8"),
        pytest.param("UTF-8", "utf-8-sig", [], id="byte_order_mark"),
        pytest.param("", "utf-8", [], id="undeclared_utf8"),
        pytest.param("", "gbk", ["charset-gb2312"], id="undeclared_gbk"),
        pytest.param("UTF-8", "gbk", ["charset-mislabelled"], id="utf8_is_gbk"),
        pytest.param("GB2312", "utf-8", ["charset-mislabelled"], id="gb2312_is_utf8"),
    ],
)
def test_character_sets_by_declaration_and_by_content(declared, sent, codes):
    said = "姜堰区东门有积水"  # its UTF-8 passes as GB 18030, too
    assert said.encode().decode("gb18030") != said
    text = alarm(f"<AlarmDescription>{said}</AlarmDescription>")
    encoding = f' encoding="{declared}"' if declared else ""
    found = decoded(text.replace('"1.0"?', f'"1.0"{encoding}?'), sent)
    assert found.events[0].attributes["text"] == said
    assert [finding.code for finding in found.findings] == codes


def test_gb2312_that_passes_as_utf8_is_taken_as_declared():
    both = "摹省".encode("gb2312")
    assert both.decode("utf-8") == "ġʡ"
    assert charset.text_of(both, "GB2312").text == "摹省"
    assert charset.text_of(both).text == "ġʡ"


def test_bytes_of_no_character_set_spoil_only_themselves():
    text = alarm("<AlarmDescription>ab</AlarmDescription>").encode().replace(b"ab", b"a\xff\xffb")
    found = decode(text, HEARD)
    assert "�" in found.events[0].attributes["text"]
    assert [finding.code for finding in found.findings] == ["invalid-utf8"]


def test_a_keepalive_is_a_heartbeat_that_names_faulty_devices():
    event, codes = only(
        "<Notify><CmdType>Keepalive</CmdType><SN>43</SN>"
        f"<DeviceID>{CAMERA}</DeviceID><Status>OK</Status>"
        "<Info><DeviceID>1</DeviceID><DeviceID>2</DeviceID></Info></Notify>"
    )
    assert codes == []
    assert event == Event(
        CAMERA, "heartbeat", HEARD.received_us, 0, {"sn": 43, "status": "OK", "faulty": "1 2"}
    )


def test_a_mobile_position_is_an_event():
    event, codes = only(
        "<Notify><CmdType>MobilePosition</CmdType><SN>4</SN>"
        f"<DeviceID>{CAMERA}</DeviceID><Time>2026-09-24T12:00:00</Time>"
        "<Longitude>120.1</Longitude><Latitude>32.5</Latitude><Speed>36.5</Speed>"
        "<Direction>90</Direction><Altitude></Altitude></Notify>"
    )
    assert codes == []
    assert event.attributes == {
        "sn": 4, "lon": 120.1, "lat": 32.5, "speed_kmh": 36.5, "direction_deg": 90.0
    }  # fmt: skip
    assert (event.kind, event.time_us) == ("position", NOON)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{{"Notify": {0}}}', id="as_in_xml"),
        pytest.param("{0}", id="without_notify"),
        pytest.param("[{0}]", id="a_list"),
        pytest.param('{{"Notify": [{0}]}}', id="a_list_within"),
    ],
)
def test_json_has_the_same_names(text):
    one = (
        f'{{"CmdType": "Alarm", "SN": 17, "DeviceID": "{CAMERA}", "AlarmPriority": 1, '
        '"AlarmMethod": "5", "AlarmTime": "2026-09-24T12:00:00", "Longitude": 0.0, '
        '"Latitude": 0, "Info": {"AlarmType": 6}}'
    )
    event, codes = only(text.format(one))
    assert codes == []
    assert event == Event(CAMERA, "intrusion", NOON, 1, {"sn": 17, "method": 5, "type": 6})


def test_a_name_twice_in_json_counts_once():
    text = encode_json(Event(CAMERA, "motion", NOON, 1, {})).decode()
    found = decoded(text.replace('"AlarmPriority": 1', '"AlarmPriority": 1, "AlarmPriority": 3'))
    assert found.events[0].priority == 1
    assert [finding.code for finding in found.findings] == ["duplicate-key"]


def test_messages_that_follow_each_other_are_all_taken():
    text = alarm() + alarm(method="2") + "\r\n" + alarm(method="6")
    assert [one.kind for one in decoded(text).events] == [
        "video_alarm", "device_alarm", "device_fault"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "no XML and no JSON", id="empty"),
        pytest.param("hello", "no XML and no JSON", id="words"),
        pytest.param(alarm()[:-20], "not well-formed XML", id="cut_off"),
        pytest.param(alarm(device=""), "Alarm without DeviceID", id="nobody"),
        pytest.param(
            alarm().replace("Notify", "Response"), "Response with CmdType 'Alarm'", id="an_answer"
        ),
        pytest.param(
            alarm().replace("Alarm</Cmd", "Catalog</Cmd"), "CmdType 'Catalog'", id="other_command"
        ),
        pytest.param('{"CmdType": "Alarm"', "character", id="json_cut_off"),
        pytest.param("[1, 2]", "no object", id="json_of_numbers"),
        pytest.param(
            '<!DOCTYPE a [<!ENTITY b "c">]>' + alarm()[21:], "document type", id="document_type"
        ),
        pytest.param(
            '<!DOCTYPE a SYSTEM "file:///etc/passwd">' + alarm()[21:], "document type",
            id="external_entity",
        ),
        pytest.param("<a>" * 40 + "</a>" * 40, "more than 16 levels", id="too_deep"),
        pytest.param("<a>" + "<b/>" * 3000 + "</a>", "more than 2000 elements", id="too_many"),
        pytest.param(alarm() * 1001, "more than 1000 messages", id="too_many_messages"),
        pytest.param("[" + "{}," * 1000 + "{}]", "more than 1000 messages", id="too_many_in_json"),
        pytest.param(alarm() + " " * (1 << 20), "at most 1048576", id="too_long"),
    ],
)  # fmt: skip
def test_what_is_no_notification_is_said_to_be_none(text, why):
    found = decoded(text)
    assert found.events == ()
    assert why in found.unusable


TEXTS = st.text(
    st.characters(codec="gb18030", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cn"]),
    min_size=1, max_size=40,
)  # fmt: skip
PLACES = st.just({}) | st.fixed_dictionaries(
    {"lon": st.floats(0.001, 180), "lat": st.floats(-90, 90)}
)
TIMES = st.integers(0, 2**53)


def optional(**fields):
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def alarms(draw):
    pair = draw(st.sampled_from([*TYPES, *((method, None) for method in METHODS)]))
    kind = TYPES.get(pair) or METHODS[pair[0]]
    attributes = {"sn": draw(st.integers(0, 10**9 - 1)), "method": pair[0], **draw(PLACES)}
    if pair[1] is not None:
        attributes["type"] = pair[1]
    attributes |= draw(
        optional(
            text=TEXTS, event_type=st.integers(0, 99),
            snapshot=st.from_regex(r"[A-Za-z0-9._-]{1,128}", fullmatch=True),
        )
    )  # fmt: skip
    if kind in ("count", "density"):
        attributes |= draw(optional(count=st.integers(0, 10**6)))
    device = draw(st.from_regex(r"[0-9]{20}", fullmatch=True))
    return Event(device, kind, draw(TIMES), draw(st.integers(1, 4)), attributes)


@st.composite
def signs(draw):
    device = draw(st.from_regex(r"[0-9]{20}", fullmatch=True))
    attributes = {"sn": draw(st.integers(0, 10**9 - 1))}
    if draw(st.booleans()):
        attributes |= draw(optional(status=st.sampled_from(["OK", "ERROR"]), faulty=st.just("1 2")))
        return Event(device, "heartbeat", HEARD.received_us, 0, attributes)
    speed = st.floats(0, 300)
    attributes |= draw(PLACES) | draw(optional(speed_kmh=speed, direction_deg=speed))
    return Event(device, "position", draw(TIMES), 0, attributes)


@settings(deadline=None)
@given(alarms() | signs(), st.sampled_from(["GB2312", "GB18030", "UTF-8", "JSON"]))
def test_what_is_written_is_read_again(event, form):
    payload = encode_json(event) if form == "JSON" else encode(event, form)
    found = decode(payload, HEARD)
    assert (found.events, found.findings, found.unusable) == ([event], [], "")
    counted = [event.attributes["count"]] if "count" in event.attributes else []
    assert found.measurements.value.tolist() == counted


def test_hostile_payloads_never_raise(tried):
    sample = Event(CAMERA, "density", NOON, 1, {"text": "人群聚集", "count": 31, "lon": 120.1,
                                               "lat": 32.5, "snapshot": "a1"})  # fmt: skip
    count = 0
    for payload in (*hostile(encode(sample)), *hostile(encode_json(sample))):
        check(decode(payload, HEARD))
        count += 1
    tried("gb28181", count)


ANYTHING = (
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.recursive(
        st.text(max_size=20),
        lambda inner: st.tuples(
            st.sampled_from(["Notify", "Info", "AlarmType", "CmdType", "DeviceID", "AlarmTime"]),
            st.lists(inner, max_size=5),
        ).map(lambda pair: f"<{pair[0]}>{''.join(pair[1])}</{pair[0]}>"),
    ).map(lambda text: text.encode("utf-8", "surrogatepass"))
)


def test_any_bytes_give_events_or_a_reason(tried):
    tried("gb28181", hunt(ANYTHING, lambda payload: check(decode(payload, HEARD))))
