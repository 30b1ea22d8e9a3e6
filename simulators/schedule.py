"""Which readings are due: every datastream at its own period, spread so that traffic is smooth.

City time runs `speed` times as fast as the wall clock. What is due is decided in city time; what
is written on a reading is the wall clock's time of that moment, which has passed by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices import Catalogue
from simulators.noise import scramble, share
from simulators.sites import Column


@dataclass(frozen=True, slots=True)
class CityClock:
    """City time as a function of the wall clock; both agree at the start.

    >>> CityClock(started_s=100.0, speed=60.0).city(102.0)
    220.0
    """

    started_s: float
    """Wall clock when the simulation began, seconds since 1970."""
    speed: float
    """City seconds in one wall second."""

    def city(self, wall_s: float) -> float:
        """Return the city time at that wall time."""
        return self.started_s + (wall_s - self.started_s) * self.speed

    def wall(self, city_s: Column) -> Column:
        """Return when it was, or will be, that late in the city."""
        return self.started_s + (city_s - self.started_s) / self.speed


class Schedule:
    """When each datastream of a catalogue is read. The phase is a hash of its slot."""

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        """Take periods from the catalogue."""
        self._period_s = np.array([one.period_s for one in catalogue.datastreams])
        self._retired = catalogue.retired
        slots = np.arange(len(self._period_s), dtype=np.uint64) + np.uint64(1 << 34)
        seeded = scramble(np.array([seed], dtype=np.uint64))
        self._phase_s = share(slots ^ seeded) * self._period_s

    def due(self, begin_s: float, end_s: float) -> tuple[NDArray[np.int32], Column]:
        """Return the readings of a window, the earliest first.

        Windows that touch give every reading once, whatever their length.

        Args:
            begin_s: city time, inclusive.
            end_s: city time, exclusive.

        Returns:
            Slots (n,) and city times (n,).
        """
        first = np.ceil((begin_s - self._phase_s) / self._period_s)
        after = np.ceil((end_s - self._phase_s) / self._period_s)
        count = np.where(self._retired, 0, np.maximum(after - first, 0)).astype(np.int64)
        slot = np.repeat(np.arange(len(count), dtype=np.int32), count)
        nth = np.arange(len(slot)) - np.repeat(np.cumsum(count) - count, count)
        time_s = self._phase_s[slot] + (first[slot] + nth) * self._period_s[slot]
        order = np.argsort(time_s, kind="stable")
        return slot[order], time_s[order]
