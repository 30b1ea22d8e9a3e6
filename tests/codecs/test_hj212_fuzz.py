"""Anything at all: never an exception, never a result that contradicts itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import Quality
from devices.events import KINDS
from ingest.codecs import Decoded, hj212
from ingest.codecs.findings import CODES
from ingest.codecs.hj212_crc import crc
from ingest.codecs.hj212_frame import Verdict, scan
from ingest.codecs.hj212_parts import part_of
from ingest.codecs.hj212_stream import Framer
from tests.codecs.bad_bytes import hunt
from tests.codecs.hj212_frames import MN, QN, decode, framed, segment, slow_crc, upload

SEEDS = [
    upload("w01001-Rtd=7.1,w01001-Flag=N;w01018-SampleTime=20160801070000,w01018-Rtd=2.2"),
    upload("w00000-Cou=10.5,w00000-Min=16.4,w00000-Avg=17.5,w00000-Flag=D", cn="2051"),
    upload("SB1-RS=1;SB2-RS=0", cn="2021"),
    upload("RestartTime=20160801085624", cn="2081"),
    framed(segment("", cn="9015", flag=9)),
    framed(
        f"QN={QN};ST=32;CN=2061;PW=123456;MN={MN};Flag=7;PNUM=2;PNO=1;"
        "CP=&&DataTime=20160801080000;w00000-Avg=17.5&&"
    ),
]

WORDS = st.sampled_from(
    [b"##", b"0101", b"QN=", b"CN=2011;", b"MN=;", b"Flag=5;", b"Flag=", b"PNUM=2;", b"PNO=1;",
     b"CP=&&", b"&&", b"DataTime=20160801085857;", b"DataTime=", b"w01001-Rtd=", b"1e999", b"NaN",
     b"-Flag=N", b",", b";", b"=", b"-", b"\0", b"\xff", b"\xd6\xd0", "中".encode(), b"\r\n",
     b"1C80",
     b"-RS=1", b"CN=2021;", b"CN=2081;", b"CN=9015;", b"CN=3020;", b"9" * 5000]
)  # fmt: skip
ANYTHING = st.one_of(
    st.binary(max_size=300),
    st.lists(WORDS, max_size=30).map(b"".join),
    st.lists(WORDS, max_size=30).map(lambda words: framed(b"".join(words)[:9000])),
    st.lists(st.one_of(st.sampled_from(SEEDS), WORDS), max_size=8).map(b"".join),
)


def check(payload: bytes) -> Decoded:
    told = decode(payload)
    found = told.measurements
    columns = (found.key, found.time_us, found.value, found.unit, found.quality, found.code)
    assert {len(column) for column in columns} == {found.n}
    assert set(found.quality.tolist()) <= set(Quality)
    assert all(0 <= index < found.n for index in found.problem)
    assert {one.code for one in told.findings} <= set(CODES)
    assert len(told.findings) <= hj212.MOST_FINDINGS + 1
    assert all(len(one.detail) < 400 for one in told.findings)
    assert {one.kind for one in told.events} <= set(KINDS)
    for reply in told.replies:
        assert scan(reply.payload).frames[0].verdict is Verdict.RIGHT
    assert not told.unusable or (not found.n and not told.events and not told.replies)
    part_of(payload)
    framer = Framer()
    framer.feed(payload)
    framer.flush()
    return told


def test_anything(tried: Callable[[str, int], None]) -> None:
    tried("hj212", hunt(ANYTHING, check, examples=1500))


def test_cut_at_every_byte_and_every_bit_flipped(tried: Callable[[str, int], None]) -> None:
    count = 0
    for seed in SEEDS:
        for at in range(len(seed)):
            check(seed[:at])
            check(seed[at:])
            for bit in range(8):
                hurt = bytearray(seed)
                hurt[at] ^= 1 << bit
                check(bytes(hurt))
            count += 10
    tried("hj212", count)


def test_one_flipped_bit_never_gives_a_good_value_of_another_number() -> None:
    """What the checksum covers: a value that reads otherwise is never good, if it is read."""
    seed = SEEDS[0]
    begin, end = seed.index(b"7.1"), seed.index(b"7.1") + 3
    for at in range(begin, end):
        for bit in range(8):
            hurt = bytearray(seed)
            hurt[at] ^= 1 << bit
            told = check(bytes(hurt)).measurements
            assert Quality.GOOD not in told.quality.tolist()


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"#" * 10_000_000, id="10-MB"),
        pytest.param(b"#" * 2**20, id="hashes"),
        pytest.param(b"##" * 10 + b"##0" * 349_000, id="beginnings"),
        pytest.param(b"##9999" * 174_000, id="lengths"),
        pytest.param(b"##0000" + b"&" * 1_000_000, id="ampersands"),
        pytest.param(b"##0000CN=2011;CP=&&" + b"&&1C80" * 170_000, id="endings"),
        pytest.param(b"##0000CN=2011;CP=&&" + b";" * 1_000_000 + b"&&", id="semicolons"),
        pytest.param(b"##0000CN=2011;CP=&&" + b"a=" * 500_000 + b"&&", id="equals"),
        pytest.param(b"##0000CN=2011;CP=&&" + b"a,b;" * 250_000 + b"&&", id="no-values"),
        pytest.param(b"##0000CN=2011;CP=&&" + b"a=1;" * 250_000 + b"&&", id="one-name"),
        pytest.param(
            b"##0000CN=2011;CP=&&" + b"".join(b"w%06d-Rtd=1;" % n for n in range(70_000)) + b"&&",
            id="many-factors",
        ),
        pytest.param(b"##0000" + b"A=1;" * 250_000 + b"CN=2011;CP=&&a-Rtd=1&&", id="many-fields"),
        pytest.param(
            b"##0000CN=2011;MN=" + b"M" * 500_000 + b";CP=&&" + b"a-Rtd=1,b-Rtd=1;" * 30_000,
            id="long-mn",
        ),
        pytest.param(
            b"##0000CN=2011;CP=&&w01001-Rtd=" + b"9" * 1_000_000 + b"&&", id="long-number"
        ),
        pytest.param(b"##0000CN=2011;CP=&&" + b"n" * 1_000_000 + b"-Rtd=1&&", id="long-name"),
        pytest.param(b"##0000QN=" + b"1" * 1_000_000 + b";CN=2011;CP=&&a=1&&", id="long-qn"),
    ],
)
def test_bombs_are_decoded_or_refused(payload: bytes) -> None:
    check(payload)


def test_long_fields_do_not_get_into_keys_and_answers() -> None:
    text = f"QN={QN};ST=32;CN=2011;PW={'p' * 3000};MN={'M' * 3000};Flag=5;CP=&&w01001-Rtd=7.1&&"
    told = check(framed(text))
    assert told.measurements.key == ["M" * 64 + "/ph"]
    assert len(told.replies[0].payload) < 300


@given(st.binary(max_size=1500))
def test_checksum_is_the_one_of_annex_a_bit_by_bit(raw: bytes) -> None:
    assert crc(raw) == slow_crc(raw)
