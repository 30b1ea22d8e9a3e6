"""What HJ 212 says: values, times, qualities, events, answers and sets of packets."""

from __future__ import annotations

import numpy as np
import pytest

from devices import PROPERTIES, Quality
from devices.events import KINDS
from devices.statistics import STATISTICS
from ingest import units
from ingest.codecs import Event, Heard, hj212
from ingest.codecs.hj212_factors import FACTORS
from ingest.codecs.hj212_frame import Verdict, scan
from ingest.codecs.hj212_names import PERIODS, meaning
from tests.codecs.hj212_frames import (
    AT_US,
    HEARD,
    MN,
    QN,
    codes,
    decode,
    framed,
    segment,
    upload,
    values,
)

VECTOR = (
    b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    b"CP=&&RtdInterval=30&&"
)

ANSWERS = [
    pytest.param(1, f"Flag=0;CP=&&QN={QN};CN=2011&&", id="2005"),
    pytest.param(3, f"Flag=0;CP=&&QN={QN};CN=2011&&", id="2005-numbered"),
    pytest.param(5, "Flag=4;CP=&&&&", id="2017"),
    pytest.param(7, "Flag=4;CP=&&&&", id="2017-numbered"),
    pytest.param(9, "Flag=8;CP=&&&&", id="2025"),
    pytest.param(11, "Flag=8;CP=&&&&", id="2025-numbered"),
]
"""How the answer ends, by Flag: editions differ in it."""


def test_annex_a_checksum_vector_is_right() -> None:
    assert scan(VECTOR + b"1C80\r\n").frames[0].verdict is Verdict.RIGHT
    assert scan(VECTOR + b"0759\r\n").frames[0].verdict is Verdict.MODBUS
    assert scan(VECTOR + b"1C81\r\n").frames[0].verdict is Verdict.WRONG


def test_annex_c21_instant() -> None:
    told = decode(upload("w01001-Rtd=7.1,w01001-Flag=N;w01018-Rtd=2.2,w01018-Flag=N"))
    assert values(told) == {"ph": 7.1, "cod": 2.2}
    assert told.measurements.key[0] == f"{MN}/ph"
    assert told.measurements.unit == ["pH", "mg/L"]
    assert told.measurements.code == ["w01001-Rtd", "w01018-Rtd"]
    assert told.measurements.time_us.tolist() == [AT_US, AT_US]
    assert told.measurements.quality.tolist() == [Quality.GOOD, Quality.GOOD]
    assert codes(told) == []


@pytest.mark.parametrize(
    ("cn", "period"), [("2051", "minutes"), ("2061", "1h"), ("2031", "1d")], ids=str
)
def test_statistics_begin_at_data_time(cn: str, period: str) -> None:
    told = decode(
        upload("w21003-Cou=10.5,w21003-Min=1.1,w21003-Avg=1.2,w21003-Max=1.4,w21003-Flag=N", cn=cn)
    )
    assert values(told) == {
        f"ammonia_nitrogen_mass:sum_{period}": 10.5,
        f"ammonia_nitrogen:min_{period}": 1.1,
        f"ammonia_nitrogen:mean_{period}": 1.2,
        f"ammonia_nitrogen:max_{period}": 1.4,
    }
    assert told.measurements.unit == ["kg", "mg/L", "mg/L", "mg/L"]
    assert set(told.measurements.time_us.tolist()) == {AT_US}


@pytest.mark.parametrize(
    ("code", "own", "unit"),
    [
        ("a34004", "pm25", "ng/m3"),
        ("a34002", "pm10", "ng/m3"),
        ("a34001", "tsp", "ng/m3"),
        ("a21026", "so2", "mg/m3"),
        ("a21004", "no2", "mg/m3"),
        ("a21005", "co", "mg/m3"),
        ("a05024", "o3", "mg/m3"),
        ("a01006", "air_pressure", "kPa"),
        ("w00000", "flow", "L/s"),
        ("w01014", "conductivity", "uS/cm"),
        ("w20111", "w20111", "ug/L"),
        ("LA", "noise", "dB"),
        ("Leq", "noise_leq", "dB"),
    ],
)
def test_annex_b_units(code: str, own: str, unit: str) -> None:
    told = decode(upload(f"{code}-Rtd=1.5,{code}-Flag=N", st="22"))
    assert values(told) == {own: 1.5}
    assert told.measurements.unit == [unit]
    assert codes(told) == []


def test_every_factor_of_ours_can_be_stored() -> None:
    for code, factor in FACTORS.items():
        for own, cn, suffix in ((factor.property, "2011", "Rtd"), (factor.total, "2061", "Cou")):
            if own:
                unit = meaning(f"{code}-{suffix}", cn, "2017").unit
                assert units.scale(unit, PROPERTIES[own].unit) is not None, code


def test_every_statistic_is_one_of_the_registry() -> None:
    for cn in PERIODS:
        for code in FACTORS:
            for suffix in ("Avg", "Min", "Max", "Cou", "Data", "DayData", "NightData"):
                statistic = meaning(f"{code}-{suffix}", cn, "2017").path.partition(":")[2]
                assert statistic in STATISTICS, (code, suffix, cn)


def test_flue_gas_converted_to_standard_oxygen_is_another_datastream() -> None:
    told = decode(upload("a21026-Rtd=20.5,a21026-ZsRtd=31.0,a21026-Flag=N", st="31"))
    assert values(told) == {"so2": 20.5, "a21026-Zs": 31.0}
    assert codes(told) == []


def test_annex_c40_noise() -> None:
    told = decode(
        upload("L10-Data=53.0;Leq-Data=50.0;LMx-Data=54.0;LMn-Data=42.0", cn="2061", st="23")
    )
    assert values(told) == {
        "noise:l10_1h": 53.0,
        "noise_leq:mean_1h": 50.0,
        "noise:max_1h": 54.0,
        "noise:min_1h": 42.0,
    }


def test_annex_c41_noise_of_day_and_night() -> None:
    told = decode(
        upload(
            "Ldn-Data=50.0;Ld-DayData=52.5;LMx-DayData=54.0;Ln-NightData=44.5;L90-NightData=40.0",
            cn="2031",
            st="23",
        )
    )
    assert values(told) == {
        "Ldn:mean_1d": 50.0,
        "noise_leq:mean_daytime": 52.5,
        "noise:max_daytime": 54.0,
        "noise_leq:mean_night": 44.5,
        "noise:l90_night": 40.0,
    }


@pytest.mark.parametrize(
    ("flag", "quality"),
    [
        ("N", Quality.GOOD),
        ("F", Quality.STOPPED),
        ("M", Quality.MAINTENANCE),
        ("S", Quality.MANUAL),
        ("D", Quality.FAULT),
        ("C", Quality.CALIBRATING),
        ("T", Quality.OVER_RANGE),
        ("B", Quality.COMMUNICATION_FAULT),
    ],
)
def test_table_5_data_flags(flag: str, quality: Quality) -> None:
    told = decode(upload(f"w01001-Rtd=7.1,w01001-Flag={flag};w01018-Rtd=2.2,w01018-Flag=N"))
    assert told.measurements.quality.tolist() == [quality, Quality.GOOD]
    assert codes(told) == []


def test_flag_in_another_item_is_that_of_its_factor() -> None:
    told = decode(upload("w01001-Rtd=7.1;w01018-Rtd=2.2;w01001-Flag=D"))
    assert told.measurements.quality.tolist() == [Quality.FAULT, Quality.GOOD]


def test_2005_numeric_codes_have_no_finding_in_their_edition() -> None:
    data = "011-Rtd=2.2,011-Flag=N;060-Rtd=0.5,060-Flag=N;101-Rtd=0.1;B01-Rtd=20.0;001-Rtd=7.0"
    told = decode(upload(data, flag=1))
    assert values(told) == {
        "cod": 2.2,
        "ammonia_nitrogen": 0.5,
        "total_phosphorus": 0.1,
        "flow": 20.0,
        "ph": 7.0,
    }
    assert codes(told) == []


def test_registry_names_the_edition_where_the_frame_has_no_flag() -> None:
    payload = framed(
        f"ST=32;CN=2011;PW=123456;MN={MN};CP=&&DataTime=20160801085857;011-Rtd=2.2,011-Flag=P&&"
    )
    old = hj212.decode(payload, Heard(edition="hj212-2005"))
    assert codes(old) == ["qn-missing", "flag-missing"]
    assert old.measurements.quality.tolist() == [Quality.FAULT]
    new = hj212.decode(payload, Heard(edition="hj212-2017"))
    assert codes(new) == ["qn-missing", "flag-missing", "code-numeric", "data-flag-unknown"]
    assert new.measurements.quality.tolist() == [Quality.SUSPECT]


def test_2021_states_are_events() -> None:
    told = decode(upload("SB1-RS=1;SB2-RS=0", cn="2021"))
    assert list(told.events) == [
        Event(MN, "device_state", AT_US, 0, {"equipment": "SB1", "state": "on"}),
        Event(MN, "device_state", AT_US, 0, {"equipment": "SB2", "state": "off"}),
    ]
    assert told.measurements.n == 0


def test_2041_running_time_is_a_sum_in_hours() -> None:
    told = decode(upload("SB1-RT=1.1;SB2-RT=2.1", cn="2041"))
    assert values(told) == {"SB1-RT:sum_1d": 1.1, "SB2-RT:sum_1d": 2.1}
    assert told.measurements.unit == ["h", "h"]


def test_2081_boot_is_at_restart_time() -> None:
    told = decode(upload("RestartTime=20160801085624", cn="2081"))
    (event,) = told.events
    assert (event.device, event.kind) == (MN, "boot")
    assert event.time_us == AT_US - (2 * 60 + 33) * 1_000_000


def test_9015_heartbeat_is_an_event_at_qn_and_answered() -> None:
    told = decode(framed(segment("", cn="9015", flag=9, st="91")))
    (event,) = told.events
    assert (event.device, event.kind, event.time_us) == (MN, "heartbeat", AT_US + 223_000)
    assert len(told.replies) == 1
    assert b"Flag=8;" in told.replies[0].payload
    assert codes(told) == []


def test_9012_result_of_a_command_is_an_event() -> None:
    told = decode(framed(segment("ExeRtn=1", cn="9012", flag=4, st="91")))
    (event,) = told.events
    assert (event.kind, event.attributes["ExeRtn"]) == ("command_result", "1")
    assert list(told.replies) == []


@pytest.mark.parametrize(("flag", "end"), ANSWERS)
def test_9014_answers_data_as_its_edition_has_it(flag: int, end: str) -> None:
    number = "PNUM=1;PNO=1;" if flag & 2 else ""
    told = decode(
        framed(
            f"QN={QN};ST=32;CN=2011;PW=123456;MN={MN};Flag={flag};{number}"
            "CP=&&DataTime=20160801085857;w01001-Rtd=7.1&&"
        )
    )
    due = framed(f"QN={QN};ST=91;CN=9014;PW=123456;MN={MN};{end}")
    assert [one.payload for one in told.replies] == [due]
    assert list(decode(due).replies) == []


def test_annex_c22_answer_is_as_the_standard_prints_it() -> None:
    told = decode(upload("w01001-Rtd=7.1,w01001-Flag=N"))
    assert told.replies[0].payload == (
        b"##0087QN=20160801085857223;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;"
        b"CP=&&&&3240\r\n"
    )


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(upload("w01001-Rtd=7.1", flag=4), id="not-asked"),
        pytest.param(framed(segment("", cn="2011")), id="request-of-ours"),
        pytest.param(
            framed(segment("BeginTime=20160801080000;EndTime=20160801080000", cn="2061")),
            id="request-for-history",
        ),
        pytest.param(framed(segment("", cn="9014", flag=5, st="91")), id="answer"),
        pytest.param(
            framed(segment("QnRtn=1", cn="9011", flag=5, st="91")), id="answer-to-request"
        ),
        pytest.param(framed(segment("OverTime=5;ReCount=3", cn="1000")), id="command"),
        pytest.param(upload("w01001-Rtd=7.1")[:-6] + b"0000\r\n", id="wrong-checksum"),
        pytest.param(upload("w01001-Rtd=7.1")[:-8], id="truncated"),
    ],
)
def test_nothing_is_answered(payload: bytes) -> None:
    assert list(decode(payload).replies) == []


def part(number: int, total: int, data: str, flag: int = 7) -> bytes:
    return framed(
        f"QN={QN};ST=32;CN=2061;PW=123456;MN={MN};Flag={flag};PNUM={total};PNO={number};"
        f"CP=&&{data}&&"
    )


FIRST = part(1, 2, "DataTime=20160801080000;w00000-Avg=17.5,w00000-Flag=N;w01001-Avg=7.5")
SECOND = part(2, 2, "w01018-Avg=40.1,w01018-Flag=N;w01001-Flag=C")
HOUR_US = AT_US - (58 * 60 + 57) * 1_000_000


def test_glued_packets_are_one_message_dated_by_the_first() -> None:
    told = decode(FIRST + SECOND)
    assert values(told) == {"flow:mean_1h": 17.5, "ph:mean_1h": 7.5, "cod:mean_1h": 40.1}
    assert set(told.measurements.time_us.tolist()) == {HOUR_US}
    assert told.measurements.quality.tolist() == [
        Quality.GOOD,
        Quality.CALIBRATING,
        Quality.GOOD,
    ]
    assert codes(told) == []
    assert len(told.replies) == 1


def test_packets_in_any_order_with_others_between_are_the_same_message() -> None:
    told = decode(SECOND + upload("w21003-Rtd=0.5") + FIRST + SECOND)
    assert list(values(told).items()) == [
        ("flow:mean_1h", 17.5),
        ("ph:mean_1h", 7.5),
        ("cod:mean_1h", 40.1),
        ("ammonia_nitrogen", 0.5),
    ]
    assert told.measurements.time_us.tolist() == [HOUR_US, HOUR_US, HOUR_US, AT_US]
    assert codes(told) == []


def test_c39_packets_with_requests_of_their_own_are_one_message() -> None:
    number = FIRST[FIRST.index(b"QN=") + 3 : FIRST.index(b"QN=") + 20]
    other = b"%017d" % (int(number) + 1)
    second = framed(SECOND[6:-6].replace(number, other, 1))
    assert second != SECOND
    told = decode(FIRST + second)
    assert codes(told) == []
    assert told.measurements.time_us.tolist() == [HOUR_US, HOUR_US, HOUR_US]
    far = framed(SECOND[6:-6].replace(number, b"%017d" % (int(number) + 10**7), 1))
    assert codes(decode(FIRST + far)) == ["split-incomplete", "split-incomplete", "time-missing"]


def test_incomplete_set_gives_what_it_has() -> None:
    told = decode(FIRST)
    assert values(told) == {"flow:mean_1h": 17.5, "ph:mean_1h": 7.5}
    assert codes(told) == ["split-incomplete"]
    late = decode(SECOND)
    assert values(late) == {"cod:mean_1h": 40.1}
    assert codes(late) == ["split-incomplete", "time-missing"]
    assert late.measurements.time_us.tolist() == [HEARD.received_us]


def test_hurt_packet_spoils_its_own_values_and_the_answer() -> None:
    told = decode(FIRST + SECOND[:-6] + b"0000\r\n")
    assert told.measurements.quality[-1] == Quality.SUSPECT
    assert told.measurements.quality[0] == Quality.GOOD
    assert list(told.replies) == []


def test_intact_repetition_takes_the_place_of_a_hurt_packet() -> None:
    told = decode(FIRST + SECOND[:-6] + b"0000\r\n" + SECOND)
    assert told.measurements.quality.tolist()[-1] == Quality.GOOD


def test_requests_of_other_devices_are_other_messages() -> None:
    other = FIRST.replace(b"F000169DC0", b"F000169DC1")
    other = framed(other[6:-6])
    told = decode(other + SECOND)
    assert codes(told) == ["split-incomplete", "split-incomplete", "time-missing"]
    assert len(told.replies) == 2


def test_frames_of_several_devices_keep_their_order() -> None:
    told = decode(
        upload("w01001-Rtd=7.1") + upload("w01018-Rtd=x") + upload("w21003-Rtd=0.5", flag=4)
    )
    assert list(values(told)) == ["ph", "cod", "ammonia_nitrogen"]
    assert np.isnan(told.measurements.value[1])
    assert list(told.measurements.problem) == [1]
    # All of them have one QN: the answer is the same, and goes out once.
    assert len(told.replies) == 1


def test_zone_is_the_one_of_the_receiver() -> None:
    utc = Heard(utc_offset_min=0)
    told = hj212.decode(upload("w01001-Rtd=7.1"), utc)
    assert told.measurements.time_us.tolist() == [AT_US + 8 * 3600 * 1_000_000]


def test_unusable_payload_says_what_is_due() -> None:
    told = decode(b"hello")
    assert "CN=" in told.unusable
    assert told.measurements.n == 0
    assert "1048577 bytes" in decode(b"#" * (2**20 + 1)).unusable


def test_all_kinds_of_events_are_known() -> None:
    payload = b"".join(
        [
            upload("SB1-RS=1", cn="2021"),
            upload("RestartTime=20160801085624", cn="2081"),
            upload("PolId=w01018;i13004-Info=168.0", cn="3020"),
            framed(segment("RtdInterval=30", cn="1061", flag=4)),
            upload("011-Ala=99.0,AlarmType=1", cn="2071", flag=1),
        ]
    )
    kinds = [one.kind for one in decode(payload).events]
    assert kinds == ["device_state", "boot", "device_state", "command_result", "station_alarm"]
    assert set(kinds) <= set(KINDS)
