"""The newest reading of every datastream, as columns by slot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devices import DOMAINS, Batch, Catalogue, Quality

SILENT_AFTER_PERIODS = 3.0
"""A datastream is silent once it has missed three readings in a row: one is a lost pack."""

SILENT_AFTER_AT_LEAST_S = 30.0
"""Seconds a datastream may always be quiet: a camera that reports each second reconnects in 20 s,
and a screen that flickers between heard and silent is read by nobody."""


def silent_after_s(period_s: float) -> float:
    """Return after how many seconds without a reading a datastream of this period is silent.

    >>> [silent_after_s(period_s) for period_s in (1, 60)]
    [30.0, 180.0]
    """
    return max(SILENT_AFTER_PERIODS * period_s, SILENT_AFTER_AT_LEAST_S)


class LatestValues:
    """Newest reading by slot; a reading older than what is known changes nothing.

    All columns have shape (s,), s datastreams. Not safe for several threads: the hub owns it.
    """

    time_us: NDArray[np.int64]
    """Phenomenon time, µs since 1970; 0 where nothing was ever heard."""
    result: NDArray[np.float64]
    """Canonical unit; NaN where nothing was ever heard."""
    quality: NDArray[np.int16]
    """`devices.Quality`."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Start with nothing heard."""
        n = len(catalogue.datastreams)
        self.time_us = np.zeros(n, dtype=np.int64)
        self.result = np.full(n, np.nan)
        self.quality = np.zeros(n, dtype=np.int16)
        self.received = np.zeros(len(DOMAINS), dtype=np.int64)
        """(4,) readings heard by domain since the start, late ones too."""
        self.unknown = 0
        """Readings of slots this catalogue does not have: the line runs on another city."""
        self._changed = np.zeros(n, dtype=np.bool_)
        self._domain = catalogue.domain
        self._limit_us = np.array(
            [silent_after_s(one.period_s) * 1e6 for one in catalogue.datastreams], dtype=np.int64
        )
        index = {device: at for at, device in enumerate(catalogue.devices)}
        self.device = np.array([index[one.device] for one in catalogue.datastreams], dtype=np.int64)
        """(s,) index of the device in the order of the catalogue."""
        self._devices = len(index)

    def apply(self, batch: Batch, *, live: bool = True) -> None:
        """Take in a batch; of several readings of a slot the newest wins, then the later row.

        Args:
            batch: rows in any order; slots may repeat.
            live: False for readings from the database, which are not counted as received.
        """
        slot, time_us = batch.datastream, batch.phenomenon_time_us
        known = (slot >= 0) & (slot < self.time_us.size)
        rows = np.flatnonzero(known)
        self.unknown += batch.n - rows.size
        if live:
            self.received += np.bincount(self._domain[slot[rows]], minlength=len(DOMAINS))
        rows = rows[np.lexsort((time_us[rows], slot[rows]))]
        last = np.ones(rows.size, dtype=np.bool_)
        last[:-1] = slot[rows[1:]] != slot[rows[:-1]]
        rows = rows[last]
        rows = rows[time_us[rows] >= self.time_us[slot[rows]]]
        to = slot[rows]
        self.time_us[to] = time_us[rows]
        self.result[to] = batch.result[rows]
        self.quality[to] = batch.quality[rows]
        self._changed[to] = True

    def take_changed(self) -> NDArray[np.int64]:
        """Return the slots that changed since the last call, ascending."""
        slots = np.flatnonzero(self._changed)
        self._changed[slots] = False
        return slots

    def heard(self, now_us: int) -> NDArray[np.bool_]:
        """Return (s,) True where the datastream is not silent."""
        return (self.time_us > 0) & (now_us - self.time_us <= self._limit_us)

    def believable(self, now_us: int) -> NDArray[np.bool_]:
        """Return (s,) True where the newest reading may stand for the present: heard and good."""
        return self.heard(now_us) & (self.quality == Quality.GOOD) & np.isfinite(self.result)

    def silent_devices(self, now_us: int) -> NDArray[np.bool_]:
        """Return (d,) True where every datastream of the device is silent."""
        heard = np.bincount(self.device[self.heard(now_us)], minlength=self._devices)
        return heard == 0
