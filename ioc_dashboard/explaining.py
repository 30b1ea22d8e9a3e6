"""Why an index on the wall is what it is: every step, with its clause, in both languages.

Pure: hourly means or readings in, reasons out. `sections.air.AirSection.explain` has the means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices import PROPERTIES
from devices.calendar import BEIJING, DAY_US, HOUR_US
from ioc_dashboard.air_hours import day_of
from ioc_dashboard.air_index import concentrations, of_day
from rules.indices import Edition, Report, aqi_told, edition_at, gb3838_told
from rules.indices.air_means import LEAST_HOURS_OF_8, LEAST_HOURS_OF_DAY, LEAST_MINUTES
from rules.indices.aqi_explained import AirQuality, explain
from rules.indices.aqi_explained import Step as AirStep
from rules.indices.aqi_tables import POLLUTANTS
from rules.indices.gb3838 import WaterQuality
from storage.instants import instant

_VALIDITY: Final = {
    Edition.HJ_633_2012: "GB 3095-2012 表4",
    Edition.HJ_633_2026: "GB 3095-2026",
}
"""Where it stands how many hours a mean needs."""


class Reason(msgspec.Struct, frozen=True):
    """One step: how one pollutant or item was judged."""

    property: str
    """Key of `devices.PROPERTIES`."""
    mean: tuple[str, str]
    """What mean it is; empty where it is a reading."""
    concentration: float | None
    """As measured, canonical unit; None: missing."""
    unit: str
    """As people read it."""
    result: int | None
    """Sub-index, or class 1 to 6; None where it does not count."""
    told: tuple[str, str]
    """The arithmetic."""
    clause: str
    hours: tuple[int, int, int] | None
    """Of a mean over hours: how many are valid, of how many, and how many it needs."""
    decides: bool
    """It has the result of the whole."""


class Explanation(msgspec.Struct, frozen=True):
    """Why one figure is what it is."""

    index: str
    """What was asked, as in `data-index`."""
    name: tuple[str, str]
    """Of station or area."""
    standard: str
    """With its edition."""
    is_reference: bool
    """Of micro stations: 仅供参考."""
    from_ms: int
    until_ms: int
    """Of the hour or day; of a reading both are when it was looked at."""
    result: int | None
    """AQI, or class 1 to 6; None: NA."""
    level: tuple[str, str]
    """What that means; empty without a result."""
    rgb: tuple[int, int, int] | None
    lines: list[tuple[str, str]]
    """The whole in words, each with its clause, the steps last and indented."""
    reasons: list[Reason]
    validity: tuple[str, str]
    """When a mean counts, and where that stands; empty for water."""


def explain_air(
    index: str,
    name: tuple[str, str],
    is_reference: bool,
    report: Report,
    start_us: NDArray[np.int64],
    means: NDArray[np.float64],
    at_us: int,
) -> Explanation:
    """Return how an AQI comes about.

    Args:
        index: what was asked.
        name: of station or area.
        is_reference: see `Explanation`.
        report: real-time: of the hour that begins at `at_us`; daily: of the day it is in.
        start_us: (t,) of hours that follow each other; a real-time report of 2012 takes 24 of them.
        means: (6, t) hourly means in the order of `POLLUTANTS`; NaN where not valid.
        at_us: start of an hour, one of `start_us`.

    Raises:
        ValueError: the hour is not among them.
    """
    if at_us not in start_us:
        raise ValueError(f"hour {at_us} is not among the {start_us.size} hours that are known")
    upto = means[None, :, : int(np.flatnonzero(start_us == at_us)[0]) + 1]
    from_us, until_us = at_us, at_us + HOUR_US
    if report is Report.DAILY:
        from_us = day_of(at_us)
        until_us = from_us + DAY_US
        upto = of_day(start_us[: upto.shape[-1]], upto, from_us)
    edition = edition_at(from_us)
    given = {
        key: float(value[0] if report is Report.DAILY else value[0, -1])
        for key, value in concentrations(edition, report, upto).items()
    }
    found = explain(edition, report, given)
    level, at = found.level, _moment(from_us)
    return Explanation(
        index, name, str(edition), is_reference, from_us // 1000, until_us // 1000, found.aqi,
        ("", "") if level is None else (level.zh, level.en),
        None if level is None else level.rgb,
        _lines(aqi_told.chinese(found, at), aqi_told.english(found, at)),
        [_air_reason(step, found, report, upto[0]) for step in found.steps],
        _validity(edition),
    )  # fmt: skip


def explain_water(
    index: str, name: tuple[str, str], found: WaterQuality, at_us: int
) -> Explanation:
    """Return how the class of a water comes about.

    Args:
        index: what was asked.
        name: of the station.
        found: the class with its steps.
        at_us: when its readings were the newest.
    """
    grade, at = found.grade, _moment(at_us)
    reasons = []
    for step in found.steps:
        zh, en = gb3838_told.step_told(step)
        reasons.append(
            Reason(
                step.item.id, ("", ""), step.value, PROPERTIES[step.item.id].symbol, step.number,
                (zh, en), step.clause, None, step.item.id in found.deciding,
            )
        )  # fmt: skip
    return Explanation(
        index, name, "GB 3838-2002", False, at_us // 1000, at_us // 1000,
        None if grade is None else grade.number,
        ("", "") if grade is None else (grade.zh, grade.en), None,
        _lines(gb3838_told.chinese(found, at), gb3838_told.english(found, at)), reasons, ("", ""),
    )  # fmt: skip


def _air_reason(
    step: AirStep, found: AirQuality, report: Report, means: NDArray[np.float64]
) -> Reason:
    part = step.indicator
    valid = ~np.isnan(means[POLLUTANTS.index(part.pollutant)])
    length = part.id.partition("_")[2]
    hours = None
    if report is Report.DAILY:
        hours = (int(valid.sum()), 24, LEAST_HOURS_OF_DAY)
    elif length == "24h":
        hours = (int(valid[-24:].sum()), 24, LEAST_HOURS_OF_DAY)
    elif length == "8h":
        hours = (int(valid[-8:].sum()), 8, LEAST_HOURS_OF_8)
    return Reason(
        part.pollutant, (part.zh, part.en), step.concentration, PROPERTIES[part.pollutant].symbol,
        step.iaqi, aqi_told.step_told(step, found.clauses.rounding), step.clause, hours,
        found.computed is not None and step.iaqi == found.computed,
    )  # fmt: skip


def _validity(edition: Edition) -> tuple[str, str]:
    where = _VALIDITY[edition]
    return (
        f"小时平均至少{LEAST_MINUTES}分钟有效，8小时至少{LEAST_HOURS_OF_8}个、24小时至少"
        f"{LEAST_HOURS_OF_DAY}个小时平均有效，否则为 NA（{where}）",
        f"An hourly mean needs {LEAST_MINUTES} valid minutes, one of 8 hours "
        f"{LEAST_HOURS_OF_8} and one of 24 hours {LEAST_HOURS_OF_DAY} valid hours; else NA "
        f"({where})",
    )


def _lines(zh: Iterator[str], en: Iterator[str]) -> list[tuple[str, str]]:
    return list(zip(zh, en, strict=True))


def _moment(time_us: int) -> str:
    return instant(time_us).astimezone(BEIJING).isoformat(timespec="seconds")
