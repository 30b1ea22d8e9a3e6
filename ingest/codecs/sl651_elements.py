"""Elements of SL 651: what each lead byte means, in which unit, over which period.

Source:
    SL 651-2014, annex C, table C.1. Leads 76 to EF are reserved, FF opens the user's own.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from devices.statistics import PERIODS

LEVEL: Final = "level"
FLOW: Final = "flow"
"""Families of elements that the status word has a fault bit for."""


class Element(NamedTuple):
    """One element of the table."""

    name: str
    """Its identifier in ASCII frames, which the trade knows it by."""
    digits: int
    """Decimal digits of N(digits, decimals)."""
    decimals: int
    unit: str
    """As the table has it."""
    observed: str = ""
    """Of `devices.PROPERTIES`; empty where there is none."""
    statistic: str = ""
    """For a value over a period that ends at the observation time."""
    family: str = ""

    @property
    def size(self) -> int:
        """Bytes of a number that is not negative."""
        return (self.digits + 1) // 2

    @property
    def period_us(self) -> int:
        """Length of the period, µs; 0 for a value at an instant."""
        period = self.statistic.partition("_")[2]
        return round(PERIODS[period] * 1e6) if period else 0


def _numbered(
    first: int, name: str, digits: int, decimals: int, unit: str, family: str = ""
) -> dict[int, Element]:
    return {
        first + index: Element(f"{name}{index + 1}", digits, decimals, unit, family=family)
        for index in range(8)
    }


def _rain(name: str, period: str) -> Element:
    return Element(name, 5, 1, "mm", "rain", f"sum_{period}")


TIME_STEP: Final = 0x04
DURATION: Final = 0x05
STATUS: Final = 0x45
TIME: Final = 0xF0
STATION: Final = 0xF1
MANUAL_TEXT: Final = 0xF2
PICTURE: Final = 0xF3
FIVE_MINUTE_RAINS: Final = 0xF4
RELATIVE_LEVELS: Final = range(0xF5, 0xFD)
VELOCITIES: Final = 0xFD
EXTENDED: Final = 0xFF
"""Leads that are read in their own way."""

ELEMENTS: Final[dict[int, Element]] = {
    0x01: Element("AC", 8, 2, "m2"),
    0x02: Element("AI", 3, 1, "Cel", "air_temperature"),
    0x03: Element("C", 3, 1, "Cel", "water_temperature"),
    0x06: Element("ED", 5, 1, "mm", "evaporation", "sum_1d"),
    0x07: Element("EJ", 5, 1, "mm", "evaporation_today"),
    0x08: Element("FL", 5, 0, "hPa", "air_pressure"),
    0x09: Element("GH", 5, 2, "m", "gate_opening"),
    0x0A: Element("GN", 3, 0, ""),
    0x0B: Element("GS", 1, 0, ""),
    0x0C: Element("GT", 3, 0, "count", "gates_open"),
    0x0D: Element("GTP", 3, 1, "Cel", "ground_temperature"),
    0x0E: Element("H", 6, 2, "m", "groundwater_depth"),
    0x0F: Element("HW", 5, 2, "m", "wave_height"),
    **{
        0x10 + index: Element(f"M{depth}", 4, 1, "%")
        for index, depth in enumerate((10, 20, 30, 40, 50, 60, 80, 100))
    },
    0x18: Element("MST", 4, 1, "%RH", "relative_humidity"),
    0x19: Element("NS", 2, 0, "count", "pumps_running"),
    0x1A: _rain("P1", "1h"),
    0x1B: _rain("P2", "2h"),
    0x1C: _rain("P3", "3h"),
    0x1D: _rain("P6", "6h"),
    0x1E: _rain("P12", "12h"),
    0x1F: _rain("PD", "1d"),
    0x20: Element("PJ", 5, 1, "mm", "rain_today"),
    0x21: _rain("PN01", "1min"),
    0x22: _rain("PN05", "5min"),
    0x23: _rain("PN10", "10min"),
    0x24: _rain("PN30", "30min"),
    0x25: Element("PR", 5, 1, "mm"),
    0x26: Element("PT", 6, 1, "mm", "rain_total"),
    0x27: Element("Q", 9, 3, "m3/s", "flow", family=FLOW),
    **_numbered(0x28, "Q", 9, 3, "m3/s", FLOW),
    0x30: Element("QA", 9, 3, "m3/s", family=FLOW),
    0x31: Element("QZ", 9, 3, "m3/s", family=FLOW),
    0x32: Element("SW", 11, 3, "10000t"),
    0x33: Element("UC", 2, 0, ""),
    0x34: Element("UE", 2, 0, ""),
    0x35: Element("US", 4, 1, "m/s", "wind_speed"),
    0x36: Element("VA", 5, 3, "m/s", family=FLOW),
    0x37: Element("VJ", 5, 3, "m/s", "flow_velocity", family=FLOW),
    0x38: Element("VT", 4, 2, "V", "battery_voltage"),
    0x39: Element("Z", 7, 3, "m", "water_level", family=LEVEL),
    0x3A: Element("ZB", 7, 3, "m", "downstream_level", family=LEVEL),
    0x3B: Element("ZU", 7, 3, "m", "upstream_level", family=LEVEL),
    **_numbered(0x3C, "Z", 7, 3, "m", LEVEL),
    0x44: Element("SQ", 9, 3, "kg/m3", "sediment"),
    0x46: Element("pH", 4, 2, "pH", "ph"),
    0x47: Element("DO", 4, 1, "mg/L", "dissolved_oxygen"),
    0x48: Element("COND", 5, 0, "uS/cm", "conductivity"),
    0x49: Element("TURB", 3, 0, "NTU", "turbidity"),
    0x4A: Element("CODMN", 4, 1, "mg/L", "permanganate_index"),
    0x4B: Element("REDOX", 5, 1, "mV", "redox_potential"),
    0x4C: Element("NH4N", 6, 2, "mg/L", "ammonia_nitrogen"),
    0x4D: Element("TP", 5, 3, "mg/L", "total_phosphorus"),
    0x4E: Element("TN", 5, 2, "mg/L", "total_nitrogen"),
    0x4F: Element("TOC", 4, 2, "mg/L"),
    0x50: Element("CU", 7, 4, "mg/L"),
    0x51: Element("ZN", 6, 4, "mg/L"),
    0x52: Element("SE", 7, 5, "mg/L"),
    0x53: Element("AS", 7, 5, "mg/L"),
    0x54: Element("THG", 7, 5, "mg/L"),
    0x55: Element("CD", 7, 5, "mg/L"),
    0x56: Element("PB", 7, 5, "mg/L"),
    0x57: Element("CHLA", 4, 2, "mg/L"),
    **_numbered(0x58, "WP", 5, 2, "kPa"),
    **_numbered(0x60, "SYL", 11, 3, "m3"),
    **_numbered(0x68, "SBL", 10, 2, "m3/h"),
    **{0x70 + index: Element(f"VT{phase}", 4, 1, "V") for index, phase in enumerate("ABC")},
    **{0x73 + index: Element(f"VI{phase}", 4, 1, "A") for index, phase in enumerate("ABC")},
}
"""Element by lead byte."""

RAINS: Final = Element("DRP", 0, 1, "mm", "rain", "sum_5min")
"""F4: one byte each, 0.1 mm; FF is none."""

LEVELS: Final = {
    lead: Element(
        f"DRZ{index + 1}", 0, 2, "m", "relative_level" if index == 0 else "", family=LEVEL
    )
    for index, lead in enumerate(RELATIVE_LEVELS)
}
"""F5 to FC: two bytes each, cm above the station's reference level; FFFF is none."""

PER_HOUR: Final = 12
"""Values in each of these."""
