"""Wind over an area: the mean of the vectors that its stations measure now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices import Catalogue
from ioc_dashboard.sections.section import Now

CALM_BELOW_M_S: Final = 0.3
"""Below it the wind has no direction 静风: force 0 of GB/T 28591-2012 is 0.0 to 0.2 m/s."""


class Wind(msgspec.Struct, frozen=True):
    """One wind."""

    speed: float
    """m/s, of the mean vector, one decimal."""
    direction: int | None
    """Where it comes from, degrees clockwise from north, 0 to 359; None: calm."""
    of: int
    """Stations behind it."""
    time_ms: int
    """The oldest of their readings."""


class Anemometers:
    """Those stations of a city that measure speed and direction."""

    def __init__(self, catalogue: Catalogue, devices: Sequence[str]) -> None:
        """Find the instruments.

        Args:
            catalogue: the city.
            devices: ids of stations that count.
        """
        slots: dict[str, dict[str, int]] = {one: {} for one in devices}
        for one in catalogue.datastreams:
            is_wind = one.observed_property in ("wind_speed", "wind_direction")
            if is_wind and one.device in slots and not one.statistic and not one.retired:
                slots[one.device].setdefault(one.observed_property, one.slot)
        self._slots: Mapping[str, tuple[int, int]] = {
            device: (of["wind_speed"], of["wind_direction"])
            for device, of in slots.items()
            if len(of) == 2
        }

    def mean(self, devices: Sequence[str], now: Now) -> Wind | None:
        """Return the wind over some stations; None where none of them can be believed now."""
        pairs = [
            self._slots[one]
            for one in devices
            if one in self._slots and all(now.believable[slot] for slot in self._slots[one])
        ]
        if not pairs:
            return None
        both = np.array(pairs, dtype=np.int64)
        speed, direction = now.state.result[both[:, 0]], now.state.result[both[:, 1]]
        strength, comes_from = vector_mean(speed, direction)
        shown = round(strength, 1)
        whole = None if shown < CALM_BELOW_M_S else round(comes_from) % 360
        return Wind(shown, whole, len(pairs), int(now.state.time_us[both].min()) // 1000)


def vector_mean(speed: NDArray[np.float64], direction: NDArray[np.float64]) -> tuple[float, float]:
    """Return speed and direction of the mean vector.

    Args:
        speed: (n,) m/s.
        direction: (n,) degrees, where it comes from.

    >>> speed, direction = vector_mean(np.array([2.0, 2.0]), np.array([350.0, 10.0]))
    >>> round(speed, 2), round(direction, 6) % 360
    (1.97, 0.0)
    """
    angle = np.deg2rad(direction)
    east, north = float((speed * np.sin(angle)).mean()), float((speed * np.cos(angle)).mean())
    return float(np.hypot(east, north)), float(np.rad2deg(np.arctan2(east, north)) % 360)
