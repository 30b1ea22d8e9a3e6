"""What else is measured around: all of the same place, then the nearest of the same kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from devices import Catalogue
from devices.geo import distance_km

NEAR_KM = 10.0
"""Farther away, a gauge says little of this place; inclusive."""

CAMERA_KM = 0.5
"""A camera so near may see the place; inclusive."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A datastream near another one."""

    slot: int
    km: float
    """Straight line; 0 at the same place."""


class Surroundings:
    """Knows what is near; made once for a city."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Take the city."""
        places = [catalogue.place_of(one.slot) for one in catalogue.datastreams]
        self._catalogue = catalogue
        self._lon = np.array([one.lon for one in places])
        self._lat = np.array([one.lat for one in places])
        self._is_live = np.array([not one.retired for one in catalogue.datastreams], dtype=np.bool_)

    def of(self, slot: int, here_most: int = 8, near_most: int = 5) -> list[Neighbour]:
        """Return what is measured around a datastream, without itself.

        All of its place first, in the order of slots; then the nearest of the same property.

        Args:
            slot: of the datastream.
            here_most: of its place.
            near_most: elsewhere.
        """
        km = self._distances(slot)
        streams, place = self._catalogue.datastreams, self._catalogue.place_of(slot).id
        here, near = [], []
        for at in np.argsort(km, kind="stable").tolist():
            if km[at] > NEAR_KM:
                break
            if at == slot or not self._is_live[at]:
                continue
            if self._catalogue.place_of(at).id == place:
                here.append(Neighbour(at, 0.0))
            elif streams[at].observed_property == streams[slot].observed_property:
                near.append(Neighbour(at, round(float(km[at]), 2)))
        here.sort(key=lambda one: one.slot)
        return here[:here_most] + near[:near_most]

    def cameras(self, slot: int) -> list[str]:
        """Return the devices that may see the place of a datastream, the nearest first."""
        km = self._distances(slot)
        found: dict[str, None] = {}
        for at in np.argsort(km, kind="stable").tolist():
            if km[at] > CAMERA_KM:
                break
            device = self._catalogue.devices[self._catalogue.datastreams[at].device]
            if device.kind == "camera":
                found[device.id] = None
        return list(found)

    def _distances(self, slot: int) -> np.ndarray:
        found: np.ndarray = distance_km(self._lon, self._lat, self._lon[slot], self._lat[slot])
        return found
