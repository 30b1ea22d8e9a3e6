"""Low places and what belongs to them: their own depth gauges, and who drains and rains on them.

A low place is where water gathers and its depth is measured against limits: the underpasses. The
city's tables do not say which pumps drain it. Taken are, of its own town, the nearest pump station,
the nearest station with a water level, and the nearest rain gauge; the wall says that this is
schematic (示意).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from devices import Catalogue
from devices.city import Datastream, Place
from devices.geo import distance_km
from ioc_dashboard.sections.flood import RUNS_FROM_KW

LIMITS = ("caution", "closed")
"""Depths that make a depth gauge one of a low place, m."""


def low_places(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return every low place as the atlas tells it, in the catalogue's order.

    Each has `name`, `town` (index), `lon`, `lat`; `depth`: slots of its gauges; `caution_m` and
    `closed_m`; `pumps`, `level`, `rain`: None, or `name`, `lon`, `lat` and `slots` of the place;
    with pumps stands `runs_from_kw`, the power from which a set runs.
    """
    towns = {town: at for at, town in enumerate(catalogue.towns)}
    of_place: dict[str, list[Datastream]] = {}
    for one in catalogue.datastreams:
        if not one.retired:
            of_place.setdefault(catalogue.place_of(one.slot).id, []).append(one)
    found = []
    for place_id, streams in of_place.items():
        gauges = [
            one
            for one in streams
            if one.observed_property == "water_depth" and set(LIMITS) <= one.limits.keys()
        ]
        if not gauges:
            continue
        place = catalogue.places[place_id]
        town = [
            (catalogue.places[one], of_place[one])
            for one in of_place
            if catalogue.places[one].town == place.town
        ]
        pumps = _nearest(place, town, "pump_power")
        found.append(
            {
                "name": place.name,
                "town": towns[place.town],
                "lon": place.lon,
                "lat": place.lat,
                "depth": [one.slot for one in gauges],
                "caution_m": gauges[0].limits["caution"],
                "closed_m": gauges[0].limits["closed"],
                "pumps": pumps and {**pumps, "runs_from_kw": RUNS_FROM_KW},
                "level": _nearest(place, town, "water_level"),
                "rain": _nearest(place, town, "rain_1h"),
            }
        )
    return found


def _nearest(
    place: Place, town: Sequence[tuple[Place, Sequence[Datastream]]], observed: str
) -> dict[str, Any] | None:
    """Return the nearest place of a town where something is observed, the place itself too."""
    there = [
        (other, [one.slot for one in streams if one.observed_property == observed])
        for other, streams in town
    ]
    having = [(other, slots) for other, slots in there if slots]
    if not having:
        return None
    other, slots = min(
        having,
        key=lambda one: (
            float(distance_km(place.lon, place.lat, one[0].lon, one[0].lat)),
            one[0].id,
        ),
    )
    return {"name": other.name, "lon": other.lon, "lat": other.lat, "slots": slots}
