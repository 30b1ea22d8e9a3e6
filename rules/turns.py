"""How a batch is divided so that no datastream occurs twice in a turn.

The first turn has all that occur, the second those that occur again, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def turns(slots: NDArray[np.int32]) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of each turn, ascending.

    >>> [turn.tolist() for turn in turns(np.array([5, 7, 5, 5], dtype=np.int32))]
    [[0, 1], [2], [3]]
    """
    order = np.argsort(slots, kind="stable")
    ordered = slots[order]
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: slots.size])
    group = np.repeat(begins, np.diff(np.r_[begins, ordered.size]))
    rank = np.empty(slots.size, dtype=np.intp)
    rank[order] = np.arange(slots.size) - group
    by_rank = np.argsort(rank, kind="stable")
    yield from np.split(by_rank, np.cumsum(np.bincount(rank))[:-1])
