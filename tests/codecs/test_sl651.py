"""SL 651: published frames, tables and clauses of the standard, and the dirt of the field."""

import math
from datetime import datetime, timedelta, timezone

import pytest

from devices import PROPERTIES, Quality
from devices.events import KINDS
from devices.statistics import STATISTICS
from ingest import units
from ingest.codecs import CODECS, Heard
from ingest.codecs.findings import CODES
from ingest.codecs.sl651 import decode
from ingest.codecs.sl651_crc import crc16
from ingest.codecs.sl651_elements import ELEMENTS, LEVELS, RAINS
from ingest.codecs.sl651_parts import part_of
from tests.codecs.sl651_frames import frame, report, slow_crc

BEIJING = timezone(timedelta(hours=8))
RIVER = (
    "7E7E010010100001A00032002B02000C200724172349F1F1001010000148F0F02007241723201900013022190000"
    "4039230000055038121268038397"
)


def at(text):
    """µs of a moment in Beijing."""
    return round(datetime.fromisoformat(text).replace(tzinfo=BEIJING).timestamp()) * 1_000_000


def decoded(payload, heard=None):
    told = decode(bytes.fromhex(payload) if isinstance(payload, str) else payload, heard or Heard())
    assert {one.code for one in told.findings} <= CODES.keys()
    assert {one.kind for one in told.events} <= KINDS.keys()
    return told


def values(told):
    """(property, value) of each measurement."""
    names = (key.partition("/")[2] for key in told.measurements.key)
    return list(zip(names, told.measurements.value.tolist(), strict=True))


def codes(told):
    return [one.code for one in told.findings]


def quality(told):
    return [Quality(one) for one in told.measurements.quality]


# Published frames.


def test_published_river_report_of_a_timed_station():
    told = decoded(RIVER)
    columns = told.measurements
    assert codes(told) == []
    assert list(columns.key) == [
        "0010100001/rain_today",
        "0010100001/rain:sum_5min",
        "0010100001/water_level",
        "0010100001/battery_voltage",
    ]
    assert columns.value.tolist() == [13.0, 4.0, 0.55, 12.68]
    assert list(columns.unit) == ["mm", "mm", "m", "V"]
    assert list(columns.code) == ["20", "22", "39", "38"]
    seen = at("2020-07-24 17:23")
    assert columns.time_us.tolist() == [seen, at("2020-07-24 17:18"), seen, seen]
    assert quality(told) == [Quality.GOOD] * 4


def test_published_test_report_is_of_a_station_under_maintenance():
    told = decoded(
        "7E7E010012345678123430002B020003591011154947F1F1001234567848F0F059101115492019000005"
        "2619000005392300000127381211150320FA"
    )
    assert values(told) == [
        ("rain_today", 0.5),
        ("rain_total", 0.5),
        ("water_level", 0.127),
        ("battery_voltage", 11.15),
    ]
    assert quality(told) == [Quality.MAINTENANCE] * 4
    assert told.measurements.time_us[0] == at("2059-10-11 15:49")


def test_published_timed_report_of_another_centre():
    told = decoded(
        "7E7E05001122334403E832002B020034170718110016F1F1001122334448F0F017071811002019000040"
        "26190000403923000104903812109903A421"
    )
    assert values(told) == [
        ("rain_today", 4.0),
        ("rain_total", 4.0),
        ("water_level", 10.49),
        ("battery_voltage", 10.99),
    ]


def test_published_keep_alive_is_a_heartbeat_without_an_answer():
    told = decoded("7E7E01001234567812342F0008020003591011155111036BCA")
    (event,) = told.events
    assert (event.device, event.kind) == ("0012345678", "heartbeat")
    assert event.time_us == at("2059-10-11 15:51:11")
    assert not told.replies
    assert not told.unusable


@pytest.mark.parametrize(
    ("uplink", "published"),
    [
        pytest.param(
            "7E7E010012345678123430002B020003591011154947F1F1001234567848F0F059101115492019000005"
            "2619000005392300000127381211150320FA",
            "7E7E00123456780112343080080200035910111549471B75D4",
            id="table_29_test",
        ),
        pytest.param(
            "7E7E05001122334403E832002B020034170718110016F1F1001122334448F0F017071811002019000040"
            "26190000403923000104903812109903A421",
            "7E7E00112233440503E83280080200341707181100161BE5D4",
            id="table_33_timed",
        ),
    ],
)
def test_published_confirmations_differ_from_ours_only_in_the_end_character(uplink, published):
    (reply,) = decoded(uplink).replies
    wanted = bytes.fromhex(published)
    assert reply.payload[:-3] == wanted[:-3]
    assert wanted[-3] == 0x1B  # ESC: the published centre keeps the station online
    assert reply.payload[-3] == 0x04  # EOT: it may leave
    assert reply.payload[-2:] == slow_crc(reply.payload[:-2]).to_bytes(2, "big")
    assert reply.topic == ""


# Clauses.


def test_the_fast_check_is_the_slow_one():
    assert crc16(b"123456789") == 0x4B37  # the check value of CRC-16/MODBUS
    for size in range(64):
        data = bytes((17 * size + 31 * index) & 0xFF for index in range(size))
        assert crc16(data) == slow_crc(data)


@pytest.mark.parametrize(
    ("elements", "property_", "value"),
    [
        pytest.param("0219000215", "air_temperature", 21.5, id="C1_02"),
        pytest.param("0219FF0105", "air_temperature", -10.5, id="6.6.3.3a_negative"),
        pytest.param("03110185", "water_temperature", 18.5, id="C1_03"),
        pytest.param("0A100012", "0A", 12.0, id="C1_0A_without_property"),
        pytest.param("0E1A001234", "groundwater_depth", 12.34, id="C1_0E"),
        pytest.param("18110655", "relative_humidity", 65.5, id="C1_18"),
        pytest.param("1A19000125", "rain:sum_1h", 12.5, id="C1_1A"),
        pytest.param("1C19000125", "rain:sum_3h", 12.5, id="C1_1C"),
        pytest.param("1D19000125", "rain:sum_6h", 12.5, id="C1_1D"),
        pytest.param("1E19000125", "rain:sum_12h", 12.5, id="C1_1E"),
        pytest.param("1F19000125", "rain:sum_1d", 12.5, id="C1_1F"),
        pytest.param("2619012345", "rain_total", 1234.5, id="C1_26"),
        pytest.param("272B0000123456", "flow", 123.456, id="C1_27"),
        pytest.param("302B0000123456", "30", 123.456, id="C1_30_without_property"),
        pytest.param("3923FF000550", "water_level", -0.55, id="C1_39_negative"),
        pytest.param("3A2300003210", "downstream_level", 3.21, id="C1_3A"),
        pytest.param("3B2300004210", "upstream_level", 4.21, id="C1_3B"),
        pytest.param("46120723", "ph", 7.23, id="C1_46"),
        pytest.param("47110088", "dissolved_oxygen", 8.8, id="C1_47"),
        pytest.param("48 18 000523", "conductivity", 523.0, id="C1_48"),
        pytest.param("49 10 0012", "turbidity", 12.0, id="C1_49"),
        pytest.param("4A 11 0031", "permanganate_index", 3.1, id="C1_4A"),
        pytest.param("4C 1A 000045", "ammonia_nitrogen", 0.45, id="C1_4C"),
        pytest.param("4D 1B 000123", "total_phosphorus", 0.123, id="C1_4D"),
        pytest.param("4E 1A 000123", "total_nitrogen", 1.23, id="C1_4E"),
        pytest.param("05 12 0130", "05", 1.5, id="C1_05_hours_and_minutes"),
    ],
)
def test_an_element_of_table_c1(elements, property_, value):
    told = decoded(report(elements))
    assert values(told) == [(property_, value)]
    assert codes(told) == []


def test_table_c1_names_properties_statistics_and_units_that_exist():
    for lead, one in [*ELEMENTS.items(), *LEVELS.items(), (0xF4, RAINS)]:
        assert not one.statistic or one.statistic in STATISTICS, hex(lead)
        if one.observed:
            canonical = PROPERTIES[one.observed].unit
            assert units.scale(one.unit, canonical) is not None, hex(lead)
        assert one.size << 3 <= 0xFF


def test_6_6_2_8c_a_value_over_a_period_begins_where_the_station_says_it_ended():
    told = decoded(report("1A19000125 1F19000300 2219000010 2019000300"))
    assert [one - at("2020-07-24 17:23") for one in told.measurements.time_us.tolist()] == [
        -3_600_000_000, -86_400_000_000, -300_000_000, 0,
    ]  # fmt: skip


def test_6_6_4_7_an_hourly_report_has_twelve_rains_and_levels_from_its_observation_time_on():
    rains = "000102FF0405060708090A0B"
    levels = "".join(f"{centimetres:04X}" for centimetres in (*range(100, 111), 0xFFFF))
    told = decoded(
        report(
            f"F460{rains} 2619000123 F5C0{levels} 38121268",
            function="34", observed="2211280405", sent="221128050008",
        )
    )  # fmt: skip
    assert codes(told) == []
    columns = told.measurements
    assert columns.n == 26
    assert columns.key[0] == "0010100001/rain:sum_5min"
    assert columns.time_us[0] == at("2022-11-28 04:00")
    assert columns.time_us[11] == at("2022-11-28 04:55")
    assert columns.value[:3].tolist() == [0.0, 0.1, 0.2]
    assert math.isnan(columns.value[3])
    assert "FF" in columns.problem[3]
    assert columns.key[13] == "0010100001/relative_level"
    assert columns.unit[13] == "m"
    assert columns.value[13:24].tolist() == [round(1 + step / 100, 2) for step in range(11)]
    assert columns.time_us[13] == at("2022-11-28 04:05")
    assert columns.time_us[24] == at("2022-11-28 05:00")
    assert math.isnan(columns.value[24])


def test_twelve_rains_whose_time_can_only_be_that_of_the_last():
    hourly = decoded(
        report("F460" + "00" * 11 + "07", "34", observed="2211280500", sent="221128050008")
    )
    assert codes(hourly) == ["interval-time-end"]
    assert hourly.measurements.time_us[11] == at("2022-11-28 04:55")
    timed = decoded(
        report("F460" + "00" * 11 + "07", "32", observed="2211280500", sent="221128050008")
    )
    assert codes(timed) == []
    assert timed.measurements.time_us[11] == at("2022-11-28 04:55")


def test_table_c1_levels_of_another_gauge_are_not_those_of_the_first():
    told = decoded(report("F6C0" + "0064" * 12, "34", "2211280405", "221128050008"))
    assert set(told.measurements.key) == {"0010100001/F6"}


def test_6_6_4_4_a_uniform_series_has_one_identifier_and_then_values():
    series = "04 18 000005 39 23" + "00028960" * 11 + "FFFFFFFF"
    told = decoded(report(series, "31", observed="2212051005", sent="221205110019"))
    assert codes(told) == []
    assert values(told)[:11] == [("water_level", 28.96)] * 11
    assert math.isnan(told.measurements.value[11])
    times = told.measurements.time_us
    assert times[0] == at("2022-12-05 10:05")
    assert times[11] == at("2022-12-05 11:00")


def test_6_6_4_4_a_series_of_a_value_over_a_period_begins_a_period_earlier():
    told = decoded(report("0418000005 2219 000001 000002", "31"))
    assert told.measurements.time_us.tolist() == [at("2020-07-24 17:18"), at("2020-07-24 17:23")]


def test_a_series_of_two_elements_as_stations_of_the_field_send_it():
    groups = "".join(f"{index:06d}{1000 + index:08d}" for index in range(12))
    told = decoded(report("0418000005 2219 3922" + groups, "31", "2009250105", "200925020552"))
    assert codes(told) == []
    assert values(told)[:4] == [
        ("rain:sum_5min", 0.0), ("water_level", 10.0),
        ("rain:sum_5min", 0.1), ("water_level", 10.01),
    ]  # fmt: skip
    assert told.measurements.n == 24
    assert told.measurements.time_us[23] == at("2020-09-25 02:00")


def test_table_c3_steps_of_days_hours_and_minutes():
    for step, length_us in (("010000", 86400), ("000100", 3600), ("000030", 1800)):
        told = decoded(report(f"0418{step} 3923 00001000 00002000", "31"))
        first, second = told.measurements.time_us.tolist()
        assert second - first == length_us * 1_000_000


def test_6_6_2_7_a_report_of_several_stations():
    told = decoded(
        report(
            "392300001000 F1F1 0010100002 50 F0F0 2007241700 2019000010 F0F0 2007241600 38121268"
        )
    )
    assert list(told.measurements.key) == [
        "0010100001/water_level", "0010100002/rain_today", "0010100002/battery_voltage",
    ]  # fmt: skip
    assert told.measurements.time_us[1:].tolist() == [
        at("2020-07-24 17:00"), at("2020-07-24 16:00"),
    ]  # fmt: skip
    assert codes(told) == []


def test_6_6_4_8_what_a_person_typed_is_manual():
    assert quality(decoded(report("392300001000", "35"))) == [Quality.MANUAL]
    told = decoded(frame("000C200724172349F2F2" + b"H 60101200 07240800 Z 3.21".hex(), "35"))
    assert codes(told) == ["manual-text-not-taken"]
    assert "Z 3.21" in told.findings[0].detail
    assert len(told.replies) == 1


@pytest.mark.parametrize(
    ("bit", "name"),
    [
        pytest.param(0, "mains_off", id="table_58_1"),
        pytest.param(1, "battery_low", id="table_58_2"),
        pytest.param(2, "level_beyond_limit", id="table_58_3"),
        pytest.param(3, "flow_beyond_limit", id="table_58_4"),
        pytest.param(4, "water_quality_beyond_limit", id="table_58_5"),
        pytest.param(5, "flow_sensor_fault", id="table_58_6"),
        pytest.param(6, "level_sensor_fault", id="table_58_7"),
        pytest.param(8, "storage_fault", id="table_58_9"),
        pytest.param(11, "remaining_water_low", id="table_58_12"),
    ],
)
def test_a_status_bit_is_a_station_alarm(bit, name):
    (event,) = decoded(report(f"4520{1 << bit:08X}", "33")).events
    assert (event.device, event.kind) == ("0010100001", "station_alarm")
    assert event.time_us == at("2020-07-24 17:23")
    assert event.attributes[name] is True
    assert event.attributes["status"] == f"{1 << bit:08X}"


@pytest.mark.parametrize("word", [0, 1 << 7, 1 << 9, 1 << 10, 1 << 31])
def test_table_58_states_and_reserved_bits_are_no_alarm(word):
    told = decoded(report(f"392300001000 4520{word:08X}"))
    assert not told.events
    assert quality(told) == [Quality.GOOD]


def test_table_58_a_broken_instrument_makes_its_own_readings_faulty():
    elements = "392300001000 272B0000123456 38121268 4520{:08X} F5C0" + "0064" * 12
    level = decoded(report(elements.format(1 << 6), "34", "2007241605", "200724170010"))
    assert quality(level)[:3] == [Quality.FAULT, Quality.GOOD, Quality.GOOD]
    assert set(quality(level)[3:]) == {Quality.FAULT}
    flow = decoded(report(elements.format(1 << 5), "34", "2007241605", "200724170010"))
    assert quality(flow)[:3] == [Quality.GOOD, Quality.FAULT, Quality.GOOD]


def test_a_broken_instrument_of_one_station_is_not_another_stations():
    good, broken = "392300001000", "392300001000 452000000040"
    other = "F1F1 0010100002 48 F0F0 2007241700"
    first = decoded(report(broken + other + good))
    assert quality(first) == [Quality.FAULT, Quality.GOOD]
    second = decoded(report(good + other + broken))
    assert quality(second) == [Quality.GOOD, Quality.FAULT]


def test_table_60_status_as_an_answer_has_no_class_and_no_observation_time():
    told = decoded(frame("000C200724172349F1F10010100001452000000002", "46"))
    (event,) = told.events
    assert event.attributes["battery_low"] is True
    assert event.time_us == at("2020-07-24 17:23:49")
    assert codes(told) == []


# Packets of a set.


def packets(body, function="36", size=16, total=None):
    """A set of packets around a body in hexadecimal."""
    raw = bytes.fromhex(body)
    pieces = [raw[start : start + size] for start in range(0, len(raw), size)]
    total = len(pieces) if total is None else total
    return [
        frame(
            f"{total << 12 | number:06X}" + piece.hex(),
            function,
            opens="16",
            end="03" if number == total else "17",
        )
        for number, piece in enumerate(pieces, start=1)
    ]


LONG = "000C221205110019F1F1001010000148F0F0221205100504180000053923" + "00028960" * 12


def test_6_5_3_a_set_is_read_as_one_and_confirmed_once():
    told = decoded(b"".join(packets(LONG, "31")))
    assert values(told) == [("water_level", 28.96)] * 12
    (reply,) = told.replies
    total = len(packets(LONG, "31"))
    assert reply.payload[11:17].hex() == f"800b16{total << 12 | total:06x}"
    assert reply.payload[-3] == 0x04
    assert codes(told) == []


def test_packets_in_another_order_and_twice_are_the_same_set():
    first, *others = packets(LONG, "31")
    told = decoded(b"".join([*others, first, others[0]]))
    assert values(told) == [("water_level", 28.96)] * 12
    assert len(told.replies) == 1


def test_an_incomplete_set_gives_what_stands_before_the_gap_and_no_answer():
    whole = packets(LONG, "31")
    told = decoded(b"".join([*whole[:3], *whole[4:]]))
    assert codes(told) == ["split-incomplete"]
    assert "not 4" in told.findings[0].detail
    assert values(told) == [("water_level", 28.96)] * 4
    assert not told.replies


def test_the_values_of_a_series_cut_short_are_not_taken_for_identifiers():
    series = LONG.replace("00028960", "01022896")
    told = decoded(b"".join(packets(series, "31")[:3]))
    assert codes(told) == ["split-incomplete"]
    assert values(told) == [("water_level", 1022.896)] * 4


def test_a_set_without_its_first_packet_tells_nothing():
    told = decoded(b"".join(packets(LONG, "31")[1:]))
    assert codes(told) == ["split-incomplete"]
    assert told.unusable


def test_two_sets_of_one_station_after_the_other_are_two():
    other = LONG.replace("00028960", "00030000").replace("000C", "000D", 1)
    told = decoded(b"".join(packets(LONG, "31") + packets(other, "31")))
    assert [value for _, value in values(told)] == [28.96] * 12 + [30.0] * 12
    assert len(told.replies) == 2


def test_6_6_4_9_a_picture_is_confirmed_and_not_stored():
    body = "000C221205110019F1F1001010000148F0F02212051005F3F3FFD8" + "7E7E" * 40 + "FFD9"
    told = decoded(b"".join(packets(body, "36")))
    assert codes(told) == ["picture-not-taken"]
    assert "84 bytes" in told.findings[0].detail
    assert len(told.replies) == 1


def test_a_packet_by_itself_is_a_part():
    whole = packets(LONG, "31")
    total = len(whole)
    told = [part_of(one) for one in whole]
    assert [one.number for one in told] == list(range(1, total + 1))
    assert {one.total for one in told} == {total}
    assert {one.key for one in told} == {f"0010100001-01-31-{total}"}
    assert part_of(whole[0].hex().encode()) == told[0]
    assert values(decoded(b"".join(whole))) == [("water_level", 28.96)] * 12


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(bytes.fromhex(RIVER), id="a_frame_by_itself"),
        pytest.param(b"".join(packets(LONG, "31")), id="the_whole_set"),
        pytest.param(packets(LONG, "31")[0][:-1], id="cut_off"),
        pytest.param(packets(LONG[:20], total=1)[0], id="a_set_of_one"),
        pytest.param(packets(LONG, total=2)[3], id="number_beyond_total"),
        pytest.param(bytes(2_000_000), id="too_long"),
    ],
)
def test_what_is_no_part(payload):
    assert part_of(payload) is None


# Answers.


def test_an_answer_carries_our_time_of_receipt():
    heard = Heard(received_us=at("2020-07-24 17:24:05"))
    (reply,) = decoded(RIVER, heard).replies
    assert reply.payload[14:22].hex() == "000c200724172405"


def test_table_10_more_to_follow_is_acknowledged():
    (reply,) = decoded(report("392300001000", end="17")).replies
    assert reply.payload[-3] == 0x06


def test_each_of_several_frames_is_answered():
    told = decoded(report("392300001000") + report("392300002000", function="33"))
    assert [one.payload[10] for one in told.replies] == [0x32, 0x33]


def test_hex_text_is_answered_in_hex_text():
    told = decoded(RIVER.encode())
    assert codes(told) == ["hex-text"]
    assert bytes.fromhex(told.replies[0].payload.decode()) == decoded(RIVER).replies[0].payload


# Dirt.

GOOD = bytes.fromhex(RIVER)


def flipped(data, index, mask=1):
    return data[:index] + bytes([data[index] ^ mask]) + data[index + 1 :]


@pytest.mark.parametrize(
    ("payload", "found", "kept", "answers"),
    [
        pytest.param(GOOD[:-2] + GOOD[:-3:-1], ["crc-swapped"], 4, 1, id="check_low_byte_first"),
        pytest.param(GOOD[:-1] + b"\0", ["crc-mismatch"], 4, 0, id="check_wrong"),
        pytest.param(b"AT+OK\r\n" + GOOD, ["garbage"], 4, 1, id="garbage_before"),
        pytest.param(GOOD + b"\r\n\0", [], 4, 1, id="line_end_after"),
        pytest.param(GOOD + b"xyz" + GOOD, ["garbage"], 8, 2, id="garbage_between"),
        pytest.param(GOOD + GOOD, [], 8, 2, id="glued"),
        pytest.param(GOOD[:30] + GOOD, ["truncated"], 4, 1, id="cut_off_then_whole"),
        pytest.param(GOOD + GOOD[:5], ["truncated"], 4, 1, id="whole_then_cut_off"),
        pytest.param(RIVER.lower().encode(), ["hex-text"], 4, 1, id="hex_text"),
        pytest.param(
            b'{"d":"' + RIVER.encode() + b'"}', ["hex-text"], 4, 1, id="hex_text_in_json"
        ),
        pytest.param(
            GOOD.hex(" ").encode() + b"\r\n", ["hex-text"], 4, 1, id="hex_text_with_spaces"
        ),
        pytest.param(
            report("392300001000", length=60), ["length-mismatch"], 1, 1, id="length_too_long"
        ),
        pytest.param(
            report("392300001000", length=5), ["length-mismatch"], 1, 1, id="length_too_short"
        ),
        pytest.param(report("392300001000", end="04"), ["end-character"], 1, 1, id="end_of_down"),
        pytest.param(report("3923000010"), ["truncated"], 0, 1, id="element_cut_off"),
        pytest.param(report("39"), ["truncated"], 0, 1, id="one_byte_left"),
        pytest.param(report("8012 1234 38121268"), ["code-unknown"], 1, 1, id="lead_reserved"),
        pytest.param(report("FF0112 1234 38121268"), ["code-unknown"], 1, 1, id="lead_of_user"),
        pytest.param(report("3903 38121268"), ["definition-odd"], 1, 1, id="definition_no_bytes"),
        pytest.param(
            report("F55C" + "0064" * 12 + "38121268"), ["definition-odd"], 13, 1,
            id="definition_of_levels_5C",
        ),
        pytest.param(report("39230000A000"), ["field-malformed"], 1, 1, id="digits_beyond_9"),
        pytest.param(report("3923FFFFFFFF"), [], 1, 1, id="value_missing"),
        pytest.param(report("4510 0001"), ["field-malformed"], 0, 1, id="status_of_two_bytes"),
        pytest.param(
            report("0410 0005 3923 00001000 00002000", "31"),
            ["field-malformed", "field-missing"], 1, 1, id="step_of_two_bytes",
        ),
        pytest.param(
            report("392300001000", observed="2013241723"), ["time-malformed"],
            1, 1, id="observed_in_month_13",
        ),
        pytest.param(
            report("392300001000", sent="2007241723AA"), ["time-malformed"], 1, 1,
            id="sent_not_bcd",
        ),
        pytest.param(
            frame("000C200724172349392300001000"), ["time-missing"], 1, 1, id="no_station_no_time"
        ),
        pytest.param(
            frame("000C200724172349F1F10010100001F0F02007241723392300001000"),
            ["field-missing"], 1, 1, id="no_class",
        ),
        pytest.param(frame("000C20"), ["truncated"], 0, 0, id="body_without_time"),
        pytest.param(frame("000C200724172349", "4A"), ["function-unknown"], 0, 0, id="function_4A"),
        pytest.param(
            bytes.fromhex("7E7E00123456780112343080080200035910111549471B75D4"),
            ["direction-down"], 0, 0, id="of_the_centre",
        ),
        pytest.param(b"\x7e" * 50, ["garbage", "truncated"], 0, 0, id="nothing_but_starts"),
        pytest.param(b"~~", ["truncated"], 0, 0, id="a_start_only"),
    ],
)  # fmt: skip
def test_dirt(payload, found, kept, answers):
    told = decoded(payload)
    assert codes(told) == found
    assert told.measurements.n == kept
    assert len(told.replies) == answers
    assert bool(told.unusable) == (kept == 0 and answers == 0)


def test_values_of_a_frame_with_a_wrong_check_are_suspect_and_tell_no_event():
    raw = report("392300001000 452000000042")
    told = decoded(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert quality(told) == [Quality.SUSPECT]
    assert not told.events
    assert not told.replies
    beat = bytes.fromhex("7E7E01001234567812342F0008020003591011155111036BCB")
    assert decoded(beat).unusable


def test_values_whose_time_nobody_knows_are_suspect():
    heard = Heard(received_us=at("2020-07-24 17:30"))
    told = decoded(report("392300001000", observed="2013241723", sent="2007241723AA"), heard)
    assert quality(told) == [Quality.SUSPECT]
    assert told.measurements.time_us[0] == heard.received_us
    later = report(
        "392300001000 F0F0 2007241700 38121268", observed="2013241723", sent="2007241723AA"
    )
    assert quality(decoded(later, heard)) == [Quality.SUSPECT, Quality.GOOD]
    sent = decoded(report("392300001000", observed="2013241723"), heard)
    assert quality(sent) == [Quality.GOOD]
    assert sent.measurements.time_us[0] == at("2020-07-24 17:23:49")


def test_a_missing_value_is_no_number_and_says_why():
    told = decoded(report("3923FFFFFFFF"))
    assert math.isnan(told.measurements.value[0])
    assert "missing" in told.measurements.problem[0]


def test_nothing_at_all_is_unusable_and_says_what_is_due():
    told = decoded(b"hello")
    assert "belong to no frame" in told.unusable
    assert decoded(b"").unusable == "not a readable SL 651 message: no frame begins with 7E7E"


def test_more_than_a_mebibyte_is_not_looked_at():
    assert "1048576" in decoded(bytes(10_000_000)).unusable


def test_findings_of_one_payload_are_bounded():
    told = decoded(report("8012 1234") * 200)
    assert len(told.findings) == 51
    assert told.findings[-1].code == "findings-cut"
    assert len(told.replies) == 200


def test_the_zone_is_the_one_that_was_heard():
    assert decoded(RIVER, Heard(utc_offset_min=0)).measurements.time_us[0] == (
        at("2020-07-24 17:23") + 8 * 3_600_000_000
    )


def test_the_codec_is_registered():
    assert CODECS["sl651"] is decode
