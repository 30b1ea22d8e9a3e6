"""Statistics: what a value over a period says, and which period.

The words of HJ 212: -Avg, -Min, -Max and -Cou of 2051 (minutes), 2061 (hour) and 2031 (day).
"""

from __future__ import annotations

from typing import Final

PERIODS: Final[dict[str, float]] = {
    "1min": 60.0,
    "5min": 300.0,
    "10min": 600.0,
    "30min": 1800.0,
    "1h": 3600.0,
    "2h": 7200.0,
    "3h": 10800.0,
    "6h": 21600.0,
    "12h": 43200.0,
    "1d": 86400.0,
    "minutes": 600.0,
    "daytime": 57600.0,
    "night": 28800.0,
}
"""Length by name, seconds. `minutes` is the period of HJ 212-2051, which each station sets itself
(10 min where nothing else is said). `daytime` is 6 to 22 o'clock and `night` the rest of the same
calendar day, whose start is their phenomenon time (GB 3096-2008, 3.4)."""

FUNCTIONS: Final = ("mean", "min", "max", "sum", "l5", "l10", "l50", "l90", "l95")
"""`l10` is the level that is exceeded for a tenth of the period (GB 3096-2008, 3.5)."""

STATISTICS: Final = frozenset(f"{what}_{period}" for what in FUNCTIONS for period in PERIODS)
"""E.g. `mean_1h`: the mean over the hour that begins at the phenomenon time."""


def length_s(statistic: str) -> float:
    """Return how long the period of a statistic is, seconds; 0 for a value at an instant.

    >>> length_s("mean_1h"), length_s("")
    (3600.0, 0.0)
    """
    return PERIODS[statistic.partition("_")[2]] if statistic else 0.0
