"""Plausibility: values that are believable only in another unit than the one they are read in.

HJ 212-2017 sends particulate matter in ng/m³; devices in the field send ng, µg and mg and do not
say which. Pure; a doubt makes a reading suspect and is evidence against its device.

Source:
    HJ 212-2017, annex B (units of factors); GB 3095, table 1 (where concentrations lie).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from devices import PROPERTIES, Catalogue
from ingest.codecs.decoded import Finding, Measurements

USUAL: Final[dict[str, tuple[float, float]]] = {
    "pm25": (1.0, 1500.0),
    "pm10": (1.0, 3000.0),
    "tsp": (1.0, 10_000.0),
    "so2": (0.5, 3000.0),
    "no2": (0.5, 2000.0),
    "o3": (0.5, 1500.0),
    "co": (0.02, 150.0),
}
"""Where outdoor air lies at all times, canonical unit, both ends inclusive."""

_ANY: Final = (-np.inf, np.inf)

_THOUSANDS: Final = {1e-3: "a thousandth of it", 1e3: "a thousand times it"}


class Plausibility:
    """Doubts values of one catalogue's datastreams."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Prepare the limits of each slot; nothing is doubted whose unit the registry confirms."""
        self._catalogue = catalogue
        limits = [
            _ANY if one.sent_unit else USUAL.get(one.observed_property, _ANY)
            for one in catalogue.datastreams
        ]
        self._low, self._high = np.array(limits, np.float64).reshape(-1, 2).T

    def doubts(
        self,
        told: Measurements,
        slot: NDArray[np.int32],
        value: NDArray[np.float64],
        rows: NDArray[np.intp],
    ) -> tuple[list[Finding], NDArray[np.bool_]]:
        """Return the findings of doubtful values, and which of (n,) measurements they are.

        A value is doubtful that lies outside `USUAL` and would lie within, were it a thousand
        times larger or smaller.

        Args:
            told: the measurements, n of them.
            slot: (n,) of each.
            value: (n,) in the canonical unit.
            rows: those that are taken in; their slots are known.
        """
        doubtful = np.zeros(told.n, np.bool_)
        of_rows, results = slot[rows], value[rows]
        outside = rows[(results < self._low[of_rows]) | (results > self._high[of_rows])]
        findings = []
        for index in outside.tolist():
            about = self._catalogue.datastreams[slot[index]]
            unit = PROPERTIES[about.observed_property].unit
            low, high = USUAL[about.observed_property]
            for factor, words in _THOUSANDS.items():
                if low <= value[index] * factor <= high:
                    doubtful[index] = True
                    detail = (
                        f"{told.key[index]} read in {told.unit[index] or unit!r} is "
                        f"{value[index]:g} {unit}; {words} would be usual: give its sent_unit in "
                        "datastreams.csv"
                    )
                    findings.append(Finding("unit-implausible", about.device, detail))
        return findings, doubtful
