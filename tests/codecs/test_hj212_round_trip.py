"""decode(encode(x)) = x, in one frame or in many, together or one behind the other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import Quality
from ingest.codecs import Heard, hj212
from ingest.codecs.hj212_encode import Reported, Sender, Upload, encode
from ingest.codecs.hj212_factors import FACTORS
from ingest.codecs.hj212_frame import LONGEST_SEGMENT, scan
from ingest.codecs.hj212_names import QUALITIES, meaning
from ingest.codecs.hj212_parts import part_of
from tests.codecs.hj212_frames import codes

SUFFIXES = {
    "2011": ("Rtd",),
    "2051": ("Min", "Avg", "Max"),
    "2061": ("Cou", "Avg"),
    "2031": ("Avg",),
}
CODES = [code for code, factor in FACTORS.items() if not code.startswith("L")]

SENDERS = st.builds(
    Sender,
    mn=st.text("0123456789ABCDEF", min_size=14, max_size=24),
    st=st.sampled_from(["21", "22", "31", "32"]),
    edition=st.sampled_from(["2005", "2017", "2025"]),
    utc_offset_min=st.sampled_from([0, 480]),
)


@st.composite
def uploads(draw: st.DrawFn) -> Upload:
    cn = draw(st.sampled_from(sorted(SUFFIXES)))
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    factors = [
        Reported(
            code,
            {suffix: draw(numbers) for suffix in SUFFIXES[cn]},
            draw(st.sampled_from(sorted(QUALITIES))),
        )
        for code in draw(st.lists(st.sampled_from(CODES), unique=True, min_size=1, max_size=40))
    ]
    seconds = st.integers(0, 9_000_000_000 // 2)
    time_us, sent_us = draw(seconds) * 1_000_000, draw(seconds) * 1_000_000 + 123_000
    return Upload(cn, time_us, sent_us, factors, wants_answer=draw(st.booleans()))


def due(sender: Sender, upload: Upload) -> list[tuple[str, float, Quality, str]]:
    found = []
    for one in upload.factors:
        for suffix, value in one.values.items():
            name = f"{one.code}-{suffix}"
            what = meaning(name, upload.cn, sender.edition)
            found.append((sender.mn + what.path, value, QUALITIES[one.flag], name))
    return found


@settings(max_examples=200, deadline=None)
@given(SENDERS, uploads())
def test_what_is_encoded_is_decoded(sender: Sender, upload: Upload) -> None:
    frames = encode(sender, upload)
    heard = Heard(utc_offset_min=sender.utc_offset_min)
    told = hj212.decode(b"".join(frames), heard)
    found = told.measurements
    assert (
        list(
            zip(found.key, found.value.tolist(), map(Quality, found.quality.tolist()), found.code,
                strict=True)
        )
        == due(sender, upload)
    )  # fmt: skip
    assert set(found.time_us.tolist()) == {upload.time_us}
    assert codes(told) == []
    assert len(told.replies) == upload.wants_answer
    assert all(len(one) <= LONGEST_SEGMENT + 12 for one in frames)


@settings(max_examples=100, deadline=None)
@given(SENDERS, uploads())
def test_parts_know_their_message_and_number(sender: Sender, upload: Upload) -> None:
    frames = encode(sender, upload)
    parts = [part_of(one) for one in frames]
    if len(frames) == 1:
        assert parts == [None]
        return
    assert [(one.number, one.total) for one in parts if one] == [
        (number, len(frames)) for number in range(1, len(frames) + 1)
    ]
    assert len({one.key for one in parts if one}) == 1


MANY = [Reported(code, {"Rtd": 1.5}) for code in CODES[:60]]


@pytest.fixture
def packets() -> list[bytes]:
    return encode(Sender("A" * 24, "32"), Upload("2011", 0, 0, MANY))


def test_several_packets_in_one_payload_are_no_part(packets: list[bytes]) -> None:
    assert len(packets) > 1
    assert part_of(packets[0] + packets[1]) is None


def test_hurt_packet_is_no_part(packets: list[bytes]) -> None:
    assert part_of(packets[0][:-6] + b"0000\r\n") is None
    assert part_of(packets[0][:-20]) is None
    assert part_of(b"PNO=") is None


def test_packet_without_request_number_is_no_part(packets: list[bytes]) -> None:
    bare = packets[0].replace(b"QN=", b"XX=", 1)
    assert scan(bare).frames
    assert part_of(bare) is None


def test_factor_too_long_for_a_frame_is_refused() -> None:
    long = Reported("x" * 2000, {"Rtd": 1.0})
    with pytest.raises(ValueError, match="has room for"):
        encode(Sender("A", "32"), Upload("2011", 0, 0, [long]))
