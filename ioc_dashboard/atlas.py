"""The atlas: everything about the city that does not change while the wall runs.

The page fetches it once, so frames can name a device or datastream by its index. Names come in
pairs, Chinese and English.
"""

from __future__ import annotations

from typing import Any

import msgspec

from devices import DOMAINS, PROPERTIES, Catalogue
from dispatch import Priority
from ioc_dashboard import trends
from ioc_dashboard.low_places import low_places
from ioc_dashboard.state import silent_after_s


def draw(catalogue: Catalogue, base_map: dict[str, Any]) -> bytes:
    """Return the atlas as JSON.

    Args:
        catalogue: the city.
        base_map: GeoJSON FeatureCollection in the catalogue's datum: outline, water, roads.
    """
    towns = {town: at for at, town in enumerate(catalogue.towns)}
    place_of = {one.id: catalogue.places[one.place] for one in catalogue.devices.values()}
    device_at = {device: at for at, device in enumerate(catalogue.devices)}
    domain_of: dict[str, int] = {}
    for one in (one for one in catalogue.datastreams if not one.retired):
        domain_of.setdefault(one.device, int(catalogue.domain[one.slot]))
    return msgspec.json.encode(
        {
            "name": catalogue.name,
            "code": catalogue.code,
            "bounds": catalogue.bounds,
            "datum": catalogue.datum,
            "map_approval": catalogue.map_approval,
            "domains": DOMAINS,
            "priorities": [{"colour": one.colour, "zh": one.zh, "en": one.en} for one in Priority],
            "towns": [
                {"name": town.name, "lon": town.lon, "lat": town.lat}
                for town in catalogue.towns.values()
            ],
            "properties": {
                one.id: {"name": (one.zh, one.en), "symbol": one.symbol, "decimals": one.decimals}
                for one in PROPERTIES.values()
            },
            "devices": [
                {
                    "id": one.id,
                    "name": one.name,
                    # A device without a datastream can never be heard: the catalogue allows it.
                    "domain": domain_of.get(one.id, -1),
                    "place": place_of[one.id].name,
                    "town": towns[place_of[one.id].town],
                    "lon": place_of[one.id].lon,
                    "lat": place_of[one.id].lat,
                }
                for one in catalogue.devices.values()
            ],
            "datastreams": {
                "device": [device_at[one.device] for one in catalogue.datastreams],
                "property": [one.observed_property for one in catalogue.datastreams],
                "silent_after_s": [silent_after_s(one.period_s) for one in catalogue.datastreams],
            },
            "trends": [
                {
                    "id": one.id,
                    "domain": one.domain,
                    "name": (one.zh, one.en),
                    "symbol": one.symbol,
                    "decimals": one.decimals,
                }
                for one in trends.series_of(catalogue)
            ],
            "low_places": low_places(catalogue),
            "base_map": base_map,
        }
    )
