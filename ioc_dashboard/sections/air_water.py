"""The class of water (GB 3838) at each water-quality station, of what it measures now."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from devices import PROPERTIES, Catalogue
from ioc_dashboard.sections.section import Now
from rules.indices import Water, gb3838

KIND: Final = "water_quality_station"
_STANDING: Final = ("lake", "reservoir")
"""Beginnings of kinds of places whose water has the limits of lakes."""
_TARGET: Final = "target-"
"""Tag of a device that says which class the water should have: `target-1` to `target-5`."""


class Item(msgspec.Struct, frozen=True):
    """One item that decided."""

    property: str
    slot: int
    value: float
    limit: float | None
    """Of its class; of 劣Ⅴ that of class Ⅴ, which does not hold."""


class Station(msgspec.Struct, frozen=True):
    """One water."""

    device: int
    """Index in the atlas."""
    number: int
    """Class, 1 to 6 (劣Ⅴ); 0: nothing that decides can be believed now."""
    deciding: list[Item]
    """Items of that class; of class Ⅰ, where all are, none."""
    judged: int
    """Items behind it."""
    missing: list[str]
    """Items that the station measures and that are not there now."""
    target: int | None
    complies: bool | None
    time_ms: int | None
    """The oldest reading behind the class; without a class when it was last heard."""


class Waters:
    """The water-quality stations of a city."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Find them, and what their water should be."""
        self._slots: dict[str, dict[str, int]] = {}
        for one in catalogue.datastreams:
            kind = catalogue.devices[one.device].kind
            if kind == KIND and not one.statistic and not one.retired:
                self._slots.setdefault(one.device, {})[one.observed_property] = one.slot
        self._at = {device: index for index, device in enumerate(catalogue.devices)}
        self._water = {
            device: water_of(catalogue.places[catalogue.devices[device].place].kind)
            for device in self._slots
        }
        self._target = {device: target_of(catalogue.devices[device].tags) for device in self._slots}

    def show(self, now: Now) -> list[Station]:
        """Return every station, the worst first, those without a class last."""
        stations = [self._station(device, now) for device in self._slots]
        return sorted(
            stations, key=lambda one: (one.number == 0, -one.number, one.complies is True)
        )

    def explain(self, device: str, now: Now) -> gb3838.WaterQuality | None:
        """Return how the class of a station comes about; None where it is no such station."""
        if device not in self._slots:
            return None
        return gb3838.explain(self._water[device], self._values(device, now), self._target[device])

    def _values(self, device: str, now: Now) -> dict[str, float]:
        known = gb3838.words(self._water[device])
        values = {}
        for name, slot in self._slots[device].items():
            value = float(now.state.result[slot])
            # What cannot be is missing: a probe in air says less than nothing.
            is_usable = now.believable[slot] and (value >= 0 or name == "water_temperature")
            if name in known:
                values[name] = value if is_usable else np.nan
        return values

    def _station(self, device: str, now: Now) -> Station:
        slots, values = self._slots[device], self._values(device, now)
        found = gb3838.explain(self._water[device], values or {"ph": np.nan}, self._target[device])
        used = [step.item.id for step in found.steps if step.number is not None]
        times = [int(now.state.time_us[slots[one]]) for one in used]
        newest_us = max(int(now.state.time_us[slot]) for slot in slots.values())
        number = 0 if found.grade is None else found.grade.number
        return Station(
            self._at[device],
            number,
            [
                Item(one.item.id, slots[one.item.id], _shown(one.item.id, one.value), one.limit)
                for one in found.steps
                if number > 1 and one.item.id in found.deciding and one.value is not None
            ],
            len(used),
            [one for one in found.missing if one in slots],
            None if found.target is None else found.target.number,
            found.complies,
            (min(times) if times else newest_us) // 1000 or None,
        )


def water_of(place_kind: str) -> Water:
    """Return whose limits apply at a kind of place.

    >>> str(water_of("lake_station")), str(water_of("river_station"))
    ('lake', 'river')
    """
    return Water.LAKE if place_kind.startswith(_STANDING) else Water.RIVER


def target_of(tags: tuple[str, ...]) -> int | None:
    """Return the class that a water should have 水质目标; None where nobody says.

    >>> target_of(("profile", "target-3")), target_of(())
    (3, None)
    """
    for one in tags:
        number = one.removeprefix(_TARGET)
        if number != one and number in ("1", "2", "3", "4", "5"):
            return int(number)
    return None


def _shown(name: str, value: float) -> float:
    return round(value, PROPERTIES[name].decimals)
