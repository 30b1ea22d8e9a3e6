"""The air quality index (AQI, 空气质量指数) of HJ 633, both editions, for many stations at once.

`aqi_explained` tells how the one of a station comes about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.indices.aqi_tables import (
    DECIMALS,
    INDEX,
    LEVELS,
    POLLUTANTS,
    REPORTS,
    Column,
    Edition,
    Indicator,
    Report,
)
from rules.indices.exact import MISSING, SCALE, counts, half_even
from rules.indices.given import size_of

NA: Final = -1
"""Where there is no index."""

_PRIMARY_ABOVE: Final = 50
_EXCEEDING_ABOVE: Final = 100
_INCOMPLETE_ABOVE: Final = 100
"""HJ 633-2026: what lacks a pollutant is published only above."""

_BOUNDS: Final = np.array([one.highest for one in LEVELS[:-1]], dtype=np.int16)


@dataclass(frozen=True, slots=True, eq=False)
class Indices:
    """Reports of n stations; m indicators."""

    edition: Edition
    report: Report
    indicators: tuple[Indicator, ...]
    """Those of the report, m of them."""
    iaqi: NDArray[np.int16]
    """(m, n) sub-indices that count, `NA` where there is none."""
    computed: NDArray[np.int16]
    """(n,) largest sub-index, whether it may be published or not; `NA` without any."""
    aqi: NDArray[np.int16]
    """(n,) the AQI, `NA` where it must not be published."""
    level: NDArray[np.int8]
    """(n,) number of the level, 1 to 6; 0 where the AQI is `NA`."""
    primary: NDArray[np.bool_]
    """(6, n) whether a pollutant, in the order of `POLLUTANTS`, is a 首要污染物."""
    exceeding: NDArray[np.bool_]
    """(6, n) whether it is a 超标污染物; never in HJ 633-2026, which knows none."""
    missing: NDArray[np.bool_]
    """(m, n) whether an indicator of the report has no concentration."""
    is_unbounded: NDArray[np.bool_]
    """(n,) HJ 633-2012: whether a pollutant is beyond its column and has no other index."""


def sub_index(column: Column, whole: NDArray[np.int64]) -> NDArray[np.int16]:
    """Return IAQIs: linear between breakpoints, rounded up.

    Args:
        column: the breakpoints.
        whole: (n,) concentrations as counts, see `exact.counts`.

    Returns:
        (n,) `NA` where the concentration is missing, or beyond a column that is not capped.

    Source:
        HJ 633-2012, 4.2, formula 1 with 表1; HJ 633-2026, formula 1 with 表3.
        IAQI = (IAQI_Hi - IAQI_Lo) / (BP_Hi - BP_Lo) × (C - BP_Lo) + IAQI_Lo.

    >>> one = Column("PM2.5 24h", (0, 35, 60, 115, 150, 250, 350, 500))
    >>> sub_index(one, counts("pm25", np.array([60.0, 60.00000000000001, 61.0, np.nan, 900.0])))
    array([100, 100, 101,  -1, 500], dtype=int16)
    """
    points = np.array(column.breakpoints, dtype=np.int64) * SCALE
    levels = np.array(INDEX[: len(column.breakpoints)], dtype=np.int64)
    at = interval(points, whole)
    rise, run = levels[at] - levels[at - 1], points[at] - points[at - 1]
    # Missing ones would overflow; their result is replaced below.
    above = np.where(whole == MISSING, 0, whole) - points[at - 1]
    found = levels[at - 1] - (-(rise * above) // run)
    found = np.where(whole > points[-1], levels[-1] if column.is_capped else NA, found)
    return np.where(whole == MISSING, NA, found).astype(np.int16)


def indices(
    edition: Edition, report: Report, concentrations: Mapping[str, NDArray[np.floating]]
) -> Indices:
    """Return the reports of many stations for one hour or day.

    Args:
        edition: of the hour or day, see `edition_at`.
        report: which one.
        concentrations: (n,) by id of an indicator of that report; µg/m³, of CO mg/m³. NaN, or no
            such key, is missing: where too few hours are valid the mean is NaN, see `air_means`.

    Raises:
        IndexInputError: an id is not one of this report, there is none, arrays differ in length,
            or a concentration is negative or infinite.

    Source:
        HJ 633-2012, 4.2 to 4.4, 表1, 表2; HJ 633-2026, 4.2, 4.3, 5.3.1, 表3.

    >>> one = indices(Edition.HJ_633_2012, Report.DAILY, {"pm25_24h": np.array([75.0, np.nan])})
    >>> one.aqi
    array([100,  -1], dtype=int16)
    """
    parts = REPORTS[edition, report]
    whole = usable(edition, report, concentrations)
    iaqi, beyond = _sub_indices(parts, whole)
    of = np.array([POLLUTANTS.index(part.pollutant) for part in parts])
    by_pollutant = np.stack([iaqi[of == one].max(axis=0) for one in range(len(POLLUTANTS))])
    is_beyond = np.stack([beyond[of == one].any(axis=0) for one in range(len(POLLUTANTS))])
    is_unbounded: NDArray[np.bool_] = (is_beyond & (by_pollutant == NA)).any(axis=0)
    missing: NDArray[np.bool_] = (whole == MISSING) & np.array(
        [not part.stands_in_for for part in parts]
    )[:, None]
    computed: NDArray[np.int16] = by_pollutant.max(axis=0)
    withheld = is_unbounded
    if edition is Edition.HJ_633_2026:
        withheld = missing.any(axis=0) & (computed <= _INCOMPLETE_ABOVE)
    aqi = np.where(withheld, NA, computed).astype(np.int16)
    primary: NDArray[np.bool_] = (by_pollutant == aqi) & (aqi > _PRIMARY_ABOVE)
    exceeding: NDArray[np.bool_] = is_beyond | (by_pollutant > _EXCEEDING_ABOVE)
    if edition is Edition.HJ_633_2026:
        exceeding = np.zeros_like(exceeding)
    return Indices(
        edition,
        report,
        parts,
        iaqi,
        computed,
        aqi,
        np.where(aqi == NA, 0, 1 + np.searchsorted(_BOUNDS, aqi)).astype(np.int8),
        primary,
        exceeding,
        missing,
        is_unbounded,
    )


def usable(
    edition: Edition, report: Report, concentrations: Mapping[str, NDArray[np.floating]]
) -> NDArray[np.int64]:
    """Return concentrations as counts, rounded where the edition says so: (m, n).

    Args:
        edition: see `indices`, as for the others.
        report: which one.
        concentrations: (n,) by indicator.

    Raises:
        IndexInputError: as `indices` does.
    """
    parts = REPORTS[edition, report]
    what = f"indicator of the {report} report of {edition}"
    size = size_of(concentrations, [part.id for part in parts], what)
    rows = []
    for part in parts:
        if part.id in concentrations:
            row = counts(part.id, concentrations[part.id])
            if edition is Edition.HJ_633_2026:
                row = half_even(row, DECIMALS[part.pollutant])
        else:
            row = np.full(size, MISSING)
        rows.append(row)
    return np.stack(rows)


def _sub_indices(
    parts: tuple[Indicator, ...], whole: NDArray[np.int64]
) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Return the sub-indices that count, and where a column has ended without one: both (m, n)."""
    iaqi = np.full(whole.shape, NA, dtype=np.int16)
    beyond = np.zeros(whole.shape, dtype=np.bool_)
    rows = {part.id: row for row, part in enumerate(parts)}
    for row, part in enumerate(parts):
        if part.column is not None:
            iaqi[row] = sub_index(part.column, whole[row])
            if not part.column.is_capped:
                beyond[row] = whole[row] > part.column.breakpoints[-1] * SCALE
    for row, part in enumerate(parts):
        if part.stands_in_for:
            iaqi[row, ~beyond[rows[part.stands_in_for]]] = NA
    return iaqi, beyond


def interval(points: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return which breakpoint is the first at or above each concentration, the second at least."""
    found: NDArray[np.intp] = np.clip(np.searchsorted(points, whole), 1, points.size - 1)
    return found
