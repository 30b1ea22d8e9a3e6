"""Low places and what belongs to them, by the city's own tables."""

import pytest

from devices import catalogue
from ioc_dashboard.low_places import low_places
from tests.small_city import TEXTS

HEAD = "slot,id,device,observed_property,period_s,physical_min,physical_max,limits\n"


def town(places, streams):
    """Return a catalogue of places (id, town, lon, lat) and streams (place, property, limits)."""
    devices = {f"{place}-{at}": row for at, row in enumerate(streams) for place in [row[0]]}
    return catalogue.build({
        **TEXTS,
        "places.csv": "id,town,kind,name_zh,name_en,lon,lat\n" + "".join(
            f"{name},{town},spot,{name},{name.title()},{lon},{lat}\n"
            for name, town, lon, lat in places
        ),
        "gateways.csv": "id,place,name_zh,name_en\n" + "".join(
            f"gw-{name},{name},{name},{name}\n" for name, *_ in places
        ),
        "devices.csv": "id,gateway,place,kind,name_zh,name_en\n" + "".join(
            f"{device},gw-{place},{place},gauge,{device},{device}\n"
            for device, (place, *_) in devices.items()
        ),
        "datastreams.csv": HEAD + "".join(
            f"{at},{device}/{observed},{device},{observed},60,0,100,{limits}\n"
            for at, (device, (_, observed, limits)) in enumerate(devices.items())
        ),
    })  # fmt: skip


DEPTH = "caution=0.15 closed=0.27"
PLACES = [
    ("dip", "south", 120.10, 32.40),
    ("near", "south", 120.11, 32.40),
    ("far", "south", 120.15, 32.40),
    ("beyond", "north", 120.101, 32.40),
]


def test_belonging_is_the_nearest_of_the_same_town():
    (one,) = low_places(
        town(PLACES, [
            ("dip", "water_depth", DEPTH), ("dip", "water_depth", DEPTH),
            ("beyond", "pump_power", ""), ("far", "pump_power", ""), ("far", "pump_power", ""),
            ("near", "water_level", ""), ("far", "water_level", ""), ("dip", "rain_1h", ""),
        ])
    )  # fmt: skip
    assert (one["name"], one["town"]) == (("dip", "Dip"), 1)
    assert (one["depth"], one["caution_m"], one["closed_m"]) == ([0, 1], 0.15, 0.27)
    assert (one["pumps"]["name"][0], one["pumps"]["slots"]) == ("far", [3, 4])
    assert one["pumps"]["runs_from_kw"] == 5.0
    assert (one["level"]["name"][0], one["level"]["slots"]) == ("near", [5])
    assert (one["rain"]["name"][0], one["rain"]["slots"]) == ("dip", [7])


def test_what_a_town_has_not_got_is_none():
    (one,) = low_places(town(PLACES, [("dip", "water_depth", DEPTH), ("beyond", "rain_1h", "")]))
    assert (one["pumps"], one["level"], one["rain"]) == (None, None, None)


@pytest.mark.parametrize("limits", ["", "caution=0.15", "closed=0.27"])
def test_a_gauge_without_both_limits_makes_no_low_place(limits):
    assert low_places(town(PLACES, [("dip", "water_depth", limits)])) == []


def test_all_underpasses_of_the_district_are_there(jiangyan):
    city, _ = jiangyan
    names = [place.name for place in city.places.values() if place.kind == "underpass"]
    found = low_places(city)
    assert [one["name"] for one in found] == names
    assert all(one["pumps"] and one["level"] and one["rain"] for one in found)
