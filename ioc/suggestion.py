"""What an unknown device probably is: a property for each name it uses. Pure.

A suggestion is for a person to look at. It is made by the name first (as ours, an alias, the
Chinese name, nearly one of them), and only where the unit fits; where the name says nothing, by a
unit that only one property has.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from devices import PROPERTIES
from devices.statistics import STATISTICS
from ingest import units

PERIOD_S: Final = 60.0
"""Sampling period of a device of which nothing is known, seconds."""

_ALIASES: Final = {
    "level": "water_level", "z": "water_level", "stage": "water_level", "waterlevel": "water_level",
    "河道水位": "water_level", "rain": "rain_1h", "rainfall": "rain_1h", "precipitation": "rain_1h",
    "雨量": "rain_1h", "降水量": "rain_1h", "q": "flow", "discharge": "flow",
    "depth": "water_depth", "积水": "water_depth",
    "do": "dissolved_oxygen", "nh3n": "ammonia_nitrogen",
    "nh3-n": "ammonia_nitrogen", "codmn": "permanganate_index", "tp": "total_phosphorus",
    "pm2.5": "pm25", "pm2_5": "pm25", "temperature": "air_temperature", "temp": "air_temperature",
    "温度": "air_temperature", "humidity": "relative_humidity", "rh": "relative_humidity",
    "湿度": "relative_humidity", "leq": "noise", "laeq": "noise", "people": "crowd",
    "count": "crowd",
}  # fmt: skip
"""Property by what else it is called, lower case."""

_RANGES: Final = {
    "water_level": (-10, 50), "rain_1h": (0, 300), "flow": (-1000, 10000), "water_depth": (0, 10),
    "ph": (0, 14), "wind_speed": (0, 75), "wind_direction": (0, 360), "speed": (0, 250),
    "vehicle_flow": (0, 20000), "crowd": (0, 100000), "noise": (0, 150), "turbidity": (0, 4000),
    "pump_power": (0, 10000),
}  # fmt: skip
"""Smallest and largest result of usual instruments by property, canonical unit."""

_RANGES_BY_UNIT: Final = {
    "Cel": (-50, 80), "ug/m3": (0, 5000), "mg/m3": (0, 500), "mg/L": (0, 1000), "%RH": (0, 100),
    "%": (0, 100), "/": (0, 1),
}  # fmt: skip

_UNLIMITED: Final = (-1e9, 1e9)
"""Where nothing is known: the person who adopts is told to set it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One name that a device uses, and what it probably is."""

    key: str
    """As codecs make it: `{device}/{code}`, perhaps `:{statistic}`."""
    code: str
    """The device's word for the property; empty where the key is not of this device's form."""
    statistic: str
    unit: str
    """As the device says; empty where it says none."""
    property: str
    """One of `devices.PROPERTIES`; empty where nothing fits."""
    why: str
    """In words, for a person."""


def suggest(device: str, keys: Mapping[str, str]) -> list[Suggestion]:
    """Return what each name of a device probably is, in the order of the names.

    Args:
        device: as it names itself.
        keys: unit by key.

    >>> [(one.code, one.property) for one in suggest("d", {"d/rainfall": "mm", "d/x": "NTU"})]
    [('rainfall', 'rain_1h'), ('x', 'turbidity')]
    """
    found = []
    for key in sorted(keys):
        code, statistic = _parts(device, key)
        unit = keys[key] or ""
        name, why = _property(code or key.rpartition("/")[2], unit)
        found.append(Suggestion(key, code, statistic, unit, name, why))
    return found


def physical_range(name: str) -> tuple[float, float]:
    """Return smallest and largest result that an instrument for a property usually gives."""
    return _RANGES.get(name) or _RANGES_BY_UNIT.get(PROPERTIES[name].unit) or _UNLIMITED


def fits(unit: str, name: str) -> bool:
    """Whether what a device sends can be a property; no unit fits every one."""
    return not unit or units.scale(unit, PROPERTIES[name].unit) is not None


def _parts(device: str, key: str) -> tuple[str, str]:
    """Return the device's word and the statistic of a key."""
    if not device or not key.startswith(f"{device}/"):
        return "", ""
    rest = key[len(device) + 1 :]
    code, colon, statistic = rest.rpartition(":")
    return (code, statistic) if colon and statistic in STATISTICS else (rest, "")


def _property(code: str, unit: str) -> tuple[str, str]:
    word = code.casefold().strip()
    names = dict(_ALIASES)
    for one in PROPERTIES.values():
        names |= {one.zh.casefold(): one.id, one.en.casefold(): one.id}
    names |= {one: one for one in PROPERTIES}
    near = [word] if word in names else difflib.get_close_matches(word, names, n=3, cutoff=0.6)
    for like in near:
        if fits(unit, names[like]):
            return names[like], "by its name" if like == word else f"its name is like {like!r}"
    same = [name for name, one in PROPERTIES.items() if unit and one.unit == unit]
    if len(same) == 1:
        return same[0], f"only {same[0]} is in {unit}"
    if near:
        return "", f"like {names[near[0]]}, which is never in {unit}"
    return "", "no property of ours is called so" + (f" or alone in {unit}" if unit else "")
