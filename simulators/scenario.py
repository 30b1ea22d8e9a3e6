"""What happens to the city beside its daily life, and the truth about it.

A scenario tells the rain and the standing water at any place and city time; the models of water,
air, traffic and cameras respond to those. It is pure: tests ask it what must have happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

_KM_PER_DEGREE: Final = 111.2
_KM_PER_DEGREE_EAST: Final = 93.8
"""At 32.5° north."""

NAMES: Final = ("cloudburst",)
"""Scenarios that `named` can make."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a scenario does, one entry for each place and moment asked for."""

    rain_mm_h: Column
    """Rain intensity now, mm/h."""
    rain_1h_mm: Column
    """Rain in the hour that ends now, mm."""
    water: Column
    """Standing water: 0 none, 1 at the core of the storm at its height."""


class Scenario(Protocol):
    """Something that happens to the city. Without state: any moment can be asked for."""

    @property
    def name(self) -> str:
        """Name as in `NAMES`."""

    def effect(
        self, town: NDArray[np.str_], lon: Column, lat: Column, time_s: Column
    ) -> Effect | None:
        """Return what happens at n places at n city times; None where nothing ever does.

        Args:
            town: (n,) ids of towns.
            lon: (n,) degrees east, WGS-84.
            lat: (n,) degrees north, WGS-84.
            time_s: (n,) city time, seconds since 1970.
        """


@dataclass(frozen=True, slots=True)
class Cloudburst:
    """A storm cell crosses one town from west to east; water rises fast and drains slowly.

    The curve is pressed together: a real river takes hours to pass its warning level, this one
    minutes, so that a rehearsal fits into a shift. All of the town's river levels pass their
    warning level; close to the core they pass the guaranteed level.
    """

    town: str
    """Id of the town. Nothing happens outside it."""
    lon: float
    """Degrees east, WGS-84, of the middle of the cell's way."""
    lat: float
    """Degrees north."""
    begins_s: float
    """City time of the first drop, seconds since 1970."""
    rising_s: float = 180.0
    """From the first drop to the full flood, city seconds."""
    lasting_s: float = 3600.0
    """How long the flood stands, city seconds."""
    draining_s: float = 3600.0
    """From full flood to dry, city seconds."""
    peak_mm_h: float = 160.0
    """Rain intensity under the middle of the cell."""
    name: str = "cloudburst"

    _CELL_KM = 5.0
    _WAY_KM = 4.0
    """Half of the cell's way over the town."""

    @property
    def ends_s(self) -> float:
        """City time from which nothing is left of it."""
        return self.begins_s + self.rising_s + self.lasting_s + self.draining_s

    def effect(
        self, town: NDArray[np.str_], lon: Column, lat: Column, time_s: Column
    ) -> Effect | None:
        """See `Scenario.effect`."""
        hit = (town == self.town) & (time_s > self.begins_s) & (time_s < self.ends_s + 3600)
        if not hit.any():
            return None
        rain, hour, water = (np.zeros(len(lon)) for _ in range(3))
        at = np.flatnonzero(hit)
        where = (lon[at], lat[at])
        rain[at] = self._rain(*where, time_s[at])
        # The hour's rain as a sum over a minute's steps, good to a few per cent.
        back_s = np.arange(30.0, 3600.0, 60.0)
        hour[at] = sum(self._rain(*where, time_s[at] - back) for back in back_s) / len(back_s)
        water[at] = self._reach(*where) * self._flood(time_s[at])
        return Effect(rain, hour, water)

    def _rain(self, lon: Column, lat: Column, time_s: Column) -> Column:
        """Return the rain under the moving cell; it falls until the flood begins to drain."""
        raining_s = self.rising_s + self.lasting_s
        since = (time_s - self.begins_s) / raining_s
        east_km = (lon - self.lon) * _KM_PER_DEGREE_EAST - self._WAY_KM * (2 * since - 1)
        north_km = (lat - self.lat) * _KM_PER_DEGREE
        under = np.exp(-(east_km**2 + north_km**2) / self._CELL_KM**2)
        onset = np.clip((time_s - self.begins_s) / 30, 0, 1)
        return np.where((since > 0) & (since < 1), self.peak_mm_h * onset * under, 0.0)

    def _reach(self, lon: Column, lat: Column) -> Column:
        """Return 1 at the core and no less than 0.6 anywhere in the town."""
        east_km = (lon - self.lon) * _KM_PER_DEGREE_EAST
        north_km = (lat - self.lat) * _KM_PER_DEGREE
        result: Column = 0.6 + 0.4 * np.exp(-(east_km**2 + north_km**2) / 3.0**2)
        return result

    def _flood(self, time_s: Column) -> Column:
        since_s = time_s - self.begins_s
        knots = np.cumsum([0, self.rising_s, self.lasting_s, self.draining_s])
        return np.interp(since_s, knots, [0, 1, 1, 0])


def named(
    name: str | None, town: str, centres: dict[str, tuple[float, float]], begins_s: float
) -> Scenario | None:
    """Return a scenario by name, None for an ordinary day.

    Args:
        name: one of `NAMES`, or None.
        town: where it happens.
        centres: longitude and latitude of each town.
        begins_s: city time at which it begins.

    Raises:
        ValueError: there is no such scenario or no such town.
    """
    if name is None:
        return None
    if name not in NAMES:
        raise ValueError(f"scenario {name!r} is not known; choose one of {', '.join(NAMES)}")
    if town not in centres:
        raise ValueError(
            f"simulator.scenario_town is {town!r}; it must be one of {', '.join(sorted(centres))}"
        )
    return Cloudburst(town, *centres[town], begins_s)
