"""The air quality index (AQI, 空气质量指数) of HJ 633, both editions, for many stations at once.

`indices` computes; `explain` computes one station in the same way and says every step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.indices.aqi_tables import (
    CLAUSES,
    DECIMALS,
    INDEX,
    LEVELS,
    POLLUTANTS,
    REPORTS,
    Clauses,
    Column,
    Edition,
    Indicator,
    Level,
    Report,
)
from rules.indices.exact import MISSING, SCALE, counts, half_even, numbers
from rules.indices.given import IndexInputError, check_known, size_of

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


class Outcome(StrEnum):
    """What became of an indicator."""

    INTERPOLATED = "interpolated"
    BEYOND = "beyond"
    """Above the last breakpoint: the last index holds."""
    NO_INDEX = "no_index"
    """Above the last breakpoint, where HJ 633-2012 gives none."""
    SPARE = "spare"
    """It stands in for another one, which did not need it."""
    SHOWN = "shown"
    """It has no index in this report."""
    MISSING = "missing"


class Verdict(StrEnum):
    """Whether there is an AQI."""

    PUBLISHED = "published"
    INCOMPLETE = "incomplete"
    """A pollutant is missing and the others give 100 or less (HJ 633-2026)."""
    UNBOUNDED = "unbounded"
    """A pollutant is beyond its column and the mean that would give its index is missing (2012)."""
    EMPTY = "empty"
    """Nothing has an index."""


@dataclass(frozen=True, slots=True)
class Step:
    """How one indicator got its sub-index."""

    indicator: Indicator
    outcome: Outcome
    concentration: float | None
    """As given, µg/m³, of CO mg/m³; None where missing."""
    used: float | None
    """As it went into the formula: rounded where the edition says so."""
    low: int | None
    """Breakpoint below, BP_Lo; None unless interpolated."""
    high: int | None
    """Breakpoint at or above, BP_Hi."""
    index_low: int | None
    """IAQI_Lo."""
    index_high: int | None
    """IAQI_Hi."""
    exact: Fraction | None
    """Before it was rounded up."""
    iaqi: int | None
    """None where it does not count."""
    clause: str
    """Of the edition."""


@dataclass(frozen=True, slots=True)
class AirQuality:
    """The report of one station, with its reasons."""

    edition: Edition
    report: Report
    verdict: Verdict
    aqi: int | None
    """None: NA."""
    computed: int | None
    """From what was there, also where it must not be published."""
    level: Level | None
    primary: tuple[str, ...]
    """Pollutants, more than one where they tie."""
    exceeding: tuple[str, ...]
    """Pollutants; empty in HJ 633-2026."""
    missing: tuple[str, ...]
    """Indicators without a concentration."""
    steps: tuple[Step, ...]
    """One for each indicator of the report."""
    clauses: Clauses


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
    at = _interval(points, whole)
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
    whole = _whole(edition, report, concentrations)
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


def explain(edition: Edition, report: Report, concentrations: Mapping[str, float]) -> AirQuality:
    """Return the report of one station with every step.

    Args:
        edition: of the hour or day, see `edition_at`.
        report: which one.
        concentrations: by id of an indicator of that report, or by pollutant where its first
            indicator with an index is meant; µg/m³, of CO mg/m³. NaN, or no such key, is missing.

    Raises:
        IndexInputError: as `indices` does, or something is given twice.

    >>> given = {"pm25": 61, "pm10": 40, "so2": 10, "no2": 20, "co": 0.5, "o3_8h": 60}
    >>> found = explain(Edition.HJ_633_2026, Report.DAILY, given)
    >>> found.aqi, found.level.zh, found.primary
    (101, '轻度污染', ('pm25',))
    """
    named = _named(edition, report, concentrations)
    columns = {key: np.array([value], dtype=np.float64) for key, value in named.items()}
    found = indices(edition, report, columns)
    whole = _whole(edition, report, columns)
    clauses = CLAUSES[edition]
    steps = tuple(
        _step(part, named.get(part.id, np.nan), counted, int(iaqi), clauses)
        for part, counted, iaqi in zip(found.indicators, whole, found.iaqi[:, 0], strict=True)
    )
    aqi, computed = int(found.aqi[0]), int(found.computed[0])
    if aqi != NA:
        verdict = Verdict.PUBLISHED
    elif found.is_unbounded[0]:
        verdict = Verdict.UNBOUNDED
    else:
        verdict = Verdict.EMPTY if computed == NA else Verdict.INCOMPLETE
    return AirQuality(
        edition,
        report,
        verdict,
        None if aqi == NA else aqi,
        None if computed == NA else computed,
        None if aqi == NA else LEVELS[int(found.level[0]) - 1],
        _names(found.primary[:, 0]),
        _names(found.exceeding[:, 0]),
        tuple(
            part.id
            for part, gone in zip(found.indicators, found.missing[:, 0], strict=True)
            if gone
        ),
        steps,
        clauses,
    )


def words(edition: Edition, report: Report) -> tuple[str, ...]:
    """Return what a concentration may be called in a report: its indicators and the pollutants."""
    return (*(part.id for part in REPORTS[edition, report]), *POLLUTANTS)


def indicator_of(edition: Edition, report: Report, word: str) -> Indicator:
    """Return the indicator that a word means in a report.

    Raises:
        IndexInputError: it means none.
    """
    check_known([word], words(edition, report), f"indicator of the {report} report of {edition}")
    parts = REPORTS[edition, report]
    return next(
        part for part in parts
        if word == part.id or (word == part.pollutant and part.column and not part.stands_in_for)
    )  # fmt: skip


def _named(
    edition: Edition, report: Report, concentrations: Mapping[str, float]
) -> dict[str, float]:
    named: dict[str, float] = {}
    for word, value in concentrations.items():
        part = indicator_of(edition, report, word)
        if part.id in named:
            raise IndexInputError(word, f"is {part.id}, which is given already; say it once")
        named[part.id] = value
    return named


def _whole(
    edition: Edition, report: Report, concentrations: Mapping[str, NDArray[np.floating]]
) -> NDArray[np.int64]:
    """Return concentrations as counts, rounded where the edition says so: (m, n)."""
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


def _interval(points: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return which breakpoint is the first at or above each concentration, the second at least."""
    found: NDArray[np.intp] = np.clip(np.searchsorted(points, whole), 1, points.size - 1)
    return found


def _step(
    part: Indicator, given: float, whole: NDArray[np.int64], iaqi: int, clauses: Clauses
) -> Step:
    """Return what became of one indicator.

    Args:
        part: the indicator.
        given: its concentration, NaN where missing.
        whole: (1,) the same as it was used, as counts.
        iaqi: what it counts with, or `NA`.
        clauses: of the edition.
    """
    column, count = part.column, int(whole[0])
    if count == MISSING:
        return _bare(part, Outcome.MISSING, None, None, None, clauses.missing)
    used = float(numbers(whole)[0])
    if column is None:
        return _bare(part, Outcome.SHOWN, given, used, None, "§5")
    if part.stands_in_for and iaqi == NA:
        return _bare(part, Outcome.SPARE, given, used, None, "表1注2")
    if count > column.breakpoints[-1] * SCALE:
        outcome = Outcome.BEYOND if column.is_capped else Outcome.NO_INDEX
        clause = column.beyond or clauses.index
        return _bare(part, outcome, given, used, iaqi if column.is_capped else None, clause)
    at = int(_interval(np.array(column.breakpoints, dtype=np.int64) * SCALE, whole)[0])
    low, high = column.breakpoints[at - 1 : at + 1]
    index_low, index_high = INDEX[at - 1 : at + 1]
    exact = index_low + Fraction(index_high - index_low, high - low) * (
        Fraction(count, SCALE) - low
    )
    return Step(
        part, Outcome.INTERPOLATED, given, used, low, high, index_low, index_high, exact, iaqi,
        f"表1注2, {clauses.index}" if part.stands_in_for else clauses.index,
    )  # fmt: skip


def _bare(
    part: Indicator,
    outcome: Outcome,
    given: float | None,
    used: float | None,
    iaqi: int | None,
    clause: str,
) -> Step:
    """Return a step without interpolation."""
    return Step(part, outcome, given, used, None, None, None, None, None, iaqi, clause)


def _names(chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(one for one, is_one in zip(POLLUTANTS, chosen, strict=True) if is_one)
