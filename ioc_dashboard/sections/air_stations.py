"""Air quality of stations, towns and the district: what of each is shown, in order."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from rules.indices.aqi import NA, Indices
from rules.indices.aqi_explained import Verdict
from rules.indices.aqi_tables import DECIMALS, POLLUTANTS


class Quality(msgspec.Struct, frozen=True):
    """One AQI."""

    aqi: int | None
    """None: NA."""
    level: int
    """1 优 to 6 严重污染; 0: NA."""
    primary: list[str]
    """首要污染物; empty where the AQI is 50 or less."""
    verdict: str
    """`aqi_explained.Verdict`: why there is none."""
    missing: list[str]
    """Pollutants of which the report has no valid mean at all."""


class Day(msgspec.Struct, frozen=True):
    """One daily report."""

    start_ms: int
    quality: Quality
    hours: int
    """Of the day for which any pollutant has a valid mean, at most 24; a report needs 20."""


class Area(msgspec.Struct, frozen=True):
    """A town, or the district."""

    town: int
    """Index in the atlas; -1: the district."""
    index: str
    """What explains it, see `explaining`."""
    quality: Quality
    of: int
    """Stations whose mean it is."""
    is_reference: bool
    """They are micro stations: 仅供参考."""
    hours: list[int | None]
    """Real-time AQI of the last 24 hours, oldest first."""
    yesterday: Day
    today: Day


class AirStation(msgspec.Struct, frozen=True):
    """One station."""

    device: int
    """Index in the atlas."""
    is_reference: bool
    """A micro station: 仅供参考."""
    quality: Quality
    values: list[float | None]
    """(6,) means of the hour in the order of `POLLUTANTS`; None where not valid."""
    minutes: list[int | None]
    """(6,) minutes of the hour that were measured; None where it has no such instrument."""


def quality_at(found: Indices, at: int) -> Quality:
    """Return one of several AQIs.

    Args:
        found: of all.
        at: which one.
    """
    aqi, computed = int(found.aqi[at]), int(found.computed[at])
    if aqi != NA:
        verdict = Verdict.PUBLISHED
    elif found.is_unbounded[at]:
        verdict = Verdict.UNBOUNDED
    else:
        verdict = Verdict.EMPTY if computed == NA else Verdict.INCOMPLETE
    measured = {
        part.pollutant
        for part, is_gone in zip(found.indicators, found.missing[:, at], strict=True)
        if not is_gone and part.column is not None and not part.stands_in_for
    }
    return Quality(
        None if aqi == NA else aqi,
        int(found.level[at]),
        [one for one, is_one in zip(POLLUTANTS, found.primary[:, at], strict=True) if is_one],
        str(verdict),
        [one for one in POLLUTANTS if one not in measured],
    )


def area_means(means: NDArray[np.float64], rows: Sequence[int]) -> NDArray[np.float64]:
    """Return the mean over stations of each pollutant and hour: of those that are valid.

    Args:
        means: (n, 6, t).
        rows: stations of the area.

    Returns:
        (6, t) NaN where none is.
    """
    mine = means[list(rows)]
    valid = ~np.isnan(mine)
    number = valid.sum(axis=0)
    total = np.where(valid, mine, 0.0).sum(axis=0)
    found: NDArray[np.float64] = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return found


def worst_first(one: Area | AirStation) -> tuple[bool, int]:
    """Order by AQI, downwards; those without one last, and otherwise as they were."""
    return one.quality.aqi is None, -(one.quality.aqi or 0)


def shown(values: NDArray[np.float64]) -> list[float | None]:
    """Return concentrations of the six pollutants as people read them."""
    return [
        None if np.isnan(value) else round(float(value), DECIMALS[name])
        for name, value in zip(POLLUTANTS, values, strict=True)
    ]
