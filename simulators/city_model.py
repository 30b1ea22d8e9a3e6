"""The whole city as one function: what does each of these datastreams show at that time.

The table of models is written out here; a new observed property needs a line in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from devices import PROPERTIES, Catalogue
from simulators import air, cameras, traffic, water
from simulators.scenario import Scenario
from simulators.sites import Column, Moment, Sites

MODELS: Final[dict[str, Callable[[Moment], Column]]] = {
    "water_level": water.water_level,
    "rain_1h": water.rain_1h,
    "flow": water.flow,
    "water_depth": water.water_depth,
    "pump_power": water.pump_power,
    "water_temperature": water.water_temperature,
    "ph": water.ph,
    "dissolved_oxygen": water.dissolved_oxygen,
    "ammonia_nitrogen": water.ammonia_nitrogen,
    "permanganate_index": water.permanganate_index,
    "total_phosphorus": water.total_phosphorus,
    "turbidity": water.turbidity,
    "pm25": air.pm25,
    "pm10": air.pm10,
    "so2": air.so2,
    "no2": air.no2,
    "o3": air.o3,
    "co": air.co,
    "air_temperature": air.air_temperature,
    "relative_humidity": air.relative_humidity,
    "wind_speed": air.wind_speed,
    "wind_direction": air.wind_direction,
    "noise": air.noise,
    "speed": traffic.speed,
    "vehicle_flow": traffic.vehicle_flow,
    "occupancy": traffic.occupancy,
    "ponding": cameras.ponding,
    "crowd": cameras.crowd,
    "obstruction": cameras.obstruction,
}

NEEDED_LIMIT: Final = {"water_level": "warning", "speed": "free_flow", "crowd": "capacity"}
"""The station's limit that a model builds on, by observed property."""


class CityModel:
    """Values of every datastream of a catalogue, at any city time."""

    def __init__(self, catalogue: Catalogue, seed: int, scenario: Scenario | None = None) -> None:
        """Prepare the columns.

        Raises:
            ValueError: the catalogue has an observed property that no model knows, or a datastream
                without the limit that its model builds on.
        """
        self._sites = Sites(catalogue, seed)
        self._scenario = scenario
        observed = [one.observed_property for one in catalogue.datastreams]
        if strange := sorted(set(observed) - MODELS.keys()):
            raise ValueError(
                f"no model for observed property {strange[0]!r}; add it to simulators.city_model"
            )
        for one in catalogue.datastreams:
            needed = NEEDED_LIMIT.get(one.observed_property)
            if needed and needed not in one.limits:
                raise ValueError(f"{one.id} has no limit {needed!r}; its model builds on it")
        self._names = sorted(set(observed))
        self._property = np.array([self._names.index(one) for one in observed], dtype=np.int32)
        self._low, self._high = catalogue.physical_min, catalogue.physical_max

    def values(self, slot: NDArray[np.int32], time_s: Column) -> Column:
        """Return what the datastreams show.

        Args:
            slot: (n,) which datastream; may repeat.
            time_s: (n,) city time, seconds since 1970; any order.

        Returns:
            (n,) in canonical units, within the instruments' range, rounded to what they resolve.
        """
        result = np.empty(len(slot))
        observed = self._property[slot]
        for index in np.unique(observed):
            rows = np.flatnonzero(observed == index)
            name = self._names[index]
            moment = Moment.at(self._sites, self._scenario, slot[rows], time_s[rows])
            shown = np.clip(MODELS[name](moment), self._low[slot[rows]], self._high[slot[rows]])
            result[rows] = np.round(shown, PROPERTIES[name].decimals)
        return result
