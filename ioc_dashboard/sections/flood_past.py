"""What the hour and the day before say of a flood: how fast a level rises, how much rain fell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from devices.calendar import HOUR_US, MINUTE_US

if TYPE_CHECKING:
    from storage.rollups import Rollup

RATE_OVER_US: Final = HOUR_US
"""A rate of rise is over the readings of so long, up to now."""

RATE_LEAST_US: Final = HOUR_US // 2
"""Between its first and last minute; over less a ripple looks like a flood."""

RATE_FRESH_US: Final = 15 * MINUTE_US
"""So old its last minute may be."""

RAIN_HOURS: Final = (3, 6, 12, 24)
"""Whole hours that rain is summed over; a 暴雨 warning stands on 3, 6 and 12."""

RAIN_LEAST_SHARE: Final = 0.75
"""Share of an hour's readings that must be good for its rain to count."""

WARNINGS: Final = (
    ("red", 3, 100.0),
    ("orange", 3, 50.0),
    ("yellow", 6, 50.0),
    ("blue", 12, 50.0),
)
"""Colour, hours, mm (inclusive): from where on the weather service warns of 暴雨."""


def rates(minutes: Rollup, now_us: int) -> dict[int, float]:
    """Return the rate of rise by slot, m/h: the slope of a straight line through the last hour.

    Each minute counts once, with the mean of its good readings. A slot is missing where its
    minutes span less than `RATE_LEAST_US` or the last of them is older than `RATE_FRESH_US`.

    Args:
        minutes: `1min` buckets of water levels.
        now_us: µs since 1970.
    """
    told: dict[int, float] = {}
    usable = (minutes.good > 0) & np.isfinite(minutes.mean)
    usable &= (minutes.start_us > now_us - RATE_OVER_US) & (minutes.start_us <= now_us)
    for slot in np.unique(minutes.datastream[usable]):
        of = usable & (minutes.datastream == slot)
        start_us = minutes.start_us[of]
        last_us = int(start_us.max())
        if last_us - start_us.min() < RATE_LEAST_US or now_us - last_us > RATE_FRESH_US:
            continue
        hours = (start_us - last_us) / HOUR_US
        told[int(slot)] = float(np.polyfit(hours, minutes.mean[of], 1)[0])
    return told


def rain_sums(
    hours: Rollup, period_s: dict[int, float], until_us: int
) -> dict[int, tuple[float | None, ...]]:
    """Return the rain of the last whole hours by slot, mm, for each of `RAIN_HOURS`.

    `rain_1h` is the rain of the hour before each reading, so the last good one of a clock hour is
    that hour's rain, up to what fell after it; such hours are summed, and the hour that is not over
    is left out. A sum is None where one of its hours has fewer good readings than
    `RAIN_LEAST_SHARE` of what its period promises: rain that nobody measured is not 0.

    Args:
        hours: `1h` buckets of `rain_1h`.
        period_s: sampling period by slot, seconds; says which slots are told.
        until_us: end of the last whole hour, exclusive.
    """
    fell = {
        (int(slot), int(start)): float(last)
        for slot, start, good, last in zip(
            hours.datastream, hours.start_us, hours.good, hours.last, strict=True
        )
        if good >= RAIN_LEAST_SHARE * 3600 / period_s.get(int(slot), 3600.0) and np.isfinite(last)
    }
    told = {}
    for slot in period_s:
        each = [fell.get((slot, until_us - (n + 1) * HOUR_US)) for n in range(max(RAIN_HOURS))]
        told[slot] = tuple(_sum(each[:n]) for n in RAIN_HOURS)
    return told


def warning_reached(sums: tuple[float | None, ...]) -> str | None:
    """Return the colour whose rain is reached; to warn is the weather service's part."""
    by_hours = dict(zip(RAIN_HOURS, sums, strict=True))
    for colour, hours, least_mm in WARNINGS:
        fell = by_hours[hours]
        if fell is not None and fell >= least_mm:
            return colour
    return None


def _sum(each: list[float | None]) -> float | None:
    known = [one for one in each if one is not None]
    return round(sum(known), 1) if len(known) == len(each) else None
