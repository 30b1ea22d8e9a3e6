"""The rhythm of a day and a year in Jiangyan: hours, rush, daylight, season.

Local time is UTC+8 without daylight saving (Asia/Shanghai since 1992), so plain arithmetic will do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

UTC_OFFSET_S = 8 * 3600
_DAY_S = 86_400
_YEAR_DAYS = 365.2425


def hour(time_s: Column) -> Column:
    """Return the local hour, 0 ≤ h < 24.

    >>> float(hour(np.array([0.0]))[0])
    8.0
    """
    return (time_s + UTC_OFFSET_S) % _DAY_S / 3600


def is_weekend(time_s: Column) -> NDArray[np.bool_]:
    """Return whether it is Saturday or Sunday, local time. 1970-01-01 was a Thursday."""
    return (np.floor((time_s + UTC_OFFSET_S) / _DAY_S) + 3) % 7 >= 5


def season(time_s: Column) -> Column:
    """Return 1 in the hottest days (late July), −1 in the coldest (late January)."""
    day = (time_s + UTC_OFFSET_S) / _DAY_S % _YEAR_DAYS
    result: Column = np.cos(2 * np.pi * (day - 205) / _YEAR_DAYS)
    return result


def bell(at: Column, peak: float, width: float) -> Column:
    """Return 1 at the hour `peak`, falling off over `width` hours, around midnight too."""
    distance = (at - peak + 12) % 24 - 12
    result: Column = np.exp(-0.5 * (distance / width) ** 2)
    return result


def swing(at: Column, peak: float) -> Column:
    """Return a daily cosine: 1 at the hour `peak`, −1 twelve hours later."""
    result: Column = np.cos(2 * np.pi * (at - peak) / 24)
    return result


def traffic_demand(time_s: Column) -> Column:
    """Return how busy the roads are, 0–1: two rush hours on workdays, a flat afternoon else."""
    at = hour(time_s)
    awake = 0.08 + 0.37 / (1 + np.exp(-(at - 6.3) * 2.2)) / (1 + np.exp((at - 21.0) * 1.4))
    rush = 0.55 * np.maximum(bell(at, 7.6, 0.8), bell(at, 17.6, 1.0))
    leisure = 0.22 * bell(at, 15.5, 3.0)
    return np.minimum(awake + np.where(is_weekend(time_s), leisure, rush), 1.0)
