"""Which packs are stored: a table of cases, and a set as the oracle."""

from hypothesis import given
from hypothesis import strategies as st

from storage.ledger import AHEAD_LIMIT, Progress


@given(st.lists(st.integers(0, 30)))
def test_progress_is_the_set_of_packs_in_any_order(seqs):
    progress = Progress()
    for seq in seqs:
        progress = progress.with_pack(seq)
    assert {seq for seq in range(40) if progress.has(seq)} == set(seqs)
    assert all(seq > progress.next_seq for seq in progress.ahead)


def test_a_lost_pack_does_not_make_the_ledger_grow_for_ever():
    progress = Progress()
    for seq in range(1, AHEAD_LIMIT + 10):
        progress = progress.with_pack(seq)
    assert progress == Progress(AHEAD_LIMIT + 10, frozenset())
