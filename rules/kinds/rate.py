"""Rate of change: how fast a result moves, over a window that outlives single noisy readings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from rules.live import UNSET

KEPT: Final = 18
"""Readings remembered of a row: those kept in twice the window stand at least an eighth of it
apart, which are 17, and the one before."""

_REFERENCE_US, _REFERENCE, _NEXT_US, _LAST_US = range(4)
"""Columns of `RateMemory.ready`."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Against the newest kept reading that is at least the window old, and at most twice it.

    A reading is kept when it is at least an eighth of the window newer than the one kept before.
    """

    window_us: int
    per_us: int
    """The time that limits are per, e.g. an hour."""
    of: Literal["rise", "fall", "change"]
    """What is held against the limits: the slope, its opposite, or its size."""


class RateMemory:
    """Kept readings of r rows."""

    def __init__(self, rates: list[Rate], which: NDArray[np.int32]) -> None:
        """Start with nothing kept; `which` (r,) is each row's index into `rates`."""
        self.window_us = np.array([one.window_us for one in rates], dtype=np.float64)[which]
        self.per_us = np.array([one.per_us for one in rates], dtype=np.float64)[which]
        self.step_us = np.array([one.window_us // 8 for one in rates], dtype=np.float64)[which]
        self.sign = np.array([-1.0 if one.of == "fall" else 1.0 for one in rates])[which]
        self.is_size = np.array([one.of == "change" for one in rates])[which]
        n = which.size
        self.kept_us = np.full((n, KEPT), UNSET, dtype=np.int64)
        """Oldest first; the unused ones stand before."""
        self.kept = np.full((n, KEPT), np.nan)
        self.ready = np.empty((n, 4))
        """What the next reading is compared with, so that most need one look; not saved."""
        self.ready[:] = (-np.inf, np.nan, np.inf, -np.inf)

    def copy(self) -> RateMemory:
        """Return one whose columns may be changed."""
        other = object.__new__(RateMemory)
        other.__dict__.update(self.__dict__)
        other.kept_us, other.kept = self.kept_us.copy(), self.kept.copy()
        other.ready = self.ready.copy()
        return other

    def restore(self, rows: NDArray[np.intp]) -> None:
        """Make `ready` from what is kept of some rows."""
        self.ready[rows] = (-np.inf, np.nan, np.inf, -np.inf)
        kept = self.kept_us[rows]
        last = kept[:, -1]
        self.ready[rows, _LAST_US] = np.where(last == UNSET, -np.inf, last)
        first = np.where(kept == UNSET, np.inf, kept).min(axis=1)
        self.ready[rows, _NEXT_US] = first

    def value(
        self, rows: NDArray[np.intp], time_us: NDArray[np.float64], result: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the slope of each of some distinct rows at a reading, and keep the reading."""
        window_us, per_us = self.window_us[rows], self.per_us[rows]
        stale = np.flatnonzero(time_us - window_us >= self.ready[rows, _NEXT_US])
        if stale.size:
            self._look_up(rows[stale], (time_us - window_us)[stale])
        ready = self.ready[rows]
        age_us = time_us - ready[:, _REFERENCE_US]
        slope = (result - ready[:, _REFERENCE]) / (age_us / per_us)
        value = np.where(self.is_size[rows], np.abs(slope), self.sign[rows] * slope)
        value[age_us > 2 * window_us] = np.nan
        keep = np.flatnonzero(time_us - ready[:, _LAST_US] >= self.step_us[rows])
        if keep.size:
            self._keep(rows[keep], time_us[keep], result[keep])
        return value

    def _look_up(self, rows: NDArray[np.intp], until_us: NDArray[np.float64]) -> None:
        kept = self.kept_us[rows]
        old_enough = (kept <= until_us[:, None]).sum(axis=1)
        at = old_enough - 1
        each = np.arange(rows.size)
        self.ready[rows, _REFERENCE_US] = kept[each, at]
        self.ready[rows, _REFERENCE] = self.kept[rows, at]
        following = np.minimum(old_enough, KEPT - 1)
        self.ready[rows, _NEXT_US] = np.where(old_enough < KEPT, kept[each, following], np.inf)

    def _keep(
        self, rows: NDArray[np.intp], time_us: NDArray[np.float64], result: NDArray[np.float64]
    ) -> None:
        self.kept_us[rows, :-1] = self.kept_us[rows, 1:]
        self.kept[rows, :-1] = self.kept[rows, 1:]
        self.kept_us[rows, -1] = time_us.astype(np.int64)
        self.kept[rows, -1] = result
        self.ready[rows, _LAST_US] = time_us
        self.ready[rows, _NEXT_US] = np.minimum(self.ready[rows, _NEXT_US], time_us)
