"""Frames out of a byte stream: the same however it is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs.hj212_frame import scan
from ingest.codecs.hj212_stream import Framer
from tests.codecs.hj212_frames import framed, segment, upload

ONE = upload("w01001-Rtd=7.1")
TWO = framed(segment("", cn="9015", flag=9))

PIECES = st.one_of(
    st.sampled_from(
        [ONE, TWO, ONE[:-2], ONE[:40], ONE[7:], b"#", b"##", b"###", b"\r", b"\n", b"&&", b"##0000"]
    ),
    st.binary(max_size=30),
)


def cut(stream: bytes, at: list[int], longest: int) -> tuple[list[bytes], int]:
    framer = Framer(longest)
    found = []
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in at)})
    for begin, end in pairwise(edges):
        found += framer.feed(stream[begin:end])
    return found + framer.flush(), framer.garbage


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12).map(b"".join), st.lists(st.integers(0, 5000), max_size=20))
@pytest.mark.parametrize("longest", [16, 150, 16384])
def test_frames_are_the_same_however_the_stream_is_cut(
    longest: int, stream: bytes, at: list[int]
) -> None:
    whole = cut(stream, [], longest)
    assert cut(stream, at, longest) == whole
    assert cut(stream, list(range(len(stream))), longest) == whole
    frames, garbage = whole
    assert sum(map(len, frames)) + garbage == len(stream)
    assert all(len(one) <= longest for one in frames)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([ONE, TWO, ONE[:-2], TWO[:-2]]), max_size=8))
def test_frames_with_and_without_line_end_come_as_they_were_sent(sent: list[bytes]) -> None:
    framer = Framer()
    assert framer.feed(b"".join(sent)) + framer.flush() == sent
    assert framer.garbage == 0


def test_frame_is_there_with_its_last_byte() -> None:
    framer = Framer()
    assert framer.feed(ONE[:-1]) == []
    assert framer.feed(ONE[-1:]) == [ONE]


def test_frame_without_line_end_is_there_with_the_next_or_when_the_line_is_idle() -> None:
    framer = Framer()
    assert framer.feed(ONE[:-2]) == []
    assert framer.feed(TWO) == [ONE[:-2], TWO]
    assert framer.feed(ONE[:-2]) == []
    assert framer.flush() == [ONE[:-2]]
    assert framer.flush() == []


@pytest.mark.parametrize("length", [b"0000", b"0001", b"9999", b"x"], ids=repr)
def test_wrong_length_costs_no_frame(length: bytes) -> None:
    wrong = b"##" + length + ONE[6:]
    assert Framer().feed(wrong + TWO) == [wrong, TWO]


def test_truncated_frame_ends_where_the_next_begins() -> None:
    assert Framer().feed(ONE[:50] + TWO) == [ONE[:50], TWO]


def test_garbage_is_counted_and_never_kept() -> None:
    framer = Framer()
    for _ in range(1000):
        assert framer.feed(b"noise" * 1000) == []
    assert framer.garbage == 5_000_000
    assert framer.feed(ONE) == [ONE]


def test_frame_without_end_is_handed_on_in_bounds() -> None:
    framer = Framer(longest=200)
    found = framer.feed(b"##0101" + b"x" * 1000)
    assert [len(one) for one in found] == [200]
    assert framer.garbage == 806
    assert framer.feed(ONE) == [ONE]


def test_scan_finds_the_frames_of_the_framer() -> None:
    stream = b"noise" + ONE + b"##" + TWO[:-2] + ONE[:30] + ONE
    framer = Framer()
    frames = framer.feed(stream) + framer.flush()
    apart = [scan(one).frames[0].segment for one in frames]
    assert apart == [one.segment for one in scan(stream).frames]


def test_too_small_a_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="below 16"):
        Framer(longest=15)
