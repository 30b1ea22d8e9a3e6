"""How one station's air quality index comes about, step by step, for people who ask why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rules.indices.aqi import NA, indices, interval, usable
from rules.indices.aqi_tables import (
    CLAUSES,
    INDEX,
    LEVELS,
    POLLUTANTS,
    REPORTS,
    Clauses,
    Edition,
    Indicator,
    Level,
    Report,
)
from rules.indices.exact import MISSING, SCALE, numbers
from rules.indices.given import IndexInputError, check_known


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
    whole = usable(edition, report, columns)
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
    at = int(interval(np.array(column.breakpoints, dtype=np.int64) * SCALE, whole)[0])
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
