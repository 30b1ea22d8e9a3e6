"""Readings that must be stored against readings that are: the heart of `ioc ledger`, pure.

Both sides are multisets of (datastream, phenomenon time, value): a reading stored twice is a
mistake as much as one that is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.journal_reader import BAD
from storage.audit import Readings

_STORED = 9
"""Side of stored readings: behind every fate, so that among equals the stored ones come last."""


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Rows that have no partner, as row numbers of their side."""

    missing: NDArray[np.int64]
    """Expected, and not stored: neither as they were sent nor with another value."""
    changed: NDArray[np.int64]
    """Expected, and stored with another value."""
    changed_to: NDArray[np.int64]
    """The stored row of each changed one."""
    doubled: NDArray[np.int64]
    """Stored once more than they are expected."""
    unknown: NDArray[np.int64]
    """Stored, and not expected at all."""


def match(expected: NDArray[np.void], stored: Readings) -> Matched:
    """Pair both sides; where fewer are stored than expected, what must be is paired first.

    Args:
        expected: rows of `simulators.journal_reader.ROW`.
        stored: what the database has.
    """
    n = len(expected)
    slot = np.concatenate([expected["slot"], stored.slot])
    time_us = np.concatenate([expected["time_us"], stored.time_us])
    value = np.concatenate([expected["value"], stored.value])
    side = np.concatenate([expected["fate"], np.full(len(stored.slot), _STORED, np.int8)])
    order = np.lexsort((side, value, time_us, slot))
    group, rank = _groups(slot[order], time_us[order], value[order])
    is_stored = side[order] == _STORED
    here = np.bincount(group, is_stored).astype(np.int64)
    there = np.bincount(group, ~is_stored).astype(np.int64)
    absent = order[~is_stored & (rank >= here[group])]
    surplus = is_stored & (rank - there[group] >= there[group])
    doubled = order[surplus & (there[group] > 0)] - n
    strange = order[surplus & (there[group] == 0)] - n
    changed, changed_to = _pairs(expected, stored, absent, strange)
    return Matched(
        np.setdiff1d(absent, changed), changed, changed_to, doubled,
        np.setdiff1d(strange, changed_to),
    )  # fmt: skip


def _pairs(
    expected: NDArray[np.void],
    stored: Readings,
    absent: NDArray[np.int64],
    strange: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair what is absent with what is strange, by datastream and time; the expected most first."""
    # A bad reading has the datastream and the time of the good one beside it.
    absent = absent[expected["fate"][absent] != BAD]
    slot = np.concatenate([expected["slot"][absent], stored.slot[strange]])
    time_us = np.concatenate([expected["time_us"][absent], stored.time_us[strange]])
    side = np.concatenate([expected["fate"][absent], np.full(len(strange), _STORED, np.int8)])
    order = np.lexsort((side, time_us, slot))
    group, rank = _groups(slot[order], time_us[order])
    is_stored = side[order] == _STORED
    there = np.bincount(group, ~is_stored).astype(np.int64)
    # The nth absent one of a datastream and time goes with the nth strange one.
    key = group * (len(order) + 1) + np.where(is_stored, rank - there[group], rank)
    _, left, right = np.intersect1d(
        key[~is_stored], key[is_stored], assume_unique=True, return_indices=True
    )
    rows = np.concatenate([absent, strange])[order]
    return rows[~is_stored][left], rows[is_stored][right]


def _groups(*sorted_columns: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each row the number of its group of equals, and its place in the group."""
    n = len(sorted_columns[0])
    begins = np.zeros(n, dtype=np.bool_)
    begins[:1] = True
    for column in sorted_columns:
        begins[1:] |= column[1:] != column[:-1]
    group = np.cumsum(begins) - 1
    return group, np.arange(n) - np.flatnonzero(begins)[group]
