"""How indices read: for a person at a terminal, first in Chinese, then in English; and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from devices import PROPERTIES
from devices.calendar import BEIJING
from rules.indices import aqi_told, gb3838_told
from rules.indices.aqi_explained import AirQuality
from rules.indices.aqi_explained import Step as AirStep
from rules.indices.gb3838 import WaterQuality
from rules.indices.gb3838_tables import CLASSES
from storage.instants import instant

"""Days and hours of the standards are Beijing's, wherever this machine stands."""


def air_facts(found: AirQuality, time_us: int) -> dict[str, Any]:
    """Return an air quality index as JSON."""
    return {
        "standard": str(found.edition),
        "kind": str(found.report),
        "at": _moment(time_us),
        "aqi": found.aqi,
        "verdict": str(found.verdict),
        "computed": found.computed,
        "level": None if found.level is None else asdict(found.level),
        "primary": list(found.primary),
        "exceeding": list(found.exceeding),
        "missing": list(found.missing),
        "steps": [_air_step_facts(one) for one in found.steps],
        "clauses": asdict(found.clauses),
    }


def air(found: AirQuality, time_us: int) -> str:
    """Return the same for a person, Chinese and then English."""
    at = _moment(time_us)
    told = [*aqi_told.chinese(found, at), "", *aqi_told.english(found, at)]
    return "\n".join(told)


def water_facts(found: WaterQuality, time_us: int) -> dict[str, Any]:
    """Return the class of a water as JSON."""
    return {
        "standard": "GB 3838-2002",
        "water": str(found.water),
        "at": _moment(time_us),
        "class": None if found.grade is None else asdict(found.grade),
        "deciding": list(found.deciding),
        "missing": list(found.missing),
        "not_classed": list(found.not_classed),
        "target": None if found.target is None else found.target.name,
        "complies": found.complies,
        "failing": list(found.failing),
        "steps": [
            {
                "item": one.item.id,
                "value": one.value,
                "unit": PROPERTIES[one.item.id].unit,
                "class": None if one.number is None else CLASSES[one.number - 1].name,
                "limit": one.limit,
                "saturation": one.saturation,
                "clause": one.clause,
            }
            for one in found.steps
        ],
    }


def water(found: WaterQuality, time_us: int) -> str:
    """Return the same for a person, Chinese and then English."""
    at = _moment(time_us)
    told = [*gb3838_told.chinese(found, at), "", *gb3838_told.english(found, at)]
    return "\n".join(told)


def _air_step_facts(step: AirStep) -> dict[str, Any]:
    one = step.indicator
    return {
        "indicator": one.id,
        "pollutant": one.pollutant,
        "unit": PROPERTIES[one.pollutant].unit,
        "concentration": step.concentration,
        "used": step.used,
        "outcome": str(step.outcome),
        "breakpoints": None if step.low is None else [step.low, step.high],
        "indices": None if step.low is None else [step.index_low, step.index_high],
        "exact": None if step.exact is None else float(step.exact),
        "iaqi": step.iaqi,
        "clause": step.clause,
    }


def _moment(time_us: int) -> str:
    return instant(time_us).astimezone(BEIJING).isoformat(timespec="seconds")
