"""Hourly means of the six pollutants at every air station, of the last two days.

Read from the roll-ups: what stands there is over good readings only. An hour counts where at least
45 minutes of it were measured; else it is NaN, and so is what nobody measures.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from devices import Catalogue, Datastream
from devices.calendar import DAY_US, HOUR_US
from devices.statistics import length_s
from ioc_dashboard.ports import History
from rules.indices.air_means import LEAST_MINUTES
from rules.indices.aqi_tables import POLLUTANTS
from rules.indices.exact import LARGEST

BEIJING_US: Final = 8 * HOUR_US
"""Ahead of UTC; there is no summer time. Hours and days of the standards are Beijing's."""

KEPT_HOURS: Final = 48
"""The whole day before, whatever hour it is now; and a day of rolling means with the day each of
them needs."""

AGAIN_HOURS: Final = 3
"""Newest hours that are read at every refresh: what comes late comes within an hour."""

STANDARD_KIND: Final = "air_station"
"""Device kind whose figures are the official ones: national and provincial stations 国控、省控."""
MICRO_KIND: Final = "micro_station"
"""Device kind of sensors that are not calibrated as the standard asks 微站."""

_MEASURED: Final = ("mean_1h", "", "mean_1min", "mean_minutes", "mean_5min", "mean_10min")
"""Statistics from which an hourly mean may be made, the best first."""


class AirHours:
    """Hourly means by station; columns are replaced as a whole, never changed in place."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Start with nothing known of the stations of a city."""
        self.devices = tuple(
            one.id
            for kind in (STANDARD_KIND, MICRO_KIND)
            for one in catalogue.devices.values()
            if one.kind == kind
        )
        """Stations, n of them, the official ones first, then in the order of the catalogue."""
        row_of = {device: row for row, device in enumerate(self.devices)}
        best: dict[tuple[int, int], Datastream] = {}
        for one in catalogue.datastreams:
            is_known = one.observed_property in POLLUTANTS and one.statistic in _MEASURED
            if one.device in row_of and is_known and not one.retired:
                key = (row_of[one.device], POLLUTANTS.index(one.observed_property))
                if key not in best or _rank(one) < _rank(best[key]):
                    best[key] = one
        self._at = {one.slot: key for key, one in best.items()}
        self._length_s = {
            one.slot: length_s(one.statistic) or one.period_s for one in best.values()
        }
        shape = (len(self.devices), len(POLLUTANTS), KEPT_HOURS)
        self.as_of_us: int | None = None
        """When the database was asked; None: never."""
        self.start_us: NDArray[np.int64] = np.zeros(KEPT_HOURS, dtype=np.int64)
        """(48,) start of each hour; the last one is the newest that was over when it was asked."""
        self.means: NDArray[np.float64] = np.full(shape, np.nan)
        """(n, 6, 48) in the order of `POLLUTANTS`; µg/m³, of CO mg/m³; NaN where not valid."""
        self.minutes: NDArray[np.int64] = np.zeros(shape, dtype=np.int64)
        """(n, 6, 48) minutes of the hour that were measured, 0 to 60."""
        self.measures: NDArray[np.bool_] = np.zeros(shape[:2], dtype=np.bool_)
        """(n, 6) whether the station has such an instrument."""
        for row, pollutant in best:
            self.measures[row, pollutant] = True

    async def refresh(self, history: History, now_us: int) -> None:
        """Read the newest hours, or all of them when another hour is over."""
        newest_us = now_us - now_us % HOUR_US - HOUR_US
        is_known = self.as_of_us is not None and self.start_us[-1] == newest_us
        hours = AGAIN_HOURS if is_known else KEPT_HOURS
        start_us = newest_us + HOUR_US * np.arange(1 - KEPT_HOURS, 1, dtype=np.int64)
        means, minutes = self.means.copy(), self.minutes.copy()
        means[..., KEPT_HOURS - hours :], minutes[..., KEPT_HOURS - hours :] = np.nan, 0
        if self._at:
            found = await history.rollup(
                sorted(self._at), "1h", int(start_us[-hours]), newest_us + HOUR_US
            )
            columns = (found.datastream, found.start_us, found.good, found.mean)
            for slot, at_us, good, mean in zip(*(one.tolist() for one in columns), strict=True):
                row, pollutant = self._at[slot]
                hour = (at_us - int(start_us[0])) // HOUR_US
                measured = min(60.0, good * self._length_s[slot] / 60)
                minutes[row, pollutant, hour] = int(measured)
                # What is below zero or no number is no concentration: the indices refuse it.
                if measured >= LEAST_MINUTES and 0 <= mean <= LARGEST:
                    means[row, pollutant, hour] = mean
        self.means, self.minutes, self.start_us, self.as_of_us = means, minutes, start_us, now_us


def day_of(time_us: int) -> int:
    """Return when the day of a time begins, Beijing time."""
    return time_us - (time_us + BEIJING_US) % DAY_US


def _rank(one: Datastream) -> int:
    return _MEASURED.index(one.statistic)
