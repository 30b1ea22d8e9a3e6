"""How long it takes from one point to another: against a slow way, and by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.geo import distance_km
from dispatch.crews.roads import SPEEDS, Roads, Speeds
from tests.dispatch.road_oracle import SIZE, Street, Town, degrees

DEGREE = 111.195
"""km of a degree of latitude."""


@st.composite
def streets(draw):
    """One street at most in a row or column: where two lie on each other, both are nearest."""
    found = []
    for along_row in (True, False):
        for at in draw(st.sets(st.integers(0, SIZE - 1))):
            low = draw(st.integers(0, SIZE - 2))
            high = draw(st.integers(low + 1, SIZE - 1))
            kind = draw(st.sampled_from(["arterial", "expressway"]))
            found.append(Street(along_row, at, low, high, kind))
    return found or [Street(True, 0, 0, 1, "arterial")]


# No point is as far from a row as from a column.
spots = st.builds(
    lambda column, row: (column / 7 + 0.013, row / 7 + 0.029),
    st.integers(-7, 7 * SIZE), st.integers(-7, 7 * SIZE),
)  # fmt: skip
speeds = st.builds(
    Speeds,
    st.just({"expressway": 90.0, "arterial": 50.0}),
    across=st.sampled_from([10.0, 25.0]),
    near_km=st.sampled_from([0.4, 3.0]),
    closed=st.sampled_from([frozenset(), frozenset({"expressway"})]),
)


@given(streets(), speeds, spots, st.lists(spots, min_size=1, max_size=4))
def test_the_way_is_that_of_the_slow_and_obvious_search(town, fast, end, starts):
    roads = Roads([one.line for one in town], fast)
    oracle = Town(town, fast)
    ways = roads.ways(*degrees(*end), [degrees(*one) for one in starts])
    for start, way in zip(starts, ways, strict=True):
        time_s, by_road = oracle.seconds(start, end)
        assert way.time_s == pytest.approx(time_s, rel=1e-6)
        assert way.by_road == by_road


def road(*points, kind="arterial"):
    return kind, [(120.0 + east, 32.5 + north) for east, north in points]


def minutes(roads, start, end):
    (way,) = roads.ways(120.0 + end[0], 32.5 + end[1], [(120.0 + start[0], 32.5 + start[1])])
    return way.time_s / 60, way.by_road


@pytest.mark.parametrize(
    ("lines", "start", "end", "expected_min", "by_road"),
    [
        pytest.param([], (0, 0), (0, 0.1), 0.1 * DEGREE * 1.4 / 25 * 60, False, id="no_roads"),
        pytest.param(
            [], (0, 0), (0.1, 0), 0.1 * DEGREE * math.cos(math.radians(32.5)) * 1.4 / 25 * 60,
            False, id="no_roads_eastward",
        ),
        pytest.param(
            [road((0, 0), (0, 0.1))], (0, 0), (0, 0.1), 0.1 * DEGREE / 50 * 60, True, id="along"
        ),
        pytest.param(
            [road((0, 0), (0, 0.1), kind="river")], (0, 0), (0, 0.1),
            0.1 * DEGREE * 1.4 / 25 * 60, False, id="a_river_is_no_road",
        ),
        pytest.param(
            [road((0, 0), (0, 0.1))], (0, 0.04), (0, 0.05), 0.01 * DEGREE / 50 * 60, True,
            id="between_two_points_of_one_piece",
        ),
        pytest.param(
            [road((0, 0), (0, 0.1))], (0, -0.0265), (0, 0.1),
            (0.0265 * 1.4 / 25 + 0.1 / 50) * DEGREE * 60, True, id="near_enough_at_3_km",
        ),
        pytest.param(
            [road((0, 0), (0, 0.1))], (0, -0.026), (0, -0.027),
            0.001 * DEGREE * 1.4 / 25 * 60, False, id="the_road_would_be_a_detour",
        ),
        pytest.param(
            [road((0, 0), (0, 0.1))], (0, -0.0275), (0, 0.1),
            0.1275 * DEGREE * 1.4 / 25 * 60, False, id="too_far_from_the_road",
        ),
        pytest.param(
            [road((0, 0), (0, 0.05)), road((0, 0.051), (0, 0.1))], (0, 0), (0, 0.1),
            0.1 * DEGREE / 50 * 60, True, id="ends_111_m_apart_are_joined",
        ),
        pytest.param(
            [road((0, 0), (0, 0.05)), road((0, 0.052), (0, 0.1))], (0, 0), (0, 0.1),
            0.1 * DEGREE * 1.4 / 25 * 60, False, id="ends_222_m_apart_are_not",
        ),
        pytest.param(
            [road((0, 0), (0, 0.1), kind="expressway")], (0, 0), (0, 0.1),
            0.1 * DEGREE * 1.4 / 25 * 60, False, id="no_field_leads_onto_an_expressway",
        ),
    ],
)  # fmt: skip
def test_ways_by_hand(lines, start, end, expected_min, by_road):
    time_min, road_used = minutes(Roads(lines), start, end)
    assert time_min == pytest.approx(expected_min, rel=2e-3)
    assert road_used is by_road


def test_an_expressway_is_used_between_roads():
    """Both arterials cross it, so one drives 11 km at 80 km/h instead of across."""
    roads = Roads(
        [
            road((0, 0), (0, 0.1), kind="expressway"),
            road((-0.01, 0.001), (0.01, 0.001)),
            road((-0.01, 0.099), (0.01, 0.099)),
        ]
    )
    time_min, by_road = minutes(roads, (0.0, 0.001), (0.0, 0.099))
    assert by_road
    assert time_min == pytest.approx(0.098 * DEGREE / 80 * 60, rel=2e-3)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"across": 0.0}, "speed of across: 0 km/h", id="across"),
        pytest.param({"roads": {"lane": 300.0}}, "speed of lane: 300 km/h", id="road"),
        pytest.param({"detour": 0.9}, "detour: 0.9; it must be from 1 to 5", id="detour"),
        pytest.param({"near_km": -1.0}, "near_km: -1 km", id="near"),
    ],
)
def test_speeds_that_cannot_be_are_refused(change, why):
    with pytest.raises(ValueError, match=why):
        Speeds(**{"roads": {"arterial": 50.0}, **change})


def test_the_district_is_crossed_in_a_plausible_time():
    """From 罗塘 to the south-east end of 大蒋线: 20 km; by road 20 to 45 min."""
    base = Path(__file__).parents[2] / "cities" / "jiangyan" / "base.json"
    roads = Roads.of_map(json.loads(base.read_text(encoding="utf-8")))
    (way,) = roads.ways(120.152, 32.507, [(120.246, 32.345)])
    assert way.by_road
    km = float(distance_km(120.152, 32.507, 120.246, 32.345))
    assert 60 * km / SPEEDS.roads["arterial"] < way.time_s / 60 < 45
