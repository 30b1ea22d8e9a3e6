"""What is missing is asked for, once in a while, and what was heard is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.gaps_heard import PATIENCE_S, GapsHeard, Range, decode, encode


def heard(*seqs, boot="b"):
    one = GapsHeard()
    for seq in seqs:
        one.heard("g", boot, seq, 0.0)
    return one


def asked(gaps, now_s):
    return [(one.first, one.last) for _, ranges in gaps.due(now_s) for one in ranges]


@pytest.mark.parametrize(
    ("seqs", "missing"),
    [
        pytest.param([5], [], id="before the first number nothing is missed"),
        pytest.param([0, 1, 2], [], id="in order"),
        pytest.param([0, 3], [(1, 2)], id="two are missing"),
        pytest.param([0, 3, 6], [(1, 2), (4, 5)], id="two gaps"),
        pytest.param([0, 3, 1], [(2, 2)], id="the first came late"),
        pytest.param([0, 4, 2], [(1, 1), (3, 3)], id="the middle came late"),
        pytest.param([0, 3, 2, 1], [], id="all came late, the wrong way round"),
        pytest.param([0, 3, 0, 3], [(1, 2)], id="repetitions"),
    ],
)
def test_what_is_missing_between_numbers_is_asked_for(seqs, missing):
    assert asked(heard(*seqs), PATIENCE_S[0]) == missing


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_exactly_what_was_not_heard_since_the_first_number_is_missing(seqs):
    wanted = set(range(seqs[0], max(seqs))) - set(seqs)
    found = asked(heard(*seqs), PATIENCE_S[0])
    assert {seq for first, last in found for seq in range(first, last + 1)} == wanted


def test_it_is_asked_after_ever_longer_whiles_and_in_the_end_no_more():
    gaps = heard(0, 2)
    now_s = 0.0
    for patience_s in PATIENCE_S:
        assert asked(gaps, now_s + patience_s * 0.99) == []
        now_s += patience_s
        assert asked(gaps, now_s) == [(1, 1)]
    assert asked(gaps, now_s + 1e6) == []


def test_who_does_not_keep_messages_is_not_asked():
    gaps = heard(0)
    gaps.heard("g", "b", 3, 0.0, resends=False)
    gaps.heard("g", "b", 5, 0.0)
    assert asked(gaps, 1e3) == [(4, 4)]


def test_boots_and_gateways_are_apart():
    gaps = heard(0, 2)
    gaps.heard("g", "c", 7, 0.0)
    gaps.heard("h", "b", 9, 0.0)
    gaps.heard("h", "b", 11, 0.0)
    assert gaps.due(PATIENCE_S[0]) == [("g", [Range("b", 1, 1)]), ("h", [Range("b", 10, 10)])]


def test_memory_is_bounded():
    gaps = GapsHeard()
    for number in range(10_000):
        gaps.heard("g", f"b{number}", 0, 0.0)
    for seq in range(0, 10_000, 2):
        gaps.heard("g", "b", seq, 0.0)
    assert len(gaps._streams) <= 4096
    assert len(asked(gaps, 1e3)) == 64


@pytest.mark.parametrize("payload", [b"", b"{}", b"[3]", b'[["b"]]', b'[["b","x",1]]', b"\xff"])
def test_what_is_no_request_is_none(payload):
    assert decode(payload) is None


def test_a_request_is_read_as_it_was_written():
    ranges = [Range("b", 1, 2), Range("c", 0, 0)]
    assert decode(encode(ranges)) == ranges
