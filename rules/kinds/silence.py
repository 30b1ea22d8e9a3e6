"""Silence: how long nothing was heard of a datastream; and of a gateway as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Silence:
    """The value is seconds since the datastream was heard; limits are seconds by subject."""


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One alert for a silent gateway instead of one for each datastream; s gateways.

    The value is 1 when nothing at all was heard for `periods` of the shortest period, else the
    share of datastreams that were not heard for `periods` of their own.
    """

    periods: float
    starts: NDArray[np.intp]
    """(s + 1,) where the datastreams of each gateway begin in `members`."""
    members: NDArray[np.int32]
    """Watched datastreams, those of one gateway together; none is empty."""

    def of(self, subjects: NDArray[np.intp]) -> Fold:
        """Return the same for some gateways, ascending."""
        counts = np.diff(self.starts)
        chosen = np.zeros(counts.size, dtype=np.bool_)
        chosen[subjects] = True
        starts = np.concatenate([[0], np.cumsum(counts[subjects])]).astype(np.intp)
        return replace(self, starts=starts, members=self.members[np.repeat(chosen, counts)])


def silent_s(
    slots: NDArray[np.int32], heard_us: NDArray[np.int64], now_us: int
) -> NDArray[np.float64]:
    """Return how long nothing was heard of each of some datastreams, seconds.

    Args:
        slots: (m,) datastreams.
        heard_us: by datastream, when it was last heard; never unset for these.
        now_us: the time.
    """
    silent: NDArray[np.float64] = (now_us - heard_us[slots]) / 1e6
    return silent


def silent_share(
    fold: Fold, heard_us: NDArray[np.int64], period_us: NDArray[np.int64], now_us: int
) -> NDArray[np.float64]:
    """Return the value of each of s gateways.

    Args:
        fold: which datastreams they have.
        heard_us: as in `silent_s`.
        period_us: by datastream, its sampling period.
        now_us: the time.
    """
    silent_us = now_us - heard_us[fold.members]
    starts = fold.starts[:-1]
    periods_us = period_us[fold.members]
    is_silent = silent_us > fold.periods * periods_us
    share = np.add.reduceat(is_silent, starts, dtype=np.float64) / np.diff(fold.starts)
    shortest_us = np.minimum.reduceat(periods_us, starts)
    newest_us = np.minimum.reduceat(silent_us, starts)
    value: NDArray[np.float64] = np.where(newest_us > fold.periods * shortest_us, 1.0, share)
    return value
