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


_NOTHING = (-np.inf, np.nan, np.inf, -np.inf)


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
    """Kept readings of r rows, each in a ring of its own."""

    def __init__(self, rates: list[Rate], which: NDArray[np.int32]) -> None:
        """Start with nothing kept; `which` (r,) is each row's index into `rates`."""
        self._rule = which
        self._window_us = np.array([one.window_us for one in rates], dtype=np.float64)
        self._per_us = np.array([one.per_us for one in rates], dtype=np.float64)
        self._step_us = np.array([one.window_us // 8 for one in rates], dtype=np.float64)
        self._sign = np.array([-1.0 if one.of == "fall" else 1.0 for one in rates])
        self._is_size = np.array([one.of == "change" for one in rates])
        n = which.size
        self._kept_us = np.full((n, KEPT), UNSET, dtype=np.int64)
        self._kept = np.full((n, KEPT), np.nan)
        self._total = np.zeros(n, dtype=np.int64)
        """How many were ever kept: the next one's place, before the ring is closed."""
        self._following = np.zeros(n, dtype=np.int64)
        """Which of them comes after the reference."""
        self._ready = np.empty((n, 4))
        """What the next reading is compared with, so that most need one look."""
        self._ready[:] = _NOTHING

    def copy(self) -> RateMemory:
        """Return one whose columns may be changed."""
        other = object.__new__(RateMemory)
        other.__dict__.update(self.__dict__)
        for name in ("_kept_us", "_kept", "_total", "_following", "_ready"):
            setattr(other, name, getattr(self, name).copy())
        return other

    def rows(self) -> NDArray[np.intp]:
        """Return the rows that have kept something."""
        return np.flatnonzero(self._total)

    def history(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return time and result of what some rows have kept, (m, KEPT), the newest last.

        Before the first stand `UNSET` and NaN.
        """
        places = (self._total[rows][:, None] + np.arange(KEPT)) % KEPT
        return self._kept_us[rows[:, None], places], self._kept[rows[:, None], places]

    def restore(
        self, rows: NDArray[np.intp], times: NDArray[np.int64], results: NDArray[np.float64]
    ) -> None:
        """Take what `history` gave."""
        # Whole rounds of the ring, so that the oldest stands at its beginning.
        unused = (times == UNSET).sum(axis=1)
        self._kept_us[rows], self._kept[rows] = times, results
        self._total[rows] = KEPT
        self._following[rows] = unused
        self._ready[rows] = _NOTHING
        self._ready[rows, _NEXT_US] = times[np.arange(rows.size), np.minimum(unused, KEPT - 1)]
        self._ready[rows, _LAST_US] = times[:, -1]

    def value(
        self, rows: NDArray[np.intp], time_us: NDArray[np.float64], result: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the slope of each of some distinct rows at a reading, and keep the reading."""
        rule = self._rule[rows]
        window_us = self._window_us[rule]
        ready = self._ready[rows]
        stale = np.flatnonzero(time_us - window_us >= ready[:, _NEXT_US])
        if stale.size:
            self._move_on(rows[stale], (time_us - window_us)[stale])
            ready[stale] = self._ready[rows[stale]]
        age_us = time_us - ready[:, _REFERENCE_US]
        slope = (result - ready[:, _REFERENCE]) / (age_us / self._per_us[rule])
        value = np.where(self._is_size[rule], np.abs(slope), self._sign[rule] * slope)
        value[age_us > 2 * window_us] = np.nan
        keep = np.flatnonzero(time_us - ready[:, _LAST_US] >= self._step_us[rule])
        if keep.size:
            self._keep(rows[keep], time_us[keep], result[keep])
        return value

    def _move_on(self, rows: NDArray[np.intp], until_us: NDArray[np.float64]) -> None:
        """Let the reference be the newest kept reading that is not after `until_us`."""
        while rows.size:
            following = np.maximum(self._following[rows], self._total[rows] - KEPT)
            place = following % KEPT
            self._ready[rows, _REFERENCE_US] = self._kept_us[rows, place]
            self._ready[rows, _REFERENCE] = self._kept[rows, place]
            following += 1
            self._following[rows] = following
            next_us = np.where(
                following < self._total[rows], self._kept_us[rows, following % KEPT], np.inf
            )
            self._ready[rows, _NEXT_US] = next_us
            more = np.flatnonzero(next_us <= until_us)
            rows, until_us = rows[more], until_us[more]

    def _keep(
        self, rows: NDArray[np.intp], time_us: NDArray[np.float64], result: NDArray[np.float64]
    ) -> None:
        total = self._total[rows]
        place = total % KEPT
        self._kept_us[rows, place] = time_us
        self._kept[rows, place] = result
        self._total[rows] = total + 1
        self._ready[rows, _LAST_US] = time_us
        self._ready[rows, _NEXT_US] = np.minimum(self._ready[rows, _NEXT_US], time_us)
