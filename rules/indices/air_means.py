"""The means that the AQI takes, from hourly values, valid only where enough hours are.

NaN is missing, going in and coming out. Sums are exact (see `exact`), so a mean does not depend on
the order of its hours, nor on where a series was cut. Hours begin on the full hour, Beijing time;
the last axis is always time.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.indices.exact import MISSING, SCALE, counts

LEAST_MINUTES: Final = 45
"""Of samples in a 1-hour mean. GB 3095-2012, 表4; GB 3095-2026 says so of gases."""
LEAST_HOURS_OF_8: Final = 6
"""Hourly means in an 8-hour mean of O3. GB 3095-2012, 表4; GB 3095-2026."""
LEAST_HOURS_OF_DAY: Final = 20
"""Hourly means in a 24-hour mean. GB 3095-2012, 表4; GB 3095-2026."""
LEAST_WINDOWS: Final = 14
"""Valid 8-hour means that end at 8 to 24 h, of 17, in the largest of a day. HJ 663-2013."""
O3_LIMIT: Final = 160.0
"""µg/m³, class II of the largest 8-hour mean: what is above counts with fewer windows too, because
an excess that was measured stays one. HJ 663-2013; GB 3095-2012, 表1."""

_DAY_HOURS: Final = 24
_O3_HOURS: Final = 8


def hour_mean(minutes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return 1-hour means.

    Args:
        minutes: (…, 60) one-minute means of an hour.

    Returns:
        (…,) NaN where fewer than 45 minutes are valid.

    >>> hour_mean(np.where(np.arange(60) < 44, 7.0, np.nan)).item()
    nan
    """
    return _mean("minutes", _of(minutes, 60), LEAST_MINUTES)


def day_mean(hours: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return 24-hour means of days.

    Args:
        hours: (…, 24) hourly means of a day, from 0 h Beijing time.

    Returns:
        (…,) NaN where fewer than 20 hours are valid.

    >>> day_mean(np.where(np.arange(24) < 20, 75.0, np.nan)).item()
    75.0
    """
    return _mean("hours", _of(hours, _DAY_HOURS), LEAST_HOURS_OF_DAY)


def day_maximum_1h(hours: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the largest 1-hour mean of days.

    Args:
        hours: (…, 24) hourly means of a day, from 0 h Beijing time.

    Returns:
        (…,) NaN where fewer than 20 hours are valid.
    """
    whole = counts("hours", _of(hours, _DAY_HOURS))
    enough = (whole != MISSING).sum(axis=-1) >= LEAST_HOURS_OF_DAY
    found: NDArray[np.float64] = np.where(enough, whole.max(axis=-1) / SCALE, np.nan)
    return found


def rolling_24h(hours: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return at each hour the mean of it and the 23 before, as HJ 633-2012 reports PM by the hour.

    Args:
        hours: (…, t) hourly means; what was before the first is missing.

    Returns:
        (…, t) NaN where fewer than 20 of the hours are valid.
    """
    return _rolling(hours, _DAY_HOURS, LEAST_HOURS_OF_DAY)


def rolling_8h(hours: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return at each hour the mean of it and the 7 before.

    Args:
        hours: (…, t) hourly means; what was before the first is missing.

    Returns:
        (…, t) NaN where fewer than 6 of the hours are valid.

    >>> rolling_8h(np.array([10.0] * 6 + [np.nan] * 3)).tolist()[4:]
    [nan, 10.0, 10.0, 10.0, nan]
    """
    return _rolling(hours, _O3_HOURS, LEAST_HOURS_OF_8)


def day_maximum_8h(
    hours: NDArray[np.floating], least_windows: int = LEAST_WINDOWS, limit: float = O3_LIMIT
) -> NDArray[np.float64]:
    """Return the largest 8-hour rolling mean of days, of those that lie in the day as a whole.

    Args:
        hours: (…, 24) hourly means of O3, from 0 h Beijing time, µg/m³.
        least_windows: of the 17 means that end at 8 to 24 h, how many must be valid …
        limit: … unless the largest is above this, µg/m³.

    Returns:
        (…,) NaN where it is not valid.

    Source:
        HJ 663-2013, validity of the daily maximum 8-hour mean of O3.
    """
    windows = rolling_8h(_of(hours, _DAY_HOURS))[..., _O3_HOURS - 1 :]
    is_valid = ~np.isnan(windows)
    largest = np.where(is_valid, windows, -1.0).max(axis=-1)
    holds = is_valid.any(axis=-1) & ((is_valid.sum(axis=-1) >= least_windows) | (largest > limit))
    return np.where(holds, largest, np.nan)


def _mean(name: str, values: NDArray[np.floating], least: int) -> NDArray[np.float64]:
    whole = counts(name, values)
    valid = whole != MISSING
    return _ratio(np.where(valid, whole, 0).sum(axis=-1), valid.sum(axis=-1), least)


def _rolling(hours: NDArray[np.floating], length: int, least: int) -> NDArray[np.float64]:
    whole = counts("hours", hours)
    valid = whole != MISSING
    return _ratio(_sums(np.where(valid, whole, 0), length), _sums(valid, length), least)


def _sums(values: NDArray[np.int64] | NDArray[np.bool_], length: int) -> NDArray[np.int64]:
    """Return at each place the sum of it and those before, `length` in all; exact."""
    total = np.cumsum(values, axis=-1, dtype=np.int64)
    total[..., length:] -= total[..., :-length].copy()
    return total


def _ratio(total: NDArray[np.int64], number: NDArray[np.int64], least: int) -> NDArray[np.float64]:
    enough = number >= least
    found: NDArray[np.float64] = np.where(
        enough, total / (np.where(enough, number, 1) * SCALE), np.nan
    )
    return found


def _of(values: NDArray[np.floating], length: int) -> NDArray[np.floating]:
    """Return the values if their last axis is as long as it must be.

    Raises:
        ValueError: it is not.
    """
    if not np.ndim(values) or np.shape(values)[-1] != length:
        raise ValueError(f"the values are {np.shape(values)}; the last axis must have {length}")
    return values
