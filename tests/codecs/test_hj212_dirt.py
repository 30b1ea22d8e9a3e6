"""Dirt of the field: each deviation has its finding, and what is beside it is taken."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from devices import Quality
from ingest.codecs.findings import CODES
from tests.codecs.hj212_frames import (
    AT_US,
    HEARD,
    MN,
    QN,
    codes,
    decode,
    framed,
    segment,
    slow_crc,
    slow_modbus,
    upload,
    values,
)

DATA = "DataTime=20160801085857;w01001-Rtd=7.1,w01001-Flag=N"
SEGMENT = segment(DATA)
CLEAN = framed(SEGMENT)
LOWER = next(
    text
    for text in (segment(f"{DATA};w01018-Rtd={number}") for number in range(100))
    if f"{slow_crc(text.encode()):04X}" != f"{slow_crc(text.encode()):04x}"
)
"""A segment whose checksum has letters."""
LONG = ";".join([DATA, *(f"e{number}-Rtd=1.5" for number in range(20000, 20060))])

ACCEPTED = [
    pytest.param(
        framed(SEGMENT, checksum=f"{slow_modbus(SEGMENT.encode()):04X}"), "crc-modbus", id="modbus"
    ),
    pytest.param(
        framed(LOWER, checksum=f"{slow_crc(LOWER.encode()):04x}"), "crc-lower-case", id="lower-case"
    ),
    pytest.param(framed(SEGMENT, length=101), "length-mismatch", id="length-too-short"),
    pytest.param(framed(SEGMENT, length=9999), "length-mismatch", id="length-too-long"),
    pytest.param(
        b"##" + CLEAN[3:], "length-malformed", id="length-of-three-digits"
    ),
    pytest.param(b"##" + CLEAN[6:], "length-malformed", id="no-length"),
    pytest.param(framed(segment(LONG)), "over-length", id="over-1024-bytes"),
    pytest.param(framed(SEGMENT.replace(f"QN={QN};", "")), "qn-missing", id="no-qn"),
    pytest.param(framed(SEGMENT.replace(QN, "2016")), "field-malformed", id="short-qn"),
    pytest.param(framed(SEGMENT.replace("PW=123456;", "")), "field-missing", id="no-password"),
    pytest.param(framed(SEGMENT.replace("ST=32;", "")), "field-missing", id="no-system"),
    pytest.param(
        framed(SEGMENT.replace("ST=32;", "ST=32;ST=22;")), "duplicate-field", id="field-twice"
    ),
    pytest.param(
        framed(segment(DATA + ",w01001-Rtd=9.9")), "duplicate-field", id="attribute-twice"
    ),
    pytest.param(
        framed(segment(DATA + ";DataTime=20160801090000")), "duplicate-field", id="time-twice"
    ),
    pytest.param(framed(segment(DATA + ";")), "trailing-semicolon", id="trailing-semicolon"),
    pytest.param(
        framed(segment(DATA.replace("085857;", "085857000;"))),
        "datatime-milliseconds",
        id="milliseconds",
    ),
    pytest.param(
        framed(SEGMENT.replace("Flag=5;", "Flag=5;PNUM=1;PNO=1;")),
        "pno-without-flag",
        id="pno-without-flag",
    ),
    pytest.param(framed(SEGMENT.replace("Flag=5", "Flag=7")), "field-missing", id="flag-no-pno"),
    pytest.param(
        framed(SEGMENT.replace("Flag=5;", "Flag=7;PNUM=2;PNO=3;")),
        "field-malformed",
        id="pno-beyond-pnum",
    ),
    pytest.param(framed(SEGMENT.replace("Flag=5", "Flag=49")), "edition-unknown", id="version-12"),
    pytest.param(framed(SEGMENT.replace("Flag=5;", "Flag=5")), "separator-wrong", id="no-mark"),
    pytest.param(framed(SEGMENT.replace(";ST=", ",ST=")), "separator-wrong", id="comma"),
    pytest.param(framed(SEGMENT.replace("w01001-Rtd", "001-Rtd")), "code-numeric", id="numeric"),
    pytest.param(framed(SEGMENT.replace("w01001-Rtd", "01001-Rtd")), "code-numeric", id="letter"),
    pytest.param(framed(SEGMENT.replace("w01001-Rtd", "w01001-RTD")), "name-case", id="suffix"),
    pytest.param(framed(SEGMENT.replace("w01001-Rtd", "W01001-Rtd")), "name-case", id="code-case"),
    pytest.param(framed(SEGMENT.replace("Flag=N", "Flag=n")), "name-case", id="data-flag-case"),
    pytest.param(
        framed(segment(DATA + ";清洗=是").encode("gb2312")), "charset-gb2312", id="gb2312"
    ),
    pytest.param(framed(segment(DATA + ";Info=\0")), "nul", id="nul"),
    pytest.param(framed(segment(DATA + ";;…")), "field-malformed", id="elided"),
    pytest.param(framed(segment(DATA + ";=1")), "field-malformed", id="no-name"),
    pytest.param(framed(SEGMENT.removesuffix("&&")), "field-malformed", id="no-closing"),
    pytest.param(framed(SEGMENT.replace("MN=", "XX=1;MN=")), "field-malformed", id="strange-field"),
    pytest.param(framed(SEGMENT.replace("Flag=5", "FLAG=5")), "name-case", id="field-case"),
    pytest.param(framed(SEGMENT.replace("ST=", " ST=")), "name-case", id="space"),
    pytest.param(b"noise" + CLEAN, "garbage", id="garbage-before"),
    pytest.param(CLEAN + b"noise", "garbage", id="garbage-behind"),
]  # fmt: skip


@pytest.mark.parametrize(("payload", "code"), ACCEPTED)
def test_deviation_is_told_and_the_value_is_good(payload: bytes, code: str) -> None:
    told = decode(payload)
    assert codes(told) == [code]
    assert told.findings[0].device == MN
    assert values(told)["ph"] == 7.1
    assert told.measurements.time_us[0] == AT_US
    assert told.measurements.quality[0] == Quality.GOOD
    assert len(told.replies) == 1


DOUBTFUL = [
    pytest.param(framed(SEGMENT, checksum="0000"), ["crc-mismatch"], id="wrong-checksum"),
    pytest.param(
        framed(SEGMENT, length=7, checksum="0000"), ["length-mismatch", "crc-mismatch"], id="both"
    ),
    pytest.param(framed(SEGMENT, checksum=""), ["crc-missing"], id="no-checksum"),
    pytest.param(framed(SEGMENT, checksum="zz80"), ["crc-missing"], id="no-hexadecimal"),
    pytest.param(CLEAN[:-8], ["truncated"], id="no-closing-ampersands"),
]


@pytest.mark.parametrize(("payload", "told_codes"), DOUBTFUL)
def test_hurt_frame_is_suspect_and_not_answered(payload: bytes, told_codes: list[str]) -> None:
    told = decode(payload)
    # A frame without checksum leaves its letters behind as garbage.
    assert [code for code in codes(told) if code != "garbage"] == told_codes
    assert values(told) == {"ph": 7.1}
    assert told.measurements.quality.tolist() == [Quality.SUSPECT]
    assert list(told.replies) == []


def test_half_a_number_is_not_taken() -> None:
    cut = CLEAN[: CLEAN.index(b"7.1") + 1]
    assert values(decode(cut)) == {}
    assert codes(decode(cut)) == ["truncated"]


def test_truncated_frame_does_not_hurt_the_next() -> None:
    told = decode(CLEAN[:-12] + upload("w01018-Rtd=2.2"))
    assert codes(told) == ["truncated"]
    assert values(told) == {"ph": 7.1, "cod": 2.2}
    assert told.measurements.quality.tolist() == [Quality.SUSPECT, Quality.GOOD]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace(f"MN={MN};", ""), id="no-mn"),
        pytest.param(lambda text: text.replace(f"MN={MN};", "MN=;"), id="empty-mn"),
    ],
)
def test_without_mn_nobody_knows_whose(change: Callable[[str], str]) -> None:
    told = decode(framed(change(SEGMENT)))
    assert codes(told) == ["mn-missing"]
    assert told.measurements.key == ["/ph"]


def test_without_flag_nothing_is_answered() -> None:
    told = decode(framed(SEGMENT.replace("Flag=5;", "")))
    assert codes(told) == ["flag-missing"]
    assert values(told) == {"ph": 7.1}
    assert list(told.replies) == []


def test_without_data_time_the_receipt_counts() -> None:
    told = decode(framed(segment("w01001-Rtd=7.1")))
    assert codes(told) == ["time-missing"]
    assert told.measurements.time_us.tolist() == [HEARD.received_us]


@pytest.mark.parametrize(
    "text",
    [
        "2016",
        "20161301085857",
        "99990801085857",
        "19700101000000",
        "20160801240000",
        "2016080108585x",
        "２０１６0801085857",
    ],
)
def test_impossible_time_is_the_receipt(text: str) -> None:
    told = decode(framed(segment(f"DataTime={text};w01001-Rtd=7.1")))
    assert codes(told) == ["time-malformed"]
    assert told.measurements.time_us.tolist() == [HEARD.received_us]


@pytest.mark.parametrize("text", ["1e999", "nan", "-inf", "", "7,1", "1_0", "７", "0x10", "--"])
def test_text_that_is_no_number_is_nan_with_a_problem(text: str) -> None:
    told = decode(upload(f"w01018-Rtd={text};w01001-Rtd=7.1"))
    assert "no-number" in codes(told) or text == "7,1"
    found = values(told)
    assert found["ph"] == 7.1
    if text == "7,1":  # what follows the comma is another attribute, without a name
        assert found["cod"] == 7.0
        assert codes(told) == ["field-malformed"]
    else:
        assert math.isnan(found["cod"])
        assert list(told.measurements.problem) == [0]


def test_unknown_data_flag_is_suspect() -> None:
    told = decode(upload("w01001-Rtd=7.1,w01001-Flag=Z"))
    assert codes(told) == ["data-flag-unknown"]
    assert told.measurements.quality.tolist() == [Quality.SUSPECT]


@pytest.mark.parametrize(
    ("data", "cn", "key", "code"),
    [
        pytest.param("x99-Rtd=1.5", "2011", "x99", "code-unknown", id="factor"),
        pytest.param("w01001-Abc=1.5", "2011", "w01001-Abc", "code-unknown", id="suffix"),
        pytest.param("w01001-Avg=1.5", "2011", "w01001-Avg", "suffix-unexpected", id="mean-now"),
        pytest.param("w01001-Rtd=1.5", "2051", "w01001-Rtd", "suffix-unexpected", id="rtd-period"),
    ],
)
def test_what_has_no_property_keeps_its_own_name(data: str, cn: str, key: str, code: str) -> None:
    told = decode(upload(data, cn=cn))
    assert codes(told) == [code]
    assert values(told) == {key: 1.5}


def test_finding_is_told_once_for_a_frame_and_again_for_the_next() -> None:
    one = upload("001-Rtd=7.1;011-Rtd=2.2")
    assert codes(decode(one)) == ["code-numeric"]
    assert codes(decode(one + one.replace(b"001-", b"060-"))).count("code-numeric") == 2


def test_findings_are_not_endless() -> None:
    told = decode(b"".join(upload(f"001-Rtd={number}", flag=4) for number in range(200)))
    assert len(told.findings) == 51
    assert codes(told)[-1] == "findings-cut"


def test_every_code_told_here_is_in_the_table() -> None:
    for case in ACCEPTED + DOUBTFUL:
        assert set(codes(decode(case.values[0]))) <= set(CODES)  # type: ignore[arg-type]


def test_hash_marks_in_a_text_do_not_part_a_frame_that_stands_alone() -> None:
    told = decode(upload("w01001-Rtd=7.1;Info=##1"))
    assert codes(told) == []
    assert values(told) == {"ph": 7.1}
