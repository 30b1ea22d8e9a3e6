"""Spans of time as pairs (start, end) in µs since 1970, end exclusive; in order and apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from devices.calendar import MINUTE_US

Span = tuple[int, int]


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return what some spans cover together, those that touch as one.

    >>> joined([(5, 7), (0, 2), (2, 3), (6, 9)])
    [(0, 3), (5, 9)]
    """
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def at_most(spans: Sequence[Span], number: int) -> list[Span]:
    """Return spans that cover the given ones, no more than `number`: the smallest gaps are closed.

    >>> at_most([(0, 1), (2, 3), (9, 10)], 2)
    [(0, 3), (9, 10)]
    """
    if len(spans) <= number:
        return list(spans)
    gaps = [(right[0] - left[1], at) for at, (left, right) in enumerate(pairwise(spans))]
    closed = {at for _, at in sorted(gaps)[: len(spans) - number]}
    return joined(
        (start, spans[at + 1][0] if at in closed else end) for at, (start, end) in enumerate(spans)
    )


def within(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """Return what of some spans lies between two times.

    >>> within([(0, 3), (5, 9)], 2, 6)
    [(2, 3), (5, 6)]
    """
    cut = ((max(one[0], start), min(one[1], end)) for one in spans)
    return [one for one in cut if one[0] < one[1]]


def without(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """Return what of some spans is in none of others; both in order and apart.

    >>> without([(0, 9)], [(2, 3), (8, 12)])
    [(0, 2), (3, 8)]
    """
    left: list[Span] = []
    for start, end in spans:
        at = start
        for one in within(taken, start, end):
            left.append((at, one[0]))
            at = one[1]
        left.append((at, end))
    return [one for one in left if one[0] < one[1]]


def minutes_of(time_us: NDArray[np.int64], number: int) -> list[Span]:
    """Return the minutes that some times fall into, as at most `number` spans.

    >>> minutes_of(np.array([61_000_000, 5, 130_000_000, 600_000_000]), 9)
    [(0, 180000000), (600000000, 660000000)]
    """
    starts = np.unique(time_us - time_us % MINUTE_US)
    if not starts.size:
        return []
    breaks = np.flatnonzero(np.diff(starts) > MINUTE_US)
    firsts = starts[np.r_[0, breaks + 1]].tolist()
    lasts = starts[np.r_[breaks, starts.size - 1]].tolist()
    return at_most([(one, two + MINUTE_US) for one, two in zip(firsts, lasts, strict=True)], number)
