"""Reports of the same thing: which cases a new report is likely about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from devices.geo import distance_km
from dispatch.cases.case import Case, Outcome, Report
from dispatch.cases.policy import Sameness


@dataclass(frozen=True, slots=True)
class Likely:
    """A case that a report is likely about."""

    case: int
    number: str
    is_same_component: bool
    """Both name the same component; else they are only near each other."""
    distance_m: float | None
    """Metres between them; None where one has no position."""
    opened_us: int
    """When the case was reported, µs since 1970."""


def likely_originals(
    report: Report, at_us: int, cases: Iterable[Case], sameness: Sameness
) -> list[Likely]:
    """Return the cases that a report is likely about, the likeliest first.

    A case counts if it is of the same category and was not rejected or voided, is open or was
    reported at most `within_us` before or after the report, and is of the same component. Where
    both name a component, that decides; where one does not, they must stand at most `within_m`
    apart, both ends inclusive. Without a position there is nothing to go by but the place's id.

    Args:
        report: the new one.
        at_us: when it is made, µs since 1970.
        cases: in any order.
        sameness: the district's.

    Returns:
        Those of the same component first, then the nearest, those without position last, then the
        newest, then by id.
    """
    found = [
        one
        for case in cases
        if case.report.category == report.category
        and case.outcome not in (Outcome.REJECTED, Outcome.VOIDED)
        and (case.is_open or abs(at_us - case.opened_us) <= sameness.within_us)
        and (one := _likely(report, case, sameness.within_m))
    ]
    return sorted(
        found,
        key=lambda one: (
            not one.is_same_component,
            float("inf") if one.distance_m is None else one.distance_m,
            -one.opened_us,
            one.case,
        ),
    )


def _likely(report: Report, case: Case, within_m: float) -> Likely | None:
    theirs = case.report
    distance_m = _distance_m(report, theirs)
    is_named = bool(report.component and theirs.component)
    if is_named:
        is_same = report.component == theirs.component
    elif distance_m is not None:
        is_same = distance_m <= within_m
    else:
        is_same = bool(report.place) and report.place == theirs.place
    if not is_same:
        return None
    return Likely(case.id, case.number, is_named, distance_m, case.opened_us)


def _distance_m(one: Report, other: Report) -> float | None:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    return float(distance_km(one.lon, one.lat, other.lon, other.lat)) * 1000
