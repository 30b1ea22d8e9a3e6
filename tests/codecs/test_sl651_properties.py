"""SL 651: what is encoded is decoded, streams may be cut anywhere, and nothing breaks the codec."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import Quality
from ingest.codecs import Heard, sl651_stream
from ingest.codecs.findings import CODES
from ingest.codecs.sl651 import decode
from ingest.codecs.sl651_elements import ELEMENTS, LEVELS, RAINS
from ingest.codecs.sl651_encode import Report, Reported, encode
from ingest.codecs.sl651_frame import Check, build, check_of, read
from ingest.codecs.sl651_parts import part_of
from ingest.codecs.sl651_stream import Framer
from tests.codecs.bad_bytes import hunt
from tests.codecs.sl651_frames import frame, report

NOW = 1_800_000_000_000_000
HEARD = Heard(received_us=NOW)
MINUTE = 60_000_000
LAST = 9_025_257_600_000_000


def numbers(lead):
    """Values that an element can carry."""
    about = ELEMENTS[lead]
    most = min(10**about.digits, 10**15) - 1
    plain = st.integers(-most, most).map(lambda whole: whole / 10**about.decimals)
    return st.one_of(plain, st.just(math.nan))


minutes = st.integers(946_684_800 // 60, 4_102_400_000 // 60).map(lambda whole: whole * MINUTE)
stations = st.text("0123456789", min_size=10, max_size=10)
scalars = st.sampled_from(sorted(ELEMENTS)).flatmap(
    lambda lead: st.builds(Reported, st.just(lead), st.tuples(numbers(lead)))
)
rains = st.builds(
    Reported,
    st.just(0xF4),
    st.lists(
        st.one_of(st.integers(0, 254).map(lambda tenths: tenths / 10), st.just(math.nan)),
        min_size=12,
        max_size=12,
    ),
)
levels = st.builds(
    Reported,
    st.sampled_from(sorted(LEVELS)),
    st.lists(st.integers(0, 65534).map(lambda cm: cm / 100), min_size=12, max_size=12),
)


@st.composite
def reports(draw):
    observed = draw(minutes)
    return Report(
        station=draw(stations),
        function=draw(st.sampled_from([0x32, 0x33, 0x34, 0x37, 0x3A])),
        sent_us=observed + draw(st.integers(3600, 7200)) * 1_000_000,
        observed_us=observed,
        elements=draw(st.lists(st.one_of(scalars, rains, levels), min_size=1, max_size=12)),
        serial=draw(st.integers(1, 65535)),
        station_class=draw(st.sampled_from("PHKZDTMGQIO")),
        centre=draw(st.integers(1, 255)),
        password=draw(st.integers(0, 65535)),
    )


def expected(one):
    """Key, time and value that a report must give."""
    for lead, values in one.elements:
        about = RAINS if lead == 0xF4 else LEVELS.get(lead) or ELEMENTS[lead]
        key = f"{one.station}/{about.observed or f'{lead:02X}'}"
        if about.statistic:
            key += f":{about.statistic}"
        for index, value in enumerate(values):
            yield key, one.observed_us - about.period_us + index * 5 * MINUTE, value


def same(told, wanted):
    keys, times, values = zip(*wanted, strict=True)
    assert list(told.measurements.key) == list(keys)
    assert told.measurements.time_us.tolist() == list(times)
    np.testing.assert_array_equal(told.measurements.value, np.array(values))


@given(reports(), st.integers(0, 200))
def test_a_report_is_decoded_as_it_was_encoded_in_one_frame_or_in_packets(one, packet_bytes):
    told = decode(encode(one, packet_bytes), HEARD)
    assert not told.findings
    same(told, list(expected(one)))
    assert set(told.measurements.quality.tolist()) == {Quality.GOOD}
    assert len(told.replies) == 1


@given(minutes, st.integers(1, 59), st.lists(numbers(0x39), min_size=1, max_size=40))
def test_a_series_is_decoded_as_it_was_encoded(first, step, values):
    one = Report(
        "0010100001", 0x31, first + 7200_000_000, first, [Reported(0x39, values)], step_min=step
    )
    told = decode(encode(one), HEARD)
    assert not told.findings
    same(
        told,
        [
            ("0010100001/water_level", first + index * step * MINUTE, value)
            for index, value in enumerate(values)
        ],
    )


@given(reports())
def test_an_answer_is_a_frame_of_the_centre(one):
    (reply,) = decode(encode(one), HEARD).replies
    check = check_of(reply.payload, 0, len(reply.payload))
    back = read(reply.payload, check)
    assert check is Check.RIGHT
    assert (back.is_down, back.station, back.centre) == (True, one.station, one.centre)
    assert back.body[:2] == one.serial.to_bytes(2, "big")
    assert build(back) == reply.payload


# Streams.

GOOD = encode(
    Report("0010100001", 0x32, NOW, NOW - NOW % MINUTE, [Reported(0x39, (3.85,))], serial=0x7E7E)
)
PIECES = st.one_of(
    st.just(GOOD),
    st.just(frame("000C200724172349", "2F")),
    st.integers(0, 60).map(lambda length: report("392300001000", length=length)),
    st.just(report("392300001000", length=300)),
    st.just(report("392300001000", length=3)),
    st.just(frame("7E7E" * 30, "36", opens="16")),
    st.integers(0, len(GOOD)).map(lambda size: GOOD[:size]),
    st.binary(max_size=40),
    st.text("\x7e\x02\x16\x00\x01", max_size=40).map(lambda text: text.encode("latin-1")),
)
STREAMS = st.lists(PIECES, max_size=8).map(b"".join)


@st.composite
def cut(draw):
    stream = draw(STREAMS)
    places = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    return stream, [
        stream[begin:end] for begin, end in zip([0, *places], [*places, len(stream)], strict=True)
    ]


def framed(pieces):
    framer = Framer()
    found = [one for piece in pieces for one in framer.feed(piece)]
    return found, framer.flush(), framer.garbage


@settings(max_examples=400)
@given(cut())
def test_a_stream_gives_the_same_frames_however_it_is_cut(example):
    stream, pieces = example
    whole = framed([stream])
    assert framed(pieces) == whole
    assert framed([stream[at : at + 1] for at in range(len(stream))]) == whole
    found, rest, garbage = whole
    assert sum(map(len, found + rest)) + garbage == len(stream)


@given(STREAMS)
def test_a_whole_frame_is_found_whatever_stands_before_it(before):
    framer = Framer()
    found = framer.feed(before + GOOD * 2)
    assert found[-1] == GOOD


@pytest.mark.parametrize("more", range(-3, 20))
def test_a_length_that_is_wrong_by_a_little_costs_one_frame(more):
    body = "000C200724172349F1F1001010000148F0F02007241723392300001000"
    broken = frame(body, length=len(body) // 2 + more)
    framer = Framer()
    found = framer.feed(broken + GOOD + GOOD)
    assert found[-2:] == [GOOD, GOOD]
    assert broken.startswith(found[0])


def test_a_frame_is_not_kept_waiting_by_a_wrong_length_before_it():
    framer = Framer()
    broken = report("392300001000", length=4000)
    assert framer.feed(broken) == []
    assert framer.feed(GOOD) == [broken, GOOD]


def test_a_stream_of_starts_costs_no_more_than_its_length(monkeypatch):
    checked = 0

    def counted(data, start, end):
        nonlocal checked
        checked += end - start
        return check_of(data, start, end)

    monkeypatch.setattr(sl651_stream, "check_of", counted)
    start = bytes.fromhex("7E7E010010100001A000320FFF02")
    longest = bytes.fromhex("7E7E010010100001A000367FFF16")
    for one in (start, longest, b"\x7e"):
        checked = 0
        framer = Framer()
        for _ in range(64):
            framer.feed(one * (4096 // len(one)))
            assert len(framer._buffer) < 40_000
        assert checked <= 8 * 64 * 4096
        assert framer.feed(b"\0" * 33_000 + GOOD)[-1] == GOOD


# Fuzz.


def sound(payload):
    """Decode, and check what must hold for any bytes."""
    told = decode(payload, HEARD)
    columns = told.measurements
    assert {one.code for one in told.findings} <= CODES.keys()
    assert len(told.findings) <= 51
    sizes = {len(columns.key), len(columns.unit), len(columns.code), columns.value.size}
    assert sizes | {columns.time_us.size, columns.quality.size} in ({columns.n}, {0})
    assert ((columns.time_us >= 0) & (columns.time_us < LAST)).all()
    numberless = set(np.flatnonzero(~np.isfinite(columns.value)).tolist())
    assert numberless == set(columns.problem)
    assert bool(told.unusable) == (not columns.n and not told.events and not told.replies)
    part_of(payload)
    return told


SEEDS = [
    GOOD,
    report("F460" + "01" * 12 + "F5C0" + "0064" * 12 + "452000000042", "34"),
    report("0418000005 2219 3922" + "000001" + "00001000", "31"),
    encode(
        Report(
            "0010100001", 0x33, NOW, NOW - NOW % MINUTE,
            [Reported(0xF5, [1.0] * 12), Reported(0x38, (12.6,)), Reported(0x45, (64,))],
        ),
        packet_bytes=20,
    ),
    GOOD.hex().encode(),
    frame("000C200724172349", "2F"),
]  # fmt: skip
NASTY = (
    b"", b"\0", b"\0" * 5000, b"\xff" * 5000, b"7e" * 5000, b"7E 7" * 5000, b"~" * 5000,
    b"\xc3\x28", b"[" * 100_000, b'{"a":1,"a":1e999}', bytes(10_000_000), b"~~" * 500_000,
    bytes.fromhex("7E7E010010100001A000320FFF02") * 70_000,
    bytes.fromhex("7E7E010010100001A000367FFF16FFF001") * 60_000,
    frame("FFF001", opens="16") * 50_000,
    frame("000C200724172349" + "04183100003908" + "00" * 4000, "31"),
    frame("000C200724172349" + "FFFF" * 2000), frame("000C200724172349" + "39" * 4000, "31"),
)  # fmt: skip


def test_fuzz(tried):
    count = 0
    for payload in NASTY:
        sound(payload)
        count += 1
    for seed in SEEDS:
        for size in range(len(seed)):
            sound(seed[:size])
            sound(seed[size:] + seed[:size])
        for index in range(8 * len(seed)):
            flipped = bytearray(seed)
            flipped[index // 8] ^= 1 << index % 8
            told = sound(bytes(flipped))
            if seed is GOOD:
                # One flipped bit is always seen: nothing of the frame is believed.
                assert Quality.GOOD not in told.measurements.quality
                assert not told.replies
        count += 10 * len(seed)

    anything = st.one_of(
        st.binary(max_size=400),
        STREAMS,
        st.tuples(st.sampled_from(SEEDS), st.binary(max_size=9), st.integers(0, 200)).map(
            lambda one: one[0][: one[2]] + one[1] + one[0][one[2] :]
        ),
        st.binary(max_size=200).map(lambda body: frame("000C200724172349" + body.hex(), "34")),
        st.binary(max_size=200).map(lambda body: frame("000C200724172349" + body.hex(), "31")),
        st.binary(max_size=200).map(lambda body: report(body.hex())),
    )
    tried("sl651", count + hunt(anything, sound, examples=600))
