"""Units at the edge: from what a device writes to the canonical unit of its property.

pint does the conversion; here is only how the field spells its units.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final, NamedTuple

import pint


class Scale(NamedTuple):
    """canonical = sent × factor + offset."""

    factor: float
    offset: float


SAME: Final = Scale(1.0, 0.0)
"""Of a unit to itself."""

_LONGEST: Final = 24
"""Characters of the longest unit that is looked at."""

_SPELLINGS: Final = {
    # SenML registry (RFC 8428, 12.1; RFC 8798) and what Chinese devices write.
    "Cel": "degC", "℃": "degC", "°C": "degC", "C": "degC",
    "%RH": "percent", "%": "percent",
    "deg": "degree", "°": "degree",
    "dB(A)": "dBA", "dB": "dBA", "dBA": "dBA",
    "pH": "pH_unit", "NTU": "NTU", "/": "ratio", "1": "ratio", "": "",
    "count": "item", "人": "item", "台": "item", "孔": "item",
    "辆/时": "item/hour", "veh/h": "item/hour", "1/h": "item/hour",
    "m3/s": "m**3/s", "m³/s": "m**3/s", "l/s": "liter/s", "L/s": "liter/s", "m3/h": "m**3/hour",
    "m2": "m**2", "m²": "m**2",
    "ug/m3": "ug/m**3", "µg/m³": "ug/m**3", "μg/m³": "ug/m**3", "ug/m³": "ug/m**3",
    "μg/m3": "ug/m**3", "µg/m3": "ug/m**3",
    "mg/m3": "mg/m**3", "mg/m³": "mg/m**3", "ng/m3": "ng/m**3", "ng/m³": "ng/m**3",
    "g/m3": "g/m**3", "kg/m3": "kg/m**3",
    "mg/L": "mg/liter", "mg/l": "mg/liter", "ug/L": "ug/liter", "µg/L": "ug/liter",
    "g/L": "g/liter", "ng/L": "ng/liter",
    "m": "m", "cm": "cm", "mm": "mm", "km": "km", "mm/h": "mm/hour",
    "m/s": "m/s", "km/h": "km/hour", "kn": "knot",
    "kW": "kW", "W": "W", "MW": "MW", "V": "V", "mV": "mV", "A": "A", "mA": "mA",
    "kPa": "kPa", "hPa": "hPa", "Pa": "Pa", "MPa": "MPa", "mbar": "mbar", "bar": "bar",
    "S/m": "S/m", "uS/cm": "uS/cm", "µS/cm": "uS/cm", "us/cm": "uS/cm", "mS/m": "mS/m",
    "mS/cm": "mS/cm", "K": "kelvin", "degF": "degF", "℉": "degF",
    "s": "s", "min": "minute", "h": "hour", "m3": "m**3", "m³": "m**3", "L": "liter", "t": "tonne",
    "kg": "kg", "g": "g", "mg": "mg",
}  # fmt: skip
"""pint's word by the field's."""


@cache
def _registry() -> pint.UnitRegistry:
    # Made when first needed: it takes 0.3 s.
    registry: pint.UnitRegistry = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    for definition in (
        "item = [item]", "dBA = [sound_level]", "pH_unit = [acidity]", "NTU = [turbidity]",
        "ratio = []",
    ):  # fmt: skip
        registry.define(definition)
    return registry


@lru_cache(maxsize=4096)
def scale(sent: str, canonical: str) -> Scale | None:
    """Return how to turn a value into the canonical unit; None where the units do not fit.

    Args:
        sent: as the device spells it.
        canonical: of `devices.PROPERTIES`.

    >>> scale("ng/m3", "ug/m3")
    Scale(factor=0.001, offset=0.0)
    >>> scale("m", "Cel") is None
    True
    """
    if sent == canonical:
        return SAME
    words = _SPELLINGS.get(sent.strip()), _SPELLINGS.get(canonical)
    if len(sent) > _LONGEST or None in words:
        return None
    if words[0] == words[1]:
        return SAME
    registry = _registry()
    try:
        zero = registry.Quantity(0.0, words[0]).to(words[1]).magnitude
        one = registry.Quantity(1.0, words[0]).to(words[1]).magnitude
    except pint.PintError:
        return None
    # A factor is a power of ten or a plain fraction: take off what the subtraction left.
    return Scale(float(f"{one - zero:.12g}"), float(f"{zero:.12g}"))
