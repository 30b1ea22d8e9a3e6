"""The committed district: what was promised about it, and that draw.py still draws it."""

import csv
import importlib.util
import io
import itertools
import json
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from devices import DOMAINS, PROPERTIES
from devices.catalogue import FILES, build

HERE = Path(__file__).parents[2] / "cities" / "jiangyan"


@pytest.fixture(scope="module")
def texts():
    return {name: (HERE / name).read_text(encoding="utf-8") for name in FILES}


@pytest.fixture(scope="module")
def city(texts):
    return build(texts)


@pytest.fixture(scope="module")
def base():
    return json.loads((HERE / "base.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def drawing():
    spec = importlib.util.spec_from_file_location("jiangyan_draw", HERE / "draw.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def of_property(city, observed):
    return [one for one in city.datastreams if one.observed_property == observed]


def town_of(city, stream):
    return city.towns[city.place_of(stream.slot).town]


def test_counts(city):
    assert len(city.towns) == 13
    assert len(city.places) == 221
    assert len(city.gateways) == 117
    assert len(city.devices) == 785
    assert len(city.datastreams) == 2000
    assert Counter(DOMAINS[index] for index in city.domain.tolist()) == {
        "water": 420, "air": 420, "traffic": 624, "camera": 536,
    }  # fmt: skip
    observed = {one.observed_property for one in city.datastreams}
    assert len(observed) == 29
    assert observed <= set(PROPERTIES)


def test_towns_are_the_thirteen_with_their_codes(city):
    assert {one.code: one.name[0] for one in city.towns.values()} == {
        "321204001": "罗塘街道", "321204002": "三水街道", "321204003": "天目山街道",
        "321204004": "梁徐街道", "321204101": "溱潼镇", "321204102": "蒋垛镇",
        "321204103": "顾高镇", "321204104": "大伦镇", "321204105": "张甸镇",
        "321204110": "淤溪镇", "321204111": "白米镇", "321204112": "娄庄镇",
        "321204115": "俞垛镇",
    }  # fmt: skip


def is_inside(ring, lon, lat):
    inside = False
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
    return inside


def test_every_place_town_and_line_lies_inside_the_outline(city, base):
    shapes = {one["properties"]["id"]: one["geometry"]["coordinates"] for one in base["features"]}
    (ring,) = shapes.pop("outline")
    points = {one.id: (one.lon, one.lat) for one in (*city.places.values(), *city.towns.values())}
    for name, course in shapes.items():
        course = course[0] if name == "qinhu" else course
        points |= {f"{name} {n}": tuple(point) for n, point in enumerate(course)}
    assert [name for name, point in points.items() if not is_inside(ring, *point)] == []


def test_the_bounds_are_those_of_the_outline(city, base):
    (ring,) = base["features"][0]["geometry"]["coordinates"]
    lons, lats = zip(*ring, strict=True)
    assert len(ring) == 103
    edges = (min(lons), min(lats), max(lons), max(lats))
    assert city.bounds == pytest.approx(edges, abs=0.0002)
    west, south, east, north = city.bounds
    assert west <= edges[0]
    assert south <= edges[1]
    assert east >= edges[2]
    assert north >= edges[3]


def test_the_base_map_says_what_is_schematic_and_names_all_in_two_languages(city, base):
    assert base["map_approval"] == city.map_approval == "GS(2024)0650号"
    for one in base["features"]:
        facts = one["properties"]
        assert facts["kind"] in {"outline", "river", "lake", "expressway", "arterial"}
        assert facts["schematic"] is (facts["kind"] != "outline")
        assert facts["zh"]
        assert facts["en"].isascii()


def test_all_names_are_chinese_and_english(city):
    for table in (city.towns, city.places, city.gateways, city.devices):
        for one in table.values():
            zh, en = one.name
            assert not zh.isascii(), one.id
            assert en.isascii(), one.id


def test_names_and_points_of_places_are_told_apart(city):
    places = city.places.values()
    for distinct in ("name", "id"):
        assert len({getattr(one, distinct) for one in places}) == len(places)
    assert len({(one.lon, one.lat) for one in places}) == len(places)


def test_a_device_stands_in_the_town_of_its_gateway(city):
    for one in city.devices.values():
        gateway = city.gateways[one.gateway]
        assert city.places[one.place].town == city.places[gateway.place].town, one.id


def test_no_gateway_is_without_a_device(city):
    assert {one.gateway for one in city.devices.values()} == set(city.gateways)


@pytest.mark.parametrize(("regime", "warning_m"), [("tongnan", 3.80), ("lixiahe", 2.00)])
def test_river_levels_follow_the_flood_regime_of_their_town(city, regime, warning_m):
    levels = [
        one for one in of_property(city, "water_level")
        if town_of(city, one).flood_regime == regime
    ]  # fmt: skip
    assert levels
    for one in levels:
        assert one.limits["warning"] == warning_m, one.id
        above_m = one.limits["guaranteed"] - warning_m
        assert 0.8 - 1e-9 <= above_m <= 1.0 + 1e-9, one.id


def test_both_flood_regimes_occur(city):
    assert Counter(one.flood_regime for one in city.towns.values()) == {"tongnan": 8, "lixiahe": 5}


@pytest.mark.parametrize(
    ("observed", "allowed"),
    [
        ("water_depth", [{"caution": 0.15, "closed": 0.27}]),
        ("pm25", [{"light": 60, "moderate": 115, "heavy": 150}]),
        ("ponding", [{"confident": 0.6}]),
        (
            "speed",
            [
                {"free_flow": 100, "slow": 50, "congested": 35, "jammed": 20},
                {"free_flow": 60, "slow": 30, "congested": 20, "jammed": 15},
                {"free_flow": 45, "slow": 25, "congested": 15, "jammed": 10},
            ],
        ),
    ],
)
def test_limits_are_those_of_the_standards(city, observed, allowed):
    found = [one.limits for one in of_property(city, observed)]
    assert all(limits in allowed for limits in found)
    assert all(limits in found for limits in allowed)


def test_every_crowd_has_a_capacity_and_every_limit_is_within_the_instrument(city):
    assert all(one.limits["capacity"] > 0 for one in of_property(city, "crowd"))
    for one in city.datastreams:
        for name, value in one.limits.items():
            assert one.physical_min <= value <= one.physical_max, (one.id, name)


def test_sampling_periods_are_between_ten_seconds_and_a_quarter_of_an_hour(city):
    assert {one.period_s for one in city.datastreams} == {10, 20, 30, 60, 120, 300, 900}


def test_the_whole_city_gives_some_45_readings_a_second(city):
    assert 40 < sum(1 / one.period_s for one in city.datastreams) < 50


@pytest.fixture(scope="module")
def inputs(base):
    return (
        yaml.safe_load((HERE / "city.yaml").read_text(encoding="utf-8")),
        base,
        yaml.safe_load((HERE / "sites.yaml").read_text(encoding="utf-8")),
    )


def test_draw_reproduces_the_committed_tables(drawing, inputs, texts):
    slots = drawing.committed_slots(texts["datastreams.csv"])
    tables = drawing.draw(*inputs, slots)
    assert tables.keys() == drawing.TABLES.keys()
    for name, text in tables.items():
        assert text == texts[name], f"{name} is not what draw.py draws; run it"


def test_draw_keeps_the_slot_of_every_known_datastream(drawing, inputs, texts):
    """A city drawn anew would number otherwise; a known one never does."""
    count = len(drawing.committed_slots(texts["datastreams.csv"]))
    first = "luotang-river-1-gauge/water_level"
    known = {"luotang-view-camera-1/crowd": 0, first: 1}
    rows = csv.DictReader(io.StringIO(drawing.draw(*inputs, known)["datastreams.csv"]))
    slots = {row["id"]: int(row["slot"]) for row in rows}
    assert slots["luotang-view-camera-1/crowd"] == 0
    assert slots[first] == 1
    assert sorted(slots.values()) == list(range(count))


def test_draw_refuses_to_give_up_a_slot(drawing, inputs, texts):
    slots = drawing.committed_slots(texts["datastreams.csv"]) | {"gone-gauge/water_level": 2000}
    with pytest.raises(SystemExit, match="gone-gauge/water_level has slot 2000 but is not drawn"):
        drawing.draw(*inputs, slots)
