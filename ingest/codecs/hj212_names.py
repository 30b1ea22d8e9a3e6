"""Names of attributes, `w01018-Avg` and the like: whose value, over which period, in which unit.

The suffix says what the number is: -Rtd at an instant, -Avg, -Min, -Max and -Cou over the period of
the command, -Data for noise, each with Zs before it for flue gas converted to standard oxygen.

Source:
    HJ 212-2017, table 9 (fields) and tables B.1 to B.3 (codes); table 5 (data flags).
    HJ/T 212-2005, table 9 and 6.6.4 (data flags).
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

from devices import Quality
from ingest.codecs.hj212_factors import FACTORS, NUMERIC, TOTAL_UNITS, Factor
from ingest.codecs.hj212_frame import Deviation

PERIODS: Final = {"2051": "minutes", "2061": "1h", "2031": "1d", "2041": "1d"}
"""Period of `devices.statistics` by command; other commands tell of an instant."""

QUALITIES: Final[dict[str, Quality]] = {
    "N": Quality.GOOD, "F": Quality.STOPPED, "M": Quality.MAINTENANCE, "S": Quality.MANUAL,
    "D": Quality.FAULT, "C": Quality.CALIBRATING, "T": Quality.OVER_RANGE,
    "B": Quality.COMMUNICATION_FAULT,
}  # fmt: skip
"""Quality by data flag (table 5)."""

QUALITIES_2005: Final[dict[str, Quality]] = QUALITIES | {
    "P": Quality.FAULT, "0": Quality.CALIBRATING, "1": Quality.GOOD, "2": Quality.SUSPECT,
    "3": Quality.GOOD,
}  # fmt: skip
"""2005 also has P, power fault, and digits for air stations: 0 calibration, 1 meteorology, 2
abnormal, 3 normal."""

_STATISTICS: Final = {"avg": "mean", "min": "min", "max": "max", "cou": "sum", "data": "mean"}
_SPELLED: Final = {
    suffix.lower(): suffix
    for suffix in (
        "Rtd", "Avg", "Min", "Max", "Cou", "ZsRtd", "ZsAvg", "ZsMin", "ZsMax", "Data", "DayData",
        "NightData", "Flag", "EFlag", "SampleTime", "RS", "RT", "SN", "Info", "Ala",
    )
}  # fmt: skip
_NOISE: Final = {
    "LMx": ("noise", "max"), "LMn": ("noise", "min"), "L5": ("noise", "l5"),
    "L10": ("noise", "l10"), "L50": ("noise", "l50"), "L90": ("noise", "l90"),
    "L95": ("noise", "l95"), "Ld": ("noise_leq", "mean"), "Ln": ("noise_leq", "mean"),
}  # fmt: skip
"""Property and statistic of what is a statistic of the A-weighted level itself."""

_OF_PLANTS: Final = re.compile(r"[eg][0-9]{5}")
"""Process conditions: their last two digits are the plant's own (tables B.4 and B.5)."""

_FACTOR_OF_LOWER: Final = {code.lower(): code for code in FACTORS}
_SHOWN: Final = 40


class Kind(Enum):
    """What an attribute is for."""

    VALUE = "value"
    FLAG = "flag"
    TIME = "time"
    """`DataTime`."""
    FIELD = "field"
    """Any other word of the command; what it means, the command knows."""
    UNNAMED = "unnamed"
    """No name at all."""


class Meaning(NamedTuple):
    """What an attribute's name says."""

    kind: Kind
    code: str
    """The factor as the standard spells it: what the data flag belongs to."""
    path: str
    """What follows the device in the key: `/cod:mean_1h`."""
    unit: str
    deviation: Deviation | None


@lru_cache(maxsize=8192)
def meaning(name: str, cn: str, edition: str) -> Meaning:
    """Return what an attribute of a command is.

    >>> meaning("w01018-Avg", "2061", "2017").path
    '/cod:mean_1h'
    """
    if name == "DataTime":
        return Meaning(Kind.TIME, "", "", "", None)
    code, dash, suffix = name.rpartition("-")
    if not dash:
        return Meaning(Kind.FIELD if name else Kind.UNNAMED, "", "", "", None)
    told = None
    spelled = _SPELLED.get(suffix.lower(), "")
    if spelled and spelled != suffix:
        told = Deviation("name-case", f"{name[:_SHOWN]} is spelled {code[:_SHOWN]}-{spelled}")
    known, factor, deviation = _factor(code, edition)
    told = told or deviation
    if spelled == "Flag":
        return Meaning(Kind.FLAG, known, "", "", told)
    if spelled == "RT":  # hours that equipment ran, 2041
        return Meaning(Kind.VALUE, code, f"/{name}:sum_1d", "h", None)
    if spelled in ("EFlag", "SampleTime", "RS", "SN", "Info", "Ala"):
        return Meaning(Kind.FIELD, known, "", "", None)
    if not spelled:
        unknown = Deviation(
            "code-unknown", f"{name[:_SHOWN]}: -{suffix[:_SHOWN]} is no suffix known"
        )
        return Meaning(Kind.VALUE, known, f"/{name}", "", unknown)
    if factor is None:
        factor = Factor("", "")
        told = told or Deviation("code-unknown", f"{code[:_SHOWN]} is not in the table of factors")
    return _value(name, known, factor, spelled, PERIODS.get(cn, ""), told)


def _value(
    name: str, code: str, factor: Factor, suffix: str, period: str, told: Deviation | None
) -> Meaning:
    own = factor.property or code
    if suffix.startswith("Zs"):
        own, suffix = f"{code}-Zs", suffix[2:]
    if (suffix == "Rtd") != (not period):
        due = "no -Rtd" if period else "-Rtd"
        told = told or Deviation(
            "suffix-unexpected", f"{name[:_SHOWN]}: {due} is due in this command"
        )
        return Meaning(Kind.VALUE, code, f"/{code}-{suffix}", factor.unit, told)
    if suffix == "Rtd":
        return Meaning(Kind.VALUE, code, f"/{own}", factor.unit, told)
    if suffix == "Cou":
        own, unit = factor.total or f"{code}-Cou", TOTAL_UNITS.get(factor.unit, "")
        return Meaning(Kind.VALUE, code, f"/{own}:sum_{period}", unit, told)
    if suffix in ("DayData", "NightData"):
        period, suffix = ("daytime" if suffix == "DayData" else "night"), "Data"
    statistic = _STATISTICS[suffix.lower()]
    if suffix == "Data":
        own, statistic = _NOISE.get(code, (own, statistic))
    return Meaning(Kind.VALUE, code, f"/{own}:{statistic}_{period}", factor.unit, told)


def _factor(code: str, edition: str) -> tuple[str, Factor | None, Deviation | None]:
    """Return a factor's code as the standard of 2017 spells it, and what is wrong with it."""
    found = FACTORS.get(code)
    if found is not None:
        return code, found, None
    newer = NUMERIC.get(code)
    if newer is not None:
        told = Deviation("code-numeric", f"{code} is a code of 2005; {newer} is due")
        return newer, FACTORS[newer], None if edition == "2005" else told
    spelled = _FACTOR_OF_LOWER.get(code.lower())
    if spelled is not None:
        told = Deviation("name-case", f"{code} is spelled {spelled}")
        return spelled, FACTORS[spelled], told
    if _OF_PLANTS.fullmatch(code):
        return code, Factor("", ""), None
    for letter in "wa":
        if (found := FACTORS.get(letter + code)) is not None:
            told = Deviation("code-numeric", f"{code} lacks its letter; {letter}{code} is taken")
            return letter + code, found, told
    return code, None, None
