"""What the models must know about each datastream: where it stands and its own limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices import Catalogue
from simulators.noise import scramble
from simulators.scenario import Scenario

Column = NDArray[np.float64]


class Sites:
    """Columns by slot, made once from the catalogue."""

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        """Read the catalogue; two seeds give two cities."""
        n = len(catalogue.datastreams)
        places = [catalogue.place_of(slot) for slot in range(n)]
        self.town = np.array([place.town for place in places])
        self.kind = np.array([place.kind for place in places])
        self.lon = np.array([place.lon for place in places])
        self.lat = np.array([place.lat for place in places])
        self.device = np.array([one.device for one in catalogue.datastreams])
        seeded = scramble(np.array([seed], dtype=np.uint64))[0]
        towns = {name: index for index, name in enumerate(catalogue.towns)}
        names = {name: index for index, name in enumerate(sorted(set(self.device.tolist())))}
        self.key = scramble(np.arange(n, dtype=np.uint64) ^ seeded)
        """Noise of the datastream's own."""
        self.device_key = scramble(
            np.array([names[one] for one in self.device.tolist()], dtype=np.uint64)
            + np.uint64(1 << 32)
            ^ seeded
        )
        """Noise that all datastreams of a device share."""
        self.town_key = scramble(
            np.array([towns[one] for one in self.town.tolist()], dtype=np.uint64)
            + np.uint64(1 << 33)
            ^ seeded
        )
        self.city_key = np.full(n, seeded)
        self._limits = {
            name: np.array([one.limits.get(name, np.nan) for one in catalogue.datastreams])
            for name in {name for one in catalogue.datastreams for name in one.limits}
        }

    def limit(self, name: str) -> Column:
        """Return the stations' limit of that name by slot, NaN where a station has none."""
        return self._limits[name]


@dataclass(frozen=True, slots=True)
class Moment:
    """n readings of one observed property that are due: where, when, and what happens there."""

    sites: Sites
    slot: NDArray[np.int32]
    time_s: Column
    """City time, seconds since 1970."""
    rain_1h_mm: Column
    water: Column
    """See `simulators.scenario.Effect`."""

    @property
    def key(self) -> NDArray[np.uint64]:
        """Noise key of the datastream."""
        return self.sites.key[self.slot]

    @property
    def device_key(self) -> NDArray[np.uint64]:
        """Noise key of the device."""
        return self.sites.device_key[self.slot]

    @property
    def town_key(self) -> NDArray[np.uint64]:
        """Noise key of the town."""
        return self.sites.town_key[self.slot]

    @property
    def city_key(self) -> NDArray[np.uint64]:
        """Noise key of the whole city."""
        return self.sites.city_key[self.slot]

    def limit(self, name: str) -> Column:
        """Return the limit of that name for each reading."""
        return self.sites.limit(name)[self.slot]

    @classmethod
    def at(
        cls, sites: Sites, scenario: Scenario | None, slot: NDArray[np.int32], time_s: Column
    ) -> Moment:
        """Ask the scenario what happens and put it beside where and when."""
        effect = scenario and scenario.effect(
            sites.town[slot], sites.lon[slot], sites.lat[slot], time_s
        )
        nothing = np.zeros(len(slot))
        return cls(
            sites, slot, time_s,
            effect.rain_1h_mm if effect else nothing, effect.water if effect else nothing,
        )  # fmt: skip
