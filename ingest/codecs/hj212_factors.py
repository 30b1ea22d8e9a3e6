"""What the factors of HJ 212 are: our observed property, and the unit that the standard gives them.

Units are the standard's, whatever a device really sends: particulate matter is in ng/m³ here. A
device that sends µg is told by its `sent_unit` in the registry, or found by its implausible values.
The 2025 edition is read with the table of 2017: where its own differs, the registry says so too.

Source:
    HJ 212-2017, annex B, tables B.1 to B.3; HJ/T 212-2005, annex B (numeric codes).
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Factor(NamedTuple):
    """One factor."""

    property: str
    """Id in `devices.PROPERTIES`; empty where we have none: its code stands for it."""
    unit: str
    """Of its concentrations, levels or flow."""
    total: str = ""
    """Property of its total over a period (-Cou); empty where we have none."""


_PROPERTIES: Final = {
    "w01001": "ph", "w01003": "turbidity", "w01009": "dissolved_oxygen",
    "w01010": "water_temperature", "w01012": "suspended_solids", "w01014": "conductivity",
    "w01017": "bod5", "w01018": "cod", "w01019": "permanganate_index",
    "w21001": "total_nitrogen", "w21003": "ammonia_nitrogen", "w21011": "total_phosphorus",
    "w00000": "flow",
    "a01001": "air_temperature", "a01002": "relative_humidity", "a01006": "air_pressure",
    "a01007": "wind_speed", "a01008": "wind_direction", "a05024": "o3", "a21002": "nox",
    "a21003": "no", "a21004": "no2", "a21005": "co", "a21026": "so2", "a34001": "tsp",
    "a34002": "pm10", "a34004": "pm25", "LA": "noise", "Leq": "noise_leq",
}  # fmt: skip

_TOTALS: Final = {
    "w00000": "water_volume", "w01018": "cod_mass", "w21001": "total_nitrogen_mass",
    "w21003": "ammonia_nitrogen_mass", "w21011": "total_phosphorus_mass",
}  # fmt: skip

_BY_UNIT: Final = {
    "L/s": "w00000",
    "": "a01010",
    "pH": "w01001",
    "NTU": "w01003",
    "Cel": "w01010 a01001 a01012 a01015 a01901 a01902",
    "uS/cm": "w01014",
    "mg/L": "w01006 w01009 w01012 w01017 w01018 w01019 w01020 w19001 w19002 w20012 w20023 w20038 "
    "w20061 w20092 w20116 w20121 w20122 w20123 w20124 w20125 w20126 w20138 w20139 w20140 w20141 "
    "w20144 w21001 w21003 w21004 w21006 w21007 w21011 w21016 w21017 w21019 w21022 w21038 w22001 "
    "w23002 w99001",
    "ug/L": "w20111 w20115 w20117 w20119 w20120 w20127 w20128 w20142 w20143 w25043",
    "ng/L": "w20089 w20113 w33001 w33007",
    "1/L": "w02003 w02006",
    "Bq/L": "w03001 w03002",
    "deg": "w01002 a01008",
    "m3/s": "a00000",
    "%": "a01002 a01014 a19001",
    "kPa": "a01006 a01013 a01017",
    "m/s": "a01007 a01011",
    "m2": "a01016",
    "mg/m3": "a05001 a05008 a05009 a05013 a05024 a20016 a20025 a20043 a20057 a20063 a20091 a21002 "
    "a21003 a21004 a21005 a21017 a21018 a21022 a21024 a21026 a21028 a23001 a24003 a24004 a24005 "
    "a24006 a24007 a24008 a24009 a24015 a24016 a24017 a24018 a24019 a24020 a24027 a24034 a24036 "
    "a24042 a24043 a24046 a24047 a24049 a24050 a24053 a24054 a24072 a24078 a24087 a24088 a24099 "
    "a24110 a24111 a24112 a24113 a25002 a25003 a25004 a25005 a25006 a25007 a25008 a25010 a25011 "
    "a25012 a25013 a25014 a25015 a25019 a25020 a25021 a25023 a25038 a25044 a25072 a26001 a29017 "
    "a29026 a30001 a30008 a30022 a31001 a31002 a31024 a31025 a31030 a34013 a34017 a34038 a34039 "
    "a34040 a99010 a99049 a99051",
    "ng/m3": "a05002 a20007 a20026 a20044 a20058 a21001 a34001 a34002 a34004 a34005",
    "t/km2": "a34011",
    "dB": "LA Leq L5 L10 L50 L90 L95 Ldn Ld Ln LMx LMn",
}
"""Codes by unit: tables B.1 water, B.2 air, B.3 noise. Colour, w01002, has degrees of its own."""

FACTORS: Final = {
    code: Factor(_PROPERTIES.get(code, ""), unit, _TOTALS.get(code, ""))
    for unit, codes in _BY_UNIT.items()
    for code in codes.split()
}
"""Factor by its code since 2017."""

NUMERIC: Final = {
    "B01": "w00000", "001": "w01001", "002": "w01002", "003": "w01012", "010": "w01017",
    "011": "w01018", "015": "w01020", "060": "w21003", "061": "w99001", "062": "w21004",
    "063": "w21006", "064": "w21007", "065": "w21001", "070": "w21016", "071": "w21019",
    "072": "w21017", "080": "w22001", "090": "w21022", "101": "w21011", "110": "w23002",
    "520": "w19002", "B02": "a00000", "B03": "LA", "S01": "a19001", "S02": "a01011",
    "S03": "a01012", "S05": "a01014", "S08": "a01013", "01": "a34013", "02": "a21026",
    "03": "a21002", "04": "a21005", "05": "a21028", "06": "a21018", "08": "a21024",
    "11": "a21022", "17": "a25003", "18": "a25005", "19": "a31001", "25": "a24087",
}  # fmt: skip
"""Code since 2017 by that of 2005. Metals are left out: 2005 has other units for them. B03 is not
in the standard; dust monitors send their noise under it."""

TOTAL_UNITS: Final = {
    "L/s": "m3", "m3/s": "m3", "mg/L": "kg", "ug/L": "g", "ng/L": "mg", "mg/m3": "kg", "ng/m3": "g",
}  # fmt: skip
"""Unit of a factor's total over a period, by the unit of its concentration."""
