"""Flat-line: how long a result has not moved, in seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_RESULT, _SINCE_US = range(2)


@dataclass(frozen=True, slots=True)
class Stuck:
    """Counted from the reading that first had this result; evaluated at readings only."""

    tolerance: float
    """A result that differs by more has moved, canonical unit, 0 or more."""
    exceptions: tuple[float, ...]
    """Results that are no flat-line however long they last, e.g. 0 mm of rain."""


class StuckMemory:
    """Since when r rows have had their result."""

    def __init__(self, kinds: list[Stuck], which: NDArray[np.int32]) -> None:
        """Start with nothing seen; `which` (r,) is each row's index into `kinds`."""
        self.tolerance = np.array([one.tolerance for one in kinds])[which]
        most = max((len(one.exceptions) for one in kinds), default=0)
        exceptions = np.full((len(kinds), most), np.nan)
        for index, one in enumerate(kinds):
            exceptions[index, : len(one.exceptions)] = one.exceptions
        self.exceptions = exceptions[which]
        self.anchor = np.full((which.size, 2), np.nan)
        """Result, and time in µs since 1970, of the reading that first had it."""

    def copy(self) -> StuckMemory:
        """Return one whose columns may be changed."""
        other = object.__new__(StuckMemory)
        other.__dict__.update(self.__dict__)
        other.anchor = self.anchor.copy()
        return other

    def value(
        self, rows: NDArray[np.intp], time_us: NDArray[np.float64], result: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return how long each of some distinct rows has stood still, s, with this reading."""
        anchor, tolerance = self.anchor[rows], self.tolerance[rows]
        moved = ~(np.abs(result - anchor[:, _RESULT]) <= tolerance)
        for column in range(self.exceptions.shape[1]):
            moved |= np.abs(result - self.exceptions[rows, column]) <= tolerance
        anchor[moved, _RESULT] = result[moved]
        anchor[moved, _SINCE_US] = time_us[moved]
        self.anchor[rows] = anchor
        standing: NDArray[np.float64] = (time_us - anchor[:, _SINCE_US]) / 1e6
        return standing
