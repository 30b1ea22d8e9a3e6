"""Real-time and daily AQI of hourly means, each hour and day by the edition of its own time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from devices.calendar import HOUR_US
from ioc_dashboard.air_hours import day_of
from rules.indices import Edition, Report, edition_at
from rules.indices.air_means import (
    day_maximum_1h,
    day_maximum_8h,
    day_mean,
    rolling_8h,
    rolling_24h,
)
from rules.indices.aqi import NA, Indices, indices
from rules.indices.aqi_tables import POLLUTANTS, REPORTS

SHOWN_HOURS: Final = 24
_DAY_HOURS: Final = 24
_Mean = Callable[[NDArray[np.float64]], NDArray[np.float64]]
_MEANS: Final[Mapping[Report, Mapping[str, _Mean]]] = {
    Report.REALTIME: {"1h": np.copy, "8h": rolling_8h, "24h": rolling_24h},
    Report.DAILY: {"1h": day_maximum_1h, "8h": day_maximum_8h, "24h": day_mean},
}
"""Over the last axis, by what an indicator's id ends with."""


@dataclass(frozen=True, slots=True, eq=False)
class Hourly:
    """Real-time AQI of n subjects over the last h hours, oldest first."""

    start_us: NDArray[np.int64]
    """(h,)"""
    aqi: NDArray[np.int16]
    """(n, h) `NA` where there is none."""
    last: Indices
    """Of the newest hour."""


def concentrations(
    edition: Edition, report: Report, means: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return what a report is made of, by indicator.

    Args:
        edition: of the hours or day.
        report: real-time: one figure for each hour; daily: one for the day.
        means: (n, 6, h) hourly means in the order of `POLLUTANTS`; of a daily report the 24 hours
            from 0 h, NaN where they are yet to come.

    Returns:
        (n, h) for the real-time report, (n,) for the daily one.
    """
    of = dict(zip(POLLUTANTS, np.moveaxis(means, 1, 0), strict=True))
    found = {}
    for part in REPORTS[edition, report]:
        _, _, length = part.id.partition("_")
        found[part.id] = _MEANS[report][length](of[part.pollutant])
    return found


def hourly(start_us: NDArray[np.int64], means: NDArray[np.float64]) -> Hourly:
    """Return the real-time AQI of the last 24 hours.

    Args:
        start_us: (t,) of hours that follow each other, 48 for whole rolling means.
        means: (n, 6, t) hourly means.
    """
    n, hours = means.shape[0], start_us.size
    aqi = np.full((n, hours), NA, dtype=np.int16)
    editions = np.array([edition_at(int(one)) for one in start_us])
    for edition in Edition:
        at = np.flatnonzero(editions == edition)
        if at.size:
            of = concentrations(edition, Report.REALTIME, means)
            flat = {key: one[:, at].ravel() for key, one in of.items()}
            aqi[:, at] = indices(edition, Report.REALTIME, flat).aqi.reshape(n, at.size)
    newest = edition_at(int(start_us[-1]))
    of = concentrations(newest, Report.REALTIME, means)
    last = indices(newest, Report.REALTIME, {key: one[:, -1] for key, one in of.items()})
    return Hourly(start_us[-SHOWN_HOURS:], aqi[:, -SHOWN_HOURS:], last)


def day(start_us: NDArray[np.int64], means: NDArray[np.float64], day_us: int) -> Indices:
    """Return the daily report of the day that begins at a time, of the hours that are known.

    A day that is not over has a report as soon as enough of its hours are valid; until then NA.

    Args:
        start_us: (t,) of hours that follow each other.
        means: (n, 6, t) hourly means.
        day_us: 0 h Beijing time.
    """
    whole = of_day(start_us, means, day_us)
    edition = edition_at(day_us)
    return indices(edition, Report.DAILY, concentrations(edition, Report.DAILY, whole))


def of_day(
    start_us: NDArray[np.int64], means: NDArray[np.float64], day_us: int
) -> NDArray[np.float64]:
    """Return the 24 hours of a day, NaN where they are not known: (n, 6, 24)."""
    whole = np.full((*means.shape[:2], _DAY_HOURS), np.nan)
    hour = (start_us - day_us) // HOUR_US
    inside = (hour >= 0) & (hour < _DAY_HOURS)
    whole[..., hour[inside]] = means[..., inside]
    return whole


def days_of(start_us: NDArray[np.int64]) -> tuple[int, int]:
    """Return when the day of the newest hour begins, and the day before it."""
    today_us = day_of(int(start_us[-1]))
    return day_of(today_us - 1), today_us
